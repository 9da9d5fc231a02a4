using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CptsFhirHub.Definitions.Tool;

/// <summary>
/// Reviewed corrections of known errors of 4.0.1, each with its reason: overrides.json, an array of
/// <c>{ reason, url, path?, key?, member, from, to }</c>. With <c>path</c> and <c>key</c> it changes that invariant, with <c>path</c> alone a member of the
/// element (<c>code</c>: its type), without either the definition's member. <c>url</c> is one address, or <c>resources</c>: the element of that name in every resource. One that finds nothing to change is reported: the package no longer is what was reviewed.
/// </summary>
internal static class Overrides
{
    public static JsonSerializerOptions Compact { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static IReadOnlyList<string> Apply(IReadOnlyList<DefinitionLine> lines, string json)
    {
        var unused = new List<string>();
        foreach (var one in JsonNode.Parse(json)!.AsArray().Select(o => o!.AsObject()))
        {
            var url = DefinitionLines.Text(one, "url");
            var changed = 0;
            foreach (var line in lines.Where(line => url == "resources" ? line.Detail.StartsWith("resource ", StringComparison.Ordinal) : line.Url == url))
                if (Target(line.Body, one, url == "resources") is { } target && Change(target, one))
                    changed++;
            if (changed == 0)
                unused.Add(DefinitionLines.Text(one, "reason")!);
        }

        return unused;
    }

    private static JsonObject? Target(JsonObject body, JsonObject one, bool inEvery)
    {
        if (DefinitionLines.Text(one, "path") is not { } path)
            return body;
        if (inEvery)
            path = DefinitionLines.Text(body, "type") + "." + path;
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
