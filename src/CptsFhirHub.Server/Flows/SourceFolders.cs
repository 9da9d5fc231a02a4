using System.Text.Json;
using CptsFhirHub.Coordination.Intake;
using CptsFhirHub.Coordination.Intake.Described;
using CptsFhirHub.Coordination.Intake.Hl7v2;
using CptsFhirHub.Coordination.Signalements;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Server.Flows;

/// <summary>
/// Reads <c>mappings/</c>: one folder a source, with its <c>source.json</c>, maps and concept maps. Setting
/// <c>Hub:MappingsDirectory</c>; a folder that cannot be used stops the start, since its messages would all be refused.
/// </summary>
internal static class SourceFolders
{
    public static Sources Load(IServiceProvider services)
    {
        var configuration = services.GetRequiredService<IConfiguration>();
        var mappings = Folder(configuration);
        var maps = services.GetRequiredService<SourceMaps>();
        var check = services.GetRequiredService<ProfileCheck>();

        var sources = new List<Source>();
        foreach (var file in Directory.GetFiles(mappings, "source.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            sources.Add(Read(file, maps, check, configuration, services.GetRequiredService<HubSettings>().Demo));
        sources.Add(FhirReferral.Source(check));
        return new(sources);
    }

    public static string Folder(IConfiguration configuration) => SourceCodes.Folder(configuration);

    /// <summary>The logical models of the folders whose <c>source.json</c> describes the fields; each with the name a file of it would have.</summary>
    public static IEnumerable<(string File, Element Resource)> DescribedModels(string mappings)
    {
        foreach (var file in Directory.GetFiles(mappings, "source.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(file));
            if (document.RootElement.TryGetProperty("reader", out var reader) && reader.GetString() == "described"
                && DescribedSource.SharedWith(document.RootElement) is null && Described(file, document.RootElement).LogicalModel is var model)
                yield return ($"StructureDefinition-{model.Text("id")}.json", model);
        }
    }

    private static Source Read(string file, SourceMaps maps, ProfileCheck check, IConfiguration configuration, bool takesTests)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(file));
        var root = document.RootElement;
        var name = Required("source");
        var map = Required("map");
        var version = Text("version") ?? "1";
        if (Text("signature") is { } signature and not "standard-webhooks")
            throw new InvalidDataException($"{file}: there is no signature \"{signature}\".");
        var rhythm = configuration[$"Hub:Sources:{name}:ExpectedEvery"] ?? Text("expectedEvery");
        var (cohort, kept) = (CohortColumns.Of(root), KeptLines.Of(root, configuration));
        var described = Required("reader") == "described" ? Described(file, root) : null;
        return new(name, Text("title") ?? name, Text("format") ?? "")
        {
            ContentTypes = Texts("contentTypes"),
            Channels = root.TryGetProperty("channels", out _) ? Texts("channels") : ["http"],
            DemoWebhook = Text("demoWebhook"),
            Reader = Requiring(described is null
                ? ReaderOf(Required("reader"), takesTests)
                : (bytes, contentType, sender) => ReadDescribed(described, cohort, kept, bytes, contentType, sender), root),
            LogicalModel = described?.LogicalModel,
            Intent = WishOf(file, root),
            // One wish for all its messages is no report and its withdrawal.
            MayWithdraw = root.TryGetProperty("wish", out var wish)
                ? wish.ValueKind == JsonValueKind.Object && wish.EnumerateObject().Any(member => member.Name.Equals(nameof(Wish.Withdraw), StringComparison.OrdinalIgnoreCase))
                : described is null,
            Cohort = cohort,
            Snapshot = SnapshotFields.Of(root),
            Answers = Text("answers") is not { } kind || ChildTasks.Kinds.Contains(kind) ? Text("answers")
                : throw new InvalidDataException($"{file}: there is no task \"{kind}\"."),
            Prepare = () => maps.Prepare(map),
            MapUrl = map,
            Mapper = tree => maps.Run(map, tree),
            Uncovered = tree => maps.Uncovered(map, tree),
            Ignored = root.TryGetProperty("ignored", out var ignored)
                ? [.. ignored.EnumerateObject().Select(member => (member.Name, member.Value.GetString()!))] : [],
            // A sender hears of what it can mend: that a map might have coded something otherwise is not its affair.
            Checker = resources => [.. resources.SelectMany(resource => check(new Resource(resource)))
                .Where(issue => issue.IsError || issue is { Severity: Severity.Warning, Rule: not "binding" })],
            MapVersion = () => maps.VersionOf(map, version),
            ExpectedEvery = rhythm is { Length: > 0 } ? System.Xml.XmlConvert.ToTimeSpan(rhythm) : null,
            IsUntrusted = configuration.GetValue($"Hub:Sources:{name}:Untrusted", root.TryGetProperty("untrusted", out var untrusted) && untrusted.GetBoolean()),
            BytesMax = Required("reader") == "hl7v2" ? Hl7v2Reader.BytesMax : long.MaxValue,
            Cleaned = Required("reader") == "hl7v2" ? ForbiddenFields.Without : bytes => bytes,
        };

        string Required(string member) => Text(member) ?? throw new InvalidDataException($"{file} has no \"{member}\".");

        string? Text(string member) => root.TryGetProperty(member, out var value) ? value.GetString() : null;

        IReadOnlyList<string> Texts(string member) => [.. root.GetProperty(member).EnumerateArray().Select(item => item.GetString()!)];
    }

    private static SourceFile ReadDescribed(
        DescribedSource described, CohortColumns? cohort, KeptLines? kept, ReadOnlyMemory<byte> bytes, string contentType, string? sender)
    {
        var issues = new List<Issue>();
        string? key = null;
        var (file, control) = ControlFile.PartsOf(bytes, contentType, issues);
        if (issues.Count > 0)
            return Source.Many(bytes, new([], issues));
        var lines = described.Read(file, control is null ? contentType : "text/csv", sender);
        if (kept is not null)
        {
            // A line that is not the hub's affair is nobody's message; one that cannot be read is told.
            List<SourceLine> ours = [.. lines.Lines.Where(line => line.Reading.Tree is not { } tree || kept.Holds(tree))];
            lines = lines with { Lines = ours, Layout = $"{lines.Layout} {lines.Lines.Count - ours.Count} lines are not of this territory." };
        }

        if (control is { } said && cohort is not null)
        {
            // The text between the parts of a form is new each time it is sent: the parts are what recognises it.
            key = Source.KeyOf([.. said.Span, .. file.Span]);
            issues.AddRange(ControlFile.Check(said, file, lines, cohort.Rpps, cohort.End));
            if (issues.Count > 0)
                return Source.Many(bytes, new([], issues));
        }
        else if (cohort is not null)
            lines = lines with
            {
                Issues = [.. lines.Issues, Issue.Warning("required", "control",
                "No control file came with this file: whether it is whole was not checked.")]
            };
        return Source.Many(bytes, lines) is var whole && key is not null ? whole with { FileKey = key, IsKnownByKey = true } : whole;
    }

    private static DescribedSource Described(string file, JsonElement root)
    {
        using var shared = DescribedSource.SharedWith(root) is { } folder ? OfFolder(file, folder) : null;
        var (source, issues) = DescribedSource.Of(root, shared?.RootElement, Communes.Names(Path.Combine(Path.GetDirectoryName(file)!, "..")));
        return source ?? throw new InvalidDataException($"{file}: {string.Join(' ', issues.Select(issue => $"{issue.Path}: {issue.Text}"))}");
    }

    /// <summary>The description of a neighbouring folder.</summary>
    private static JsonDocument OfFolder(string file, string folder)
    {
        var other = Path.Combine(Path.GetDirectoryName(file)!, "..", Path.GetFileName(folder), "source.json");
        return File.Exists(other)
            ? JsonDocument.Parse(File.ReadAllBytes(other))
            : throw new InvalidDataException($"{file}: \"fieldsOf\" names {folder}, and there is no such folder.");
    }

    /// <summary>
    /// <c>wish</c>: what every message wants (<c>signal</c>, <c>inform</c>, <c>record</c>, <c>enrol</c>), or a field and which of its
    /// values want what; without it the tree itself says it.
    /// </summary>
    private static Func<Element, MessageIntent> WishOf(string file, JsonElement root)
    {
        if (!root.TryGetProperty("wish", out var wish))
            return MessageIntent.Of;
        if (wish.ValueKind == JsonValueKind.String)
        {
            var always = new MessageIntent(Named(wish.GetString()!), IsInferred: false, wish.GetString()!);
            return _ => always;
        }

        var path = wish.GetProperty("field").GetString()!;
        var wishes = new Dictionary<string, Wish>(StringComparer.Ordinal);
        foreach (var member in wish.EnumerateObject().Where(member => member.Name != "field"))
            foreach (var value in member.Value.EnumerateArray())
                wishes[value.GetString()!] = Named(member.Name);
        return tree => tree.At(path.Split('.'))?.Value is { } said
            ? new(wishes.GetValueOrDefault(said, Wish.Signal), IsInferred: false, said)
            : new(Wish.Signal, IsInferred: false, "");

        Wish Named(string name) => Enum.TryParse<Wish>(name, ignoreCase: true, out var known) && !int.TryParse(name, out _)
            ? known
            : throw new InvalidDataException($"{file}: there is no wish \"{name}\".");
    }

    private static Func<ReadOnlyMemory<byte>, string, string?, SourceFile> ReaderOf(string reader, bool takesTests) => reader switch
    {
        "hl7v2" => (bytes, _, _) => Hl7v2Batch.Of(bytes) is { } batch
            ? Source.Batch(bytes, batch, message => ReadMessage(message, takesTests))
            : Source.One(bytes, ReadMessage(bytes, takesTests)),
        _ => throw new InvalidDataException($"There is no reader \"{reader}\": \"described\" and \"hl7v2\" are."),
    };

    /// <summary>A source may ask for more than its reader does: a call that somebody typed names who typed it.</summary>
    private static Func<ReadOnlyMemory<byte>, string, string?, SourceFile> Requiring(
        Func<ReadOnlyMemory<byte>, string, string?, SourceFile> reader, JsonElement root)
    {
        if (!root.TryGetProperty("requires", out var list))
            return reader;
        string[] names = [.. list.EnumerateArray().Select(name => name.GetString()!)];
        return (bytes, contentType, sender) => reader(bytes, contentType, sender) is var file && file.Lines.Count > 0
            ? file with { Lines = [.. file.Lines.Select(row => row with { Reading = WithRequired(row.Reading, names) })] }
            : file;
    }

    private static SourceReading WithRequired(SourceReading reading, string[] names)
    {
        if (reading.Tree is not { } tree)
            return reading;
        var missing = names.Where(name => tree.Child(name) is null).Select(name => Issue.Error("required", "$." + name, "This value is required."));
        return reading with { Issues = [.. reading.Issues, .. missing] };
    }

    private static SourceReading ReadMessage(ReadOnlyMemory<byte> bytes, bool takesTests) =>
        takesTests ? Hl7v2Reader.Read(bytes) : WithoutTests(Hl7v2Reader.Read(bytes));

    /// <summary>A hospital's test messages tell of nobody: they never enter a hub that works (MSH-11 = T).</summary>
    private static SourceReading WithoutTests(SourceReading reading) => reading.Tree?.Child("facts")?.Text("processing") != "T"
        ? reading
        : reading with { Issues = [.. reading.Issues, Issue.Error("not-supported", "MSH-11", "Test messages are not taken here.")] };
}
