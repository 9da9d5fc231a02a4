using CptsFhirHub.Coordination;
using CptsFhirHub.Coordination.Identity;
using CptsFhirHub.Coordination.Signalements;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <summary>
/// Where GPs practise and how far that is. A practice lies where its own Location says, else in its commune; a commune where <see cref="Communes"/> says, else
/// the hub's Location of it (<c>physicalType</c> <c>jdn</c>, with its INSEE code and a position).
/// </summary>
internal sealed class Practices(ResourceStore store, Communes communes)
{
    private const string PhysicalTypes = "http://terminology.hl7.org/CodeSystem/location-physical-type";
    private const string Jurisdiction = "jdn";

    /// <summary>Locations of one postal code that are looked at.</summary>
    private const int LocationsMax = 100;

    /// <summary>An address, and its position when that is known.</summary>
    private sealed record Place(GeoPoint? Point, string? Commune, string? PostalCode)
    {
        public static Place Of(Element? address, GeoPoint? point) => new(point, CommuneOf(address), address?.Text("postalCode"));
    }

    private sealed record Doctor(string Reference, bool Practises, IReadOnlyList<Place> Places);

    /// <summary>The GP whom a person has declared; null when there is none.</summary>
    public async Task<DeclaredGp?> DeclaredAsync(Territory territory, Element patient, CancellationToken cancellationToken)
    {
        var named = patient.Child("generalPractitioner");
        if ((named?.Text("reference") ?? named?.Child("identifier")?.Text("value")) is not { } name)
            return null;
        if (await DoctorAsync(territory.Tenant, named!, cancellationToken) is not { } doctor)
            return new(name);

        var address = patient.Child("address");
        var home = Place.Of(address, address is null ? null : communes.Of(address));
        var from = await PositionAsync(territory.Tenant, home, cancellationToken);
        double? km = null, atLeast = null;
        foreach (var place in doctor.Places)
        {
            atLeast = Math.Min(atLeast ?? double.MaxValue, FrenchPlaces.AtLeastKm(home.Commune, place.Commune));
            if (from is { } here && await PositionAsync(territory.Tenant, place, cancellationToken) is { } there)
                km = Math.Min(km ?? double.MaxValue, here.KmTo(there));
        }

        var practised = doctor.Places.Select(place => place.Commune).OfType<string>().ToList();
        return new(doctor.Reference)
        {
            Practises = doctor.Practises,
            IsInTerritory = territory.Communes.Count == 0 || practised.Count == 0 ? null : practised.Exists(territory.Communes.Contains),
            Km = km,
            AtLeastKm = atLeast ?? 0,
        };
    }

    private async Task<Doctor?> DoctorAsync(string tenant, Element named, CancellationToken cancellationToken)
    {
        var reference = named.Text("reference");
        if (reference?.StartsWith("PractitionerRole/", StringComparison.Ordinal) == true)
            reference = (await store.ReadAsync(tenant, reference, cancellationToken))?.Resource.Root.Child("practitioner")?.Text("reference");
        Stored? doctor = null;
        if (reference is not null)
            doctor = await store.ReadAsync(tenant, reference, cancellationToken);
        else if (named.Child("identifier")?.Text("value") is { } number
            && await store.FindAllAsync(tenant, Queries.By("Practitioner",
                Queries.Token("Practitioner", "identifier", Vocabulary.Rpps, number, "8" + number)), cancellationToken) is [var found, ..])
            doctor = found;
        if (doctor is not { Type: "Practitioner" })
            return null;

        var roles = (await store.FindAllAsync(
            tenant, Queries.By("PractitionerRole", Queries.Refers("PractitionerRole", "practitioner", doctor.Reference)), cancellationToken))
            .Where(role => role.Resource.Root.Text("active") != "false" && role.Resource.Root.At("period", "end") is null).ToList();
        List<string> names = [doctor.Reference, .. roles.Select(role => role.Reference)];
        var leaves = (await store.FindAllAsync(tenant, Queries.By("Group", Queries.RefersToAny("Group", "managing-entity", names)), cancellationToken))
            .Any(cohort => cohort.Resource.Root.Text("active") != "false");
        var places = new List<Place>();
        foreach (var role in roles)
            if ((role.Resource.Root.Child("location") ?? role.Resource.Root.Child("organization"))?.Text("reference") is { } at
                && await store.ReadAsync(tenant, at, cancellationToken) is { } place)
                places.Add(Place.Of(place.Resource.Root.Child("address"), communes.PlaceOf(place.Resource.Root)));
        return new(doctor.Reference, !leaves && doctor.Resource.Root.Text("active") != "false" && roles.Count > 0, places);
    }

    /// <summary>Where a place is: its own position, else that of its commune; null when the hub knows neither.</summary>
    private async Task<GeoPoint?> PositionAsync(string tenant, Place place, CancellationToken cancellationToken)
    {
        if (place.Point is not null || place is not { Commune: { } commune, PostalCode: { } code })
            return place.Point;
        var near = await store.FindAllAsync(
            tenant, Queries.By("Location", Queries.Text("Location", "address-postalcode", code)) with { Count = LocationsMax }, cancellationToken);
        foreach (var location in near.Select(stored => stored.Resource.Root))
            if (location.Child("physicalType").CodeOf(PhysicalTypes) == Jurisdiction && CommuneOf(location.Child("address")) == commune)
                return communes.PlaceOf(location);
        return null;
    }

    private static string? CommuneOf(Element? address) => address is null ? null : Traits.CommuneOf(address);
}
