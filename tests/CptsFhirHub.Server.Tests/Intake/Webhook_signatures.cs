using System.Globalization;
using CptsFhirHub.Server.Intake;

namespace CptsFhirHub.Tests.Intake;

/// <summary>A signature fits one body, one id, one time and a known secret.</summary>
public sealed class Webhook_signatures
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly byte[] Secret = WebhookSignature.Secret("whsec_dW4tc2VjcmV0LWRlLXRlc3Q=");
    private static readonly byte[] Other = WebhookSignature.Secret("whsec_dW4tYXV0cmU=");

    [Fact]
    public void A_sound_one_fits_with_any_of_the_valid_secrets() =>
        Assert.True(Signed(Now).Fits("corps"u8, [Other, Secret], Now));

    [Fact]
    public void Another_body_another_secret_or_no_secret_does_not_fit()
    {
        Assert.False(Signed(Now).Fits("Corps"u8, [Secret], Now));
        Assert.False(Signed(Now).Fits("corps"u8, [Other], Now));
        Assert.False(Signed(Now).Fits("corps"u8, [], Now));
        Assert.False((Signed(Now) with { Id = "msg_2" }).Fits("corps"u8, [Secret], Now));
    }

    [Theory]
    [InlineData(300, true)]
    [InlineData(301, false)]
    [InlineData(-300, true)]
    [InlineData(-301, false)]
    public void It_is_good_for_five_minutes_each_way(int seconds, bool fits) =>
        Assert.Equal(fits, Signed(Now.AddSeconds(seconds)).Fits("corps"u8, [Secret], Now));

    [Theory]
    [InlineData("")]
    [InlineData("v1,")]
    [InlineData("v1,%%%")]
    [InlineData("v2,AAAA")]
    [InlineData("AAAA")]
    public void What_is_no_signature_fits_nothing(string signature) =>
        Assert.False((Signed(Now) with { Signatures = signature }).Fits("corps"u8, [Secret], Now));

    [Theory]
    [InlineData("")]
    [InlineData("hier")]
    [InlineData("99999999999999999999")]
    [InlineData("9223372036854775807")]
    public void What_is_no_time_fits_nothing(string timestamp) =>
        Assert.False((Signed(Now) with { Timestamp = timestamp }).Fits("corps"u8, [Secret], Now));

    private static WebhookSignature Signed(DateTimeOffset at)
    {
        var timestamp = at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        return new("msg_1", timestamp, "v1,AAAA " + WebhookSignature.Sign(Secret, "msg_1", timestamp, "corps"u8));
    }
}
