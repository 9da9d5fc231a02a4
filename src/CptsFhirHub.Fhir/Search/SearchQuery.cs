using CptsFhirHub.Fhir.Definitions;

namespace CptsFhirHub.Fhir.Search;

/// <summary>
/// A search, read and checked: the criteria are joined by AND, the values of one criterion by OR.
/// https://hl7.org/fhir/R4/search.html
/// </summary>
/// <param name="ResourceType">The type searched.</param>
/// <param name="Criteria">All must hold.</param>
public sealed record SearchQuery(string ResourceType, IReadOnlyList<Criterion> Criteria)
{
    /// <summary><c>_include</c> and <c>_revinclude</c>, in the order given.</summary>
    public IReadOnlyList<Include> Includes { get; init; } = [];

    /// <summary>How far <c>:iterate</c> goes; what lies further refuses the search.</summary>
    public int IncludeDepth { get; init; } = SearchLimits.Default.IncludeDepth;

    /// <summary><c>_sort</c>, first key first; empty means newest first.</summary>
    public IReadOnlyList<SortKey> Sort { get; init; } = [];

    /// <summary><c>_count</c> after its limit was applied; null when not given.</summary>
    public int? Count { get; init; }

    /// <summary>True when the caller asked for a total (<c>_total=accurate</c>, <c>_summary=count</c>) or none was refused.</summary>
    public bool WantsTotal { get; init; } = true;

    /// <summary>
    /// A total that nobody asked for is counted up to here: with more matches the answer says none, and the page costs what a page costs.
    /// Null: counted whatever it costs.
    /// </summary>
    public int? TotalMax { get; init; }

    /// <summary>The opaque place where the page begins, from the link of the page before; null for the first page.</summary>
    public string? Cursor { get; init; }

    /// <summary>
    /// What an included resource of a type must meet besides: how a caller's right reaches <c>_include</c> and
    /// <c>_revinclude</c>. An empty list
    /// lets every resource of the type through, <see cref="Criterion.Never"/> none. Null: no restriction.
    /// </summary>
    public Func<string, IReadOnlyList<Criterion>>? IncludeCriteria { get; init; }

    /// <summary>The same search narrowed by more criteria: this is how a caller's right enters a query.</summary>
    public SearchQuery And(IEnumerable<Criterion> more) => this with { Criteria = [.. Criteria, .. more] };
}

/// <summary>One condition of a <see cref="SearchQuery"/>.</summary>
public abstract record Criterion
{
    private Criterion()
    {
    }

    /// <summary>A parameter of the searched type has one of the values.</summary>
    /// <param name="Parameter">The parameter.</param>
    /// <param name="Modifier">Without colon: <c>exact</c>, <c>contains</c>, <c>missing</c>, <c>not</c>, <c>text</c>,
    /// <c>identifier</c>, ...; null when none. No URL says <c>whole</c> (the whole text, as compared), <c>ends</c> (its end) or <c>word</c>
    /// (one word of the full text, a star for the rest of it): <c>_filter</c>, <c>_text</c> and <c>_content</c> do.</param>
    /// <param name="Values">At least one; joined by OR.</param>
    public sealed record Match(SearchParameter Parameter, string? Modifier, IReadOnlyList<SearchValue> Values) : Criterion;

    /// <summary>A chained parameter: the reference points to a resource that meets <paramref name="Inner"/>.</summary>
    public sealed record Chain(SearchParameter Reference, IReadOnlyList<SearchQuery> Inner) : Criterion;

    /// <summary>
    /// Reverse chain (<c>_has</c>): a resource meeting <paramref name="Inner"/> refers to this one by <paramref
    /// name="Reference"/>.
    /// </summary>
    public sealed record Has(SearchParameter Reference, SearchQuery Inner) : Criterion;

    /// <summary>At least one alternative holds; the criteria of one alternative are joined by AND.</summary>
    public sealed record Any(IReadOnlyList<IReadOnlyList<Criterion>> Alternatives) : Criterion;

