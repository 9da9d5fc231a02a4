using System.Diagnostics.CodeAnalysis;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.FhirPath;

/// <summary>
/// A FHIRPath expression, parsed and compiled once, evaluated as often as wanted and from any thread.
/// https://hl7.org/fhirpath/N1/ and https://hl7.org/fhir/R4/fhirpath.html
/// </summary>
/// <remarks>Parsing is dear, evaluation cheap: keep the expression, not its text.</remarks>
public sealed class FhirPathExpression
{
    private readonly Code _code;

    private FhirPathExpression(string text, Syntax tree)
    {
        Text = text;
        Tree = tree;
        _code = Compiler.Compile(tree);
    }

    /// <summary>The expression as it was written.</summary>
    public string Text { get; }

    internal Syntax Tree { get; }

    /// <summary>Reads an expression; a <see cref="FhirPathException"/> says what is wrong with it and where.</summary>
    public static FhirPathExpression Parse(string text)
    {
        try
        {
            return new(text, Parser.Read(text));
        }
        catch (FhirPathException failure) when (failure.Position >= 0)
        {
            throw failure.In(text);
        }
    }

    /// <summary>Reads an expression; false, with the reason, when it is none.</summary>
    public static bool TryParse(
        string text, [NotNullWhen(true)] out FhirPathExpression? expression, [NotNullWhen(false)] out FhirPathException? failure)
    {
        try
        {
            expression = Parse(text);
            failure = null;
            return true;
        }
        catch (FhirPathException exception)
        {
            expression = null;
            failure = exception;
            return false;
        }
    }

    /// <summary>
    /// What the expression gives for a resource. Throws <see cref="FhirPathException"/> when the data do not fit it or a limit is reached.
    /// </summary>
    public Items Evaluate(Resource resource, EvaluationContext? context = null) => Evaluate(Item.Of(resource), context);

    /// <summary>What the expression gives for one item, such as an element with its type.</summary>
    public Items Evaluate(Item input, EvaluationContext? context = null) => Evaluate(new Items(input), context);

    /// <summary>What the expression gives for a collection, which may be empty.</summary>
    public Items Evaluate(Items input, EvaluationContext? context = null)
    {
        var run = Run.Begin(context ?? EvaluationContext.Default, input, out var scope);
        try
        {
            var result = _code.Eval(run, scope);
            run.Done();
            return result;
        }
        catch (FhirPathException failure) when (failure.Place is null && (failure.Position >= 0 || run.At >= 0))
        {
            throw failure.In(Text, run.At);
        }
    }

    /// <summary>True only when the expression gives true: how invariants and conditions are asked. An empty result is false.</summary>
    public bool IsTrue(Item input, EvaluationContext? context = null) => Test(input, context) == true;

    /// <summary>True only when the expression gives true for the resource.</summary>
    public bool IsTrue(Resource resource, EvaluationContext? context = null) => Test(Item.Of(resource), context) == true;

    /// <summary>True, false, or null for an empty result.</summary>
    public bool? Test(Item input, EvaluationContext? context = null)
    {
        var items = new Items(input);
        var run = Run.Begin(context ?? EvaluationContext.Default, items, out var scope);
        try
        {
            var result = _code.Test(run, scope);
            run.Done();
            return result;
        }
        catch (FhirPathException failure) when (failure.Place is null && (failure.Position >= 0 || run.At >= 0))
        {
            throw failure.In(Text, run.At);
        }
    }

    /// <inheritdoc/>
    public override string ToString() => Text;
}
