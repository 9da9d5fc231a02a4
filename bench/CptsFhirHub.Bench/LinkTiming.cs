using System.Diagnostics;
using System.Globalization;
using CptsFhirHub.Coordination.Identity;
using CptsFhirHub.Coordination.Identity.Matching;

namespace CptsFhirHub.Bench;

/// <summary>
/// Links a register of invented records in one process, without a store: names as frequent as in France, so that namesakes make the blocks that
/// they make there; four records in ten are a second record of somebody, with a slip.
/// </summary>
internal static class LinkTiming
{
    private const int Seed = 20260619;
    private const int PatientsOfCommune = 2_500;

    public static (TimeSpan Prepared, TimeSpan Linked, Linked Outcome, double Right) Measure(int records)
    {
        var (traits, persons) = Records(records);
        var clock = Stopwatch.StartNew();
        var prepared = traits.ConvertAll(MatchRecord.Of);
        var preparing = clock.Elapsed;
        clock.Restart();
        var linked = Linking.Run(prepared, new Matcher(MatchModel.Shipped, NameFrequencies.Shipped, records));
        clock.Stop();
        var certain = linked.Links.Where(link => link.Grade == MatchGrade.Certain).ToList();
        return (preparing, clock.Elapsed, linked, certain.Count(link => persons[link.A] == persons[link.B]) / (double)Math.Max(1, certain.Count));
    }

    private static (List<Traits> Records, List<int> Persons) Records(int count)
    {
        var random = new Random(Seed);
        var (surnames, firsts) = Names();
        var communes = Math.Max(1, count / PatientsOfCommune);
        List<Traits> records = new(count);
        List<int> persons = new(count);
        while (records.Count < count)
        {
            var person = New(random, surnames, firsts, communes);
            records.Add(person);
            persons.Add(records.Count);
            for (var more = random.Next(10) < 4 ? 1 + random.Next(2) : 0; more > 0 && records.Count < count; more--)
            {
                records.Add(Again(random, person, communes));
                persons.Add(persons[^1]);
            }
        }

        return (records, persons);
    }

    private static Traits New(Random random, Weighed surnames, Weighed firsts, int communes)
    {
        var commune = random.Next(communes);
        var born = new DateOnly(1930, 1, 1).AddDays(random.Next(33_000));
        var date = random.Next(60) == 0 ? new DateOnly(born.Year, 1, 1) : born;
        return new()
        {
            BirthNameAsWritten = surnames.Draw(random),
            FirstNameAsWritten = firsts.Draw(random),
            BirthDate = date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            Sex = random.Next(2) == 0 ? "female" : "male",
            Commune = Code(10_000 + commune),
            PostalCode = Code(10_000 + (commune / 3)),
            Street = $"{random.Next(1, 150)} rue {surnames.Draw(random)}",
            Phones = random.Next(5) == 0 ? [] : [$"+336{random.Next(100_000_000):00000000}"],
            Emails = random.Next(3) == 0 ? [$"p{random.Next():x8}@example.org"] : [],
        };
    }

    // What another sender writes of the same person: less, and perhaps a slip.
    private static Traits Again(Random random, Traits person, int communes) => random.Next(8) switch
    {
        0 => person with { FirstNameAsWritten = Slip(random, person.FirstNameAsWritten!), Emails = [] },
        1 => person with { BirthNameAsWritten = Slip(random, person.BirthNameAsWritten!), Street = null },
        2 => person with { BirthDate = string.Concat(person.BirthDate.AsSpan(0, 8), "17"), Street = null },
        3 => person with { Commune = Code(10_000 + random.Next(communes)), PostalCode = null, Street = null },
        4 => person with { Phones = [], Emails = [] },
        _ => person with { Street = null, Emails = [] },
    };

    private static string Slip(Random random, string name)
    {
        var at = random.Next(1, name.Length);
        return string.Concat(name.AsSpan(0, at), name.AsSpan(at - 1));
    }

    private static string Code(int number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>The names of the table that comes with the program, and for the others of France as many invented ones as are rare.</summary>
    private static (Weighed Surnames, Weighed Firsts) Names()
    {
        Weighed surnames = new(), firsts = new();
        using var reader = new StreamReader(typeof(Matcher).Assembly.GetManifestResourceStream("frequent-names.csv")!);
        while (reader.ReadLine() is { } line)
            if (line.Split(',') is [var kind and ("surname" or "first"), var name, var share] && double.TryParse(share, NumberStyles.Float, CultureInfo.InvariantCulture, out var perMillion))
                (kind == "surname" ? surnames : firsts).Add(name, perMillion);
        var random = new Random(Seed);
        FillWithRare(surnames, random, each: 6);
        FillWithRare(firsts, random, each: 20);
        return (surnames, firsts);
    }

    private static void FillWithRare(Weighed names, Random random, double each)
    {
        string[] starts = ["BAR", "CO", "DEL", "FOU", "GRI", "JAU", "LEM", "MOR", "NIV", "PEL", "QUE", "RO", "SAU", "TRE", "VIL"];
        string[] middles = ["A", "BE", "CHA", "DI", "LO", "MI", "NE", "RA", "TI", "VE", ""];
        string[] ends = ["RD", "TON", "CHET", "LLIER", "MEL", "NAUD", "QUIN", "RIC", "SSE", "VAL", "Y"];
        while (names.Total < 1_000_000)
            names.Add(starts[random.Next(starts.Length)] + middles[random.Next(middles.Length)] + middles[random.Next(middles.Length)] + ends[random.Next(ends.Length)], each);
    }

    /// <summary>Names, drawn as often as they are borne.</summary>
    private sealed class Weighed
    {
        private readonly List<string> _names = [];
        private readonly List<double> _until = [];

        public double Total => _until.Count == 0 ? 0 : _until[^1];

        public void Add(string name, double share)
        {
            _until.Add(Total + share);
            _names.Add(name);
        }

        public string Draw(Random random) => _names[Math.Min(_names.Count - 1, _until.BinarySearch(random.NextDouble() * Total) is var at && at < 0 ? ~at : at)];
    }
}
