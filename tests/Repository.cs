using System.Reflection;

namespace CptsFhirHub.Tests;

/// <summary>Where the tests find the project's own files and, when present, the shared conformance corpora.</summary>
internal static class Repository
{
    public static string Root { get; } = typeof(Repository).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>()
        .First(attribute => attribute.Key == "RepositoryRoot").Value!;

    /// <summary>The root of the HL7 corpora: HUB_CORPORA, else ../shared/data/hl7 beside the checkout.</summary>
    public static string Corpora { get; } =
        Environment.GetEnvironmentVariable("HUB_CORPORA") is { Length: > 0 } given
            ? Path.GetFullPath(given)
            : Path.GetFullPath(Path.Combine(Root, "..", "shared", "data", "hl7"));

    /// <summary>The path of a corpus, or a skipped test that says what is missing.</summary>
    public static string RequireCorpus(string name)
    {
        var path = Path.Combine(Corpora, name);
        Assert.SkipUnless(Path.Exists(path), $"The corpus '{name}' is absent: set HUB_CORPORA to the folder that holds it.");
        return path;
    }

    /// <summary>
    /// Tells how a corpus went, in its first line, and what failed, in those behind. Runners keep the output of tests that pass to
    /// themselves: where HUB_CORPUS_REPORT names a folder, the first line is written there too.
    /// </summary>
    public static void Report(string text)
    {
        TestContext.Current.TestOutputHelper?.WriteLine(text);
        if (Environment.GetEnvironmentVariable("HUB_CORPUS_REPORT") is not { Length: > 0 } folder)
            return;
        lock (Root)
            System.IO.File.AppendAllText(Path.Combine(folder, $"corpora.{Environment.ProcessId}"), text.Split('\n')[0] + "\n");
    }

    public static string File(params string[] parts) => Path.Combine([Root, .. parts]);
}
