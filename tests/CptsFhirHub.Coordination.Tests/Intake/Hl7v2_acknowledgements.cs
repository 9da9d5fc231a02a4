using System.Text;
using CptsFhirHub.Coordination.Intake.Hl7v2;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Coordination.Tests.Intake;

public sealed class Hl7v2_acknowledgements
{
    private static readonly DateTimeOffset At = new(2025, 6, 19, 10, 15, 3, TimeSpan.FromHours(2));

    private static string[] Answer(string message, AcknowledgementCode code, params Issue[] issues) =>
        Encoding.UTF8.GetString(Acknowledgement.Write(Encoding.UTF8.GetBytes(message.ReplaceLineEndings("\r")), code, issues, "HUB-1", At))
            .TrimEnd('\r').Split('\r');

    [Theory]
    [InlineData("MSH-9", "ERR||MSH^1^9|200^Unsupported message type^HL70357|E||||MSH-9: no")]
    [InlineData("MSH-9.2", "ERR||MSH^1^9|201^Unsupported event code^HL70357|E||||MSH-9.2: no")]
    [InlineData("MSH-12", "ERR||MSH^1^12|203^Unsupported version id^HL70357|E||||MSH-12: no")]
    public void What_is_not_taken_here_has_a_code_of_its_own(string path, string expected) =>
        Assert.Equal(expected, Answer(Hl7v2_messages.Discharge, AcknowledgementCode.Rejected, Issue.Error("not-supported", path, "no"))[2]);

    [Fact]
    public void Sender_and_receiver_change_places() =>
        Assert.Equal(
            [
                @"MSH|^~\&|HUB|CPTS-DEMO|GAM-DEMO|CH-DEMO|20250619101503+0200||ACK^A03^ACK|HUB-1|D|2.5^FRA^2.11|||||FRA|UNICODE UTF-8|FR||2.11^IHE_FRANCE-2.11-PAM",
                "MSA|AA|DEMO-000042",
            ],
            Answer(Hl7v2_messages.Discharge, AcknowledgementCode.Accepted));

    [Fact]
    public void A_fault_is_told_with_segment_and_field() =>
        Assert.Equal(
            "ERR||PID^1^7|102^Data type error^HL70357|E||||PID-7: no such day \\T\\ night",
            Answer(Hl7v2_messages.Discharge, AcknowledgementCode.Error, Issue.Error("value", "PID-7", "no such day & night"))[2]);

    [Fact]
    public void What_cannot_be_read_is_answered_all_the_same() =>
        Assert.Equal(
            [@"MSH|^~\&|||||20250619101503+0200||ACK|HUB-1|P|2.5", "MSA|AR|", "ERR|||100^Segment sequence error^HL70357|E||||segment 1: no"],
            Answer("hello", AcknowledgementCode.Rejected, Issue.Error("structure", "segment 1", "no")));

    [Fact]
    public void The_answer_uses_the_senders_charset()
    {
        var message = Encoding.Latin1.GetBytes("MSH|^~\\&|GAM|HÔPITAL|HUB|CPTS|20250619||ADT^A03|1|P|2.5||||||8859/1");
        var answer = Acknowledgement.Write(message, AcknowledgementCode.Accepted, [], "2", At);
        Assert.Contains("|HÔPITAL|", Encoding.Latin1.GetString(answer), StringComparison.Ordinal);
    }
}
