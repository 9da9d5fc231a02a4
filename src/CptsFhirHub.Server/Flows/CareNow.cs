using CptsFhirHub.Coordination;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Search;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <summary>A free slot that is offered.</summary>
internal sealed record OfferedSlot(string Slot, string Start, string? End, string? Place);

/// <summary>
/// Where a need that cannot wait for a GP goes: the next free slots of unscheduled care, a teleconsultation, or the search for a GP alone.
/// </summary>
/// <param name="Kind"><c>creneau-snp</c>, <c>teleconsultation</c> or <c>recherche-medecin-traitant</c>.</param>
internal sealed record Orientation(string Kind, IReadOnlyList<OfferedSlot> Slots);

/// <summary>Finds the orientation of a message that asks for care now. The offer reserves nothing.</summary>
internal sealed class CareNow(ResourceStore store, Territories territories, Communes communes, TimeProvider time)
{
    private const string Category = Vocabulary.Root + "/CodeSystem/categorie-demande";
    private const string Unscheduled = "soins-non-programmes";
    private const string Distant = "VR";
    private const int OffersMax = 3;

    /// <summary>Slots that are looked at, the soonest first: those of the person's own place come first among the offers.</summary>
    private const int SlotsMax = 200;

    /// <summary>A slot later than this is no answer to a need of today.</summary>
    private static readonly TimeSpan Horizon = TimeSpan.FromDays(7);

    /// <summary>Null when the message asks for nothing of the kind.</summary>
    public async Task<Orientation?> FindAsync(string tenant, SignalementDraft draft, CancellationToken cancellationToken)
    {
        if (!draft.Facts.Any(fact => fact.Resource.ResourceType == "ServiceRequest" && IsUnscheduled(fact.Resource)))
            return null;
        var now = time.GetUtcNow();
        var query = Queries.By("Slot",
            Queries.Token("Slot", "status", null, "free"),
            Queries.Token("Slot", "_security", null, "SNP", "CPTS"),
            Queries.At("Slot", "start", Prefix.Ge, now),
            Queries.At("Slot", "start", Prefix.Lt, now + Horizon)) with
        {
            Count = SlotsMax,
            Sort = [Queries.Soonest("Slot", "start")],
        };
        var free = await store.FindAllAsync(tenant, query, cancellationToken);
        var (towns, near, far, distant) = (TownsOf(draft.Patient), new List<OfferedSlot>(), new List<OfferedSlot>(), new List<OfferedSlot>());
        var (home, radius) = (HomeOf(draft.Patient), territories.Of(tenant).CareRadiusKilometres);
        var places = new Dictionary<string, (string? Name, bool IsNear, GeoPoint? At)>(StringComparer.Ordinal);
        foreach (var slot in free.Select(stored => stored.Resource.Root))
        {
            var schedule = slot.Child("schedule")?.Text("reference") ?? "";
            if (!places.TryGetValue(schedule, out var place))
                places[schedule] = place = await PlaceOfAsync(tenant, schedule, towns, cancellationToken);
            var offer = new OfferedSlot($"Slot/{slot.Text("id")}", slot.Text("start")!, slot.Text("end"), place.Name);
            double? kilometres = home is { } from && place.At is { } at ? from.KmTo(at) : null;
            if (!IsDistant(slot) && !place.IsNear && kilometres > radius)
                continue;
            (IsDistant(slot) ? distant : place.IsNear || kilometres <= radius ? near : far).Add(offer);
        }

        if (near.Count + far.Count > 0)
            return new("creneau-snp", [.. near.Concat(far).Take(OffersMax)]);
        return distant.Count > 0 ? new("teleconsultation", [.. distant.Take(OffersMax)]) : new("recherche-medecin-traitant", []);
    }

    private static bool IsUnscheduled(Element request)
    {
        foreach (var category in request.All("category"))
            if (category.CodeOf(Category) == Unscheduled)
                return true;
        return false;
    }

    private static bool IsDistant(Element slot)
    {
        foreach (var service in slot.All("serviceType"))
            foreach (var coding in service.All("coding"))
                if (coding.Text("code") == Distant)
                    return true;
        return false;
    }

    private GeoPoint? HomeOf(Element patient)
    {
        foreach (var address in patient.All("address"))
            if (communes.Of(address) is { } middle)
                return middle;
        return null;
    }

    /// <summary>Where the agenda's places are, by name, whether one is in the person's own town, and its position or that of its commune.</summary>
    private async Task<(string? Name, bool IsNear, GeoPoint? At)> PlaceOfAsync(
        string tenant, string schedule, HashSet<string> towns, CancellationToken cancellationToken)
    {
        if (await store.ReadAsync(tenant, schedule, cancellationToken) is not { } agenda)
            return (null, false, null);
        var references = new List<string>();
        foreach (var actor in agenda.Resource.Root.All("actor"))
            if (actor.Text("reference") is { } reference)
                references.Add(reference);
        var others = new List<string>();
        foreach (var reference in references.Where(reference => reference.StartsWith("PractitionerRole/", StringComparison.Ordinal)
            || reference.StartsWith("HealthcareService/", StringComparison.Ordinal)))
            if (await store.ReadAsync(tenant, reference, cancellationToken) is { } role)
                foreach (var location in role.Resource.Root.All("location"))
                    if (location.Text("reference") is { } at)
                        others.Add(at);
        foreach (var reference in references.Concat(others).Where(reference => reference.StartsWith("Location/", StringComparison.Ordinal)))
            if (await store.ReadAsync(tenant, reference, cancellationToken) is { } location)
            {
                var address = location.Resource.Root.Child("address");
                return (location.Resource.Root.Text("name"), address is not null && NamesOf(address).Any(towns.Contains),
                    communes.PlaceOf(location.Resource.Root));
            }

        return (null, false, null);
    }

    private static HashSet<string> TownsOf(Element patient)
    {
        var towns = new HashSet<string>(StringComparer.Ordinal);
        foreach (var address in patient.All("address"))
            towns.UnionWith(NamesOf(address));
        return towns;
    }

    private static IEnumerable<string> NamesOf(Element address)
    {
        if (address.Text("postalCode") is { } code)
            yield return code;
        if (address.Text("city") is { } city)
            yield return PlainText.Words(city);
    }
}
