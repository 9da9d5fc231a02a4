using System.Collections.Frozen;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.FhirPath;

/// <summary>
/// What an evaluation knows besides its input. Everything that could change from one run to the next is given here,
/// so that the same expression on the same data gives the same answer.
/// </summary>
public sealed record EvaluationContext
{
    /// <summary>A context that knows nothing but the input.</summary>
    public static EvaluationContext Default { get; } = new();

    /// <summary>The instant of <c>now()</c>, <c>today()</c> and <c>timeOfDay()</c>; without it these fail.</summary>
    public DateTimeOffset? Now { get; init; }

    /// <summary><c>%resource</c>: the resource that holds the input. Without it, the input itself when it is a resource.</summary>
    public Element? Resource { get; init; }

    /// <summary><c>%rootResource</c>: the resource that contains <c>%resource</c>. Without it, <c>%resource</c>.</summary>
    public Element? RootResource { get; init; }

    /// <summary>Variables by name, without the percent sign.</summary>
    public IReadOnlyDictionary<string, Items> Variables { get; init; } = FrozenDictionary<string, Items>.Empty;

    /// <summary>
    /// Fetches what a reference or canonical points to, after contained resources and the Bundle at hand were looked through;
    /// null when unknown.
    /// </summary>
    public Func<string, Element?>? Resolve { get; init; }

    /// <summary><c>memberOf()</c>: is this code, Coding or CodeableConcept in that value set? Null when it cannot be told.</summary>
    public Func<Item, string, bool?>? MemberOf { get; init; }

    /// <summary><c>subsumes()</c>: does the first code subsume the second? Null when it cannot be told.</summary>
    public Func<Item, Item, bool?>? Subsumes { get; init; }

    /// <summary><c>conformsTo()</c>: does the item meet that profile? Null when the profile is unknown, which is an error.</summary>
    public Func<Item, string, bool?>? ConformsTo { get; init; }

    /// <summary>Told the name and the number of items of each <c>trace()</c>; never the values, which may be a patient's.</summary>
    public Action<string, int>? Trace { get; init; }

    /// <summary>
    /// True lets <c>as</c> pass over several items and keep those of the type. The specification refuses that, but the R4
    /// search parameters count on it.
    /// </summary>
    public bool AsKeepsMany { get; init; }

    /// <summary>Is that item in the slice of that name of the structure with that URL? Null when it cannot be told.</summary>
    public Func<Item, string, string, bool?>? InSlice { get; init; }

    /// <summary>
    /// Stops an evaluation that takes too long: looked at every few thousand steps. Who has a clock gives a token that knows the time.
    /// </summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>The steps this evaluation may take.</summary>
    public long StepsMax { get; init; } = FhirPathLimits.StepsMax;
}
