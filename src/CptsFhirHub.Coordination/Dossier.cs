using System.Collections.Frozen;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Coordination;

/// <summary>What is known of a claim. Missing is not "no".</summary>
public enum Told
{
    /// <summary>Nobody asked, or nobody knew.</summary>
    Unknown,

    /// <summary>Somebody said no.</summary>
    No,

    /// <summary>Somebody said yes.</summary>
    Yes,
}

/// <summary>
/// What the hub knows about one request, gathered from its resources into plain values, so that rules need not know where a fact stands
/// in FHIR. Order and repetition of the resources do not matter.
/// </summary>
public sealed record Dossier
{
    private const string Fact = Canon.Base + "/CodeSystem/fait";
    private const string ConsentObject = Canon.Base + "/CodeSystem/objet-consentement";

    /// <summary>ISO, perhaps partial; null when unknown.</summary>
    public string? BirthDate { get; init; }

    public bool IsDeceased { get; init; }

    public bool HasName { get; init; }

    public bool HasPhone { get; init; }

    public bool HasEmail { get; init; }

    public bool HasAddress { get; init; }

    /// <summary>The claims, by code of <c>CodeSystem/fait</c>.</summary>
    public FrozenDictionary<string, Told> Facts { get; init; } = FrozenDictionary<string, Told>.Empty;

    /// <summary><c>oui</c>, <c>difficile</c>, <c>non</c>, or null when nobody said.</summary>
    public string? Mobility { get; init; }

    /// <summary>Why a GP is sought: codes of <c>motif-demande</c> and of the PRADO volets.</summary>
    public IReadOnlySet<string> Reasons { get; init; } = FrozenSet<string>.Empty;

    /// <summary>Who signalled: codes of <c>type-signalant</c>.</summary>
    public IReadOnlySet<string> Reporters { get; init; } = FrozenSet<string>.Empty;

    /// <summary>Criteria that a person has set by hand, with a Flag: <c>suivi-urgent</c> among them.</summary>
    public IReadOnlySet<string> SetByHand { get; init; } = FrozenSet<string>.Empty;

    /// <summary>Consents given or refused, by code of <c>objet-consentement</c>.</summary>
    public FrozenDictionary<string, Told> Consents { get; init; } = FrozenDictionary<string, Told>.Empty;

    /// <summary>The number of distinct diagnoses that are not over.</summary>
    public int Conditions { get; init; }

    public bool HasStay { get; init; }

    /// <summary>The day the person began to wait; refusals and second reports never change it.</summary>
    public DateOnly? WaitingSince { get; init; }

    /// <summary>What was told about a claim.</summary>
    public Told Says(string fact) => Facts.TryGetValue(fact, out var told) ? told : Told.Unknown;

    /// <summary>What was told about a consent.</summary>
    public Told Consent(string subject) => Consents.TryGetValue(subject, out var told) ? told : Told.Unknown;

