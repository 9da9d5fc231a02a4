using System.Globalization;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Server.Access;

/// <summary>
/// That somebody called an operation which reveals, shares or erases: who, when and which persons by reference, nothing else of them.
/// https://hl7.org/fhir/R4/auditevent.html
/// </summary>
internal static class AuditRecord
{
    private const string Dcm = "http://dicom.nema.org/resources/ontology/DCM";
    private const string EventTypes = "http://terminology.hl7.org/CodeSystem/audit-event-type";

    /// <summary>The AuditEvent of a call of an operation.</summary>
    /// <param name="operation">As in <c>Patient/$match</c>.</param>
    /// <param name="action">C, R, U, D or E.</param>
    /// <param name="agent">The account that called.</param>
    /// <param name="about">The resources that it is about.</param>
    /// <param name="purpose">What for, as a code of <see cref="PurposeOfUse"/>; null when nobody is asked for it.</param>
    public static Element OfOperation(string operation, string action, string agent, DateTimeOffset now, IEnumerable<string> about, string? purpose = null)
    {
        var audit = Begin(EventTypes, "rest", null);
        audit.AddItem("subtype").With("system", "http://hl7.org/fhir/restful-interaction").With("code", "operation").With("display", operation);
        return End(audit, action, agent, now, why: null, about, purpose);
    }

    /// <summary>The AuditEvent of what happened to a record of a person, with its reason.</summary>
    public static Element OfRecord(string action, string agent, DateTimeOffset now, string why, params IEnumerable<string> about) =>
        End(Begin(Dcm, "110110", "Patient Record"), action, agent, now, why, about);

    /// <summary>The AuditEvent of settings that are other than before.</summary>
    /// <param name="what">Which settings.</param>
    public static Element OfSettings(string what, string before, string after, DateTimeOffset now)
    {
        var audit = Begin(Dcm, "110113", "Security Alert");
        audit.AddItem("subtype").With("system", Dcm).With("code", "110131").With("display", "Software Configuration");
        End(audit, "U", agent: null, now, why: null, []);
        var entity = audit.AddItem("entity").With("description", what);
        entity.AddItem("detail").With("type", "before").With("valueString", before);
        entity.AddItem("detail").With("type", "after").With("valueString", after);
        return audit;
    }

    private static Element Begin(string system, string code, string? display)
    {
        var audit = Element.OfResource("AuditEvent");
        audit.Add("type").With("system", system).With("code", code).With("display", display);
        return audit;
    }

    private static Element End(Element audit, string action, string? agent, DateTimeOffset now, string? why, IEnumerable<string> about, string? purpose = null)
    {
        audit.With("action", action)
            .With("recorded", now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)).With("outcome", "0");
        if (why is not null)
            audit.AddItem("purposeOfEvent").With("text", why);
        if (purpose is not null)
            PurposeOfUse.Write(audit, purpose);
        var who = audit.AddItem("agent");
        if (agent is null)
            who.Add("who").With("display", "CptsFhirHub");
        else
            who.Add("who").Add("identifier").With("system", SentBy.System).With("value", agent);
        who.With("requestor", agent is not null);
        audit.Add("source").Add("observer").With("display", "CptsFhirHub");
        foreach (var reference in about)
            audit.AddItem("entity").Add("what").With("reference", reference);
        return audit;
    }
}
