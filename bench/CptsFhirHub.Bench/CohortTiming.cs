using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace CptsFhirHub.Bench;

/// <summary>A cohort of the first patients of a filled store, reconciled: the first run writes every state and the call list, the second writes nothing.</summary>
internal static class CohortTiming
{
    /// <summary>The coordination's account: only it reconciles.</summary>
    private const string Team = "demo-cpts";

    /// <summary>Members of a Group that the hub takes by PUT: more are in several.</summary>
    private const int MembersMax = 100_000;

    public static async Task<(TimeSpan First, TimeSpan Second)> MeasureAsync(HubProcess hub, int members)
    {
        using var client = await hub.ClientAsync(Team, connections: 1);
        List<string> ids = [];
        foreach (var some in Enumerable.Range(0, members).Chunk(MembersMax))
        {
            var entities = string.Join(',', some.Select(n => $$"""{"entity":{"reference":"Patient/{{Filling.PatientId(n)}}"} }"""));
            var id = string.Create(CultureInfo.InvariantCulture, $"bench-cohort-{members}-{some[0]}");
            await SendAsync(client, HttpMethod.Put, $"/fhir/Group/{id}", $$"""
                {"resourceType":"Group","id":"{{id}}","type":"person","actual":true,
                 "code":{"coding":[{"system":"https://cpts-fhir-hub.example/fhir/CodeSystem/type-cohorte","code":"medecin-sortant"}]},
                 "member":[{{entities}}]}
                """);
            ids.Add(id);
        }

        return (await ReconcileAllAsync(hub, ids), await ReconcileAllAsync(hub, ids));
    }

    private static async Task<TimeSpan> ReconcileAllAsync(HubProcess hub, List<string> ids)
    {
        var sum = TimeSpan.Zero;
        foreach (var id in ids)
        {
            // A token lives for five minutes.
            using var client = await hub.ClientAsync(Team, connections: 1);
            sum += await ReconcileAsync(client, id);
        }

        return sum;
    }

    private static async Task<TimeSpan> ReconcileAsync(HttpClient client, string id)
    {
        var clock = Stopwatch.StartNew();
        var later = await SendAsync(client, HttpMethod.Post, $"/fhir/Group/{id}/$reconcile", "");
        while (later is not null)
        {
            await Task.Delay(50);
            later = await SendAsync(client, HttpMethod.Get, later.ToString(), body: null) is null ? null : later;
        }

        return clock.Elapsed;
    }

    /// <summary>The address of the status when the answer comes later, else null.</summary>
    private static async Task<Uri?> SendAsync(HttpClient client, HttpMethod method, string address, string? body)
    {
        using var request = new HttpRequestMessage(method, address);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/fhir+json");
        using var response = await client.SendAsync(request);
        response.EnsureSuccessStatusCode();
        return (int)response.StatusCode == 202 ? response.Content.Headers.ContentLocation ?? request.RequestUri : null;
    }
}
