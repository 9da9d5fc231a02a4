using System.Text.Json;

namespace CptsFhirHub.Tests.Intake;

/// <summary>A source that is marked untrusted: a person says who its persons are.</summary>
public sealed class Untrusted_sources(HubHost host)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_joins_otherwise_waits_for_a_person(bool isUntrustedFirst)
    {
        await using var own = await HubHost.StartAsync(("Hub:Sources:doctolib:Untrusted", "true"), ("Hub:DemoTerritory", "false"));
        var who = Somebody.New(isUntrustedFirst ? "1928-05-16" : "1929-06-17");
        var (first, second) = await BothAsync(host, who, isUntrustedFirst);
        Assert.Equal(first.Text("patient"), second.Text("patient"));

        (first, second) = await BothAsync(own, who, isUntrustedFirst);
        Assert.NotEqual(first.Text("patient"), second.Text("patient"));
        using var team = await own.ClientAsync("demo-cpts");
        var asked = await team.GetFhirAsync($"Task?code=verification-identite&patient={second.Text("patient")}");
        Assert.Contains(first.Text("patient")!, asked.Text, StringComparison.Ordinal);
        Assert.Contains("source à vérifier", asked.Text, StringComparison.Ordinal);

        var match = await team.PostFhirAsync("Patient/$match", $$"""
            {"resourceType":"Parameters","parameter":[{"name":"resource","resource":{"resourceType":"Patient","gender":"female","birthDate":"{{who.Born}}",
             "name":[{"use":"official","family":"{{who.Family}}","given":["{{who.Given}}"]}],"telecom":[{"system":"phone","value":"{{who.Phone}}"}]} }]}
            """);
        var grades = match.Resource.All("entry").ToArray().ToDictionary(entry => "Patient/" + entry.Child("resource")!.Text("id"), entry => entry.At("search", "extension")!.Text("valueCode"));
        var untrusted = (isUntrustedFirst ? first : second).Text("patient")!;
        Assert.Equal("probable", grades[untrusted]);
        Assert.Equal("certain", grades[(isUntrustedFirst ? second : first).Text("patient")!]);
    }

    private static async Task<(JsonElement First, JsonElement Second)> BothAsync(HubHost hub, Somebody who, bool isSignUpFirst)
    {
        using var booking = await hub.ClientAsync("demo-booking");
        using var hospital = await hub.ClientAsync("demo-hospital");
        async Task<JsonElement> SignUp() => (await booking.PostMessageAsync("doctolib", Messages.SignUp(who), Messages.Json)).Item2;
        async Task<JsonElement> Stay() => (await hospital.PostMessageAsync("hospital", Messages.Adt(who, "A01"), Messages.Hl7)).Item2;
        return isSignUpFirst ? (await SignUp(), await Stay()) : (await Stay(), await SignUp());
    }
}
