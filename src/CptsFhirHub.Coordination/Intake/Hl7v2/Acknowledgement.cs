using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Coordination.Intake.Hl7v2;

/// <summary>Table 0008: what the sender must know.</summary>
public enum AcknowledgementCode
{
    /// <summary>AA: taken; the sender may forget the message.</summary>
    Accepted,

    /// <summary>AE: the content is wrong; sending it again unchanged is useless.</summary>
    Error,

    /// <summary>AR: refused whatever its content: an unknown sender, a version, a processing mode.</summary>
    Rejected,
}

/// <summary>
/// The answer to an HL7 v2 message: MSH, MSA and one ERR a fault, in the sender's own charset and separators. Without MLLP frame.
/// </summary>
public static partial class Acknowledgement
{
    private const int ErrorsMax = 20;

    /// <param name="bytes">The message that came, readable or not.</param>
    /// <param name="code">The answer.</param>
    /// <param name="issues">What was wrong; information is not repeated.</param>
    /// <param name="controlId">The answer's own MSH-10.</param>
    /// <param name="at">The instant of the answer.</param>
    public static byte[] Write(
        ReadOnlySpan<byte> bytes, AcknowledgementCode code, IEnumerable<Issue> issues, string controlId, DateTimeOffset at)
    {
        var message = Hl7v2Reader.Unframe(bytes);
        var charset = Hl7v2Charset.Find(Hl7v2Charset.Declared(message)) ?? Encoding.Latin1;
        var (delimiters, msh) = HeaderOf(message, charset);
        string Field(int number) => msh.Length > number - 1 ? msh[number - 1] : "";

        char f = delimiters.Field, c = delimiters.Component;
        var type = Field(9).Split(c);
        var isReferral = type[0] == "REF" && type.Length > 1;
        var answer = isReferral ? $"RRI{c}{type[1]}{c}RRI_I12" : type.Length > 1 ? $"ACK{c}{type[1]}{c}ACK" : "ACK";
        var processing = Field(11).Length > 0 ? Field(11) : "P";
        var version = Field(12).Length > 0 ? Field(12) : "2.5";
        var time = at.ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture)
            + at.ToString("zzz", CultureInfo.InvariantCulture).Replace(":", "", StringComparison.Ordinal);

        // Who received it answers, so that sender and receiver change places.
        var header = $"MSH{f}{c}{delimiters.Repetition}{delimiters.Escape}{delimiters.SubComponent}{f}"
            + string.Join(f, Field(5), Field(6), Field(3), Field(4), time, "", answer, Text(controlId), processing, version,
                "", "", "", "", Field(17), Field(18), Field(19), "", Field(21));
        var text = new StringBuilder(header.TrimEnd(f)).Append('\r');
        text.Append("MSA").Append(f).Append(CodeOf(code)).Append(f).Append(Field(10)).Append('\r');
        foreach (var issue in issues.Where(issue => issue.Severity > Severity.Information).Take(ErrorsMax))
            text.Append(ErrorOf(issue)).Append('\r');

        // RRI^I12 returns the referral that it answers: its header, its providers and the person.
        if (isReferral)
            foreach (var line in Decode(message, charset).Split('\r', '\n'))
                if (line.Length > 3 && line[3] == f && line[..3] is "RF1" or "PRD" or "PID")
                    text.Append(line).Append('\r');
        return Encode(text.ToString(), charset);

        string Text(string value) => Hl7v2Escapes.Escape(value, delimiters);

        string ErrorOf(Issue issue)
        {
            var severity = issue.IsError ? "E" : "W";
            var place = Place().Match(issue.Path) is { Success: true } match
                ? string.Join(c, match.Groups["segment"].Value, "1", match.Groups["field"].Value).TrimEnd(c)
                : "";
            var (number, words) = ErrorCodeOf(issue);
            return $"ERR{f}{f}{place}{f}{number}{c}{words}{c}HL70357{f}{severity}{f}{f}{f}{f}{Text($"{issue.Path}: {issue.Text}")}";
        }
    }

    private static (Delimiters Delimiters, string[] Msh) HeaderOf(ReadOnlySpan<byte> message, Encoding charset)
    {
        if (message.IndexOfAny((byte)'\r', (byte)'\n') is >= 0 and var end)
            message = message[..end];
        // What cannot be decoded is still answered.
        var line = charset is UTF8Encoding ? Encoding.UTF8.GetString(message) : charset.GetString(message);
        if (!line.StartsWith("MSH", StringComparison.Ordinal) || line.Length < 8 || char.IsLetterOrDigit(line[3]))
            return (Delimiters.Usual, []);
        var fields = line.Split(line[3]);
        var usual = Delimiters.Usual;
        var given = fields[1];
        var delimiters = new Delimiters(line[3],
            given.Length > 0 ? given[0] : usual.Component, given.Length > 1 ? given[1] : usual.Repetition,
            given.Length > 2 ? given[2] : usual.Escape, given.Length > 3 ? given[3] : usual.SubComponent);
        fields[0] = line[3].ToString();
        return (delimiters, fields);
    }

    /// <summary>Unlike a reader's, this never fails: what the charset has not becomes a replacement character.</summary>
    private static string Decode(ReadOnlySpan<byte> message, Encoding charset) =>
        charset is UTF8Encoding ? Encoding.UTF8.GetString(message) : charset.GetString(message);

    private static byte[] Encode(string text, Encoding charset)
    {
        // A character the sender's charset has not becomes "?": an answer never fails on its own words.
        var writer = (Encoding)charset.Clone();
        writer.EncoderFallback = EncoderFallback.ReplacementFallback;
        return writer.GetBytes(text);
    }

    private static string CodeOf(AcknowledgementCode code) => code switch
    {
        AcknowledgementCode.Accepted => "AA",
        AcknowledgementCode.Error => "AE",
        _ => "AR",
    };

    private static (string Number, string Words) ErrorCodeOf(Issue issue) => issue.Code switch
    {
        "structure" => ("100", "Segment sequence error"),
        "required" => ("101", "Required field missing"),
        "value" or "too-long" => ("102", "Data type error"),
        "code-invalid" => ("103", "Table value not found"),
        "not-supported" when issue.Path == "MSH-9.2" => ("201", "Unsupported event code"),
        "not-supported" when issue.Path == "MSH-12" => ("203", "Unsupported version id"),
        "not-supported" => ("200", "Unsupported message type"),
        "not-found" => ("204", "Unknown key identifier"),
        "duplicate" => ("205", "Duplicate key identifier"),
        "conflict" => ("206", "Application record locked"),
        _ => ("207", "Application internal error"),
    };

    [GeneratedRegex(@"^(?<segment>[A-Z][A-Z0-9]{2})(?:-(?<field>[0-9]{1,3}))?", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Place();
}
