using System.CommandLine;

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
    public static int Run(string[] args, TextWriter output, TextWriter error, Colours colours = default)
    {
        var json = new Option<bool>("--json") { Description = "Answers with one JSON object on the output.", Recursive = true };
        var root = new RootCommand("Validates, maps and queries FHIR R4 and the messages of the hub's sources, on files.")
        {
            ValidateCommand.Make(Open),
            MapCommand.Make(Open),
            PathCommand.Make(Open),
            ConvertCommand.Make(Open),
            MatchEvalCommand.Make(Open),
            TrainCommand.Make(Open),
        };
        root.Options.Add(json);
        var parsed = root.Parse(args);
        var code = parsed.Invoke(new() { Output = output, Error = error });
        return parsed.Errors.Count > 0 ? Refused : code;

        Desk Open(ParseResult result) => new(output, error, result.GetValue(json) ? result.CommandResult.Command.Name : null, colours);
    }
}
