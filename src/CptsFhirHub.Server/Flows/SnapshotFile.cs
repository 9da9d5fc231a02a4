using System.Text.Json;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <summary>
/// A file that says all there is: what an earlier file said and this one does not has ended. The resource of a line bears an identifier of
/// that system, made of the line's fields.
/// </summary>
/// <param name="EndedAtMost">The share of what is known that one file may end: beyond it the file is cut short, and nothing ends.</param>
internal sealed record SnapshotFields(string Type, string System, IReadOnlyList<string> Fields, double EndedAtMost)
{
    private const double EndedAtMostDefault = 0.2;

    /// <summary>The member <c>snapshot</c> of a <c>source.json</c>; null when there is none.</summary>
    public static SnapshotFields? Of(JsonElement root) => root.TryGetProperty("snapshot", out var snapshot)
        ? new(snapshot.GetProperty("type").GetString()!, snapshot.GetProperty("system").GetString()!,
            [.. snapshot.GetProperty("fields").EnumerateArray().Select(field => field.GetString()!)],
            snapshot.TryGetProperty("endedAtMost", out var share) ? share.GetDouble() : EndedAtMostDefault)
        : null;

    public string NumberOf(Element tree) => string.Join('|', Fields.Select(tree.Text));
}

/// <summary>Which lines of a file are the hub's affair: each field begins with one of its values. A list in the settings may say which.</summary>
internal sealed record KeptLines(IReadOnlyList<(string Field, IReadOnlyList<string> Values)> Fields)
{
    /// <summary>The member <c>keep</c> of a <c>source.json</c>; null when every line is.</summary>
    public static KeptLines? Of(JsonElement root, IConfiguration configuration) => !root.TryGetProperty("keep", out var keep)
        ? null
        : new([.. keep.EnumerateArray().Select(item => (item.GetProperty("field").GetString()!, Values(item, configuration)))]);

    public bool Holds(Element tree) => Fields.All(field => field.Values.Count == 0
        || tree.Text(field.Field) is { } said && field.Values.Any(value => said.StartsWith(value, StringComparison.Ordinal)));

    private static string[] Values(JsonElement item, IConfiguration configuration)
    {
        if (item.TryGetProperty("setting", out var setting) && configuration[setting.GetString()!] is { Length: > 0 } told)
            return told.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return item.TryGetProperty("startsWith", out var values) ? [.. values.EnumerateArray().Select(value => value.GetString()!)] : [];
    }
}

/// <summary>What a file of all there is would change.</summary>
/// <param name="Ends">What it no longer names.</param>
/// <param name="BeginsAgain">What had ended and is named anew.</param>
/// <param name="Active">How many are known and have not ended.</param>
/// <param name="Held">Why nothing is ended; null when nothing speaks against it.</param>
internal sealed record SnapshotPlan(IReadOnlyList<Stored> Ends, IReadOnlyList<Stored> BeginsAgain, int Active, string? Held);

/// <summary>
/// Ends what a file of all there is no longer names, and begins again what it names anew. A GP who has no role left has perhaps stopped
/// work: the team is asked to look.
/// </summary>
internal sealed class SnapshotFile(Journal journal, ResourceStore store, Territories territories, TimeProvider time)
{
    private const string Watch = "veille-cessation";
    private const int PortionSize = 50;
    private const int AttemptsMax = 6;

    public async Task<Reception> HandleAsync(
        JournalMessage file, Source source, SnapshotFields fields, SourceFile lines, Reception reception, CancellationToken cancellationToken)
    {
        var issues = reception.Issues.ToList();
        if (await IsOutdatedAsync(file, cancellationToken))
        {
            issues.Add(new(Severity.Information, "informational", "file", "A later file of this source came meanwhile: nothing is ended or begun again by this one."));
            return reception with { Issues = issues };
        }

        var plan = await PlanAsync(file.Tenant, fields, lines, cancellationToken);
        if (plan.Held is { } why)
            issues.Add(Issue.Warning("incomplete", "file", why));
        var watches = 0;
        foreach (var portion in plan.Ends.Select(one => (One: one, IsActive: false)).Concat(plan.BeginsAgain.Select(one => (One: one, IsActive: true))).Chunk(PortionSize))
            watches += await WriteAsync(file, source, portion, cancellationToken);
        if (plan.Ends.Count + plan.BeginsAgain.Count > 0)
            issues.Add(new(Severity.Information, "informational", "file",
                $"{plan.Ends.Count} of {fields.Type} have ended, {plan.BeginsAgain.Count} begun again; {watches} professionals have none left."));
        return reception with { Issues = issues };
    }

