using System.Text;
using Microsoft.Playwright;

namespace CptsFhirHub.Tests.Browser;

public sealed class Console_of_the_coordination_team(HubHost hub)
{
    private const string SignUp = """
        {"event":"signup.created","eventId":"b5b9d6a5-7a5c-4d55-9d3a-0b5f5a1c7e11","occurredAt":"2026-06-18T09:12:44+02:00",
         "source":{"platform":"rdv-demo","form":"recherche-medecin-traitant","formVersion":"3"},
         "patient":{"birthName":"NAVIGATEUR","firstNames":["Augustine"],"birthDate":"1939-05-04","sex":"F",
          "phones":["02 51 00 00 09"],"address":{"line1":"9 rue du Port","postCode":"85190","city":"AIZENAY","inseeCode":"85003"}},
         "need":{"reason":"medecin-parti"},"health":{"ald":"oui","canTravel":"non"},"social":{"livesAlone":"oui"},
         "consents":{"privacyNoticeVersion":"2025-02","shareWithGps":true,"shareWithDac":true,"sms":false}}
        """;

    [Fact]
    public async Task A_coordinator_logs_in_and_opens_today_s_message_and_a_ranked_file_with_its_reasons()
    {
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await Chromium.LaunchAsync(playwright);
        await PostSignUpAsync();

        var page = await browser.NewPageAsync(new() { BaseURL = hub.Address.ToString(), Locale = "fr-FR" });
        var faults = new List<string>();
        page.Console += (_, message) =>
        {
            if (message.Type == "error")
                faults.Add(message.Text);
        };

        await page.GotoAsync("/");
        await page.GetByLabel("Compte").FillAsync("coordination@demo");
        await page.GetByLabel("Mot de passe").FillAsync("coordination");
        await page.GetByRole(AriaRole.Button, new() { Name = "Se connecter" }).ClickAsync();

        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Messages du jour" })).ToBeVisibleAsync();
        var message = page.GetByRole(AriaRole.Region, new() { Name = "Messages du jour" })
            .GetByRole(AriaRole.Row).Filter(new() { HasText = "NAVIGATEUR" });
        await Assertions.Expect(message).ToContainTextAsync("Traité");
        await message.GetByRole(AriaRole.Link, new() { Name = "Ouvrir" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "Message original" })).ToContainTextAsync("signup.created");

        await page.GetByRole(AriaRole.Link, new() { Name = "Accueil" }).ClickAsync();
        var workList = page.GetByRole(AriaRole.Region, new() { Name = "File de travail" });
        var file = workList.GetByRole(AriaRole.Row).Filter(new() { HasText = "NAVIGATEUR" });
        await Assertions.Expect(file).ToContainTextAsync("ALD");
        await file.GetByRole(AriaRole.Link).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToContainTextAsync("NAVIGATEUR");
        await Assertions.Expect(page.GetByRole(AriaRole.Main)).ToContainTextAsync("70 ans");
        await Assertions.Expect(page.GetByRole(AriaRole.Main)).ToContainTextAsync("Appui du DAC");
        Assert.DoesNotContain("medecin-parti", await page.ContentAsync());

        await page.GetByRole(AriaRole.Button, new() { Name = "Se déconnecter" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Connexion" })).ToBeVisibleAsync();
        Assert.Empty(faults);
    }

    private async Task PostSignUpAsync()
    {
        using var client = await hub.ClientAsync("demo-booking");
        using var content = new StringContent(SignUp, Encoding.UTF8, "application/json");
        using var response = await client.PostAsync(new Uri("/intake/doctolib", UriKind.Relative), content);
        Assert.True(response.IsSuccessStatusCode, $"The sign-up was answered {(int)response.StatusCode}.");
    }
}
