namespace CptsFhirHub.Tests.Hosting;

/// <summary>Headers, health, limits and refusal to start.</summary>
public sealed class Doors(HubHost hub)
{
    [Theory]
    [InlineData("/health/live")]
    [InlineData("/health/ready")]
    public async Task Health_is_open(string path)
    {
        using var client = hub.Anonymous();
        Assert.Equal(200, (await client.SendAsync(HttpMethod.Get, path)).Status);
    }

    [Theory]
    [InlineData("/fhir/metadata", 200)]
    [InlineData("/fhir/Patient", 401)]
    [InlineData("/nowhere", 401)]
    [InlineData("/auth/token", 401)]
    public async Task Every_answer_carries_the_security_headers(string path, int status)
    {
        using var client = hub.Anonymous();
        var reply = await client.SendAsync(HttpMethod.Get, path);
        Assert.True(reply.Status == status || reply.Status == 405, reply.Text);
        Assert.Equal("nosniff", reply.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Equal("no-referrer", reply.Headers.GetValues("Referrer-Policy").Single());
        Assert.Empty(reply.Headers.Server);
    }

    [Fact]
    public async Task Patient_data_is_not_cached()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        Assert.Contains("no-store", (await client.GetFhirAsync("Patient?family=none")).Headers.CacheControl!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_callers_request_id_comes_back_when_it_is_plain()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var plain = await client.GetFhirAsync("Patient/none", ("X-Request-Id", "abc-1"), ("X-Correlation-Id", "walk-7"));
        Assert.Equal("abc-1", plain.Headers.GetValues("X-Request-Id").Single());
        Assert.Equal("walk-7", plain.Headers.GetValues("X-Correlation-Id").Single());
        var odd = await client.GetFhirAsync("Patient/none", ("X-Request-Id", "a b<script>"));
        Assert.DoesNotContain("script", odd.Headers.GetValues("X-Request-Id").Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metrics_count_requests_and_ask_for_credentials()
    {
        using var stranger = hub.Anonymous();
        Assert.Equal(401, (await stranger.SendAsync(HttpMethod.Get, "/metrics")).Status);
        using var client = await hub.ClientAsync("demo-cpts");
        await client.GetFhirAsync("Patient/none");
        var metrics = (await client.SendAsync(HttpMethod.Get, "/metrics")).Text;
        Assert.Contains("hub_unhandled_total 0\n", metrics, StringComparison.Ordinal);
        Assert.Contains("route=\"/fhir/{type}/{id}\",method=\"GET\",status=\"404\"", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_description_of_the_other_routes_is_served()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        Assert.Equal(200, (await client.SendAsync(HttpMethod.Get, "/openapi/v1.json")).Status);
    }

    [Fact]
    public async Task Past_its_rate_a_client_is_asked_to_wait()
    {
        await using var own = await HubHost.StartAsync(("Hub:Limits:RatePerSecond", "1"), ("Hub:Limits:RateBurst", "3"));
        using var client = await own.ClientAsync("demo-cpts");
        var statuses = new List<Reply>();
        for (var i = 0; i < 6; i++)
            statuses.Add(await client.GetFhirAsync("Patient/none"));
        Assert.All(statuses.Take(3), reply => Assert.Equal(404, reply.Status));
        var refused = statuses.First(reply => reply.Status == 429);
        Assert.Equal("throttled", refused.IssueCode);
        Assert.True(refused.Headers.RetryAfter!.Delta >= TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task Failed_logins_of_one_address_are_slowed_down()
    {
        await using var own = await HubHost.StartAsync(("Hub:Limits:FailedLoginsPerMinute", "3"));
        using var client = own.Anonymous();
        var last = 0;
        for (var i = 0; i < 8; i++)
            last = (await client.SendAsync(
                HttpMethod.Post, "/auth/token", "grant_type=client_credentials", "application/x-www-form-urlencoded",
                ("Authorization", HubHost.Basic("demo-dac", "wrong").ToString()))).Status;
        Assert.Equal(429, last);
    }

    [Fact]
    public async Task Access_can_be_opened_for_test_suites()
    {
        await using var own = await HubHost.StartAsync(("Hub:Access:Open", "true"));
        using var client = own.Anonymous();
        Assert.Equal(200, (await client.GetFhirAsync("Patient")).Status);
        Assert.Equal(401, (await client.GetFhirAsync("Patient", ("Authorization", "Bearer x"))).Status);
    }
}
