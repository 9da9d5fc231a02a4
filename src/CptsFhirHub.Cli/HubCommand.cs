using System.CommandLine;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Xml;

namespace CptsFhirHub.Cli;

/// <summary>
/// The command line <c>hub</c>: what the hub does with a file, at a desk and without a server. Results go to the output, issues to the
/// error output, one a line.
/// </summary>
public static class HubCommand
{
    /// <summary>Everything went well.</summary>
    public const int Sound = 0;

    /// <summary>The file was read and something is wrong with what it says.</summary>
    public const int Unsound = 1;

    /// <summary>The command could not be carried out: wrong usage, no such file, no such source.</summary>
    public const int Refused = 2;

    /// <summary>Runs a command and returns its exit code.</summary>
    public static int Run(string[] args, TextWriter output, TextWriter error)
    {
        var root = new RootCommand("Validates, maps and queries FHIR R4 and the messages of the hub's sources, on files.")
        {
            ValidateCommand.Make(output, error),
            MapCommand.Make(output, error),
            PathCommand.Make(output, error),
            ConvertCommand.Make(output, error),
        };
        var parsed = root.Parse(args);
        var code = parsed.Invoke(new() { Output = output, Error = error });
        return parsed.Errors.Count > 0 ? Refused : code;
    }

    /// <summary>Reads a file; null, with the reason said, when it cannot be.</summary>
    internal static byte[]? Read(string file, TextWriter error)
    {
        try
        {
            return File.ReadAllBytes(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            error.WriteLine($"fatal not-found {file}: the file cannot be read.");
            return null;
        }
    }

    /// <summary>Reads a resource, in JSON or, when it begins with <c>&lt;</c>, in XML.</summary>
    internal static Parsed Parse(byte[] bytes) => FhirXml.IsXml(bytes) ? FhirXml.Parse(bytes) : FhirJson.Parse(bytes);

    /// <summary>Says issues as <c>severity code path: text</c>; true when one of them is an error.</summary>
    internal static bool Say(IEnumerable<Issue> issues, TextWriter error)
    {
        var anyError = false;
        foreach (var issue in issues)
        {
            anyError |= issue.IsError;
            error.WriteLine($"{issue.Severity.ToString().ToLowerInvariant()} {issue.Code} {issue.Path}{Line(issue)}: {issue.Text}");
        }

        return anyError;
    }

    private static string Line(Issue issue) =>
        issue.Line is { } line && !issue.Path.StartsWith("line ", StringComparison.Ordinal) ? $" (line {line})" : "";
}
