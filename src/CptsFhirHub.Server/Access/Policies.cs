using System.Collections.Frozen;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Search;

namespace CptsFhirHub.Server.Access;

/// <summary>
/// The rights of each role: one place to read who may do what. Rows are search criteria, so that a right enters every query
/// before it runs and no count or order tells about rows outside it.
/// </summary>
internal static class Policies
{
    private static readonly string[] SignalementTypes =
    [
        "ServiceRequest", "Task", "Encounter", "RelatedPerson", "Coverage", "Condition", "Observation", "Flag", "QuestionnaireResponse",
        "Communication", "DocumentReference", "Consent",
    ];

    private static readonly string[] AgendaTypes = ["Schedule", "Slot", "Appointment"];

    public static Policy For(string role, string clientId, string? organization)
    {
        var rights = new Dictionary<string, Right>(StringComparer.Ordinal);
        switch (role)
        {
            case Roles.Admin or Roles.Coordination:
                foreach (var type in ServedTypes.All)
                    rights[type] = new(ServedTypes.ReadOnly.Contains(type) ? Deeds.Read | Deeds.Search : Deeds.All, Rows: null);
                return new(rights.ToFrozenDictionary(StringComparer.Ordinal), sender: null);

            case Roles.Hospital:
                GrantConformance(rights);
                GrantOwnSignalements(rights, clientId);
                // Events that it announces; what it announced it reads again.
                rights["CommunicationRequest"] = new(Deeds.Create | Deeds.Read | Deeds.Search, Sent("CommunicationRequest", clientId));
                break;

            case Roles.Dac when organization is not null:
                GrantConformance(rights);
                GrantDirectory(rights);
                GrantSlots(rights, publicOnly: true);
                GrantTasksOf(rights, organization, clientId);
                break;

            case Roles.Booking:
                GrantConformance(rights);
                foreach (var type in AgendaTypes.Concat(ServedTypes.Directory))
                    rights[type] = new(Deeds.All, Sent(type, clientId));
                break;

            case Roles.Guichet or Roles.Sas:
                GrantConformance(rights);
                GrantDirectory(rights);
                GrantSlots(rights, publicOnly: role == Roles.Sas);
                break;
        }

        if (rights.Count > 0)
            GrantSubscriptions(rights, clientId);
        return new(rights.ToFrozenDictionary(StringComparer.Ordinal), clientId);
    }

    /// <summary>The sources a role posts to when its registration names none: those whose folder says so (<c>roles</c>), and FHIR.</summary>
    public static IReadOnlySet<string> SourcesOf(string role, ILookup<string, string> folders) => role switch
    {
        Roles.Admin or Roles.Coordination => FrozenSet.Create(StringComparer.Ordinal, "*"),
        Roles.Hospital or Roles.Dac => folders[role].Append("fhir").ToFrozenSet(StringComparer.Ordinal),
        _ => folders[role].ToFrozenSet(StringComparer.Ordinal),
    };

    /// <summary>Its own subscriptions, and the topics there are. What one may follow is a right to the type that is followed.</summary>
    private static void GrantSubscriptions(Dictionary<string, Right> rights, string clientId)
    {
        rights["Subscription"] = new(Deeds.All, Sent("Subscription", clientId));
        rights["Basic"] = new(Deeds.Read | Deeds.Search, Match("Basic", "code", new SearchValue.Token(null, "SubscriptionTopic")));
    }

    private static void GrantConformance(Dictionary<string, Right> rights)
    {
        foreach (var type in ServedTypes.Conformance)
            rights[type] = new(Deeds.Read | Deeds.Search, Rows: null);
    }

    private static void GrantDirectory(Dictionary<string, Right> rights)
    {
        foreach (var type in ServedTypes.Directory)
            rights[type] = new(Deeds.Read | Deeds.Search, Rows: null);
    }

