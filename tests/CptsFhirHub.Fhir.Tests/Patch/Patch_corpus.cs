using System.Text;
using System.Text.Json;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Patch;
using CptsFhirHub.Tests;

namespace CptsFhirHub.Fhir.Tests.Patch;

/// <summary>The official cases of FHIRPath Patch and those of JSON Patch: every one passes.</summary>
public sealed class Patch_corpus
{
    [Fact]
    public void Fhirpath_patches_give_the_expected_resource()
    {
        Check("fhirpath-patch", test =>
        {
            var patched = FhirPathPatch.Apply(Read(test.GetProperty("input")), Read(test.GetProperty("patch")));
            return (patched.Resource?.Json, test.TryGetProperty("output", out var output) ? output : null, patched.Issues);
        });
    }

    [Fact]
    public void Json_patches_give_the_expected_document()
    {
        Check("json-patch", test =>
        {
            var patched = JsonPatch.Apply(Bytes(test.GetProperty("doc")), Bytes(test.GetProperty("patch")));
            return (patched.Json is { } json ? json : default(ReadOnlyMemory<byte>?), test.TryGetProperty("expected", out var expected) ? expected : null, patched.Issues);
        });
    }

    private static void Check(string name, Func<JsonElement, (ReadOnlyMemory<byte>? Json, JsonElement? Expected, IReadOnlyList<Issue> Issues)> run)
    {
        using var cases = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Repository.RequireCorpus("patch"), name + ".json")));
        var failures = new List<string>();
        var total = 0;
        foreach (var test in cases.RootElement.EnumerateArray())
        {
            total++;
            var title = test.TryGetProperty("name", out var given) || test.TryGetProperty("comment", out given) ? given.ToString() : $"{total}";
            var (json, expected, issues) = run(test);
            if (expected is not { } wanted || test.TryGetProperty("error", out _))
            {
                if (json is not null)
                    failures.Add($"{title}: an error was expected");
            }
            else if (json is not { } bytes)
            {
                failures.Add($"{title}: {issues[0]}");
            }
            else
            {
                using var result = JsonDocument.Parse(bytes);
                if (!JsonElement.DeepEquals(result.RootElement, wanted))
                    failures.Add($"{title}: {Encoding.UTF8.GetString(bytes.Span)}");
            }
        }

        Repository.Report($"corpus {name}: {total - failures.Count}/{total}");
        Assert.True(total > 0 && failures.Count == 0, string.Join('\n', failures));
    }

    private static byte[] Bytes(JsonElement element) => Encoding.UTF8.GetBytes(element.GetRawText());

    private static Resource Read(JsonElement element) => FhirJson.Parse(Bytes(element)).Resource!;
}
