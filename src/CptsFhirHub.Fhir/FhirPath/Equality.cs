using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.FhirPath;

/// <summary><c>=</c> and <c>~</c>. https://hl7.org/fhirpath/N1/#equality</summary>
internal static class Equality
{
    /// <summary>Equal, not equal, or null when it cannot be told: a side is empty, or dates differ only in precision.</summary>
    public static bool? Equal(Run run, Items left, Items right)
    {
        if (left.IsEmpty || right.IsEmpty)
            return null;
        if (left.Count != right.Count)
            return false;
        var unknown = false;
        for (var i = 0; i < left.Count; i++)
        {
            switch (Equal(run, left[i], right[i]))
            {
                case false:
                    return false;
                case null:
                    unknown = true;
                    break;
            }
        }

        return unknown ? null : true;
    }

    public static bool? Equal(Run run, Item left, Item right)
    {
        run.Spend();
        if (left.IsSame(right))
            return true;
        var a = left.Value;
        var b = right.Value;
        if (a is not null && b is not null)
        {
            run.SpendOn(a as string);
            return Equal(a, b);
        }

        if (left.Element is { } x && right.Element is { } y && a is null && b is null)
            return Deep(run, left, x, right, y);
        return false;
    }

    public static bool? Equal(object left, object right) => (left, right) switch
    {
        (string a, string b) => string.Equals(a, b, StringComparison.Ordinal),
        (bool a, bool b) => a == b,
        (int a, int b) => a == b,
        (Moment a, Moment b) => (a.Kind == MomentKind.Time) != (b.Kind == MomentKind.Time) ? false
            : Moment.Compare(a, b) is { } order ? order == 0 : null,
        (Quantity a, Quantity b) => a.CompareTo(b) is { } order ? order == 0 : null,
        (Quantity a, _) when Numbers.AsDecimal(right) is { } b => a.CompareTo(new Quantity(b, "1")) is { } order ? order == 0 : null,
        (_, Quantity b) when Numbers.AsDecimal(left) is { } a => new Quantity(a, "1").CompareTo(b) is { } order ? order == 0 : null,
        (Reflected a, Reflected b) => a.Type == b.Type,
        _ => Numbers.AsDecimal(left) is { } a && Numbers.AsDecimal(right) is { } b && a == b,
    };

    /// <summary>
    /// Equivalent: the order of items, letter case, the kind of blanks and digits beyond the shorter number do not count.
    /// </summary>
    public static bool Equivalent(Run run, Items left, Items right)
    {
        if (left.Count != right.Count)
            return false;
        if (left.Count == 1)
            return Equivalent(run, left.First, right.First);
        var taken = new bool[right.Count];
        foreach (var item in left)
        {
            var at = -1;
            for (var i = 0; i < right.Count && at < 0; i++)
                if (!taken[i] && Equivalent(run, item, right[i]))
                    at = i;
            if (at < 0)
                return false;
            taken[at] = true;
        }

        return true;
    }

    public static bool Equivalent(Run run, Item left, Item right)
    {
        run.Spend();
        var a = left.Value;
        var b = right.Value;
        if (a is not null && b is not null)
        {
            run.SpendOn(a as string);
            run.SpendOn(b as string);
            return Equivalent(a, b);
        }

        if (a is not null || b is not null || left.Element is not { } x || right.Element is not { } y)
            return false;
        return (left.IsValueless && right.IsValueless) || DeepEquivalent(run, left, x, right, y);
    }

    public static bool Equivalent(object left, object right) => (left, right) switch
    {
        (string a, string b) => string.Equals(Blanks(a), Blanks(b), StringComparison.OrdinalIgnoreCase),
        (Moment a, Moment b) => (a.Kind == MomentKind.Time) == (b.Kind == MomentKind.Time) && Moment.Compare(a, b) == 0,
        (Quantity a, Quantity b) => a.IsEquivalent(b),
        (Quantity a, _) when Numbers.AsDecimal(right) is { } b => a.IsEquivalent(new(b, "1")),
        (_, Quantity b) when Numbers.AsDecimal(left) is { } a => b.IsEquivalent(new(a, "1")),
        _ when Numbers.AsDecimal(left) is { } a && Numbers.AsDecimal(right) is { } b => Numbers.AreEquivalent(a, b),
        _ => Equal(left, right) == true,
    };

    private static string Blanks(string text) => string.Create(text.Length, text, static (into, from) =>
    {
        for (var i = 0; i < from.Length; i++)
            into[i] = char.IsWhiteSpace(from[i]) ? ' ' : from[i];
    });

    private static bool? Deep(Run run, Item left, Element a, Item right, Element b)
    {
        if (a.Count != b.Count || a.ResourceType != b.ResourceType)
            return false;
        var unknown = false;
        for (var i = 0; i < a.Count; i++)
        {
            var name = a[i].Name;
            if (i > 0 && a[i - 1].Name == name)
                continue;
            var own = a.All(name);
            var other = b.All(name);
            if (own.Length != other.Length)
                return false;
            for (var j = 0; j < own.Length; j++)
            {
                switch (Equal(run, Child(left, own[j]), Child(right, other[j])))
                {
                    case false:
                        return false;
                    case null:
                        unknown = true;
                        break;
                }
            }
        }

        return unknown ? null : true;
    }

    // The id of an element says where it is, not what it means.
    private static bool DeepEquivalent(Run run, Item left, Element a, Item right, Element b)
    {
        if (a.ResourceType != b.ResourceType)
            return false;
        var seen = 0;
        for (var i = 0; i < a.Count; i++)
        {
            var name = a[i].Name;
            if (name == "id")
                continue;
            if (i > 0 && a[i - 1].Name == name)
                continue;
            var own = a.All(name);
            var other = b.All(name);
            if (own.Length != other.Length || !Equivalent(run, Group(left, own), Group(right, other)))
                return false;
            seen += own.Length;
        }

        return seen == b.Count - b.All("id").Length;
    }

    private static Items Group(Item parent, ReadOnlySpan<Element> children)
    {
        var gathering = default(Gathering);
        foreach (var child in children)
            gathering.Add(Child(parent, child));
        return gathering.Done();
    }

    private static Item Child(Item parent, Element child) => new(child, parent.Shape?.OfChild(child));
}
