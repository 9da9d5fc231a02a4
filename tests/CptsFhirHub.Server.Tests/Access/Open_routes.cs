using CptsFhirHub.Server.Access;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace CptsFhirHub.Tests.Access;

/// <summary>Walks every endpoint the server has: none may be open by accident.</summary>
public sealed class Open_routes(HubHost hub)
{
    [Fact]
    public async Task Every_other_route_and_method_asks_for_credentials()
    {
        using var client = hub.Anonymous();
        var open = new List<string>();
        var seen = 0;
        foreach (var endpoint in hub.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>())
        {
            var pattern = "/" + endpoint.RoutePattern.RawText!.Trim('/');
            if (OpenRoutes.Patterns.Contains(pattern) && pattern != "/intake/{source}")
                continue;
            var methods = endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"];
            foreach (var method in methods)
            {
                seen++;
                var reply = await client.SendAsync(new(method), Fill(pattern));
                var isConsole = endpoint.Metadata.GetMetadata<ConsoleRoute>() is not null;
                var isShut = isConsole ? reply.Status == 302 && reply.Headers.Location?.ToString() == ConsoleRoute.LoginPath : reply.Status == 401;
                if (!isShut)
                    open.Add($"{method} {pattern}: {reply.Status}");
            }
        }

        Assert.True(seen > 20, "The server has more routes than that.");
        Assert.Empty(open);
    }

    [Fact]
    public async Task A_refused_caller_is_told_how_to_log_in()
    {
        using var client = hub.Anonymous();
        var reply = await client.GetFhirAsync("Patient");
        Assert.Equal(401, reply.Status);
        Assert.Equal("login", reply.IssueCode);
        Assert.StartsWith("Bearer", reply.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_address_tells_a_stranger_nothing()
    {
        using var client = hub.Anonymous();
        Assert.Equal(401, (await client.SendAsync(HttpMethod.Get, "/nowhere")).Status);
    }

    [Fact]
    public async Task The_body_of_a_stranger_is_not_read()
    {
        using var client = hub.Anonymous();
        Assert.Equal(401, (await client.PostFhirAsync("Patient", "{ this is not JSON")).Status);
    }

    [Theory]
    [InlineData("Bearer nonsense")]
    [InlineData("Bearer AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("Bearer ")]
    [InlineData("Basic ZGVtby1kYWM6ZGVtby1kYWM=")]
    [InlineData("Digest x")]
    public async Task Only_a_live_Bearer_token_opens(string authorization)
    {
        using var client = hub.Anonymous();
        Assert.Equal(401, (await client.GetFhirAsync("Task", ("Authorization", authorization))).Status);
    }

    [Theory]
    [InlineData("")]
    [InlineData("sources")]
    [InlineData("travaux")]
    public async Task A_page_of_the_console_sends_a_program_to_the_login(string page)
    {
        using var client = await hub.ClientAsync("demo-cpts");
        using var answer = await client.GetAsync(new Uri("/" + page, UriKind.Relative));
        Assert.Equal((302, "/connexion"), ((int)answer.StatusCode, answer.Headers.Location?.ToString()));
    }

    [Fact]
    public async Task A_token_in_the_query_a_cookie_or_an_API_key_header_opens_nothing()
    {
        var token = await hub.TokenAsync("demo-cpts");
        using var client = hub.Anonymous();
        Assert.Equal(401, (await client.GetFhirAsync($"Task?access_token={token}")).Status);
        Assert.Equal(401, (await client.GetFhirAsync("Task", ("Cookie", $"hub={token}"))).Status);
        Assert.Equal(401, (await client.GetFhirAsync("Task", ("X-Api-Key", token))).Status);
    }

    private static string Fill(string pattern) => string.Join('/', pattern.Split('/').Select(segment => segment switch
    {
        "{type}" => "Patient",
        "{vid}" => "1",
        ['{', ..] => "x",
        _ => segment,
    }));
}
