using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CptsFhirHub.Definitions.Tool;

/// <summary>
/// Reviewed corrections of known errors of 4.0.1, each with its reason: overrides.json, an array of
/// <c>{ reason, url, path?, key?, member, from, to }</c>. With <c>path</c> and <c>key</c> it changes that invariant, with <c>path</c> alone the element's
/// type, without either the definition's member. One that finds nothing to change is reported: the package no longer is what was reviewed.
/// </summary>
internal static class Overrides
{
    public static JsonSerializerOptions Compact { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static IReadOnlyList<string> Apply(IReadOnlyList<DefinitionLine> lines, string json)
    {
        var unused = new List<string>();
        foreach (var one in JsonNode.Parse(json)!.AsArray().Select(o => o!.AsObject()))
        {
            var body = lines.FirstOrDefault(line => line.Url == DefinitionLines.Text(one, "url"))?.Body;
            if (body is null || Target(body, one) is not { } target || !Change(target, one))
                unused.Add(DefinitionLines.Text(one, "reason")!);
        }

        return unused;
    }

    private static JsonObject? Target(JsonObject body, JsonObject one)
    {
        if (DefinitionLines.Text(one, "path") is not { } path)
            return body;
        var element = body["snapshot"]!["element"]!.AsArray()
            .Select(e => e!.AsObject())
            .FirstOrDefault(e => DefinitionLines.Text(e, "path") == path);
        if (DefinitionLines.Text(one, "key") is { } key)
            return element?["constraint"]?.AsArray().Select(c => c!.AsObject()).FirstOrDefault(c => DefinitionLines.Text(c, "key") == key);
        return DefinitionLines.Text(one, "member") == "code" ? element?["type"]?[0]?.AsObject() : element;
    }

    private static bool Change(JsonObject target, JsonObject one)
    {
        var member = DefinitionLines.Text(one, "member")!;
        if (!JsonNode.DeepEquals(target[member], one["from"]))
            return false;
        if (one["to"] is { } to)
            target[member] = to.DeepClone();
        else
            target.Remove(member);
        return true;
    }
}
