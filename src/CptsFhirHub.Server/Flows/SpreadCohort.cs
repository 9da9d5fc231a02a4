using System.Globalization;
using CptsFhirHub.Coordination.Cohorts;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <summary>
/// Spreads a leaving GP's patients who have no GP yet over the GPs who volunteer: one List a GP, its pile. <c>Group/{id}/$spread</c>, the
/// reassignment cell of flow M43. Doing it again with the same offers writes nothing; with other offers the piles become those of the new
/// ones.
/// </summary>
internal sealed class SpreadCohort(ResourceStore store, Sources sources, Territories territories, TimeProvider time)
{
    private const string Numbers = Vocabulary.Root + "/NamingSystem/pile-cohorte";
    private const string Kinds = Vocabulary.Root + "/CodeSystem/type-liste";
    private const string Pile = "pile-cohorte";
    private const string Capacity = Vocabulary.Root + "/StructureDefinition/capacite-accueil";

    /// <summary>GPs in one spread.</summary>
    private const int OffersMax = 500;

    /// <summary>Spreads; with <c>preview</c> it says what it would do and writes nothing.</summary>
    /// <param name="group">The cohort.</param>
    /// <param name="caller">Who asks.</param>
    /// <param name="parameters">The Parameters of the call: <c>gp</c> with the parts <c>practitioner</c>, <c>places</c>, <c>visits</c> and
    /// <c>near</c>; <c>preview</c>.</param>
    /// <param name="cancellationToken">The caller's patience.</param>
    public async Task<Resource> RunAsync(Stored group, Caller caller, Element parameters, CancellationToken cancellationToken)
    {
        var (tenant, root) = (caller.Tenant, group.Resource.Root);
        if (root.Child("code").CodeOf(Vocabulary.CohortKind) is null)
            throw new Refusal(422, "business-rule", "Only the cohort of a leaving GP is spread.", "Group.code");
        var offers = Offers(parameters);
        if (offers.Count == 0)
            offers = await VolunteersAsync(tenant, cancellationToken);
        if (offers.Count == 0)
            throw new Refusal(422, "required", "No GP offers places: name them in gp, or let them answer the questionnaire.", "Parameters.parameter");
        foreach (var offer in offers)
            if (await store.ReadAsync(tenant, offer.Gp, cancellationToken) is null)
                throw new Refusal(422, "not-found", "A practitioner of the parameter gp is not known here.", "Parameters.parameter");

        var people = await WaitingAsync(tenant, root, cancellationToken);
        var spread = Spreading.Of(people, offers);
        var piles = await PilesAsync(tenant, group.Id, cancellationToken);
        var names = offers.ToDictionary(
            offer => offer.Gp, offer => piles.TryGetValue(offer.Gp, out var pile) ? pile.Id : Guid.CreateVersion7(time.GetUtcNow()).ToString(), StringComparer.Ordinal);
        var isPreview = parameters.All("parameter").ToArray().Any(one => one.Text("name") == "preview" && one.Text("valueBoolean") == "true");
        if (!isPreview)
            await WriteAsync(tenant, group, offers, spread, piles, names, cancellationToken);
        return new(Answer(offers, spread, isPreview ? null : names));
    }

