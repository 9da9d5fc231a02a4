using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Xml;

namespace CptsFhirHub.Cli;

/// <summary>Where colours may be used: on a terminal, and when its user has not refused them.</summary>
public readonly record struct Colours(bool OnOutput, bool OnError);

/// <summary>
/// Where one command says its results and issues: as lines, results to the output and issues to the error output; or with
/// <c>--json</c> as one JSON object on the output.
/// </summary>
internal sealed class Desk(TextWriter output, TextWriter error, string? jsonOf, Colours colours)
{
    private const string Red = "\e[31m";
    private const string Green = "\e[32m";
    private const string Yellow = "\e[33m";
    private const string Cyan = "\e[36m";
    private const string Plain = "\e[0m";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly JsonArray _issues = [];
    private readonly JsonObject _results = [];

    /// <summary>True when the answer is one JSON object: nothing else may be written.</summary>
    public bool IsJson => jsonOf is not null;

    /// <summary>Writes a line of the result; with <c>--json</c> nothing.</summary>
    public void Line(string text)
    {
        if (!IsJson)
            output.WriteLine(text);
    }

    /// <summary>Writes the last line of a result: green when it is good, else red.</summary>
    public void Verdict(string text, bool isGood) => Line(colours.OnOutput ? $"{(isGood ? Green : Red)}{text}{Plain}" : text);

    /// <summary>Writes a line beside the result, for the person who tries something; with <c>--json</c> nothing.</summary>
    public void Aside(string text)
    {
        if (!IsJson)
            error.WriteLine(text);
    }

    /// <summary>Sets a member of the JSON answer.</summary>
    public void Set(string name, JsonNode? value) => _results[name] = value;

    /// <summary>Says issues as <c>severity code path: text</c>; true when one of them is an error.</summary>
    public bool Say(IEnumerable<Issue> issues)
    {
        var anyError = false;
        foreach (var issue in issues)
        {
            anyError |= issue.IsError;
            var severity = issue.Severity.ToString().ToLowerInvariant();
            if (IsJson)
                _issues.Add(Json(issue, severity));
            else
                error.WriteLine($"{Coloured(issue.Severity, severity)} {issue.Code} {issue.Path}{LineOf(issue)}: {issue.Text}");
        }

        return anyError;
    }

    /// <summary>Says why the command could not be carried out, and gives its exit code.</summary>
    public int Refuse(string code, string path, string text)
    {
        Say([new(Severity.Fatal, code, path, text)]);
        return HubCommand.Refused;
    }

    /// <summary>Reads a file; null, with the reason said, when it cannot be.</summary>
    public byte[]? Read(string file)
    {
        try
        {
            return File.ReadAllBytes(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Refuse("not-found", file, "the file cannot be read.");
            return null;
        }
    }

    /// <summary>Reads a resource, in JSON or, when it begins with <c>&lt;</c>, in XML.</summary>
    public static Parsed Parse(byte[] bytes) => FhirXml.IsXml(bytes) ? FhirXml.Parse(bytes) : FhirJson.Parse(bytes);

    /// <summary>An element as JSON.</summary>
    public static JsonNode? Json(Element element) => JsonNode.Parse(FhirJson.Write(element));

    /// <summary>Ends the command with its exit code.</summary>
    public int Close(int exitCode)
    {
        if (!IsJson)
            return exitCode;
        var answer = new JsonObject { ["command"] = jsonOf, ["exitCode"] = exitCode, ["issues"] = _issues };
        foreach (var (name, value) in _results)
            answer[name] = value?.DeepClone();
        output.WriteLine(answer.ToJsonString(Indented));
        return exitCode;
    }

    private static JsonObject Json(Issue issue, string severity)
    {
        var json = new JsonObject { ["severity"] = severity, ["code"] = issue.Code, ["path"] = issue.Path, ["text"] = issue.Text };
        if (issue.Line is { } line)
            json["line"] = line;
        if (issue.Rule is { } rule)
            json["rule"] = rule;
        return json;
    }

    private string Coloured(Severity severity, string word)
    {
        if (!colours.OnError)
            return word;
        var colour = severity switch
        {
            Severity.Fatal or Severity.Error => Red,
            Severity.Warning => Yellow,
            _ => Cyan,
        };
        return $"{colour}{word}{Plain}";
    }

    private static string LineOf(Issue issue) =>
        issue.Line is { } line && !issue.Path.StartsWith("line ", StringComparison.Ordinal) ? string.Create(CultureInfo.InvariantCulture, $" (line {line})") : "";
}
