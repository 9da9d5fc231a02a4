using System.Globalization;

namespace CptsFhirHub.Coordination.Identity.Matching;

/// <summary>
/// How common a name is: two persons called MARTIN agree on less than two called TRAYNARD. A name that no table knows is rare or foreign
/// and has a floor, never zero.
/// </summary>
public sealed class NameFrequencies
{
    private const double PerMillion = 1e-6;

    /// <summary>Births of a name that the national files leave out, of 68 million.</summary>
    private const double NationalFloor = 30.0 / 68_000_000;

    /// <summary>Letters of a name in which one that differs may be a slip.</summary>
    private const int SlipMin = 4;

    /// <summary>Records of a register that count as much as the national table.</summary>
    private const double TableCounts = 20_000;

    private static readonly Lazy<NameFrequencies> OfProgram = new(ReadShipped);

    /// <summary>Every first name that some bear in France, by its sound: how common it is stands elsewhere, or nowhere.</summary>
    private static readonly Lazy<(HashSet<string> Names, ILookup<string, string> BySound)> Borne = new(ReadBorne);

    private readonly Dictionary<string, double> _surnames;
    private readonly Dictionary<string, double> _firstNames;
    private readonly double _surnameFloor;
    private readonly double _firstNameFloor;

    private NameFrequencies(
        Dictionary<string, double> surnames, Dictionary<string, double> firstNames, double surnameFloor, double firstNameFloor, string source) =>
        (_surnames, _firstNames, _surnameFloor, _firstNameFloor, Source) = (surnames, firstNames, surnameFloor, firstNameFloor, source);

    /// <summary>The commonest French names, which come with the program.</summary>
    public static NameFrequencies Shipped => OfProgram.Value;

    /// <summary>Where the frequencies come from.</summary>
    public string Source { get; }

    /// <summary>Reads the national files: a name in the first column, births in <c>births_1891_2000</c> and <c>births_1900_2022</c>.</summary>
    public static NameFrequencies Read(string surnamesCsv, string firstNamesCsv) => OfNation(NameCounts.OfNation(surnamesCsv, firstNamesCsv), "INSEE");

    /// <summary>The births of a nation.</summary>
    public static NameFrequencies OfNation(NameCounts births, string source) =>
        new(Shares(births.Surnames, births.SurnamesTotal), Shares(births.FirstNames, births.FirstNamesTotal), NationalFloor, NationalFloor, source);

    /// <summary>The names of a register, of which those that few bear are not kept: each of them is taken for one of the rarest.</summary>
    public static NameFrequencies OfRegister(NameCounts counts, string source)
    {
        var floor = 1.0 / Math.Max(1, counts.SurnamesTotal);
        return new(Shares(counts.Surnames, counts.SurnamesTotal), Shares(counts.FirstNames, counts.FirstNamesTotal), floor, floor, source);
    }

    /// <summary>Counts the names of a register on its own.</summary>
    public static NameFrequencies Count(IReadOnlyCollection<MatchRecord> records)
    {
        Dictionary<string, double> surnames = new(StringComparer.Ordinal);
        Dictionary<string, double> firstNames = new(StringComparer.Ordinal);
        var share = 1.0 / Math.Max(1, records.Count);
        foreach (var record in records)
        {
            Add(surnames, record.BirthName?.Joined ?? record.UsedName?.Joined);
            Add(firstNames, record.FirstName?.Joined);
        }

        return new(surnames, firstNames, share, share, "register");

        void Add(Dictionary<string, double> counts, string? name)
        {
            if (name is not null)
                counts[name] = counts.GetValueOrDefault(name) + share;
        }
    }

    /// <summary>These frequencies with those of a register of that many records: the larger it is, the more it weighs.</summary>
    public NameFrequencies With(NameFrequencies register, int records)
    {
        var weight = records / (records + TableCounts);
        return new(Blend(_surnames, register._surnames, _surnameFloor), Blend(_firstNames, register._firstNames, _firstNameFloor),
            _surnameFloor, _firstNameFloor, $"{Source} + {register.Source}");

        Dictionary<string, double> Blend(Dictionary<string, double> table, Dictionary<string, double> own, double floor)
        {
            Dictionary<string, double> both = new(table, StringComparer.Ordinal);
            foreach (var name in table.Keys)
                both[name] = ((1 - weight) * table[name]) + (weight * own.GetValueOrDefault(name, register._surnameFloor));
            foreach (var (name, share) in own)
                if (!table.ContainsKey(name))
                    both[name] = Math.Max(floor, ((1 - weight) * floor) + (weight * share));
            return both;
        }
    }

