using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Rest;

/// <summary>
/// Requests that are answered later: <c>Prefer: respond-async</c>. The first answer is 202 with the address of the status; only who asked
/// may ask there. https://hl7.org/fhir/R5/async-bundle.html
/// </summary>
/// <remarks>
/// The request is kept before the 202, and its answer before it is told. What a stop of the hub interrupts is carried out again after the
/// next start, when that does no harm: reads and operations that may be repeated, and batches and transactions, whose entries have their
/// effect once (<see cref="Repeats"/>). Of anything else it is said that it is not known how far it came. Of hubs that share a database the
/// one that works on a request holds a lease on it; what a hub that died held is taken up by another.
/// </remarks>
internal sealed partial class Deferred(
    DeferredRequests kept, RegistryStore registry, ClientRegistry clients, HubSettings settings, TimeProvider time, IHostApplicationLifetime lifetime,
    ILogger<Deferred> log) : IDisposable
{
    public const string Path = "_async";

    private const int AtOnce = 2;
    private const int OpenMax = 1_000;
    private static readonly TimeSpan RunMax = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Kept = TimeSpan.FromHours(1);
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Renewal = TimeSpan.FromSeconds(20);

    private readonly ConcurrentDictionary<string, Job> _jobs = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _slots = new(AtOnce, AtOnce);

    /// <summary>True for what may take long: batches, searches and operations. An export has a status of its own.</summary>
    public static bool Takes(Route route) => route.Name is "batch" or "search-type" or "search-compartment" or "search-system" || (route.Name.StartsWith('$') && route.Name != "$export");

    /// <summary>Takes the request in, to be run when there is room. Refuses with 429 when too many wait or too much is kept.</summary>
    public async Task<Answer> AcceptAsync(Interaction run, FhirRequest request, Collaborators hub, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var owner = OwnerOf(request.Caller);
        await kept.ForgetAsync(now - Kept, cancellationToken);
        var (all, own) = kept.Count(owner);
        if (all >= settings.Limits.DeferredRequests || own >= Math.Max(1, settings.Limits.DeferredRequests / 2))
            throw new Refusal(429, "throttled", $"At most {settings.Limits.DeferredRequests} requests wait or are kept for later, half of them one client's.");

        var id = Guid.NewGuid().ToString("N");

        // With a key made of its own id, what has happened before a stop does not happen again after it.
        if (request.Once is null && request.Body is not null)
            request = request with { Once = new(SHA256.HashData(Encoding.ASCII.GetBytes("deferred " + id)), SHA256.HashData(Encoding.ASCII.GetBytes(id))) };

        // Leased before it can be seen, and known here: neither another hub nor our own look from time to time may take it for one that nobody works on.
        var job = Begin(id);
        try
        {
            await TryLeaseAsync(id, cancellationToken);
            await kept.AddAsync(new(id, owner, now, EndedAt: null, SavedRequest.Write(request), []), cancellationToken);
        }
        catch
        {
            _jobs.TryRemove(id, out _);
            throw;
        }

        Start(id, job, run, request, hub);
        return new(202)
        {
            Headers = [("Content-Location", $"{hub.Url.Fhir}/{Path}/{id}")],
            Issues = [new(Severity.Information, "informational", "", "The answer is being prepared; ask for it at Content-Location.")],
        };
    }

    /// <summary>For whom an answer is kept that shows no resource.</summary>
    private static readonly Caller Nobody = new("", "", "", Organization: null, IsPerson: false) { Role = "" };

    /// <summary>Takes up what a stop has interrupted, or says what became of it.</summary>
    public async Task ResumeAsync(Collaborators hub, CancellationToken cancellationToken)
    {
        foreach (var row in kept.Open(OpenMax))
        {
            if (_jobs.ContainsKey(row.Id) || !await TryLeaseAsync(row.Id, cancellationToken))
                continue;
            if (kept.Find(row.Id) is not { EndedAt: null })
            {
                await EndLeaseAsync(row.Id, cancellationToken);
                continue;
            }

            var saved = SavedRequest.Read(row.Request, clients, settings, JsonLimits.Default with { StringBytes = settings.Limits.BodyBytes });
            if (saved is not var (request, route))
                await EndAsync(row.Id, Answer.Refused(403, "forbidden", "The hub was restarted before this was done, and this client may no longer come in."), Nobody, hub, cancellationToken);
            else if (route.AffectsState && !route.IsRepeatable)
                await EndAsync(row.Id, Answer.Refused(500, "incomplete", "The hub was restarted while this ran: look what has happened before you ask again."), Nobody, hub, cancellationToken);
            else
                Start(row.Id, Begin(row.Id), (later, with, token) => with.Repeats.RunAsync(route, later, with, token), request, hub);
            if (!_jobs.ContainsKey(row.Id))
                await EndLeaseAsync(row.Id, cancellationToken);
        }
    }

    /// <summary>202 while it runs, then 200 with a batch-response of one entry; 404 for everybody else.</summary>
    public static Task<Answer> Status(FhirRequest request, Collaborators hub, CancellationToken cancellationToken)
    {
        var deferred = hub.Deferred;
        var row = deferred.Find(request);
        if (row.EndedAt is null)
        {
            var hasBegun = deferred._jobs.TryGetValue(row.Id, out var job) && job.HasBegun;
            return Task.FromResult(new Answer(202) { Headers = [("X-Progress", hasBegun ? "running" : "waiting"), ("Retry-After", "1")] });
        }

        return Task.FromResult(Answer.Ok(row.Answer) with
        {
            Headers = [("Expires", (row.CreatedAt + Kept).UtcDateTime.ToString("R", CultureInfo.InvariantCulture))],
        });
    }

    /// <summary>Gives the request up, or forgets its answer.</summary>
    public static async Task<Answer> Cancel(FhirRequest request, Collaborators hub, CancellationToken cancellationToken)
    {
        await hub.Deferred.RemoveAsync(hub.Deferred.Find(request).Id, cancellationToken);
        return new(202);
    }

    public void Dispose()
    {
        foreach (var job in _jobs.Values)
            job.Cancel();
        _slots.Dispose();
    }

    private static string OwnerOf(Caller caller) => $"{caller.Tenant} {(caller.IsPerson ? "person" : "client")} {caller.ClientId}";

    private DeferredRow Find(FhirRequest request) =>
        kept.Find(request.Id) is { } row && row.Owner == OwnerOf(request.Caller) && (row.EndedAt is null || row.CreatedAt + Kept > time.GetUtcNow())
            ? row
            : throw new Refusal(404, "not-found", "Nothing is kept at this address.");

    private Task RemoveAsync(string id, CancellationToken cancellationToken)
    {
        if (_jobs.TryRemove(id, out var job))
            job.Cancel();
        return kept.RemoveAsync(id, cancellationToken);
    }

    private Job Begin(string id) => _jobs[id] = new(CancellationTokenSource.CreateLinkedTokenSource(lifetime.ApplicationStopping));

    private void Start(string id, Job job, Interaction run, FhirRequest request, Collaborators hub)
    {
        _ = Task.Run(async () =>
        {
            using var over = new CancellationTokenSource();
            var holding = HoldAsync(id, job, over.Token);
            try
            {
                // A stop leaves it open: the next start takes it up. Who gave it up wants no answer.
                if (await AnswerAsync(job, run, request, hub) is { } answer && _jobs.ContainsKey(id))
                    await EndAsync(id, answer, request.Caller, hub, CancellationToken.None);
            }
            catch (Exception fault) when (fault is StoreUnavailableException or StoreBusyException or ObjectDisposedException)
            {
                // The answer could not be kept: it is worked out again after the next start.
                Failed(log, fault.GetType().FullName!);
            }
            finally
            {
                await over.CancelAsync();
                await holding;
                _jobs.TryRemove(id, out _);
            }
        });
    }

    /// <summary>Prolongs the lease until the work is over, and gives it back then; the work ends when another hub has taken it.</summary>
    private async Task HoldAsync(string id, Job job, CancellationToken over)
    {
        using var timer = new PeriodicTimer(Renewal, time);
        try
        {
            while (await timer.WaitForNextTickAsync(over))
                if (!await TryLeaseAsync(id, over))
                    job.Cancel();
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            // The work is over.
        }
        catch (Exception fault) when (fault is StoreUnavailableException or StoreBusyException or ObjectDisposedException)
        {
            Failed(log, fault.GetType().FullName!);
        }

        try
        {
            await EndLeaseAsync(id, CancellationToken.None);
        }
        catch (Exception fault) when (fault is StoreUnavailableException or StoreBusyException or ObjectDisposedException)
        {
            // It runs out by itself.
        }
    }

    private Task<bool> TryLeaseAsync(string id, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        return registry.TryLeaseAsync(LeaseOf(id), settings.HubName, now, now + Lease, cancellationToken);
    }

    private Task EndLeaseAsync(string id, CancellationToken cancellationToken) =>
        registry.EndLeaseAsync(LeaseOf(id), settings.HubName, cancellationToken);

    /// <summary>The lease that a hub holds while it works on that request.</summary>
    internal static string LeaseOf(string id) => "deferred/" + id;

    private async Task EndAsync(string id, Answer answer, Caller caller, Collaborators hub, CancellationToken cancellationToken)
    {
        var told = answer.Issues.Count > 0 && answer.Body.IsEmpty && answer.Stored is null ? answer with { Body = Outcome.Write(answer.Issues) } : answer;
        await kept.EndAsync(id, time.GetUtcNow(), Batch.Write("batch-response", [told], caller, hub).ToArray(), cancellationToken);
    }

    /// <summary>The answer; null when the hub stops before there is one.</summary>
    private async Task<Answer?> AnswerAsync(Job job, Interaction run, FhirRequest request, Collaborators hub)
    {
        try
        {
            await _slots.WaitAsync(job.Patience.Token);
            try
            {
                job.HasBegun = true;
                job.Patience.CancelAfter(RunMax);
                return await run(request, hub, job.Patience.Token);
            }
            finally
            {
                _slots.Release();
            }
        }
        catch (Refusal refusal)
        {
            return Answer.Refused(refusal.Status, refusal.Issues);
        }
        catch (Exception) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception fault) when (fault is OperationCanceledException or ObjectDisposedException)
        {
            return Answer.Refused(503, "timeout", "The request took too long and was given up.");
        }
        catch (Exception fault) when (fault is StoreUnavailableException or StoreBusyException)
        {
            return Answer.Refused(503, "transient", "The store could not take this; send it again.");
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            Failed(log, fault.GetType().FullName!);
            return Answer.Refused(500, "exception", "The hub failed.");
        }
    }

    [LoggerMessage(1401, LogLevel.Error, "A deferred request failed: {Type}")]
    private static partial void Failed(ILogger log, string type);

    private sealed class Job(CancellationTokenSource patience)
    {
        public CancellationTokenSource Patience => patience;

        public bool HasBegun { get; set; }

        public void Cancel() => patience.Cancel();
    }
}

/// <summary>
/// Once the server listens, and its address is known, deferred requests of before are taken up; and from time to time those of a hub that
/// shares the database and has died.
/// </summary>
internal sealed class ResumeDeferred(Deferred deferred, IServiceProvider services, TimeProvider time, IHostApplicationLifetime lifetime) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var listening = lifetime.ApplicationStarted.Register(() => started.TrySetResult());
        await using var stopping = stoppingToken.Register(() => started.TrySetCanceled(stoppingToken));
        try
        {
            await started.Task;
            using var timer = new PeriodicTimer(Pause, time);
            do
            {
                await ResumeAsync(stoppingToken);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The hub stops.
        }
    }

    private async Task ResumeAsync(CancellationToken stoppingToken)
    {
        try
        {
            await deferred.ResumeAsync(services.GetRequiredService<Collaborators>(), stoppingToken);
        }
        catch (Exception fault) when (fault is StoreUnavailableException or StoreBusyException)
        {
            // The store cannot be reached now: the next time will do.
        }
    }
}
