using CptsFhirHub.Fhir.Search;

namespace CptsFhirHub.Storage.Search;

/// <summary>Joins the pages of several types into one, in the order that each of them has.</summary>
internal static class SearchOrder
{
    public static List<FoundRow> Merge(IEnumerable<List<FoundRow>> pages, IReadOnlyList<SortKey> sort, int count)
    {
        var all = pages.SelectMany(page => page).ToList();
        all.Sort((one, other) => Compare(one, other, sort));
        return all.Count > count ? all[..count] : all;
    }

    private static int Compare(FoundRow one, FoundRow other, IReadOnlyList<SortKey> sort)
    {
        for (var i = 0; i < sort.Count; i++)
        {
            var order = (one.Keys[i], other.Keys[i]) switch
            {
                (null, null) => 0,
                (null, _) => 1,
                (_, null) => -1,
                (string left, string right) => Directed(string.CompareOrdinal(left, right), sort[i]),
                var (left, right) => Directed(Convert.ToDouble(left).CompareTo(Convert.ToDouble(right)), sort[i]),
            };
            if (order != 0)
                return order;
        }

        return other.Rid.CompareTo(one.Rid);
    }

    private static int Directed(int order, SortKey key) => key.Descending ? -order : order;
}
