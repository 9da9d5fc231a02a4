using System.Security.Cryptography;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Server.Flows;

/// <summary>
/// A discharge that a hospital announces as an event (<c>CommunicationRequest</c> of the French event notification, type <c>SOR</c>): the
/// fourth way in which one discharge arrives. It says who left and when; that a GP is missing is presumed, so the person is asked first.
/// https://interop.esante.gouv.fr/ig/fhir/nde
/// </summary>
internal static class FhirEvent
{
    public const string Type = "CommunicationRequest";
    public const string Discharge = "SOR";

    /// <summary>The channel of an event that was written over FHIR: the hub alone sets it, so what it noted of the record is its own word.</summary>
    public const string Channel = "fhir";

    private const string Extensions = "https://interop.esante.gouv.fr/ig/fhir/nde/StructureDefinition/";
    private const string Events = "https://mos.esante.gouv.fr/NOS/TRE_R254-TypeEvenement/FHIR/TRE-R254-TypeEvenement";

    /// <summary>
    /// What recognises a repetition: the sender's own number of the event, else all that it says. The id of the resource is none: whoever receives
    /// one gives it its own, and senders number anew.
    /// </summary>
    public static string KeyOf(Element request)
    {
        if (request.Child("identifier")?.Text("value") is { } number)
            return number;
        var said = request.Copy();
        foreach (var own in (ReadOnlySpan<string>)["id", "meta", "text"])
            said.Remove(own);
        return "sha256:" + Convert.ToHexStringLower(SHA256.HashData(FhirJson.Write(said)));
    }

    /// <summary>A person whose declared GP the event names asks for nothing; it completes what is known. One that is revoked was none.</summary>
    public static MessageIntent Intent(Element request) => new(
        request.Text("status") is "revoked" or "entered-in-error" ? Wish.Withdraw
        : PatientOf(request)?.Child("generalPractitioner") is null ? Wish.Signal
        : Wish.Inform,
        IsInferred: true, Discharge);

    /// <summary>True for the announcement of a discharge, and for no other event.</summary>
    public static bool IsDischarge(Element request) => request.ResourceType == Type
        && request.ExtensionOf(Extensions + "event-type")?.Child("valueCodeableConcept").CodeOf(Events) is Discharge;

    /// <summary>
    /// The event with the person and the sender in it, wherever they stood: beside it in a Bundle, or in the hub already. What names nobody
    /// stays as it is.
    /// </summary>
    public static async Task<Element> WholeAsync(Element request, Func<string, Task<Meant?>> meant)
    {
        var whole = request.Copy(Type, isListItem: false);
        OwnRecord.ForgetAt(whole.Child("subject"));
        foreach (var (member, type) in new[] { ("subject", "Patient"), ("requester", "Organization") })
        {
            if (whole.Child(member) is not { } reference || reference.Text("reference") is not { } name || name.StartsWith('#')
                || await meant(name) is not { } named || named.Resource.ResourceType != type)
                continue;
            var contained = named.Resource.Copy("contained", isListItem: true);
            contained.Put("id", $"announced-{member}");
            whole.Append(contained);
            reference.Put("reference", $"#announced-{member}");
            if (member == "subject")
                new OwnRecord(name, named.IsNew).NoteAt(reference);
        }

        return whole;
    }

    public static Mapped Map(Element request)
    {
        var issues = new List<Issue>();
        if (!IsDischarge(request))
            issues.Add(Issue.Error("not-supported", "CommunicationRequest.extension(event-type)", "The event SOR is taken, and no other."));
        if (PatientOf(request) is not { } said)
            issues.Add(Issue.Error("required", "CommunicationRequest.subject", "The subject is a Patient that the resource contains."));
        if (issues.Count > 0)
            return new(null, null, issues);

        var when = request.ExtensionOf(Extensions + "event-time")?.Text("valueDateTime");
        var patient = PatientOf(request)!.Copy("Patient", isListItem: false);
        patient.Remove("id");
        patient.Remove("meta");
        patient.Remove("text");
        patient.Add("meta").WithItem("profile", FhirReferral.Profile + "hub-patient");

        var bundle = Element.OfResource("Bundle").With("type", "collection");
        Add(bundle, SignalementDraft.PatientUrl, patient);
        Add(bundle, SignalementDraft.RequestUrl, Need(request, when));
        Add(bundle, SignalementDraft.TaskUrl, Element.OfResource("Task").With("status", "received").With("intent", "order"));
        var mapped = Mapped.Of(bundle, issues);
        return mapped with { Draft = mapped.Draft! with { Own = OwnRecord.At(request.Child("subject")) } };
    }

    private static Element Need(Element request, string? when)
    {
        var need = Element.OfResource("ServiceRequest");
        need.Add("meta").WithItem("profile", FhirReferral.Profile + "hub-signalement");
        need.AddItem("extension").With("url", Vocabulary.SourceExtension)
            .Concept("valueCodeableConcept", Vocabulary.Root + "/CodeSystem/source-signalement", FhirReferral.SourceName);
        need.AddItem("identifier").With("system", Vocabulary.SourceKeyPrefix + FhirReferral.SourceName).With("value", KeyOf(request));
        need.With("status", "active").With("intent", "order");
        need.AddItem("category").Coding(Vocabulary.Root + "/CodeSystem/categorie-demande", "recherche-medecin-traitant");
        need.Refer("subject", SignalementDraft.PatientUrl);
        if (when is { Length: > 10 })
            need.With("authoredOn", when);
        if (RequesterOf(request) is { } hospital)
            need.Add("requester").With("display", hospital);
        foreach (var reason in (ReadOnlySpan<string>)["sans-mt-declare", "sortie-hospitalisation"])
            need.AddItem("reasonCode").Coding(Vocabulary.Root + "/CodeSystem/motif-demande", reason);
        return need;
    }

    private static void Add(Element bundle, string url, Element resource) =>
        bundle.AddItem("entry").With("fullUrl", url).Append(resource.Copy("resource", isListItem: false));

    private static Element? PatientOf(Element request) => ContainedOf(request, "subject", "Patient");

    private static string? RequesterOf(Element request) => ContainedOf(request, "requester", "Organization")?.Text("name");

    private static Element? ContainedOf(Element request, string member, string type)
    {
        var reference = request.Child(member)?.Text("reference");
        foreach (var contained in request.All("contained"))
            if (contained.ResourceType == type && reference == "#" + contained.Text("id"))
                return contained;
        return null;
    }
}
