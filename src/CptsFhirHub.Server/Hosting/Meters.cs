using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace CptsFhirHub.Server.Hosting;

/// <summary>Counts what happens, for <c>/metrics</c>. Labels are route templates and codes, never values.</summary>
internal sealed class Meters
{
    private const int SeriesMax = 5_000;
    private readonly ConcurrentDictionary<(string Route, string Method, int Status), Series> _requests = new();
    private readonly ConcurrentDictionary<string, Func<double>> _gauges = new(StringComparer.Ordinal);
    private long _unhandled;

    public long Unhandled => Interlocked.Read(ref _unhandled);

    public void CountUnhandled() => Interlocked.Increment(ref _unhandled);

    /// <summary>A figure read at each scrape: <c>hub_outbox_waiting</c>, or with labels <c>hub_source_silent{source="prado"}</c>.</summary>
    public void Gauge(string name, Func<double> read) => _gauges[name] = read;

    public void Count(HttpContext context, TimeSpan took)
    {
        var route = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "none";
        var method = context.Request.Method is "GET" or "POST" or "PUT" or "DELETE" or "HEAD" or "PATCH" ? context.Request.Method : "other";
        var key = (route, method, context.Response.StatusCode);
        if (!_requests.TryGetValue(key, out var series))
        {
            if (_requests.Count >= SeriesMax)
                return;
            series = _requests.GetOrAdd(key, _ => new());
        }

        series.Add(took);
    }

    public static Task Handle(HttpContext context, Meters meters)
    {
        var text = new StringBuilder();
        text.Append("# TYPE hub_unhandled_total counter\n").Append(Invariant($"hub_unhandled_total {meters.Unhandled}\n"));
        text.Append("# TYPE hub_http_requests_total counter\n");
        foreach (var ((route, method, status), series) in meters._requests)
            text.Append(Invariant($"hub_http_requests_total{{route=\"{Plain(route)}\",method=\"{method}\",status=\"{status}\"}} {series.Count}\n"));
        text.Append("# TYPE hub_http_request_seconds_sum counter\n");
        foreach (var ((route, method, status), series) in meters._requests)
            text.Append(Invariant($"hub_http_request_seconds_sum{{route=\"{Plain(route)}\",method=\"{method}\",status=\"{status}\"}} {series.Seconds:0.######}\n"));
        foreach (var family in meters._gauges.GroupBy(gauge => gauge.Key.Split('{')[0], StringComparer.Ordinal))
        {
            text.Append(Invariant($"# TYPE {family.Key} gauge\n"));
            foreach (var (name, read) in family)
                text.Append(Invariant($"{name} {read():0.######}\n"));
        }

        text.Append("# TYPE process_working_set_bytes gauge\n").Append(Invariant($"process_working_set_bytes {Environment.WorkingSet}\n"));
        text.Append("# TYPE dotnet_gc_heap_bytes gauge\n").Append(Invariant($"dotnet_gc_heap_bytes {GC.GetTotalMemory(false)}\n"));
        context.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
        return context.Response.WriteAsync(text.ToString(), context.RequestAborted);
    }

    /// <summary>The pattern without what restricts its variables: <c>{id:logical}</c> is <c>{id}</c>.</summary>
    private static string Plain(string route) => route.Replace(":logical}", "}", StringComparison.Ordinal);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private sealed class Series
    {
        private long _count;
        private long _ticks;

        public long Count => Interlocked.Read(ref _count);

        public double Seconds => TimeSpan.FromTicks(Interlocked.Read(ref _ticks)).TotalSeconds;

        public void Add(TimeSpan took)
        {
            Interlocked.Increment(ref _count);
            Interlocked.Add(ref _ticks, took.Ticks);
        }
    }
}
