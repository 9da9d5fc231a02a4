using System.Globalization;

namespace CptsFhirHub.Generator;

/// <summary>What the makers of messages share: the persons, what the hub should know by now, and the deliveries made so far.</summary>
internal sealed class Workshop(GeneratorWish wish)
{
    /// <summary>Of a thousand messages this many are about somebody of whom another has told.</summary>
    private const int KnownPerMille = 180;

    private readonly List<Delivery> _deliveries = [];
    private readonly List<Person> _available = [];

    public GeneratorWish Wish => wish;
    public Population Population { get; } = new(wish);
    public Ledger Ledger { get; } = new(wish.Today);
    public IReadOnlyList<Delivery> Deliveries => _deliveries;
    public List<GpAnswer> Gps { get; } = [];
    public List<CohortTruth> Cohorts { get; } = [];
    public SortedDictionary<string, int> CallsByDirection { get; } = new(StringComparer.Ordinal);

    public int CountOf(string source) => wish.Profile.CountOf(source, wish.Size);

    public void Deliver(Delivery delivery) => _deliveries.Add(delivery);

    /// <summary>A message that is about nobody new, once in five, else about somebody new.</summary>
    public Person Somebody(Chance chance, int knownPerMille = KnownPerMille) =>
        chance.Holds(knownPerMille) && KnownSomebody(chance) is { } known ? known : Population.Next();

    /// <summary>Somebody whom the hub knows by one record, whose file is not closed; null when there is none yet.</summary>
    public Person? KnownSomebody(Chance chance)
    {
        for (var i = 0; i < 20 && _available.Count > 0; i++)
        {
            var person = chance.Pick(_available);
            if (Ledger.Single(person) is { State: null or "a-qualifier" or "incomplet" or "a-confirmer" })
                return person;
        }

        return null;
    }

    /// <summary>From now on other messages may be about this person.</summary>
    public void Offer(Person person) => _available.Add(person);

    /// <summary>A message that asks for a GP, with what should become of it.</summary>
    public ExpectedMessage Signal(int line, Said said, params IEnumerable<string> dirt)
    {
        var (wasKnown, records) = (Ledger.Knows(said.Person), Ledger.All.Count);
        var state = Ledger.Signal(said);
        if (!wasKnown)
            Offer(said.Person);
        return new(line, state, null, [said.Person.Id], wasKnown ? ["known", .. dirt] : [.. dirt]) { IsNewRecord = Ledger.All.Count > records };
    }

    public string Day(int daysAgo) => wish.Today.AddDays(-daysAgo).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    public string FrenchDay(int daysAgo) => wish.Today.AddDays(-daysAgo).ToString("dd/MM/yyyy", CultureInfo.InvariantCulture);
}

/// <summary>What a GP answered to the questionnaire.</summary>
public sealed record GpAnswer(string Rpps, string Name, Place Place, bool TakesPatients, int Capacity, bool IsListed, IReadOnlyList<string> VisitedCommunes);

/// <summary>A cohort as it was sent, with the records its lines stand for.</summary>
internal sealed record CohortTruth(string Id, string Rpps, int Lines, IReadOnlyList<Known> Members);