    /// <summary>The share of persons with that surname, in joined letters.</summary>
    public double Surname(string joined) => _surnames.GetValueOrDefault(joined, _surnameFloor);

    /// <summary>True for a surname whose frequency is known.</summary>
    public bool Knows(string surname) => _surnames.ContainsKey(surname);

    /// <summary>The share of persons with that first name, in joined letters.</summary>
    public double FirstName(string joined) => _firstNames.GetValueOrDefault(joined, _firstNameFloor);

    /// <summary>True for a first name that many bear: two such names that differ in a letter are two names, not a slip.</summary>
    public bool IsUsualFirstName(string joined) => _firstNames.GetValueOrDefault(joined) > 20 * PerMillion;

    /// <summary>True for a first name that some bear, in France or here.</summary>
    public bool IsBorne(string joined) => Borne.Value.Names.Contains(joined) || _firstNames.ContainsKey(joined);

    /// <summary>
    /// True when two spellings are of one first name: nobody is called the one, and it can be a slip of no other name than the other. NICOLKE
    /// is NICOLE, or NICOLLE her twin; NICOLE and NICOLLE are two.
    /// </summary>
    /// <param name="oneTellsOther">The record of <paramref name="one"/> itself tells which name is meant.</param>
    /// <param name="otherTellsOne">The record of <paramref name="other"/> does.</param>
    public bool IsSlip(string one, string other, bool oneTellsOther = false, bool otherTellsOne = false)
    {
        if (IsBorne(one) == IsBorne(other))
            return false;
        var (name, slip, isTold) = IsBorne(one) ? (one, other, otherTellsOne) : (other, one, oneTellsOther);
        var isOneEdit = Alike.IsOneEdit(name, slip);
        var sound = FrenchSound.Of(name);
        if (sound.Length > 2 && sound == FrenchSound.Of(slip))
            return !Borne.Value.BySound[sound].Any(twin => twin != name && (!isOneEdit || Alike.IsOneEdit(twin, slip)));

        // Not the last letter: the same name ends otherwise in another language, and not every name of another language is known.
        return isOneEdit && name.Length >= SlipMin && slip[^1] == name[^1]
            && (isTold || !(IsNear(Borne.Value.Names) || IsNear(_firstNames.Keys)));

        bool IsNear(IEnumerable<string> names) => names.Any(twin => twin != name && Alike.IsOneEdit(twin, slip) && Alike.IsOneEdit(twin, name));
    }

    private static NameFrequencies ReadShipped()
    {
        using var stream = typeof(NameFrequencies).Assembly.GetManifestResourceStream("frequent-names.csv")!;
        using var reader = new StreamReader(stream);
        Dictionary<string, double> surnames = new(StringComparer.Ordinal);
        Dictionary<string, double> firstNames = new(StringComparer.Ordinal);
        while (reader.ReadLine() is { } line)
        {
            if (line.Split(',') is [var kind and ("surname" or "first"), var name, var count])
                (kind == "first" ? firstNames : surnames)[name] = double.Parse(count, CultureInfo.InvariantCulture) * PerMillion;
        }

        // A name just below the table is as common as its last one; most are far rarer.
        return new(surnames, firstNames, surnames.Values.Min() / 3, firstNames.Values.Min() / 3, "INSEE");
    }

    private static (HashSet<string> Names, ILookup<string, string> BySound) ReadBorne()
    {
        using var stream = typeof(NameFrequencies).Assembly.GetManifestResourceStream("first-names.txt")!;
        using var reader = new StreamReader(stream);
        HashSet<string> names = new(StringComparer.Ordinal);
        while (reader.ReadLine() is { } line)
            if (!line.StartsWith('#'))
                names.UnionWith(line.Split(' '));
        return (names, names.ToLookup(FrenchSound.Of, StringComparer.Ordinal));
    }

    private static Dictionary<string, double> Shares(IReadOnlyDictionary<string, long> counts, long total)
    {
        Dictionary<string, double> shares = new(counts.Count, StringComparer.Ordinal);
        foreach (var (name, count) in counts)
            shares[name] = (double)count / Math.Max(1, total);
        return shares;
    }
}
