namespace CptsFhirHub.Coordination.Identity.Matching;

/// <summary>Two records that were found to be, or perhaps to be, one person. The weight is no number where other records joined them.</summary>
public readonly record struct Link(int A, int B, MatchGrade Grade, double Weight, Guard Guards);

/// <summary>The outcome of linking a whole register.</summary>
/// <param name="Links">Pairs of one person as certain, others as they are graded.</param>
/// <param name="Persons">By record, the smallest record of its person.</param>
/// <param name="Candidates">Pairs that were compared.</param>
public sealed record Linked(IReadOnlyList<Link> Links, IReadOnlyList<int> Persons, int Candidates, int DroppedKeys);

/// <summary>
/// Links all records of a register at once. A record is compared with persons, that is with all their records: it joins one only when it
/// contradicts none of them, and none when two persons fit as well.
/// </summary>
public static class Linking
{
    /// <summary>Records that may share a key before it says nothing.</summary>
    private const int BlockMax = 60;

    /// <summary>Persons with different first names that share a phone or a street before it is a home's or a switchboard's.</summary>
    private const int ContactMax = 5;

    /// <summary>Links records.</summary>
    /// <param name="mayPair">Which pairs count; null for all.</param>
    public static Linked Run(IReadOnlyList<MatchRecord> records, Matcher matcher, Func<int, int, bool>? mayPair = null)
    {
        var shared = SharedContacts(records);
        matcher = matcher.Sharing((a, b) => SharesOnly(a, b, shared));
        var pairs = Blocking.Pairs(records.Count, i => Blocking.Of(records[i]), BlockMax, out var dropped);
        List<Link> links = [];
        List<(Link Link, Strength Strength)> certain = [];
        Dictionary<int, List<(int Other, Strength Strength)>> alike = [];
        HashSet<int> cut = [];
        foreach (var (a, b) in pairs)
        {
            if (mayPair?.Invoke(a, b) == false)
                continue;
            var match = matcher.Compare(records[a], records[b]);
            if (match.Grade < MatchGrade.Possible)
                continue;
            var link = new Link(a, b, match.Grade, match.Weight, match.Guards);
            links.Add(link);
            if (match.Grade == MatchGrade.Certain)
                certain.Add((link, match.Strength));
            if (match.Strength >= Strength.Place && (match.Guards & Guard.BirthDate) == Guard.None)
            {
                if (Guards.IsCut(records[a].FirstName, records[b].FirstName, matcher.Frequencies))
                    cut.Add(a);
                else if (Guards.IsCut(records[b].FirstName, records[a].FirstName, matcher.Frequencies))
                    cut.Add(b);
            }

            // Names and date agree: each is the other's rival where the two are not one person.
            if ((match.Guards & (Guard.FirstName | Guard.BirthDate)) == Guard.None && match.Pattern[Field.Surname] is null or >= (int)SurnameLevel.Near)
            {
                Add(a, b, match.Strength);
                Add(b, a, match.Strength);
            }
        }

        var persons = new Persons(records, matcher);
        foreach (var (link, strength) in certain.OrderBy(edge => IsProvisional(edge.Link))
            .ThenByDescending(edge => edge.Strength).ThenByDescending(edge => edge.Link.Weight).ThenBy(edge => edge.Link.A).ThenBy(edge => edge.Link.B))
            if ((strength == Strength.Number || !(cut.Contains(link.A) || cut.Contains(link.B))) && !HasRival(link.A, link.B, strength) && !HasRival(link.B, link.A, strength))
                persons.Join(link.A, link.B);
        persons.JoinByUnion(links);
        return new(Written(links, persons, records, mayPair), persons.All, pairs.Count, dropped);

        // Who has a definitive number, and a file under a provisional one that nobody has confirmed: the rest belongs to the first.
        bool IsProvisional(Link link) => records[link.A].HasProvisionalNumber || records[link.B].HasProvisionalNumber;

        void Add(int one, int other, Strength strength)
        {
            if (!alike.TryGetValue(one, out var list))
                alike[one] = list = [];
            list.Add((other, strength));
        }

        bool HasRival(int one, int other, Strength strength) => strength < Strength.Number && !matcher.Off.HasFlag(Guard.Rival) && alike.TryGetValue(one, out var list)
            && list.Exists(rival => rival.Other != other && rival.Strength >= strength && persons.AreOthers(rival.Other, other));
    }

    private static List<Link> Written(List<Link> links, Persons persons, IReadOnlyList<MatchRecord> records, Func<int, int, bool>? mayPair)
    {
        var weights = links.ToDictionary(link => (link.A, link.B));
        List<Link> written = [];
        foreach (var person in persons.Several())
            for (var i = 0; i < person.Count; i++)
                for (var j = i + 1; j < person.Count; j++)
                {
                    var (a, b) = (Math.Min(person[i], person[j]), Math.Max(person[i], person[j]));
                    if (mayPair?.Invoke(a, b) == false)
                        continue;
                    written.Add(weights.TryGetValue((a, b), out var known) ? known with { Grade = MatchGrade.Certain } : new(a, b, MatchGrade.Certain, double.NaN, Guard.None));
                }

        foreach (var link in links)
            if (persons.All[link.A] != persons.All[link.B])
                written.Add(link.Grade == MatchGrade.Certain ? link with { Grade = MatchGrade.Probable, Guards = link.Guards | Guard.Rival } : link);
        written.Sort(static (x, y) => x.A != y.A ? x.A.CompareTo(y.A) : x.B.CompareTo(y.B));
        return written;
    }

    private static HashSet<string> SharedContacts(IReadOnlyList<MatchRecord> records)
    {
        Dictionary<string, HashSet<string>> users = new(StringComparer.Ordinal);
        foreach (var record in records)
        {
            if (record.FirstName is not { } first)
                continue;
            foreach (var contact in Contacts(record))
            {
                if (!users.TryGetValue(contact, out var names))
                    users[contact] = names = new(StringComparer.Ordinal);
                if (names.Count <= ContactMax)
                    names.Add(first.Sound);
            }
        }

        return [.. users.Where(contact => contact.Value.Count > ContactMax).Select(contact => contact.Key)];
    }

    private static IEnumerable<string> Contacts(MatchRecord record) =>
        record.Street is null ? record.Traits.Phones : [.. record.Traits.Phones, $"{record.Street}|{record.Traits.Commune ?? record.Traits.PostalCode}"];

    // One contact that is theirs alone is enough.
    private static bool SharesOnly(MatchRecord a, MatchRecord b, HashSet<string> shared)
    {
        if (shared.Count == 0)
            return false;
        var any = false;
        foreach (var contact in Contacts(a))
            if (Contacts(b).Contains(contact))
            {
                if (!shared.Contains(contact))
                    return false;
                any = true;
            }

        return any;
    }
}