    private static List<Offer> Offers(Element parameters)
    {
        var offers = new List<Offer>();
        foreach (var parameter in parameters.All("parameter"))
        {
            if (parameter.Text("name") != "gp")
                continue;
            string? practitioner = null;
            int? places = null;
            var (visits, near) = (new HashSet<string>(StringComparer.Ordinal), new Dictionary<string, double>(StringComparer.Ordinal));
            foreach (var part in parameter.All("part"))
            {
                switch (part.Text("name"))
                {
                    case "practitioner":
                        practitioner = part.Child("valueReference")?.Text("reference");
                        break;
                    case "places":
                        places = int.TryParse(part.Text("valueInteger"), NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : null;
                        break;
                    case "visits" when part.Text("valueString") is { } commune:
                        visits.Add(commune);
                        break;
                    case "near" when part.Text("valueString") is { } commune:
                        near[commune] = near.Count;
                        break;
                    default:
                        throw new Refusal(400, "invalid", "gp has the parts practitioner, places, visits and near.", "Parameters.parameter.part");
                }
            }

            if (practitioner is null || places is null)
                throw new Refusal(400, "required", "Each gp says practitioner (a Reference) and places (not negative).", "Parameters.parameter.part");
            if (offers.Exists(offer => offer.Gp == practitioner))
                throw new Refusal(400, "value", "A practitioner stands twice.", "Parameters.parameter");
            offers.Add(new(practitioner, places.Value) { Visits = visits, Nearness = near });
        }

        return offers.Count <= OffersMax
            ? offers
            : throw new Refusal(422, "too-costly", $"At most {OffersMax} GPs share a cohort.", "Parameters.parameter");
    }

    /// <summary>The GPs who said in the questionnaire of the CPTS that they take new patients, with the number they gave.</summary>
    private async Task<List<Offer>> VolunteersAsync(string tenant, CancellationToken cancellationToken)
    {
        var places = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var role in await store.WalkAsync(tenant, Queries.By("PractitionerRole"), cancellationToken))
        {
            if (role.Resource.Root.Child("practitioner")?.Text("reference") is not { } gp || role.Resource.Root.ExtensionOf(Capacity) is not { } capacity)
                continue;
            if (capacity.ExtensionOf("accepteNouveaux")?.Text("valueCode") is "non"
                || !int.TryParse(capacity.ExtensionOf("places")?.Text("valueInteger"), NumberStyles.None, CultureInfo.InvariantCulture, out var count))
                continue;
            places[gp] = Math.Max(count, places.GetValueOrDefault(gp));
        }

        return [.. places.Select(pair => new Offer(pair.Key, pair.Value))];
    }

    /// <summary>Members who have no GP yet, neither opposed nor gone.</summary>
    private async Task<List<ToPlace>> WaitingAsync(string tenant, Element group, CancellationToken cancellationToken)
    {
        var before = new Dictionary<string, MemberState>(StringComparer.Ordinal);
        foreach (var member in group.All("member"))
            if (!CohortLeavers.IsInactive(member) && member.Child("entity")?.Text("reference") is { } reference)
                before[reference] = Reconciliation.StateOf(member.ExtensionOf(Vocabulary.MemberStateExtension)?.Text("valueCode"))
                    ?? throw new Refusal(422, "business-rule", "The cohort is reconciled before it is spread.", "Group.member");
        var today = Days.Of(time.GetUtcNow());
        var waiting = new List<(ToPlace Person, string? SeenThrice)>();
        await foreach (var facts in CohortFacts.InPortionsAsync(store, territories.Of(tenant), sources.CohortLists, group, [.. before.Keys], before, today, cancellationToken))
        {
            var run = Reconciliation.Compare(facts.Members, facts.Files, facts.Attempts, before, today, territories.Of(tenant).CohortRules);
            var members = facts.Members.ToDictionary(member => member.Patient, member => member, StringComparer.Ordinal);
            waiting.AddRange(run.Members
                .Where(member => member.State is MemberState.InvitedWithoutAnswer or MemberState.Reported or MemberState.Unreachable)
                .Select(member =>
                {
                    var note = facts.Notes.GetValueOrDefault(member.Patient, MemberNote.None);
                    return (new ToPlace(member.Patient)
                    {
                        IsFragile = members[member.Patient].IsFragileByList == Coordination.Told.Yes,
                        Rank = note.Rank,
                        NeedsHomeVisit = note.NeedsHomeVisit,
                        Commune = members[member.Patient].Commune,
                    }, note.SeenThrice);
                }));
        }

        var known = await KnownGpsAsync(tenant, waiting.Select(one => one.SeenThrice), cancellationToken);
        return [.. waiting.Select(one => one.SeenThrice is { } rpps ? one.Person with { KnownGp = known.GetValueOrDefault(rpps) } : one.Person)];
    }

    private async Task<Dictionary<string, string>> KnownGpsAsync(string tenant, IEnumerable<string?> seen, CancellationToken cancellationToken)
    {
        var known = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var rpps in seen.OfType<string>().Distinct(StringComparer.Ordinal))
        {
            // With the figure that says "RPPS" before it, as the directory writes it, and without.
            var found = await store.FindAllAsync(
                tenant, Queries.By("Practitioner", Queries.Token("Practitioner", "identifier", Vocabulary.Rpps, rpps, "8" + rpps)), cancellationToken);
            if (found.Count == 1)
                known[rpps] = found[0].Reference;
        }

