using System.Collections.Frozen;
using System.Text;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Coordination.Intake.Hl7v2;

/// <summary>
/// One HL7 v2 message (2.3 to 2.6, French profile of IHE PAM) as the tree <c>Hl7v2Message</c>: segments are list items named by
/// their id (<c>PID</c>), fields list items named <c>f3</c>, one a repetition, components <c>c1</c>, sub-components <c>s1</c>.
/// A value sits in its component, or in its sub-components where there are several.
/// </summary>
/// <remarks>
/// <c>position</c> is the segment's place in the message, from 1. <c>facts</c> holds what <see cref="Hl7v2Facts"/> derives.
/// The HL7 null <c>""</c> is read as absent: unknown is never "no".
/// </remarks>
public static class Hl7v2Reader
{
    public const string RootName = "Hl7v2Message";
    public const int BytesMax = 5 * 1024 * 1024;
    public const int SegmentsMax = 10_000;
    public const int FieldsMax = 1_000;
    public const int PartsMax = 1_000;

    internal const byte StartBlock = 0x0B;
    private const byte EndBlock = 0x1C;

    /// <summary>
    /// Forbidden by the French profile, race and religion among them: dropped here, so that nothing behind can store them.
    /// </summary>
    private static readonly FrozenSet<(string Segment, int Field)> Forbidden = new[]
    {
        ("PID", 2), ("PID", 4), ("PID", 9), ("PID", 10), ("PID", 12), ("PID", 17), ("PID", 19), ("PID", 20), ("PID", 22),
        ("NK1", 25), ("NK1", 28), ("NK1", 35),
    }.ToFrozenSet();

    private static readonly FrozenSet<string> Known =
        ("MSH MSA ERR SFT EVN PID PD1 ROL NK1 PV1 PV2 DB1 OBX AL1 DG1 DRG PR1 GT1 IN1 IN2 IN3 ACC UB1 UB2 PDA MRG NTE ORC OBR TXA PRT " +
            "RF1 PRD CTD AUT IAM GOL PRB SPM TQ1 TQ2 CON DSC QRD QRF QPD RCP BHS BTS FHS FTS RXA RXE RXR SCH AIS " +
            "AIG AIL AIP RGS ARV CTI UAC")
        .Split(' ').ToFrozenSet();

    /// <summary>Reads one message, framed or not. The key is MSH-3, MSH-4 and MSH-10.</summary>
    public static SourceReading Read(ReadOnlyMemory<byte> bytes)
    {
        List<Issue> issues = [];
        if (Decode(Unframe(bytes.Span), issues) is not var (text, charset))
            return new(null, null, issues);
        if (ReadDelimiters(text, issues) is not { } delimiters)
            return new(null, null, issues);

        var root = Element.OfResource(RootName);
        ReadSegments(text, delimiters, charset, root, issues);
        if (root.Child("MSH") is not { } msh)
            return new(null, null, issues);

        CheckHeader(root, msh, issues);
        var key = Part(msh, 10) is { } id ? $"{Part(msh, 3)}|{Part(msh, 4)}|{id}" : null;
        Hl7v2Facts.AddTo(root, issues);
        return new(root, key, issues);
    }

