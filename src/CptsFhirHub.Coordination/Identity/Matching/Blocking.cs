namespace CptsFhirHub.Coordination.Identity.Matching;

/// <summary>
/// The values under which records that may be one person meet. Equality alone, so that each is one index look-up; two records of one person
/// share one at least whatever single trait was mistyped. All of them stay selective as a register grows, or are dropped where they do not.
/// </summary>
internal static class Blocking
{
    private const int FirstNamesMax = 5;

    /// <summary>The keys of a record: a kind and a value.</summary>
    public static IEnumerable<(string Kind, string Value)> Of(MatchRecord record)
    {
        foreach (var number in record.Numbers.Concat(record.ForeignNumbers))
            yield return ("number", number);
        foreach (var email in record.Traits.Emails)
            yield return ("email", email);

        var firsts = Sounds([record.FirstName, .. record.OtherFirstNames]);
        var surnames = Sounds([record.BirthName, record.UsedName]);
        var home = record.Traits.Commune ?? record.Traits.City ?? record.Traits.PostalCode;
        if (record.Born is { IsWhole: true } born)
        {
            var date = $"{born.Year:0000}{born.Month:00}{born.Day:00}";
            foreach (var first in firsts)
                yield return ("date-first", $"{date}|{first}");
            foreach (var surname in surnames)
                yield return ("date-surname", $"{date}|{surname}");
            if (record.Traits.PostalCode is { } postal)
                yield return ("date-home", $"{date}|{postal}");
            if (home is not null && home != record.Traits.PostalCode)
                yield return ("date-home", $"{date}|{home}");
            // Day and month swapped, or a year mistyped: the names then lead there.
            foreach (var surname in surnames)
                foreach (var first in firsts)
                    yield return ("names-day", $"{surname}|{first}|{Math.Min(born.Month, born.Day):00}{Math.Max(born.Month, born.Day):00}");
        }

        if (record.Born is { } year)
        {
            foreach (var surname in surnames)
                foreach (var first in firsts)
                    yield return ("names-year", string.CompareOrdinal(surname, first) < 0 ? $"{surname}|{first}|{year.Year}" : $"{first}|{surname}|{year.Year}");
            if (home is not null)
                foreach (var name in firsts.Concat(surnames))
                    yield return ("year-home", $"{name}|{year.Year}|{home}");
        }

        if (home is not null)
            foreach (var surname in surnames)
                foreach (var first in firsts)
                    yield return ("names-home", $"{surname}|{first}|{home}");
        if (record.Street is { } street)
            foreach (var name in firsts.Concat(surnames))
                yield return ("street-name", $"{street}|{name}");
        foreach (var phone in record.Traits.Phones)
        {
            if (record.Born is { } known)
                yield return ("phone-year", $"{phone}|{known.Year}");
            foreach (var first in firsts)
                yield return ("phone-first", $"{phone}|{first}");
        }
    }

    private static List<string> Sounds(IEnumerable<NameForm?> names)
    {
        List<string> sounds = [];
        foreach (var name in names)
        {
            if (name is null || sounds.Count >= FirstNamesMax)
                continue;
            Add(name.Sound);
            if (name.Parts.Length > 1)
                foreach (var part in name.Parts)
                    if (part.Length > 3)
                        Add(FrenchSound.Of(part));
        }

        return sounds;

        void Add(string sound)
        {
            if (!sounds.Contains(sound))
                sounds.Add(sound);
        }
    }

    /// <summary>Every pair that shares a key, each once and the smaller index first. A key that too many share is passed over.</summary>
    /// <param name="keysOf">The keys of a record by its index.</param>
    /// <param name="blockMax">Records that may share a key.</param>
    /// <param name="dropped">Keys passed over.</param>
    public static List<(int A, int B)> Pairs(int count, Func<int, IEnumerable<(string Kind, string Value)>> keysOf, int blockMax, out int dropped)
    {
        var keys = new List<(ulong Hash, int Record)>(count * 16);
        for (var i = 0; i < count; i++)
            foreach (var (kind, value) in keysOf(i))
                keys.Add((Hash(kind, value), i));
        var sorted = keys.ToArray();
        Array.Sort(sorted, static (x, y) => x.Hash != y.Hash ? x.Hash.CompareTo(y.Hash) : x.Record.CompareTo(y.Record));

        dropped = 0;
        var pairs = new List<ulong>(count * 4);
        for (var start = 0; start < sorted.Length;)
        {
            var end = start + 1;
            while (end < sorted.Length && sorted[end].Hash == sorted[start].Hash)
                end++;
            if (end - start > blockMax)
                dropped++;
            else
                for (var i = start; i < end; i++)
                    for (var j = i + 1; j < end; j++)
                        if (sorted[i].Record != sorted[j].Record)
                            pairs.Add(((ulong)sorted[i].Record << 32) | (uint)sorted[j].Record);
            start = end;
        }

        pairs.Sort();
        List<(int A, int B)> distinct = new(pairs.Count);
        for (var i = 0; i < pairs.Count; i++)
            if (i == 0 || pairs[i] != pairs[i - 1])
                distinct.Add(((int)(pairs[i] >> 32), (int)(uint)pairs[i]));
        return distinct;
    }

    // FNV-1a over the UTF-16 letters: stable, and no two of some million keys meet by chance in a way that matters.
    private static ulong Hash(string kind, string value)
    {
        var hash = 14695981039346656037UL;
        foreach (var letter in kind)
            hash = (hash ^ letter) * 1099511628211UL;
        hash = (hash ^ '|') * 1099511628211UL;
        foreach (var letter in value)
            hash = (hash ^ letter) * 1099511628211UL;
        return hash ^ (hash >> 31);
    }
}
