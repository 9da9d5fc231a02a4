using System.Globalization;
using System.Text;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Coordination.Intake.Hl7v2;

/// <summary>
/// Messages that come together: <c>[FHS] { [BHS] { MSH … } [BTS] } [FTS]</c> (HL7 v2.5.1, 2.10.3). Each is a message of its own; what the trailers
/// count is compared with what came. Messages that simply follow each other, as in the export of a hospital, are one too, without an envelope.
/// </summary>
public sealed class Hl7v2Batch
{
    public const int MessagesMax = 20_000;

    private readonly List<Group> _groups = [];
    private readonly List<ReadOnlyMemory<byte>> _messages = [];
    private readonly List<Issue> _issues = [];
    private string? _fileHeader;

    private Hl7v2Batch()
    {
    }

    /// <summary>The messages, in their order, as they came.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Messages => _messages;

    /// <summary>What is wrong with the batch as a whole.</summary>
    public IReadOnlyList<Issue> Issues => _issues;

    /// <summary>True when the last message may be cut off: no trailer follows it, and no end of its segment.</summary>
    public bool IsCut { get; private set; }

    /// <summary>True when nothing stands around the messages: they are answered as they came, one after the other.</summary>
    public bool IsBare { get; private set; }

    /// <summary>True for bytes that begin with a header of a file or a batch, and for those that hold a second message.</summary>
    public static bool IsOne(ReadOnlySpan<byte> bytes)
    {
        var text = Hl7v2Reader.Unframe(bytes);
        return text.StartsWith("FHS"u8) || text.StartsWith("BHS"u8) || (text.StartsWith("MSH"u8) && HoldsSecond(text[3..]));
    }

    /// <summary>True when a segment MSH begins behind the first: a line that does not only look like one has a separator.</summary>
    private static bool HoldsSecond(ReadOnlySpan<byte> text)
    {
        while (text.IndexOf("MSH"u8) is > 0 and var at)
        {
            if (text[at - 1] is (byte)'\r' or (byte)'\n' or Hl7v2Reader.StartBlock && at + 3 < text.Length && !char.IsLetterOrDigit((char)text[at + 3]))
                return true;
            text = text[(at + 3)..];
        }

        return false;
    }

    /// <summary>The messages of a batch; null for bytes that are none.</summary>
    public static Hl7v2Batch? Of(ReadOnlyMemory<byte> bytes)
    {
        if (!IsOne(bytes.Span))
            return null;
        var batch = new Hl7v2Batch();
        batch.Read(bytes);
        return batch;
    }

    /// <summary>
    /// The acknowledgements of the messages as a batch of their own: the header names the one that it answers (BHS-12, FHS-12), and BTS-2 says what is
    /// wrong with it.
    /// </summary>
    /// <param name="acknowledgements">One a message, in their order; none when the batch was refused as a whole.</param>
    /// <param name="more">What else is to be told.</param>
    public byte[] Answer(IReadOnlyList<byte[]> acknowledgements, IEnumerable<Issue> more, string controlId, DateTimeOffset at)
    {
        var answer = new MemoryStream();
        if (IsBare)
        {
            foreach (var acknowledgement in acknowledgements)
                answer.Write(acknowledgement);
            return answer.ToArray();
        }

        var told = _issues.Concat(more).Where(issue => issue.Severity > Severity.Information).Select(issue => $"{issue.Path}: {issue.Text}").Distinct(StringComparer.Ordinal);
        var comment = string.Join(' ', told);
        if (_fileHeader is { } file)
            Write(Header("FHS", file));
        var done = 0;
        foreach (var group in _groups)
        {
            Write(Header("BHS", group.Header ?? _fileHeader ?? @"BHS|^~\&"));
            var own = acknowledgements.Skip(done).Take(group.Count).ToList();
            foreach (var acknowledgement in own)
                answer.Write(acknowledgement);
            done += group.Count;
            Write(Trailer("BTS", own.Count, group.Header ?? _fileHeader, _fileHeader is null ? comment : ""));
        }

        if (_fileHeader is not null)
            Write(Trailer("FTS", _groups.Count, _fileHeader, comment));
        return answer.ToArray();

        void Write(string segment) => answer.Write(Encoding.Latin1.GetBytes(segment + "\r"));

        // Who received it answers, so that sender and receiver change places.
        string Header(string name, string asked)
        {
            var separator = asked.Length > 3 ? asked[3] : '|';
            var fields = asked.Split(separator);
            string Field(int number) => fields.Length > number - 1 ? fields[number - 1] : "";
            return string.Join(separator, name, Field(2), Field(5), Field(6), Field(3), Field(4),
                at.ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture) + at.ToString("zzz", CultureInfo.InvariantCulture).Replace(":", "", StringComparison.Ordinal),
                "", Field(9), "", controlId, Field(11)).TrimEnd(separator);
        }

