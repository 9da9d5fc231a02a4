using CptsFhirHub.Coordination.Signalements;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <summary>
/// Ends a file of which nobody has anything more to do: its request is no longer open, work that was asked for and has not begun is no longer
/// asked for, and who reported the person is told.
/// </summary>
internal sealed class FileClosing(ResourceStore store, SenderFeedback feedback, TimeProvider time)
{
    /// <summary>The writes, or none when the file does not go there from where it is.</summary>
    /// <param name="state">A closed state.</param>
    /// <param name="reason">Why, in words that can be read aloud.</param>
    /// <param name="complete">What else the file bears from then on.</param>
    /// <param name="endOf">A child task as it ends; null for one that is withdrawn like any other.</param>
    public async Task<IReadOnlyList<Write>> WritesAsync(
        Stored file, Stored request, string state, string reason, CancellationToken cancellationToken,
        Action<Element>? complete = null, Func<Stored, Element?>? endOf = null)
    {
        var from = KnownPerson.StateOf(file.Resource.Root) ?? "";
        if (FileStates.Next(from, state) is not { } closed)
            return [];
        var now = time.GetUtcNow();
        var root = FileSteps.Moved(file.Resource.Root, state, now);
        root.Remove("statusReason");
        root.Add("statusReason").With("text", reason);
        complete?.Invoke(root);
        var asked = request.Resource.Root.Copy();
        asked.Put("status", closed.RequestStatus);
        List<Write> writes = [Update(file, root), Update(request, asked)];
        foreach (var task in await store.FindAllAsync(
            file.Tenant, Queries.By("Task", Queries.Refers("Task", "focus", request.Reference)), cancellationToken))
        {
            if (task.Reference == file.Reference)
                continue;
            if (endOf?.Invoke(task) is { } ended)
                writes.Add(Update(task, ended));
            else if (task.Resource.Root.Text("status") is "requested" or "received" or "draft")
                writes.Add(Update(task, Withdrawn(task.Resource.Root, now)));
        }

        writes.AddRange(await feedback.OnStepAsync(file.Tenant, file.Resource.Root, from, state, cancellationToken));
        return writes;
    }

    private static Element Withdrawn(Element task, DateTimeOffset now)
    {
        var withdrawn = task.Copy();
        withdrawn.Put("status", "cancelled");
        withdrawn.Put("lastModified", now.Instant());
        return withdrawn;
    }

    private static Write.Update Update(Stored stored, Element root) => new(new(root), stored.Id, stored.Version, MayCreate: false);
}
