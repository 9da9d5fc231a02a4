using System.Text.Json;

namespace CptsFhirHub.Tests.Access;

public sealed class Token_endpoint(HubHost hub)
{
    private const string Form = "application/x-www-form-urlencoded";

    [Fact]
    public async Task A_client_with_its_secret_gets_a_bearer_token_for_five_minutes()
    {
        var reply = await AskAsync("grant_type=client_credentials", "demo-dac", "demo-dac");
        using var json = JsonDocument.Parse(reply.Bytes);
        Assert.Equal(200, reply.Status);
        Assert.Equal("bearer", json.RootElement.GetProperty("token_type").GetString());
        Assert.InRange(json.RootElement.GetProperty("expires_in").GetInt32(), 1, 300);
        Assert.Equal(43, json.RootElement.GetProperty("access_token").GetString()!.Length);
        Assert.Contains("no-store", reply.Headers.CacheControl!.ToString(), StringComparison.Ordinal);
        Assert.False(json.RootElement.TryGetProperty("refresh_token", out _));
    }

    [Theory]
    [InlineData("demo-dac", "wrong")]
    [InlineData("demo-dac", "")]
    [InlineData("nobody", "nobody")]
    [InlineData("", "")]
    public async Task A_wrong_secret_and_an_unknown_client_answer_alike(string id, string secret)
    {
        var reply = await AskAsync("grant_type=client_credentials", id, secret);
        Assert.Equal(401, reply.Status);
        Assert.Equal("invalid_client", ErrorOf(reply));
        Assert.StartsWith("Basic", reply.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("grant_type=password", 400, "unsupported_grant_type")]
    [InlineData("", 400, "invalid_request")]
    [InlineData("scope=system/*.rs", 400, "invalid_request")]
    [InlineData("grant_type=client_credentials&grant_type=client_credentials", 400, "invalid_request")]
    [InlineData("grant_type=client_credentials&client_assertion=x", 400, "invalid_request")]
    [InlineData("grant_type=client_credentials&scope=patient/Patient.rs", 400, "invalid_scope")]
    [InlineData("grant_type=client_credentials&scope=system/Patient.sr", 400, "invalid_scope")]
    [InlineData("grant_type=client_credentials&scope=system/Nothing.rs", 400, "invalid_scope")]
    [InlineData("grant_type=client_credentials&scope=system/Group.d", 400, "invalid_scope")]
    public async Task What_is_asked_wrongly_is_refused_as_OAuth_says(string form, int status, string error)
    {
        var reply = await AskAsync(form, "demo-dac", "demo-dac");
        Assert.Equal(status, reply.Status);
        Assert.Equal(error, ErrorOf(reply));
    }

    [Fact]
    public async Task A_secret_in_the_form_is_not_read()
    {
        using var client = hub.Anonymous();
        var reply = await client.SendAsync(
            HttpMethod.Post, "/auth/token", "grant_type=client_credentials&client_id=demo-dac&client_secret=demo-dac", Form);
        Assert.Equal(401, reply.Status);
    }

    [Fact]
    public async Task JSON_is_not_a_form()
    {
        using var client = hub.Anonymous();
        var reply = await client.SendAsync(HttpMethod.Post, "/auth/token", "{}", "application/json");
        Assert.Equal("invalid_request", ErrorOf(reply));
    }

    [Fact]
    public async Task A_token_narrowed_to_a_scope_does_no_more_than_the_scope()
    {
        var reply = await AskAsync("grant_type=client_credentials&scope=system/Task.rs", "demo-cpts", "demo-cpts");
        using var json = JsonDocument.Parse(reply.Bytes);
        Assert.Equal("system/Task.rs", json.RootElement.GetProperty("scope").GetString());

        using var client = hub.Anonymous();
        client.DefaultRequestHeaders.Authorization = new("Bearer", json.RootElement.GetProperty("access_token").GetString());
        Assert.Equal(200, (await client.GetFhirAsync("Task")).Status);
        Assert.Equal(403, (await client.GetFhirAsync("Patient")).Status);
        Assert.Equal(403, (await client.PostFhirAsync("Task", "{}")).Status);
    }

    [Fact]
    public async Task Version_1_scopes_are_understood()
    {
        var reply = await AskAsync("grant_type=client_credentials&scope=system/Slot.read", "demo-sas", "demo-sas");
        using var json = JsonDocument.Parse(reply.Bytes);
        Assert.Equal("system/Slot.rs", json.RootElement.GetProperty("scope").GetString());
    }

    private async Task<Reply> AskAsync(string form, string id, string secret)
    {
        using var client = hub.Anonymous();
        return await client.SendAsync(
            HttpMethod.Post, "/auth/token", form, Form, ("Authorization", HubHost.Basic(id, secret).ToString()));
    }

    private static string? ErrorOf(Reply reply)
    {
        using var json = JsonDocument.Parse(reply.Bytes);
        return json.RootElement.GetProperty("error").GetString();
    }
}
