using System.Globalization;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Server.Flows;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Intake.Drop;

/// <summary>
/// Takes files that partners lay down: <c>{data}/drop/{source}/</c>, for each source whose channels name <c>drop</c>. A file that has
/// stopped growing is moved aside under an id of ours, walked as if it were posted, and ends in <c>done/</c> or <c>rejected/</c> beside a
/// report by line. What was moved aside when the hub stopped is taken up again at its start: the journal recognises it.
/// </summary>
internal sealed class DropFolder(
    Sources sources, ReceiveSignalement receive, Journal journal, ClientRegistry clients, HubSettings settings,
    Mllp.MllpDoor acknowledgements, IConfiguration configuration, TimeProvider time, ILogger<DropFolder> logger) : BackgroundService
{
    private const string ControlSuffix = ".ctl";
    private const string ReportSuffix = ".report.csv";
    private const string AnswerSuffix = ".ack";
    private const string WorkFolder = ".work";
    private const string DemoClient = "demo-cpts";
    private const string Hl7v2Type = "application/hl7-v2";

    /// <summary>Files of one folder that are looked at in one round.</summary>
    private const int FilesMax = 500;

    private readonly TimeSpan _every = configuration.GetValue("Hub:Drop:Every", TimeSpan.FromSeconds(1));
    private readonly TimeSpan _controlWait = configuration.GetValue("Hub:Drop:ControlWait", TimeSpan.FromMinutes(1));
    private readonly long _bytesMax = configuration.GetValue("Hub:Limits:DropBytes", 50L * 1024 * 1024);

    /// <summary>A file that could not be worked on is tried again after a second, then two, four and so on up to this.</summary>
    private static readonly TimeSpan PauseMax = TimeSpan.FromMinutes(5);

    /// <summary>The files set aside that could not be worked on, how often, and when each is tried again.</summary>
    private readonly Dictionary<string, (int Times, DateTimeOffset NotBefore)> _failed = new(StringComparer.Ordinal);

    /// <summary>What each waiting file looked like in the round before: one that has not changed since is whole.</summary>
    private readonly Dictionary<string, (long Length, DateTime Written, DateTimeOffset Seen)> _waiting = new(StringComparer.Ordinal);

    public string Root { get; } = Path.Combine(settings.DataDirectory, "drop");

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (_every <= TimeSpan.Zero)
            return;
        await Task.Yield();
        while (!stoppingToken.IsCancellationRequested)
        {
            foreach (var source in sources.All.Where(source => source.Channels.Contains("drop")))
                await LookAsync(source, stoppingToken);
            try
            {
                await Task.Delay(_every, time, stoppingToken);
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }
    }

    private async Task LookAsync(Source source, CancellationToken stoppingToken)
    {
        try
        {
            if (ClientOf(source) is not { } client)
                return;
            var folder = Path.Combine(Root, source.Name);
            foreach (var name in (ReadOnlySpan<string>)["done", "rejected", WorkFolder])
                if (Directory.CreateDirectory(Path.Combine(folder, name)).LinkTarget is not null)
                    throw new UnauthorizedAccessException("A folder of the drop folder is a link: nothing is moved through it.");
            if (new DirectoryInfo(folder).LinkTarget is not null)
                throw new UnauthorizedAccessException("The drop folder of a source is a link.");

            foreach (var taken in Directory.EnumerateDirectories(Path.Combine(folder, WorkFolder)).Order(StringComparer.Ordinal).Take(FilesMax))
                await WalkAsync(source, client, folder, taken, stoppingToken);
            foreach (var file in new DirectoryInfo(folder).EnumerateFiles().Where(IsOurs).OrderBy(file => file.Name, StringComparer.Ordinal).Take(FilesMax).ToList())
                if (IsWhole(source, file))
                    await WalkAsync(source, client, folder, MoveAside(folder, file), stoppingToken);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // The folder of one source; the others and the next round go on.
            FlowLog.JobFailed(logger, nameof(DropFolder), fault.GetType().Name);
        }
    }

    /// <summary>The client that files of this source count as sent by; a source without one is not looked at.</summary>
    private Client? ClientOf(Source source)
    {
        var id = configuration[$"Hub:Drop:{source.Name}:Client"] ?? (settings.Demo ? DemoClient : null);
        return id is not null && clients.Find(id) is { } client && (client.Sources.Contains("*") || client.Sources.Contains(source.Name))
            ? client : null;
    }

    /// <summary>The accounts, by number, whose files are taken; none named: whoever may write into the folder.</summary>
    private HashSet<uint> OwnersOf(Source source) =>
        [.. (configuration[$"Hub:Drop:{source.Name}:Owners"] ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(number => uint.Parse(number, CultureInfo.InvariantCulture))];

    /// <summary>A regular file with something in it. Links are never followed; a pipe or a device has no length.</summary>
    private static bool IsOurs(FileInfo file) =>
        !file.Name.StartsWith('.') && !file.Name.EndsWith(ControlSuffix, StringComparison.OrdinalIgnoreCase)
        && !file.Name.EndsWith(".tmp", StringComparison.OrdinalIgnoreCase) && !file.Name.EndsWith(".part", StringComparison.OrdinalIgnoreCase)
        && file.LinkTarget is null && !file.Attributes.HasFlag(FileAttributes.ReparsePoint) && file.Length > 0;

    private bool IsWhole(Source source, FileInfo file)
    {
        var now = time.GetUtcNow();
        var seen = _waiting.TryGetValue(file.FullName, out var before) && before.Length == file.Length && before.Written == file.LastWriteTimeUtc
            ? before.Seen : (DateTimeOffset?)null;
        if (seen is null)
        {
            _waiting[file.FullName] = (file.Length, file.LastWriteTimeUtc, now);
            return false;
        }

        // A cohort comes with its control file, which may be laid down after it.
        if (source.Cohort is not null && !File.Exists(file.FullName + ControlSuffix) && now - seen < _controlWait)
            return false;
        _waiting.Remove(file.FullName);
        return true;
    }

    /// <summary>The file and its control file under a folder of their own, by one rename each: nobody writes to them any more.</summary>
    private string MoveAside(string folder, FileInfo file)
    {
        var aside = Path.Combine(folder, WorkFolder, Guid.CreateVersion7(time.GetUtcNow()).ToString());
        var name = file.Name;
        var control = new FileInfo(file.FullName + ControlSuffix);
        Directory.CreateDirectory(aside);
        if (control.Exists && control.LinkTarget is null)
            control.MoveTo(Path.Combine(aside, name + ControlSuffix));
        file.MoveTo(Path.Combine(aside, name));
        return aside;
    }

    /// <summary>Works on one file. Whatever is wrong with it, the others have their turn, and it has another.</summary>
    private async Task WalkAsync(Source source, Client client, string folder, string aside, CancellationToken stoppingToken)
    {
        if (_failed.TryGetValue(aside, out var before) && time.GetUtcNow() < before.NotBefore)
            return;
        try
        {
            await WalkOnceAsync(source, client, folder, aside, stoppingToken);
            _failed.Remove(aside);
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            FlowLog.JobFailed(logger, nameof(DropFolder), fault.GetType().Name);
            var pause = TimeSpan.FromSeconds(Math.Min(Math.Pow(2, before.Times), PauseMax.TotalSeconds));
            _failed[aside] = (before.Times + 1, time.GetUtcNow() + pause);
        }
    }

    private async Task WalkOnceAsync(Source source, Client client, string folder, string aside, CancellationToken stoppingToken)
    {
        if (new DirectoryInfo(aside).EnumerateFiles().FirstOrDefault(file => !file.Name.EndsWith(ControlSuffix, StringComparison.OrdinalIgnoreCase)) is not { } file)
        {
            Directory.Delete(aside, recursive: true);
            return;
        }

        var reception = await ReceiveAsync(source, client, file, stoppingToken);
        var rows = reception.MessageId.Length > 0 && await journal.ReadAsync(client.Tenant, reception.MessageId, stoppingToken) is { } message
            ? await journal.RowsAsync(message, stoppingToken) : [];
        var target = Path.Combine(folder, reception.Kind == ReceptionKind.Rejected ? "rejected" : "done");
        var name = NameIn(target, file.Name, Path.GetFileName(aside));
        DropReport.Write(Path.Combine(target, name + ReportSuffix), reception, rows);
        if (TypeOf(source, file.Name) == Hl7v2Type && reception.MessageId.Length > 0)
            await File.WriteAllBytesAsync(Path.Combine(target, name + AnswerSuffix), await acknowledgements.AcknowledgeAsync(
                client.Tenant, await File.ReadAllBytesAsync(file.FullName, stoppingToken), reception, stoppingToken), stoppingToken);

        // The control file first: who sees the file itself finds all that belongs to it.
        if (new FileInfo(file.FullName + ControlSuffix) is { Exists: true } control)
            control.MoveTo(Path.Combine(target, name + ControlSuffix));
        file.MoveTo(Path.Combine(target, name));
        if (!Directory.EnumerateFiles(aside).Any())
            Directory.Delete(aside, recursive: true);
    }

    private async Task<Reception> ReceiveAsync(Source source, Client client, FileInfo file, CancellationToken stoppingToken)
    {
        // Looked at again where nobody else writes: what was a file a moment ago may have become a link before it was moved.
        if (file.LinkTarget is not null)
            return Refused("forbidden", "Links are not taken.");
        if (FileFacts.Of(file.FullName) is { } facts)
        {
            if (facts.Names > 1)
                return Refused("forbidden", "The file stands under another name too: it may be somebody else's, and may change under our hands.");
            if (OwnersOf(source) is { Count: > 0 } owners && !owners.Contains(facts.Owner))
                return Refused("forbidden", "The file was laid down by an account that this source does not name.");
        }

        var type = TypeOf(source, file.Name);
        if (!source.Accepts(type))
            return Refused("not-supported", $"This source takes {string.Join(", ", source.ContentTypes)}.");
        if (file.Length > _bytesMax)
            return Refused("too-long", $"The file is larger than {_bytesMax} bytes.");

        byte[] bytes;
        try
        {
            bytes = await File.ReadAllBytesAsync(file.FullName, stoppingToken);
        }
        catch (UnauthorizedAccessException)
        {
            return Refused("forbidden", "The hub may not read the file.");
        }

        var control = new FileInfo(file.FullName + ControlSuffix);
        if (control.Exists && (control.LinkTarget is not null || FileFacts.Of(control.FullName) is { Names: > 1 }))
            return Refused("forbidden", "The control file is a link, or stands under another name too.");
        if (control.Exists && source.Accepts("multipart/form-data"))
            (bytes, type) = Coordination.Intake.ControlFile.Together(await File.ReadAllBytesAsync(control.FullName, stoppingToken), bytes);
        return await receive.Handle(new(client.Tenant, source.Name, "file", client.Id, type, Key: null, bytes), int.MaxValue, stoppingToken);

        static Reception Refused(string code, string text) =>
            new(ReceptionKind.Rejected, "", MessageState.Rejected) { Issues = [Issue.Error(code, "file", text)] };
    }

    /// <summary>A name that tells nothing (<c>.txt</c>, <c>.dat</c>) is what the source takes first.</summary>
    private static string TypeOf(Source source, string name) =>
        Path.GetExtension(name).ToLowerInvariant() is ".csv" or ".json" or ".hl7" or ".er7" || source.Accepts(TypeOf(name)) ? TypeOf(name) : source.ContentTypes[0];

    private static string TypeOf(string name) => Path.GetExtension(name).ToLowerInvariant() switch
    {
        ".json" => "application/json",
        ".hl7" or ".er7" => Hl7v2Type,
        _ => "text/csv",
    };

    /// <summary>The file's own name when it is a plain one, free, and none that the hub gives itself; else an id: names are not ours to trust.</summary>
    private static string NameIn(string folder, string name, string id)
    {
        var isPlain = name.Length <= 100 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' or ' ')
            && !name.EndsWith(ReportSuffix, StringComparison.OrdinalIgnoreCase) && !name.EndsWith(AnswerSuffix, StringComparison.OrdinalIgnoreCase);
        if (!isPlain)
            return id + TypeOf(name) switch { Hl7v2Type => ".hl7", "application/json" => ".json", _ => ".csv" };
        return Path.Exists(Path.Combine(folder, name)) ? $"{Path.GetFileNameWithoutExtension(name)}-{id}{Path.GetExtension(name)}" : name;
    }
}
