using System.Text.Json;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Server;

/// <summary>The codes of the sources: those of the profiles, and one for each folder of the mappings, so that a new folder needs no new profile.</summary>
internal static class SourceCodes
{
    private const string Url = "https://cpts-fhir-hub.example/fhir/CodeSystem/source-signalement";

    /// <summary>The folder of the sources: setting <c>Hub:MappingsDirectory</c>.</summary>
    public static string Folder(IConfiguration configuration) =>
        configuration["Hub:MappingsDirectory"] ?? Path.Combine(AppContext.BaseDirectory, "mappings");

    /// <summary>The resource, with the sources that it lacks when it is the code system of sources.</summary>
    public static Resource Completed(Resource resource, string mappings)
    {
        if (resource.Root.Text("url") != Url || resource.Type != "CodeSystem" || !Directory.Exists(mappings))
            return resource;
        var known = new HashSet<string?>(StringComparer.Ordinal);
        foreach (var concept in resource.Root.All("concept"))
            known.Add(concept.Text("code"));

        var root = resource.Root.Copy();
        foreach (var file in Directory.GetFiles(mappings, "source.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(file));
            if (Text(document, "source") is { } code && known.Add(code))
                root.AddItem("concept").With("code", code).With("display", Text(document, "title") ?? code);
        }

        root.Remove("count");
        return new(root);
    }

    /// <summary>The sources whose folder names a role (<c>roles</c>), by role: its clients may post to them unless their registration says otherwise.</summary>
    public static ILookup<string, string> RolesOf(string mappings)
    {
        var named = new List<(string Role, string Source)>();
        if (Directory.Exists(mappings))
            foreach (var file in Directory.GetFiles(mappings, "source.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            {
                using var document = JsonDocument.Parse(File.ReadAllBytes(file));
                if (Text(document, "source") is { } source && document.RootElement.TryGetProperty("roles", out var roles))
                    named.AddRange(roles.EnumerateArray().Select(role => (role.GetString() ?? "", source)));
            }

        return named.ToLookup(pair => pair.Role, pair => pair.Source, StringComparer.Ordinal);
    }

    private static string? Text(JsonDocument document, string name) =>
        document.RootElement.TryGetProperty(name, out var value) ? value.GetString() : null;
}
