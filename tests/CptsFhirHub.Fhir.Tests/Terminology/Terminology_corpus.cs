using System.Text;
using System.Text.Json.Nodes;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Terminology;
using CptsFhirHub.Tests;

namespace CptsFhirHub.Fhir.Tests.Terminology;

/// <summary>
/// The terminology cases. Compared are the codes of an expansion with their texts and marks, flat, and the answer of a validation
/// (result, code, system, display); texts of messages and the issues are not yet. An operation that is not there fails its cases.
/// </summary>
public sealed class Terminology_corpus
{
    // What was reached: it may only grow.
    private const int PassedMin = 170;
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
                var reason = request is null ? "request not read" : Check(vocabulary, test["operation"]!.ToString(), request, expected);
                if (reason is not null)
                    failures.Add($"{test["name"]}: {reason}");
            }
        }

        var passed = total - failures.Count;
        Repository.Report($"corpus terminology: {passed}/{total}\n" + string.Join('\n', failures));
        Assert.True(passed >= PassedMin, string.Join('\n', failures));
    }

    private static string? Check(Vocabulary vocabulary, string operation, Element request, JsonNode expected)
    {
        var (answer, fault) = operation switch
        {
            "expand" => ExpandOperation.Run(vocabulary, request, Now),
            "validate-code" => ValidateCodeOperation.InValueSet(vocabulary, request),
            "cs-validate-code" => ValidateCodeOperation.InCodeSystem(vocabulary, request),
            _ => (null, null),
        };
        if (answer is null && fault is null)
            return "not there";
        if (expected["resourceType"]!.ToString() == "OperationOutcome")
            return fault is null ? "an error was expected" : null;
        if (answer is null)
            return fault!.Text;
        return operation == "expand" ? SameCodes(answer, expected) : SameAnswer(answer, expected);
    }

    private static string? SameCodes(Element answer, JsonNode expected)
    {
        var ours = answer.Child("expansion")!.All("contains").ToArray()
            .Select(one => string.Join('|', one.Text("system"), one.Text("code"), one.Text("display"), one.Text("abstract"), one.Text("inactive"))).Order(StringComparer.Ordinal);
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
