using System.Collections.Concurrent;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Validation;

namespace CptsFhirHub.Fhir.Tests.Validation;

/// <summary>Whatever stands in a resource, a check ends with issues, never with an exception; and many threads may check at once.</summary>
public sealed class Validator_robustness
{
    private const int ExamplesMax = 250;
    private static readonly string[] Names = ["name", "value", "valueQuantity", "valueReference", "reference", "extension", "coding", "id", "contained", "url", "text", "div", "_x", ""];
    private static readonly string[] Texts = ["", " ", "x", "-1", "9999999999999999999999", "2020-13-45", "#", "#x", "urn:uuid:", "<div", "\uFFFD", "http://", "Patient/", "a|b|c", "%"];

    [Fact]
    public void A_damaged_resource_is_checked_to_the_end()
    {
        const int Seed = 20261121;
        var random = new Random(Seed);
        var failures = new List<string>();
        foreach (var (name, bytes) in Example_corpus.Examples().Where(example => example.Bytes.Length < 20_000).Take(ExamplesMax))
        {
            var root = FhirJson.Parse(bytes).Resource!.Root;
            for (var i = 0; i < 4; i++)
                Damage(root, random);
            try
            {
                Validator.Core.Check(root);
            }
            catch (Exception exception)
            {
                failures.Add($"{name}, seed {Seed}: {exception}");
            }
        }

        Assert.True(failures.Count == 0, string.Join('\n', failures.Take(5)));
    }

    [Fact]
    public void Threads_that_begin_together_find_the_same()
    {
        var examples = Example_corpus.Examples().Where(example => example.Bytes.Length < 10_000).Take(60)
            .Select(example => FhirJson.Parse(example.Bytes).Resource!).ToList();
        // Nothing is prepared yet: the threads compile profiles, rules and value sets side by side.
        var fresh = new Validator(R4.Definitions.With(Array.Empty<Element>()));
        var counts = new ConcurrentBag<string>();

        Parallel.For(0, 4, _ => counts.Add(string.Join(',', examples.Select(example => fresh.Check(example).Count))));

        Assert.Single(counts.Distinct());
    }

    [Fact]
    public void Profiles_that_lead_into_each_other_end()
    {
        const string Circle = """
            {"resourceType":"StructureDefinition","url":"https://example.org/e","name":"E","status":"active","kind":"complex-type","abstract":false,
             "type":"Extension","context":[{"type":"element","expression":"Element"}],"baseDefinition":"https://example.org/e","derivation":"constraint",
             "differential":{"element":[{"id":"Extension","path":"Extension"},
               {"id":"Extension.extension:e","path":"Extension.extension","sliceName":"e","min":1,"type":[{"code":"Extension","profile":["https://example.org/e"]}]}]} }
            """;
        var validator = new Validator(R4.Definitions.With([Structure_checks.Read(Circle)]));
        var patient = Structure_checks.Read("""{"resourceType":"Patient","extension":[{"url":"https://example.org/e","extension":[{"url":"https://example.org/e","valueCode":"x"}]}]}""");

        Assert.Contains(validator.Check(patient), issue => issue.Code == "required");
    }

    private static void Damage(Element root, Random random)
    {
        var at = root;
        while (at.Count > 0 && random.Next(4) > 0)
            at = at[random.Next(at.Count)];
        switch (random.Next(5))
        {
            case 0 when at.Count > 0:
                at.Remove(at[random.Next(at.Count)]);
                break;
            case 1:
                at.Append(Element.Named(Names[random.Next(Names.Length)], random.Next(2) == 0));
                break;
            case 2:
                at.Append(Element.Primitive(Names[random.Next(Names.Length)], ElementKind.String, Texts[random.Next(Texts.Length)], random.Next(2) == 0));
                break;
            case 3 when at.ResourceType is null:
                at.SetValue(random.Next(2) == 0 ? ElementKind.String : ElementKind.Number, Texts[random.Next(Texts.Length)]);
                break;
            default:
                at.Append(Element.OfResource(random.Next(2) == 0 ? "Patient" : "Nothing", Names[random.Next(Names.Length)]));
                break;
        }
    }
}
