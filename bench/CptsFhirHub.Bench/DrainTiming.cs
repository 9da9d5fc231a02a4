using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CptsFhirHub.Bench;

/// <summary>
/// An outbox that has filled up while nobody could be reached, carried out to receivers that answer at once: each call signed, over a
/// socket, and marked in the database.
/// </summary>
internal static class DrainTiming
{
    private const int WritesPerCommit = 200;
    private const int Looks = 4;

    public static async Task MeasureAsync(string program, BenchPlace place, int entries, int targets, TimeSpan patience, Action<FormattableString> say)
    {
        // The hub itself makes the database first: what its demo sends is gone then.
        await using (await HubProcess.StartAsync(program, place))
            await Task.Delay(TimeSpan.FromSeconds(5));
        await FillAsync(place.Options, entries, targets);

        var seen = new ConcurrentDictionary<string, int>(StringComparer.Ordinal);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        await using var receiver = builder.Build();
        receiver.Urls.Add("http://127.0.0.1:0");
        receiver.MapPost("/{target}", (HttpRequest request) =>
        {
            seen.AddOrUpdate(request.Headers["webhook-id"].ToString(), 1, static (_, times) => times + 1);
            return Results.NoContent();
        });
        await receiver.StartAsync();

        var settings = new Dictionary<string, string?>(StringComparer.Ordinal);
        for (var n = 0; n < targets; n++)
        {
            settings[$"Hub__Outbound__{n}__For"] = Target(n);
            settings[$"Hub__Outbound__{n}__Url"] = $"{receiver.Urls.First()}/{n}";
            settings[$"Hub__Outbound__{n}__Secret"] = "the bench's own secret, which nobody else knows";
            settings[$"Hub__Outbound__{n}__AllowPrivate"] = "true";
        }

        await using var hub = await HubProcess.StartAsync(program, place, more: settings);
        var (clock, cpu, begun) = (Stopwatch.StartNew(), hub.CpuTime, seen.Count);
        for (var look = 1; look <= Looks; look++)
        {
            var (from, at) = (seen.Count, clock.Elapsed);
            while (seen.Count < entries * (long)look / Looks && clock.Elapsed < patience)
                await Task.Delay(50);
            say($"after {clock.Elapsed.TotalSeconds:0.0} s {seen.Count:#,0} of {entries:#,0} have arrived, {(seen.Count - from) / (clock.Elapsed - at).TotalSeconds:#,0} a second of late");
            if (clock.Elapsed >= patience)
                break;
        }

        var arrived = seen.Count - begun;
        say($"{targets} receivers: {arrived / clock.Elapsed.TotalSeconds:#,0} entries a second, {(hub.CpuTime - cpu).TotalMicroseconds / arrived:#,0} µs of the hub's processor for each, {seen.Values.Count(times => times > 1)} sent twice, memory then {hub.ResidentMegabytes():0} MB");
    }

    private static async Task FillAsync(StoreOptions options, int entries, int targets)
    {
        await using var store = await HubStore.OpenAsync(options, CancellationToken.None);
        foreach (var some in Enumerable.Range(0, entries).Chunk(WritesPerCommit))
        {
            await store.Resources.CommitAsync(
                DemoAccounts.Tenant,
                [.. some.Select(n => new Write.Enqueue(new(
                    Guid.CreateVersion7().ToString(), DemoAccounts.Tenant, "task-changed", string.Create(CultureInfo.InvariantCulture, $"Task/bench-t{n}"), Target(n % targets),
                    Encoding.UTF8.GetBytes($$"""{"event":"task-changed","resource":"Task/bench-t{{n}}","occurredAt":"2026-01-18T09:12:44+01:00"}"""))))],
                CancellationToken.None);
        }
    }

    private static string Target(int n) => string.Create(CultureInfo.InvariantCulture, $"Organization/bench-{n}");
}
