using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using CptsFhirHub.Coordination.Identity;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Server.Rest;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Bulk;

/// <summary>
/// Bulk import: NDJSON in the body, each line a resource that is created or updated by its id. The hub fetches nothing. For administrators.
/// </summary>
/// <remarks>
/// The lines are on the disk before the answer. They are written some at a time, each time with how far it got; a part that was written
/// twice, because the hub died in between, changes nothing the second time.
/// </remarks>
internal sealed class Import(
    BulkQueue queue, BulkFolders folders, BulkSettings settings, Collaborators hub, ClientRegistry clients, KeptAnswers answers, TimeProvider time)
{
    private const string InputFile = "input.ndjson";
    private const string Error = "error";
    private const string Warning = "warning";
    private const int LinesAtOnce = 100;
    private const int ErrorsMax = 10_000;
    private static readonly string[] MediaTypes = ["application/fhir+ndjson", "application/ndjson", "application/x-ndjson"];

    public async Task Start(HttpContext context)
    {
        var caller = context.Caller();
        if (caller.IsPerson || caller.Role != Roles.Admin)
        {
            await Outcome.AnswerAsync(context, 403, "forbidden", "An import is for administrators.");
            return;
        }

        var mediaType = context.Request.ContentType?.Split(';')[0].Trim();
        if (!MediaTypes.Contains(mediaType, StringComparer.OrdinalIgnoreCase))
        {
            await Outcome.AnswerAsync(context, 415, "not-supported", "An import is application/fhir+ndjson: a resource a line.");
            return;
        }

        if (!Prefer.Read(context.Request.Headers["Prefer"]).Async)
        {
            await Outcome.AnswerAsync(context, 400, "required", "An import takes time: ask for it with Prefer: respond-async.");
            return;
        }

        try
        {
            await TakeAsync(context, caller);
        }
        catch (Refusal refusal)
        {
            await Outcome.AnswerAsync(context, refusal.Status, refusal.Issues[0].Code, refusal.Issues[0].Text);
        }
    }

    private async Task TakeAsync(HttpContext context, Caller caller)
    {
        using var watch = RepeatKey.Of(context.Request) is { } key ? RepeatKey.Watch(context.Request, key, caller).Follow(context.Request) : null;
        var job = new BulkJob
        {
            Id = Guid.NewGuid().ToString("N"),
            Operation = "$import",
            Client = caller.ClientId,
            Tenant = caller.Tenant,
            Request = $"{hub.Url.Fhir}/$import",
            CreatedAt = time.GetUtcNow(),
        };
        folders.Create(job);
        if (!await KeepAsync(job, context.Request.Body, context.RequestAborted))
        {
            folders.Delete(job.Id);
            await Outcome.AnswerAsync(context, 413, "too-long", $"An import has at most {settings.ImportBytesMax.ToString(CultureInfo.InvariantCulture)} bytes.");
            return;
        }

        var once = watch?.End();
        if (once is not null && answers.Find(caller.Tenant, once.Scope) is { } before)
        {
            folders.Delete(job.Id);
            RepeatKey.RequireSame(before, once);
            context.Response.Headers[RepeatKey.ReplayedHeader] = "true";
            Accepted(context, Encoding.UTF8.GetString(before.Answer));
            return;
        }

        if (!queue.TryAdd(job, RunAsync))
        {
            folders.Delete(job.Id);
            context.Response.Headers.RetryAfter = "60";
            await Outcome.AnswerAsync(context, 429, "throttled", "Too many bulk jobs are under way: ask again later.");
            return;
        }

        var status = $"{hub.Url.Fhir}/{BulkRoutes.StatusPath}/{job.Id}";
        if (once is not null)
            await answers.KeepAsync(caller.Tenant, once, Encoding.UTF8.GetBytes(status), context.RequestAborted);
        Accepted(context, status);
    }

    private static void Accepted(HttpContext context, string status)
    {
        context.Response.StatusCode = 202;
        context.Response.Headers.ContentLocation = status;
    }

    /// <summary>Goes through the lines that are not done yet.</summary>
    public async Task<BulkJob> RunAsync(BulkJob job, Action<string> report, CancellationToken cancellationToken)
    {
        if (clients.Find(job.Client) is not { Role: Roles.Admin } client)
            throw new BulkRefusal("The client of this import may no longer come in.");
        var caller = client.ToCaller(client.FullPolicy) with { Tenant = job.Tenant };
        using var input = folders.Open(job.Id, InputFile) ?? throw new BulkRefusal("The lines of this import are gone.");
        using var reader = new StreamReader(input, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: false));
        long line = 0;
        var batch = new List<(long Line, string Text)>(LinesAtOnce);
        while (await reader.ReadLineAsync(cancellationToken) is { } text)
        {
            line++;
            if (line > job.LinesDone && !string.IsNullOrWhiteSpace(text))
                batch.Add((line, text));
            if (batch.Count < LinesAtOnce)
                continue;
            job = await WriteAsync(job, line, batch, caller, cancellationToken);
            batch.Clear();
            report(string.Create(CultureInfo.InvariantCulture, $"{line} lines"));
        }

        job = await WriteAsync(job, line, batch, caller, cancellationToken);
        return job with { Moment = time.GetUtcNow() };
    }

    /// <summary>Writes some lines and keeps how far it got: lines that share a commit's fsync, but one after the other where they are one resource.</summary>
    private async Task<BulkJob> WriteAsync(
        BulkJob job, long lastLine, List<(long Line, string Text)> batch, Caller caller, CancellationToken cancellationToken)
    {
        if (job.Files.Where(file => file.Kind == Error).Sum(file => file.Count) >= ErrorsMax)
            throw new BulkRefusal($"{ErrorsMax.ToString(CultureInfo.InvariantCulture)} lines or more are at fault: this is not what was meant.");
        var ends = new List<LineEnd>(batch.Count);
        var wave = new List<(long Line, Resource Resource, string Id)>();
        var inWave = new HashSet<string>(StringComparer.Ordinal);
        var limits = hub.Settings.Limits.OfGroup();
        foreach (var (line, text) in batch)
        {
            var parsed = FhirJson.Parse(Encoding.UTF8.GetBytes(text), limits);
            if (!parsed.IsSound || parsed.Resource is not { } resource)
            {
                ends.Add(new(line, "", parsed.Issues.Count > 0 ? parsed.Issues : [Issue.Error("structure", "", "The line is no resource.")]));
                continue;
            }

            var id = resource.Id ?? IdOf(job, line);
            if (!inWave.Add($"{resource.Type}/{id}"))
            {
                await EndWaveAsync();
                inWave.Add($"{resource.Type}/{id}");
            }

            wave.Add((line, resource, id));
        }

        await EndWaveAsync();
        var written = new Dictionary<string, long>(job.Written, StringComparer.Ordinal);
        foreach (var end in ends.Where(end => end.IsTaken))
            written[end.Type] = written.GetValueOrDefault(end.Type) + 1;
        List<BulkFile> files =
        [
            .. SaveIssues(job, Error, lastLine, ends.Where(end => !end.IsTaken)),
            .. SaveIssues(job, Warning, lastLine, ends.Where(end => end.IsTaken && end.Issues.Count > 0)),
        ];
        var next = job with { LinesDone = lastLine, Written = written, Files = [.. job.Files, .. files] };
        folders.Save(next);
        return next;

        async Task EndWaveAsync()
        {
            ends.AddRange(await Task.WhenAll(wave.Select(one => WriteAsync(one.Line, one.Resource, one.Id, caller, cancellationToken))));
            wave.Clear();
            inWave.Clear();
        }
    }

    /// <summary>One line, by the same rules as a PUT over HTTP.</summary>
    private async Task<LineEnd> WriteAsync(long line, Resource resource, string id, Caller caller, CancellationToken cancellationToken)
    {
        if (!caller.Policy.Allows(resource.Type, Deeds.Create | Deeds.Update))
            return Fault("not-supported", "", "This resource type is not written here.");
        if (!Conditions.IsId(id))
            return Fault("value", $"{resource.Type}.id", "No resource can have this id.");
        try
        {
            hub.CheckBody(resource);
            var known = await hub.Store.ReadAsync(caller.Tenant, resource.Type, id, cancellationToken);
            var request = new FhirRequest("PUT", caller) { Type = resource.Type, Id = id, Body = resource };
            var writes = await Update.ReplaceAsync(request, resource, id, known, hub, cancellationToken);
            var commit = await hub.Store.CommitAsync(caller.Tenant, writes, cancellationToken);
            return commit.Committed ? new(line, resource.Type, NationalNumbers.Check(resource.Root)) { IsTaken = true } : Fault("conflict", "", "Others changed this resource at the same time.");
        }
        catch (Refusal refusal)
        {
            return new(line, resource.Type, refusal.Issues);
        }

        LineEnd Fault(string code, string path, string text) => new(line, resource.Type, [Issue.Error(code, path, text)]);
    }

    /// <summary>A line without id gets one that follows from job and line: written twice, it is still one resource.</summary>
    private static string IdOf(BulkJob job, long line) => Convert.ToHexStringLower(
        SHA256.HashData(Encoding.UTF8.GetBytes($"{job.Id}\n{line.ToString(CultureInfo.InvariantCulture)}")).AsSpan(0, 16));

    /// <summary>Brings the body to the disk; false when it is larger than allowed.</summary>
    private async Task<bool> KeepAsync(BulkJob job, Stream body, CancellationToken cancellationToken)
    {
        using var file = folders.Begin(job.Id, InputFile);
        var buffer = new byte[64 * 1024];
        long kept = 0;
        while (await body.ReadAsync(buffer, cancellationToken) is > 0 and var read)
        {
            kept += read;
            if (kept > settings.ImportBytesMax)
                return false;
            await file.Stream.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
        }

        file.Finish();
        return true;
    }

    /// <summary>What is to be said of some lines, a file for each such part; its name follows from the part, so that writing it again replaces it.</summary>
    private List<BulkFile> SaveIssues(BulkJob job, string kind, long lastLine, IEnumerable<LineEnd> ends)
    {
        List<LineEnd> lines = [.. ends.OrderBy(end => end.Line)];
        if (lines.Count == 0)
            return [];
        var name = string.Create(CultureInfo.InvariantCulture, $"{kind}-OperationOutcome-{lastLine}.ndjson");
        using var file = folders.Begin(job.Id, name);
        foreach (var (line, type, issues) in lines)
        {
            var place = string.Create(CultureInfo.InvariantCulture, $"Line {line}");
            file.Stream.Write(Outcome.Write([.. issues.Select(issue => issue with { Text = $"{place}{(type.Length > 0 ? ", " + type : "")}: {issue.Text}" })]));
            file.Stream.WriteByte((byte)'\n');
        }

        file.Finish();
        return [new(kind, "OperationOutcome", name, lines.Count)];
    }

    /// <summary>How one line ended: why it was not taken, or what is doubtful about it although it was.</summary>
    private sealed record LineEnd(long Line, string Type, IReadOnlyList<Issue> Issues)
    {
        public bool IsTaken { get; init; }
    }
}
