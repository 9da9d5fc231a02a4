using System.Runtime.CompilerServices;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.FhirPath;

/// <summary>One evaluation under way: what it knows and what it has spent.</summary>
internal sealed class Run(EvaluationContext context, Items input)
{
    private long _left = context.StepsMax;

    /// <summary>Where the expression is, for failures.</summary>
    public int At = -1;

    public EvaluationContext Context { get; } = context;

    /// <summary><c>%context</c></summary>
    public Items Input { get; } = input;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Spend()
    {
        if (--_left < 0)
            Exhausted();
    }

    public void Spend(int steps)
    {
        if ((_left -= steps) < 0)
            Exhausted();
    }

    public Element? Resource =>
        Context.Resource ?? (Input.Count == 1 && Input.First.Element is { ResourceType: not null } root ? root : null);

    public Element? RootResource => Context.RootResource ?? Resource;

    private static void Exhausted() => throw FhirPathException.Limit(-1, "The evaluation takes too many steps.");
}

/// <summary>
/// What <c>$this</c>, <c>$index</c> and <c>$total</c> are. One per call of a function that goes through items, moved along by it.
/// </summary>
internal sealed class Scope
{
    public Items This;
    public int Index = -1;
    public Items Total;

    /// <summary>Variables made by <c>defineVariable()</c>, innermost first.</summary>
    public Defined? Variables;

    public Scope Inner() => new() { Variables = Variables };

    internal sealed record Defined(string Name, Items Value, Defined? Next);
}

/// <summary>A node of a compiled expression. Nodes hold no state of an evaluation and are shared between threads.</summary>
internal abstract class Code
{
    /// <summary>Where the node stands in the text, for failures.</summary>
    public int Position { get; init; } = -1;

    public abstract Items Eval(Run run, Scope scope);

    /// <summary>The number of items, 2 standing for any more, and the first of them.</summary>
    public virtual int One(Run run, Scope scope, out Item item)
    {
        var items = Eval(run, scope);
        item = items.First;
        return Math.Min(items.Count, 2);
    }

    /// <summary>The result taken as a truth value: empty is null, a single item that is no Boolean is true.</summary>
    public virtual bool? Test(Run run, Scope scope) => Truth.Of(Eval(run, scope));
}

internal static class Truth
{
    /// <summary>Singleton evaluation of collections. https://hl7.org/fhirpath/N1/#singleton-evaluation-of-collections</summary>
    public static bool? Of(Items items)
    {
        if (items.IsEmpty)
            return null;
        if (items.Count > 1)
            throw FhirPathException.Evaluation("One truth value is wanted here, not several items.");
        return items.First.Value switch
        {
            bool flag => flag,
            null when items.First.IsValueless => null,
            _ => true,
        };
    }
}