    /// <summary>Gathers a dossier from a Patient, its request and whatever else is known of them.</summary>
    public static Dossier Of(Element patient, Element? request, IEnumerable<Element> others)
    {
        var facts = new List<(string Code, Told Told, string When, bool IsFinal)>();
        var consents = new List<(string Code, Told Told, string When, bool IsFinal)>();
        string? mobility = null;
        var mobilityWhen = "";
        HashSet<string> byHand = [];
        HashSet<string> conditions = [];
        foreach (var resource in others)
        {
            switch (resource.ResourceType)
            {
                case "Observation" when resource.Text("status") is not ("entered-in-error" or "cancelled"):
                    if (CodeIn(resource.Child("code"), Fact) is not { } code)
                        break;
                    var when = resource.Text("effectiveDateTime") ?? resource.Text("issued") ?? "";
                    if (code == "mobilite" && resource.At("valueCodeableConcept", "coding")?.Text("code") is { } answer
                        && string.CompareOrdinal(when, mobilityWhen) >= 0)
                        (mobility, mobilityWhen) = (answer, when);
                    var isFinal = resource.Text("status") is "final" or "amended" or "corrected";
                    facts.Add((code, ToldBy(resource.Child("valueBoolean")), when, isFinal));
                    break;
                case "Consent" when CodeIn(resource.Child("category"), ConsentObject) is { } subject:
                    var provision = resource.Child("provision")?.Text("type");
                    var given = provision is "permit" ? Told.Yes : provision is "deny" ? Told.No : Told.Unknown;
                    consents.Add((subject, given, resource.Text("dateTime") ?? "", true));
                    break;
                case "Flag" when resource.Text("status") is "active" && resource.Child("author") is not null
                    && CodeIn(resource.Child("code"), Canon.FragilityCriterion) is { } criterion:
                    byHand.Add(criterion);
                    break;
                case "Condition":
                    if (resource.At("clinicalStatus", "coding")?.Text("code") is "resolved" or "inactive" or "remission")
                        break;
                    if ((resource.At("code", "coding")?.Text("code") ?? resource.Child("code")?.Text("text")) is { } diagnosis)
                        conditions.Add(diagnosis);
                    break;
                case "Coverage" when resource.Text("status") is not ("cancelled" or "entered-in-error")
                    && resource.At("type", "coding")?.Text("code")?.ToLowerInvariant() is "c2s" or "ame" or "cmu":
                    facts.Add((resource.At("type", "coding")!.Text("code")!.ToLowerInvariant(), Told.Yes, "", true));
                    break;
            }
        }

        // Only "stat": "asap" is what the rules write themselves, and must not feed them.
        if (request?.Text("priority") is "stat")
            byHand.Add("suivi-urgent");
        return new()
        {
            BirthDate = patient.Text("birthDate"),
            IsDeceased = patient.Child("deceasedDateTime") is not null || patient.Text("deceasedBoolean") is "true",
            HasName = patient.Child("name") is not null,
            HasPhone = HasTelecom(patient, "phone") || HasTelecom(patient, "sms"),
            HasEmail = HasTelecom(patient, "email"),
            HasAddress = patient.Child("address") is { } address
                && (address.Child("city") ?? address.Child("postalCode") ?? address.Child("extension")) is not null,
            Facts = Settle(facts),
            Consents = Settle(consents),
            Mobility = mobility,
            Reasons = request is null ? FrozenSet<string>.Empty : CodesOf(request.All("reasonCode")),
            Reporters = request is null ? FrozenSet<string>.Empty : ExtensionCodes(request, Canon.ReporterKind),
            SetByHand = byHand,
            Conditions = conditions.Count,
            HasStay = request?.Child("encounter") is not null,
            WaitingSince = request?.Text("authoredOn") is { Length: >= 10 } on
                && DateOnly.TryParseExact(on[..10], "yyyy-MM-dd", out var day) ? day : null,
        };
    }

    /// <summary>
    /// One answer a claim: the newest that says yes or no; of the same moment, the one a professional gave, then yes before no,
    /// since overlooking a fragile person costs more than asking again.
    /// </summary>
    private static FrozenDictionary<string, Told> Settle(List<(string Code, Told Told, string When, bool IsFinal)> answers) => answers
        .GroupBy(answer => answer.Code)
        .ToFrozenDictionary(
            group => group.Key,
            group => group
                .Where(answer => answer.Told != Told.Unknown)
                .OrderByDescending(answer => answer.When, StringComparer.Ordinal)
                .ThenByDescending(answer => answer.IsFinal)
                .ThenByDescending(answer => answer.Told)
                .Select(answer => answer.Told)
                .FirstOrDefault());

    private static Told ToldBy(Element? value) => value?.Value switch { "true" => Told.Yes, "false" => Told.No, _ => Told.Unknown };

    private static bool HasTelecom(Element patient, string system)
    {
        foreach (var contact in patient.All("telecom"))
            if (contact.Text("system") == system && contact.Text("value") is not null)
                return true;
        return false;
    }

    private static string? CodeIn(Element? concept, string system)
    {
        foreach (var coding in concept is null ? [] : concept.All("coding"))
            if (coding.Text("system") == system)
                return coding.Text("code");
        return null;
    }

    private static HashSet<string> CodesOf(ReadOnlySpan<Element> concepts)
    {
        HashSet<string> codes = [];
        foreach (var concept in concepts)
            foreach (var coding in concept.All("coding"))
                if (coding.Text("code") is { } code)
                    codes.Add(code);
        return codes;
    }

    private static HashSet<string> ExtensionCodes(Element element, string url)
    {
        HashSet<string> codes = [];
        foreach (var extension in element.All("extension"))
            if (extension.Text("url") == url && extension.At("valueCodeableConcept", "coding")?.Text("code") is { } code)
                codes.Add(code);
        return codes;
    }
}
