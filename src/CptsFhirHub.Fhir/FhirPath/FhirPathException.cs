namespace CptsFhirHub.Fhir.FhirPath;

/// <summary>When an expression failed.</summary>
public enum FhirPathFault
{
    /// <summary>The text is not FHIRPath.</summary>
    Syntax,

    /// <summary>The expression can never work: an unknown function, a wrong number of arguments, an unknown type.</summary>
    Semantic,

    /// <summary>The data do not fit: several items where one is asked for, a text where a number is.</summary>
    Evaluation,

    /// <summary>A limit of <see cref="FhirPathLimits"/> was reached.</summary>
    Limit,
}

/// <summary>
/// An expression that could not be parsed or evaluated. The message names the rule and the place in the expression,
/// never a value of the data.
/// </summary>
public sealed class FhirPathException : Exception
{
    /// <summary>A failure at <paramref name="position"/> of the expression.</summary>
    public FhirPathException(FhirPathFault fault, int position, string reason)
        : base(position < 0 ? reason : $"{reason} (at character {position + 1})")
    {
        Fault = fault;
        Position = position;
        Reason = reason;
    }

    /// <summary>When it failed.</summary>
    public FhirPathFault Fault { get; }

    /// <summary>Where in the expression, counted from 0; -1 when no place can be named.</summary>
    public int Position { get; }

    /// <summary>The message without the place.</summary>
    public string Reason { get; }

    internal static FhirPathException Syntax(int position, string reason) => new(FhirPathFault.Syntax, position, reason);

    internal static FhirPathException Semantic(int position, string reason) => new(FhirPathFault.Semantic, position, reason);

    internal static FhirPathException Evaluation(string reason) => new(FhirPathFault.Evaluation, -1, reason);

    internal static FhirPathException Limit(int position, string reason) => new(FhirPathFault.Limit, position, reason);
}
