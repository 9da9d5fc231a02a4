using System.IO.Compression;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.FhirPath;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Snapshots;
using CptsFhirHub.Fhir.Xml;

namespace CptsFhirHub.Tests.Snapshots;

/// <summary>
/// The official cases of snapshot generation: the rules of their manifest hold for what is generated; a case without rules passes
/// when it has the expected elements with the expected cardinalities.
/// </summary>
public sealed partial class Snapshot_corpus
{
    private readonly Dictionary<string, byte[]> _files = new(StringComparer.Ordinal);
    private ILookup<string?, Element>? _cases;

    [Fact]
    public void Passes_except_the_reviewed_list()
    {
        var folder = Repository.RequireCorpus("snapshot");
        var core = new CorePackage(Path.Combine(Repository.RequireCorpus("r4-definitions"), "hl7.fhir.r4.core-4.0.1.tgz"));
        using (var zip = ZipFile.OpenRead(Path.Combine(folder, "snapshot-generation.zip")))
        {
            foreach (var entry in zip.Entries)
            {
                using var stream = entry.Open();
                using var bytes = new MemoryStream();
                stream.CopyTo(bytes);
                _files[entry.Name] = bytes.ToArray();
            }
        }

        using var manifest = new MemoryStream(_files["manifest.xml"]);
        var failed = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var differing = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var total = 0;
        foreach (var test in XDocument.Load(manifest).Root!.Elements("test"))
        {
            total++;
            var id = test.Attribute("id")!.Value;
            if (Fault(test, id, core, differing) is { } fault)
                failed[id] = fault;
        }

        Judge(total, failed, differing);
    }

    private static void Judge(int total, SortedDictionary<string, string> failed, SortedDictionary<string, string> differing)
    {
        var line = $"corpus snapshot: {total - failed.Count}/{total}";
        Repository.Report(line);
        if (Environment.GetEnvironmentVariable("HUB_CORPUS_LOG") is { Length: > 0 } log)
        {
            string[] lines =
            [
                line,
                .. failed.Select(pair => $"{pair.Key} :: {pair.Value}"),
                $"elements other than expected: {differing.Count}",
                .. differing.Select(pair => $"{pair.Key} :: {pair.Value}"),
            ];
            File.WriteAllLines(Path.Combine(log, "snapshot.log"), lines);
        }

        var list = Repository.File("tests", "CptsFhirHub.Fhir.Tests", "Snapshots", "snapshot.expected-failures.txt");
        var expected = File.ReadAllLines(list)
            .Where(entry => entry.Length > 0 && !entry.StartsWith('#'))
            .Select(entry => entry.Split(" :: ")[0].Trim())
            .ToHashSet(StringComparer.Ordinal);
        Assert.Equal([], failed.Where(pair => !expected.Contains(pair.Key)).Select(pair => $"fails: {pair.Key}: {pair.Value}"));
        Assert.Equal([], expected.Where(key => !failed.ContainsKey(key)).Select(key => $"passes now, take it off the list: {key}"));
    }

    private string? Fault(XElement test, string id, CorePackage core, SortedDictionary<string, string> differing)
    {
        var registered = new[] { "register", "include" }
            .SelectMany(name => (test.Attribute(name)?.Value ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries))
            .Select(Read)
            .OfType<Element>()
            .ToList();
        // Some bring a snapshot of an older version of FHIR.
        foreach (var one in registered)
            one.Remove("snapshot");
        Element? Resolve(string url) => registered.Find(one => one.Text("url") == url) ?? core.Find(url) ?? Case(url);
        var mustFail = test.Attribute("fail")?.Value == "true";
        var made = SnapshotGenerator.Generate(
            Read($"{id}-input")!, R4.Definitions, Resolve, acceptsAnyOrder: test.Attribute("sort")?.Value == "true");
        if (mustFail)
            return made.IsWhole ? "generates what must fail" : null;
        if (made.Issues.FirstOrDefault(issue => issue.IsError) is { } error)
            return $"{error.Path}: {error.Text}";

        var variables = new Dictionary<string, Items>(StringComparer.Ordinal)
        {
            [$"{id}-output"] = Items.Of(Item.Of(made.Structure)),
        };
        if (registered.Count > 0)
        {
            var included = SnapshotGenerator.Generate(registered[0], R4.Definitions, Resolve, acceptsAnyOrder: true);
            variables[$"{id}-include"] = Items.Of(Item.Of(included.Structure));
        }

        var expected = Read($"{id}-expected");
        if (expected is not null && Difference(made.Structure, expected, AllMarks) is { } fine)
            differing[id] = fine;
        var rules = test.Elements("rule").ToList();
        return rules.Count == 0
            ? expected is null ? null : Difference(made.Structure, expected, Cardinality)
            : rules.Select(rule => Broken(rule.Attribute("fhirpath")!.Value, variables, name => Other(name, core, Resolve))).FirstOrDefault(fault => fault is not null);
    }

