using System.Globalization;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Server.Access;

/// <summary>
/// That somebody called an operation which reveals, shares or erases: who, when and which persons by reference, nothing else of them.
/// https://hl7.org/fhir/R4/auditevent.html
/// </summary>
internal static class AuditRecord
{
    private const string EventTypes = "http://terminology.hl7.org/CodeSystem/audit-event-type";

    /// <summary>The AuditEvent of a call of an operation.</summary>
    /// <param name="operation">As in <c>Patient/$match</c>.</param>
    /// <param name="action">C, R, U, D or E.</param>
    /// <param name="agent">The account that called.</param>
    /// <param name="about">The resources that it is about.</param>
    public static Element OfOperation(string operation, string action, string agent, DateTimeOffset now, params IEnumerable<string> about)
    {
        var audit = Begin(EventTypes, "rest", null);
        audit.AddItem("subtype").With("system", "http://hl7.org/fhir/restful-interaction").With("code", "operation").With("display", operation);
        return End(audit, action, agent, now, why: null, about);
    }

    /// <summary>The AuditEvent of what happened to a record of a person, with its reason.</summary>
    public static Element OfRecord(string action, string agent, DateTimeOffset now, string why, params IEnumerable<string> about) =>
        End(Begin("http://dicom.nema.org/resources/ontology/DCM", "110110", "Patient Record"), action, agent, now, why, about);

    private static Element Begin(string system, string code, string? display)
    {
        var audit = Element.OfResource("AuditEvent");
        audit.Add("type").With("system", system).With("code", code).With("display", display);
        return audit;
    }

    private static Element End(Element audit, string action, string agent, DateTimeOffset now, string? why, IEnumerable<string> about)
    {
        audit.With("action", action)
            .With("recorded", now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)).With("outcome", "0");
        if (why is not null)
            audit.AddItem("purposeOfEvent").With("text", why);
        var who = audit.AddItem("agent");
        who.Add("who").Add("identifier").With("system", SentBy.System).With("value", agent);
        who.With("requestor", true);
        audit.Add("source").Add("observer").With("display", "CptsFhirHub");
        foreach (var reference in about)
            audit.AddItem("entity").Add("what").With("reference", reference);
        return audit;
    }
}
