using System.Globalization;
using System.Text.Json;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Server.Rest;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Bulk;

/// <summary>
/// Bulk Data export of the system, of all patients or of a group. https://hl7.org/fhir/uv/bulkdata/STU2/export.html
/// </summary>
/// <remarks>Everything in it is read at one moment, within the right of the client that asked; a page at a time is held in memory.</remarks>
internal sealed class Export(
    BulkQueue queue, BulkFolders folders, BulkSettings settings, ResourceStore store, ClientRegistry clients, HubSettings hubSettings,
    Func<Collaborators> hub, TimeProvider time)
{
    private const int ReportEvery = 1_000;

    /// <summary>Takes an export in; it is made in the background.</summary>
    public async Task<Answer> Start(FhirRequest request, Collaborators hub, CancellationToken cancellationToken)
    {
        if (!request.Prefer.Async)
            return Answer.Refused(400, "required", "An export takes time: ask for it with Prefer: respond-async.");
        var plan = await ExportPlan.ReadAsync(request, hub, cancellationToken);
        var query = QueryText.Write(request.Parameters);
        var job = new BulkJob
        {
            Id = Guid.NewGuid().ToString("N"),
            Operation = "$export",
            Client = request.Caller.ClientId,
            Tenant = request.Caller.Tenant,
            Request = $"{hub.Url.Fhir}/{request.Path}{(query.Length > 0 ? "?" + query : "")}",
            CreatedAt = time.GetUtcNow(),
            Call = SavedRequest.Write(request),
        };
        return queue.TryAdd(job, (running, report, token) => RunAsync(running, plan, report, token))
            ? new(202) { Location = $"{BulkRoutes.StatusPath}/{job.Id}" }
            : throw new Refusal(429, "throttled", "Too many bulk jobs are under way: ask again later.");
    }

    /// <summary>An export that a stop has interrupted begins again, at a new moment.</summary>
    public async Task<BulkJob> ResumeAsync(BulkJob job, Action<string> report, CancellationToken cancellationToken)
    {
        if (job.Call is not { } call || SavedRequest.Read(call, clients, hubSettings, JsonLimits.Default) is not var (request, _))
            throw new BulkRefusal("The client of this export may no longer come in.");
        try
        {
            return await RunAsync(job, await ExportPlan.ReadAsync(request, hub(), cancellationToken), report, cancellationToken);
        }
        catch (Refusal refusal)
        {
            throw new BulkRefusal($"The hub was restarted, and what was asked is no longer served: {refusal.Issues[0].Text}");
        }
    }

    private Task<BulkJob> RunAsync(BulkJob job, ExportPlan plan, Action<string> report, CancellationToken cancellationToken) =>
        Task.Factory.StartNew(
            () => store.AtOneMoment(job.Tenant, moment => Write(job, plan, moment, report, cancellationToken), cancellationToken),
            cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private BulkJob Write(BulkJob job, ExportPlan plan, Moment moment, Action<string> report, CancellationToken cancellationToken)
    {
        // Not our clock but the newest commit that is seen here: whoever asks since then misses nothing.
        var at = moment.NewestAt ?? time.GetUtcNow();
        var budget = new Budget(settings.ExportBytesMax);
        var files = new List<BulkFile>();
        long total = 0;
        foreach (var type in plan.Types)
        {
            using var output = new NdjsonFiles(folders, job.Id, "output", type.Type, settings.LinesPerFile, budget);
            var seen = type.Queries.Count > 1 ? new HashSet<string>(StringComparer.Ordinal) : null;
            foreach (var stored in type.Queries.SelectMany(moment.All))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (seen?.Add(stored.Id) == false)
                    continue;
                output.Write(OneLine(stored, plan.Caller));
                if (++total % ReportEvery == 0)
                    report(string.Create(CultureInfo.InvariantCulture, $"{total} resources, now {type.Type}"));
            }

            files.AddRange(output.Finish());
        }

        if (plan.Since is { } since)
            files.AddRange(WriteDeleted(job, plan, since, moment, budget));
        return job with { Moment = at, Files = files };
    }

    /// <summary>What is gone since then, as the Bundles of deletes that would make it so elsewhere.</summary>
    private IReadOnlyList<BulkFile> WriteDeleted(BulkJob job, ExportPlan plan, DateTimeOffset since, Moment moment, Budget budget)
    {
        using var output = new NdjsonFiles(folders, job.Id, "deleted", "Bundle", settings.LinesPerFile, budget);
        foreach (var type in plan.Types.Where(type => type.IsWhole))
            foreach (var id in moment.DeletedSince(type.Type, since))
            {
                var bundle = Element.OfResource("Bundle").With("type", "transaction");
                bundle.AddItem("entry").Add("request").With("method", "DELETE").With("url", $"{type.Type}/{id}");
                output.Write(FhirJson.Write(bundle));
            }

        return output.Finish();
    }

    /// <summary>Bytes are kept as they came, and some came on several lines.</summary>
    private static ReadOnlySpan<byte> OneLine(Stored stored, Caller caller)
    {
        var shown = QualifiedIns.For(caller, stored.Json).Span;
        return shown.IndexOfAny((byte)'\n', (byte)'\r') < 0 ? shown : FhirJson.Write(stored.Resource.Root);
    }

    /// <summary>The manifest of an export that is done.</summary>
    public static byte[] Manifest(BulkJob job, string fhirBase)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer, new() { Encoder = JsonText.Wire }))
        {
            json.WriteStartObject();
            json.WriteString("transactionTime", BundleBytes.Instant(job.Moment ?? job.CreatedAt));
            json.WriteString("request", job.Request);
            json.WriteBoolean("requiresAccessToken", true);
            foreach (var kind in (string[])["output", "deleted", "error"])
            {
                json.WriteStartArray(kind);
                foreach (var file in job.Files.Where(file => file.Kind == kind || (kind == "error" && file.Kind == "warning")))
                {
                    json.WriteStartObject();
                    json.WriteString("type", file.Type);
                    json.WriteString("url", $"{fhirBase}/{BulkRoutes.FilePath}/{job.Id}/{file.Name}");
                    json.WriteNumber("count", file.Count);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
            }

            WriteImport(json, job);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteImport(Utf8JsonWriter json, BulkJob job)
    {
        if (job.Operation != "$import")
            return;
        json.WriteNumber("lines", job.LinesDone);
        json.WriteStartObject("written");
        foreach (var (type, count) in job.Written.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            json.WriteNumber(type, count);
        json.WriteEndObject();
    }
}

/// <summary>The bytes a job may still write.</summary>
internal sealed class Budget(long bytes)
{
    private long _left = bytes;

    public void Take(long count)
    {
        _left -= count;
        if (_left < 0)
            throw new BulkRefusal("The export is larger than this hub makes (Hub:Bulk:ExportBytes): narrow it by _type, _since or _typeFilter.");
    }
}

/// <summary>The files of one type, one resource a line; past so many lines another begins. None is made for nothing.</summary>
internal sealed class NdjsonFiles(BulkFolders folders, string job, string kind, string type, int linesPerFile, Budget budget) : IDisposable
{
    private readonly List<BulkFile> _files = [];
    private BulkFileWriting? _open;
    private long _lines;

    public void Write(ReadOnlySpan<byte> line)
    {
        if (_open is not null && _lines >= linesPerFile)
            Close();
        _open ??= folders.Begin(job, Name);
        budget.Take(line.Length + 1);
        _open.Stream.Write(line);
        _open.Stream.WriteByte((byte)'\n');
        _lines++;
    }

    public IReadOnlyList<BulkFile> Finish()
    {
        Close();
        return _files;
    }

    public void Dispose() => _open?.Dispose();

    private string Name => string.Create(CultureInfo.InvariantCulture, $"{kind}-{type}-{_files.Count + 1}.ndjson");

    private void Close()
    {
        if (_open is null)
            return;
        _open.Finish();
        _files.Add(new(kind, type, Name, _lines));
        _open = null;
        _lines = 0;
    }
}
