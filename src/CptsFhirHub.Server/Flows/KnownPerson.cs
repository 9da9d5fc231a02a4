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
    public IReadOnlyList<Stored> Spare { get; init; } = [];

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
        // Of several the one that is worked on counts.
        foreach (var open in await store.BearersAsync(tenant, [OpenRequestKey(patient.Reference)], cancellationToken))
        {
            var tasks = await store.FindAllAsync(
                tenant, Queries.By("Task", Queries.Refers("Task", "focus", open.Reference)), cancellationToken);
            var file = tasks.FirstOrDefault(task => KindOf(task) == Vocabulary.ParcoursTask);
            if (known.Request is not null && (known.File is not null || file is null))
            {
                known = known with { Spare = file is null ? [.. known.Spare, open.Resource] : known.Spare, OpenRequests = [.. known.OpenRequests, open.Reference] };
                continue;
            }

            known = known with
            {
                Spare = known.Request is { } before ? [.. known.Spare, before] : known.Spare,
                OpenRequests = [.. known.OpenRequests, open.Reference],
                Request = open.Resource,
                File = file,
                Children = [.. tasks.Where(task => KindOf(task) != Vocabulary.ParcoursTask)],
            };
        }

        return known;
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
