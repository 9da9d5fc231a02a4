using System.Text.Json;
using CptsFhirHub.Fhir.FhirPath;

namespace CptsFhirHub.Tests.FhirPath;

/// <summary>The FHIRPath test suite of HL7 for R4.</summary>
public class Official_fhirpath_cases
{
    [Fact]
    public void Pass_except_those_on_the_reviewed_list()
    {
        var folder = Repository.RequireCorpus("fhirpath");
        using var cases = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "tests-fhir-r4.json")));
        var failed = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var total = 0;
        foreach (var test in cases.RootElement.EnumerateArray())
        {
            total++;
            if (Fault(folder, test) is { } fault)
                failed[$"{Text(test, "group")}/{Text(test, "name")}"] = fault;
        }

        Corpus.Judge("fhirpath", total, failed);
    }

    /// <summary>Why the case does not pass, or null.</summary>
    private static string? Fault(string folder, JsonElement test)
    {
        var input = Text(test, "input") is { } file ? Items.Of(Item.Of(Corpus.Resource(Path.Combine(folder, "inputs", file)))) : default;
        var isInvalid = Text(test, "invalid") is not null;
        Items result;
        try
        {
            var expression = FhirPathExpression.Parse(Text(test, "expression")!);
            if (isInvalid && StaticCheck.Of(expression, input.Count == 0 ? null : input[0].TypeName).Count > 0)
                return null;
            result = expression.Evaluate(input, new() { Now = Corpus.Now });
        }
        catch (FhirPathException exception)
        {
            return isInvalid ? null : exception.Message;
        }

        if (isInvalid)
            return "it does not fail";
        if (Text(test, "predicate") == "true" && (result.Count != 1 || result[0].Value is not bool))
            result = Items.Of(Item.Of(result.Count > 0));
        var wanted = test.GetProperty("output").EnumerateArray()
            .Select(output => (Type: Text(output, "type"), Value: Text(output, "value")))
            .ToList();
        var shown = string.Join(", ", result.Select(item => $"{item.TypeName}:{item}"));
        if (result.Count != wanted.Count)
            return $"{wanted.Count} items expected, got {shown}";
        var given = result.ToList();
        if (Text(test, "ordered") == "false")
            given = [.. given.OrderBy(item => item.Text, StringComparer.Ordinal)];
        if (Text(test, "ordered") == "false")
            wanted = [.. wanted.OrderBy(output => output.Value, StringComparer.Ordinal)];
        return given.Zip(wanted).All(pair => Meets(pair.First, pair.Second.Type, pair.Second.Value)) ? null : $"got {shown}";
    }

    private static bool Meets(Item item, string? type, string? value)
    {
        if (type is not null && !string.Equals(Bare(item.TypeName ?? ""), Bare(type), StringComparison.Ordinal))
            return false;
        if (string.IsNullOrEmpty(value))
            return true;
        if (value[0] == '@')
            value = value.StartsWith("@T", StringComparison.Ordinal) ? value[2..] : value[1..];
        return item.Text == value || (item.Value is decimal && item.Text == value);
    }

    private static string Bare(string type)
    {
        var name = type[(type.LastIndexOf('.') + 1)..];
        return name.Length == 0 ? name : char.ToLowerInvariant(name[0]) + name[1..];
    }

    private static string? Text(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value)
            ? value.ValueKind switch { JsonValueKind.Null => null, JsonValueKind.String => value.GetString(), _ => value.GetRawText() }
            : null;
}
