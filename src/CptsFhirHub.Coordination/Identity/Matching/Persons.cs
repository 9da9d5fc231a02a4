namespace CptsFhirHub.Coordination.Identity.Matching;

/// <summary>Which records stand under which person, while links are taken in.</summary>
internal sealed class Persons
{
    private readonly IReadOnlyList<MatchRecord> _records;
    private readonly Matcher _matcher;
    private readonly int[] _person;
    private readonly Dictionary<int, List<int>> _members = [];

    public Persons(IReadOnlyList<MatchRecord> records, Matcher matcher)
    {
        (_records, _matcher) = (records, matcher);
        _person = [.. Enumerable.Range(0, records.Count)];
    }

    /// <summary>By record, the smallest record of its person.</summary>
    public IReadOnlyList<int> All => _person;

    /// <summary>The persons with more than one record.</summary>
    public IEnumerable<List<int>> Several() => _members.Values;

    /// <summary>Joins the persons of two records, unless a record of one contradicts a record of the other.</summary>
    public bool Join(int a, int b)
    {
        var (one, other) = (_person[a], _person[b]);
        if (one == other)
            return true;
        foreach (var x in MembersOf(one))
            foreach (var y in MembersOf(other))
                if (Contradict(x, y))
                    return false;

        var (kept, gone) = one < other ? (one, other) : (other, one);
        List<int> members = [.. MembersOf(kept), .. MembersOf(gone)];
        _members.Remove(gone);
        _members[kept] = members;
        foreach (var member in members)
            _person[member] = kept;
        return true;
    }

    /// <summary>
    /// Joins persons whose records together show what no two of them show alone: one record has the same names and date, another the same
    /// phone, and none contradicts.
    /// </summary>
    public void JoinByUnion(IReadOnlyList<Link> links)
    {
        for (var changed = true; changed;)
        {
            changed = false;
            foreach (var group in links.Where(link => link.Grade >= MatchGrade.Probable && _person[link.A] != _person[link.B])
                .GroupBy(link => (_person[link.A], _person[link.B])).ToList())
            {
                var (one, other) = group.Key;
                // Something has joined them meanwhile, or a single pair has said all there is.
                if (_person[one] != one || _person[other] != other || group.Count() < 2)
                    continue;
                if (!ShowTogether(one, other))
                    continue;
                changed |= Join(one, other);
            }
        }
    }

    /// <summary>True when two records cannot be one person's without somebody having looked.</summary>
    public bool Contradict(int a, int b) => Speak(a, b, Guards.Contradictions);

    /// <summary>True when two records speak for two persons.</summary>
    public bool AreOthers(int a, int b) => Speak(a, b, Guards.Others);

    private bool Speak(int a, int b, Guard against)
    {
        var match = _matcher.Compare(_records[a], _records[b]);
        return (match.Guards & against) != Guard.None
            || match.Pattern[Field.FirstName] is (int)FirstNameLevel.Different
            || match.Pattern[Field.BirthDate] is (int)DateLevel.Different
            || Guards.AreTwins(_records[a], _records[b], match.Pattern, _matcher.Frequencies);
    }

    private bool ShowTogether(int one, int other)
    {
        var (names, evidence, weight) = (false, false, double.MinValue);
        foreach (var x in MembersOf(one))
            foreach (var y in MembersOf(other))
            {
                var match = _matcher.Compare(_records[x], _records[y]);
                if ((match.Guards & (Guards.Contradictions | Guard.Homonym | Guard.ProvisionalNumber)) != Guard.None || MayBeCut(_records[x], _records[y]))
                    return false;
                names |= (match.Guards & (Guard.FirstName | Guard.BirthDate)) == Guard.None && match.Pattern[Field.Surname] is null or >= (int)SurnameLevel.Near;
                evidence |= match.Strength >= Strength.Personal;
                weight = Math.Max(weight, match.Weight);
            }

        return names && evidence && weight >= _matcher.Model.CertainFrom;
    }

    private bool MayBeCut(MatchRecord one, MatchRecord other) => Guards.IsCut(one.FirstName, other.FirstName, _matcher.Frequencies)
        || Guards.IsCut(other.FirstName, one.FirstName, _matcher.Frequencies);

    private List<int> MembersOf(int person) => _members.TryGetValue(person, out var members) ? members : [person];
}
