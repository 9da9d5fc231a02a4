using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace CptsFhirHub.Tests.Access;

/// <summary>Clients that the configuration registers beside those of the demo.</summary>
public sealed class Registered_clients
{
    private const string Form = "application/x-www-form-urlencoded";
    private const string Secret = "0123456789abcdef0123456789abcdef";

    [Fact]
    public async Task Keys_secrets_and_API_keys_open_what_they_are_for()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        var point = key.ExportParameters(false).Q;
        await using var hub = await HubHost.StartAsync(
            ("Hub:Clients:0:Id", "signed"), ("Hub:Clients:0:Tenant", "nord"), ("Hub:Clients:0:Role", "coordination"),
            ("Hub:Clients:0:Jwks",
                $$"""{"keys":[{"kty":"EC","kid":"k","crv":"P-384","x":"{{Base64Url.EncodeToString(point.X)}}","y":"{{Base64Url.EncodeToString(point.Y)}}"}]}"""),
            ("Hub:Clients:1:Id", "small"), ("Hub:Clients:1:Tenant", "nord"), ("Hub:Clients:1:Role", "prado"), ("Hub:Clients:1:ApiKey", Secret),
            ("Hub:Clients:2:Id", "closed"), ("Hub:Clients:2:Tenant", "nord"), ("Hub:Clients:2:Role", "sas"), ("Hub:Clients:2:Secret", Secret),
            ("Hub:Clients:2:Enabled", "false"));
        using var client = hub.Anonymous();

        var assertion = Sign(key, hub.Address.ToString().TrimEnd('/') + "/auth/token");
        var form = "grant_type=client_credentials&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer"
            + $"&client_assertion={assertion}";
        Assert.Equal(200, (await client.SendAsync(HttpMethod.Post, "/auth/token", form, Form)).Status);
        Assert.Equal(401, (await client.SendAsync(HttpMethod.Post, "/auth/token", form, Form)).Status);

        Assert.NotEqual(401, (await client.SendAsync(HttpMethod.Post, "/intake/prado", "x", "text/csv", ("X-Api-Key", Secret))).Status);
        Assert.Equal(401, (await client.SendAsync(HttpMethod.Post, "/intake/prado", "x", "text/csv", ("X-Api-Key", "wrong"))).Status);
        Assert.Equal(401, (await client.GetFhirAsync("Patient", ("X-Api-Key", Secret))).Status);

        var closed = await client.SendAsync(
            HttpMethod.Post, "/auth/token", "grant_type=client_credentials", Form, ("Authorization", HubHost.Basic("closed", Secret).ToString()));
        Assert.Equal(401, closed.Status);
    }

    private static string Sign(ECDsa key, string audience)
    {
        var expires = DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 100;
        var signed = Encode("""{"alg":"ES384","kid":"k","typ":"JWT"}""") + "."
            + Encode($$"""{"iss":"signed","sub":"signed","aud":"{{audience}}","exp":{{expires}},"jti":"one"}""");
        return $"{signed}.{Base64Url.EncodeToString(key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA384))}";
    }

    private static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
}
