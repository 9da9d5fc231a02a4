using CptsFhirHub.Fhir.Mapping;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Server.Rest.Operations;

/// <summary>
/// <c>StructureMap/$transform</c>: runs a map that is stored here on content that comes with the call.
/// https://hl7.org/fhir/R4/structuremap-operation-transform.html
/// </summary>
internal static class Transform
{
    private static readonly string Evaluator = $"CptsFhirHub {typeof(Transform).Assembly.GetName().Version?.ToString(3)}";

    private const int ImportsMax = 100;
    private const int ConceptMapsMax = 500;

    public static async Task<Answer> Run(OperationCall call, Collaborators hub, CancellationToken cancellationToken)
    {
        var request = call.Request;
        if (await MapAsync(call, hub, cancellationToken) is not { } resource)
            return request.Id.Length > 0
                ? Answer.Missing("StructureMap", request.Id)
                : Answer.Refused(404, "not-found", "There is no StructureMap with this URL.", "source");
        var parsed = StructureMapResource.Read(resource);
        if (!parsed.IsSound)
            return Answer.Refused(422, parsed.Issues);

        var library = await LibraryAsync(parsed.Map!, call, hub, cancellationToken);
        var compilation = library.Compile(parsed.Map!.Url);
        if (compilation.Map is not { } map)
            return Answer.Refused(422, compilation.Issues);
        if (call.Resource("content") is not { } content)
            return Answer.Refused(400, "required", "$transform needs the parameter content.", "content");

        var trace = call.IsTrue("debug") ? new MapTrace() : null;
        var result = map.Run(Source(content, map), new()
        {
            Trace = trace,
            Cancellation = cancellationToken,
            Now = hub.Time.GetUtcNow(),
            NewId = () => Guid.CreateVersion7(hub.Time.GetUtcNow()).ToString(),
        });
        if (trace is not null)
            return Answer.Ok(FhirJson.Write(MapReport.Write(parsed.Map, result, trace, Evaluator)));
        return result is { IsSound: true, Target: { } target } ? Answer.Ok(FhirJson.Write(target)) : Answer.Refused(422, result.Issues);
    }

    private static async Task<Element?> MapAsync(OperationCall call, Collaborators hub, CancellationToken cancellationToken)
    {
        var request = call.Request;
        if (request.Id.Length > 0)
            return await hub.Sight.ReadAsync(request.Caller, "StructureMap", request.Id, cancellationToken) is { IsDeleted: false } stored
                ? stored.Resource.Root
                : null;
        return call.Text("source") is { } url
            ? await Canonicals.FindAsync("StructureMap", url, request.Caller, hub, cancellationToken)
            : throw new Refusal(400, "required", "At StructureMap/$transform the parameter source names the map.", "source");
    }

    /// <summary>A Binary of JSON stands for a message of a source that is no FHIR; it is read as the model that the map reads.</summary>
    private static Element Source(Resource content, CompiledMap map)
    {
        if (content.Type != "Binary" || map.SourceType is null or "Binary"
            || content.Root.Text("contentType")?.Contains("json", StringComparison.OrdinalIgnoreCase) != true)
            return content.Root;
        var data = content.Root.Text("data") ?? "";
        var bytes = new byte[data.Length];
        if (!Convert.TryFromBase64String(data, bytes, out var length))
            throw new Refusal(400, "value", "The data of the Binary are not base64.", "content");
        var parsed = FhirJson.ParseModel(bytes.AsMemory(0, length), map.SourceType);
        return parsed is { IsSound: true, Resource: { } model } ? model.Root : throw new Refusal(422, parsed.Issues);
    }

    /// <summary>The map with the maps it imports, the models it names and the concept maps of the tenant.</summary>
    private static async Task<MappingLibrary> LibraryAsync(StructureMap map, OperationCall call, Collaborators hub, CancellationToken cancellationToken)
    {
        var caller = call.Request.Caller;
        var maps = new Dictionary<string, StructureMap>(StringComparer.Ordinal) { [map.Url] = map };
        var waiting = new Queue<string>(map.Imports);
        while (waiting.TryDequeue(out var import) && maps.Count < ImportsMax)
        {
            var star = import.IndexOf('*', StringComparison.Ordinal);
            var found = star < 0
                ? [await Canonicals.FindAsync("StructureMap", import, caller, hub, cancellationToken)]
                : (await Canonicals.ListAsync("StructureMap", [], caller, hub, ImportsMax, cancellationToken))
                    .Select(stored => (Element?)stored.Resource.Root)
                    .Where(root => root!.Text("url") is { } url && url.StartsWith(import[..star], StringComparison.Ordinal) && url.EndsWith(import[(star + 1)..], StringComparison.Ordinal));
            foreach (var one in found)
                if (one is not null && StructureMapResource.Read(one).Map is { } imported && maps.TryAdd(imported.Url, imported))
                    foreach (var further in imported.Imports)
                        waiting.Enqueue(further);
        }

        var models = new List<Element>();
        foreach (var structure in maps.Values.SelectMany(one => one.Structures).Select(structure => structure.Url).Distinct(StringComparer.Ordinal))
            if (hub.Definitions.Find("StructureDefinition", structure) is null
                && await Canonicals.FindAsync("StructureDefinition", structure, caller, hub, cancellationToken) is { } model)
                models.Add(model);
        var conceptMaps = await Canonicals.ListAsync("ConceptMap", [], caller, hub, ConceptMapsMax, cancellationToken);
        return new(
            models.Count == 0 ? hub.Definitions : hub.Definitions.With(models), maps.Values, conceptMaps.Select(stored => stored.Resource.Root));
    }
}
