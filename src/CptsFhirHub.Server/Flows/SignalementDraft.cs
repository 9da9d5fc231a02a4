using CptsFhirHub.Coordination.Identity;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <summary>
/// What a map made of one message, by role: the person, the need, the work, and the facts around them.
/// References between them are still those of the map (<c>urn:uuid:patient</c>).
/// </summary>
internal sealed record SignalementDraft(Element Patient, Element? Request, Element? Task)
{
    public const string PatientUrl = "urn:uuid:patient";
    public const string RequestUrl = "urn:uuid:request";
    public const string TaskUrl = "urn:uuid:task";

    private IReadOnlyList<LookupKey>? _keys;

    /// <summary>The keys under which the person is sought, each once.</summary>
    public IReadOnlyList<LookupKey> Keys =>
        _keys ??= [.. IdentityKeys.Of(new Resource(Patient)).Distinct().Select(key => new LookupKey(key.Kind, key.Value))];

    /// <summary>The other entries: stay, answers, observations, consents, conditions; each with the URL the others refer to it by.</summary>
    public IReadOnlyList<(string Url, Element Resource)> Facts { get; init; } = [];

    /// <summary>The record that the sender itself named of this person; null when it named none.</summary>
    public OwnRecord? Own { get; init; }

    /// <summary>The client that sent it.</summary>
    public string Sender { get; init; } = "";

    public IEnumerable<Element> Resources =>
        new[] { Patient, Request, Task }.OfType<Element>().Concat(Facts.Select(fact => fact.Resource));

    /// <summary>What was told, or null when no Patient is among it.</summary>
    public static SignalementDraft? Of(IReadOnlyList<MappedResource> told)
    {
        Element? patient = null, request = null, task = null;
        var facts = new List<(string, Element)>();
        foreach (var (url, resource) in told)
        {
            switch (resource.ResourceType)
            {
                case "Patient" when patient is null: patient = resource; break;
                case "ServiceRequest" when request is null: request = resource; break;
                case "Task" when task is null: task = resource; break;
                default: facts.Add((url, resource)); break;
            }
        }

        return patient is null ? null : new(patient, request, task) { Facts = facts };
    }

    /// <summary>The key the sender knows this request by, with its system; null when it gave none.</summary>
    public (string System, string Value)? SourceKey
    {
        get
        {
            if (Request is null)
                return null;
            foreach (var identifier in Request.All("identifier"))
                if (identifier.Text("system") is { } system && identifier.Text("value") is { } value
                    && system.StartsWith(Vocabulary.SourceKeyPrefix, StringComparison.Ordinal))
                    return (system, value);
            return null;
        }
    }

    /// <summary>
    /// The same message seen from the number that disappears in a merge: a person with the <c>old</c> identifiers alone.
    /// </summary>
    public SignalementDraft Retired()
    {
        var retired = Element.OfResource("Patient");
        if (Patient.Child("meta") is { } meta)
            retired.Append(meta.Copy());
        foreach (var identifier in Patient.All("identifier"))
        {
            if (identifier.Text("use") != "old")
                continue;
            var usual = identifier.Copy();
            usual.Put("use", "usual");
            retired.Append(usual);
        }

        return new(retired, Request: null, Task: null) { Sender = Sender };
    }
}
