using CptsFhirHub.Server.Flows;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Intake;

/// <summary>What became of a message, from its bytes to the GP who accepts: what it wrote, what went out for it, and how its file went on.</summary>
internal sealed class MessageStories(Journal journal, ResourceStore store, Outbox outbox)
{
    /// <summary>Versions of a file's Task that are looked at, and outgoing entries of one file: a life has a few dozen.</summary>
    private const int StepsMax = 200;

    public async Task<MessageStory> OfAsync(JournalMessage message, CancellationToken cancellationToken)
    {
        var lineage = await journal.LineageAsync(message.Tenant, message.Id, cancellationToken);
        var file = message.Signalement is { } request ? await FileAsync(message.Tenant, request, cancellationToken) : null;
        var outgoing = lineage.Select(WriteList.OutboxIdOf).OfType<string>()
            .Select(id => outbox.Find(message.Tenant, id)).OfType<OutboxItem>().ToList();

        // What was queued by the message itself, and what its file has caused since: each once, in the order it was written.
        if (file is not null)
            outgoing.AddRange(await outbox.OfSubjectAsync(message.Tenant, file.Reference, StepsMax, cancellationToken));
        return new(
            [.. lineage.Where(reference => WriteList.OutboxIdOf(reference) is null)],
            [.. lineage.Select(WriteList.OutboxIdOf).OfType<string>()],
            [.. outgoing.DistinctBy(item => item.Entry.Id).OrderBy(item => item.CreatedAt).ThenBy(item => item.Entry.Id, StringComparer.Ordinal)],
            file is null ? [] : await StepsAsync(file, cancellationToken));
    }

    private async Task<Stored?> FileAsync(string tenant, string request, CancellationToken cancellationToken) =>
        (await store.FindAllAsync(tenant, Queries.By("Task", Queries.Refers("Task", "focus", request)), cancellationToken))
            .FirstOrDefault(task => KnownPerson.KindOf(task) == Vocabulary.ParcoursTask);

    /// <summary>The states the file has been in, oldest first.</summary>
    private async Task<IReadOnlyList<FileStep>> StepsAsync(Stored file, CancellationToken cancellationToken)
    {
        var steps = new List<FileStep>();
        var page = await store.HistoryAsync(file.Tenant, file.Type, file.Id, new(StepsMax), cancellationToken);
        foreach (var version in page.Versions.Reverse().Where(version => !version.IsDeleted))
        {
            var task = version.Resource.Root;
            if (KnownPerson.StateOf(task) is { } state && (steps.Count == 0 || steps[^1].State != state))
                steps.Add(new(state, FileSteps.DisplayOf(state), version.LastUpdated, task.Child("owner")?.Text("reference")));
        }

        return steps;
    }
}

/// <summary>The story of one message.</summary>
/// <param name="Resources">The versions it wrote, "Type/id/_history/v".</param>
/// <param name="Queued">The outbox entries of its own commit, by id; those delivered long ago are forgotten and stand here alone.</param>
/// <param name="Outgoing">What went out, or is to, for it and for its file.</param>
/// <param name="Steps">The states of its file.</param>
internal sealed record MessageStory(
    IReadOnlyList<string> Resources, IReadOnlyList<string> Queued, IReadOnlyList<OutboxItem> Outgoing, IReadOnlyList<FileStep> Steps)
{
    public static readonly MessageStory None = new([], [], [], []);
}

/// <summary>A state that a file entered, when, and whose turn it was then.</summary>
internal sealed record FileStep(string State, string French, DateTimeOffset At, string? Owner);
