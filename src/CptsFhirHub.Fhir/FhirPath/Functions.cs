using System.Collections.Frozen;

namespace CptsFhirHub.Fhir.FhirPath;

/// <summary>A function of FHIRPath: how many arguments it takes and what it does.</summary>
internal sealed record Function(int ArgumentsMin, int ArgumentsMax, FunctionBody Body);

internal delegate Items FunctionBody(Call call);

/// <summary>One call of a function: its input and its arguments, which it evaluates itself, once or for each item.</summary>
internal readonly ref struct Call(Run run, Scope scope, Items input, Code[] arguments, int position)
{
    public Run Run { get; } = run;

    public Scope Scope { get; } = scope;

    public Items Input { get; } = input;

    public int Count => arguments.Length;

    public Code Code(int index) => arguments[index];

    /// <summary>The argument, evaluated where the call stands.</summary>
    public Items Argument(int index)
    {
        var items = arguments[index].Eval(Run, Scope);
        Run.At = position;
        return items;
    }

    /// <summary>The one item of the input, or null when it is empty or has no value.</summary>
    public object? Value() => One(Input, "The input");

    public string? Text() => One(Input, "The input") is { } value
        ? value as string ?? throw FhirPathException.Evaluation("The input is no String.")
        : null;

    public string? Text(int index) => One(Argument(index), "An argument") is { } value
        ? value as string ?? throw FhirPathException.Evaluation("An argument is no String.")
        : null;

    public int? Integer(int index) => One(Argument(index), "An argument") switch
    {
        null => null,
        int number => number,
        long number and >= int.MinValue and <= int.MaxValue => (int)number,
        _ => throw FhirPathException.Evaluation("An argument is no Integer."),
    };

    public decimal? Decimal(int index) => One(Argument(index), "An argument") is { } value
        ? Numbers.AsDecimal(value) ?? throw FhirPathException.Evaluation("An argument is no number.")
        : null;

    public static object? One(Items items, string what)
    {
        if (items.IsEmpty)
            return null;
        if (items.Count > 1)
            throw FhirPathException.Evaluation($"{what} has several items where one is wanted.");
        var value = items.First.Value;
        return value is null && !items.First.IsValueless
            ? throw FhirPathException.Evaluation($"{what} is no primitive value.")
            : value;
    }

    /// <summary>A scope for an argument that is evaluated once for each item.</summary>
    public Scope Inner() => Scope.Inner();
}

/// <summary>Every function, in the order of the specification. https://hl7.org/fhirpath/N1/#functions</summary>
internal static class Functions
{
    public static FrozenDictionary<string, Function> Table { get; } = new[]
        {
            CollectionFunctions.All, ConversionFunctions.All, StringFunctions.All, MathFunctions.All, MomentFunctions.All, FhirFunctions.All,
        }
        .SelectMany(part => part)
        .ToFrozenDictionary(pair => pair.Key, pair => pair.Value, StringComparer.Ordinal);

    public static string Wanted(Function function) => (function.ArgumentsMin, function.ArgumentsMax) switch
    {
        (0, 0) => "no argument",
        (1, 1) => "one argument",
        (var min, var max) when min == max => $"{min} arguments",
        (var min, int.MaxValue) => $"{min} arguments or more",
        (var min, var max) => $"{min} to {max} arguments",
    };
}
