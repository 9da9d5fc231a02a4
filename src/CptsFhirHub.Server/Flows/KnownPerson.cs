using CptsFhirHub.Coordination.Identity;
using CptsFhirHub.Coordination.Signalements;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <summary>What the hub holds about one person when a message about the person comes in.</summary>
/// <param name="Patient">The person.</param>
internal sealed record KnownPerson(Stored Patient)
{
    /// <summary>Types of facts that triage and repetition look at; others are looked at when a message brings some.</summary>
    private static readonly string[] FactTypes = ["Observation", "Condition", "Consent", "Flag", "RiskAssessment", "Encounter"];

    /// <summary>The open request, if there is one: a person has one at most.</summary>
    public Stored? Request { get; init; }

    /// <summary>All open requests by reference, as they were read.</summary>
    public IReadOnlyList<string> OpenRequests { get; init; } = [];

    /// <summary>Other open requests, which nobody works on: a sender wrote them beside the one that stood. They end as duplicates of it.</summary>
    public IReadOnlyList<OpenRequest> Spare { get; init; } = [];

    /// <summary>The file: the Task <c>parcours-medecin-traitant</c> of the open request.</summary>
    public Stored? File { get; init; }

    /// <summary>The other Tasks of the open request.</summary>
    public IReadOnlyList<Stored> Children { get; init; } = [];

    public IReadOnlyList<Stored> Facts { get; init; } = [];

    /// <summary>What each sender says of the person, when there are several.</summary>
    public IReadOnlyList<Stored> Records { get; init; } = [];

    public IEnumerable<Stored> FactsOf(string type) => Facts.Where(fact => fact.Type == type);

    public static LookupKey OpenRequestKey(string patient) => new(IdentityKeys.OpenRequest, patient);

    /// <summary>Loads the person's open request, its Tasks and the facts of the usual types and of <paramref name="moreTypes"/>.</summary>
    public static async Task<KnownPerson> LoadAsync(
        ResourceStore store, string tenant, Stored patient, IEnumerable<string> moreTypes, CancellationToken cancellationToken)
    {
        var facts = new List<Stored>();
        foreach (var type in FactTypes.Union(moreTypes, StringComparer.Ordinal))
        {
            if (ServedTypes.PatientParameter.TryGetValue(type, out var parameter))
                facts.AddRange(await store.FindAllAsync(
                    tenant, Queries.By(type, Queries.Refers(type, parameter, patient.Reference)), cancellationToken));
        }

        var known = new KnownPerson(patient)
        {
            Facts = facts,
            Records = await PersonRecords.LoadAsync(store, tenant, patient.Reference, cancellationToken),
        };
        var open = new List<OpenRequest>();
        foreach (var bearer in await store.BearersAsync(tenant, [OpenRequestKey(patient.Reference)], cancellationToken))
            open.Add(await OpenRequest.LoadAsync(store, bearer.Resource, cancellationToken));

        // Of several the one that is worked on counts.
        return open.OrderByDescending(request => request.Standing).FirstOrDefault() is not { } stands ? known : known with
        {
            OpenRequests = [.. open.Select(request => request.Request.Reference)],
            Request = stands.Request,
            File = stands.File,
            Children = [.. stands.Others],
            Spare = [.. open.Where(request => request != stands && request.Standing < OpenRequest.WorkedOn)],
        };
    }

    /// <summary>The kind of a Task: <c>parcours-medecin-traitant</c>, <c>appui-dac</c>.</summary>
    public static string? KindOf(Stored task) => task.Resource.Root.Child("code").CodeOf(Vocabulary.TaskKind);

    /// <summary>
    /// The state of a file; null for another task. A partner that posts a file in FHIR's own words does not know ours: it is received.
    /// </summary>
    public static string? StateOf(Element task) => task.Child("businessStatus").CodeOf(Vocabulary.ParcoursState)
        ?? (IsUnread(task) && task.Child("code").CodeOf(Vocabulary.TaskKind) == Vocabulary.ParcoursTask ? FileStates.Received : null);

    /// <summary>The sources that have signalled the need of a request.</summary>
    public static List<string> SourcesOf(Element request)
    {
        var sources = new List<string>();
        foreach (var extension in request.All("extension"))
            if (extension.Text("url") == Vocabulary.SourceExtension
                && extension.At("valueCodeableConcept", "coding")?.Text("code") is { } source)
                sources.Add(source);
        return sources;
    }

    /// <summary>True while a partner's Task has been sent and nobody has said more.</summary>
    public static bool IsUnread(Element task) =>
        task.Child("businessStatus") is null && task.Text("status") is ("requested" or "received");
}

/// <summary>An open request with the Tasks that hang on it.</summary>
internal sealed record OpenRequest(Stored Request, IReadOnlyList<Stored> Tasks)
{
    /// <summary>The <see cref="Standing"/> of a request that somebody works on.</summary>
    public const int WorkedOn = 3;

    private static readonly string[] Untouched = [FileStates.Received, FileStates.ToConfirm, FileStates.ToQualify, FileStates.Incomplete];

    /// <summary>The Task <c>parcours-medecin-traitant</c>; null when it has none.</summary>
    public Stored? File => Tasks.FirstOrDefault(IsFile);

    /// <summary>Its other Tasks.</summary>
    public IEnumerable<Stored> Others => Tasks.Where(task => !IsFile(task));

    /// <summary>Greater for the one that goes on when a person has several: worked on, then with a file of the hub's own, then with a sender's.</summary>
    public int Standing => File is not { } file ? 0
        : KnownPerson.IsUnread(file.Resource.Root) ? 1
        : Untouched.Contains(KnownPerson.StateOf(file.Resource.Root), StringComparer.Ordinal) ? 2
        : WorkedOn;

    public static async Task<OpenRequest> LoadAsync(ResourceStore store, Stored request, CancellationToken cancellationToken) =>
        new(request, await store.FindAllAsync(request.Tenant, Queries.By("Task", Queries.Refers("Task", "focus", request.Reference)), cancellationToken));

    /// <summary>
    /// Its Tasks as they become when another request of the person stands: a file ends as a duplicate, and what else was asked for is asked for there.
    /// </summary>
    /// <param name="file">The file of the request that stands; null while it has none.</param>
    public IEnumerable<(Stored Before, Element After)> JoinedTo(string request, string? file, DateTimeOffset now)
    {
        foreach (var task in Tasks.Where(task => !ChildTasks.IsOver(task.Resource.Root.Text("status") ?? "")))
        {
            var root = task.Resource.Root;
            if (IsFile(task) && FileStates.Next(KnownPerson.StateOf(root) ?? "", FileStates.ClosedDuplicate) is not null)
            {
                var closed = FileSteps.Moved(root, FileStates.ClosedDuplicate, now);
                if (file is not null && closed.Child("partOf") is null)
                    closed.ReferItem("partOf", file);
                yield return (task, closed);
            }
            else if (!IsFile(task))
            {
                var moved = root.Copy();
                moved.Remove("focus");
                moved.Refer("focus", request);
                moved.Put("lastModified", now.Instant());
                yield return (task, moved);
            }
        }
    }

    private static bool IsFile(Stored task) => KnownPerson.KindOf(task) == Vocabulary.ParcoursTask;
}
