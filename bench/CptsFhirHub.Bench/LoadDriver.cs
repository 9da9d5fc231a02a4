using System.Diagnostics;

namespace CptsFhirHub.Bench;

/// <summary>What one run of a workload gave.</summary>
internal sealed record Measurement(double PerSecond, double P50Ms, double P95Ms, double P99Ms, double ServerCpuMicroseconds, int Refused);

/// <summary>Sends a workload's requests over a fixed number of connections, each waiting for its answer, for a fixed time.</summary>
internal static class LoadDriver
{
    private const int PauseMs = 20;

    public static async Task<Measurement> MeasureAsync(HubProcess hub, Workload work, int connections, TimeSpan warmUp, TimeSpan duration)
    {
        using var client = await hub.ClientAsync(work.Account, connections);
        await RunAsync(client, work, connections, warmUp);

        var cpuBefore = hub.CpuTime;
        var clock = Stopwatch.StartNew();
        var (latencies, refused) = await RunAsync(client, work, connections, duration);
        var elapsed = clock.Elapsed;
        var cpu = hub.CpuTime - cpuBefore;

        return Told(work, latencies, refused, elapsed, cpu);
    }

    /// <summary>What a sender of a few requests waits beside other work: one every <see cref="PauseMs"/> until that has ended.</summary>
    public static async Task<Measurement> MeasureBesideAsync(HubProcess hub, Workload work, Task other)
    {
        using var client = await hub.ClientAsync(work.Account, connections: 1);
        var clock = Stopwatch.StartNew();
        var (latencies, refused) = await LaneAsync(client, work, () => other.IsCompleted, PauseMs);
        return Told(work, latencies, refused, clock.Elapsed, TimeSpan.Zero);
    }

    private static Measurement Told(Workload work, List<double> latencies, int refused, TimeSpan elapsed, TimeSpan cpu)
    {
        if (latencies.Count == 0)
            throw new InvalidOperationException($"Nothing was left to send after the warm-up: {work.Name}.");
        latencies.Sort();
        return new(
            latencies.Count / elapsed.TotalSeconds,
            latencies[latencies.Count / 2],
            latencies[(int)(latencies.Count * 0.95)],
            latencies[(int)(latencies.Count * 0.99)],
            cpu.TotalMicroseconds / latencies.Count,
            refused);
    }

    private static async Task<(List<double> LatenciesMs, int Refused)> RunAsync(
        HttpClient client, Workload work, int connections, TimeSpan duration)
    {
        var until = Stopwatch.GetTimestamp() + (long)(duration.TotalSeconds * Stopwatch.Frequency);
        var lanes = await Task.WhenAll(Enumerable.Range(0, connections).Select(_ => LaneAsync(client, work, () => Stopwatch.GetTimestamp() >= until, pauseMs: 0)));
        return (lanes.SelectMany(lane => lane.LatenciesMs).ToList(), lanes.Sum(lane => lane.Refused));
    }

    private static async Task<(List<double> LatenciesMs, int Refused)> LaneAsync(HttpClient client, Workload work, Func<bool> isOver, int pauseMs)
    {
        var latencies = new List<double>(10_000);
        var refused = 0;
        while (!isOver())
        {
            using var request = work.Next();
            if (request is null)
                break;
            var sent = Stopwatch.GetTimestamp();
            using var response = await client.SendAsync(request);
            await response.Content.CopyToAsync(Stream.Null);
            latencies.Add(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
            if (!response.IsSuccessStatusCode)
                refused++;
            if (pauseMs > 0)
                await Task.Delay(pauseMs);
        }

        return (latencies, refused);
    }
}
