using CptsFhirHub.Coordination.Identity;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Coordination.Tests.Identity;

/// <summary>A person computed from what each sender says.</summary>
public sealed class Golden_records
{
    private const string Person = "Patient/p";
    private static readonly DateTimeOffset Start = new(2026, 6, 18, 9, 0, 0, TimeSpan.Zero);

    private static readonly SourceRecord Hospital = Record("hospital", "ipp|1", 0, "MARTINEAU", "1947-03-09", "0251000001", "rue du Four");
    private static readonly SourceRecord Booking = Record("booking", "", 5, "GUERIN", "1947-03-08", "0251000002", "rue Neuve");

    private static SourceRecord Record(string sender, string number, int day, string family, string born, string phone, string line) => new(
        sender, number, Person, Start.AddDays(day), Start.AddDays(day), FhirJson.Parse($$"""
            {"resourceType":"Patient","name":[{"use":"official","family":"{{family}}","given":["Odette"]}],"birthDate":"{{born}}",
             "telecom":[{"system":"phone","value":"{{phone}}"}],"address":[{"use":"home","line":["{{line}}"],"city":"AIZENAY"}]}
            """).Resource!.Root);

    [Fact]
    public void Traits_come_whole_from_one_sender_and_the_newest_contact_is_used()
    {
        var golden = GoldenRecord.Of([Booking, Hospital], Person);
        Assert.Equal(("MARTINEAU", "1947-03-09"), (golden.At("name", "family")!.Value, golden.Text("birthDate")));
        Assert.Equal(1, golden.All("name").Length);
        Assert.Equal(["old", "home"], golden.All("address").ToArray().Select(address => address.Text("use")));
        Assert.Equal("rue Neuve", golden.All("address")[1].Child("line")!.Value);
        Assert.Equal(2, golden.All("telecom").Length);
        Assert.True(Same(golden, GoldenRecord.Of([Hospital, Booking], Person)));
    }

    [Fact]
    public void A_sender_corrects_itself_under_its_own_number()
    {
        var said = Record("hospital", "ipp|1", 9, "MARTINAUD", "1947-03-09", "0251000003", "rue Haute").Patient;
        var renewed = Hospital with { Patient = GoldenRecord.Renewed(Hospital, said), Said = Start.AddDays(9) };
        var golden = GoldenRecord.Recomputed(GoldenRecord.Of([Hospital, Booking], Person), [Hospital, Booking], [renewed, Booking], Person);
        Assert.Equal("MARTINAUD", golden.At("name", "family")!.Value);
        Assert.Equal(["0251000002", "0251000003"], golden.All("telecom").ToArray().Select(contact => contact.Text("value")));

        // A form without numbers may speak of the person in many ways: nothing of it is lost.
        var form = GoldenRecord.Renewed(Booking, said);
        Assert.Equal("GUERIN", form.At("name", "family")!.Value);
        Assert.Equal(2, form.All("telecom").Length);
    }

    [Fact]
    public void An_older_word_that_comes_late_adds_to_the_newer_one_and_replaces_nothing()
    {
        var newer = Record("hospital", "ipp|1", 9, "MARTINAUD", "1947-03-09", "0251000003", "rue Haute").Patient;
        newer.AddItem("generalPractitioner").With("display", "Dr Neuf");
        var late = Hospital.Patient.Copy();
        late.AddItem("generalPractitioner").With("display", "Dr Ancien");
        late.With("gender", "female");

        var both = Survivorship.Complete(newer, late);

        Assert.Equal("MARTINAUD", both.At("name", "family")!.Value);
        Assert.Equal("Dr Neuf", both.At("generalPractitioner", "display")!.Value);
        Assert.Equal("female", both.Text("gender"));
        Assert.Equal(["home", "old"], both.All("address").ToArray().Select(address => address.Text("use")));
        Assert.Equal("rue Haute", both.All("address")[0].Child("line")!.Value);
        Assert.True(Same(both, Survivorship.Complete(both, late)));
    }

    [Fact]
    public void What_a_person_has_written_stays_and_has_no_sender()
    {
        var stored = GoldenRecord.Of([Hospital, Booking], Person);
        stored.Put("birthDate", "1947-03-10");
        var golden = GoldenRecord.Recomputed(stored, [Hospital, Booking], [Hospital with { Patient = Booking.Patient }, Booking], Person);
        Assert.Equal(("GUERIN", "1947-03-10"), (golden.At("name", "family")!.Value, golden.Text("birthDate")));
        var origins = GoldenRecord.Origins(stored, [Hospital, Booking], Person).ToDictionary(origin => origin.Path);
        Assert.Empty(origins["Patient.birthDate"].From);
        Assert.Equal("hospital", Assert.Single(origins["Patient.name[0]"].From).Sender);
        Assert.Equal("booking", Assert.Single(origins["Patient.address[1]"].From).Sender);
        Assert.Equal("hospital", Assert.Single(origins["Patient.address[0]"].From).Sender);
    }

    private static bool Same(Element a, Element b) => FhirJson.Write(a).AsSpan().SequenceEqual(FhirJson.Write(b));
}
