using CptsFhirHub.Coordination.Identity;
using CptsFhirHub.Coordination.Identity.Matching;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <summary>Who a message is about: somebody the hub knows for certain, perhaps somebody, or nobody.</summary>
/// <param name="Same">The person, when certain.</param>
/// <param name="Doubtful">Persons it may be: one of them, or none. A human decides.</param>
/// <param name="Guards">What was read to say so; it must still be so when the commit runs.</param>
internal sealed record PersonSearch(Stored? Same, IReadOnlyList<Stored> Doubtful, IReadOnlyList<Write.Guard> Guards)
{
    /// <summary>What was compared and how it came out, to be kept.</summary>
    public required IdentityDecision Decision { get; init; }

    /// <summary>The sender's own record, when the person stands in another one for certain: the two are one person.</summary>
    public Stored? Twin { get; init; }

    /// <summary>
    /// Persons that a phone, or two traits together, may lead to before it is a switchboard, a home for the elderly or a placeholder: then it
    /// says nothing about who this is, and comparing with all of them would cost more with every message.
    /// </summary>
    private const int SharedMax = 8;

    /// <summary>Persons who may bear one number of one institution or authority before it is a placeholder.</summary>
    private const int NumberMax = 50;

    public static async Task<PersonSearch> RunAsync(
        ResourceStore store, Matcher matcher, string tenant, SignalementDraft draft, CancellationToken cancellationToken)
    {
        // A record that stood there before is the person whom its sender names: nothing is guessed.
        if (draft.Own is { IsNew: false } named
            && await store.ReadAsync(tenant, await SurvivorAsync(store, tenant, named.Reference, cancellationToken), cancellationToken) is { IsDeleted: false } standing)
            return new(standing, [], []) { Decision = new(matcher.Version, IdentityDecision.Joined, IsByKey: true, []) };

        var mine = draft.Own is { } written && await store.ReadAsync(tenant, written.Reference, cancellationToken) is { IsDeleted: false } record
            && PersonMerge.ReplacedBy(record.Resource.Root) is null ? record : null;
        List<LookupKey> keys = mine is not null && MatchMarks.IsNeverMatched(mine.Resource.Root) ? [] : [.. draft.Keys];
        var found = keys.Count == 0 ? [] : await store.FindAsync(tenant, keys, cancellationToken, NumberMax + 1);
        var shared = found.CountBy(hit => hit.Key).Where(key => key.Value > MostOf(key.Key)).Select(key => key.Key).ToHashSet();
        if (shared.Count > 0)
        {
            keys.RemoveAll(shared.Contains);
            found = [.. found.Where(hit => !shared.Contains(hit.Key))];
        }

        var hits = found.Select(hit => hit.Reference).Distinct().ToList();
        List<Write.Guard> guards = keys.Count == 0 ? [] : [new(keys, hits)];

        var candidates = new List<Stored>();
        foreach (var reference in hits)
            if (await store.ReadAsync(tenant, reference, cancellationToken) is { } candidate)
                candidates.Add(candidate);

        // What the sender has just written of the person says no more than its message: who else it is, the others tell.
        candidates.RemoveAll(candidate => candidate.Reference == mine?.Reference);

        // The sender's own key for the request names a file, and through it a person: as sure as its local number.
        var keyed = draft.SourceKey is var (system, value)
            ? await BySourceKeyAsync(store, tenant, new(IdentityKeys.SourceKey, $"{system}|{value}"), MatchMarks.IsNeverMatched(draft.Patient), cancellationToken)
            : null;
        var said = Traits.Of(draft.Patient);
        var own = said with { Phones = [.. said.Phones.Where(phone => !shared.Any(key => IdentityKeys.PhoneOf(key.Kind, key.Value) == phone))] };
        var apart = await ApartAsync(store, tenant, hits, guards, cancellationToken);
        var records = await RecordsAsync(store, tenant, own, candidates, cancellationToken);
        var (same, doubtful, identified) = Decide(draft, own, candidates, keyed, apart, records, matcher);
        var versions = candidates.ToDictionary(
            candidate => candidate.Reference, candidate => FormattableString.Invariant($"{candidate.Reference}/_history/{candidate.Version}"), StringComparer.Ordinal);
        return new(same ?? mine, doubtful, guards)
        {
            Twin = same is not null && same.Reference != mine?.Reference ? mine : null,
            Decision = new(
                matcher.Version, same is not null ? IdentityDecision.Joined : doubtful.Count > 0 ? IdentityDecision.ToCheck : IdentityDecision.New,
                IsByKey: same is not null && identified is not Identified.Same,
                [.. identified.Compared.Select(compared => (versions[compared.Reference], compared.Comparison))]),
        };
    }

    private static int MostOf(LookupKey key) => key.Kind == IdentityKeys.Near ? SharedMax : NumberMax;

