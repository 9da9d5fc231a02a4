using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.FhirPath;

/// <summary><c>a.b.c</c> after a source, walked without collections in between.</summary>
internal sealed class PathCode(Code source, string[] names) : Code
{
    // The step that a place of the path took first; nearly always the only one.
    private readonly Seen?[] _seen = new Seen?[names.Length];

    public Code Source => source;

    public string[] Names => names;

    public override Items Eval(Run run, Scope scope)
    {
        run.Spend(names.Length);
        var gathering = default(Gathering);
        if (source is ThisCode)
        {
            foreach (var item in scope.This)
                Walk(run, item, 0, ref gathering);
        }
        else
        {
            foreach (var item in source.Eval(run, scope))
                Walk(run, item, 0, ref gathering);
        }

        return gathering.Done();
    }

    public override int One(Run run, Scope scope, out Item item)
    {
        run.Spend(names.Length);
        item = default;
        var items = source is ThisCode ? scope.This : source.Eval(run, scope);
        var count = 0;
        foreach (var start in items)
            if (!Search(run, start, 0, ref count, ref item))
                break;
        return count;
    }

    private void Walk(Run run, Item parent, int at, ref Gathering into)
    {
        run.Spend();
        if (at == names.Length - 1)
        {
            Children.Take(parent, names[at], Find(parent, at), ref into);
            return;
        }

        if (parent.Element is { } element && (parent.Shape is null || Find(parent, at) is { Only: not null }))
        {
            var only = parent.Shape is null ? null : Find(parent, at)!.Only;
            foreach (var child in element.All(names[at]))
                Walk(run, Children.Typed(child, only), at + 1, ref into);
            return;
        }

        var between = default(Gathering);
        Children.Take(parent, names[at], Find(parent, at), ref between);
        for (var i = 0; i < between.Count; i++)
            Walk(run, between[i], at + 1, ref into);
    }

    /// <summary>False when more than one item was found.</summary>
    private bool Search(Run run, Item parent, int at, ref int count, ref Item found)
    {
        run.Spend();
        if (parent.Element is { } element && (parent.Shape is null || Find(parent, at) is { Only: not null }))
        {
            var only = parent.Shape is null ? null : Find(parent, at)!.Only;
            foreach (var child in element.All(names[at]))
                if (!Next(run, Children.Typed(child, only), at, ref count, ref found))
                    return false;
            return true;
        }

        var between = default(Gathering);
        Children.Take(parent, names[at], Find(parent, at), ref between);
        for (var i = 0; i < between.Count; i++)
            if (!Next(run, between[i], at, ref count, ref found))
                return false;
        return true;
    }

    private bool Next(Run run, Item child, int at, ref int count, ref Item found)
    {
        if (at < names.Length - 1)
            return Search(run, child, at + 1, ref count, ref found);
        if (count == 0)
            found = child;
        return ++count < 2;
    }

    private Step? Find(Item parent, int at)
    {
        if (parent.Shape is not { } shape)
            return null;
        var seen = _seen[at];
        if (seen is not null && ReferenceEquals(seen.Shape, shape))
            return seen.Step;
        var step = shape.Find(names[at]);
        _seen[at] ??= new(shape, step);
        return step;
    }

    private sealed record Seen(Shape Shape, Step? Step);
}

/// <summary>The children of an item.</summary>
internal static class Children
{
    public static Item Typed(Element child, Shape? only) =>
        new(child, only is not null && child.ResourceType is { } type ? only.OfResource(type) : only);

    /// <summary>Adds the children of that name. Without a type names are literal; an unknown name gives nothing.</summary>
    public static void Take(Item parent, string name, Step? step, ref Gathering into)
    {
        if (parent.Element is not { } element)
        {
            TakeOfValue(parent.Literal, name, ref into);
        }
        else if (parent.Shape is null)
        {
            var before = into.Count;
            foreach (var child in element.All(name))
                into.Add(new(child, null));
            if (into.Count == before && name == "resourceType" && element.ResourceType is { } type)
                into.Add(Item.Of(type));
        }
        else if (step is not null)
        {
            step.Take(parent, ref into);
        }
        else if (name == "resourceType" && element.ResourceType is { } type)
        {
            into.Add(Item.Of(type));
        }
    }

    public static void TakeAll(Item parent, ref Gathering into)
    {
        if (parent.Element is not { } element)
            return;
        foreach (var child in element.Children)
            into.Add(new(child, parent.Shape?.OfChild(child)));
    }

    private static void TakeOfValue(object? value, string name, ref Gathering into)
    {
        switch (value, name)
        {
            case (Quantity quantity, "value"):
                into.Add(Item.Of(quantity.Value));
                break;
            case (Quantity quantity, "unit" or "code"):
                into.Add(Item.Of(quantity.Unit));
                break;
            case (Reflected type, _):
                type.Take(name, ref into);
                break;
            case (Reflected.Part part, _):
                part.Take(name, ref into);
                break;
        }
    }
}
