namespace CptsFhirHub.Fhir.FhirPath;

/// <summary>Collections against each other. https://hl7.org/fhirpath/N1/#combining</summary>
internal static class Sets
{
    public static Items Union(Run run, Items left, Items right)
    {
        if (left.IsEmpty || right.IsEmpty)
            return OnlyOnce(run, left.IsEmpty ? right : left);
        var set = new Distinct(run);
        foreach (var item in left)
            set.Add(item);
        foreach (var item in right)
            set.Add(item);
        return set.Done();
    }

    public static Items In(Run run, Items one, Items many)
    {
        if (one.IsEmpty)
            return default;
        if (one.Count > 1)
            throw FhirPathException.Evaluation("'in' and 'contains' look for one item.");
        return Items.Of(Has(run, many, one.First));
    }

    public static bool Has(Run run, Items many, Item one)
    {
        foreach (var item in many)
            if (Equality.Equal(run, item, one) == true)
                return true;
        return false;
    }

    public static bool IsSubset(Run run, Items part, Items whole)
    {
        foreach (var item in part)
            if (!Has(run, whole, item))
                return false;
        return true;
    }

    public static Items OnlyOnce(Run run, Items items)
    {
        if (items.Count < 2)
            return items;
        var set = new Distinct(run);
        foreach (var item in items)
            set.Add(item);
        return set.Done();
    }

    public static Items Intersect(Run run, Items left, Items right)
    {
        var set = new Distinct(run);
        foreach (var item in left)
            if (Has(run, right, item))
                set.Add(item);
        return set.Done();
    }

    public static Items Exclude(Run run, Items left, Items right)
    {
        var gathering = default(Gathering);
        foreach (var item in left)
            if (!Has(run, right, item))
                gathering.Add(item);
        return gathering.Done();
    }

    public static Items Combine(Items left, Items right)
    {
        var gathering = default(Gathering);
        gathering.AddAll(left);
        gathering.AddAll(right);
        return gathering.Done();
    }

    /// <summary>Gathers each item once. Texts and truth values are found by hash; the others, whose equality has no hash, one by one.</summary>
    internal sealed class Distinct(Run run)
    {
        private Gathering _all;
        private HashSet<string>? _texts;
        private List<Item>? _others;

        public int Count => _all.Count;

        /// <summary>False when an equal item was there.</summary>
        public bool Add(Item item)
        {
            run.Spend();
            if (item.Value is string text)
            {
                run.SpendOn(text);
                if (!(_texts ??= new(StringComparer.Ordinal)).Add(text))
                    return false;
            }
            else
            {
                _others ??= [];
                foreach (var other in _others)
                    if (Equality.Equal(run, other, item) == true)
                        return false;
                _others.Add(item);
            }

            _all.Add(item);
            return true;
        }

        public Items Done() => _all.Done();
    }
}
