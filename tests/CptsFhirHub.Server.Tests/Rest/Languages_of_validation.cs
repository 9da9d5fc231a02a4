namespace CptsFhirHub.Tests.Rest;

/// <summary>$validate says what is wrong in the language that the caller reads: French unless it says English.</summary>
public sealed class Languages_of_validation(HubHost hub)
{
    [Theory]
    [InlineData(null, true)]
    [InlineData("fr", true)]
    [InlineData("fr-FR, en;q=0.5", true)]
    [InlineData("de", true)]
    [InlineData("de, *;q=0.1", true)]
    [InlineData("en", false)]
    [InlineData("en-GB,fr;q=0.9", false)]
    [InlineData("fr;q=0.2, en;q=0.8", false)]
    [InlineData("fr;q=0, en", false)]
    public async Task The_best_of_both_is_spoken(string? accepted, bool isFrench)
    {
        using var client = await hub.ClientAsync("demo-cpts");
        const string wrong = """{"resourceType":"Patient","gender":"none"}""";
        var reply = await client.PostFhirAsync("Patient/$validate", wrong, accepted is null ? [] : [("Accept-Language", accepted)]);
        Assert.Equal(200, reply.Status);
        var french = await client.PostFhirAsync("Patient/$validate", wrong, ("Accept-Language", "fr"));
        var english = await client.PostFhirAsync("Patient/$validate", wrong, ("Accept-Language", "en"));
        Assert.NotEqual(french.Text, english.Text);
        Assert.Equal(isFrench ? french.Text : english.Text, reply.Text);
    }
}
