using System.Globalization;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Server.Flows;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Pages;

/// <summary>One open file as the work list shows it.</summary>
internal sealed record WorkItem(string RequestId, Element? Patient, string? State, string? Priority, decimal Rank, string? Since, IReadOnlyList<string> Reasons);

/// <summary>The open files of a tenant, the most urgent first; equal ranks by waiting time.</summary>
internal static class WorkList
{
    private const int ShownMax = 100;

    public static async Task<IReadOnlyList<WorkItem>> LoadAsync(ResourceStore store, string tenant, CancellationToken cancellationToken)
    {
        var tasks = await store.FindAllAsync(tenant, Queries.By("Task",
            Queries.Token("Task", "code", Vocabulary.TaskKind, Vocabulary.ParcoursTask),
            Queries.Token("Task", "status", null, "requested", "received", "accepted", "on-hold", "ready", "in-progress")), cancellationToken);

        var open = new List<(Stored Task, Stored Request)>();
        foreach (var task in tasks)
            if (task.Resource.Root.Child("focus")?.Text("reference") is { } focus
                && await store.ReadAsync(tenant, focus, cancellationToken) is { } request)
                open.Add((task, request));

        var shown = open
            .OrderByDescending(item => RankOf(item.Request.Resource.Root))
            .ThenBy(item => item.Request.Resource.Root.Text("authoredOn"), StringComparer.Ordinal)
            .Take(ShownMax).ToList();

        var items = new List<WorkItem>();
        foreach (var (task, request) in shown)
        {
            var root = request.Resource.Root;
            var subject = root.Child("subject")?.Text("reference");
            var patient = subject is null ? null : await store.ReadAsync(tenant, subject, cancellationToken);
            var flags = patient is null ? [] : await FlagsAsync(store, tenant, patient.Reference, cancellationToken);
            items.Add(new(request.Id, patient?.Resource.Root, KnownPerson.StateOf(task.Resource.Root), root.Text("priority"), RankOf(root),
                root.Text("authoredOn"), flags));
        }

        return items;
    }

    /// <summary>The criteria that hold for a person, in words.</summary>
    public static async Task<IReadOnlyList<string>> FlagsAsync(
        ResourceStore store, string tenant, string patient, CancellationToken cancellationToken)
    {
        var flags = await store.FindAllAsync(tenant, Queries.By("Flag", Queries.Refers("Flag", "patient", patient)), cancellationToken);
        return [.. flags.Where(flag => flag.Resource.Root.Text("status") == "active").OrderBy(flag => flag.Id, StringComparer.Ordinal).Select(flag => flag.Resource.Root.Child("code")!)
            .Select(code => code.Text("text") ?? code.Child("coding")?.Text("display") ?? code.Child("coding")?.Text("code") ?? "")];
    }

    private static decimal RankOf(Element request) => decimal.TryParse(
        request.ExtensionOf(Vocabulary.RankExtension)?.Text("valueDecimal"), NumberStyles.Number, CultureInfo.InvariantCulture, out var rank) ? rank : 0;
}
