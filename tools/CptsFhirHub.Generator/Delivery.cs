namespace CptsFhirHub.Generator;

/// <summary>What should become of one message, or of one line of a file.</summary>
/// <param name="Line">Where the line begins in its file, the header being 1; 1 for a message of its own.</param>
/// <param name="State">The state in the journal: processed, waiting, rejected or duplicate.</param>
/// <param name="Refusal">The code of the first fault, when it is refused.</param>
/// <param name="Persons">Whom it is about.</param>
/// <param name="Dirt">What is wrong with it, and how it differs from what was said before.</param>
public sealed record ExpectedMessage(int Line, string State, string? Refusal, IReadOnlyList<string> Persons, IReadOnlyList<string> Dirt)
{
    /// <summary>True when the hub makes a record of its own for it: nobody it knows, or nobody it can be sure of.</summary>
    public bool IsNewRecord
    {
        get => field && State is ("processed" or "waiting");
        init;
    }
}

/// <summary>Something to hand in: a message or a file of lines, in the order in which it is listed.</summary>
/// <param name="Path">Where it lies under the folder written.</param>
/// <param name="Source">The source's name, <c>/intake/{source}</c>; <c>fhir</c> goes to <c>/fhir/$process-message</c>.</param>
/// <param name="Sender">Who sends it: team, booking, hospital, prado or guichet.</param>
public sealed record Delivery(string Path, string Source, string Sender, string ContentType, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>The control file beside a cohort.</summary>
    public ReadOnlyMemory<byte>? Control { get; init; }

    /// <summary>True when each line is a message of its own.</summary>
    public bool IsFile { get; init; }

    public required IReadOnlyList<ExpectedMessage> Messages { get; init; }
}