        return known;
    }

    private async Task<Dictionary<string, Stored>> PilesAsync(string tenant, string group, CancellationToken cancellationToken)
    {
        var piles = new Dictionary<string, Stored>(StringComparer.Ordinal);
        foreach (var list in await store.WalkAsync(tenant, Queries.By("List",
            Queries.Refers("List", "subject", "Group/" + group), Queries.Token("List", "code", Kinds, Pile)), cancellationToken))
            if (list.Resource.Root.Child("source")?.Text("reference") is { } gp)
                piles[gp] = list;
        return piles;
    }

    private async Task WriteAsync(
        string tenant, Stored group, List<Offer> offers, Spread spread, Dictionary<string, Stored> piles, Dictionary<string, string> names,
        CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var placed = spread.Placed.ToLookup(one => one.Gp, StringComparer.Ordinal);
        var writes = new List<Write>();
        foreach (var gp in offers.Select(offer => offer.Gp).Union(piles.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            var list = ListOf(group, gp, [.. placed[gp]]);
            if (!piles.TryGetValue(gp, out var before))
                writes.Add(new Write.Create(new(list.With("date", now.Instant())), PileQuery(group.Id, gp), names[gp]));
            else if (!SameEntries(before.Resource.Root, list))
                writes.Add(new Write.Update(new(list.With("date", now.Instant())), before.Id, before.Version, MayCreate: false));
        }

        if (writes.Count > 0 && !(await store.CommitAsync(tenant, writes, cancellationToken)).Committed)
            throw new Refusal(409, "conflict", "Somebody spreads this cohort at the same time; look at the piles and try again.");
    }

    private static Fhir.Search.SearchQuery PileQuery(string group, string gp) =>
        Queries.By("List", Queries.Token("List", "identifier", Numbers, NumberOf(group, gp)));

    private static string NumberOf(string group, string gp) => $"{group}/{gp[(gp.IndexOf('/', StringComparison.Ordinal) + 1)..]}";

    private static Element ListOf(Stored group, string gp, List<Placed> people)
    {
        var list = Element.OfResource("List");
        list.AddItem("identifier").With("system", Numbers).With("value", NumberOf(group.Id, gp));
        list.With("status", "current").With("mode", "working").With("title", "Patients proposés à un médecin volontaire");
        list.Concept("code", Kinds, Pile, "Pile d’un médecin");
        list.Refer("subject", group.Reference);
        list.Refer("source", gp);
        foreach (var one in people)
        {
            var entry = list.AddItem("entry");
            entry.Add("flag").With("text", one.French);
            entry.Refer("item", one.Patient);
        }

        if (people.Count == 0)
            list.Concept("emptyReason", "http://terminology.hl7.org/CodeSystem/list-empty-reason", "nilknown");
        return list;
    }

    private static bool SameEntries(Element one, Element other)
    {
        var before = one.All("entry");
        var after = other.All("entry");
        if (before.Length != after.Length)
            return false;
        for (var i = 0; i < before.Length; i++)
            if (!before[i].SameAs(after[i]))
                return false;
        return true;
    }

    private static Element Answer(List<Offer> offers, Spread spread, Dictionary<string, string>? names)
    {
        var answer = Element.OfResource("Parameters");
        foreach (var offer in offers.OrderBy(offer => offer.Gp, StringComparer.Ordinal))
        {
            var pile = answer.AddItem("parameter").With("name", "pile");
            pile.AddItem("part").With("name", "practitioner").Add("valueReference").With("reference", offer.Gp);
            pile.AddItem("part").With("name", "places").With("valueInteger", (decimal)offer.Places);
            pile.AddItem("part").With("name", "placed").With("valueInteger", (decimal)spread.Placed.Count(one => one.Gp == offer.Gp));
            if (names is not null)
                pile.AddItem("part").With("name", "list").Add("valueReference").With("reference", "List/" + names[offer.Gp]);
        }

        foreach (var left in spread.Unplaced)
        {
            var unplaced = answer.AddItem("parameter").With("name", "unplaced");
            unplaced.AddItem("part").With("name", "patient").Add("valueReference").With("reference", left.Patient);
            unplaced.AddItem("part").With("name", "fragile").With("valueBoolean", left.IsFragile);
            unplaced.AddItem("part").With("name", "reason").With("valueString", left.French);
        }

        return answer;
    }
}
