namespace CptsFhirHub.Fhir.FhirPath;

/// <summary>Existence, filtering, subsetting, combining, navigation and aggregates. https://hl7.org/fhirpath/N1/#existence</summary>
internal static class CollectionFunctions
{
    public static Dictionary<string, Function> All { get; } = new(StringComparer.Ordinal)
    {
        // Existence
        ["empty"] = Compiled(0, 0),
        ["exists"] = Compiled(0, 1),
        ["all"] = new(1, 1, AllHold),
        ["allTrue"] = new(0, 0, call => Items.Of(Every(call.Input, true))),
        ["anyTrue"] = new(0, 0, call => Items.Of(!Every(call.Input, false))),
        ["allFalse"] = new(0, 0, call => Items.Of(Every(call.Input, false))),
        ["anyFalse"] = new(0, 0, call => Items.Of(!Every(call.Input, true))),
        ["subsetOf"] = new(1, 1, call => Items.Of(Sets.IsSubset(call.Run, call.Input, call.Argument(0)))),
        ["supersetOf"] = new(1, 1, call => Items.Of(Sets.IsSubset(call.Run, call.Argument(0), call.Input))),
        ["count"] = new(0, 0, call => Items.Of(call.Input.Count)),
        ["distinct"] = new(0, 0, call => Sets.OnlyOnce(call.Run, call.Input)),
        ["isDistinct"] = new(0, 0, call => Items.Of(Sets.OnlyOnce(call.Run, call.Input).Count == call.Input.Count)),
        ["not"] = new(0, 0, call => Truth.Of(call.Input) is { } truth ? Items.Of(!truth) : default),

        // Filtering and projection
        ["where"] = Compiled(1, 1),
        ["select"] = new(1, 1, Select),
        ["repeat"] = new(1, 1, Repeat),
        ["repeatAll"] = new(1, 1, RepeatAll),
        ["sort"] = new(0, int.MaxValue, Sorting.Sort),

        // Subsetting
        ["single"] = new(0, 0, call => call.Input.Count <= 1
            ? call.Input
            : throw FhirPathException.Evaluation("single() takes one item at most.")),
        ["first"] = Compiled(0, 0),
        ["last"] = new(0, 0, call => call.Input.Slice(call.Input.Count - 1, 1)),
        ["tail"] = new(0, 0, call => Skip(call.Input, 1)),
        ["skip"] = new(1, 1, call => call.Integer(0) is { } count ? Skip(call.Input, count) : default),
        ["take"] = new(1, 1, call => call.Integer(0) is { } count ? call.Input.Slice(0, count) : default),
        ["intersect"] = new(1, 1, call => Sets.Intersect(call.Run, call.Input, call.Argument(0))),
        ["exclude"] = new(1, 1, call => Sets.Exclude(call.Run, call.Input, call.Argument(0))),

        // Combining
        ["union"] = new(1, 1, call => Sets.Union(call.Run, call.Input, call.Argument(0))),
        ["combine"] = new(1, 1, call => Sets.Combine(call.Input, call.Argument(0))),

        // Tree navigation
        ["children"] = new(0, 0, ChildrenOf),
        ["descendants"] = new(0, 0, Descendants),

        // Utility and conditions
        ["trace"] = new(1, 2, Trace),
        ["iif"] = new(2, 3, Iif),
        ["coalesce"] = new(1, int.MaxValue, Coalesce),
        ["defineVariable"] = new(1, 2, DefineVariable),

        // Aggregates
        ["aggregate"] = new(1, 2, Aggregate),
        ["sum"] = new(0, 0, call => Fold(call.Input, Arithmetic.Add)),
        ["avg"] = new(0, 0, call => Fold(call.Input, Arithmetic.Add) is { IsEmpty: false } sum
            ? Arithmetic.Divide(sum, Items.Of(call.Input.Count))
            : default),
        ["min"] = new(0, 0, call => Fold(call.Input, (a, b) => Ordering.Compare(a, b) is { } order ? order <= 0 ? a : b : default)),
        ["max"] = new(0, 0, call => Fold(call.Input, (a, b) => Ordering.Compare(a, b) is { } order ? order >= 0 ? a : b : default)),
    };

    /// <summary>A function that the compiler has a node for.</summary>
    private static Function Compiled(int argumentsMin, int argumentsMax) =>
        new(argumentsMin, argumentsMax, _ => throw new System.Diagnostics.UnreachableException());

    private static Items Skip(Items items, int count) => items.Slice(Math.Max(count, 0), items.Count);

    private static Items AllHold(Call call)
    {
        var inner = call.Inner();
        for (var i = 0; i < call.Input.Count; i++)
        {
            call.Run.Spend();
            inner.This = new(call.Input[i]);
            inner.Index = i;
            if (call.Code(0).Test(call.Run, inner) != true)
                return Items.False;
        }

        return Items.True;
    }

    private static bool Every(Items items, bool wanted)
    {
        var holds = true;
        foreach (var item in items)
        {
            if (item.Value is not bool value)
                throw FhirPathException.Evaluation("Every item must be a Boolean here.");
            holds &= value == wanted;
        }

        return holds;
    }

