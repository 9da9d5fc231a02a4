using System.Text;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Tests.Mappings;

/// <summary>
/// Each <c>mappings/*/examples/x.in.*</c> gives its <c>x.out.json</c>, through the real reader and the real map.
/// <c>UPDATE_GOLDEN=1</c> rewrites the outputs; the difference is then read by a person.
/// </summary>
public sealed class Golden_examples
{
    public static TheoryData<string> Inputs => new(MappingFolder.Inputs());

    [Fact]
    public void The_library_loads_without_a_fault() => Assert.Empty(MappingFolder.Library.Issues);

    [Theory]
    [MemberData(nameof(Inputs))]
    public void An_input_gives_its_output(string input)
    {
        var readings = MappingFolder.Read(input);
        for (var i = 0; i < readings.Count; i++)
        {
            var result = MappingFolder.Map(input, readings[i].Tree!);
            Assert.DoesNotContain(result.Issues, issue => issue.IsError);

            var actual = Encoding.UTF8.GetString(FhirJson.Write(result.Target!, pretty: true)).ReplaceLineEndings("\n").TrimEnd() + "\n";
            var path = MappingFolder.Output(input, i + 1, readings.Count);
            if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
                File.WriteAllText(path, actual);
            Assert.True(File.Exists(path), $"{path} is missing: run with UPDATE_GOLDEN=1 and read what it says.");
            Assert.Equal(File.ReadAllText(path).ReplaceLineEndings("\n"), actual);
        }
    }

    [Theory]
    [MemberData(nameof(Inputs))]
    public void Each_resource_of_an_output_meets_R4_and_its_profile(string input)
    {
        // The Bundle itself is a working form: its fullUrls are roles that the walk replaces, not UUIDs.
        foreach (var reading in MappingFolder.Read(input))
            foreach (var entry in MappingFolder.Map(input, reading.Tree!).Target!.All("entry"))
                HubProfiles.Check(entry.Child("resource")!);
    }

    [Fact]
    public void Every_output_has_its_input()
    {
        var expected = MappingFolder.Inputs().SelectMany(input =>
        {
            var count = MappingFolder.Read(input).Count;
            return Enumerable.Range(1, count).Select(number => MappingFolder.Output(input, number, count));
        });
        var actual = MappingFolder.Sources.SelectMany(source =>
            Directory.GetFiles(Path.Combine(MappingFolder.Root, source, "examples"), "*.out.json"));

        Assert.Equal(expected.Order(StringComparer.Ordinal), actual.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Inputs))]
    public void Every_reference_points_into_its_Bundle(string input)
    {
        foreach (var reading in MappingFolder.Read(input))
        {
            var bundle = MappingFolder.Map(input, reading.Tree!).Target!;
            var known = new HashSet<string>(StringComparer.Ordinal);
            foreach (var entry in bundle.All("entry"))
            {
                foreach (var contained in entry.Child("resource")!.All("contained"))
                    known.Add("#" + contained.Text("id"));
                Assert.True(known.Add(entry.Text("fullUrl")!), $"{entry.Text("fullUrl")} stands twice in the Bundle.");
            }

            Assert.All(References(bundle), reference => Assert.Contains(reference, known));
        }
    }

    [Fact]
    public void Examples_use_no_real_matricule()
    {
        // The national test authority alone; the real ones may only mark a NIR that a form carries (type NH).
        foreach (var input in MappingFolder.Inputs())
        {
            var text = File.ReadAllText(Path.Combine(MappingFolder.Root, input));
            Assert.DoesNotContain("1.2.250.1.213.1.4.8", text, StringComparison.Ordinal);
            Assert.DoesNotContain("1.2.250.1.213.1.4.9", text, StringComparison.Ordinal);
        }
    }

    private static List<string> References(Element node)
    {
        var found = new List<string>();
        Collect(node);
        return found;

        void Collect(Element at)
        {
            foreach (var child in at.Children)
            {
                if (child.Name == "reference" && child.Value is { } reference)
                    found.Add(reference);
                Collect(child);
            }
        }
    }
}
