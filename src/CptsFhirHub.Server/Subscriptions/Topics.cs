using CptsFhirHub.Fhir.FhirPath;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Server.Flows;

namespace CptsFhirHub.Server.Subscriptions;

/// <summary>A change that partners follow: one line of <see cref="Topics"/>.</summary>
/// <param name="Name">The last part of its URL.</param>
/// <param name="Interactions">Of <c>create</c>, <c>update</c>, <c>delete</c>: those that can be such a change.</param>
/// <param name="Trigger">FHIRPath on <c>%current</c> and <c>%previous</c> (empty on a create); null when each such interaction is one.</param>
/// <param name="FilterBy">The search parameters by which it is usually narrowed; any other of the type is taken too.</param>
internal sealed record Topic(
    string Name, string Title, string French, string ResourceType, IReadOnlyList<string> Interactions, string? Trigger, IReadOnlyList<string> FilterBy)
{
    private readonly FhirPathExpression? _trigger = Trigger is null ? null : FhirPathExpression.Parse(Trigger);

    public string Url => $"{Topics.Base}/{Name}";

    /// <summary>True when the change from one version to the other is this topic's. <paramref name="current"/> is null for a deletion.</summary>
    public bool IsTriggeredBy(Resource? previous, Resource? current)
    {
        var interaction = current is null ? "delete" : previous is null ? "create" : "update";
        if (!Interactions.Contains(interaction))
            return false;
        if (_trigger is null || current is null)
            return true;
        var now = Items.Of(Item.Of(current));
        var context = new EvaluationContext
        {
            Variables = new Dictionary<string, Items>(StringComparer.Ordinal)
            {
                ["current"] = now,
                ["previous"] = previous is null ? Items.Empty : Items.Of(Item.Of(previous)),
            },
        };
        try
        {
            return _trigger.IsTrue(Item.Of(current), context);
        }
        catch (FhirPathException)
        {
            // The data do not fit the question: then it is no such change.
            return false;
        }
    }

    /// <summary>
    /// The topic as R4 can say it: a Basic with the elements of R5's SubscriptionTopic as extensions.
    /// https://hl7.org/fhir/uv/subscriptions-backport/topic_discovery.html
    /// </summary>
    public Resource ToBasic()
    {
        const string prefix = "http://hl7.org/fhir/5.0/StructureDefinition/extension-SubscriptionTopic.";
        var root = Element.OfResource("Basic");
        root.With("id", $"topic-{Name}");
        Add("url", "valueUri", Url);
        Add("title", "valueString", Title);
        Add("status", "valueCode", "active");
        Add("description", "valueMarkdown", French);
        var trigger = root.AddItem("extension").With("url", prefix + "resourceTrigger");
        trigger.AddItem("extension").With("url", "resource").With("valueUri", "http://hl7.org/fhir/StructureDefinition/" + ResourceType);
        foreach (var interaction in Interactions)
            trigger.AddItem("extension").With("url", "supportedInteraction").With("valueCode", interaction);
        if (Trigger is not null)
            trigger.AddItem("extension").With("url", "fhirPathCriteria").With("valueString", Trigger);
        foreach (var filter in FilterBy)
            root.AddItem("extension").With("url", prefix + "canFilterBy")
                .AddItem("extension").With("url", "filterParameter").With("valueString", filter);
        root.Concept("code", Topics.BasicSystem, Topics.BasicCode, "SubscriptionTopic");
        return new(root);

        void Add(string name, string value, string text) => root.AddItem("extension").With("url", prefix + name).With(value, text);
    }
}

/// <summary>What partners can follow: who is waiting for what is in the flows of a CPTS, not in the shape of a resource.</summary>
internal static class Topics
{
    public const string Base = Vocabulary.Root + "/SubscriptionTopic";
    public const string BasicSystem = "http://hl7.org/fhir/fhir-types";
    public const string BasicCode = "SubscriptionTopic";

    private const string IsFile = $"%current.code.coding.where(system = '{Vocabulary.TaskKind}' and code = '{Vocabulary.ParcoursTask}').exists()";
    private const string Ended = "'completed' | 'cancelled' | 'failed' | 'rejected' | 'entered-in-error'";

    public static readonly IReadOnlyList<Topic> All =
    [
        new("task-changed", "A task is new or changed", "Une tâche est créée, modifiée ou supprimée.",
            "Task", ["create", "update", "delete"], null, ["owner", "status", "code", "business-status", "patient", "requester", "focus"]),
        new("file-moved", "A file has moved", "Un dossier change d'état dans le parcours.",
            "Task", ["create", "update"],
            $"{IsFile} and (%previous.exists().not() or (%previous.businessStatus.coding.code = %current.businessStatus.coding.code).not())",
            ["owner", "business-status", "patient", "focus"]),
        new("file-closed", "A file is closed", "Un dossier est clos.",
            "Task", ["create", "update"],
            $"{IsFile} and (%current.status in ({Ended})) and (%previous.exists() and %previous.status in ({Ended})).not()",
            ["owner", "business-status", "patient", "focus"]),
        new("request-created", "A signalement has been taken in", "Un signalement est reçu.",
            "ServiceRequest", ["create"], null, ["category", "priority", "patient", "requester"]),
        new("request-status-changed", "A request has changed its status", "Une demande change de statut.",
            "ServiceRequest", ["create", "update"], "%previous.exists().not() or %previous.status != %current.status",
            ["status", "category", "priority", "patient", "requester"]),
        new("slot-freed", "A slot has become free", "Un créneau devient libre.",
            "Slot", ["create", "update"], "%current.status = 'free' and (%previous.exists() and %previous.status = 'free').not()",
            ["schedule", "start", "service-type", "specialty", "appointment-type", "_security"]),
        new("appointment-changed", "An appointment is new or changed", "Un rendez-vous est créé, modifié ou supprimé.",
            "Appointment", ["create", "update", "delete"], null, ["patient", "practitioner", "location", "status", "slot"]),
    ];

    /// <summary>The topic of a canonical URL, below our own root or one of <paramref name="otherRoots"/>; a version after a bar is passed over.</summary>
    public static Topic? Find(string canonical, IReadOnlyList<string> otherRoots)
    {
        var bar = canonical.IndexOf('|', StringComparison.Ordinal);
        var url = bar < 0 ? canonical : canonical[..bar];
        return otherRoots.Append(Vocabulary.Root)
            .Select(root => root + "/SubscriptionTopic/")
            .Where(root => url.StartsWith(root, StringComparison.Ordinal))
            .Select(root => All.FirstOrDefault(topic => topic.Name == url[root.Length..]))
            .FirstOrDefault(topic => topic is not null);
    }

    /// <summary>True for a criteria text that names a topic: an absolute URL, where a search string begins with a type.</summary>
    public static bool IsCanonical(string criteria) =>
        criteria.StartsWith("http://", StringComparison.Ordinal) || criteria.StartsWith("https://", StringComparison.Ordinal)
        || criteria.StartsWith("urn:", StringComparison.Ordinal);
}
