using System.Globalization;
using CptsFhirHub.Coordination.Signalements;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <summary>
/// Flags open files that stay in one state for longer than the tenant allows, and ends the flag when the file goes on. A flag is numbered by
/// the version of the file with which its state began: it is raised once for each stay, however often and by whomever this runs.
/// </summary>
internal sealed class StateWatch(ResourceStore store, Territories territories, TimeProvider time)
{
    private const string Overdue = "etat-prolonge";
    private const string Numbers = Vocabulary.Root + "/NamingSystem/alerte-etat";
    private const int PortionSize = 100;

    public async Task<string> RunAllAsync(CancellationToken cancellationToken)
    {
        var (files, begun, ended) = (0, 0, 0);
        foreach (var tenant in territories.Tenants)
        {
            var left = await ActiveFlagsAsync(tenant, cancellationToken);
            await foreach (var file in store.EachAsync(tenant, FileWatch.AllOpen with { Count = PortionSize }, cancellationToken))
            {
                files++;
                if (await StayAsync(tenant, file, cancellationToken) is not { } stay || left.Remove(stay.Number))
                    continue;
                begun += await BeginAsync(tenant, stay, cancellationToken) ? 1 : 0;
            }

            foreach (var flag in left.Values)
                ended += await EndAsync(tenant, flag, cancellationToken) ? 1 : 0;
        }

        return $"{files} open files, {begun} flagged as too long in their state, {ended} flags ended.";
    }

    /// <summary>A stay in one state that is too long.</summary>
    private sealed record Stay(string Number, string Patient, string Reason);

    private async Task<Dictionary<string, Stored>> ActiveFlagsAsync(string tenant, CancellationToken cancellationToken)
    {
        var active = new Dictionary<string, Stored>(StringComparer.Ordinal);
        var query = Queries.By("Flag", Queries.OfSystem("Flag", "identifier", Numbers)) with { Count = PortionSize };
        await foreach (var flag in store.EachAsync(tenant, query, cancellationToken))
            if (flag.Resource.Root.Text("status") == "active" && flag.Resource.Root.IdentifierOf(Numbers) is { } number)
                active[number] = flag;
        return active;
    }

    private async Task<Stay?> StayAsync(string tenant, Stored file, CancellationToken cancellationToken)
    {
        var root = file.Resource.Root;
        var (state, delays, today) = (KnownPerson.StateOf(root), territories.Of(tenant).FollowUp.StateDays, Days.Of(time.GetUtcNow()));
        if (root.Child("for")?.Text("reference") is not { } patient)
            return null;

        // Most files are too young, or in a state that may last: nobody need look at their past.
        if (StateClock.Overdue(state, DateOnly.MinValue, today, delays) is null
            || await store.VReadAsync(tenant, file.Type, file.Id, 1, cancellationToken) is { } first && StateClock.Overdue(state, Days.Of(first.LastUpdated), today, delays) is null)
            return null;
        var since = await SinceAsync(tenant, file, state, cancellationToken);
        return StateClock.Overdue(state, Days.Of(since.LastUpdated), today, delays) is { } reason
            ? new(string.Create(CultureInfo.InvariantCulture, $"{file.Id}/{since.Version}"), patient, reason)
            : null;
    }

    /// <summary>The version with which the file came into the state in which it is: what was changed since did not move it.</summary>
    private async Task<Stored> SinceAsync(string tenant, Stored file, string? state, CancellationToken cancellationToken)
    {
        var since = file;
        var query = new HistoryQuery { TotalMax = 0 };
        while (true)
        {
            var page = await store.HistoryAsync(tenant, file.Type, file.Id, query, cancellationToken);
            foreach (var version in page.Versions)
            {
                if (version.Version > file.Version)
                    continue;
                if (version.IsDeleted || KnownPerson.StateOf(version.Resource.Root) != state)
                    return since;
                since = version;
            }

            if (page.NextCursor is not { } next)
                return since;
            query = query with { Cursor = next };
        }
    }

    private async Task<bool> BeginAsync(string tenant, Stay stay, CancellationToken cancellationToken)
    {
        var flag = Element.OfResource("Flag");
        flag.AddItem("identifier").With("system", Numbers).With("value", stay.Number);
        flag.With("status", "active");
        flag.Concept("code", FileWatch.Alert, Overdue, "État qui dure").With("text", stay.Reason);
        flag.Refer("subject", stay.Patient);
        flag.Add("period").With("start", time.GetUtcNow().Instant());
        return (await store.CommitAsync(tenant,
        [
            new Write.Expect(Queries.By("Flag", Queries.Token("Flag", "identifier", Numbers, stay.Number)), ExpectedReference: null),
            new Write.Create(new(flag)),
        ], cancellationToken)).Committed;
    }

    private async Task<bool> EndAsync(string tenant, Stored flag, CancellationToken cancellationToken)
    {
        var root = flag.Resource.Root.Copy();
        root.Put("status", "inactive");
        (root.Child("period") ?? root.Add("period")).Put("end", time.GetUtcNow().Instant());
        return (await store.CommitAsync(tenant, [new Write.Update(new(root), flag.Id, flag.Version, MayCreate: false)], cancellationToken)).Committed;
    }
}
