using System.Net;
using CptsFhirHub.Tests.Intake;

namespace CptsFhirHub.Tests.Pages;

/// <summary>The public form: anybody signs up without an account, and learns a number and nothing of what the hub knows.</summary>
public sealed class Inscription_of_a_person(HubHost host)
{
    [Fact]
    public async Task A_person_signs_up_and_gets_a_number()
    {
        using var anybody = host.Anonymous();
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        var page = await anybody.GetStringAsync(new Uri("/inscription", UriKind.Relative));
        Assert.Contains("<html lang=\"fr\">", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page, StringComparison.Ordinal);

        var (status, thanks) = await SendAsync(anybody, Answers(who));

        Assert.True(status == HttpStatusCode.OK, thanks);
        var number = thanks[(thanks.IndexOf("id=\"numero\">", StringComparison.Ordinal) + 12)..][..11];
        Assert.Equal("a-qualifier", (await team.GetJsonAsync($"/intake/tracking/{number}")).Text("state"));
        var request = Assert.Single((await team.GetJsonAsync($"/fhir/ServiceRequest?patient.family={who.Family}")).Matches());
        Assert.Contains("\"inscription\"", request.ToString(), StringComparison.Ordinal);
        Assert.Equal("form", (await team.GetJsonAsync($"/intake/messages?source=inscription&patient={request.GetProperty("subject").Text("reference")}"))
            .GetProperty("messages")[0].Text("channel"));

        // Whoever is known already reads the same page: the form tells no stranger who is on the list.
        var (again, same) = await SendAsync(anybody, Answers(who));
        Assert.Equal(HttpStatusCode.OK, again);
        Assert.Equal(thanks, same);
    }

    [Fact]
    public async Task What_is_missing_is_told_at_its_field_and_what_was_typed_stays()
    {
        using var anybody = host.Anonymous();
        var answers = Answers(Somebody.New());
        answers.Remove("naissance");
        answers["nom"] = "<b>O'HARA</b>";

        var (status, page) = await SendAsync(anybody, answers);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, status);
        Assert.Contains("<a href=\"#naissance\">Indiquez votre date de naissance.</a>", page, StringComparison.Ordinal);
        Assert.Contains("aria-invalid=\"true\" aria-describedby=\"naissance-aide naissance-erreur\"", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<b>", page, StringComparison.Ordinal);
        Assert.Contains("HARA", page, StringComparison.Ordinal);

        // What the reader refuses is told at its field too.
        answers["naissance"] = "hier";
        (status, page) = await SendAsync(anybody, answers);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, status);
        Assert.Contains("<a href=\"#naissance\">Cette réponse ne peut pas être lue", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_is_thanked_and_forgotten_and_another_site_refused()
    {
        using var anybody = host.Anonymous();
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        var answers = Answers(who);
        answers["site"] = "https://spam.example";
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(anybody, answers)).Status);
        anybody.DefaultRequestHeaders.Add("Sec-Fetch-Site", "cross-site");
        Assert.Equal(HttpStatusCode.Forbidden, (await SendAsync(anybody, Answers(who))).Status);
        Assert.Empty((await team.GetJsonAsync($"/fhir/Patient?family={who.Family}")).Matches());
    }

    [Fact]
    public async Task One_address_sends_so_many_an_hour()
    {
        await using var hub = await HubHost.StartAsync(("Hub:DemoTerritory", "false"), ("Hub:Limits:InscriptionsPerHour", "2"));
        using var anybody = hub.Anonymous();
        for (var i = 0; i < 2; i++)
            Assert.Equal(HttpStatusCode.OK, (await SendAsync(anybody, Answers(Somebody.New()))).Status);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await SendAsync(anybody, Answers(Somebody.New()))).Status);
    }

    private static Dictionary<string, string> Answers(Somebody who) => new(StringComparer.Ordinal)
    {
        ["nom"] = who.Family,
        ["prenom"] = who.Given,
        ["naissance"] = "09/03/1947",
        ["sexe"] = who.Sex,
        ["telephone"] = who.Phone,
        ["codepostal"] = "85190",
        ["commune"] = "Aizenay",
        ["motif"] = "nouvel-arrivant",
        ["ald"] = "ne-sait-pas",
        ["mobilite"] = "oui",
        ["information"] = "oui",
        ["partagemedecins"] = "oui",
        ["site"] = "",
    };

    private static async Task<(HttpStatusCode Status, string Page)> SendAsync(HttpClient client, Dictionary<string, string> answers)
    {
        using var form = new FormUrlEncodedContent(answers);
        using var response = await client.PostAsync(new Uri("/inscription", UriKind.Relative), form);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }
}
