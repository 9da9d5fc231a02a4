using CptsFhirHub.Server.Access;

namespace CptsFhirHub.Server.Rest.Operations;

/// <summary>Every operation of the FHIR interface that this room serves.</summary>
internal static class OperationTable
{
    private const string Hl7 = "http://hl7.org/fhir/OperationDefinition/";

    public static readonly IReadOnlyList<Operation> All =
    [
        new("versions", Levels.System, [], "FHIR versions spoken here", Versions.Run)
        {
            Follows = Hl7 + "CapabilityStatement-versions",
            Owner = "CapabilityStatement",
            Parameters = [new("version", "code", Repeats: true, IsOutput: true), new("default", "code", IsOutput: true)],
        },
        new("validate", Levels.Type | Levels.Instance, [], "What is wrong with a resource", Validate.Run)
        {
            Follows = Hl7 + "Resource-validate",
            Parameters =
            [
                new("resource", "Resource"), new("mode", "code"), new("profile", "uri", Repeats: true),
                new("return", "OperationOutcome", IsOutput: true),
            ],
        },
        new("process-message", Levels.System, [], "Takes a FHIR message and answers with one", ProcessMessage.Run)
        {
            Follows = Hl7 + "MessageHeader-process-message",
            Owner = "MessageHeader",
            AffectsState = true,
            IsRepeatable = true,
            Parameters =
            [
                new("content", "Resource", IsRequired: true), new("async", "boolean"), new("response-url", "url"),
                new("return", "Resource", IsOutput: true),
            ],
        },
        new("meta", Levels.Instance, [], "Profiles, tags and security labels of a resource", MetaOperations.Show)
        {
            Follows = Hl7 + "Resource-meta",
            Deed = Deeds.Read,
            Parameters = [new("return", "Meta", IsOutput: true)],
        },
        new("meta-add", Levels.Instance, [], "Adds profiles, tags and security labels", MetaOperations.Add)
        {
            Follows = Hl7 + "Resource-meta-add",
            AffectsState = true,
            IsRepeatable = true,
            Deed = Deeds.Read | Deeds.Update,
            Parameters = [new("meta", "Meta", IsRequired: true), new("return", "Meta", IsOutput: true)],
        },
        new("meta-delete", Levels.Instance, [], "Takes profiles, tags and security labels away", MetaOperations.Delete)
        {
            Follows = Hl7 + "Resource-meta-delete",
            AffectsState = true,
            IsRepeatable = true,
            Deed = Deeds.Read | Deeds.Update,
            Parameters = [new("meta", "Meta", IsRequired: true), new("return", "Meta", IsOutput: true)],
        },
        new("everything", Levels.Type | Levels.Instance, ["Patient"], "The record of a patient", Everything.Run)
        {
            Follows = Hl7 + "Patient-everything",
            Deed = Deeds.Read | Deeds.Search,
            Parameters =
            [
                new("start", "date"), new("end", "date"), new("_since", "instant"), new("_type", "code", Repeats: true), new("_count", "integer"),
                new(Searches.CursorParameter, "string"), new("return", "Bundle", IsOutput: true),
            ],
        },
        new("match", Levels.Type, ["Patient"], "Who a person may be, with how likely", MatchPatient.Run)
        {
            Follows = Hl7 + "Patient-match",
            Deed = Deeds.Search,
            Parameters =
            [
                new("resource", "Patient", IsRequired: true), new("onlyCertainMatches", "boolean"), new("count", "integer"),
                new("return", "Bundle", IsOutput: true),
            ],
        },
        new("identity", Levels.Instance, ["Patient"], "What each sender says of a person, and why they are taken for one", MergePatients.Tell)
        {
            Deed = Deeds.Read,
            Parameters = [new("return", "Parameters", IsOutput: true)],
        },
        new("merge", Levels.Type, ["Patient"], "Makes two records of one person one", MergePatients.Merge)
        {
            AffectsState = true,
            Deed = Deeds.Update,
            Parameters =
            [
                new("source-patient", "Reference", IsRequired: true), new("target-patient", "Reference", IsRequired: true),
                new("result-patient", "Patient"), new("preview", "boolean"),
                new("outcome", "OperationOutcome", IsOutput: true), new("result", "Patient", IsOutput: true),
                new("provenance", "Reference", IsOutput: true),
            ],
        },
        new("unmerge", Levels.Type, ["Patient"], "Takes a merge of two records back", MergePatients.Unmerge)
        {
            AffectsState = true,
            Deed = Deeds.Update,
            Parameters =
            [
                new("provenance", "Reference", IsRequired: true),
                new("outcome", "OperationOutcome", IsOutput: true), new("result", "Patient", IsOutput: true),
                new("unmerged", "Reference", IsOutput: true),
            ],
        },
        new("purge", Levels.Instance, ["Patient"], "Erases everything that is held of a person, for good", PurgePatient.Run)
        {
            AffectsState = true,
            Deed = Deeds.Delete,
            Comment = "It has the name and place of a later operation of FHIR; nothing brings back what it erases.",
            Parameters =
            [
                new("reason", "string", IsRequired: true), new("persons", "integer", IsOutput: true), new("resources", "integer", IsOutput: true),
                new("messages", "integer", IsOutput: true), new("entries", "integer", IsOutput: true), new("files-kept", "integer", IsOutput: true),
            ],
        },
        new("share", Levels.Instance, ["Patient"], "Shares the file of a person with another CPTS of the hub, or transfers it there", SharePatient.Run)
        {
            AffectsState = true,
            Deed = Deeds.Update,
            Comment = "The person has consented: an active Consent objet-consentement|partage-cpts with provision permit.",
            Parameters =
            [
                new("to", "string", IsRequired: true), new("mode", "code", IsRequired: true), new("preview", "boolean"),
                new("cpts", "string", IsOutput: true), new("mode", "code", IsOutput: true), new("number", "string", IsOutput: true),
                new("date", "instant", IsOutput: true), new("content", "Bundle", IsOutput: true),
            ],
        },
        OfTerminology("ValueSet", "expand", "The codes of a value set", "ValueSet",
        [
            new("url", "uri"), new("valueSet", "ValueSet"), new("valueSetVersion", "string"), new("filter", "string"), new("offset", "integer"),
            new("count", "integer"), new("includeDesignations", "boolean"), new("designation", "string", Repeats: true),
            new("includeDefinition", "boolean"), new("activeOnly", "boolean"), new("excludeNested", "boolean"), new("displayLanguage", "code"),
        ]),
        OfTerminology("ValueSet", "validate-code", "Whether a code is in a value set", "Parameters",
        [
            new("url", "uri"), new("valueSet", "ValueSet"), new("valueSetVersion", "string"), new("code", "code"), new("system", "uri"),
            new("systemVersion", "string"), new("display", "string"), new("coding", "Coding"), new("codeableConcept", "CodeableConcept"),
            new("inferSystem", "boolean"), new("abstract", "boolean"), new("displayLanguage", "code"),
        ]),
        OfTerminology("CodeSystem", "validate-code", "Whether a code is in a code system", "Parameters",
        [
            new("url", "uri"), new("codeSystem", "CodeSystem"), new("code", "code"), new("version", "string"), new("display", "string"),
            new("coding", "Coding"), new("codeableConcept", "CodeableConcept"), new("abstract", "boolean"), new("displayLanguage", "code"),
        ]),
        OfTerminology("CodeSystem", "lookup", "What is known of a code", "Parameters",
        [
            new("code", "code"), new("system", "uri"), new("version", "string"), new("coding", "Coding"), new("displayLanguage", "code"),
            new("property", "code", Repeats: true),
        ], Levels.Type),
        OfTerminology("CodeSystem", "subsumes", "Whether a code stands above another", "Parameters",
        [
            new("codeA", "code"), new("codeB", "code"), new("system", "uri"), new("version", "string"), new("codingA", "Coding"), new("codingB", "Coding"),
        ]),
        OfTerminology("ConceptMap", "translate", "A code in another code system", "Parameters",
        [
            new("url", "uri"), new("conceptMap", "ConceptMap"), new("conceptMapVersion", "string"), new("code", "code"), new("system", "uri"),
            new("version", "string"), new("source", "uri"), new("coding", "Coding"), new("codeableConcept", "CodeableConcept"), new("target", "uri"),
            new("targetsystem", "uri"), new("reverse", "boolean"),
        ]),
        new("transform", Levels.Type | Levels.Instance, ["StructureMap"], "Runs a map on content", Transform.Run)
        {
            Follows = Hl7 + "StructureMap-transform",
            Deed = Deeds.Read,
            Parameters = [new("source", "uri"), new("content", "Resource", IsRequired: true), new("debug", "boolean"), new("return", "Resource", IsOutput: true)],
        },
        new("index-status", Levels.Type | Levels.Instance, ["SearchParameter"], "How far search parameters taken in at run time are indexed", IndexStatus.Run)
        {
            Deed = Deeds.Read,
            Parameters =
            [
                new("searchParameter", "", Repeats: true, IsOutput: true)
                {
                    Parts =
                    [
                        new("url", "uri", IsRequired: true, IsOutput: true), new("code", "code", IsRequired: true, IsOutput: true),
                        new("state", "code", IsRequired: true, IsOutput: true), new("done", "decimal", IsRequired: true, IsOutput: true),
                        new("total", "decimal", IsRequired: true, IsOutput: true),
                    ],
                },
            ],
        },
        Export(Levels.System, [], "export", Deeds.None),
        Export(Levels.Type, ["Patient"], "patient-export", Deeds.Read | Deeds.Search),
        Export(Levels.Instance, ["Group"], "group-export", Deeds.Read),
        new("import", Levels.System, [], "Takes resources in bulk, as NDJSON", Served("$import"))
        {
            AffectsState = true,
            IsRoutedElsewhere = true,
            Comment =
                "The body is NDJSON (application/fhir+ndjson), a resource a line, created or updated by its id; the hub fetches nothing. Called with "
                + "Prefer: respond-async; the answer is 202 with Content-Location, where the status tells lines, resources by type and faults.",
            Parameters = [new("body", "Binary", IsRequired: true), new("return", "Parameters", IsOutput: true)],
        },
        new("status", Levels.Type | Levels.Instance, ["Subscription"], "How subscriptions fare", Served("Subscription/$status"))
        {
            Follows = "http://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition/backport-subscription-status",
            Deed = Deeds.Read,
            Parameters = [new("id", "id", Repeats: true), new("status", "code", Repeats: true), new("return", "Bundle", IsOutput: true)],
        },
        new("events", Levels.Instance, ["Subscription"], "What a subscription has told", Served("Subscription/$events"))
        {
            Follows = "http://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition/backport-subscription-events",
            Deed = Deeds.Read,
            Parameters =
            [
                new("eventsSinceNumber", "string"), new("eventsUntilNumber", "string"), new("content", "code"),
                new("return", "Bundle", IsOutput: true),
            ],
        },
        new("reconcile", Levels.Instance, ["Group"], "Puts each member of a leaving GP's cohort in one state", CohortOperations.Reconcile)
        {
            AffectsState = true,
            IsRepeatable = true,
            Deed = Deeds.Update,
            Parameters = [new("return", "MeasureReport", IsOutput: true)],
        },
        new("waiting-list", Levels.Instance, ["PractitionerRole"], "The people who wait for a GP, by rank or the nearest first", WaitingLists.Run)
        {
            Deed = Deeds.Read,
            Parameters = [new("criterion", "code"), new("order", "code"), new("count", "integer"), new("return", "Bundle", IsOutput: true)],
        },
        new("call-back", Levels.Type, ["Task"], "Asks once for a call to each person who waits and can be reached", CallBack.Run)
        {
            AffectsState = true,
            IsRepeatable = true,
            Deed = Deeds.Create,
            Parameters =
            [
                new("name", "string", IsRequired: true), new("source", "code"), new("commune", "string"), new("criterion", "code"), new("preview", "boolean"),
                new("created", "integer", IsOutput: true), new("already", "integer", IsOutput: true), new("unreachable", "integer", IsOutput: true),
                new("opposed", "integer", IsOutput: true),
                new("call", "", Repeats: true, IsOutput: true)
                {
                    Parts =
                    [
                        new("task", "Reference", IsRequired: true, IsOutput: true), new("patient", "Reference", IsRequired: true, IsOutput: true),
                        new("priority", "code", IsRequired: true, IsOutput: true), new("rank", "decimal", IsRequired: true, IsOutput: true),
                    ],
                },
            ],
        },
        new("spread", Levels.Instance, ["Group"], "Spreads a cohort over volunteer GPs", CohortOperations.Spread)
        {
            AffectsState = true,
            Deed = Deeds.Update,
            Parameters =
            [
                new("gp", "", Repeats: true)
                {
                    Parts = [new("practitioner", "Reference", IsRequired: true), new("places", "integer", IsRequired: true), new("visits", "string", Repeats: true), new("near", "string", Repeats: true)],
                },
                new("preview", "boolean"),
                new("pile", "", Repeats: true, IsOutput: true)
                {
                    Parts =
                    [
                        new("practitioner", "Reference", IsRequired: true, IsOutput: true), new("places", "integer", IsRequired: true, IsOutput: true),
                        new("placed", "integer", IsRequired: true, IsOutput: true), new("list", "Reference", IsOutput: true),
                    ],
                },
                new("unplaced", "", Repeats: true, IsOutput: true)
                {
                    Parts =
                    [
                        new("patient", "Reference", IsRequired: true, IsOutput: true), new("fragile", "boolean", IsRequired: true, IsOutput: true),
                        new("reason", "string", IsRequired: true, IsOutput: true),
                    ],
                },
            ],
        },
    ];

