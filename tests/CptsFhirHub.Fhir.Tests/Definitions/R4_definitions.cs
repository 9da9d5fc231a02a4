using System.Diagnostics;
using System.IO.Compression;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Tests;

namespace CptsFhirHub.Fhir.Tests.Definitions;

/// <summary>The embedded definitions against the tables drawn from the official package.</summary>
public sealed class R4_definitions
{
    // Corrections of overrides.json: the official table still has the error.
    private static readonly HashSet<string> Corrected = new(StringComparer.Ordinal) { "bdl-8", "que-7", "que-12", "ras-2" };

    // Extensions of an older way to name the type of a primitive's value; the package is without.
    private static readonly string[] LeftOut =
        ["structuredefinition-json-type", "structuredefinition-rdf-type", "structuredefinition-xml-type"];

    [Fact]
    public void Every_element_of_the_specification_is_there_with_its_rules()
    {
        var differences = new List<string>();
        var rows = Rows("elements.tsv.gz");
        var structures = R4.Definitions.All.Where(d => d.Kind == "StructureDefinition").ToDictionary(d => d.Name);
        foreach (var structure in rows.GroupBy(row => row[0]))
        {
            if (!structures.Remove(structure.Key, out var definition))
            {
                if (LeftOut.Contains(structure.Key))
                    continue;
                differences.Add($"{structure.Key} is missing");
                continue;
            }

            var elements = StructureReader.Elements(R4.Definitions, definition, "snapshot").ToDictionary(element => element.Id);
            foreach (var row in structure)
            {
                if (!elements.Remove(row[2], out var element))
                    differences.Add($"{structure.Key}: {row[2]} is missing");
                else
                    differences.AddRange(Differences(row, element, definition).Select(what => $"{structure.Key}: {row[2]}: {what}"));
            }

            differences.AddRange(elements.Keys.Select(extra => $"{structure.Key}: {extra} is not in the specification"));
        }

        // The bundles have this abstract pattern, the packages have not.
        Assert.Equal(["MetadataResource"], structures.Keys);
        Assert.True(rows.Count > 12_000, $"{rows.Count} rows");
        Assert.True(differences.Count == 0, $"{differences.Count} differences:\n" + string.Join('\n', differences.Take(40)));
    }

    [Fact]
    public void Every_search_parameter_is_there()
    {
        var known = R4.Definitions.All.Where(definition => definition.Kind == "SearchParameter").ToDictionary(d => d.Url);
        var rows = Rows("search-parameters.tsv.gz");
        var missing = new List<string>();
        var differences = new List<string>();
        foreach (var row in rows)
        {
            if (!known.Remove(row[1], out var definition))
            {
                missing.Add(row[1]);
                continue;
            }

            var content = definition.Content;
            if (content.Text("code") != row[2] || content.Text("type") != row[3] || (content.Text("expression") ?? "") != row[6])
                differences.Add($"{row[1]}: {content.Text("expression")} instead of {row[6]}");
        }

        // The package's search parameters lack those of single extensions and profiles.
        Assert.True(missing.Count <= 25, string.Join('\n', missing));
        Assert.Empty(known.Keys);
        Assert.Empty(differences);
    }

    [Fact]
    public void Every_invariant_is_there()
    {
        var differences = new List<string>();
        foreach (var row in Rows("invariants.tsv.gz"))
        {
            var type = R4.Definitions.Type(row[0].Split('.')[0]);
            var element = type?.Elements.FirstOrDefault(e => e.Path == row[0]);
            var invariant = element?.Invariants.FirstOrDefault(i => i.Key == row[1]);
            if (Corrected.Contains(row[1]))
                continue;
            if (invariant is null)
                differences.Add($"{row[0]} {row[1]} is missing");
            else if (invariant.IsError != (row[2] == "error") || Flat(invariant.Expression) != Flat(row[3]))
                differences.Add($"{row[0]} {row[1]}: {invariant.Expression}");
        }

        Assert.True(differences.Count == 0, string.Join('\n', differences));
    }