    private static void GrantSlots(Dictionary<string, Right> rights, bool publicOnly)
    {
        // A slot that is taken tells that somebody took it: searchers of slots see free ones.
        List<Criterion> rows = [Match("Slot", "status", new SearchValue.Token(null, "free"))];
        if (publicOnly)
            rows.Add(Match("Slot", "_security", new SearchValue.Token(null, "PUBLIC")));
        rights["Slot"] = new(Deeds.Read | Deeds.Search, new Criterion.Any([rows]));
        rights["Schedule"] = new(Deeds.Read | Deeds.Search, Rows: null);
    }

    private static void GrantOwnSignalements(Dictionary<string, Right> rights, string clientId)
    {
        const Deeds deeds = Deeds.Create | Deeds.Read | Deeds.Search;
        foreach (var type in SignalementTypes.Append("Patient"))
            rights[type] = new(deeds, Sent(type, clientId));
    }

    /// <summary>The Tasks an organisation owns and what they refer to, beside the signalements it sent itself.</summary>
    private static void GrantTasksOf(Dictionary<string, Right> rights, string organization, string clientId)
    {
        GrantOwnSignalements(rights, clientId);
        var owned = Match("Task", "owner", ReferenceTo(organization));
        var patients = Either(new Criterion.Has(Parameter("Task", "patient"), new SearchQuery("Task", [owned])), Sent("Patient", clientId));

        rights["Task"] = new(Deeds.Create | Deeds.Read | Deeds.Update | Deeds.Search, Either(owned, Sent("Task", clientId)));
        rights["Patient"] = rights["Patient"] with { Rows = patients };
        rights["ServiceRequest"] = rights["ServiceRequest"] with
        {
            Rows = Either(
                new Criterion.Has(Parameter("Task", "focus"), new SearchQuery("Task", [owned])), Sent("ServiceRequest", clientId)),
        };
        foreach (var type in SignalementTypes.Append("RiskAssessment").Except(["Task", "ServiceRequest"]))
        {
            var ofPatients = new Criterion.Chain(
                Parameter(type, ServedTypes.PatientParameter[type]), [new SearchQuery("Patient", [patients])]);
            // A document that is masked from professionals is its sender's alone, and the team's.
            if (type == "DocumentReference" && rights.TryGetValue(type, out var sent))
                rights[type] = sent with { Rows = new Criterion.Any([[ofPatients, Unlabelled("MASQUE_PS")], [sent.Rows!]]) };
            else
                rights[type] = rights.TryGetValue(type, out var own)
                ? own with { Rows = Either(ofPatients, own.Rows!) }
                : new(Deeds.Read | Deeds.Search, ofPatients);
        }
    }

    /// <summary>Documents that do not bear any of these labels of <c>CodeSystem/visibilite-document</c>.</summary>
    internal static Criterion Unlabelled(params ReadOnlySpan<string> labels) => new Criterion.Not(new Criterion.Match(
        Parameter("DocumentReference", "security-label"), null,
        [.. labels.ToArray().Select(label => (SearchValue)new SearchValue.Token("https://cpts-fhir-hub.example/fhir/CodeSystem/visibilite-document", label))]));

    private static Criterion.Any Either(params Criterion[] alternatives) => new([.. alternatives.Select(alternative => new[] { alternative })]);

    private static Criterion.Match Sent(string type, string clientId) =>
        Match(type, "_tag", new SearchValue.Token(SentBy.System, clientId));

    private static Criterion.Match Match(string type, string code, SearchValue value) => new(Parameter(type, code), null, [value]);

    private static SearchParameter Parameter(string type, string code) =>
        R4.Definitions.SearchParameter(type, code)
        ?? throw new InvalidOperationException($"R4 has no search parameter {type}.{code}.");

    private static SearchValue.Reference ReferenceTo(string reference) =>
        reference.Split('/') is [var type, var id]
            ? new(type, id, null)
            : throw new InvalidDataException("An organisation is given as Type/id.");
}