    private static Operation Export(Levels level, string[] types, string follows, Deeds deed) =>
        new("export", level, types, "Resources in bulk, as NDJSON", Served("$export"))
        {
            Follows = "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/" + follows,
            Deed = deed,
            TakesOthers = true,
            Parameters =
            [
                new("_outputFormat", "string"), new("_since", "instant"), new("_type", "string", Repeats: true),
                new("_typeFilter", "string", Repeats: true), .. level == Levels.System ? (OperationParameter[])[] : [new("patient", "Reference", Repeats: true)],
                new("return", "Parameters", IsOutput: true),
            ],
        };

    /// <summary>An operation of another room, found when it is asked for; it reads the request itself.</summary>
    private static OperationRun Served(string name) => (call, hub, cancellationToken) =>
        hub.Operations.TryGetValue(name, out var run)
            ? run(call.Request, hub, cancellationToken)
            : Task.FromResult(Answer.Refused(501, "not-supported", "This hub does not serve this operation."));

    /// <summary>The operation behind a route of that name on a type, or on none; null when another room serves it.</summary>
    public static Operation? Find(string name, string type) =>
        All.FirstOrDefault(operation => operation.Name == name && (operation.Types.Contains(type)
            || (operation.Types.Count == 0 && (operation.Levels.Equals(Levels.System) == (type.Length == 0)))));

    /// <summary>Callers of terminology bring parameters of many servers: what is not known is passed over.</summary>
    private static Operation OfTerminology(
        string type, string name, string title, string returns, OperationParameter[] parameters, Levels levels = Levels.Type | Levels.Instance) =>
        new(name, levels, [type], title, Terminology.Of(type, name))
        {
            Follows = $"{Hl7}{type}-{name}",
            Deed = Deeds.Read,
            TakesOthers = true,
            Parameters = [.. parameters, new("return", returns, IsOutput: true)],
        };
}
