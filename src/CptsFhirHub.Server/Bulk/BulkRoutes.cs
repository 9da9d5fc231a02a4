using System.Globalization;
using CptsFhirHub.Server.Access;

namespace CptsFhirHub.Server.Bulk;

/// <summary>
/// How a job stands, what it made, and its end. To every other client than the one that asked, a job is as if it were not there.
/// https://hl7.org/fhir/uv/bulkdata/STU2/export.html#bulk-data-status-request
/// </summary>
internal sealed class BulkRoutes(BulkQueue queue, BulkFolders folders, HubAddress address)
{
    /// <summary>Below the FHIR base.</summary>
    public const string StatusPath = "$bulk-status";

    public const string FilePath = "$bulk-file";

    private const string FileType = "application/fhir+ndjson";
    private const string RetryAfterSeconds = "2";

    public async Task Status(HttpContext context, string id)
    {
        if (Find(context, id) is not var (job, progress))
        {
            await MissingAsync(context);
            return;
        }

        var headers = context.Response.Headers;
        headers.CacheControl = "no-store";
        if (!job.IsOver)
        {
            context.Response.StatusCode = StatusCodes.Status202Accepted;
            headers["X-Progress"] = progress;
            headers.RetryAfter = RetryAfterSeconds;
            return;
        }

        headers.Expires = queue.ExpiryOf(job).UtcDateTime.ToString("R", CultureInfo.InvariantCulture);
        if (job.State == BulkState.Failed)
        {
            await Outcome.AnswerAsync(context, StatusCodes.Status500InternalServerError, "exception", job.Error ?? "It failed.");
            return;
        }

        var manifest = Export.Manifest(job, address.Fhir);
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = manifest.Length;
        await context.Response.Body.WriteAsync(manifest, context.RequestAborted);
    }

    public async Task File(HttpContext context, string id, string name)
    {
        // The name is looked up in the list of the job, never made into a path as it comes.
        if (Find(context, id) is not var (job, _) || job.Files.FirstOrDefault(file => file.Name == name) is not { } file
            || folders.Open(job.Id, file.Name) is not { } stream)
        {
            await MissingAsync(context);
            return;
        }

        context.Response.Headers.CacheControl = "no-store";
        if (PackedAnswer.IsWanted(context) && HttpMethods.IsGet(context.Request.Method) && context.Request.Headers.Range.Count == 0)
        {
            await using var lines = stream;
            context.Response.ContentType = FileType;
            context.Response.Headers.ContentDisposition = $"attachment; filename={file.Name}";
            await PackedAnswer.SendAsync(context, lines);
            return;
        }

        await Results.File(stream, FileType, fileDownloadName: file.Name, enableRangeProcessing: true).ExecuteAsync(context);
    }

    public Task Cancel(HttpContext context, string id)
    {
        if (Find(context, id) is not var (job, _))
            return MissingAsync(context);
        queue.Cancel(job.Id);
        context.Response.StatusCode = StatusCodes.Status202Accepted;
        return Task.CompletedTask;
    }

    private (BulkJob Job, string Progress)? Find(HttpContext context, string id) =>
        context.Caller() is { IsPerson: false } caller ? queue.Find(id, caller.ClientId, caller.Tenant) : null;

    private static Task MissingAsync(HttpContext context) =>
        Outcome.AnswerAsync(context, StatusCodes.Status404NotFound, "not-found", "There is no such job, or it is over for more than a day.");
}
