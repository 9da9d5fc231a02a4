using System.Text.Json;
using System.Text.RegularExpressions;

namespace CptsFhirHub.Tests.Intake;

/// <summary>Whatever finds the fault, the reader, the map, the validator or a rule: an answer is of one language.</summary>
public sealed partial class Language_of_answers(HubHost host)
{
    public static TheoryData<string, string, string, string> Faults => new()
    {
        // What the validator finds: the message names nobody.
        { "demo-hospital", "/intake/hospital", Messages.Hl7, Nameless(Somebody.New()) },
        { "demo-prado", "/intake/prado", Messages.Csv, Messages.PradoHeader + "\nPR-1;ailleurs;;;;31/31/2020;;;;;;12;;;;;;;\n" },
        { "demo-cpts", "/intake/recensement", Messages.Csv, "nom;prenom;date_naissance;telephone;email;nir\nLEGER;;32/01/1950;abc;x;1\n" },
        { "demo-booking", "/intake/doctolib", Messages.Json, """{"event":"signup.created","patient":{"birthDate":"hier"}}""" },
        { "demo-guichet", "/intake/guichet", Messages.Json, """{"nom":"LEGER","date_naissance":"x"}""" },
        { "demo-hospital", "/intake/fhir", "application/fhir+json", """{"resourceType":"Bundle","type":"message","entry":[{"resource":{"resourceType":"MessageHeader","id":"m"}},{"resource":{"resourceType":"Patient","gender":"femme"}},{"resource":{"resourceType":"ServiceRequest","status":"actif"}}]}""" },
        { "demo-hospital", "/fhir/CommunicationRequest", "application/fhir+json", """{"resourceType":"CommunicationRequest","status":"actif","subject":{"reference":"#p"}}""" },
        { "demo-cpts", "/fhir/Patient", "application/fhir+json", """{"resourceType":"Patient","gender":"femme","birthDate":"hier","contained":[{"resourceType":"Organization","id":"o"}]}""" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Every_text_of_an_answer_is_English(string account, string url, string type, string message)
    {
        using var client = await host.ClientAsync(account);
        using var response = await client.PostAsync(new Uri(url, UriKind.Relative), Messages.Body(message, type));
        var texts = Texts(await response.JsonAsync()).ToList();
        Assert.NotEmpty(texts);
        Assert.All(texts, text => Assert.DoesNotMatch(French(), text));
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Who_asks_for_French_is_answered_in_French(string account, string url, string type, string message)
    {
        // What is wrong with a resource itself is told by its door, in its own way.
        if (!url.StartsWith("/intake/", StringComparison.Ordinal) || url == "/intake/fhir")
            return;
        using var client = await host.ClientAsync(account);
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = Messages.Body(message, type) };
        request.Headers.Add("Accept-Language", "fr-FR, en;q=0.5");
        using var response = await client.SendAsync(request);
        var texts = Texts(await response.JsonAsync()).ToList();
        Assert.NotEmpty(texts);
        Assert.All(texts, text => Assert.DoesNotMatch(English(), text));
    }

    private static string Nameless(Somebody who) =>
        Messages.Adt(who, "A03").Replace($"||{who.Family}^{who.Given}^{who.Given}^^^^L||", "||^^^^^^L||", StringComparison.Ordinal);

    private static IEnumerable<string> Texts(JsonElement answer) => answer.TryGetProperty("issues", out var own)
        ? own.EnumerateArray().Select(issue => issue.Text("text"))
        : answer.TryGetProperty("issue", out var issues) ? issues.EnumerateArray().Select(issue => issue.Text("diagnostics")) : [];

    [GeneratedRegex("\\b(the|is|are|this|of|expected|required|here)\\b", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex English();

    [GeneratedRegex("[éèêàçùîôÉ«»]|\\b(est|sont|une|les|des|pas|dans|profil|demande|attendu)\\b|l'|n'est", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex French();
}
