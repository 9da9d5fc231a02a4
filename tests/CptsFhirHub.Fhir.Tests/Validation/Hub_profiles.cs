using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Validation;
using CptsFhirHub.Tests;

namespace CptsFhirHub.Fhir.Tests.Validation;

/// <summary>The hub's own profiles at work: each example that was compiled with them is sound, and the definitions themselves are.</summary>
public sealed class Hub_profiles
{
    private static readonly Lazy<Validator> Loaded = new(() =>
        new(R4.Definitions.With(Read(Repository.File("fhir-profiles", "compiled")).Select(file => file.Resource))));

    [Fact]
    public void Every_example_meets_the_profiles_it_claims() => Check(Repository.File("fhir-profiles", "compiled", "examples"), Loaded.Value);

    [Fact]
    public void Every_definition_is_sound() => Check(Repository.File("fhir-profiles", "compiled"), Loaded.Value);

    [Theory]
    [InlineData("hub-patient")]
    [InlineData("hub-signalement")]
    [InlineData("hub-tache")]
    [InlineData("hub-cohorte")]
    public void A_profile_asks_for_something(string name)
    {
        const string Base = "https://cpts-fhir-hub.example/fhir/StructureDefinition/";
        var type = R4.Definitions.With(Read(Repository.File("fhir-profiles", "compiled")).Select(file => file.Resource))
            .Find("StructureDefinition", Base + name)!.Traits!.TypeName;
        var bare = new Resource(Element.OfResource(type).With("id", "x"));
        Assert.Contains(Loaded.Value.Check(bare, [Base + name]), issue => issue.IsError && issue.Rule?.Contains("hub-", StringComparison.Ordinal) == true);
    }

    [Theory]
    [InlineData("fr", "Un nom donne le nom de famille ou le nom complet.")]
    [InlineData("en", "A name says a family name or a whole name.")]
    public void A_broken_rule_is_told_in_the_language_asked_for(string language, string told)
    {
        const string Profile = "https://cpts-fhir-hub.example/fhir/StructureDefinition/hub-patient";
        var patient = Structure_checks.Read("""{"resourceType":"Patient","name":[{"given":["Jeanne"]}]}""");
        Assert.Contains(Loaded.Value.Check(patient, [Profile], language), issue => issue.Text.EndsWith(told, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_rule_of_ours_has_a_French_text()
    {
        var without =
            from file in Read(Repository.File("fhir-profiles", "compiled"))
            where file.Resource.Type == "StructureDefinition"
            from element in file.Resource.Root.Child("differential")!.All("element").ToArray()
            from rule in element.All("constraint").ToArray()
            where rule.Text("key")!.StartsWith("hub-", StringComparison.Ordinal) && rule.Child("human") is not { Count: > 0 }
            select $"{file.Name}: {rule.Text("key")}";
        Assert.Empty(without);
    }

    private static void Check(string folder, Validator validator)
    {
        var errors = Read(folder)
            .SelectMany(file => validator.Check(file.Resource).Where(issue => issue.IsError).Select(issue => $"{file.Name}: {issue}"))
            .ToList();
        Assert.True(errors.Count == 0, string.Join('\n', errors.Take(40)));
    }

    private static List<(string Name, Resource Resource)> Read(string folder)
    {
        var found = new List<(string, Resource)>();
        foreach (var path in Directory.EnumerateFiles(folder, "*.json").Order(StringComparer.Ordinal))
            if (FhirJson.Parse(File.ReadAllBytes(path)).Resource is { } resource)
                found.Add((Path.GetFileName(path), resource));
        Assert.NotEmpty(found);
        return found;
    }
}
