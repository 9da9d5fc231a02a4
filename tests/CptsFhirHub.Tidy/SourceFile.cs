using System.Text.RegularExpressions;
using CptsFhirHub.Tests;

namespace CptsFhirHub.Tidy;

/// <summary>A C# file of the repository: where it stands in the house and what it says.</summary>
internal sealed partial record SourceFile(string Path, string Text)
{
    private static readonly string[] Passed = ["bin", "obj", ".git", "node_modules", "TestResults", "artifacts", ".vs", ".idea"];
    private static readonly Lazy<IReadOnlyList<SourceFile>> Read = new(() =>
        [.. Files("*.cs").Select(path => new SourceFile(path, File.ReadAllText(Repository.File(path))))]);

    private readonly Lazy<string> _code = new(() => SourceText.CodeOf(Text));

    /// <summary>Every C# file, generated ones excepted.</summary>
    public static IReadOnlyList<SourceFile> All => Read.Value;

    public string Code => _code.Value;

    /// <summary>The project folder: <c>Fhir</c> for src/CptsFhirHub.Fhir; null outside src.</summary>
    public string? Project => Parts is ["src", var project, ..] && project.StartsWith("CptsFhirHub.", StringComparison.Ordinal) ? project["CptsFhirHub.".Length..] : null;

    /// <summary>The folder below the project; null at its root.</summary>
    public string? Room => Parts.Length > 3 ? Parts[2] : null;

    /// <summary>The names of the types it declares, at any depth.</summary>
    public IEnumerable<string> Types => Declaration().Matches(Code).Select(match => match.Groups["name"].Value);

    public bool IsGenerated => Parts.Contains("Migrations") || Path.EndsWith(".g.cs", StringComparison.Ordinal);

    private string[] Parts => Path.Split('/');

    /// <summary>The repository's own files of that pattern, with paths from its root.</summary>
    public static IEnumerable<string> Files(string pattern) =>
        Walk(Repository.Root, pattern).Select(path => System.IO.Path.GetRelativePath(Repository.Root, path).Replace('\\', '/')).Order(StringComparer.Ordinal);

    private static IEnumerable<string> Walk(string folder, string pattern) =>
        Directory.EnumerateFiles(folder, pattern)
            .Concat(Directory.EnumerateDirectories(folder)
                .Where(inner => !Passed.Contains(System.IO.Path.GetFileName(inner)))
                .SelectMany(inner => Walk(inner, pattern)));

    [GeneratedRegex(@"\b(?:class|struct|interface|enum|record(?:\s+(?:class|struct))?)\s+(?<name>[A-Z]\w*)", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Declaration();
}
