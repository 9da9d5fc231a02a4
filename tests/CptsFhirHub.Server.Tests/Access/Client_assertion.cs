using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using CptsFhirHub.Server.Access;

namespace CptsFhirHub.Tests.Access;

/// <summary>private_key_jwt: what is accepted, and each thing that is not.</summary>
public sealed class Client_assertion
{
    private const string TokenUrl = "http://hub.example/auth/token";
    private const string Header = """{"alg":"RS384","kid":"r1","typ":"JWT"}""";
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 8, 0, 0, TimeSpan.Zero);

    // One pair for all tests: an RSA key takes half a second to find.
    private static readonly RSA Rsa = RSA.Create(2048);
    private static readonly ECDsa Ec = ECDsa.Create(ECCurve.NamedCurves.nistP384);
    private readonly ConcurrentDictionary<(string, string), bool> _used = new();
    private readonly ClientAssertion _assertions;

    public Client_assertion()
    {
        var rsa = Rsa.ExportParameters(false);
        var ec = Ec.ExportParameters(false);
        var jwks = $$"""
            {"keys":[
              {"kty":"RSA","kid":"r1","n":"{{Base64Url.EncodeToString(rsa.Modulus)}}","e":"{{Base64Url.EncodeToString(rsa.Exponent)}}"},
              {"kty":"EC","kid":"e1","crv":"P-384","x":"{{Base64Url.EncodeToString(ec.Q.X)}}","y":"{{Base64Url.EncodeToString(ec.Q.Y)}}"},
              {"kty":"oct","kid":"s1","k":"c2VjcmV0"}]}
            """;
        var client = new Client("one", "One", "t", Roles.Hospital, null) { Keys = ClientKey.ReadSet(jwks) };
        _assertions = new(
            new([client], new FixedTime(Now)), (issuer, jti, _, _) => Task.FromResult(_used.TryAdd((issuer, jti), true)), new FixedTime(Now));
    }

    [Fact]
    public void An_assertion_signed_with_RS384_is_accepted() => Assert.NotNull(Check(Header, Claims()));

    [Fact]
    public void An_assertion_signed_with_ES384_is_accepted() =>
        Assert.NotNull(CheckWhole(Es384("""{"alg":"ES384","kid":"e1"}""", Claims())));

    [Fact]
    public void The_audience_may_be_an_array_of_one() => Assert.NotNull(Check(Header, Claims(audience: $"[\"{TokenUrl}\"]")));

    [Theory]
    [InlineData("""{"alg":"none","kid":"r1"}""")]
    [InlineData("""{"alg":"HS384","kid":"r1"}""")]
    [InlineData("""{"alg":"RS256","kid":"r1"}""")]
    [InlineData("""{"alg":"ES384","kid":"r1"}""")]
    [InlineData("""{"alg":"RS384","kid":"r2"}""")]
    [InlineData("""{"alg":"RS384"}""")]
    [InlineData("""{"alg":"RS384","kid":"r1","typ":"at+jwt"}""")]
    [InlineData("""{"alg":"RS384","kid":"r1","crit":["exp"]}""")]
    [InlineData("""{"alg":"RS384","kid":"r1","jku":"http://evil.example/jwks"}""")]
    [InlineData("""{"alg":"RS384","alg":"RS384","kid":"r1"}""")]
    [InlineData("""["RS384"]""")]
    [InlineData("{")]
    public void A_header_that_is_not_as_agreed_is_refused(string header) => Assert.Null(Check(header, Claims()));

    [Theory]
    [InlineData("\"http://hub.example/fhir\"")]
    [InlineData("\"http://hub.example/auth/token/\"")]
    [InlineData("[\"http://hub.example/auth/token\",\"http://other.example\"]")]
    [InlineData("[]")]
    [InlineData("7")]
    public void Another_audience_is_refused(string audience) => Assert.Null(Check(Header, Claims(audience: audience)));

    [Theory]
    [InlineData(-4, true)]
    [InlineData(-5, false)]
    [InlineData(0, true)]
    [InlineData(300, true)]
    [InlineData(305, true)]
    [InlineData(306, false)]
    public void The_lifetime_is_five_minutes_with_five_seconds_of_skew(int seconds, bool accepted) =>
        Assert.Equal(accepted, Check(Header, Claims(expires: seconds)) is not null);

    [Theory]
    [InlineData("\"iat\":{0}", 5, true)]
    [InlineData("\"iat\":{0}", 6, false)]
    [InlineData("\"nbf\":{0}", 5, true)]
    [InlineData("\"nbf\":{0}", 6, false)]
    public void What_begins_in_the_future_is_refused(string claim, int seconds, bool accepted)
    {
        var at = (Now.ToUnixTimeSeconds() + seconds).ToString(System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(accepted, Check(Header, Claims(more: "," + claim.Replace("{0}", at, StringComparison.Ordinal))) is not null);
    }

    [Theory]
    [InlineData("two", "two")]
    [InlineData("one", "two")]
    [InlineData("two", "one")]
    public void Issuer_and_subject_are_the_client(string issuer, string subject) =>
        Assert.Null(Check(Header, Claims(issuer: issuer, subject: subject)));

    [Fact]
    public void A_jti_serves_once()
    {
        Assert.NotNull(Check(Header, Claims(jti: "a")));
        Assert.Null(Check(Header, Claims(jti: "a")));
        Assert.NotNull(Check(Header, Claims(jti: "b")));
    }

    [Fact]
    public void Of_ten_uses_of_one_jti_at_once_one_wins()
    {
        var assertion = Rs384(Header, Claims(jti: "race"));
        var accepted = Enumerable.Range(0, 10).AsParallel().WithDegreeOfParallelism(10).Count(_ => CheckWhole(assertion) is not null);
        Assert.Equal(1, accepted);
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(256, true)]
    [InlineData(0, false)]
    [InlineData(257, false)]
    public void A_jti_has_1_to_256_characters(int length, bool accepted) =>
        Assert.Equal(accepted, Check(Header, Claims(jti: new string('j', length))) is not null);

    [Fact]
    public void A_changed_claim_breaks_the_signature()
    {
        var parts = Rs384(Header, Claims()).Split('.');
        Assert.Null(CheckWhole($"{parts[0]}.{Encode(Claims(expires: 200))}.{parts[2]}"));
    }

    [Fact]
    public void An_ES384_signature_of_zeros_is_refused() => Assert.Null(CheckWhole(
        $"{Encode("""{"alg":"ES384","kid":"e1"}""")}.{Encode(Claims())}.{Base64Url.EncodeToString(new byte[96])}"));

    [Theory]
    [InlineData("")]
    [InlineData("a.b")]
    [InlineData("a.b.c.d")]
    [InlineData("..")]
    [InlineData("é.é.é")]
    public void What_is_no_JWT_is_refused(string text) => Assert.Null(CheckWhole(text));

    [Fact]
    public void Past_8_KiB_nothing_is_read() =>
        Assert.Null(Check(Header, Claims(more: $",\"x\":\"{new string('x', 8 * 1024)}\"")));

    [Fact]
    public void A_key_shorter_than_2048_bits_is_no_key()
    {
        using var small = RSA.Create(1024);
        var key = small.ExportParameters(false);
        Assert.Empty(ClientKey.ReadSet(
            $$"""{"keys":[{"kty":"RSA","kid":"k","n":"{{Base64Url.EncodeToString(key.Modulus)}}","e":"AQAB"}]}"""));
    }

    private static string Claims(
        string issuer = "one", string subject = "one", string audience = $"\"{TokenUrl}\"", int expires = 60, string? jti = null, string more = "")
    {
        jti ??= Guid.NewGuid().ToString();
        return $$"""{"iss":"{{issuer}}","sub":"{{subject}}","aud":{{audience}},"exp":{{Now.ToUnixTimeSeconds() + expires}},"jti":"{{jti}}"{{more}}}""";
    }

    private Client? Check(string header, string claims) => CheckWhole(Rs384(header, claims));

    private Client? CheckWhole(string assertion) => _assertions.CheckAsync(assertion, TokenUrl, CancellationToken.None).GetAwaiter().GetResult();

    private string Rs384(string header, string claims)
    {
        var signed = $"{Encode(header)}.{Encode(claims)}";
        return $"{signed}.{Base64Url.EncodeToString(Rsa.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA384, RSASignaturePadding.Pkcs1))}";
    }

    private string Es384(string header, string claims)
    {
        var signed = $"{Encode(header)}.{Encode(claims)}";
        return $"{signed}.{Base64Url.EncodeToString(Ec.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA384))}";
    }

    private static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
}

/// <summary>A clock that stands still.</summary>
internal sealed class FixedTime(DateTimeOffset now) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => now;
}
