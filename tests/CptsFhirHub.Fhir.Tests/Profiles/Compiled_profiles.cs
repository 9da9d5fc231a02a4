using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace CptsFhirHub.Tests.Profiles;

/// <summary>What SUSHI compiled is committed; these checks say, without npm, when somebody forgot to compile again.</summary>
public sealed class Compiled_profiles
{
    private const string Advice = "run fhir-profiles/build.sh and commit what it writes";

    private static readonly string Folder = Repository.File("fhir-profiles");

    [Fact]
    public void Are_made_from_the_sources_as_they_stand()
    {
        var sources = Directory.GetFiles(Path.Combine(Folder, "input", "fsh"), "*.fsh")
            .Append(Path.Combine(Folder, "sushi-config.yaml"))
            .Concat(Directory.GetFiles(Repository.File("mappings"), "*.fsh", SearchOption.AllDirectories));

        Check("sources", sources);
    }

    [Fact]
    public void Were_not_changed_by_hand()
    {
        var compiled = Directory.GetFiles(Path.Combine(Folder, "compiled"), "*.json", SearchOption.AllDirectories)
            .Concat(Directory.GetFiles(Repository.File("mappings"), "StructureDefinition-*.json", SearchOption.AllDirectories));

        Check("compiled", compiled);
    }

    private static void Check(string member, IEnumerable<string> files)
    {
        using var manifest = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, "manifest.json")));
        var expected = manifest.RootElement.GetProperty(member).EnumerateObject()
            .ToDictionary(entry => entry.Name, entry => entry.Value.GetString()!, StringComparer.Ordinal);
        var actual = files.ToDictionary(
            path => Path.GetRelativePath(Folder, path).Replace('\\', '/'), Digest, StringComparer.Ordinal);

        var stale = actual.Keys.Union(expected.Keys, StringComparer.Ordinal)
            .Where(name => actual.GetValueOrDefault(name) != expected.GetValueOrDefault(name))
            .Order(StringComparer.Ordinal)
            .ToList();

        Assert.True(stale.Count == 0, $"Not current: {string.Join(", ", stale)}; {Advice}.");
    }

    /// <summary>The digest the build wrote: over the text with line feeds alone, so that a checkout on Windows agrees.</summary>
    private static string Digest(string path) => Convert.ToHexStringLower(
        SHA256.HashData(Encoding.UTF8.GetBytes(File.ReadAllText(path).ReplaceLineEndings("\n"))));
}
