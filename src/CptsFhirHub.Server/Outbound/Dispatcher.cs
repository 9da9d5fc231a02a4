using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using CptsFhirHub.Server.Intake;
using CptsFhirHub.Storage;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;
using Polly.Timeout;

namespace CptsFhirHub.Server.Outbound;

/// <summary>
/// Carries the outbox out: takes what is due by lease, sends it signed, and marks it. It sends at least once; the receiver knows a
/// repetition by <c>webhook-id</c>, which is the row's id on each try. An effect for which no address is configured is done when
/// it is written: those who pull (the DAC reads its Tasks) need no call.
/// </summary>
internal sealed class Dispatcher(
    Outbox outbox, OutboundTargets targets, IConfiguration configuration, TimeProvider time, ILogger<Dispatcher> logger) : BackgroundService
{
    private const int LeasedAtOnce = 50;
    private const int RetriesInOneTry = 2;
    private const int AnswerBytesMax = 1024 * 1024;
    private static readonly TimeSpan LeaseTime = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(5);

    /// <summary>When a failed entry is tried again; past the last it is dead and a person looks.</summary>
    private static readonly TimeSpan[] Delays =
    [
        TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(10),
        TimeSpan.FromHours(1), TimeSpan.FromHours(4), TimeSpan.FromHours(12), TimeSpan.FromHours(24),
    ];

    private readonly string _owner = $"{Environment.MachineName}:{Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}:{Guid.NewGuid():N}";
    private readonly TimeSpan _pause = configuration.GetValue("Hub:Outbox:Pause", TimeSpan.FromSeconds(2));
    private readonly ConcurrentDictionary<string, Lane> _lanes = new(StringComparer.Ordinal);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (await RunOnceAsync(stoppingToken) == 0)
                    await Task.Delay(_pause, time, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception fault)
            {
                OutboundLog.Failed(logger, fault.GetType().Name);
                await Task.Delay(_pause, time, CancellationToken.None);
            }
        }
    }

    public override void Dispose()
    {
        foreach (var lane in _lanes.Values)
            lane.Client.Dispose();
        base.Dispose();
    }

    /// <summary>One round: everything due is sent once; gives how many entries were taken. Targets do not wait for each other.</summary>
    internal async Task<int> RunOnceAsync(CancellationToken cancellationToken)
    {
        var items = await outbox.LeaseAsync(_owner, time.GetUtcNow() + LeaseTime, LeasedAtOnce, cancellationToken);
        await Task.WhenAll(items.GroupBy(item => item.Entry.Target, StringComparer.Ordinal).Select(async lane =>
        {
            foreach (var item in lane)
                await DeliverAsync(item, cancellationToken);
        }));
        return items.Count;
    }

    private async Task DeliverAsync(OutboxItem item, CancellationToken cancellationToken)
    {
        var entry = item.Entry;
        if (targets.Find(entry.Target) is not { } target)
        {
            await outbox.DoneAsync(entry.Id, _owner, cancellationToken);
            return;
        }

        var lane = _lanes.GetOrAdd(target.Name, _ => new(target, time));
        try
        {
            var status = await lane.Pipeline.ExecuteAsync(async token => await SendAsync(lane, entry, token), cancellationToken);
            if ((int)status is >= 200 and < 300)
                await outbox.DoneAsync(entry.Id, _owner, cancellationToken);
            else if (IsWorthAnotherTry(status))
                await FailAsync(item, $"HTTP {(int)status}", cancellationToken);
            else
                await outbox.FailedAsync(entry.Id, _owner, nextTry: null, $"HTTP {(int)status}", cancellationToken);
        }
        catch (Exception fault) when (fault is HttpRequestException or TimeoutRejectedException or BrokenCircuitException or IOException)
        {
            await FailAsync(item, fault.GetType().Name, cancellationToken);
        }
    }

    private async Task FailAsync(OutboxItem item, string error, CancellationToken cancellationToken)
    {
        DateTimeOffset? next = item.Attempts < Delays.Length
            ? time.GetUtcNow() + Delays[item.Attempts] * (0.8 + Random.Shared.NextDouble() * 0.4)
            : null;
        OutboundLog.NotDelivered(logger, item.Entry.Id, error, next is not null);
        await outbox.FailedAsync(item.Entry.Id, _owner, next, error, cancellationToken);
    }

    private async ValueTask<HttpStatusCode> SendAsync(Lane lane, OutboxEntry entry, CancellationToken cancellationToken)
    {
        var timestamp = time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var body = entry.Payload.ToArray();
        using var request = new HttpRequestMessage(HttpMethod.Post, lane.Target.Url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Add("webhook-id", entry.Id);
        request.Headers.Add("webhook-timestamp", timestamp);
        request.Headers.Add("webhook-signature", WebhookSignature.Sign(lane.Target.Secret, entry.Id, timestamp, body));
        using var answer = await lane.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        return answer.StatusCode;
    }

    private static bool IsWorthAnotherTry(HttpStatusCode status) => (int)status >= 500
        || status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or (HttpStatusCode)425;

    /// <summary>One target: its own connection, retries and breaker, so that a slow one delays nobody else.</summary>
    private sealed class Lane
    {
        public Lane(OutboundTarget target, TimeProvider time)
        {
            Target = target;
            Client = new(OutboundTargets.HandlerFor(target)) { MaxResponseContentBufferSize = AnswerBytesMax, Timeout = Timeout.InfiniteTimeSpan };
            Pipeline = new ResiliencePipelineBuilder<HttpStatusCode> { TimeProvider = time }
                .AddRetry(new RetryStrategyOptions<HttpStatusCode>
                {
                    MaxRetryAttempts = RetriesInOneTry,
                    Delay = TimeSpan.FromMilliseconds(200),
                    BackoffType = DelayBackoffType.Exponential,
                    UseJitter = true,
                    ShouldHandle = new PredicateBuilder<HttpStatusCode>()
                        .Handle<HttpRequestException>().Handle<TimeoutRejectedException>().HandleResult(IsWorthAnotherTry),
                })
                .AddCircuitBreaker(new CircuitBreakerStrategyOptions<HttpStatusCode>
                {
                    FailureRatio = 0.5,
                    MinimumThroughput = 10,
                    SamplingDuration = TimeSpan.FromSeconds(30),
                    BreakDuration = TimeSpan.FromSeconds(30),
                    ShouldHandle = new PredicateBuilder<HttpStatusCode>()
                        .Handle<HttpRequestException>().Handle<TimeoutRejectedException>().HandleResult(IsWorthAnotherTry),
                })
                .AddTimeout(AttemptTimeout)
                .Build();
        }

        public OutboundTarget Target { get; }

        public HttpClient Client { get; }

        public ResiliencePipeline<HttpStatusCode> Pipeline { get; }
    }
}

internal static partial class OutboundLog
{
    [LoggerMessage(EventId = 3201, Level = LogLevel.Warning, Message = "Outbox entry {EntryId} was not delivered ({Error}); tried again: {Again}.")]
    public static partial void NotDelivered(ILogger logger, string entryId, string error, bool again);

    [LoggerMessage(EventId = 3202, Level = LogLevel.Error, Message = "A round of the outbox failed with {Fault}.")]
    public static partial void Failed(ILogger logger, string fault);
}