    [Fact]
    public void Loading_is_quick()
    {
        // A fresh set, since the shared one may be open already; the bound leaves room for a busy machine.
        var clock = Stopwatch.StartNew();
        using var stream = typeof(R4).Assembly.GetManifestResourceStream("CptsFhirHub.Fhir.Definitions.r4.br")!;
        var set = new DefinitionSet(DefinitionArchive.Read(stream), below: null);
        var loaded = clock.ElapsedMilliseconds;
        Assert.NotNull(set.Type("Patient")!.Child("name")!.Child("family"));
        var patient = clock.ElapsedMilliseconds;
        Assert.NotNull(set.SearchParameter("Patient", "birthdate"));
        TestContext.Current.TestOutputHelper?.WriteLine($"loaded {loaded} ms, Patient {patient} ms, search parameters {clock.ElapsedMilliseconds} ms");
        Assert.True(clock.ElapsedMilliseconds < 2000, $"{clock.ElapsedMilliseconds} ms");
    }

    private static IEnumerable<string> Differences(string[] row, ElementDefinition element, Definition definition)
    {
        if (element.Min.ToString() != row[3])
            yield return $"min {element.Min} instead of {row[3]}";
        if ((element.Max?.ToString() ?? "*") != row[4])
            yield return $"max {element.Max} instead of {row[4]}";

        var written = string.Join('|', element.Types.Select(Written));
        if (written != row[5] && !row[5].StartsWith("http://hl7.org/fhirpath/System.", StringComparison.Ordinal))
            yield return $"types {written} instead of {row[5]}";
        if ((element.ContentReference is { } reference ? "#" + reference : "") != row[6])
            yield return $"content reference {element.ContentReference} instead of {row[6]}";
        if ((element.Binding?.Strength.ToString().ToLowerInvariant() ?? "") != row[7] || (element.Binding?.ValueSet ?? "") != row[8])
            yield return $"binding {element.Binding} instead of {row[7]} {row[8]}";
        if (element.IsModifier != (row[10] == "1"))
            yield return "isModifier";
        if (element.IsSummary != (row[11] == "1"))
            yield return "isSummary";

        // The table repeats the rules of the element's type and of base types; here they stand at the type.
        var stated = row[9].Split(',', StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.Ordinal);
        var own = element.Invariants.Select(invariant => invariant.Key).ToHashSet(StringComparer.Ordinal);
        if (!own.IsSubsetOf(stated))
            yield return $"invariants {string.Join(',', own)} instead of {row[9]}";
        stated.ExceptWith(own);
        var types = element.Types.Select(type => type.Code)
            .Append(definition.Traits!.TypeName)
            .Append("Element")
            .Select(R4.Definitions.Type)
            .OfType<TypeDefinition>()
            .SelectMany(type => type.Invariants.Concat(type.Elements.SelectMany(e => e.Invariants)));
        var profiles = element.Types.SelectMany(type => type.Profiles)
            .Select(url => R4.Definitions.Find("StructureDefinition", url)!)
            .SelectMany(profile => StructureReader.Elements(R4.Definitions, profile, "snapshot").SelectMany(e => e.Invariants));
        stated.ExceptWith(types.Concat(profiles).Select(invariant => invariant.Key));
        if (stated.Count > 0)
            yield return $"lost invariants {string.Join(',', stated)}";
    }

    private static string Written(TypeReference type)
    {
        var targets = type.TargetProfiles.Count == 0 ? "" : $"({string.Join(',', type.TargetProfiles.Select(Last))})";
        var profiles = type.Profiles.Count == 0 ? "" : $"<{string.Join(',', type.Profiles.Select(Last))}>";
        return type.Code + profiles + targets;
    }

    // The table has each run of white space as one space.
    private static string Flat(string? text) => string.Join(' ', (text ?? "").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private static string Last(string url) => url[(url.LastIndexOf('/') + 1)..];

    private static List<string[]> Rows(string file)
    {
        using var packed = File.OpenRead(Path.Combine(Repository.RequireCorpus("r4-definitions"), file));
        using var reader = new StreamReader(new GZipStream(packed, CompressionMode.Decompress));
        var rows = new List<string[]>();
        reader.ReadLine();
        while (reader.ReadLine() is { } line)
            rows.Add(line.Split('\t'));
        return rows;
    }
}
