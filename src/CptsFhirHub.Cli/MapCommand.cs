using System.CommandLine;
using System.Text;
using CptsFhirHub.Fhir.Mapping;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Cli;

/// <summary>
/// <c>hub map SOURCE FILE</c>: reads a message of a source and maps it, as the server would. One message gives its Bundle; a file of
/// several lines gives a Bundle a line. The clock and the ids are fixed, so that the same file always gives the same result.
/// </summary>
internal static class MapCommand
{
    public static Command Make(TextWriter output, TextWriter error)
    {
        var source = new Argument<string>("SOURCE") { Description = "A folder of the mappings, such as doctolib." };
        var file = new Argument<string>("FILE") { Description = "A message as that source sends it." };
        var to = new Option<string?>("--to") { Description = "Writes the result into this file." };
        var mappings = new Option<string?>("--mappings") { Description = "Takes the mappings of this folder instead of those beside the program." };
        var now = new Option<DateTimeOffset?>("--now") { Description = "The instant that maps see as now (default 2026-01-01T00:00:00Z)." };
        var tree = new Option<bool>("--tree") { Description = "Writes what the reader made of the message, before the map." };
        var command = new Command("map", "Maps a message of a source to FHIR.") { source, file, to, mappings, now, tree };
        command.SetAction(parsed =>
        {
            var folder = MappingFolder.Open(parsed.GetValue(mappings), parsed.GetRequiredValue(source), error);
            var bytes = HubCommand.Read(parsed.GetRequiredValue(file), error);
            if (folder is null || bytes is null)
                return HubCommand.Refused;
            var at = parsed.GetValue(now) ?? new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
            var mapped = Run(folder, bytes, parsed.GetRequiredValue(file), at, parsed.GetValue(tree), error);
            return Write(mapped, parsed.GetValue(to), output, error);
        });
        return command;
    }

    private static (List<Element> Results, bool IsUnsound) Run(
        MappingFolder folder, byte[] bytes, string file, DateTimeOffset now, bool treeOnly, TextWriter error)
    {
        var (readings, fileIssues) = folder.Read(bytes, isCsv: file.EndsWith(".csv", StringComparison.OrdinalIgnoreCase));
        var isUnsound = HubCommand.Say(fileIssues, error);
        var results = new List<Element>();
        var id = 0;
        foreach (var reading in readings)
        {
            isUnsound |= HubCommand.Say(reading.Issues, error);
            if (reading.Tree is not { } tree)
                continue;
            if (treeOnly)
            {
                results.Add(tree);
                continue;
            }

            var mapped = folder.Map.Run(tree, new MapContext
            {
                Now = now,
                NewId = () => $"00000000-0000-4000-8000-{++id:d12}",
                Log = (rule, message) => error.WriteLine($"information informational {rule}: {message}"),
            });
            isUnsound |= HubCommand.Say(mapped.Issues, error);
            if (mapped.Target is { } target)
                results.Add(target);
        }

        return (results, isUnsound);
    }

    private static int Write((List<Element> Results, bool IsUnsound) mapped, string? to, TextWriter output, TextWriter error)
    {
        var several = mapped.Results.Count > 1;
        var text = string.Concat(mapped.Results.Select(result => Encoding.UTF8.GetString(FhirJson.Write(result, pretty: !several)) + "\n"));
        if (to is null)
        {
            output.Write(text);
        }
        else
        {
            try
            {
                File.WriteAllText(to, text);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                error.WriteLine($"fatal exception {to}: the file cannot be written.");
                return HubCommand.Refused;
            }
        }

        return mapped.IsUnsound || mapped.Results.Count == 0 ? HubCommand.Unsound : HubCommand.Sound;
    }
}
