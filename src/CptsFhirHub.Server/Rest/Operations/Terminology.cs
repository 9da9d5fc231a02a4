using System.Collections.Concurrent;
using System.Globalization;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Terminology;

namespace CptsFhirHub.Server.Rest.Operations;

/// <summary>
/// The terminology operations over what the hub knows and what its clients have put here.
/// https://hl7.org/fhir/R4/terminology-service.html
/// </summary>
internal static class Terminology
{
    /// <summary>The operation of that name on a type; on an instance its resource stands for the parameter that would carry it.</summary>
    public static OperationRun Of(string type, string name) => async (call, hub, cancellationToken) =>
    {
        var request = call.Request;
        if (request.Id.Length > 0)
        {
            if (await hub.Sight.ReadAsync(request.Caller, type, request.Id, cancellationToken) is not { IsDeleted: false } stored)
                return Answer.Missing(type, request.Id);
            call = call.With($"{char.ToLowerInvariant(type[0])}{type.AsSpan(1)}", stored.Resource.Root);
        }

        if (type == "CodeSystem" && call.Resource("codeSystem")?.Root.Text("url") is { } url && call.Text("url") is null && call.Text("system") is null)
            call = call.With(name == "validate-code" ? "url" : "system", "valueUri", url);
        var vocabulary = await hub.Terminology.ForAsync(call, readsAllMaps: name == "translate", hub, cancellationToken);
        var answer = TerminologyOperations.Run(type, name, vocabulary, call.Parameters, hub.Time.GetUtcNow(), request.Language)
            ?? throw new InvalidOperationException($"There is no terminology operation {type}/${name}.");
        var status = answer.Fault?.Code switch { null => 200, "not-found" => 404, "required" or "value" or "invalid" or "structure" => 400, _ => 422 };
        return new(status) { Body = FhirJson.Write(answer.Resource) };
    };
}

/// <summary>
/// Vocabularies that hold what a call needs: the hub's own, with the code systems, value sets and concept maps that clients have put
/// into their tenant laid over it.
/// </summary>
internal sealed class TerminologySource(Vocabulary own)
{
    private const int LookUpsMax = 64;
    private const int KeptMax = 64;
    private const int MapsMax = 500;
    private readonly ConcurrentDictionary<string, Vocabulary> _kept = new(StringComparer.Ordinal);

    public async Task<Vocabulary> ForAsync(OperationCall call, bool readsAllMaps, Collaborators hub, CancellationToken cancellationToken)
    {
        var found = new SortedDictionary<string, Element>(StringComparer.Ordinal);
        var versions = new List<string>();
        var waiting = new Queue<string>(Named(call.Parameters));
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var lookUps = 0; lookUps < LookUpsMax && waiting.TryDequeue(out var canonical);)
        {
            if (!seen.Add(canonical))
                continue;
            lookUps++;
            foreach (var type in (string[])["ValueSet", "CodeSystem", "ConceptMap"])
            {
                if (await Canonicals.FindAsync(type, canonical, call.Request.Caller, hub, cancellationToken) is { } resource)
                {
                    found.TryAdd($"{type}/{resource.Text("id")}/{resource.At("meta", "versionId")?.Value}", resource);
                    Named(resource).ForEach(waiting.Enqueue);
                }
                else if (hub.Definitions.Find(type, canonical) is { } definition)
                {
                    Named(definition.Content).ForEach(waiting.Enqueue);
                }
            }
        }

        // Without a map named, each that fits is asked.
        if (readsAllMaps && call.Text("url") is null && call.Resource("conceptMap") is null)
            foreach (var stored in await Canonicals.ListAsync("ConceptMap", [], call.Request.Caller, hub, MapsMax, cancellationToken))
                found.TryAdd($"ConceptMap/{stored.Id}/{stored.Version}", stored.Resource.Root);

        // A code system that comes with the call is for this call alone.
        if (call.Resource("codeSystem") is { } given)
            return new(hub.Definitions.With([.. found.Values, given.Root]));
        if (found.Count == 0)
            return own;
        var key = string.Create(CultureInfo.InvariantCulture, $"{call.Request.Caller.Tenant} {string.Join(' ', found.Keys)}");
        if (_kept.TryGetValue(key, out var kept))
            return kept;
        if (_kept.Count >= KeptMax)
            _kept.Clear();
        return _kept[key] = new(hub.Definitions.With(found.Values));
    }

    /// <summary>The canonical URLs that a resource or the parameters of a call name: systems, value sets, supplements, maps.</summary>
    private static List<string> Named(Element root)
    {
        const int DepthMax = 16;
        const int NamedMax = 200;
        var named = new List<string>();
        Walk(root, 0);
        return named;

        void Walk(Element element, int depth)
        {
            foreach (var child in element.Children)
            {
                if (named.Count == NamedMax || depth > DepthMax)
                    return;

                // The concepts of a code system name nothing that would have to be found.
                if (child.Name is "concept" or "contains" or "text" or "meta")
                    continue;
                if (child is { Value: { } text, Name: "system" or "valueSet" or "supplements" or "valueUri" or "valueCanonical" or "valueUrl" }
                    && text.Contains(':', StringComparison.Ordinal))
                    named.Add(text);
                Walk(child, depth + 1);
            }
        }
    }
}