    /// <summary>The message without its MLLP frame (0x0B … 0x1C 0x0D), BOM and blank lines around it.</summary>
    internal static ReadOnlySpan<byte> Unframe(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > 0 && bytes[0] == StartBlock)
            bytes = bytes[1..];
        if (bytes.IndexOf(EndBlock) is >= 0 and var end && bytes.Length - end <= 3)
            bytes = bytes[..end];
        if (bytes.StartsWith(Encoding.UTF8.Preamble))
            bytes = bytes[3..];
        return bytes.Trim("\r\n "u8);
    }

    /// <summary>The value of a field's first component, or of its first sub-component; null when there is none.</summary>
    internal static string? Part(Element? segment, int field, int component = 1) =>
        segment?.Child($"f{field}") is { } item ? Component(item, component) : null;

    /// <summary>The value of a component of one repetition, or of its first sub-component.</summary>
    internal static string? Component(Element repetition, int component, int sub = 1)
    {
        var part = repetition.Child($"c{component}");
        return part?.Value is { } whole && sub == 1 ? whole : part?.Text($"s{sub}");
    }

    private static (string Text, Encoding Charset)? Decode(ReadOnlySpan<byte> bytes, List<Issue> issues)
    {
        if (bytes.Length > BytesMax)
            return Refuse("too-long", "MSH", $"More than {BytesMax} bytes.");
        if (!bytes.StartsWith("MSH"u8))
            return Refuse("structure", "MSH", "A message starts with the segment MSH.");

        var name = Hl7v2Charset.Declared(bytes);
        if (Hl7v2Charset.Find(name) is not { } charset)
            return Refuse("not-supported", "MSH-18", "This charset is not read here: UNICODE UTF-8, 8859/1 or 8859/15 is expected.");
        if (!charset.Equals(SourceText.StrictUtf8) && !Ascii.IsValid(bytes) && System.Text.Unicode.Utf8.IsValid(bytes))
        {
            // No French text in a charset of one byte is valid UTF-8 by chance.
            charset = SourceText.StrictUtf8;
            issues.Add(Issue.Warning("value", "MSH-18", name.Length == 0
                ? "No charset is declared and the bytes are UTF-8: read as such."
                : "Another charset is declared and the bytes are UTF-8: read as such."));
        }

        try
        {
            return (charset.GetString(bytes), charset);
        }
        catch (DecoderFallbackException fault)
        {
            var before = bytes[..Math.Clamp(fault.Index, 0, bytes.Length)];
            var segment = before.Count((byte)'\r') is > 0 and var breaks ? breaks + 1 : before.Count((byte)'\n') + 1;
            return Refuse("structure", $"segment {segment}", "The bytes here are not in the charset that MSH-18 declares.");
        }

        (string, Encoding)? Refuse(string code, string path, string why)
        {
            issues.Add(new(Severity.Fatal, code, path, why));
            return null;
        }
    }

    private static Delimiters? ReadDelimiters(string text, List<Issue> issues)
    {
        if (text.Length < 5 || char.IsLetterOrDigit(text[3]) || char.IsControl(text[3]))
        {
            issues.Add(new(Severity.Fatal, "structure", "MSH-1", "The field separator is missing."));
            return null;
        }

        var field = text[3];
        var length = text.AsSpan(4).IndexOfAny(field, '\r', '\n');
        var given = length < 0 ? text[4..] : text.Substring(4, length);
        var usual = Delimiters.Usual;
        char At(int index, char otherwise) => given.Length > index ? given[index] : otherwise;
        var delimiters = new Delimiters(
            field, At(0, usual.Component), At(1, usual.Repetition), At(2, usual.Escape), At(3, usual.SubComponent));
        char[] all = [field, delimiters.Component, delimiters.Repetition, delimiters.Escape, delimiters.SubComponent];
        if (given.Length is 0 or > 5 || all.Distinct().Count() < 5 || all.Any(char.IsLetterOrDigit))
        {
            issues.Add(new(Severity.Fatal, "structure", "MSH-2", "Four different separators are expected, usually ^~\\&."));
            return null;
        }

        return delimiters;
    }

    private static void ReadSegments(string text, in Delimiters delimiters, Encoding charset, Element root, List<Issue> issues)
    {
        var position = 0;
        foreach (var range in text.AsSpan().SplitAny('\r', '\n'))
        {
            // Blanks at the end of a segment fill a record of fixed width.
            var line = text[range].TrimEnd(' ');
            if (string.IsNullOrWhiteSpace(line))
                continue;
            if (++position > SegmentsMax)
            {
                issues.Add(new(Severity.Fatal, "too-long", $"segment {position}", $"More than {SegmentsMax} segments."));
                return;
            }

            var id = line.Length >= 3 ? line[..3] : line;
            if (!IsSegmentId(id) || line.Length > 3 && line[3] != delimiters.Field)
            {
                issues.Add(Issue.Error("structure", $"segment {position}",
                    "This line is not a segment: three capitals and the field separator are expected. " +
                    "A line break inside a value is written \\.br\\."));
                continue;
            }

            if (id == "MSH" && position > 1)
            {
                issues.Add(Issue.Error("structure", $"segment {position}", "A second MSH: one message at a time is expected."));
                return;
            }

            if (!Known.Contains(id) && id[0] != 'Z')
                issues.Add(new(Severity.Information, "informational", id,
                    $"Segment {position} is not known here; it is kept and not used."));
            ReadFields(line, id, position, delimiters, charset, root, issues);
        }
    }

    private static void ReadFields(
        string line, string id, int position, in Delimiters delimiters, Encoding charset, Element root, List<Issue> issues)
    {
        var segment = root.AddItem(id);
        segment.With("position", (decimal)position);
        var number = 0;
        if (id == "MSH")
        {
            // MSH-1 and MSH-2 are the separators: split by themselves they would be nothing.
            segment.AddItem("f1").With("c1", delimiters.Field.ToString());
            number = 1;
        }

        var fields = line.AsSpan(Math.Min(4, line.Length));
        foreach (var range in fields.Split(delimiters.Field))
        {
            if (++number > FieldsMax)
            {
                issues.Add(Issue.Error("too-long", id, $"Segment {position} has more than {FieldsMax} fields."));
                return;
            }

            var field = fields[range];
            if (field.IsEmpty || Forbidden.Contains((id, number)))
                continue;
            if (id == "MSH" && number == 2)
                segment.AddItem("f2").With("c1", field.ToString());
            else
                ReadRepetitions(field, segment, $"f{number}", $"{id}-{number}", delimiters, charset, issues);
        }
    }

    private static void ReadRepetitions(
        ReadOnlySpan<char> field, Element segment, string name, string path, in Delimiters delimiters, Encoding charset, List<Issue> issues)
    {
        var count = 0;
        foreach (var range in field.Split(delimiters.Repetition))
        {
            if (++count > PartsMax)
            {
                issues.Add(Issue.Error("too-long", path, $"More than {PartsMax} repetitions."));
                return;
            }

            var item = Element.Named(name, isListItem: true);
            if (!ReadComponents(field[range], item, delimiters, charset))
                issues.Add(Issue.Error("too-long", path, $"More than {PartsMax} components."));
            if (item.Count > 0)
                segment.Append(item);
        }
    }

    private static bool ReadComponents(ReadOnlySpan<char> repetition, Element item, in Delimiters delimiters, Encoding charset)
    {
        var component = 0;
        foreach (var range in repetition.Split(delimiters.Component))
        {
            if (++component > PartsMax)
                return false;
            var text = repetition[range];
            if (text.IsEmpty || text is "\"\"")
                continue;
            if (!text.Contains(delimiters.SubComponent))
            {
                item.With($"c{component}", Hl7v2Escapes.Unescape(text.ToString(), delimiters, charset));
                continue;
            }

            var part = Element.Named($"c{component}");
            var sub = 0;
            foreach (var subRange in text.Split(delimiters.SubComponent))
            {
                if (++sub > PartsMax)
                    return false;
                if (text[subRange] is not "\"\"")
                    part.With($"s{sub}", Hl7v2Escapes.Unescape(text[subRange].ToString(), delimiters, charset));
            }

            if (part.Count > 0)
                item.Append(part);
        }

        return true;
    }

    private static void CheckHeader(Element root, Element msh, List<Issue> issues)
    {
        Require(msh, 9, "MSH-9");
        Require(msh, 10, "MSH-10");
        Require(msh, 12, "MSH-12");
        if (Part(msh, 11) is not ("P" or "D" or "T"))
            issues.Add(Issue.Error("value", "MSH-11", "P, D or T is expected."));
        if (Part(msh, 12) is { } version && !version.StartsWith("2.", StringComparison.Ordinal))
            issues.Add(Issue.Error("not-supported", "MSH-12", "Version 2.x is expected."));

        var type = Part(msh, 9);
        if (type is null or "ACK")
            return;
        if (type is not ("ADT" or "MDM" or "ORU" or "REF"))
        {
            issues.Add(Issue.Error("not-supported", "MSH-9", "This kind of message is not taken here: ADT, MDM, ORU and REF are."));
            return;
        }

        var trigger = Part(msh, 9, 2) ?? Part(root.Child("EVN"), 1);
        if (trigger is null)
            issues.Add(Issue.Error("required", "MSH-9", "The event is missing: MSH-9.2, or EVN-1."));
        else if (!IsEventOf(type, trigger))
            issues.Add(Issue.Error("not-supported", "MSH-9.2", "This event is not one of its kind of message."));
        if (root.Child("PID") is not { } pid)
        {
            issues.Add(Issue.Error("required", "PID", "The segment PID is required."));
            return;
        }

        // A link and its undoing name two persons; of any other message nobody could tell which of them it is about.
        if (root.All("PID").Length > 1 && !(type == "ADT" && trigger is ("A24" or "A37")))
            issues.Add(Issue.Error("structure", "PID", "The segment PID stands here more than once: a message is about one person."));
        Require(pid, 3, "PID-3");
        Require(pid, 5, "PID-5");

        void Require(Element segment, int field, string path)
        {
            if (segment.Child($"f{field}") is null)
                issues.Add(Issue.Error("required", path, "This field is required."));
        }
    }

    /// <summary>The events of HL7 v2.5 for a kind of message, and those that the French profile adds to ADT (Z80 to Z99).</summary>
    private static bool IsEventOf(string type, string trigger)
    {
        if (trigger.Length != 3 || !char.IsAsciiDigit(trigger[1]) || !char.IsAsciiDigit(trigger[2]))
            return false;
        var number = (trigger[1] - '0') * 10 + (trigger[2] - '0');
        return (type, trigger[0]) switch
        {
            ("ADT", 'A') => number is >= 1 and <= 62,
            ("ADT", 'Z') => number >= 80,
            ("MDM", 'T') => number is >= 1 and <= 11,
            ("ORU", 'R') => number is 1 or (>= 30 and <= 32),
            ("REF", 'I') => number is >= 12 and <= 15,
            _ => false,
        };
    }

    private static bool IsSegmentId(string id) =>
        id.Length == 3 && char.IsAsciiLetterUpper(id[0])
        && id.AsSpan(1).IndexOfAnyExcept(System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")) < 0;
}
