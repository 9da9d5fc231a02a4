using System.Security.Cryptography;
using System.Text;
using CptsFhirHub.Coordination.Intake;
using CptsFhirHub.Coordination.Intake.Hl7v2;
using CptsFhirHub.Fhir.Mapping;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Server.Flows;

/// <summary>One line of what a source sent, with the bytes that are kept for it.</summary>
internal sealed record SourceRow(int Number, ReadOnlyMemory<byte> Bytes, SourceReading Reading);

/// <summary>What a source sent: one message, or the rows of a file.</summary>
/// <param name="FileKey">What recognises the whole when it has no key of its own.</param>
internal sealed record SourceFile(IReadOnlyList<SourceRow> Lines, IReadOnlyList<Issue> Issues, string FileKey)
{
    /// <summary>How the file was read: its charset and separator, in words for its sender.</summary>
    public string? Layout { get; init; }

    /// <summary>True when what came is an envelope around messages, be it one or none.</summary>
    public bool IsEnvelope { get; init; }

    /// <summary>True when the key says all that makes it the same file, and its bytes more than that.</summary>
    public bool IsKnownByKey { get; init; }

    /// <summary>The columns of a file with a header, in their order.</summary>
    public IReadOnlyList<ColumnUse> Columns { get; init; } = [];
}

/// <summary>What a map made of a source tree.</summary>
/// <param name="Told">All that the map wrote; null when nothing could be mapped.</param>
/// <param name="Draft">The same by role; null when it names no person, which only a source of records may do.</param>
internal sealed record Mapped(IReadOnlyList<MappedResource>? Told, SignalementDraft? Draft, IReadOnlyList<Issue> Issues)
{
    /// <summary>The Bundle that a map made, which nobody else looks at any more.</summary>
    public static Mapped Of(Element? bundle, IReadOnlyList<Issue> issues)
    {
        var told = bundle is null ? null : MappedResource.Of(bundle);
        return new(told, told is null ? null : SignalementDraft.Of(told), issues);
    }
}

/// <summary>A source of signalements: how its bytes are read, which map and which profiles apply, and how often it should speak.</summary>
internal sealed record Source(string Name, string Title, string Format)
{
    /// <summary>The media types its door takes.</summary>
    public required IReadOnlyList<string> ContentTypes { get; init; }

    /// <summary>Bytes, media type and the client who sent them to rows.</summary>
    public required Func<ReadOnlyMemory<byte>, string, string?, SourceFile> Reader { get; init; }

    public required Func<Element, Mapped> Mapper { get; init; }

    public required Func<IEnumerable<Element>, IReadOnlyList<Issue>> Checker { get; init; }

    /// <summary>What a message of this source wants of the hub.</summary>
    public Func<Element, MessageIntent> Intent { get; init; } = MessageIntent.Of;

    /// <summary>False when none of its messages takes a report back: then nobody looks whether one did before the report came.</summary>
    public bool MayWithdraw { get; init; } = true;

    /// <summary>The fields of a tree that no rule of the map reads; null when there is no map to ask.</summary>
    public Func<Element, IReadOnlyList<UnreadField>>? Uncovered { get; init; }

    /// <summary>Paths that are not read on purpose, each with the reason: <c>MSH</c>, <c>PID.f6</c>, <c>*.position</c>.</summary>
    public IReadOnlyList<(string Path, string Why)> Ignored { get; init; } = [];

    /// <summary>The channels that take its messages: http, mllp, drop.</summary>
    public IReadOnlyList<string> Channels { get; init; } = ["http"];

    /// <summary>The client as whom the demo takes a webhook of this source that bears the demo's signature; null for none.</summary>
    public string? DemoWebhook { get; init; }

    /// <summary>How the rows of a file make a cohort; null when they are messages of their own and nothing else.</summary>
    public CohortColumns? Cohort { get; init; }

    /// <summary>How a file says all there is; null when what it does not name is not thereby ended.</summary>
    public SnapshotFields? Snapshot { get; init; }

    /// <summary>The fields as a StructureDefinition, when the folder describes them and brings none of its own.</summary>
    public Element? LogicalModel { get; init; }

    /// <summary>The kind of child task that a message of this source ends: the study that the insurance was asked for. Null for none.</summary>
    public string? Answers { get; init; }

    /// <summary>The map's URL; null for a source that needs none.</summary>
    public string? MapUrl { get; init; }

    /// <summary>The map and its version, as the journal keeps it.</summary>
    public required Func<string> MapVersion { get; init; }

    /// <summary>True when nothing that it says is enough for the machine to take a person for another record's.</summary>
    public bool IsUntrusted { get; init; }

