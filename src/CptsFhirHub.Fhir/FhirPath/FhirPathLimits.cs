namespace CptsFhirHub.Fhir.FhirPath;

/// <summary>What an expression may cost. Expressions come from profiles, maps and people: none may stop the server.</summary>
public static class FhirPathLimits
{
    /// <summary>The longest expression, in characters.</summary>
    public const int LengthMax = 10_000;

    /// <summary>How deep parentheses, arguments, indexers and signs may nest.</summary>
    public const int DepthMax = 100;

    /// <summary>How high the tree of an expression may grow by chains such as <c>a.b.c</c> or <c>1 + 1 + 1</c>.</summary>
    public const int HeightMax = 500;

    /// <summary>The steps of one evaluation; a step is a node of the expression run once, or an item looked at by a function.</summary>
    public const int StepsMax = 1_000_000;

    /// <summary>The items of any one collection.</summary>
    public const int ResultsMax = 100_000;

    /// <summary>The longest text one function may make, in characters.</summary>
    public const int TextMax = 1_000_000;

    /// <summary>The longest regular expression, in characters.</summary>
    public const int RegexLengthMax = 1_000;

    /// <summary>The longest text a regular expression is held against, in characters.</summary>
    public const int RegexTextMax = 100_000;

    /// <summary>
    /// How long one regular expression may run, on the wall. It takes linear time in what the two limits above allow: only a thread that has to wait for its turn comes near.
    /// </summary>
    public static readonly TimeSpan RegexTimeMax = TimeSpan.FromSeconds(5);
}
