using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <summary>Where resources come from: which message, from whom, read by which version of which map.</summary>
internal static class MessageProvenance
{
    private const string AgentTypes = "http://terminology.hl7.org/CodeSystem/provenance-participant-type";

    public static Element Of(
        JournalMessage message, Territory territory, string map, IReadOnlyList<string> targets, DateTimeOffset now)
    {
        var provenance = Element.OfResource("Provenance");
        Access.SentBy.Mark(provenance, message.ClientId);
        foreach (var target in targets)
            provenance.ReferItem("target", target);
        provenance.With("occurredDateTime", message.ReceivedAt.Instant()).With("recorded", now.Instant());
        provenance.WithItem("policy", map);

        var sender = provenance.AddItem("agent");
        sender.Concept("type", AgentTypes, "author", "Author");
        var who = sender.Add("who");
        who.With("reference", territory.OrganizationOf(message.ClientId));
        who.Add("identifier").With("system", Access.SentBy.System).With("value", message.ClientId);
        who.With("display", territory.NeighbourOf(message.ClientId));

        var hub = provenance.AddItem("agent");
        hub.Concept("type", AgentTypes, "assembler", "Assembler");
        hub.Add("who").With("display", "CptsFhirHub");

        var entity = provenance.AddItem("entity").With("role", "source");
        entity.Add("what").Add("identifier").With("system", Vocabulary.Message).With("value", message.Id);
        return provenance;
    }
}
