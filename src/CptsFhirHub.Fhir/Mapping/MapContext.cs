using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Mapping;

/// <summary>What a run knows besides its source: the same source and context give the same target.</summary>
public sealed record MapContext
{
    /// <summary>The instant of <c>now()</c> and <c>today()</c>.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>Gives the next new id, for <c>uuid()</c> and for resources that are referred to before they have one.</summary>
    public required Func<string> NewId { get; init; }

    /// <summary>Finds a ConceptMap that is neither in the map nor in the library; null when there is none.</summary>
    public Func<string, Element?>? ConceptMap { get; init; }

    /// <summary>Told what the map's <c>log</c> clauses say: rule name and message. Values of patients may be in it: for a person at a desk, never for a log file.</summary>
    public Action<string, string>? Log { get; init; }

    /// <summary>Records what the run does, step by step, for who tries the map. Values of patients are in it.</summary>
    public MapTrace? Trace { get; init; }

    /// <summary>Ends a run that takes too long.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>Records which fields of the source are read.</summary>
    public MapCoverage? Coverage { get; init; }
}

/// <summary>What a run gave: the target as far as it could be made (null when not at all) and every fault with its rule and place.</summary>
public sealed record MapResult(Element? Target, IReadOnlyList<Issue> Issues)
{
    /// <summary>True when nothing was wrong enough to refuse it.</summary>
    public bool IsSound => Target is not null && !Issues.Any(issue => issue.IsError);
}

/// <summary>What one run may cost. A map comes from a person: none may stop the server.</summary>
public static class MapLimits
{
    /// <summary>The elements that a target may have.</summary>
    public const int NodesMax = 200_000;

    /// <summary>How deep groups may call each other.</summary>
    public const int DepthMax = 100;

    /// <summary>The source items that rules may be run on.</summary>
    public const int StepsMax = 2_000_000;

    /// <summary>The faults that one run tells.</summary>
    public const int IssuesMax = 100;
}
