using System.Diagnostics;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Tests;

namespace CptsFhirHub.Fhir.Tests.Model;

/// <summary>The JSON parsing suite: what is JSON is read, what is not is refused, nothing crashes or hangs.</summary>
public sealed class Json_corpus
{
    private static readonly TimeSpan TimeMax = TimeSpan.FromSeconds(30);

    // FHIR is stricter than JSON: these are JSON, and no FHIR resource could hold them.
    private static readonly string[] StricterThanJson = ["null", "is there twice", "empty", "control character", "surrogate", "at least one", "array holds no array", "never", "exponent", "longer than"];

    [Fact]
    public void Files_are_read_or_refused_as_their_names_say()
    {
        var failures = new List<string>();
        int total = 0, stricter = 0;
        foreach (var path in Directory.EnumerateFiles(Path.Combine(Repository.RequireCorpus("json-parsing"), "test_parsing")).Order(StringComparer.Ordinal))
        {
            total++;
            var name = Path.GetFileName(path);
            var clock = Stopwatch.StartNew();
            // The suite's values are of any shape; as the input of a map they are read without the rules of FHIR.
            var wrapped = FhirJson.ParseModel(Wrapped(File.ReadAllBytes(path)), "Model");
            var plain = FhirJson.Parse(File.ReadAllBytes(path));
            if (clock.Elapsed > TimeMax)
                failures.Add($"{name} took {clock.Elapsed}");
            if (name.StartsWith("n_", StringComparison.Ordinal) && (plain.IsSound || wrapped.IsSound))
                failures.Add($"{name} was accepted");
            if (!name.StartsWith("y_", StringComparison.Ordinal) || wrapped.IsSound)
                continue;
            if (wrapped.Issues.All(issue => StricterThanJson.Any(reason => issue.Text.Contains(reason, StringComparison.Ordinal))))
                stricter++;
            else
                failures.Add($"{name} was refused: {wrapped.Issues[0]}");
        }

        Repository.Report($"corpus json-parsing: {total - failures.Count}/{total}, {stricter} of them JSON that FHIR refuses\n" + string.Join('\n', failures));
        Assert.True(total > 200 && failures.Count == 0, string.Join('\n', failures));
    }

    [Fact]
    public void What_was_written_reads_the_same_again()
    {
        var failures = new List<string>();
        foreach (var path in Directory.EnumerateFiles(Path.Combine(Repository.RequireCorpus("json-parsing"), "test_transform")))
        {
            var first = FhirJson.ParseModel(Wrapped(File.ReadAllBytes(path)), "Model");
            if (first is not { IsSound: true, Resource: { } resource })
                continue;
            var written = FhirJson.Write(resource.Root);
            var again = FhirJson.Parse(written);
            if (again.Resource is null || !FhirJson.Write(again.Resource.Root).AsSpan().SequenceEqual(written))
                failures.Add(Path.GetFileName(path));
        }

        Assert.True(failures.Count == 0, string.Join('\n', failures));
    }

    // A root that is no object is put into one: the kernel reads objects alone.
    private static byte[] Wrapped(byte[] bytes)
    {
        var first = bytes.AsSpan().IndexOfAnyExcept(" \t\r\n"u8);
        return first >= 0 && bytes[first] == (byte)'{' ? bytes : [.. "{\"value\":"u8, .. bytes, (byte)'}'];
    }
}
