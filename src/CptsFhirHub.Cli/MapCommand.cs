using System.CommandLine;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.Json.Nodes;
using CptsFhirHub.Fhir.Mapping;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Cli;

/// <summary>
/// <c>hub map MAP FILE</c>: reads a message of a source and maps it, as the server would; or runs any map on a resource. One message
/// gives its Bundle; a file of several lines gives a Bundle a line. The clock and the ids are fixed, so that the same file always
/// gives the same result.
/// </summary>
internal static class MapCommand
{
    private static readonly DateTimeOffset FixedNow = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static Command Make(Func<ParseResult, Desk> open)
    {
        var map = new Argument<string>("MAP") { Description = "A source of the mappings, such as doctolib; or a file with a map: its text or a StructureMap." };
        var file = new Argument<string>("FILE") { Description = "A message as that source sends it; for a map's file, a resource as FHIR JSON or XML." };
        var to = new Option<string?>("--to") { Description = "Writes the result into this file." };
        var mappings = new Option<string?>("--mappings") { Description = "Takes the mappings of this folder instead of those beside the program." };
        var definitions = new Option<string?>("--definitions") { Description = "A folder with logical models and concept maps for a map's file." };
        var now = new Option<DateTimeOffset?>("--now") { Description = "The instant that maps see as now (default 2026-01-01T00:00:00Z)." };
        var tree = new Option<bool>("--tree") { Description = "Writes what the reader made of the message, before the map." };
        var trace = new Option<bool>("--trace") { Description = "Tells each group and rule that is run. It may tell a patient's data." };
        var coverage = new Option<bool>("--coverage") { Description = "Tells the fields of the message that no rule has read." };
        var command = new Command("map", "Maps a message of a source, or a resource, to FHIR.") { map, file, to, mappings, definitions, now, tree, trace, coverage };
        command.SetAction(parsed =>
        {
            var desk = open(parsed);
            var name = parsed.GetRequiredValue(map);
            var folder = File.Exists(name)
                ? MappingFolder.OpenFile(name, parsed.GetValue(definitions), desk)
                : MappingFolder.Open(parsed.GetValue(mappings), name, desk);
            if (folder is null || desk.Read(parsed.GetRequiredValue(file)) is not { } bytes)
                return desk.Close(HubCommand.Refused);
            var session = new Session(folder, desk, parsed.GetValue(now) ?? FixedNow, parsed.GetValue(trace), parsed.GetValue(coverage));
            session.Run(bytes, isCsv: parsed.GetRequiredValue(file).EndsWith(".csv", StringComparison.OrdinalIgnoreCase), parsed.GetValue(tree));
            return desk.Close(session.Write(parsed.GetValue(to)));
        });
        return command;
    }

    /// <summary>One file mapped, message by message.</summary>
    private sealed class Session(MappingFolder folder, Desk desk, DateTimeOffset now, bool traces, bool covers)
    {
        private readonly List<Element> _results = [];
        private readonly JsonArray _traces = [];
        private readonly Dictionary<string, UnreadField> _unread = new(StringComparer.Ordinal);
        private bool _isUnsound;
        private int _id;

        public void Run(byte[] bytes, bool isCsv, bool treeOnly)
        {
            var (readings, fileIssues) = folder.Read(bytes, isCsv);
            _isUnsound = desk.Say(fileIssues);
            foreach (var reading in readings)
            {
                _isUnsound |= desk.Say(reading.Issues);
                if (reading.Tree is not { } tree)
                    continue;
                if (treeOnly)
                    _results.Add(tree);
                else
                    Map(tree);
            }
        }

        public int Write(string? to)
        {
            desk.Set("results", new JsonArray([.. _results.Select(Desk.Json)]));
            if (traces)
                desk.Set("traces", _traces);
            Cover();
            var several = _results.Count > 1;
            var text = string.Concat(_results.Select(result => Encoding.UTF8.GetString(FhirJson.Write(result, pretty: !several)) + "\n"));
            if (to is null)
            {
                if (text.Length > 0)
                    desk.Line(text[..^1]);
            }
            else
            {
                try
                {
                    File.WriteAllText(to, text);
                }
                catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
                {
                    return desk.Refuse("exception", to, "the file cannot be written.");
                }
            }

            return _isUnsound || _results.Count == 0 ? HubCommand.Unsound : HubCommand.Sound;
        }

        private void Map(Element tree)
        {
            var trace = traces ? new MapTrace() : null;
            var coverage = covers ? new MapCoverage() : null;
            var mapped = folder.Map.Run(tree, new MapContext
            {
                Now = now,
                NewId = () => string.Create(CultureInfo.InvariantCulture, $"00000000-0000-4000-8000-{++_id:d12}"),
                Log = (rule, message) => desk.Aside($"information informational {rule}: {message}"),
                Trace = trace,
                Coverage = coverage,
            });
            if (trace is not null)
                Trace(mapped, trace);
            foreach (var field in coverage?.Unread(tree) ?? [])
                _unread[field.Path] = _unread.TryGetValue(field.Path, out var known) ? new(field.Path, known.Unread + field.Unread, known.Total + field.Total) : field;
            _isUnsound |= desk.Say(mapped.Issues);
            if (mapped.Target is { } target)
                _results.Add(target);
        }

        private void Trace(MapResult mapped, MapTrace trace)
        {
            foreach (var step in trace.Events)
                desk.Aside($"trace {new string(' ', 2 * step.Depth)}{(step.Level == "debug" ? "" : step.Level + " ")}{step.Text}{(step.Place.Line == 0 ? "" : $" ({step.Place})")}");
            if (!desk.IsJson)
                return;
            var version = typeof(MapCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;
            _traces.Add(Desk.Json(MapReport.Write(folder.Map.Map, mapped, trace, $"CptsFhirHub {version}".TrimEnd())));
        }

        private void Cover()
        {
            if (!covers)
                return;
            var fields = new JsonArray();
            foreach (var field in _unread.Values)
            {
                desk.Aside(string.Create(CultureInfo.InvariantCulture, $"unread {field.Path}: {field.Unread} of {field.Total}"));
                fields.Add(new JsonObject { ["path"] = field.Path, ["unread"] = field.Unread, ["total"] = field.Total });
            }

            desk.Set("unread", fields);
        }
    }
}
