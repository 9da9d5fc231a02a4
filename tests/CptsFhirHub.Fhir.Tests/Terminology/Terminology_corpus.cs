using System.Text;
using System.Text.Json.Nodes;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Terminology;
using CptsFhirHub.Tests;

namespace CptsFhirHub.Fhir.Tests.Terminology;

/// <summary>
/// The terminology cases. Compared are the codes of an expansion with their texts and marks, flat, and the answer of a validation
/// (result, code, system, display, and the parts of a lookup or translation); texts of messages and the issues are not.
/// </summary>
public sealed class Terminology_corpus
{
    // What was reached: it may only grow.
    private const int PassedMin = 200;
    private static readonly DateTimeOffset Now = new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Operations_answer_as_expected()
    {
        var root = RequireCorpus();
        var failures = new List<string>();
        var total = 0;
        foreach (var suite in Json(Path.Combine(root, "test-cases.json"))["suites"]!.AsArray())
        {
            var setup = suite!["setup"]?.AsArray().Select(file => Parse(Json(Path.Combine(root, "tests", file!.ToString())))).OfType<Element>() ?? [];
            var vocabulary = new Vocabulary(R4.Definitions.With(setup));
            foreach (var test in suite["tests"]!.AsArray())
            {
                total++;
                var request = Parse(Json(Path.Combine(root, "tests", test!["request"]!.ToString())));
                var expected = Json(Path.Combine(root, "tests", test["response"]!.ToString()));
                var reason = request is null ? "request not read" : Check(vocabulary, test["operation"]!.ToString(), request, expected, test["Accept-Language"]?.ToString());
                if (reason is not null)
                    failures.Add($"{test["name"]}: {reason}");
            }
        }

        var passed = total - failures.Count;
        Repository.Report($"corpus terminology: {passed}/{total}\n" + string.Join('\n', failures));
        Assert.True(passed >= PassedMin, string.Join('\n', failures));
    }

    private static string? Check(Vocabulary vocabulary, string operation, Element request, JsonNode expected, string? language)
    {
        var (type, name) = operation switch
        {
            "expand" => ("ValueSet", "expand"),
            "validate-code" => ("ValueSet", "validate-code"),
            "batch-validate" => ("ValueSet", "batch-validate-code"),
            "cs-validate-code" => ("CodeSystem", "validate-code"),
            "translate" => ("ConceptMap", "translate"),
            _ => ("CodeSystem", operation),
        };
        if (TerminologyOperations.Run(type, name, vocabulary, request, Now, language) is not { } answer)
            return "not there";
        if (expected["resourceType"]!.ToString() == "OperationOutcome")
            return answer.IsRefused ? null : "an error was expected";
        if (answer.IsRefused)
            return answer.Fault!.Text;
        return operation switch
        {
            "expand" => SameCodes(answer.Resource, expected),
            "batch-validate" => SameAnswers(answer.Resource, expected),
            "lookup" or "translate" => SameAnswer(answer.Resource, expected) ?? SameParts(answer.Resource, expected),
            _ => SameAnswer(answer.Resource, expected),
        };
    }

    /// <summary>The answers of a batch, in their order: Parameters alike, or refused both.</summary>
    private static string? SameAnswers(Element answer, JsonNode expected)
    {
        var ours = answer.All("parameter").ToArray().Select(one => one.Child("resource")!).ToList();
        var theirs = expected["parameter"]!.AsArray().Select(one => one!["resource"]!).ToList();
        if (ours.Count != theirs.Count)
            return "another number of answers";
        for (var i = 0; i < ours.Count; i++)
        {
            if (ours[i].ResourceType != theirs[i]["resourceType"]!.ToString())
                return $"answer {i} is a {ours[i].ResourceType}";
            if (ours[i].ResourceType == "Parameters" && SameAnswer(ours[i], theirs[i]) is { } reason)
                return $"answer {i}: {reason}";
        }

        return null;
    }

    /// <summary>Every part that is not optional (of designations, properties, matches) must be among ours.</summary>
    private static string? SameParts(Element answer, JsonNode expected)
    {
        var ours = answer.All("parameter").ToArray().SelectMany(one => one.All("part").ToArray().Select(part => Flat(one.Text("name"), JsonNode.Parse(FhirJson.Write(part))!))).ToHashSet();
        foreach (var one in expected["parameter"]!.AsArray())
            foreach (var part in one!["$optional$"] is null && one["part"] is JsonArray parts ? parts : [])
                if (part!["$optional$"] is null && !ours.Contains(Flat(one["name"]!.ToString(), part)))
                    return $"no {Flat(one["name"]!.ToString(), part)}";
        return null;

        static string Flat(string? name, JsonNode part)
        {
            var value = part.AsObject().First(member => member.Key.StartsWith("value", StringComparison.Ordinal)).Value!;
            return $"{name} {part["name"]} {(value is JsonObject ? $"{value["system"]}|{value["code"]}" : value.ToString())}";
        }
    }

    private static string? SameCodes(Element answer, JsonNode expected)
    {
        var ours = All(answer.Child("expansion")!)
            .Select(one => string.Join('|', one.Text("system"), one.Text("code"), one.Text("display"), one.Text("abstract"), one.Text("inactive"))).Order(StringComparer.Ordinal);
        static IEnumerable<Element> All(Element holder) => holder.All("contains").ToArray().SelectMany(one => All(one).Prepend(one));
        var theirs = new List<string>();
        void Add(JsonNode holder)
        {
            foreach (var one in holder["contains"]?.AsArray() ?? [])
            {
                theirs.Add(string.Join('|', one!["system"], one["code"], one["display"], one["abstract"], one["inactive"]));
                Add(one);
            }
        }

        Add(expected["expansion"]!);
        return ours.SequenceEqual(theirs.Order(StringComparer.Ordinal)) ? null : "other codes, texts or marks";
    }

    private static string? SameAnswer(Element answer, JsonNode expected)
    {
        foreach (var name in (string[])["result", "code", "system", "display"])
        {
            var wanted = expected["parameter"]?.AsArray().FirstOrDefault(one => one!["name"]!.ToString() == name);
            if (wanted?["$optional$"] is not null || wanted is null && name != "result" && name != "display")
                continue;
            var theirs = wanted?.AsObject().FirstOrDefault(member => member.Key.StartsWith("value", StringComparison.Ordinal)).Value?.ToString();
            var ours = answer.All("parameter").ToArray().FirstOrDefault(one => one.Text("name") == name)?.Children[1].Value;
            if (ours != theirs)
                return $"{name} differs";
        }

        return null;
    }

    private static string RequireCorpus() => Repository.RequireCorpus("terminology");

    private static JsonNode Json(string path) => JsonNode.Parse(File.ReadAllText(path))!;

    private static Element? Parse(JsonNode json) => FhirJson.Parse(Encoding.UTF8.GetBytes(json.ToJsonString())).Resource?.Root;
}
