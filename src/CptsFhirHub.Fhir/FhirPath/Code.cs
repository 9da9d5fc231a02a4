using System.Runtime.CompilerServices;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.FhirPath;

/// <summary>One evaluation under way: what it knows and what it has spent.</summary>
internal sealed class Run
{
    [ThreadStatic]
    private static Run? Kept;

    /// <summary>Steps between two looks at the cancellation.</summary>
    private const int StepsAtOnce = 4096;

    // Work on long texts counts as more than one step.
    private const int CharactersPerStep = 16;

    private readonly Scope _scope = new();
    private long _now;
    private long _left;

    /// <summary>Where the expression is, for failures.</summary>
    public int At = -1;

    public EvaluationContext Context { get; private set; } = EvaluationContext.Default;

    /// <summary><c>%context</c></summary>
    public Items Input { get; private set; }

    /// <summary>
    /// Begins an evaluation; give it back with <see cref="Done"/>. An evaluation inside another, as <c>conformsTo()</c> makes, has a
    /// run of its own.
    /// </summary>
    public static Run Begin(EvaluationContext context, Items input, out Scope scope)
    {
        var run = Kept ?? new();
        Kept = null;
        run.Context = context;
        run.Input = input;
        run._now = 0;
        run._left = context.StepsMax;
        run.At = -1;
        scope = run._scope;
        scope.This = input;
        return run;
    }

    /// <summary>Keeps the run for the thread's next evaluation. One that failed is not given back.</summary>
    public void Done()
    {
        Context = EvaluationContext.Default;
        Input = default;
        _scope.This = default;
        _scope.Variables = null;
        Kept = this;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Spend()
    {
        if (--_now < 0)
            Look();
    }

    public void Spend(int steps)
    {
        if ((_now -= steps) < 0)
            Look();
    }

    /// <summary>Counts what a long text costs to look at or to make.</summary>
    public void SpendOn(string? text)
    {
        if (text is { Length: >= CharactersPerStep })
            Spend(text.Length / CharactersPerStep);
    }

    /// <summary>Counts a collection that a function or operator takes or makes: each item after the first, and long texts.</summary>
    public void SpendOn(Items items)
    {
        if (items.Count > 1)
            Spend(items.Count);
        else if (items.Count == 1)
            SpendOn(items.First.Content is Element element ? element.Value : items.First.Content as string);
    }

    public Element? Resource =>
        Context.Resource ?? (Input.Count == 1 && Input.First.Element is { ResourceType: not null } root ? root : null);

    public Element? RootResource => Context.RootResource ?? Resource;

    // Invariant: what was spent beyond the steps at hand is taken from those left.
    private void Look()
    {
        if (Context.Cancellation.IsCancellationRequested)
            throw FhirPathException.Limit(-1, "The evaluation was stopped: it takes too long.");
        _left += _now;
        if (_left < 0)
            throw FhirPathException.Limit(-1, "The evaluation takes too many steps.");
        _now = Math.Min(_left, StepsAtOnce);
        _left -= _now;
    }
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