    // A fixture that is no part of the case: another case's file or output, or a type of the specification.
    private Element? Other(string name, CorePackage core, Func<string, Element?> resolve)
    {
        const string Types = "http://hl7.org/fhir/StructureDefinition/";
        if (Read(name) is { } file)
            return file;
        if (name.EndsWith("-output", StringComparison.Ordinal) && Read(name.Replace("-output", "-input", StringComparison.Ordinal)) is { } input)
            return SnapshotGenerator.Generate(input, R4.Definitions, resolve, acceptsAnyOrder: true).Structure;
        // The first case is not always at hand: its profile of Patient changes nothing.
        var type = name is "t1-output" ? "Patient"
            : R4.Definitions.ResourceTypes.FirstOrDefault(one => string.Equals(one, name, StringComparison.OrdinalIgnoreCase));
        return type is null ? null : core.Find(Types + type);
    }

    private static string? Broken(string rule, Dictionary<string, Items> variables, Func<string, Element?> other)
    {
        foreach (Match fixture in Fixture().Matches(rule))
            if (fixture.Groups["name"].Value is var name && !variables.ContainsKey(name) && other(name) is { } element)
                variables[name] = Items.Of(Item.Of(element));
        var text = Fixture().Replace(rule, "%`${name}`");
        text = Check().Replace(text, "");
        try
        {
            var result = FhirPathExpression.Parse(text).Evaluate(default(Items), new() { Variables = variables });
            return result.Count == 1 && result[0].Value is true ? null : rule;
        }
        catch (FhirPathException exception)
        {
            return $"{rule}: {exception.Message}";
        }
    }

    private static string? Difference(Element made, Element expected, Func<Element, string> mark)
    {
        var mine = Ids(made, mark);
        var theirs = Ids(expected, mark);
        var missing = theirs.Except(mine, StringComparer.Ordinal).Take(3).ToList();
        var extra = mine.Except(theirs, StringComparer.Ordinal).Take(3).ToList();
        return missing.Count > 0 ? $"lacks {string.Join(", ", missing)}; has {string.Join(", ", extra)}"
            : extra.Count > 0 ? $"has {string.Join(", ", extra)}"
            : mine.SequenceEqual(theirs, StringComparer.Ordinal) ? null
            : "has them in another order";
    }

    private static List<string> Ids(Element structure, Func<Element, string> mark)
    {
        var ids = new List<string>();
        foreach (var element in structure.Child("snapshot")!.All("element"))
            ids.Add($"{element.Text("id")} {mark(element)}");
        return ids;
    }

    private static string Cardinality(Element element) => $"{element.Text("min")}..{element.Text("max")}";

    private static string AllMarks(Element element) => $"{Cardinality(element)} {Types(element)} {Marks(element)}";

    private static string Types(Element element)
    {
        // The open choice has more types in R4B than in R4.
        const int TypesMax = 12;
        var types = element.All("type").ToArray().Select(type => type.Text("code") + type.Text("profile")).Distinct().ToList();
        return types.Count > TypesMax ? "any" : string.Join(',', types);
    }

    private static string Marks(Element element) =>
        string.Join(
            ' ',
            element.Children.ToArray()
                .Select(child => child.Name == "mustSupport" ? $"mustSupport={child.Value}" : child.Name)
                .Where(name => name is "binding" or "slicing" or "mustSupport=true"
                    || name.StartsWith("fixed", StringComparison.Ordinal)
                    || name.StartsWith("pattern", StringComparison.Ordinal)));

    // The base of a case may be another case: the one with that URL, if it is one only.
    private Element? Case(string url)
    {
        _cases ??= _files.Keys
            .Where(name => name.Contains("-input.", StringComparison.Ordinal))
            .Select(name => Parsed(name, _files[name]))
            .ToLookup(structure => structure.Text("url"), StringComparer.Ordinal);
        return _cases[url].ToArray() is [var only] ? only : null;
    }

    private static Element Parsed(string name, byte[] bytes)
    {
        var parsed = name.EndsWith(".xml", StringComparison.Ordinal) ? FhirXml.Parse(bytes) : FhirJson.Parse(bytes);
        return parsed.Resource?.Root ?? throw new InvalidDataException($"{name} is no resource: {parsed.Issues[0].Text}");
    }

    private Element? Read(string name)
    {
        foreach (var file in (ReadOnlySpan<string>)[$"{name}.xml", $"{name}.json"])
            if (_files.TryGetValue(file, out var bytes))
                return Parsed(file, bytes);
        return null;
    }

    [GeneratedRegex(@"fixture\('(?<name>[^']+)'\)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Fixture();

    [GeneratedRegex(@"\.check\(exists\(\), '[^']*'\)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Check();
}
