using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Cli;

/// <summary>Where profiles, models and concept maps are looked for.</summary>
internal static class DefinitionFiles
{
    /// <summary>The hub's own profiles and models, beside the program.</summary>
    public static IEnumerable<string> Beside() => All(Path.Combine(AppContext.BaseDirectory, "fhir-profiles"));

    /// <summary>The concept maps and logical models that stand with the mappings.</summary>
    public static IEnumerable<string> OfMappings(string mappings) => All(mappings).Where(file =>
        file.EndsWith(".conceptmap.json", StringComparison.Ordinal)
        || Path.GetFileName(file).StartsWith("StructureDefinition-", StringComparison.Ordinal));

    /// <summary>Every JSON and XML file of a folder; none when there is no such folder.</summary>
    public static IEnumerable<string> All(string folder) => Directory.Exists(folder)
        ? Directory.GetFiles(folder, "*.json", SearchOption.AllDirectories)
            .Concat(Directory.GetFiles(folder, "*.xml", SearchOption.AllDirectories))
            .Order(StringComparer.Ordinal)
        : [];

    /// <summary>The resource of a file, or those of a Bundle; none when it holds neither.</summary>
    public static IEnumerable<Element> Read(string file)
    {
        if (Desk.Parse(File.ReadAllBytes(file)).Resource?.Root is not { } root)
            return [];
        return root.ResourceType == "Bundle"
            ? root.All("entry").ToArray().Select(entry => entry.Child("resource")).OfType<Element>()
            : [root];
    }
}