    private static Items Select(Call call)
    {
        var inner = call.Inner();
        var gathering = default(Gathering);
        for (var i = 0; i < call.Input.Count; i++)
        {
            call.Run.Spend();
            inner.This = new(call.Input[i]);
            inner.Index = i;
            gathering.AddAll(call.Code(0).Eval(call.Run, inner));
        }

        return gathering.Done();
    }

    private static Items Repeat(Call call)
    {
        var found = new Sets.Distinct(call.Run);
        var inner = call.Inner();
        var waiting = new Queue<Item>();
        foreach (var item in call.Input)
            waiting.Enqueue(item);
        for (var i = 0; waiting.TryDequeue(out var item); i++)
        {
            call.Run.Spend();
            inner.This = new(item);
            inner.Index = i;
            foreach (var next in call.Code(0).Eval(call.Run, inner))
                if (found.Add(next))
                    waiting.Enqueue(next);
        }

        return found.Done();
    }

    private static Items RepeatAll(Call call)
    {
        var gathering = default(Gathering);
        var inner = call.Inner();
        for (var i = 0; i < call.Input.Count; i++)
        {
            inner.This = new(call.Input[i]);
            inner.Index = i;
            gathering.AddAll(call.Code(0).Eval(call.Run, inner));
        }

        for (var i = 0; i < gathering.Count; i++)
        {
            call.Run.Spend();
            inner.This = new(gathering[i]);
            inner.Index = i;
            gathering.AddAll(call.Code(0).Eval(call.Run, inner));
        }

        return gathering.Done();
    }

    private static Items ChildrenOf(Call call)
    {
        var gathering = default(Gathering);
        foreach (var item in call.Input)
        {
            Children.TakeAll(item, ref gathering);
            call.Run.Spend();
        }

        return gathering.Done();
    }

    // Level by level, as repeat(children()) goes; nodes are told apart by place, not by value.
    private static Items Descendants(Call call)
    {
        var gathering = default(Gathering);
        foreach (var item in call.Input)
            Children.TakeAll(item, ref gathering);
        for (var at = 0; at < gathering.Count; at++)
        {
            call.Run.Spend();
            Children.TakeAll(gathering[at], ref gathering);
        }

        return gathering.Done();
    }

    private static Items Trace(Call call)
    {
        var name = call.Text(0) ?? "";
        var count = call.Input.Count;
        if (call.Count == 2)
        {
            var inner = call.Inner();
            count = 0;
            for (var i = 0; i < call.Input.Count; i++)
            {
                inner.This = new(call.Input[i]);
                inner.Index = i;
                count += call.Code(1).Eval(call.Run, inner).Count;
            }
        }

        call.Run.Context.Trace?.Invoke(name, count);
        return call.Input;
    }

    private static Items Iif(Call call)
    {
        if (call.Input.Count > 1)
            throw FhirPathException.Evaluation("iif() looks at one item; select() goes through several.");
        var inner = call.Inner();
        inner.This = call.Input.IsEmpty ? call.Scope.This : call.Input;
        inner.Index = call.Scope.Index;
        inner.Total = call.Scope.Total;
        return call.Code(0).Test(call.Run, inner) == true ? call.Code(1).Eval(call.Run, inner)
            : call.Count == 3 ? call.Code(2).Eval(call.Run, inner)
            : default;
    }

    private static Items Coalesce(Call call)
    {
        for (var i = 0; i < call.Count; i++)
            if (call.Argument(i) is { IsEmpty: false } found)
                return found;
        return default;
    }

    private static Items DefineVariable(Call call)
    {
        var name = call.Text(0) ?? throw FhirPathException.Evaluation("A variable has a name.");
        if (name is "context" or "resource" or "rootResource" or "ucum" or "sct" or "loinc" || call.Run.Context.Variables.ContainsKey(name))
            throw FhirPathException.Evaluation("A variable of that name is there already.");
        for (var defined = call.Scope.Variables; defined is not null; defined = defined.Next)
            if (defined.Name == name)
                throw FhirPathException.Evaluation("A variable of that name is there already.");

        var value = call.Input;
        if (call.Count == 2)
        {
            var inner = call.Inner();
            inner.This = call.Input;
            value = call.Code(1).Eval(call.Run, inner);
        }

        call.Scope.Variables = new(name, value, call.Scope.Variables);
        return call.Input;
    }

    private static Items Aggregate(Call call)
    {
        var inner = call.Inner();
        inner.Total = call.Count == 2 ? call.Argument(1) : default;
        for (var i = 0; i < call.Input.Count; i++)
        {
            call.Run.Spend();
            inner.This = new(call.Input[i]);
            inner.Index = i;
            inner.Total = call.Code(0).Eval(call.Run, inner);
        }

        return inner.Total;
    }

    private static Items Fold(Items items, Func<Items, Items, Items> apply)
    {
        var result = items.Slice(0, 1);
        if (!result.IsEmpty && result.First.IsValueless)
            return default;
        for (var i = 1; i < items.Count && !result.IsEmpty; i++)
            result = apply(result, new(items[i]));
        return result.IsEmpty ? default : Items.OfValue(result.First.Value);
    }
}