    /// <summary>What a file would end and begin again; it writes nothing.</summary>
    public async Task<SnapshotPlan> PlanAsync(string tenant, SnapshotFields fields, SourceFile lines, CancellationToken cancellationToken)
    {
        var named = lines.Lines.Select(line => line.Reading.Tree).OfType<Element>().Select(fields.NumberOf).ToHashSet(StringComparer.Ordinal);
        var known = await KnownAsync(tenant, fields, cancellationToken);
        var numbers = known.Select(one => NumberOf(one, fields)!).ToHashSet(StringComparer.Ordinal);
        var unread = lines.Lines.Count(line => !line.Reading.IsSound && (line.Reading.Tree is not { } tree || !numbers.Contains(fields.NumberOf(tree))));
        var active = known.Count(IsActive);
        var gone = known.Where(one => IsActive(one) && !named.Contains(NumberOf(one, fields)!)).ToList();
        var back = known.Where(one => !IsActive(one) && named.Contains(NumberOf(one, fields)!)).ToList();
        if (gone.Count > Math.Max(1, fields.EndedAtMost * active))
            return new([], [], active, $"The file does not name {gone.Count} of {active} that are known: it seems cut short, and none of them was ended.");

        // Whom an unreadable line names is not known: it may be anybody of those that seem gone.
        return unread > 0 && gone.Count > 0
            ? new([], back, active, $"{unread} lines of the file do not tell whom they name, and {gone.Count} that are known are missing: none of them was ended. Mend the lines and send the file again.")
            : new(gone, back, active, null);
    }

    /// <summary>True when a later file has told what there is: this one was held up, or one of its rows has only now gone on.</summary>
    private async Task<bool> IsOutdatedAsync(JournalMessage file, CancellationToken cancellationToken)
    {
        const int Looked = 20;
        var latest = await journal.FindAsync(new(file.Tenant) { Source = file.Source, IsWhole = true, Count = Looked }, cancellationToken);
        return latest.Any(other => other.Sequence > file.Sequence && other.State is (MessageState.Processed or MessageState.Waiting));
    }

    private async Task<List<Stored>> KnownAsync(string tenant, SnapshotFields fields, CancellationToken cancellationToken)
    {
        var known = new List<Stored>();
        var query = Queries.By(fields.Type, Queries.OfSystem(fields.Type, "identifier", fields.System));
        while (true)
        {
            var page = await store.SearchAsync(tenant, query, cancellationToken);
            known.AddRange(page.Matches);
            if (page.NextCursor is not { } cursor)
                return known;
            query = query with { Cursor = cursor };
        }
    }

    private async Task<int> WriteAsync(
        JournalMessage file, Source source, (Stored One, bool IsActive)[] portion, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var now = time.GetUtcNow();
            var today = Days.Text(now);
            var (writes, watches) = (new WriteList(file, now), 0);
            foreach (var (one, isActive) in portion)
            {
                // Read again: somebody else may have ended it meanwhile.
                if (await store.ReadAsync(file.Tenant, one.Reference, cancellationToken) is not { } stored || IsActive(stored) == isActive)
                    continue;
                var draft = new Draft(stored) { Root = stored.Resource.Root.Copy() };
                draft.Root.Remove("active");
                draft.Root.With("active", isActive);
                var period = draft.Root.Child("period") ?? draft.Root.Add("period");
                period.Remove("end");
                if (!isActive)
                    period.With("end", today);
                if (period.Count == 0)
                    draft.Root.Remove("period");
                writes.Put(draft);
                if (!isActive && await WatchAsync(file.Tenant, draft, portion, now, cancellationToken) is { } watch)
                {
                    writes.Put(writes.New(watch));
                    watches++;
                }
            }

            if (writes.Touched.Count == 0)
                return 0;
            writes.Put(writes.New(MessageProvenance.Of(file, territories.Of(file.Tenant), source.MapVersion(), writes.Touched, now)));
            if ((await store.CommitAsync(file.Tenant, writes.Resources(), cancellationToken)).Committed)
                return watches;
            if (attempt == AttemptsMax)
                throw new InvalidOperationException("What a file has ended keeps changing.");
        }
    }

    /// <summary>The task to look after a professional whose last role ends; null when another role is left, or the task is there already.</summary>
    private async Task<Element?> WatchAsync(
        string tenant, Draft role, (Stored One, bool IsActive)[] portion, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (role.Type != "PractitionerRole" || role.Root.Child("practitioner")?.Text("reference") is not { } doctor || role.Root.Child("specialty") is null)
            return null;
        var roles = await store.FindAllAsync(
            tenant, Queries.By("PractitionerRole", Queries.Refers("PractitionerRole", "practitioner", doctor)), cancellationToken);
        if (roles.Any(other => IsActive(other) && other.Reference != role.Reference && !portion.Any(ended => !ended.IsActive && ended.One.Reference == other.Reference)))
            return null;
        var open = await store.FindAllAsync(tenant, Queries.By("Task",
            Queries.Token("Task", "code", Vocabulary.TaskKind, Watch), Queries.Refers("Task", "focus", doctor)), cancellationToken);
        if (open.Any(task => task.Resource.Root.Text("status") == "requested"))
            return null;
        var watch = Element.OfResource("Task").With("status", "requested").With("intent", "proposal");
        watch.Concept("code", Vocabulary.TaskKind, Watch, "Cessation d'activité à vérifier");
        watch.With("description", "Ce médecin ne figure plus dans l'annuaire national : vérifier s'il cesse son activité et préparer sa cohorte.");
        watch.Refer("focus", doctor);
        watch.With("authoredOn", now.Instant()).With("lastModified", now.Instant());
        watch.Refer("owner", territories.Of(tenant).Cpts);
        return watch;
    }

    private static bool IsActive(Stored one) => one.Resource.Root.Text("active") != "false";

    private static string? NumberOf(Stored one, SnapshotFields fields) => one.Resource.Root.IdentifierOf(fields.System);
}
