using CptsFhirHub.Coordination.Signalements;
using CptsFhirHub.Fhir.Search;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <summary>Erases the persons whose time is over (<see cref="Retention"/>, flow M25).</summary>
internal sealed class EraseExpired(ResourceStore store, ErasePerson erasing, Territories territories, TimeProvider time)
{
    public const string Name = "erase-expired";

    /// <summary>Persons looked at together.</summary>
    private const int PortionSize = 100;

    private const string Reason = "Durée de conservation échue";

    public async Task<string> RunAllAsync(CancellationToken cancellationToken)
    {
        var (persons, resources) = (0, 0);
        foreach (var tenant in territories.Tenants)
        {
            var (some, theirs) = await RunAsync(territories.Of(tenant), time.GetUtcNow(), cancellationToken);
            (persons, resources) = (persons + some, resources + theirs);
        }

        return $"{persons} persons erased, {resources} resources.";
    }

    /// <summary>Erases those of one territory whose time is over at that moment.</summary>
    public async Task<(int Persons, int Resources)> RunAsync(Territory territory, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var months = territory.FollowUp.EraseAfterMonths;
        if (months <= 0)
            return (0, 0);
        var (persons, resources, today) = (0, 0, Days.Of(now));

        // Whoever was written since is not due: somebody has spoken of the person.
        var query = Queries.By("Patient", Queries.At("Patient", "_lastUpdated", Prefix.Lt, now.AddMonths(-months))) with { Count = PortionSize };
        while (true)
        {
            var page = await store.SearchAsync(territory.Tenant, query, cancellationToken);
            foreach (var person in await HeldAsync(territory.Tenant, [.. page.Matches.Where(IsOwn)], cancellationToken))
            {
                if (!Retention.IsOver(person.Value, today, months))
                    continue;
                if (await erasing.RunAsync(territory.Tenant, person.Key, Name, Reason, cancellationToken) is not { } erased)
                    continue;
                persons += erased.Persons;
                resources += erased.Resources;
            }

            if (page.NextCursor is not { } next)
                return (persons, resources);
            query = query with { Cursor = next };
        }
    }

    private async Task<Dictionary<string, HeldPerson>> HeldAsync(string tenant, IReadOnlyList<Stored> patients, CancellationToken cancellationToken)
    {
        if (patients.Count == 0)
            return [];
        var references = patients.Select(patient => patient.Reference).ToList();
        var files = await AllAsync("Task", "patient", Queries.Token("Task", "code", Vocabulary.TaskKind, Vocabulary.ParcoursTask));
        var cohorts = await AllAsync("Group", "member");
        var appointments = await AllAsync("Appointment", "patient");
        return patients.ToDictionary(patient => patient.Reference, patient => new HeldPerson(Days.Of(patient.LastUpdated))
        {
            Files = [.. files.Where(file => file.Resource.Root.Child("for")?.Text("reference") == patient.Reference).Select(ClosedOn)],
            Cohorts = [.. cohorts.Where(group => Names(group, "member", "entity", patient.Reference)
                && group.Resource.Root.Text("active") != "false").Select(group => EndOf(group))],
            Appointment = appointments.Where(appointment => Names(appointment, "participant", "actor", patient.Reference))
                .Select(appointment => Days.Of(appointment.Resource.Root.Text("start"))).Max(),
        }, StringComparer.Ordinal);

        Task<List<Stored>> AllAsync(string type, string parameter, params ReadOnlySpan<Criterion> also) =>
            store.WalkAsync(tenant, Queries.By(type, [Queries.RefersToAny(type, parameter, references), .. also]), cancellationToken);
    }

    /// <summary>False for a record that was merged into another: it goes with that one.</summary>
    private static bool IsOwn(Stored patient)
    {
        foreach (var link in patient.Resource.Root.All("link"))
            if (link.Text("type") == "replaced-by")
                return false;
        return true;
    }

    /// <summary>The day on which a file was closed; null when it is open.</summary>
    private static DateOnly? ClosedOn(Stored file) => ChildTasks.IsOver(file.Resource.Root.Text("status") ?? "")
        ? Days.Of(file.Resource.Root.Text("lastModified")) ?? Days.Of(file.LastUpdated)
        : null;

    private static DateOnly? EndOf(Stored group) => Days.Of(group.Resource.Root.ExtensionOf(Vocabulary.CohortEndExtension)?.Text("valueDate"));

    private static bool Names(Stored stored, string items, string reference, string person)
    {
        foreach (var item in stored.Resource.Root.All(items))
            if (item.Child(reference)?.Text("reference") == person)
                return true;
        return false;
    }
}