    /// <summary>After this silence something is wrong; null when the source has no rhythm.</summary>
    public TimeSpan? ExpectedEvery { get; init; }

    public long BytesMax { get; init; } = 10 * 1024 * 1024;

    /// <summary>The bytes as they may be kept: what the law forbids to store is taken out before the journal.</summary>
    public Func<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> Cleaned { get; init; } = bytes => bytes;

    /// <summary>Makes ready what the first message would otherwise wait for.</summary>
    public required Action Prepare { get; init; }

    public bool Accepts(string mediaType) => ContentTypes.Contains(mediaType, StringComparer.OrdinalIgnoreCase);

    /// <summary>Reads bytes. A fault of the reader itself is an issue too: the message must reach the journal.</summary>
    public SourceFile Read(ReadOnlyMemory<byte> bytes, string contentType, string? sender)
    {
        if (bytes.IsEmpty)
            return Unreadable("The message is empty.");
        SourceFile file;
        try
        {
            file = Reader(bytes, contentType, sender);
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            return Unreadable($"The message could not be read ({fault.GetType().Name}).");
        }

        return file with { Lines = [.. file.Lines.Select(row => row with { Reading = ControlCharacters.Without(row.Reading) })] };
    }

    /// <summary>True when what was sent is a file whose rows are messages of their own.</summary>
    public bool HasRows(SourceFile file) => file.IsEnvelope || file.Lines.Count > (Cohort is null && Snapshot is null ? 1 : 0);

    public Mapped Map(Element tree) => Mapper(tree);

    public IReadOnlyList<Issue> Check(IEnumerable<Element> resources) => Checker(resources);

    /// <summary>One message as a file of one row.</summary>
    public static SourceFile One(ReadOnlyMemory<byte> bytes, SourceReading reading) =>
        new([new(1, bytes, reading)], [], KeyOf(bytes.Span));

    /// <summary>The rows of a file; a file with a single row is that row's message.</summary>
    public static SourceFile Many(ReadOnlyMemory<byte> bytes, SourceLines lines) => new(
        [.. lines.Lines.Select(line => new SourceRow(line.Number, lines.Lines.Count == 1 ? bytes : BytesOf(line), line.Reading))],
        lines.Issues, KeyOf(bytes.Span))
    {
        Layout = lines.Layout,
        Columns = lines.Columns,
    };

    /// <summary>The messages of an HL7 v2 batch, each a row by its number in it.</summary>
    public static SourceFile Batch(ReadOnlyMemory<byte> bytes, Hl7v2Batch batch, Func<ReadOnlyMemory<byte>, SourceReading> read) => new(
        [.. batch.Messages.Select((message, i) => new SourceRow(i + 1, message, Whole(read(message), batch.IsCut && i == batch.Messages.Count - 1)))],
        batch.Issues, KeyOf(bytes.Span))
    {
        IsEnvelope = true,
    };

    private static SourceReading Whole(SourceReading reading, bool isCut) => !isCut ? reading
        : reading with { Issues = [.. reading.Issues, Issue.Error("structure", "BTS", "The batch ends within this message: it may be cut off. Send it again.")] };

    private static SourceFile Unreadable(string text) => new([], [new(Severity.Fatal, "structure", "", text)], KeyOf([]));

    private static ReadOnlyMemory<byte> BytesOf(SourceLine line) => line.Text.Length > 0 || line.Reading.Tree is null
        ? Encoding.UTF8.GetBytes(line.Text)
        : FhirJson.Write(line.Reading.Tree);

    /// <summary>What recognises a file by all it holds.</summary>
    public static string KeyOf(ReadOnlySpan<byte> bytes) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes));
}

/// <summary>The sources, by name.</summary>
internal sealed class Sources(IReadOnlyList<Source> sources)
{
    private readonly Dictionary<string, Source> _sources = sources.ToDictionary(source => source.Name, StringComparer.Ordinal);

    public IReadOnlyList<Source> All => sources;

    /// <summary>
    /// The systems under which the lines of insurers' lists are kept, with the number of their cohort: one a folder that makes cohorts. That of the
    /// shipped folder counts where a copy took its place and kept its map.
    /// </summary>
    public IReadOnlyList<string> CohortLists { get; } =
    [
        .. sources.Where(source => source.Cohort is not null).Select(source => source.Name).Append("cpam-cohort").Distinct(StringComparer.Ordinal)
            .Select(name => Vocabulary.SourceKeyPrefix + name),
    ];

    public Source? Find(string name) => _sources.GetValueOrDefault(name);
}
