using CptsFhirHub.Fhir.Definitions;

namespace CptsFhirHub.Fhir.Search;

/// <summary>One value that a resource offers to a search parameter; what the store writes in its index.</summary>
/// <param name="Parameter">The parameter the value answers.</param>
public abstract record IndexValue(SearchParameter Parameter)
{
    /// <summary>A token; <paramref name="Text"/> is the display, for <c>:text</c>.</summary>
    public sealed record Token(SearchParameter Parameter, string? System, string? Code, string? Text) : IndexValue(Parameter);

    /// <summary>A string: folded (no case, no accents) for the usual search, and as it stands for <c>:exact</c>.</summary>
    public sealed record String(SearchParameter Parameter, string Folded, string Exact) : IndexValue(Parameter);

    /// <summary>A date as an interval of UTC ticks, upper bound exclusive; open ends are long.MinValue and long.MaxValue.</summary>
    public sealed record Date(SearchParameter Parameter, long LowTicks, long HighTicks) : IndexValue(Parameter);

    /// <summary>A reference: by type and id when it is ours, else by URL; a logical reference gives a Token beside it.</summary>
    public sealed record Reference(SearchParameter Parameter, string? Type, string? Id, string? Url) : IndexValue(Parameter);

    /// <summary>A URI.</summary>
    public sealed record Uri(SearchParameter Parameter, string Value) : IndexValue(Parameter);

    /// <summary>A number as the interval of its precision.</summary>
    public sealed record Number(SearchParameter Parameter, decimal Low, decimal High) : IndexValue(Parameter);

    /// <summary>A quantity.</summary>
    public sealed record Quantity(SearchParameter Parameter, decimal Low, decimal High, string? System, string? Code) : IndexValue(Parameter);

    /// <summary>The same quantity in base units, beside it when its unit is UCUM; open ends are infinite.</summary>
    public sealed record Measure(SearchParameter Parameter, double Low, double High, string Dimensions) : IndexValue(Parameter);

    /// <summary>A place on earth, in degrees.</summary>
    public sealed record Place(SearchParameter Parameter, double Latitude, double Longitude) : IndexValue(Parameter);

    /// <summary>The parts of one occurrence of a composite.</summary>
    public sealed record Composite(SearchParameter Parameter, IReadOnlyList<IndexValue> Parts) : IndexValue(Parameter);
}