    /// <summary>The criterion does not hold.</summary>
    public sealed record Not(Criterion Inner) : Criterion;

    /// <summary>Nothing matches. A right that covers no row.</summary>
    public sealed record Never : Criterion;
}

/// <summary>The comparison before a number, date or quantity. https://hl7.org/fhir/R4/search.html#prefix</summary>
public enum Prefix
{
    /// <summary>Equal: the default.</summary>
    Eq,

    /// <summary>Not equal.</summary>
    Ne,

    /// <summary>Greater.</summary>
    Gt,

    /// <summary>Less.</summary>
    Lt,

    /// <summary>Greater or equal.</summary>
    Ge,

    /// <summary>Less or equal.</summary>
    Le,

    /// <summary>Starts after.</summary>
    Sa,

    /// <summary>Ends before.</summary>
    Eb,

    /// <summary>Approximately.</summary>
    Ap,
}

/// <summary>One value of a criterion, read according to the parameter's type.</summary>
public abstract record SearchValue
{
    private SearchValue()
    {
    }

    /// <summary>
    /// A token. <paramref name="System"/> null: any system; empty: explicitly none (<c>|code</c>). <paramref name="Code"/> null:
    /// any code of the system.
    /// </summary>
    public sealed record Token(string? System, string? Code) : SearchValue;

    /// <summary>A string as given, unescaped.</summary>
    public sealed record Text(string Value) : SearchValue;

    /// <summary>A date with its precision as an interval of UTC ticks, upper bound exclusive.</summary>
    public sealed record Date(Prefix Prefix, long LowTicks, long HighTicks) : SearchValue;

    /// <summary>A number with the interval its precision implies.</summary>
    public sealed record Number(Prefix Prefix, decimal Value, decimal Low, decimal High) : SearchValue;

    /// <summary>A quantity; <paramref name="System"/> and <paramref name="Code"/> null when not given.</summary>
    public sealed record Quantity(Prefix Prefix, decimal Value, decimal Low, decimal High, string? System, string? Code) : SearchValue;

    /// <summary>
    /// A reference. <paramref name="Type"/> null when only an id was given; <paramref name="Url"/> for an absolute one that is
    /// not ours.
    /// </summary>
    public sealed record Reference(string? Type, string? Id, string? Url) : SearchValue;

    /// <summary>A URI.</summary>
    public sealed record Uri(string Value) : SearchValue;

    /// <summary>A place and how far around it, in degrees and kilometres.</summary>
    public sealed record Near(double Latitude, double Longitude, double Kilometres) : SearchValue;

    /// <summary>The value of <c>:missing</c>.</summary>
    public sealed record Missing(bool IsMissing) : SearchValue;

    /// <summary>The parts of a composite, in the order of its components.</summary>
    public sealed record Composite(IReadOnlyList<SearchValue> Parts) : SearchValue;
}

/// <summary><c>_include</c> or <c>_revinclude</c>. https://hl7.org/fhir/R4/search.html#revinclude</summary>
/// <param name="SourceType">The type that holds the reference; <c>*</c> for any.</param>
/// <param name="Parameter">The reference parameter; null for <c>*</c>.</param>
/// <param name="TargetType">Restricts the target; null for any.</param>
/// <param name="IsReverse">True for <c>_revinclude</c>.</param>
/// <param name="Iterates">True for <c>:iterate</c>.</param>
public sealed record Include(string SourceType, SearchParameter? Parameter, string? TargetType, bool IsReverse, bool Iterates)
{
    /// <summary>True when a right to the match is a right to what it includes: then <see cref="SearchQuery.IncludeCriteria"/> need not be asked.</summary>
    public bool IsCovered { get; init; }
}

/// <summary>One key of <c>_sort</c>.</summary>
public sealed record SortKey(SearchParameter Parameter, bool Descending);
