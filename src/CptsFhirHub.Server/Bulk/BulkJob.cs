using System.Text.Json;
using System.Text.Json.Serialization;

namespace CptsFhirHub.Server.Bulk;

/// <summary>A file of a job.</summary>
/// <param name="Kind">output, deleted or error: where the manifest names it; or warning, which it names among the errors.</param>
internal sealed record BulkFile(string Kind, string Type, string Name, long Count);

/// <summary>Where a job stands.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<BulkState>))]
internal enum BulkState
{
    Waiting,
    Running,
    Done,
    Failed,
}

/// <summary>An export or an import, as it is kept in <c>job.json</c> of its folder.</summary>
internal sealed record BulkJob
{
    public required string Id { get; init; }

    /// <summary><c>$export</c> or <c>$import</c>.</summary>
    public required string Operation { get; init; }

    /// <summary>The client that asked: it alone sees the job.</summary>
    public required string Client { get; init; }

    public required string Tenant { get; init; }

    /// <summary>The address that was asked, for the manifest.</summary>
    public required string Request { get; init; }

    /// <summary>For an export, what was asked, by which it begins again after a stop.</summary>
    public byte[]? Call { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public BulkState State { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>The moment that an export shows.</summary>
    public DateTimeOffset? Moment { get; init; }

    /// <summary>Why it failed, without a word about what it was reading.</summary>
    public string? Error { get; init; }

    public IReadOnlyList<BulkFile> Files { get; init; } = [];

    /// <summary>For an import, the lines that are done: it goes on after them.</summary>
    public long LinesDone { get; init; }

    /// <summary>For an import, resources written so far, by type.</summary>
    public IReadOnlyDictionary<string, long> Written { get; init; } = new Dictionary<string, long>(StringComparer.Ordinal);

    public bool IsOver => State is BulkState.Done or BulkState.Failed;
}

/// <summary>
/// The folders of the jobs below <c>{data}/bulk</c>. A file is there whole or not at all: it is written beside, brought to the disk and
/// renamed.
/// </summary>
internal sealed class BulkFolders(HubSettings settings)
{
    private const string JobFile = "job.json";
    private readonly string _root = Path.Combine(settings.DataDirectory, "bulk");

    public string FolderOf(string id) => Path.Combine(_root, id);

    public void Create(BulkJob job)
    {
        var folder = FolderOf(job.Id);
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(folder);
        else
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Save(job);
    }

    public void Save(BulkJob job) => Write(job.Id, JobFile, JsonSerializer.SerializeToUtf8Bytes(job));

    /// <summary>Writes a small file at once.</summary>
    public void Write(string id, string name, byte[] bytes)
    {
        using var file = Begin(id, name);
        file.Stream.Write(bytes);
        file.Finish();
    }

    /// <summary>Begins a file that is not there before <see cref="BulkFileWriting.Finish"/>.</summary>
    public BulkFileWriting Begin(string id, string name) => new(Path.Combine(FolderOf(id), name));

    public FileStream? Open(string id, string name)
    {
        var path = Path.Combine(FolderOf(id), name);
        return File.Exists(path) ? new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete) : null;
    }

    public IEnumerable<BulkJob> LoadAll()
    {
        if (!Directory.Exists(_root))
            yield break;
        foreach (var folder in Directory.EnumerateDirectories(_root))
        {
            var path = Path.Combine(folder, JobFile);
            if (File.Exists(path) && JsonSerializer.Deserialize<BulkJob>(File.ReadAllBytes(path)) is { } job)
                yield return job;
            else
                Directory.Delete(folder, recursive: true);
        }
    }

    public void Delete(string id)
    {
        if (Directory.Exists(FolderOf(id)))
            Directory.Delete(FolderOf(id), recursive: true);
    }
}

/// <summary>A file that is being written beside the place where it will stand.</summary>
internal sealed class BulkFileWriting : IDisposable
{
    private const int BufferBytes = 64 * 1024;
    private readonly string _path;
    private readonly string _temporary;
    private bool _isFinished;

    public BulkFileWriting(string path)
    {
        _path = path;
        _temporary = path + ".part";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, BufferSize = BufferBytes };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        Stream = new(_temporary, options);
    }

    public FileStream Stream { get; }

    /// <summary>On the disk, and under its name.</summary>
    public void Finish()
    {
        Stream.Flush(flushToDisk: true);
        Stream.Dispose();
        File.Move(_temporary, _path, overwrite: true);
        _isFinished = true;
    }

    public void Dispose()
    {
        Stream.Dispose();
        if (!_isFinished)
            File.Delete(_temporary);
    }
}
