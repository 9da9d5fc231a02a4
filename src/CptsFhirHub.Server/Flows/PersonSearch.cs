using CptsFhirHub.Coordination.Identity;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <summary>Who a message is about: somebody the hub knows for certain, perhaps somebody, or nobody.</summary>
/// <param name="Same">The person, when certain.</param>
/// <param name="Doubtful">Persons it may be: one of them, or none. A human decides.</param>
/// <param name="Guards">What was read to say so; it must still be so when the commit runs.</param>
internal sealed record PersonSearch(Stored? Same, IReadOnlyList<Stored> Doubtful, IReadOnlyList<Write.Guard> Guards)
{
    /// <summary>
    /// Persons that a phone, or two traits together, may lead to before it is a switchboard, a home for the elderly or a placeholder: then it
    /// says nothing about who this is, and comparing with all of them would cost more with every message.
    /// </summary>
    private const int SharedContactMax = 8;

    public static async Task<PersonSearch> RunAsync(
        ResourceStore store, string tenant, SignalementDraft draft, CancellationToken cancellationToken)
    {
        var keys = IdentityKeys.Of(new Resource(draft.Patient)).Distinct().Select(key => new LookupKey(key.Kind, key.Value)).ToList();
        List<LookupKey> sought = draft.SourceKey is var (system, value) ? [.. keys, new(IdentityKeys.SourceKey, $"{system}|{value}")] : keys;
        var found = sought.Count == 0 ? [] : await store.FindAsync(tenant, sought, cancellationToken);
        var shared = found.Where(hit => hit.Key.Kind is IdentityKeys.Contact or IdentityKeys.Near).CountBy(hit => hit.Key)
            .Where(key => key.Value > SharedContactMax).Select(key => key.Key).ToHashSet();
        if (shared.Count > 0)
        {
            keys.RemoveAll(shared.Contains);
            found = [.. found.Where(hit => !shared.Contains(hit.Key))];
        }

        var hits = found.Where(hit => hit.Key.Kind != IdentityKeys.SourceKey).Select(hit => hit.Reference).Distinct().ToList();
        List<Write.Guard> guards = keys.Count == 0 ? [] : [new(keys, hits)];

        var candidates = new List<Stored>();
        foreach (var reference in hits)
            if (await store.ReadAsync(tenant, reference, cancellationToken) is { } candidate)
                candidates.Add(candidate);

        // The sender's own key for the request names a file, and through it a person: as sure as its local number.
        var keyed = await BySourceKeyAsync(
            store, tenant, [.. found.Where(hit => hit.Key.Kind == IdentityKeys.SourceKey)], cancellationToken);
        var said = Traits.Of(draft.Patient);
        var own = said with { Phones = [.. said.Phones.Where(phone => !shared.Any(key => key.Value.Contains($"{phone}|", StringComparison.Ordinal)))] };
        var (same, doubtful) = Decide(draft.Patient, own, candidates, keyed);
        return new(same, doubtful, guards);
    }

    private static (Stored? Same, IReadOnlyList<Stored> Doubtful) Decide(Element said, Traits traits, List<Stored> candidates, Stored? keyed)
    {
        var persons = candidates.ToDictionary(candidate => candidate.Reference, StringComparer.Ordinal);
        switch (Identification.Decide(traits, [.. candidates.Select(Known)]))
        {
            case Identified.Same same:
                return (persons[same.Reference], []);
            case Identified.Doubtful doubtful when keyed is null || !doubtful.References.Contains(keyed.Reference):
                return (null, [.. doubtful.References.Select(reference => persons[reference])]);
            case Identified.New when keyed is null:
                return (null, []);
        }

        // One key, but another name and another birth date: a sender that mixed two files up must not mix ours.
        var known = keyed!.Resource.Root;
        var agrees = known.Text("birthDate") == said.Text("birthDate")
            || known.Child("name")?.Text("family") == said.Child("name")?.Text("family");
        return agrees ? (keyed, []) : (null, [keyed]);
    }

    private static Candidate Known(Stored stored) => new(stored.Reference, Traits.Of(stored.Resource.Root));

    private static async Task<Stored?> BySourceKeyAsync(
        ResourceStore store, string tenant, List<LookupHit> requests, CancellationToken cancellationToken) =>
        requests is [var only]
        && await store.ReadAsync(tenant, only.Reference, cancellationToken) is { } request
        && request.Resource.Root.Child("subject")?.Text("reference") is { } subject
            ? await store.ReadAsync(tenant, subject, cancellationToken)
            : null;
}
