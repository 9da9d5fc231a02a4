using System.Globalization;
using System.Text.Json;
using CptsFhirHub.Server.Flows;
using CptsFhirHub.Storage;
using CptsFhirHub.Tests.Intake;
using Microsoft.Extensions.DependencyInjection;

namespace CptsFhirHub.Tests.Flows;

/// <summary>A withdrawal takes away its own report, and closes the file when no other holds it, in whatever order they come.</summary>
public sealed class Reports_that_hold_a_file(HubHost host)
{
    private const string Fhir = "application/fhir+json";
    private const string Url = "https://cpts-fhir-hub.example/fhir/StructureDefinition/tenu-par";
    private const string Reason = """{"resourceType":"Parameters","parameter":[{"name":"reason","valueString":"Demande de la personne"}]}""";

    [Theory]
    // A newer discharge, of the stay or of another, holds the file when the earlier one is cancelled.
    [InlineData("A03 1015 M1, A13 1030 M1, A03 1100 M2", 1)]
    [InlineData("A03 1015 M1, A13 1030 M1, A03 1100 M2/2", 1)]
    [InlineData("A03 1015 M1/1, A01 1025 M2/2, A13 1030 M1/1", 1)]
    [InlineData("A03 1015 M1/-, A13 1030 M1/-, A03 1100 M2/-", 1)]
    [InlineData("A01 0830 M1, A03 1015 M2, A11 1030 M1", 1)]
    [InlineData("A03 1015 -, A13 1030 -, A03 1100 -", 1)]
    // The last one that held it is withdrawn.
    [InlineData("A03 1015 M1, A13 1030 M1, A03 1100 M2, A13 1130 M2", 0)]
    [InlineData("A03 1015 M1/1, A01 1025 M2/2, A13 1030 M1/1, A11 1040 M2/2", 0)]
    // A discharge takes over what the stay had said before: cancelled, it takes all of it along.
    [InlineData("A01 0830 M1, A03 1015 M2, A13 1030 M2", 0)]
    [InlineData("A16 0930 M1, A03 1015 M2, A13 1030 M2", 0)]
    [InlineData("A01 0830 M1/1, A03 1015 M2/1, A01 1020 M3/2, A13 1030 M2/1", 1)]
    // Updates of a movement, or of the stay under another number, or none, are the stay's.
    [InlineData("A03 1015 M1, A08 1020 M1, A13 1030 M1", 0)]
    [InlineData("A03 1015 M1, A08 1020 M9, A13 1030 M1", 0)]
    [InlineData("A03 1015 M1, A08 1020 -, A13 1030 M1", 0)]
    [InlineData("A03 1015 M1, A13 1030 M1, A08 1040 M1", 1)]
    [InlineData("A03 1015 M1, A13 1030 M1, A08 1040 -", 1)]
    public async Task In_whatever_order_they_come(string messages, int open)
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        foreach (var order in Movement.Orders(Movement.Read(messages)))
        {
            var who = Somebody.New();
            foreach (var movement in order)
                await SendAsync(hospital, movement.For(who));

            var found = await OpenAsync(team, who);
            Assert.True(open == found.Count, $"{string.Join(", ", order)}: {found.Count} open");
            Assert.All(found, request => Assert.Equal("a-confirmer", StateOf(request.File)));
        }
    }

    [Fact]
    public async Task The_same_told_again_holds_once()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        foreach (var hour in (string[])["1015", "1015", "1017"])
            await SendAsync(hospital, new Movement("A03", hour, "M1").For(who));
        Assert.Single(Holding(Assert.Single(await OpenAsync(team, who)).Request));

        await SendAsync(hospital, new Movement("A13", "1030", "M1").For(who));

        Assert.Empty(await OpenAsync(team, who));
    }

    [Fact]
    public async Task The_number_of_a_movement_says_more_than_clocks_that_differ()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        await SendAsync(hospital, new Movement("A03", "1015", "M1").For(who));

        await SendAsync(hospital, new Movement("A13", "1014", "M1").For(who));

        Assert.Empty(await OpenAsync(team, who));
    }

    [Fact]
    public async Task What_another_hospital_reports_holds_the_file()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        await SendAsync(hospital, new Movement("A03", "1015", "M1").For(who));
        await SendAsync(team, new Movement("A03", "1016", "M1").For(who));

        await SendAsync(hospital, new Movement("A13", "1030", "M1").For(who));
        Assert.Single(await OpenAsync(team, who));
        await SendAsync(team, new Movement("A13", "1031", "M1").For(who));

        Assert.Empty(await OpenAsync(team, who));
    }

    [Fact]
    public async Task A_file_of_which_nobody_knows_who_holds_it_is_closed_by_its_source()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        await SendAsync(hospital, new Movement("A03", "1015", "M1").For(who));
        var request = Assert.Single(await OpenAsync(team, who)).Request;

        // As an earlier version of the hub wrote it.
        await PutAsync(team, request, request.GetProperty("extension").EnumerateArray().Where(extension => extension.Text("url") != Url));
        await SendAsync(hospital, new Movement("A13", "1030", "M2").For(who));

        Assert.Empty(await OpenAsync(team, who));
    }

    [Fact]
    public async Task What_nobody_can_count_any_more_is_left_to_the_team()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        var stays = Enumerable.Range(1, HoldingReports.Max + 2).Select(stay => stay.ToString(CultureInfo.InvariantCulture)).ToList();
        foreach (var stay in stays)
            await SendAsync(hospital, new Movement("A03", "1015", "M1", stay).For(who));
        foreach (var stay in stays)
            await SendAsync(hospital, new Movement("A13", "1030", "M1", stay).For(who));

        Assert.Single(Holding(Assert.Single(await OpenAsync(team, who)).Request));
    }

    [Fact]
    public async Task Two_prado_files_two_announced_discharges_each_hold_the_persons_file()
    {
        using var prado = await host.ClientAsync("demo-prado");
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        var (who, other) = (Somebody.New(), Somebody.New());
        foreach (var (number, happened, open) in new[] { ("PR1", "creation", 1), ("PR2", "creation", 1), ("PR1", "annulation", 1), ("PR2", "annulation", 0) })
        {
            var (status, answer) = await prado.PostMessageAsync("prado", $"{Messages.PradoHeader}\n{Messages.PradoRow(who, number + who.Ipp, happened)}\n", Messages.Csv);
            Assert.True(status is 200 or 201, $"{status} {answer}");
            Assert.Equal(open, (await OpenAsync(team, who)).Count);
        }

        foreach (var (number, state, open) in new[] { ("S1", "active", 1), ("S2", "active", 1), ("S1", "revoked", 1), ("S2", "revoked", 0) })
        {
            var (status, answer) = await hospital.PostMessageAsync("fhir", Event(other, number, state), Fhir);
            Assert.True(status is 200 or 201, $"{status} {answer}");
            Assert.Equal(open, (await OpenAsync(team, other)).Count);
        }
    }

    [Fact]
    public async Task A_sign_up_made_again_holds_the_file_when_the_first_one_is_cancelled_late()
    {
        using var booking = await host.ClientAsync("demo-booking");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        await PostAsync("signup.created", "09:00:00");
        await PostAsync("signup.created", "11:00:00");

        await PostAsync("signup.cancelled", "10:00:00");
        Assert.Single(await OpenAsync(team, who));
        await PostAsync("signup.cancelled", "12:00:00");

        Assert.Empty(await OpenAsync(team, who));

        async Task PostAsync(string happened, string hour)
        {
            var (status, answer) = await booking.PostMessageAsync(
                "doctolib", Messages.SignUp(who, happened: happened).Replace("T09:12:44", "T" + hour, StringComparison.Ordinal), Messages.Json);
            Assert.True(status is 200 or 201, $"{status} {answer}");
        }
    }

    [Fact]
    public async Task Of_two_records_that_become_one_both_reports_hold_the_file_that_stays()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        var other = Somebody.New() with { Family = who.Family + "X" };
        await SendAsync(hospital, new Movement("A03", "1015", "M1").For(who));
        await SendAsync(hospital, new Movement("A03", "1016", "M2").For(other));

        await SendAsync(hospital, Messages.Adt(who, "A40", mrg: other.Ipp));
        Assert.Equal(2, Holding(Assert.Single(await OpenAsync(team, who)).Request).Count);
        await SendAsync(hospital, new Movement("A13", "1030", "M1").For(who));
        Assert.Single(await OpenAsync(team, who));
        await SendAsync(hospital, new Movement("A13", "1031", "M2").For(other));

        Assert.Empty(await OpenAsync(team, who));
    }

    [Fact]
    public async Task Of_two_records_that_become_one_the_other_source_still_speaks_and_each_has_its_own_again_when_that_is_undone()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var booking = await host.ClientAsync("demo-booking");
        using var team = await host.ClientAsync("demo-cpts");
        var (who, other) = (Somebody.New(), Somebody.New());
        var (_, kept) = await SendAsync(hospital, new Movement("A03", "1015", "M1").For(who));
        var (_, signed) = await booking.PostMessageAsync("doctolib", Messages.SignUp(other), Messages.Json);
        var before = Assert.Single(await OpenAsync(team, who)).Request;

        var merged = await team.PostFhirAsync("Patient/$merge", Merge(signed.Text("patient"), kept.Text("patient")));
        await SendAsync(hospital, new Movement("A13", "1030", "M1").For(who));
        Assert.Single(await OpenAsync(team, who));

        var provenance = merged.Resource.All("parameter").ToArray().Single(part => part.Text("name") == "provenance").At("valueReference", "reference")!.Value;
        var undone = await team.PostFhirAsync("Patient/$unmerge", $$$"""{"resourceType":"Parameters","parameter":[{"name":"provenance","valueReference":{"reference":"{{{provenance}}}"}}]}""");
        Assert.True(undone.Status == 200, undone.Text);
        var after = await team.GetJsonAsync($"/fhir/ServiceRequest/{before.Text("id")}");
        Assert.DoesNotContain("\"doctolib\"", after.GetProperty("extension").ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("\"hospital\"", Assert.Single(await OpenAsync(team, other)).Request.GetProperty("extension").ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_holds_it_tells_nothing_of_the_person_is_not_a_partners_to_say_and_goes_with_the_person()
    {
        await using var own = await HubHost.StartAsync();
        using var hospital = await own.ClientAsync("demo-hospital");
        using var team = await own.ClientAsync("demo-cpts");
        var who = Somebody.New("1936-02-11");
        var (_, told) = await SendAsync(hospital, new Movement("A03", "1015", "M1").For(who));
        var held = Assert.Single(Holding(Assert.Single(await OpenAsync(team, who)).Request)).ToString();
        foreach (var trait in (string[])[who.Family, who.Given, who.Born, who.Phone, who.Ipp!])
            Assert.DoesNotContain(trait, held, StringComparison.OrdinalIgnoreCase);
        foreach (var number in (string[])["M2", "M1"])
            await SendAsync(hospital, new Movement("A13", "1030", number).For(who));
        Assert.Empty(await OpenAsync(team, who));

        var purged = await team.PostFhirAsync($"{told.Text("patient")}/$purge", Reason);

        Assert.True(purged.Status == 200, purged.Text);
        Assert.Empty((await team.GetJsonAsync("/fhir/Basic?code=retrait,retrait-sans-objet,besoin-dementi")).Matches());
        Assert.Empty((await own.Services.GetRequiredService<HubStore>().VerifyAsync(10, TestContext.Current.CancellationToken)).Faults);
    }

    [Theory]
    // Who names a GP later than another message of the hospital says that there is none ends the file, whichever comes first.
    [InlineData("A01 0830 M1, A08 0900 M1 22", 0)]
    [InlineData("A01 0830 M1, A01 0900 M2/2 22", 0)]
    [InlineData("A01 0830 M1 22, A08 0900 M1", 1)]
    [InlineData("A01 0830 M1, A08 0900 M1 22, A03 1015 M2", 1)]
    [InlineData("A01 0830 M1, A08 0900 M1 22, A03 1015 M2, A08 1020 M2 22", 0)]
    [InlineData("A01 0830 M1, A08 0900 M1 22, A03 1015 M2, A13 1030 M2", 0)]
    public async Task A_gp_that_was_named_since_is_known_to_an_older_message(string messages, int open)
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        foreach (var order in Movement.Orders(Movement.Read(messages)))
        {
            var who = Somebody.New();
            foreach (var movement in order)
                await SendAsync(hospital, movement.For(who));

            var found = await OpenAsync(team, who);
            Assert.True(open == found.Count, $"{string.Join(", ", order)}: {found.Count} open");
        }
    }

    [Fact]
    public async Task An_older_message_is_answered_and_completes_the_person()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var booking = await host.ClientAsync("demo-booking");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        await booking.PostMessageAsync("doctolib", Messages.SignUp(who, happened: "signup.created"), Messages.Json);
        await booking.PostMessageAsync("doctolib", Messages.SignUp(who, happened: "signup.cancelled"), Messages.Json);
        await SendAsync(hospital, Movement.Read("A08 0900 M1 22")[0].For(who));

        var (status, late) = await SendAsync(hospital, new Movement("A01", "0830", "M1").For(who));

        Assert.Equal(200, status);
        Assert.Contains("no file is opened", late.ToString(), StringComparison.Ordinal);
        Assert.NotEqual("", late.Text("patient"));
        Assert.Empty(await OpenAsync(team, who));

        // At the same instant nobody can say which is true: somebody asks the person.
        await SendAsync(hospital, new Movement("A01", "0900", "M1").For(who));
        Assert.Single(await OpenAsync(team, who));
    }

    [Fact]
    public async Task What_one_hospital_says_of_a_gp_makes_nothing_late_that_another_says()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        await SendAsync(team, Movement.Read("A08 0900 M1 22")[0].For(who));

        await SendAsync(hospital, new Movement("A01", "0830", "M1").For(who));

        Assert.Single(await OpenAsync(team, who));
    }

    [Fact]
    public async Task A_late_message_opens_nothing_for_somebody_who_has_died_since()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        await SendAsync(hospital, new Movement("A03", "1015", "M1").For(who).Replace("|||||||||||||||||8|", "|||||||||||||||||9|", StringComparison.Ordinal));

        await SendAsync(hospital, new Movement("A01", "0830", "M1").For(who));

        Assert.Empty(await OpenAsync(team, who));
    }

    private static async Task<(int Status, JsonElement Body)> SendAsync(HttpClient hospital, string message)
    {
        var answer = await hospital.PostMessageAsync("hospital", message, Messages.Hl7);
        Assert.True(answer.Status is 200 or 201, $"{answer.Status} {answer.Body}");
        return answer;
    }

    private static async Task<List<(JsonElement Request, JsonElement File)>> OpenAsync(HttpClient team, Somebody who)
    {
        List<(JsonElement, JsonElement)> open = [];
        foreach (var request in (await team.GetJsonAsync($"/fhir/ServiceRequest?patient.family={who.Family}&status=active")).Matches())
            open.Add((request, Assert.Single((await team.GetJsonAsync($"/fhir/Task?focus=ServiceRequest/{request.Text("id")}&code=parcours-medecin-traitant")).Matches())));
        return open;
    }

    private static string StateOf(JsonElement file) => file.GetProperty("businessStatus").GetProperty("coding")[0].Text("code");

    private static List<JsonElement> Holding(JsonElement request) => [.. request.GetProperty("extension").EnumerateArray().Where(extension => extension.Text("url") == Url)];

    private static async Task PutAsync(HttpClient team, JsonElement request, IEnumerable<JsonElement> extensions)
    {
        var text = JsonSerializer.Serialize(request.EnumerateObject().ToDictionary(
            member => member.Name, member => member.Name == "extension" ? JsonSerializer.SerializeToElement(extensions) : member.Value));
        using var answer = await team.PutAsync(new Uri($"/fhir/ServiceRequest/{request.Text("id")}", UriKind.Relative), Messages.Body(text, Fhir));
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    private static string Merge(string source, string target) => $$$"""
        {"resourceType":"Parameters","parameter":[{"name":"source-patient","valueReference":{"reference":"{{{source}}}"}},
         {"name":"target-patient","valueReference":{"reference":"{{{target}}}"}}]}
        """;

    private static string Event(Somebody who, string number, string status) => $$$"""
        {"resourceType":"CommunicationRequest","identifier":[{"value":"{{{number}}}-{{{who.Ipp}}}"}],"status":"{{{status}}}","subject":{"reference":"#p"},"requester":{"reference":"#o"},
         "extension":[{"url":"https://interop.esante.gouv.fr/ig/fhir/nde/StructureDefinition/event-type","valueCodeableConcept":{"coding":[{"system":"https://mos.esante.gouv.fr/NOS/TRE_R254-TypeEvenement/FHIR/TRE-R254-TypeEvenement","code":"SOR"}]}},
          {"url":"https://interop.esante.gouv.fr/ig/fhir/nde/StructureDefinition/event-time","valueDateTime":"2026-06-19T10:00:00+02:00"}],
         "payload":[{"contentString":"Sortie"}],"contained":[{"resourceType":"Organization","id":"o","name":"CH TEST"},
          {"resourceType":"Patient","id":"p","name":[{"use":"official","family":"{{{who.Family}}}","given":["{{{who.Given}}}"]}],"birthDate":"{{{who.Born}}}","gender":"female"}]}
        """;
}