    /// <summary>What each sender says of the persons who bear one of these numbers.</summary>
    private static async Task<Dictionary<string, IReadOnlyList<Traits>>> RecordsAsync(
        ResourceStore store, string tenant, Traits traits, List<Stored> candidates, CancellationToken cancellationToken)
    {
        Dictionary<string, IReadOnlyList<Traits>> records = new(StringComparer.Ordinal);
        foreach (var candidate in candidates)
        {
            var known = Traits.Of(candidate.Resource.Root);
            if (!known.LocalIds.Any(traits.LocalIds.Contains) && !known.Ins.Any(ins => traits.Ins.Any(other => other.Number == ins.Number)))
                continue;
            records[candidate.Reference] = [.. (await PersonRecords.LoadAsync(store, tenant, candidate.Reference, cancellationToken))
                .Select(record => Traits.Of(PersonRecords.Of(record.Resource.Root).Patient))];
        }

        return records;
    }

    /// <summary>True when a person has said that these two are two persons.</summary>
    public static async Task<bool> AreApartAsync(ResourceStore store, string tenant, string one, string other, CancellationToken cancellationToken) =>
        (await store.BearersAsync(tenant, [ApartKey(one, other)], cancellationToken)).Count > 0;

    /// <summary>Those pairs of persons found of whom somebody has said that they are two; what was read is guarded.</summary>
    public static async Task<HashSet<LookupKey>> ApartAsync(
        ResourceStore store, string tenant, IReadOnlyList<string> persons, List<Write.Guard> guards, CancellationToken cancellationToken)
    {
        List<LookupKey> pairs = [.. persons.SelectMany((one, at) => persons.Skip(at + 1).Select(other => ApartKey(one, other)))];
        if (pairs.Count == 0)
            return [];
        var said = await store.BearersAsync(tenant, pairs, cancellationToken);
        guards.Add(new(pairs, [.. said.Select(hit => hit.Reference).Distinct()]));
        return [.. said.Select(hit => hit.Key)];
    }

    /// <summary>The record to which one leads that was merged, over as many merges as there were.</summary>
    public static async Task<string> SurvivorAsync(ResourceStore store, string tenant, string patient, CancellationToken cancellationToken)
    {
        HashSet<string> seen = new(StringComparer.Ordinal);
        while (seen.Add(patient) && await store.ReadAsync(tenant, patient, cancellationToken) is { } record
            && PersonMerge.ReplacedBy(record.Resource.Root) is { } survivor)
            patient = survivor;
        return patient;
    }

    public static LookupKey ApartKey(string one, string other) => new(IdentityKeys.Apart, Verification.Pair(one, other));

    private static (Stored? Same, IReadOnlyList<Stored> Doubtful, Identified Identified) Decide(
        SignalementDraft draft, Traits traits, List<Stored> candidates, Stored? keyed, HashSet<LookupKey> apart,
        Dictionary<string, IReadOnlyList<Traits>> records, Matcher matcher)
    {
        var persons = candidates.ToDictionary(candidate => candidate.Reference, StringComparer.Ordinal);
        // The sender's key has led to one of two persons: what it says of that one is not said of the other.
        if (keyed is not null && candidates.Exists(candidate => candidate.Reference == keyed.Reference))
            candidates = candidates.FindAll(candidate => !apart.Contains(ApartKey(keyed.Reference, candidate.Reference)));
        var identified = Identification.Decide(
            traits,
            [.. candidates.Select(one => new Candidate(one.Reference, Traits.Of(one.Resource.Root))
            {
                Records = records.GetValueOrDefault(one.Reference, []),
                IsOfSender = SentBy.Senders(one.Resource.Root).Contains(draft.Sender),
            })],
            (one, other) => apart.Contains(ApartKey(one, other)),
            matcher);
        switch (identified)
        {
            case Identified.Same same:
                return (persons[same.Reference], [], identified);
            case Identified.Doubtful doubtful when keyed is null || !doubtful.References.Contains(keyed.Reference):
                return (null, [.. doubtful.References.Select(reference => persons[reference])], identified);
            case Identified.New when keyed is null:
                return (null, [], identified);
        }

        // One key, but another name and another birth date: a sender that mixed two files up must not mix ours.
        var (known, said) = (keyed!.Resource.Root, draft.Patient);
        var agrees = known.Text("birthDate") == said.Text("birthDate")
            || known.Child("name")?.Text("family") == said.Child("name")?.Text("family");
        return agrees ? (keyed, [], identified) : (null, [keyed], identified);
    }

    /// <summary>
    /// The patient of the one request that bears the key. A record that is never matched has requests of its own: a key that its sender uses for
    /// several leads neither there from others nor from there to others.
    /// </summary>
    private static async Task<Stored?> BySourceKeyAsync(
        ResourceStore store, string tenant, LookupKey key, bool isNeverMatched, CancellationToken cancellationToken)
    {
        List<Stored?> found = [];
        foreach (var request in await store.BearersAsync(tenant, [key], cancellationToken))
        {
            var person = request.Resource.Resource.Root.Child("subject")?.Text("reference") is { } subject ? await store.ReadAsync(tenant, subject, cancellationToken) : null;
            if (person is null || MatchMarks.IsNeverMatched(person.Resource.Root) == isNeverMatched)
                found.Add(person);
        }

        return found is [var only] ? only : null;
    }
}
