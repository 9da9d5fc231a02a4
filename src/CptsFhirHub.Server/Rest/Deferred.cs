using System.Collections.Concurrent;
using System.Globalization;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Server.Access;

namespace CptsFhirHub.Server.Rest;

/// <summary>
/// Requests that are answered later: <c>Prefer: respond-async</c>. The first answer is 202 with the address of the status; only who asked
/// may ask there. https://hl7.org/fhir/R5/async-bundle.html
/// </summary>
/// <remarks>
/// Kept in memory: after a restart the address answers 404, and what a batch has done by then stays done. Who needs more sends
/// conditional writes, which can be sent again.
/// </remarks>
internal sealed partial class Deferred(HubSettings settings, TimeProvider time, IHostApplicationLifetime lifetime, ILogger<Deferred> log) : IDisposable
{
    public const string Path = "_async";

    private const int AtOnce = 2;
    private const int ResultsMax = 64;
    private const long BytesMax = 64 * 1024 * 1024;
    private static readonly TimeSpan RunMax = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Kept = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<string, Job> _jobs = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _slots = new(AtOnce, AtOnce);

    /// <summary>True for what may take long: batches, searches and operations. An export has a status of its own.</summary>
    public static bool Takes(Route route) => route.Name is "batch" or "search-type" or "search-compartment" or "search-system" || (route.Name.StartsWith('$') && route.Name != "$export");

    /// <summary>Takes the request in, to be run when there is room. Refuses with 429 when too many wait or too much is kept.</summary>
    public Answer Accept(Interaction run, FhirRequest request, Collaborators hub)
    {
        Forget();
        var own = _jobs.Values.Count(job => job.IsOf(request.Caller));
        if (_jobs.Count >= settings.Limits.DeferredRequests || own >= Math.Max(1, settings.Limits.DeferredRequests / 2))
            throw new Refusal(429, "throttled", $"At most {settings.Limits.DeferredRequests} requests wait or are kept for later, half of them one client's.");

        var id = Guid.NewGuid().ToString("N");
        var job = new Job(request.Caller, time.GetUtcNow(), CancellationTokenSource.CreateLinkedTokenSource(lifetime.ApplicationStopping));
        _jobs[id] = job;
        _ = Task.Run(() => RunAsync(job, run, request, hub));
        return new(202)
        {
            Headers = [("Content-Location", $"{hub.Url.Fhir}/{Path}/{id}")],
            Issues = [new(Severity.Information, "informational", "", "The answer is being prepared; ask for it at Content-Location.")],
        };
    }

    /// <summary>202 while it runs, then 200 with a batch-response of one entry; 404 for everybody else.</summary>
    public static Task<Answer> Status(FhirRequest request, Collaborators hub, CancellationToken cancellationToken)
    {
        var job = hub.Deferred.Find(request);
        if (job.Result is not { } result)
            return Task.FromResult(new Answer(202)
            {
                Headers = [("X-Progress", job.HasBegun ? "running" : "waiting"), ("Retry-After", "1")],
            });
        return Task.FromResult(Answer.Ok(Batch.Write("batch-response", [result], hub)) with
        {
            Headers = [("Expires", (job.Since + Kept).UtcDateTime.ToString("R", CultureInfo.InvariantCulture))],
        });
    }

    /// <summary>Gives the request up, or forgets its answer.</summary>
    public static Task<Answer> Cancel(FhirRequest request, Collaborators hub, CancellationToken cancellationToken)
    {
        var job = hub.Deferred.Find(request);
        if (hub.Deferred._jobs.TryRemove(request.Id, out _))
            job.Cancel();
        return Task.FromResult(new Answer(202));
    }

    public void Dispose()
    {
        foreach (var job in _jobs.Values)
            job.Cancel();
        _slots.Dispose();
    }

    private Job Find(FhirRequest request) =>
        _jobs.TryGetValue(request.Id, out var job) && job.IsOf(request.Caller)
            ? job
            : throw new Refusal(404, "not-found", "Nothing is kept at this address.");

    private async Task RunAsync(Job job, Interaction run, FhirRequest request, Collaborators hub)
    {
        Answer answer;
        try
        {
            await _slots.WaitAsync(job.Patience.Token);
            try
            {
                job.HasBegun = true;
                job.Patience.CancelAfter(RunMax);
                answer = await run(request, hub, job.Patience.Token);
            }
            finally
            {
                _slots.Release();
            }
        }
        catch (Refusal refusal)
        {
            answer = Answer.Refused(refusal.Status, refusal.Issues);
        }
        catch (Exception fault) when (fault is OperationCanceledException or ObjectDisposedException)
        {
            answer = Answer.Refused(503, "timeout", "The request took too long and was given up.");
        }
        catch (Exception fault) when (fault is Storage.StoreUnavailableException or Storage.StoreBusyException)
        {
            answer = Answer.Refused(503, "transient", "The store could not take this; send it again.");
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            Failed(log, fault.GetType().FullName!);
            answer = Answer.Refused(500, "exception", "The hub failed.");
        }

        job.Result = answer.Issues.Count > 0 && answer.Body.IsEmpty && answer.Stored is null
            ? answer with { Body = Outcome.Write(answer.Issues) }
            : answer;
    }

    /// <summary>Drops answers that nobody fetched in time, and the oldest when too much is kept.</summary>
    private void Forget()
    {
        var now = time.GetUtcNow();
        var done = _jobs.Where(pair => pair.Value.Result is not null).OrderByDescending(pair => pair.Value.Since).ToList();
        var bytes = 0L;
        for (var i = 0; i < done.Count; i++)
        {
            bytes += done[i].Value.Result!.Body.Length;
            if (now - done[i].Value.Since > Kept || i >= ResultsMax || bytes > BytesMax)
                _jobs.TryRemove(done[i]);
        }
    }

    [LoggerMessage(1401, LogLevel.Error, "A deferred request failed: {Type}")]
    private static partial void Failed(ILogger log, string type);

    private sealed class Job(Caller caller, DateTimeOffset since, CancellationTokenSource patience)
    {
        private volatile Answer? _result;

        public DateTimeOffset Since => since;

        public CancellationTokenSource Patience => patience;

        public bool HasBegun { get; set; }

        public Answer? Result
        {
            get => _result;
            set => _result = value;
        }

        public bool IsOf(Caller other) => other.ClientId == caller.ClientId && other.Tenant == caller.Tenant && other.IsPerson == caller.IsPerson;

        public void Cancel() => patience.Cancel();
    }
}
