using System.Globalization;
using System.Text.Json;

namespace CptsFhirHub.Generator;

/// <summary>Every count that a hub should show when it has taken in all deliveries in their order. Tests compare with this, never with a number typed by hand.</summary>
public sealed record Manifest
{
    private const int NearestMax = 20;

    public required string Profile { get; init; }
    public required long Seed { get; init; }
    public required int Size { get; init; }
    public required DateOnly Today { get; init; }

    /// <summary>Persons who exist, whether a message reached the hub or not.</summary>
    public required int Persons { get; init; }

    /// <summary>Records in the hub: who was told too badly to be recognised has one more, until a person joins them.</summary>
    public required int Patients { get; init; }

    public required int OpenRequests { get; init; }
    public required int ClosedRequests { get; init; }

    /// <summary>Files by state; priorities of the open requests.</summary>
    public required IReadOnlyDictionary<string, int> Files { get; init; }

    public required IReadOnlyDictionary<string, int> Priorities { get; init; }

    /// <summary>Messages by source and state; a file counts as its lines.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyDictionary<string, int>> Messages { get; init; }

    /// <summary>What is refused: file, line, code of the first fault.</summary>
    public required IReadOnlyList<(string File, int Line, string Code)> Refusals { get; init; }

    /// <summary>Persons of the census by commune of residence.</summary>
    public required IReadOnlyDictionary<string, int> CensusByCommune { get; init; }

    /// <summary>Whom a campaign can call back: open, not in doubt, with a phone or an e-mail; the urgent first, then by number of the person.</summary>
    public required IReadOnlyList<string> CallBack { get; init; }

    /// <summary>Cohorts: how many of the members stand in each state.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyDictionary<string, int>> Cohorts { get; init; }

    /// <summary>For each GP who takes patients: the nearest people with an ALD whose file is open and not in doubt, with metres; of one distance the older first, as far as the date was told.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<(string Person, long Metres)>> NearestAld { get; init; }

    /// <summary>By commune: the GPs who take patients, have places left and visit people there.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<string>> VisitingGps { get; init; }

    public required int Gps { get; init; }
    public required int GpsTakingPatients { get; init; }
    public required int GpsListed { get; init; }

    public required IReadOnlyDictionary<string, int> Calls { get; init; }

    /// <summary>The territory's rates as exact fractions: who looks for a GP, of the persons there are; persons for each GP; GPs who take patients and, of these, who are listed.</summary>
    public required IReadOnlyDictionary<string, (int Numerator, int Denominator)> Indicators { get; init; }

    internal static Manifest Of(Workshop shop)
    {
        var ledger = shop.Ledger;
        var open = ledger.All.Where(known => known.IsOpen).ToList();
        var certain = open.Where(known => known.State != "doublon-a-verifier").ToList();
        return new()
        {
            Profile = shop.Wish.Profile.Name,
            Seed = shop.Wish.Seed,
            Size = shop.Wish.Size,
            Today = shop.Wish.Today,
            Persons = shop.Population.All.Count,
            Patients = ledger.All.Count,
            OpenRequests = open.Count,
            ClosedRequests = ledger.All.Count(known => known.State is not null && !known.IsOpen),
            Files = Counted(ledger.All.Select(known => known.State).OfType<string>()),
            Priorities = Counted(open.Select(known => ledger.IsFragile(known) ? "urgent" : "routine")),
            Messages = Sorted(shop.Deliveries.GroupBy(delivery => delivery.Source, StringComparer.Ordinal), source => source.Key,
                source => (IReadOnlyDictionary<string, int>)Counted(source.SelectMany(delivery => delivery.Messages).Select(message => message.State))),
            Refusals = [.. from delivery in shop.Deliveries
                from message in delivery.Messages
                where message.Refusal is not null
                select (delivery.Path, message.Line, message.Refusal)],
            CensusByCommune = Counted(ledger.All.Where(known => known.Sources.Contains("recensement")).Select(known => known.Person)
                .DistinctBy(person => person.Id).Select(person => person.Home.Insee)),
            CallBack = [.. certain.Where(known => known.HasContact).OrderBy(known => ledger.IsFragile(known) ? 0 : 1)
                .ThenBy(known => known.Person.Id, StringComparer.Ordinal).Select(known => known.Person.Id)],
            Cohorts = Sorted(shop.Cohorts, cohort => cohort.Id, cohort => (IReadOnlyDictionary<string, int>)Counted(cohort.Members.Distinct().Select(MemberState))),
            NearestAld = Sorted(shop.Gps.Where(gp => gp.TakesPatients), gp => gp.Rpps, gp => Nearest(gp, certain)),
            VisitingGps = Sorted(shop.Population.Places, place => place.Insee, place => (IReadOnlyList<string>)[.. shop.Gps
                .Where(gp => gp is { TakesPatients: true, Capacity: > 0 } && gp.VisitedCommunes.Contains(place.Insee)).Select(gp => gp.Rpps)]),
            Gps = shop.Gps.Count,
            GpsTakingPatients = shop.Gps.Count(gp => gp.TakesPatients),
            GpsListed = shop.Gps.Count(gp => gp.IsListed),
            Calls = shop.CallsByDirection,
            Indicators = Rates(shop, certain),
        };
    }

