using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Search;
using CptsFhirHub.Server.Rest.Operations;

namespace CptsFhirHub.Server.Rest;

/// <summary>
/// The CapabilityStatement, made from the tables that serve: route table, types, search parameters. Written once, then sent as bytes.
/// https://hl7.org/fhir/R4/http.html#capabilities
/// </summary>
internal sealed class Metadata(OwnParameters own, HubAddress url, HubSettings settings, TimeProvider time, IEnumerable<CapabilityNote> notes,
    IEnumerable<MessageHandler> messages)
{
    private static readonly string[] Unconditional = ["read", "vread", "history-instance", "history-type", "search-type"];
    private readonly DateTimeOffset _started = time.GetUtcNow();
    private Written? _written;
    private Written? _terminology;

    public static async Task Handle(HttpContext context, Metadata metadata)
    {
        WireFormat format;
        string mode;
        try
        {
            format = Negotiation.Choose(context.Request);
            mode = ModeOf(context.Request);
        }
        catch (Refusal refusal)
        {
            await Outcome.AnswerAsync(context, refusal.Status, refusal.Issues[0].Code, refusal.Issues[0].Text);
            return;
        }

        var written = mode == "terminology" ? metadata.Terminology() : metadata.Current();
        var response = context.Response;
        response.Headers.ETag = written.ETag;
        response.Headers.CacheControl = "no-cache";
        if (context.Request.Headers.IfNoneMatch is { Count: > 0 } tags && Conditions.Names(tags.ToString(), written.ETag))
        {
            response.StatusCode = 304;
            return;
        }

        var body = format.Of(written.Json, context.Request.Query["_pretty"] == "true");
        response.ContentType = format.ContentType;
        await PackedAnswer.SendAsync(context, body, isDense: false);
    }

    /// <summary>Written once for each state of the search parameters: clients may load more of them.</summary>
    private Written Current() => _written is { } last && ReferenceEquals(last.State, own.State) ? last : _written = Bytes(Write);

    private Written Terminology() => _terminology ??= Bytes(WriteTerminology);

    /// <summary>All that is served here is normative or trial use of one version: the whole statement answers both modes.</summary>
    private static string ModeOf(HttpRequest request) => request.Query["mode"].ToString() switch
    {
        "" or "full" or "normative" => "full",
        "terminology" => "terminology",
        _ => throw new Refusal(400, "value", "mode is full, normative or terminology."),
    };

    private Written Bytes(Action<Utf8JsonWriter> write)
    {
        var state = own.State;
        var buffer = new ArrayBufferWriter<byte>(128 * 1024);
        using (var json = new Utf8JsonWriter(buffer, new() { Encoder = JsonText.Wire }))
            write(json);
        var bytes = buffer.WrittenSpan.ToArray();
        return new(state, bytes, $"W/\"{Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 8))}\"");
    }

    private void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("resourceType", "CapabilityStatement");
        json.WriteString("name", "CptsFhirHub");
        json.WriteString("title", "Coordination hub of a CPTS");
        json.WriteString("status", "active");
        json.WriteString("date", BundleBytes.Instant(_started));
        json.WriteString("publisher", "CptsFhirHub");
        json.WriteString("kind", "instance");
        WhoSpeaks(json);
        json.WriteString("fhirVersion", R4.Version);
        Strings(json, "format", ["application/fhir+json", "application/fhir+xml", "json", "xml"]);
        Strings(json, "patchFormat", [Negotiation.JsonPatch, "application/fhir+json", "application/fhir+xml"]);
        json.WriteStartArray("rest");
        json.WriteStartObject();
        json.WriteString("mode", "server");
        json.WriteString("documentation",
            "Writes, batches, transactions and operations that change something take an Idempotency-Key: sent again under it they have no second "
            + "effect and the first answer. Prefer: respond-async defers batches, searches and operations.");
        Security(json);
        json.WriteStartArray("resource");
        foreach (var type in ServedTypes.All.Order(StringComparer.Ordinal))
            Resource(json, type);
        json.WriteEndArray();
        json.WriteStartArray("interaction");
        foreach (var code in (string[])["transaction", "batch", "history-system", "search-system"])
            Code(json, code);
        json.WriteEndArray();
        Operations(json, Routes.Table.Where(route => route.Pattern.StartsWith('$')).Select(route => route.Name)
            .Concat(OperationTable.All.Where(operation => operation.IsRoutedElsewhere).Select(operation => '$' + operation.Name)), "");
        Strings(json, "compartment", [.. Compartments.Owners.Where(ServedTypes.All.Contains).Order(StringComparer.Ordinal)
            .Select(owner => "http://hl7.org/fhir/CompartmentDefinition/" + char.ToLowerInvariant(owner[0]) + owner[1..])]);
        json.WriteEndObject();
        json.WriteEndArray();
        Messaging(json);
        json.WriteEndObject();
    }

    /// <summary>Which FHIR messages are taken and answered, and where. https://hl7.org/fhir/R4/messaging.html</summary>
    private void Messaging(Utf8JsonWriter json)
    {
        var definitions = messages.SelectMany(message => message.Definitions).ToList();
        if (definitions.Count == 0)
            return;
        json.WriteStartArray("messaging");
        json.WriteStartObject();
        json.WriteStartArray("endpoint");
        json.WriteStartObject();
        json.WriteStartObject("protocol");
        json.WriteString("system", "http://terminology.hl7.org/CodeSystem/message-transport");
        json.WriteString("code", "http");
        json.WriteEndObject();
        json.WriteString("address", $"{url.Fhir}/$process-message");
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteString("documentation",
            "The same sender's same MessageHeader.id with the same entries is answered as before. async=true answers later. Refusals carry in "
            + "issue.details a code of " + MessageErrors.System + ".");
        json.WriteStartArray("supportedMessage");
        foreach (var (mode, canonical) in definitions)
        {
            json.WriteStartObject();
            json.WriteString("mode", mode);
            json.WriteString("definition", canonical);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private void WhoSpeaks(Utf8JsonWriter json)
    {
        json.WriteStartObject("software");
        json.WriteString("name", "CptsFhirHub");
        json.WriteString("version", typeof(Metadata).Assembly.GetName().Version?.ToString(3) ?? "0");
        json.WriteEndObject();
        json.WriteStartObject("implementation");
        json.WriteString("description", "Coordination hub of a CPTS");
        json.WriteString("url", url.Fhir);
        json.WriteEndObject();
    }

    /// <summary>What terminology is known here: the code systems, and what the operations do. https://hl7.org/fhir/R4/terminologycapabilities.html</summary>
    private void WriteTerminology(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("resourceType", "TerminologyCapabilities");
        json.WriteString("name", "CptsFhirHubTerminology");
        json.WriteString("title", "Terminology of the coordination hub of a CPTS");
        json.WriteString("status", "active");
        json.WriteString("date", BundleBytes.Instant(_started));
        json.WriteString("publisher", "CptsFhirHub");
        json.WriteString("kind", "instance");
        WhoSpeaks(json);
        json.WriteStartArray("codeSystem");
        foreach (var system in own.Definitions.All.Where(definition => definition.Kind == "CodeSystem").DistinctBy(definition => definition.Url).OrderBy(definition => definition.Url, StringComparer.Ordinal))
        {
            json.WriteStartObject();
            json.WriteString("uri", system.Url);
            if (system.Version is { } version)
            {
                json.WriteStartArray("version");
                json.WriteStartObject();
                json.WriteString("code", version);
                json.WriteBoolean("isDefault", true);
                json.WriteEndObject();
                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartObject("expansion");
        json.WriteBoolean("hierarchical", true);
        json.WriteBoolean("paging", true);
        json.WriteBoolean("incomplete", false);
        json.WriteStartArray("parameter");
        foreach (var parameter in OperationTable.Find("expand", "ValueSet")!.Parameters.Where(parameter => !parameter.IsOutput))
        {
            json.WriteStartObject();
            json.WriteString("name", parameter.Name);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteString("codeSearch", "all");
        json.WriteStartObject("validateCode");
        json.WriteBoolean("translations", true);
        json.WriteEndObject();
        json.WriteStartObject("translation");
        json.WriteBoolean("needsMap", false);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Security(Utf8JsonWriter json)
    {
        json.WriteStartObject("security");
        json.WriteStartArray("service");
        json.WriteStartObject();
        json.WriteStartArray("coding");
        json.WriteStartObject();
        json.WriteString("system", "http://terminology.hl7.org/CodeSystem/restful-security-service");
        json.WriteString("code", "SMART-on-FHIR");
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteString("description", "SMART Backend Services: see .well-known/smart-configuration");
        json.WriteEndObject();
    }

    private void Resource(Utf8JsonWriter json, string type)
    {
        var isReadOnly = ServedTypes.ReadOnly.Contains(type);
        json.WriteStartObject();
        Notes(json, notes.Where(note => note.Type == type).ToList());
        json.WriteString("type", type);
        json.WriteString("profile", "http://hl7.org/fhir/StructureDefinition/" + type);
        json.WriteStartArray("interaction");
        foreach (var code in Routes.Table
            .Where(route => route.Pattern.StartsWith("{type}", StringComparison.Ordinal) && route.Name[0] != '$' && route.Name != "search-compartment")
            .Select(route => route.Name).Distinct(StringComparer.Ordinal)
            .Where(code => !isReadOnly || Unconditional.Contains(code)))
            Code(json, code);
        json.WriteEndArray();
        json.WriteString("versioning", "versioned-update");
        json.WriteBoolean("readHistory", true);
        if (!isReadOnly)
        {
            json.WriteBoolean("updateCreate", true);
            json.WriteBoolean("conditionalCreate", true);
            json.WriteString("conditionalRead", "full-support");
            json.WriteBoolean("conditionalUpdate", true);
            json.WriteString("conditionalDelete", settings.Limits.ConditionalDeletes > 1 ? "multiple" : "single");
            Strings(json, "referencePolicy", ["literal", "logical", "local"]);
        }

        SearchParameters(json, type);
        Operations(json, Routes.Table.Where(route => !route.Pattern.StartsWith('$') && (route.FixedType ?? type) == type
            && (!isReadOnly || OperationTable.Find(route.Name[1..], type) is not { AffectsState: true })).Select(route => route.Name), type);
        json.WriteEndObject();
    }

    private static void Notes(Utf8JsonWriter json, List<CapabilityNote> notes)
    {
        if (notes.Count == 0)
            return;
        json.WriteStartArray("extension");
        foreach (var note in notes)
        {
            json.WriteStartObject();
            json.WriteString("url", note.Url);
            json.WriteString("valueCanonical", note.Canonical);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void SearchParameters(Utf8JsonWriter json, string type)
    {
        var parameters = own.Definitions.SearchParameters(type).Where(parameter => SearchQueryParser.IsServed(parameter, type)).Where(own.IsReady).ToList();
        Strings(json, "searchInclude", [.. parameters
            .Where(parameter => parameter.Type == SearchParameterType.Reference && (parameter.Targets.Count == 0 || parameter.Targets.Any(ServedTypes.All.Contains)))
            .Select(parameter => $"{type}:{parameter.Code}")]);
        Strings(json, "searchRevInclude", [.. ServedTypes.All.Order(StringComparer.Ordinal)
            .SelectMany(source => own.Definitions.SearchParameters(source)
                .Where(parameter => parameter.Type == SearchParameterType.Reference && parameter.Targets.Contains(type))
                .Select(parameter => $"{source}:{parameter.Code}"))]);
        json.WriteStartArray("searchParam");
        foreach (var parameter in parameters)
        {
            json.WriteStartObject();
            json.WriteString("name", parameter.Code);
            json.WriteString("definition", parameter.Url);
            json.WriteString("type", parameter.Type.ToString().ToLowerInvariant());
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Operations(Utf8JsonWriter json, IEnumerable<string> interactions, string type)
    {
        var names = interactions.Where(name => name.StartsWith('$')).Select(name => name[1..]).Distinct(StringComparer.Ordinal).ToList();
        if (names.Count == 0)
            return;
        json.WriteStartArray("operation");
        foreach (var name in names)
        {
            json.WriteStartObject();
            json.WriteString("name", name);
            json.WriteString("definition", OperationTable.Find(name, type)?.Url ?? $"https://cpts-fhir-hub.example/fhir/OperationDefinition/{type}-{name}");
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Code(Utf8JsonWriter json, string code)
    {
        json.WriteStartObject();
        json.WriteString("code", code);
        json.WriteEndObject();
    }

    private static void Strings(Utf8JsonWriter json, string name, IReadOnlyList<string> values)
    {
        if (values.Count == 0)
            return;
        json.WriteStartArray(name);
        foreach (var value in values)
            json.WriteStringValue(value);
        json.WriteEndArray();
    }

    private sealed record Written(object State, byte[] Json, string ETag);
}
