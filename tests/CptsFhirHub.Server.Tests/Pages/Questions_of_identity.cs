using System.Net;
using AngleSharp;
using AngleSharp.Dom;
using CptsFhirHub.Tests.Intake;

namespace CptsFhirHub.Tests.Pages;

/// <summary>The coordination answers whether records are one person, sees why, and erases a person who asks for it.</summary>
public sealed class Questions_of_identity(HubHost host)
{
    [Fact]
    public async Task Two_persons_stay_two_once_somebody_has_said_so()
    {
        using var team = await host.ClientAsync("demo-cpts");
        var (known, asked, task) = await DoubtAsync(team);
        using var browser = await BrowserAsync();

        var list = await PageAsync(browser, "/verifications");
        Assert.NotNull(list.QuerySelector($"a[href='/verifications/{task}']"));
        var page = await PageAsync(browser, $"/verifications/{task}");
        Assert.Contains("chances d'être la même personne", page.Body!.TextContent, StringComparison.Ordinal);
        Assert.NotNull(page.QuerySelector($"a[href='/personnes/{known.Split('/')[1]}']"));
        Assert.Equal(400, await PostAsync(browser, $"/verifications/{task}", page, ("reponse", "meme:Patient/autre")));
        Assert.Equal(302, await PostAsync(browser, $"/verifications/{task}", page, ("reponse", "distinctes")));

        var ended = await team.GetJsonAsync($"/fhir/Task/{task}");
        Assert.Equal("completed", ended.Text("status"));
        Assert.Contains("personnes-distinctes", ended.ToString(), StringComparison.Ordinal);
        Assert.Equal(200, (await team.GetFhirAsync(asked)).Status);
        Assert.Contains("Cette question a sa réponse", (await PageAsync(browser, $"/verifications/{task}")).Body!.TextContent, StringComparison.Ordinal);
        Assert.Contains("Personnes distinctes", (await PageAsync(browser, $"/personnes/{asked.Split('/')[1]}")).Body!.TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Records_of_one_person_are_joined_by_the_answer()
    {
        using var team = await host.ClientAsync("demo-cpts");
        var (known, asked, task) = await DoubtAsync(team);
        using var browser = await BrowserAsync();
        var page = await PageAsync(browser, $"/verifications/{task}");

        Assert.Equal(302, await PostAsync(browser, $"/verifications/{task}", page, ("reponse", $"meme:{known}")));

        Assert.False((await team.GetJsonAsync($"/fhir/{asked}")).GetProperty("active").GetBoolean());
        Assert.Equal("completed", (await team.GetJsonAsync($"/fhir/Task/{task}")).Text("status"));
        Assert.Contains("Dossiers réunis", (await PageAsync(browser, $"/personnes/{known.Split('/')[1]}")).Body!.TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_person_is_erased_with_a_reason_and_only_when_it_is_meant()
    {
        using var booking = await host.ClientAsync("demo-booking");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        var (_, answer) = await booking.PostMessageAsync("doctolib", Messages.SignUp(who), Messages.Json);
        var person = answer.Text("patient");
        using var browser = await BrowserAsync();
        var page = await PageAsync(browser, $"/personnes/{person.Split('/')[1]}");
        Assert.Contains("demo-booking", page.QuerySelector("section[aria-labelledby=emetteurs]")!.TextContent, StringComparison.Ordinal);
        Assert.NotEmpty(page.QuerySelectorAll("section[aria-labelledby=valeurs] tbody tr"));
        var address = $"/personnes/{person.Split('/')[1]}/effacement";

        Assert.Equal(400, await PostAsync(browser, address, page, ("raison", "Demande de la personne")));
        Assert.Equal(200, (await team.GetFhirAsync(person)).Status);
        Assert.Equal(200, await PostAsync(browser, address, page, ("raison", "Demande de la personne"), ("accord", "oui")));

        Assert.Equal(410, (await team.GetFhirAsync(person)).Status);
    }

    [Fact]
    public async Task A_coordinator_keeps_that_a_person_agrees_and_transfers_the_file()
    {
        using var team = await host.ClientAsync("demo-cpts");
        using var booking = await host.ClientAsync("demo-booking");
        var who = Somebody.New();
        var (_, answer) = await booking.PostMessageAsync("doctolib", Messages.SignUp(who), Messages.Json);
        var person = answer.Text("patient");
        using var browser = await BrowserAsync();
        var page = await PageAsync(browser, $"/personnes/{person.Split('/')[1]}");
        Assert.Contains("CPTS Marais et Plaine", page.QuerySelector("section[aria-labelledby=partage] option")!.TextContent, StringComparison.Ordinal);
        var address = $"/personnes/{person.Split('/')[1]}/partage";

        Assert.Equal(400, await PostAsync(browser, address, page, ("cpts", "demo-cpts-2"), ("mode", "transfert")));
        Assert.Empty((await team.GetFhirAsync($"Consent?patient={person}&category=partage-cpts")).Ids());
        Assert.Equal(404, await PostAsync(browser, address, page, ("cpts", "demo-cpts-9"), ("mode", "transfert"), ("consentement", "oui")));
        // Neither another role, with a form of its own and its own token, nor a form without one.
        using var doctor = await BrowserAsync("medecin");
        var own = await PageAsync(doctor, "/");
        Assert.Equal(404, await PostAsync(doctor, address, own, ("cpts", "demo-cpts-2"), ("mode", "transfert"), ("consentement", "oui")));
        Assert.Equal(404, await PostAsync(doctor, $"/personnes/{person.Split('/')[1]}/effacement", own, ("raison", "Demande"), ("accord", "oui")));
        Assert.Equal(404, await PostAsync(browser, address, own, ("cpts", "demo-cpts-2"), ("mode", "transfert"), ("consentement", "oui")));
        Assert.Empty((await team.GetFhirAsync($"Consent?patient={person}&category=partage-cpts")).Ids());
        Assert.Equal("1", (await team.GetFhirAsync(person)).Resource.At("meta", "versionId")!.Value);
        Assert.Equal(200, await PostAsync(browser, address, page, ("cpts", "demo-cpts-2"), ("mode", "transfert"), ("consentement", "oui")));

        Assert.NotEmpty((await team.GetFhirAsync($"Consent?patient={person}&category=partage-cpts")).Ids());
        Assert.Contains("clos-hors-territoire", (await team.GetFhirAsync($"Task?patient={person}&code=parcours-medecin-traitant")).Text, StringComparison.Ordinal);
        Assert.Equal(409, await PostAsync(browser, address, page, ("cpts", "demo-cpts-2"), ("mode", "transfert"), ("consentement", "oui")));
    }

    [Theory]
    [InlineData("dac")]
    [InlineData("medecin")]
    public async Task Others_see_nothing_of_it(string account)
    {
        using var browser = await BrowserAsync(account);

        using var list = await browser.GetAsync(new Uri("/verifications", UriKind.Relative), TestContext.Current.CancellationToken);
        using var person = await browser.GetAsync(new Uri("/personnes/demo", UriKind.Relative), TestContext.Current.CancellationToken);

        Assert.Equal((403, 404), ((int)list.StatusCode, (int)person.StatusCode));
    }

    /// <summary>Somebody known, somebody who is perhaps the same, and the question.</summary>
    private async Task<(string Known, string Asked, string Task)> DoubtAsync(HttpClient team)
    {
        using var booking = await host.ClientAsync("demo-booking");
        var who = Somebody.New();
        var (_, first) = await booking.PostMessageAsync("doctolib", Messages.SignUp(who), Messages.Json);
        var (status, second) = await booking.PostMessageAsync("doctolib", Messages.SignUp(who with { Given = "Odetta" }), Messages.Json);
        Assert.True(status == 202, $"{status} {second}");
        var task = Assert.Single((await team.GetJsonAsync($"/fhir/Task?focus={second.Text("signalement")}&code=verification-identite")).Matches());
        return (first.Text("patient"), second.Text("patient"), task.Text("id"));
    }

    private async Task<HttpClient> BrowserAsync(string account = "coordination")
    {
        var browser = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, CookieContainer = new CookieContainer() }) { BaseAddress = host.Address };
        using var login = await browser.PostAsync(
            new Uri("/connexion", UriKind.Relative), new FormUrlEncodedContent([new("compte", $"{account}@demo"), new("motdepasse", account)]));
        Assert.Equal(302, (int)login.StatusCode);
        return browser;
    }

    private static async Task<int> PostAsync(HttpClient browser, string address, IDocument page, params (string Name, string Value)[] fields)
    {
        var token = (page.QuerySelector("main input[name=jeton]") ?? page.QuerySelector("input[name=jeton]"))!.GetAttribute("value")!;
        using var answer = await browser.PostAsync(
            new Uri(address, UriKind.Relative), new FormUrlEncodedContent([new("jeton", token), .. fields.Select(field => new KeyValuePair<string, string>(field.Name, field.Value))]));
        return (int)answer.StatusCode;
    }

    private static async Task<IDocument> PageAsync(HttpClient browser, string url)
    {
        using var response = await browser.GetAsync(new Uri(url, UriKind.Relative));
        var html = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{url}: {(int)response.StatusCode}");
        return await BrowsingContext.New().OpenAsync(request => request.Content(html));
    }
}
