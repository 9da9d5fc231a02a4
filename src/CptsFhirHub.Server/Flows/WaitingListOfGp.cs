using System.Globalization;
using CptsFhirHub.Coordination;
using CptsFhirHub.Coordination.Signalements;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <summary>
/// The people who wait, as one GP may take them: by rank, or the nearest first. Files in doubt about who the person is are not shown: one
/// of the two would be proposed twice. <c>PractitionerRole/{id}/$waiting-list</c>
/// </summary>
internal sealed class WaitingListOfGp(ResourceStore store, Communes communes)
{
    private const string Distance = Vocabulary.Root + "/StructureDefinition/distance";
    private const string Reason = Vocabulary.Root + "/StructureDefinition/motif-priorite";

    /// <summary>The states in which a person waits and nobody has been proposed.</summary>
    public static readonly IReadOnlyList<string> WaitingStates =
    [
        FileStates.Received, FileStates.ToConfirm, FileStates.ToQualify, FileStates.Incomplete, FileStates.MasStudy, FileStates.Qualified,
        FileStates.Waiting, FileStates.RedirectedToSnp,
    ];

    /// <summary>The first of them: a searchset of files with their persons, each with the distance and the criteria that hold.</summary>
    public async Task<Resource> RunAsync(Stored role, Caller caller, WaitingListWish wish, CancellationToken cancellationToken)
    {
        var tenant = caller.Tenant;
        var practice = await PracticeAsync(tenant, role.Resource.Root, cancellationToken);
        if (wish.IsByDistance && practice is null)
            throw new Refusal(422, "not-found", "It is not known where this GP practises: no location has a position or a known commune.");

        var waiting = new List<WaitingPerson>();
        var tasks = await store.WalkAsync(tenant, Queries.By("Task",
            Queries.Token("Task", "code", Vocabulary.TaskKind, Vocabulary.ParcoursTask),
            Queries.Token("Task", "business-status", Vocabulary.ParcoursState, [.. WaitingStates])), cancellationToken);
        foreach (var file in tasks)
            if (file.Resource.Root.Child("for")?.Text("reference") is { } reference && await store.ReadAsync(tenant, reference, cancellationToken) is { } person)
                waiting.Add(new(file, person, KilometresOf(person.Resource.Root, practice), wish.IsByDistance ? 0 : await RankAsync(tenant, file, cancellationToken)));

        // Of one distance, and of one rank, the older first.
        var ordered = wish.IsByDistance
            ? waiting.OrderBy(one => one.Kilometres ?? double.MaxValue)
            : waiting.OrderByDescending(one => one.Rank);
        var bundle = Element.OfResource("Bundle").With("type", "searchset");
        var shown = new List<WaitingPerson>();
        foreach (var one in ordered.ThenBy(one => one.Person.Resource.Root.Text("birthDate") ?? "9", StringComparer.Ordinal).ThenBy(one => one.Person.Id, StringComparer.Ordinal))
        {
            if (shown.Count == wish.Count)
                break;
            var criteria = await CriteriaAsync(tenant, one.Person.Reference, cancellationToken);
            if (wish.Criterion is { } criterion && !criteria.Exists(held => held.Code == criterion))
                continue;
            shown.Add(one);
            Write(bundle.AddItem("entry"), one, criteria);
        }

        foreach (var one in shown.DistinctBy(one => one.Person.Reference))
        {
            var entry = bundle.AddItem("entry");
            entry.Append(one.Person.Resource.Root.Copy("resource", isListItem: false));
            entry.Add("search").With("mode", "include");
        }

        return new(bundle);
    }

    private static void Write(Element entry, WaitingPerson one, List<(string Code, string Text)> criteria)
    {
        entry.Append(one.File.Resource.Root.Copy("resource", isListItem: false));
        var search = entry.Add("search");
        if (one.Kilometres is { } kilometres)
            search.AddItem("extension").With("url", Distance).Add("valueQuantity")
                .With("value", Math.Round((decimal)kilometres, 3)).With("unit", "km").With("system", "http://unitsofmeasure.org").With("code", "km");
        foreach (var (_, text) in criteria)
            search.AddItem("extension").With("url", Reason).With("valueString", text);
        search.With("mode", "match");
    }

    private async Task<List<(string Code, string Text)>> CriteriaAsync(string tenant, string person, CancellationToken cancellationToken)
    {
        var flags = await store.FindAllAsync(tenant, Queries.By("Flag", Queries.Refers("Flag", "patient", person)), cancellationToken);
        return [.. flags.Select(flag => flag.Resource.Root).Where(flag => flag.Text("status") == "active")
            .Select(flag => (Code: flag.Child("code").CodeOf(Vocabulary.Criterion) ?? "", Text: flag.Child("code")?.Text("text") ?? ""))
            .Where(criterion => criterion.Code.Length > 0)];
    }

    private async Task<decimal> RankAsync(string tenant, Stored file, CancellationToken cancellationToken) =>
        file.Resource.Root.Child("focus")?.Text("reference") is { } focus
        && await store.ReadAsync(tenant, focus, cancellationToken) is { } request
        && decimal.TryParse(request.Resource.Root.ExtensionOf(Vocabulary.RankExtension)?.Text("valueDecimal"), NumberStyles.Float, CultureInfo.InvariantCulture, out var rank)
            ? rank
            : 0;

    private double? KilometresOf(Element person, GeoPoint? practice)
    {
        if (practice is not { } from)
            return null;
        foreach (var address in person.All("address"))
            if (communes.Of(address) is { } home)
                return from.KmTo(home);
        return null;
    }

    private async Task<GeoPoint?> PracticeAsync(string tenant, Element role, CancellationToken cancellationToken)
    {
        var references = new List<string>();
        foreach (var location in role.All("location"))
            if (location.Text("reference") is { } reference)
                references.Add(reference);
        foreach (var reference in references)
            if (await store.ReadAsync(tenant, reference, cancellationToken) is { } place && communes.PlaceOf(place.Resource.Root) is { } position)
                return position;
        return null;
    }

    private sealed record WaitingPerson(Stored File, Stored Person, double? Kilometres, decimal Rank);
}
