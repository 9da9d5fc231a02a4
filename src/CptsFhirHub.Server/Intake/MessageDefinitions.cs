using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Server.Flows;

namespace CptsFhirHub.Server.Intake;

/// <summary>
/// The MessageDefinition of the event that the intake takes, and of its answer: what a sender must put into the message and what it gets back.
/// https://hl7.org/fhir/R4/messagedefinition.html
/// </summary>
internal static class MessageDefinitions
{
    private const string Root = Vocabulary.Root + "/MessageDefinition/";
    private const string Profiles = Vocabulary.Root + "/StructureDefinition/";

    /// <summary>What is sent, and what is answered.</summary>
    public static readonly IReadOnlyList<(string Mode, string Canonical)> Served =
        [("receiver", Root + FhirReferral.Event), ("sender", Root + FhirReferral.Event + "-reponse")];

    public static IEnumerable<PublishedDefinition> All => new[] { Asking(), Answering() }
        .Select(definition => new PublishedDefinition($"MessageDefinition-{definition.Text("id")}.json", FhirJson.Write(definition)));

    private static Element Asking()
    {
        var definition = Begun(FhirReferral.Event, "Signalement d'une personne sans médecin traitant",
            "A person who looks for a GP, the need, and what is known beside. Organisations and professionals are kept by number and name. "
            + "With ServiceRequest.status revoked the need is taken back.");
        var context = definition.AddItem("useContext");
        context.Add("code").With("system", "http://terminology.hl7.org/CodeSystem/usage-context-type").With("code", "workflow");
        context.Concept("valueCodeableConcept", Vocabulary.Root + "/CodeSystem/categorie-demande", "recherche-medecin-traitant");
        Event(definition, "consequence");
        Focus(definition, "ServiceRequest", Profiles + "hub-signalement", 1, "1");
        Focus(definition, "Patient", Profiles + "hub-patient", 1, "1");
        Focus(definition, "Task", null, 0, "1");
        foreach (var type in FhirReferral.Facts)
            Focus(definition, type, null, 0, "*");
        definition.With("responseRequired", "always").AddItem("allowedResponse").With("message", Served[1].Canonical);
        return definition;
    }

    private static Element Answering()
    {
        var definition = Begun(FhirReferral.Event + "-reponse", "Réponse à un signalement",
            "Names the message that it answers (response.identifier), tells ok or what is missing (response.code, and an OperationOutcome as "
            + "details), and the resources that stand now.");
        Event(definition, "notification");
        Focus(definition, "ServiceRequest", null, 0, "1");
        Focus(definition, "Patient", null, 0, "1");
        return definition.With("responseRequired", "never");
    }

    private static Element Begun(string id, string title, string description) => Element.OfResource("MessageDefinition")
        .With("id", id).With("url", Root + id).With("version", "1")
        .With("name", string.Concat(id.Split('-').Select(word => char.ToUpperInvariant(word[0]) + word[1..])))
        .With("title", title).With("status", "active").With("date", "2026-11-22").With("publisher", "CptsFhirHub").With("description", description);

    private static void Event(Element definition, string category)
    {
        definition.Add("eventCoding").With("system", Vocabulary.MessageEvent).With("code", FhirReferral.Event);
        definition.With("category", category);
    }

    private static void Focus(Element definition, string type, string? profile, int min, string max) =>
        definition.AddItem("focus").With("code", type).With("profile", profile).With("min", min).With("max", max);
}
