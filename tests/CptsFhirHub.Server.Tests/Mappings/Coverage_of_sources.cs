using CptsFhirHub.Fhir.Mapping;
using CptsFhirHub.Server.Flows;

namespace CptsFhirHub.Tests.Mappings;

/// <summary>What a source says is read by a rule of its map, or its folder says why not.</summary>
public sealed class Coverage_of_sources
{
    public static TheoryData<string> Sources => [.. MappingFolder.Sources];

    [Theory]
    [MemberData(nameof(Sources))]
    public void No_field_of_the_examples_is_overlooked(string source)
    {
        var ignored = IgnoredBy(source);
        var overlooked = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var input in MappingFolder.Inputs().Where(input => MappingFolder.SourceOf(input) == source))
            foreach (var tree in MappingFolder.Read(input).Select(reading => reading.Tree!))
            {
                var coverage = new MapCoverage();
                MappingFolder.Map(input, tree, coverage);
                foreach (var path in coverage.Unread(tree).Select(field => SourceCoverage.Below(field.Path)))
                    if (SourceCoverage.WhyIgnored(path, ignored) is null)
                        overlooked.Add(path);
            }

        Assert.True(overlooked.Count == 0, $"""No rule of {source} reads {string.Join(", ", overlooked)}: map them, or say why not under "ignored" in its source.json.""");
    }

    [Theory]
    [MemberData(nameof(Sources))]
    public void Whatever_is_not_read_on_purpose_has_a_reason(string source) =>
        Assert.All(IgnoredBy(source), ignored => Assert.True(ignored.Why.Length > 10, ignored.Path));

    [Theory]
    [InlineData("MSH.f3.c1", "MSH", true)]
    [InlineData("MSHX.f3", "MSH", false)]
    [InlineData("PID.f6.c1", "PID.f6", true)]
    [InlineData("PID.f60.c1", "PID.f6", false)]
    [InlineData("OBX.position", "*.position", true)]
    [InlineData("autres.telephone_2", "telephone", false)]
    public void A_listed_path_speaks_for_what_stands_below_it(string path, string listed, bool isIgnored) =>
        Assert.Equal(isIgnored, SourceCoverage.WhyIgnored(path, [(listed, "why")]) is not null);

    private static List<(string Path, string Why)> IgnoredBy(string source)
    {
        using var document = System.Text.Json.JsonDocument.Parse(File.ReadAllBytes(Path.Combine(MappingFolder.Root, source, "source.json")));
        return document.RootElement.TryGetProperty("ignored", out var ignored)
            ? [.. ignored.EnumerateObject().Select(member => (member.Name, member.Value.GetString()!))]
            : [];
    }
}
