using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Coordination.Intake;

/// <summary>What a reader made of the bytes of one message: a tree for the maps, the sender's own key, and every fault found.</summary>
/// <param name="Tree">The source tree as far as it could be read; null when nothing could.</param>
/// <param name="BusinessKey">What the sender recognises the message by; the same key twice is the same message.</param>
/// <param name="Issues">The faults, with their place in the source. Their texts never quote a value.</param>
public sealed record SourceReading(Element? Tree, string? BusinessKey, IReadOnlyList<Issue> Issues)
{
    /// <summary>True when the message may go on to its map.</summary>
    public bool IsSound => Tree is not null && !Issues.Any(issue => issue.IsError);
}

/// <summary>One line of a file, readable or not; its neighbours do not suffer from its faults.</summary>
/// <param name="Number">The line in the file where it starts, from 1.</param>
/// <param name="Text">The line as it came.</param>
/// <param name="Reading">The line's own tree, key and faults.</param>
public sealed record SourceLine(int Number, string Text, SourceReading Reading);

/// <summary>A file of several lines.</summary>
/// <param name="Lines">The lines, in the order of the file.</param>
/// <param name="Issues">Faults of the file as a whole: its charset, its header. An error here means that no line was read.</param>
public sealed record SourceLines(IReadOnlyList<SourceLine> Lines, IReadOnlyList<Issue> Issues)
{
    /// <summary>How the file was read, in words for its sender: charset and separator. Null where nothing was guessed.</summary>
    public string? Layout { get; init; }

    /// <summary>The columns of the header, in their order.</summary>
    public IReadOnlyList<ColumnUse> Columns { get; init; } = [];

    internal static SourceLines Refused(Issue issue) => new([], [issue]);
}

/// <summary>A column of a file and the field that it fills; null when nobody knows it.</summary>
public sealed record ColumnUse(string Name, string? Path);
