using System.Globalization;

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

    private FhirPathException(FhirPathException failure, int position, TextPlace place)
        : base($"{failure.Reason} (at {place})", failure)
    {
        Fault = failure.Fault;
        Position = position;
        Reason = failure.Reason;
        Place = place;
    }

    /// <summary>The line and column in the expression; null when no place can be named.</summary>
    public TextPlace? Place { get; }

    /// <summary>When it failed.</summary>
    public FhirPathFault Fault { get; }

    /// <summary>Where in the expression, counted from 0; -1 when no place can be named.</summary>
    public int Position { get; }

    /// <summary>The message without the place.</summary>
    public string Reason { get; }

    /// <summary>The same failure with its line and column in that text; <paramref name="otherwise"/> where it knows no position.</summary>
    internal FhirPathException In(string text, int otherwise = -1)
    {
        var position = Position < 0 ? otherwise : Position;
        return position < 0 || Place is not null ? this : new(this, position, TextPlace.Of(text, position));
    }

    internal static FhirPathException Syntax(int position, string reason) => new(FhirPathFault.Syntax, position, reason);

    internal static FhirPathException Semantic(int position, string reason) => new(FhirPathFault.Semantic, position, reason);

    internal static FhirPathException Evaluation(string reason) => new(FhirPathFault.Evaluation, -1, reason);

    internal static FhirPathException Limit(int position, string reason) => new(FhirPathFault.Limit, position, reason);
}

/// <summary>A place in an expression, both counted from 1.</summary>
/// <param name="Line">The line.</param>
/// <param name="Column">The character in the line.</param>
public readonly record struct TextPlace(int Line, int Column)
{
    /// <summary>Where that position of a text is. Lines end with a line feed.</summary>
    public static TextPlace Of(string text, int position)
    {
        var before = text.AsSpan(0, Math.Clamp(position, 0, text.Length));
        return new(before.Count('\n') + 1, before.Length - before.LastIndexOf('\n'));
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"line {Line}, column {Column}");
}