    private static SortedDictionary<string, (int Numerator, int Denominator)> Rates(Workshop shop, List<Known> certain)
    {
        var persons = shop.Population.All.Count;
        var taking = shop.Gps.Count(gp => gp.TakesPatients);
        return new(StringComparer.Ordinal)
        {
            ["sans-mt"] = (certain.Count, persons),
            ["sans-mt-ald"] = (certain.Count(known => known.Fragilities.Contains("ald")), persons),
            ["sans-mt-plus-70"] = (certain.Count(shop.Ledger.IsOld), persons),
            ["sans-mt-precaire"] = (certain.Count(known => known.Fragilities.Overlaps(["precarite", "c2s", "ame"])), persons),
            ["patients-par-medecin"] = (persons, shop.Gps.Count),
            ["medecins-prenant-des-patients"] = (taking, shop.Gps.Count),
            ["medecins-prenant-et-affiches"] = (shop.Gps.Count(gp => gp is { TakesPatients: true, IsListed: true }), taking),
        };
    }

    public byte[] ToJson() => JsonText.Of(json =>
    {
        json.Texts(("profile", Profile));
        json.WriteNumber("seed", Seed);
        json.WriteNumber("size", Size);
        json.WriteString("today", Today.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
        json.WriteNumber("persons", Persons);
        json.WriteNumber("patients", Patients);
        json.WriteNumber("openRequests", OpenRequests);
        json.WriteNumber("closedRequests", ClosedRequests);
        Counts(json, "files", Files);
        Counts(json, "priorities", Priorities);
        json.Group("messages", () => All(Messages, (source, states) => Counts(json, source, states)));
        json.WriteStartArray("refusals");
        foreach (var (file, line, code) in Refusals)
        {
            json.WriteStartObject();
            json.WriteString("file", file);
            json.WriteNumber("line", line);
            json.WriteString("code", code);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        Counts(json, "censusByCommune", CensusByCommune);
        json.List("callBack", CallBack);
        json.Group("cohorts", () => All(Cohorts, (cohort, states) => Counts(json, cohort, states)));
        json.Group("nearestAld", () => All(NearestAld, (gp, nearest) => json.Group(gp, () =>
        {
            foreach (var (person, metres) in nearest)
                json.WriteNumber(person, metres);
        })));
        json.Group("visitingGps", () => All(VisitingGps, (commune, gps) => json.List(commune, gps)));
        json.WriteNumber("gps", Gps);
        json.WriteNumber("gpsTakingPatients", GpsTakingPatients);
        json.WriteNumber("gpsListed", GpsListed);
        Counts(json, "calls", Calls);
        json.Group("indicators", () => All(Indicators, (code, rate) => json.Group(code, () =>
        {
            json.WriteNumber("numerator", rate.Numerator);
            json.WriteNumber("denominator", rate.Denominator);
        })));
    }, isIndented: true);

    // Somebody who has a file is counted by it, whatever was objected before.
    private static string MemberState(Known known) => known.IsOpen && known.State != "doublon-a-verifier" ? "signale"
        : known.State == "clos-a-la-demande" || known.IsOpposed ? "oppose"
        : !known.HasContact && !known.HasAddress ? "injoignable"
        : "invite-sans-reponse";

    private static IReadOnlyList<(string Person, long Metres)> Nearest(GpAnswer gp, List<Known> certain) =>
    [
        .. certain.Where(known => known.IsAldTold).OrderBy(known => gp.Place.MetresTo(known.Person.Home))
            .ThenBy(known => known.Born is { } born ? born.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) : known.BornYear?.ToString(CultureInfo.InvariantCulture) ?? "9", StringComparer.Ordinal)
            .ThenBy(known => known.Person.Id, StringComparer.Ordinal)
            .Take(NearestMax).Select(known => (known.Person.Id, gp.Place.MetresTo(known.Person.Home))),
    ];

    private static void Counts(Utf8JsonWriter json, string name, IReadOnlyDictionary<string, int> counts) => json.Group(name, () =>
    {
        foreach (var (key, count) in counts)
            json.WriteNumber(key, count);
    });

    private static void All<T>(IReadOnlyDictionary<string, T> items, Action<string, T> write)
    {
        foreach (var (name, item) in items)
            write(name, item);
    }

    private static SortedDictionary<string, int> Counted(IEnumerable<string> names)
    {
        var counts = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var name in names)
            counts[name] = counts.GetValueOrDefault(name) + 1;
        return counts;
    }

    private static SortedDictionary<string, TValue> Sorted<T, TValue>(IEnumerable<T> items, Func<T, string> key, Func<T, TValue> value)
    {
        var sorted = new SortedDictionary<string, TValue>(StringComparer.Ordinal);
        foreach (var item in items)
            sorted.Add(key(item), value(item));
        return sorted;
    }
}
