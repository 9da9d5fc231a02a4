namespace CptsFhirHub.Fhir.Search;

/// <summary>
/// Several <c>_has</c> over the same reference speak of one resource: "has an observation of this code and this date" is one observation,
/// not two.
/// </summary>
internal static class ReverseChains
{
    public static IReadOnlyList<Criterion> Bind(IReadOnlyList<Criterion> criteria)
    {
        if (criteria.Count(criterion => criterion is Criterion.Has) < 2)
            return criteria;

        var bound = new List<Criterion>(criteria.Count);
        foreach (var criterion in criteria)
        {
            var at = criterion is Criterion.Has has ? bound.FindIndex(other => IsSamePath(other, has)) : -1;
            if (at < 0)
                bound.Add(criterion);
            else
                bound[at] = Join((Criterion.Has)bound[at], (Criterion.Has)criterion);
        }

        return bound;
    }

    private static bool IsSamePath(Criterion other, Criterion.Has has) =>
        other is Criterion.Has one && one.Reference.Code == has.Reference.Code && one.Inner.ResourceType == has.Inner.ResourceType;

    private static Criterion.Has Join(Criterion.Has one, Criterion.Has other) =>
        one with { Inner = one.Inner with { Criteria = Bind([.. one.Inner.Criteria, .. other.Inner.Criteria]) } };
}
