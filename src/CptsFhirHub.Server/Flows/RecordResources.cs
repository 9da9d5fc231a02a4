using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <summary>
/// Writes what a source tells about no patient: a GP's answers, a call, a line of a directory. Each resource is found again by its first
/// identifier, and takes what the source says of it; what others said beside it stays.
/// </summary>
internal sealed class RecordResources(ResourceStore store, Territories territories, TimeProvider time)
{
    private const int AttemptsMax = 12;

    public async Task<Reception> HandleAsync(
        JournalMessage message, Source source, IReadOnlyList<MappedResource> told, IReadOnlyList<Issue> issues,
        CancellationToken cancellationToken)
    {
        for (var attempt = 1; attempt <= AttemptsMax; attempt++)
        {
            var plan = await PlanAsync(message, source, told, issues, cancellationToken);
            var commit = await store.CommitAsync(message.Tenant, plan.Writes, cancellationToken);
            if (commit.Committed)
                return plan.Reception;

            var stop = commit.Results.First(result => !result.Holds && result is not Written.NotTried);
            if (stop is Written.AlreadySettled { Message: var settled })
            {
                // Somebody else walked this very message. What has had its effect has its answer too.
                if (!ReplayMessages.IsOpen(settled))
                    return Reception.OfJournal(settled);
                message = settled;
                continue;
            }

            if (stop is not (Written.Overtaken or Written.VersionMismatch))
                throw new InvalidOperationException($"The commit of records stopped at {stop.GetType().Name}.");
            await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(1, 5 * attempt)), cancellationToken);
        }

        // Durable and unfinished: the job that resumes messages takes it up.
        return new(ReceptionKind.Waiting, message.Id, MessageState.Received);
    }

    /// <summary>What the message would write, on what stands here now.</summary>
    public async Task<SignalementPlan> PlanAsync(
        JournalMessage message, Source source, IReadOnlyList<MappedResource> told, IReadOnlyList<Issue> issues,
        CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var writes = new WriteList(message, now);
        var guards = new List<Write>();
        var urls = new Dictionary<string, string>(StringComparer.Ordinal);
        var drafts = new List<(Draft Draft, Element Said)>();
        var isNew = false;
        foreach (var resource in told)
        {
            var (draft, guard, isAmbiguous) = await FindAsync(message.Tenant, resource, writes, cancellationToken);
            if (isAmbiguous)
            {
                var reception = new Reception(ReceptionKind.Waiting, message.Id, MessageState.Waiting)
                {
                    Issues = [.. issues, Issue.Warning("multiple-matches", resource.Resource.ResourceType!,
                        "Several resources bear this identifier: a coordinator decides which is meant.")],
                };
                return new(writes.Settled(reception, source.MapVersion()), reception);
            }

            isNew |= draft.Version is null;
            if (guard is not null)
                guards.Add(guard);
            urls[resource.Url] = draft.Reference;
            drafts.Add((draft, resource.Resource));
        }

        foreach (var (draft, resource) in drafts)
        {
            var said = resource.Copy();
            said.Resolve(urls);
            draft.Root = draft.Version is null ? said : Merged(draft.Root, said);
            Access.SentBy.Mark(draft.Root, message.ClientId);
            writes.Put(draft);
        }

        var map = source.MapVersion();
        if (writes.Touched.Count > 0)
            writes.Put(writes.New(MessageProvenance.Of(message, territories.Of(message.Tenant), map, writes.Touched, now)));
        var done = new Reception(isNew ? ReceptionKind.Created : ReceptionKind.Updated, message.Id, MessageState.Processed)
        {
            Issues = writes.Touched.Count > 0 ? issues : [.. issues, new(Severity.Information, "informational", "",
                "Everything this message says stood here already.")],
        };
        return new([.. guards, .. writes.Settled(done, map)], done);
    }

    private async Task<(Draft Draft, Write? Guard, bool IsAmbiguous)> FindAsync(
        string tenant, MappedResource told, WriteList writes, CancellationToken cancellationToken)
    {
        var type = told.Resource.ResourceType!;
        if (told.Identifier is not var (system, value))
            return (writes.New(told.Resource), null, false);

        var query = Queries.By(type, Queries.Token(type, "identifier", system, value));
        var found = await store.FindAllAsync(tenant, query, cancellationToken);
        return found.Count switch
        {
            0 => (writes.New(told.Resource), new Write.Expect(query, ExpectedReference: null), false),
            1 => (new Draft(found[0]), null, false),
            _ => (new Draft(found[0]), null, true),
        };
    }

    /// <summary>
    /// What is said takes the place of what stood under its name. Identifiers are joined, and an extension is replaced by one of its URL
    /// only: two sources know different things about one GP.
    /// </summary>
    internal static Element Merged(Element stored, Element said)
    {
        var merged = stored.Copy();
        foreach (var name in Names(said))
        {
            switch (name)
            {
                case "id" or "meta" or "text":
                    continue;
                case "extension":
                    foreach (var extension in said.All(name))
                        while (merged.ExtensionOf(extension.Text("url") ?? "") is { } older)
                            merged.Remove(older);
                    break;
                case "identifier":
                    foreach (var identifier in merged.All(name).ToArray())
                        if (Bears(said, identifier))
                            merged.Remove(identifier);
                    break;
                default:
                    while (merged.Remove(name))
                    {
                        // A list has as many children of that name as it has items.
                    }

                    break;
            }

            foreach (var child in said.All(name))
                merged.Append(child.Copy());
        }

        return InOrder(merged, stored);
    }

    /// <summary>The children as they stood, then the new ones: what did not change must compare equal.</summary>
    private static Element InOrder(Element merged, Element before)
    {
        var ordered = Element.OfResource(merged.ResourceType!);
        foreach (var name in Names(before).Union(Names(merged), StringComparer.Ordinal))
        {
            var children = merged.All(name).ToArray();
            if (name == "extension" || name == "identifier")
                children = [.. children.OrderBy(child => PlaceIn(before.All(name).ToArray(), child))];
            foreach (var child in children)
                ordered.Append(child.Copy());
        }

        return ordered;
    }

    private static int PlaceIn(Element[] before, Element child)
    {
        var at = Array.FindIndex(before, other => other.Text("url") == child.Text("url") && other.Text("system") == child.Text("system"));
        return at < 0 ? int.MaxValue : at;
    }

    private static bool Bears(Element said, Element identifier)
    {
        foreach (var other in said.All("identifier"))
            if (other.Text("system") == identifier.Text("system"))
                return true;
        return false;
    }

    private static List<string> Names(Element root)
    {
        var names = new List<string>();
        foreach (var child in root.Children)
            if (!names.Contains(child.Name))
                names.Add(child.Name);
        return names;
    }
}