        static string Trailer(string name, int count, string? asked, string comment)
        {
            var separator = asked is { Length: > 3 } ? asked[3] : '|';
            return $"{name}{separator}{count.ToString(CultureInfo.InvariantCulture)}{separator}{comment.Replace(separator, ' ')}".TrimEnd(separator);
        }
    }

    private void Read(ReadOnlyMemory<byte> bytes)
    {
        var span = bytes.Span;
        var (start, at) = (-1, 0);
        var isClosed = true;
        while (at < span.Length)
        {
            var length = span[at..].IndexOfAny((byte)'\r', (byte)'\n');
            var end = length < 0 ? span.Length : at + length;
            var segment = Hl7v2Reader.Unframe(span[at..end]);
            var id = segment.Length >= 3 ? Encoding.Latin1.GetString(segment[..3]) : "";
            if (start >= 0 && id is ("FHS" or "BHS" or "BTS" or "FTS" or "MSH"))
            {
                Take(bytes[start..at]);
                start = -1;
            }

            switch (id)
            {
                case "FHS":
                    _fileHeader ??= Encoding.Latin1.GetString(segment);
                    isClosed = false;
                    break;
                case "BHS":
                    _groups.Add(new(Encoding.Latin1.GetString(segment)));
                    isClosed = false;
                    break;
                case "BTS":
                    Compare("BTS-1", segment, _groups.Count > 0 ? _groups[^1].Count : 0, "messages");
                    isClosed = _fileHeader is null;
                    break;
                case "FTS":
                    Compare("FTS-1", segment, _groups.Count, "batches");
                    isClosed = true;
                    break;
                case "MSH":
                    start = at;
                    break;
                default:
                    if (start < 0 && segment.Length > 0)
                        _issues.Add(Issue.Warning("structure", "BHS", "A line stands outside of the messages: it is kept and not used."));
                    break;
            }

            at = end + 1;
        }

        if (start >= 0)
        {
            IsCut = !isClosed && span[^1] is not ((byte)'\r' or (byte)'\n' or 0x1C);
            Take(bytes[start..]);
        }

        if (_groups.Count == 0)
            _groups.Add(new(header: null));
        IsBare = _fileHeader is null && _groups.TrueForAll(group => group.Header is null);
        if (!isClosed)
            _issues.Add(Issue.Warning("incomplete", _fileHeader is null ? "BTS" : "FTS", "The trailer is missing: the batch may be cut off. The messages that came were taken in."));
        if (_messages.Count == MessagesMax)
            _issues.Add(Issue.Warning("too-long", "BHS", $"A batch holds at most {MessagesMax} messages: those behind were not read."));
    }

    private void Take(ReadOnlyMemory<byte> message)
    {
        if (_messages.Count == MessagesMax)
            return;
        if (_groups.Count == 0)
            _groups.Add(new(header: null));
        _messages.Add(message);
        _groups[^1].Count++;
    }

    private void Compare(string field, ReadOnlySpan<byte> trailer, int held, string what)
    {
        var parts = trailer.Length > 4 ? Encoding.Latin1.GetString(trailer[4..]).Split((char)trailer[3]) : [];
        if (parts is [{ Length: > 0 } said, ..] && (!int.TryParse(said.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count != held))
            _issues.Add(Issue.Warning("value", field, $"The trailer counts otherwise: {held} {what} came. Those that came were taken in."));
    }

    private sealed class Group(string? header)
    {
        public string? Header { get; } = header;

        public int Count { get; set; }
    }
}
