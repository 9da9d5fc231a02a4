using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using CptsFhirHub.Server.Intake;
using Polly;
using Polly.CircuitBreaker;
using Polly.Timeout;

namespace CptsFhirHub.Server.Outbound;

/// <summary>What came back: the status, and how long the receiver asks to be left alone.</summary>
internal sealed record PeerReply(HttpStatusCode Status, TimeSpan? RetryAfter)
{
    public bool IsSuccess => (int)Status is >= 200 and < 300;

    public bool IsWorthAnotherTry => (int)Status >= 500
        || Status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or (HttpStatusCode)425;
}

/// <summary>One endpoint: its own two places and its own breaker, so that a slow one delays nobody else.</summary>
internal sealed class Lane : IDisposable
{
    private const int Width = 2;
    private readonly SemaphoreSlim _places = new(Width, Width);
    private readonly OutboundHttp _http;
    private readonly TimeProvider _time;
    private readonly ResiliencePipeline<PeerReply> _breaker;
    private readonly CircuitBreakerStateProvider _state = new();

    public Lane(OutboundHttp http, TimeProvider time)
    {
        _http = http;
        _time = time;
        _breaker = new ResiliencePipelineBuilder<PeerReply> { TimeProvider = time }
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions<PeerReply>
            {
                FailureRatio = 0.5,
                MinimumThroughput = 10,
                SamplingDuration = TimeSpan.FromSeconds(30),
                BreakDuration = BreakTime,
                StateProvider = _state,
                ShouldHandle = new PredicateBuilder<PeerReply>()
                    .Handle<HttpRequestException>().Handle<TimeoutRejectedException>().Handle<IOException>()
                    .HandleResult(reply => reply.IsWorthAnotherTry),
            })
            .Build();
    }

    public static TimeSpan BreakTime { get; } = TimeSpan.FromSeconds(30);

    /// <summary>True while the breaker keeps calls from going out.</summary>
    public bool IsBroken => _state.CircuitState is CircuitState.Open or CircuitState.Isolated;

    /// <summary>Waits for a place, then sends once; null when the lease ended in the meantime. Throws what the network throws.</summary>
    public async Task<PeerReply?> SendAsync(OutgoingCall call, string id, DateTimeOffset leaseEnds, CancellationToken cancellationToken)
    {
        await _places.WaitAsync(cancellationToken);
        try
        {
            if (_time.GetUtcNow() + call.Patience >= leaseEnds)
                return null;
            return await _breaker.ExecuteAsync(async token => await SendAsync(call, id, token), cancellationToken);
        }
        finally
        {
            _places.Release();
        }
    }

    public void Dispose() => _places.Dispose();

    private async ValueTask<PeerReply> SendAsync(OutgoingCall call, string id, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(call.Patience);
        using var request = Request(call, id);
        try
        {
            using var answer = await _http.SendAsync(request, call.Target.AllowPrivate, patience.Token);
            return new(answer.StatusCode, RetryAfter(answer.Headers.RetryAfter));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutRejectedException(call.Patience);
        }
    }

    private HttpRequestMessage Request(OutgoingCall call, string id)
    {
        var timestamp = _time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var request = new HttpRequestMessage(call.Method, call.Target.Url) { Content = new ByteArrayContent(call.Body) };
        if (call.ContentType is not null)
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(call.ContentType);
        foreach (var (name, value) in call.Headers)
            request.Headers.TryAddWithoutValidation(name, value);

        // https://www.standardwebhooks.com: while a key is replaced, a signature by each of the two.
        request.Headers.Add("webhook-id", id);
        request.Headers.Add("webhook-timestamp", timestamp);
        request.Headers.Add("webhook-signature", string.Join(
            ' ', call.Target.Secrets.Select(secret => WebhookSignature.Sign(secret, id, timestamp, call.Body))));
        return request;
    }

    private TimeSpan? RetryAfter(RetryConditionHeaderValue? header) =>
        header?.Delta ?? (header?.Date is { } date ? date - _time.GetUtcNow() : null);
}
