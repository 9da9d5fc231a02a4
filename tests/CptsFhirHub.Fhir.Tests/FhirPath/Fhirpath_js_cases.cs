using System.Globalization;
using System.Text.Json;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.FhirPath;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Tests.FhirPath;

/// <summary>The hand-written cases of another engine, most of them over plain JSON.</summary>
public class Fhirpath_js_cases
{
    // Functions of that engine alone.
    private static readonly string[] ForeignFiles = ["factory.yaml", "bigint.yaml"];

    [Fact]
    public void Pass_except_those_on_the_reviewed_list()
    {
        var folder = Repository.RequireCorpus("fhirpath-js");
        using var cases = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "cases.json")));
        using var subjects = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "subjects.json")));
        var failed = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var total = 0;
        foreach (var test in cases.RootElement.EnumerateArray())
        {
            var file = test.GetProperty("file").GetString()!;
            var isInexact = test.TryGetProperty("preciseMath", out var precise) && precise.ValueKind == JsonValueKind.False;
            if (ForeignFiles.Contains(file) || test.TryGetProperty("disable", out _) || isInexact)
                continue;
            total++;
            if (Fault(folder, subjects.RootElement, test, file) is { } fault)
                failed[$"{file}#{test.GetProperty("n").GetInt32()}"] = fault;
        }

        Corpus.Judge("fhirpath-js", total, failed);
    }

    private static string? Fault(string folder, JsonElement subjects, JsonElement test, string file)
    {
        var isTyped = test.TryGetProperty("model", out var model) && model.ValueKind == JsonValueKind.String;
        Items input;
        if (test.TryGetProperty("inputfile", out var name) && name.ValueKind == JsonValueKind.String)
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "inputs", name.GetString()!)));
            input = Corpus.Plain(json.RootElement);
        }
        else
        {
            input = subjects.TryGetProperty(file, out var subject) ? Corpus.Plain(subject) : default;
        }

        if (isTyped)
            input = Items.Of(input.Select(item => Item.Of(item.Element!)));
        var mustFail = test.TryGetProperty("error", out var error) && error.ValueKind != JsonValueKind.False;
        var expression = test.GetProperty("expression");
        var texts = expression.ValueKind == JsonValueKind.Array ? expression.EnumerateArray().Select(item => item.GetString()!).ToArray()
            : expression.ValueKind == JsonValueKind.String ? [expression.GetString()!]
            : null;
        if (texts is null)
        {
            // The input is a part of a resource, at the path that "base" names.
            var path = expression.GetProperty("base").GetString()!.Split('.');
            var place = R4.Definitions.Type(path[0])!.Node;
            foreach (var step in path.Skip(1))
                place = place.Child(step)!;
            var start = Items.Of(Item.Of(input[0].Element!, place));
            return Outcome(expression.GetProperty("expression").GetString()!, start, test, mustFail);
        }

        return texts.Select(text => Outcome(text, input, test, mustFail)).FirstOrDefault(fault => fault is not null);
    }

    private static string? Outcome(string text, Items input, JsonElement test, bool mustFail)
    {
        var variables = new Dictionary<string, Items>(StringComparer.Ordinal);
        if (test.TryGetProperty("variables", out var given))
            foreach (var variable in given.EnumerateObject())
                variables[variable.Name] = Corpus.Plain(variable.Value);
        if (test.TryGetProperty("context", out var context))
            input = FhirPathExpression.Parse(context.GetString()!).Evaluate(input);
        Items result;
        try
        {
            result = FhirPathExpression.Parse(text).Evaluate(input, new() { Now = Corpus.Now, Variables = variables });
        }
        catch (FhirPathException exception)
        {
            return mustFail ? null : $"{text}: {exception.Message}";
        }

        if (mustFail)
            return $"{text}: does not fail";
        if (!test.TryGetProperty("result", out var wanted))
            return null;
        var expected = wanted.ValueKind == JsonValueKind.Array
            ? wanted.EnumerateArray().Where(item => item.ValueKind != JsonValueKind.Null).ToArray()
            : [wanted];

        // Where that engine writes null for a node without value, the node is left out on both sides.
        var shown = result.Where(item => item.Text is not null || item.Element is { Kind: not ElementKind.None } || HasContent(item)).ToList();
        return shown.Count == expected.Length && shown.Zip(expected).All(pair => Same(pair.First, pair.Second))
            ? null
            : $"{text}: expected {wanted.GetRawText()}, got {string.Join(", ", result.Select(item => item.Text ?? "{...}"))}";
    }

    private static bool HasContent(Item item)
    {
        foreach (var child in item.Element!.Children)
            if (child.Name is not ("id" or "extension"))
                return true;
        return false;
    }

    private static bool Same(Item item, JsonElement expected)
    {
        switch (expected.ValueKind)
        {
            case JsonValueKind.String:
                return item.Text == expected.GetString();
            case JsonValueKind.Number:
                return decimal.TryParse(item.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
                    && Math.Abs(number - expected.GetDecimal()) < 0.000_000_000_001m;
            case JsonValueKind.True or JsonValueKind.False:
                return item.Text == expected.GetRawText();
            default:
                if (item.Element is not { } element)
                    return false;
                var both = new Dictionary<string, Items> { ["a"] = Items.Of(Item.Plain(element)), ["b"] = Corpus.Plain(expected) };
                var same = FhirPathExpression.Parse("%a = %b").Evaluate(default(Items), new() { Variables = both });
                return same.Count == 1 && same[0].Value is true;
        }
    }
}
