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

    /// <summary>Fewer first names are not all that a nation bears.</summary>
    private const int WholeMin = 5_000;

    /// <summary>Records of a register that count as much as the national table.</summary>
    private const double TableCounts = 20_000;

    private static readonly Lazy<NameFrequencies> OfProgram = new(ReadShipped);

    private readonly Dictionary<string, double> _surnames;
    private readonly Dictionary<string, double> _firstNames;
    private readonly double _surnameFloor;
    private readonly double _firstNameFloor;
    private readonly bool _isWhole;

    private NameFrequencies(
        Dictionary<string, double> surnames, Dictionary<string, double> firstNames, double surnameFloor, double firstNameFloor, string source,
        bool isWhole = false)
    {
        (_surnames, _firstNames, _surnameFloor, _firstNameFloor, Source) = (surnames, firstNames, surnameFloor, firstNameFloor, source);
        _isWhole = isWhole;
    }

    /// <summary>The commonest French names, which come with the program.</summary>
    public static NameFrequencies Shipped => OfProgram.Value;

    /// <summary>Where the frequencies come from.</summary>
    public string Source { get; }

    /// <summary>Reads the national files: a name in the first column, births in <c>births_1891_2000</c> and <c>births_1900_2022</c>.</summary>
    public static NameFrequencies Read(string surnamesCsv, string firstNamesCsv) => OfNation(NameCounts.OfNation(surnamesCsv, firstNamesCsv), "INSEE");

    /// <summary>The births of a nation.</summary>
    public static NameFrequencies OfNation(NameCounts births, string source) =>
        new(Shares(births.Surnames, births.SurnamesTotal), Shares(births.FirstNames, births.FirstNamesTotal), NationalFloor, NationalFloor, source,
            isWhole: births.FirstNames.Count >= WholeMin);

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
            _surnameFloor, _firstNameFloor, $"{Source} + {register.Source}", _isWhole);

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

    /// <summary>
    /// True when one letter of a first name is a slip: it makes a name of something that nobody is called, and of one name only: NICOLKE is NICOLE,
    /// or NICOLLE her twin. It takes a table of all names: the commonest cannot say that nobody is called so.
    /// </summary>
    /// <param name="oneTellsOther">The record of <paramref name="one"/> itself tells which name is meant.</param>
    /// <param name="otherTellsOne">The record of <paramref name="other"/> does.</param>
    public bool IsSlip(string one, string other, bool oneTellsOther = false, bool otherTellsOne = false)
    {
        if (!_isWhole || _firstNames.ContainsKey(one) == _firstNames.ContainsKey(other) || !Alike.IsOneEdit(one, other))
            return false;
        var (name, slip, isTold) = _firstNames.ContainsKey(one) ? (one, other, otherTellsOne) : (other, one, oneTellsOther);

        // Not the last letter: the same name ends otherwise in another language, and not every name of another language is in the table.
        return name.Length >= SlipMin && slip[^1] == name[^1]
            && (isTold || !_firstNames.Keys.Any(twin => twin != name && Alike.IsOneEdit(twin, name) && Alike.IsOneEdit(twin, slip)));
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

    private static Dictionary<string, double> Shares(IReadOnlyDictionary<string, long> counts, long total)
    {
        Dictionary<string, double> shares = new(counts.Count, StringComparer.Ordinal);
        foreach (var (name, count) in counts)
            shares[name] = (double)count / Math.Max(1, total);
        return shares;
    }
}
