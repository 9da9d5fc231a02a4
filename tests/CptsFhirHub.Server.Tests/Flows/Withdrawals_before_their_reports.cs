using System.Globalization;
using System.Text.Json;
using CptsFhirHub.Server.Flows;
using CptsFhirHub.Storage;
using CptsFhirHub.Tests.Intake;
using Microsoft.Extensions.DependencyInjection;

namespace CptsFhirHub.Tests.Flows;

/// <summary>A withdrawal that comes before what it withdraws ends in the same closed file as one that comes after.</summary>
public sealed class Withdrawals_before_their_reports(HubHost host)
{
    private const string Fhir = "application/fhir+json";
    private const string Reason = """{"resourceType":"Parameters","parameter":[{"name":"reason","valueString":"Demande de la personne"}]}""";

    [Theory]
    [InlineData("hospital", true)]
    [InlineData("prado", true)]
    [InlineData("doctolib", true)]
    [InlineData("telephone", true)]
    [InlineData("recensement", false)]
    [InlineData("guichet", false)]
    [InlineData("mas", false)]
    public void It_is_looked_for_where_a_source_can_withdraw(string source, bool canWithdraw) =>
        Assert.Equal(canWithdraw, host.Services.GetRequiredService<Sources>().Find(source)!.MayWithdraw);

    [Theory]
    [InlineData("A03", "A13", true)]
    [InlineData("A03", "A13", false)]
    [InlineData("A01", "A11", true)]
    [InlineData("A01", "A11", false)]
    [InlineData("A04", "A11", false)]
    [InlineData("A05", "A38", true)]
    [InlineData("A05", "A38", false)]
    [InlineData("A16", "A25", false)]
    [InlineData("A14", "A27", false)]
    public async Task A_movement_that_comes_after_its_cancellation_ends_closed(string trigger, string cancellation, bool isNumbered)
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();

        var (first, nothing) = await hospital.PostMessageAsync("hospital", Adt(who, cancellation, "1030", isNumbered), Messages.Hl7);
        var (status, late) = await hospital.PostMessageAsync("hospital", Adt(who, trigger, "1015", isNumbered), Messages.Hl7);

        Assert.True(first == 200, $"{first} {nothing}");
        Assert.Equal("", nothing.Text("patient"));
        Assert.True(status == 201, $"{status} {late}");
        Assert.Contains("withdrawn before it came", late.ToString(), StringComparison.Ordinal);
        await ClosedAsync(team, late, "clos-non-confirme");
    }

    [Theory]
    [InlineData("A03", "1015", "M1", true)]
    [InlineData("A03", "1030", "M1", true)]
    [InlineData("A03", "1031", "M1", false)]
    [InlineData("A03", "1015", "M2", false)]
    public async Task Only_the_movement_that_was_cancelled_is(string trigger, string hour, string number, bool isClosed)
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        await hospital.PostMessageAsync("hospital", Adt(who, "A13", "1030", number: "M1"), Messages.Hl7);

        var (status, late) = await hospital.PostMessageAsync("hospital", Adt(who, trigger, hour, number: number), Messages.Hl7);

        Assert.True(status == 201, $"{status} {late}");
        if (isClosed)
            await ClosedAsync(team, late, "clos-non-confirme");
        else
            Assert.Equal("a-confirmer", await StateAsync(team, late));
    }

    [Fact]
    public async Task A_cancellation_reaches_nobody_elses_movement_where_each_stay_numbers_its_own()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        var (one, other) = (Somebody.New(), Somebody.New());
        await hospital.PostMessageAsync("hospital", Second(one, "A13", "1030"), Messages.Hl7);

        var (_, others) = await hospital.PostMessageAsync("hospital", Second(other, "A03", "1015"), Messages.Hl7);
        var (_, own) = await hospital.PostMessageAsync("hospital", Second(one, "A03", "1015"), Messages.Hl7);

        Assert.Equal("a-confirmer", await StateAsync(team, others));
        await ClosedAsync(team, own, "clos-non-confirme");

        static string Second(Somebody who, string trigger, string hour) =>
            Adt(who, trigger, hour).Replace($"ZBE|Z{who.Ipp}", "ZBE|2", StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_event_of_the_stay_is_not_cancelled_where_movements_bear_no_number()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        await hospital.PostMessageAsync("hospital", Adt(who, "A13", "1030", isNumbered: false), Messages.Hl7);
        var (_, admitted) = await hospital.PostMessageAsync("hospital", Adt(who, "A01", "1010", isNumbered: false), Messages.Hl7);
        Assert.Equal("a-confirmer", await StateAsync(team, admitted));

        // The discharge that was cancelled takes the file with it, as it does when all come in order.
        var (_, left) = await hospital.PostMessageAsync("hospital", Adt(who, "A03", "1015", isNumbered: false), Messages.Hl7);

        Assert.Equal(admitted.Text("signalement"), left.Text("signalement"));
        await ClosedAsync(team, left, "clos-non-confirme");
    }

    [Fact]
    public async Task A_discharge_that_comes_after_its_cancellation_has_closed_the_stays_file_opens_no_other()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        var (_, admitted) = await hospital.PostMessageAsync("hospital", Adt(who, "A01", "1010", number: "M1"), Messages.Hl7);
        await hospital.PostMessageAsync("hospital", Adt(who, "A13", "1030", number: "M2"), Messages.Hl7);
        await ClosedAsync(team, admitted, "clos-non-confirme");

        var (_, left) = await hospital.PostMessageAsync("hospital", Adt(who, "A03", "1015", number: "M2"), Messages.Hl7);

        await ClosedAsync(team, left, "clos-non-confirme");
        Assert.Empty((await team.GetJsonAsync($"/fhir/ServiceRequest?patient={left.Text("patient")}&status=active")).Matches());
    }

    [Fact]
    public async Task A_newer_discharge_stays_open_when_the_cancelled_one_comes_last()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        await hospital.PostMessageAsync("hospital", Adt(who, "A13", "1030", number: "M1"), Messages.Hl7);
        var (_, newer) = await hospital.PostMessageAsync("hospital", Adt(who, "A03", "1100", number: "M2"), Messages.Hl7);

        var (status, late) = await hospital.PostMessageAsync("hospital", Adt(who, "A03", "1015", number: "M1"), Messages.Hl7);

        Assert.True(status == 200, $"{status} {late}");
        Assert.Equal(newer.Text("signalement"), late.Text("signalement"));
        Assert.Equal("a-confirmer", await StateAsync(team, newer));
        Assert.Contains("and stays open", late.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_another_source_signalled_stays_open()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var booking = await host.ClientAsync("demo-booking");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        await hospital.PostMessageAsync("hospital", Adt(who, "A13", "1030"), Messages.Hl7);
        var (_, signed) = await booking.PostMessageAsync("doctolib", Messages.SignUp(who), Messages.Json);
        var before = await StateAsync(team, signed);

        var (_, late) = await hospital.PostMessageAsync("hospital", Adt(who, "A03", "1015"), Messages.Hl7);

        Assert.Equal(signed.Text("signalement"), late.Text("signalement"));
        Assert.Equal(before, await StateAsync(team, signed));
        Assert.Equal("active", (await team.GetJsonAsync($"/fhir/{signed.Text("signalement")}")).Text("status"));
    }

    [Theory]
    [InlineData("09:12:43", null, true)]
    [InlineData("09:12:44", null, false)]
    [InlineData("09:12:44", "same", true)]
    [InlineData("09:12:45", "same", false)]
    [InlineData("11:00:00", null, false)]
    public async Task A_sign_up_that_comes_after_its_cancellation_ends_closed_and_a_newer_one_open(string hour, string? sameKey, bool isClosed)
    {
        using var booking = await host.ClientAsync("demo-booking");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        var key = sameKey is null ? null : Guid.NewGuid().ToString();
        var (first, nothing) = await booking.PostMessageAsync("doctolib", Messages.SignUp(who, key, "signup.cancelled"), Messages.Json);

        var (status, late) = await booking.PostMessageAsync(
            "doctolib", Messages.SignUp(who, key).Replace("T09:12:44", "T" + hour, StringComparison.Ordinal), Messages.Json);

        Assert.True(first == 200, $"{first} {nothing}");
        Assert.True(status == 201, $"{status} {late}");
        if (isClosed)
            await ClosedAsync(team, late, "clos-a-la-demande");
        else
            Assert.Equal("active", (await team.GetJsonAsync($"/fhir/{late.Text("signalement")}")).Text("status"));
        Assert.Equal(isClosed ? 0 : 1, (await team.GetJsonAsync($"/fhir/Task?focus={late.Text("signalement")}&code=appui-dac")).Matches().Count);
    }

    [Fact]
    public async Task A_sign_up_cancelled_and_made_again_opens_a_file()
    {
        using var booking = await host.ClientAsync("demo-booking");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        var (_, opened) = await booking.PostMessageAsync("doctolib", Messages.SignUp(who), Messages.Json);
        await booking.PostMessageAsync("doctolib", Messages.SignUp(who, happened: "signup.cancelled"), Messages.Json);
        await ClosedAsync(team, opened, "clos-a-la-demande");

        var (_, again) = await booking.PostMessageAsync("doctolib", Messages.SignUp(who).Replace("T09:12:44", "T12:00:00", StringComparison.Ordinal), Messages.Json);

        Assert.NotEqual(opened.Text("signalement"), again.Text("signalement"));
        Assert.Equal("active", (await team.GetJsonAsync($"/fhir/{again.Text("signalement")}")).Text("status"));
    }

    [Fact]
    public async Task A_prado_file_that_was_withdrawn_before_it_came_ends_closed_and_another_file_does_not()
    {
        using var prado = await host.ClientAsync("demo-prado");
        using var team = await host.ClientAsync("demo-cpts");
        var (who, other) = (Somebody.New(), Somebody.New());
        await SendAsync(Messages.PradoRow(who, happened: "annulation"));

        foreach (var happened in new[] { "creation", "sortie" })
            await ClosedAsync(team, await SendAsync(Messages.PradoRow(who, happened: happened)), "clos-a-la-demande");
        var otherFile = await SendAsync(Messages.PradoRow(who, "PR2-" + who.Ipp, "creation"));
        Assert.Equal("active", (await team.GetJsonAsync($"/fhir/{otherFile.Text("signalement")}")).Text("status"));

        // In order, and begun again: the lines have no hours, and nobody can say that the second is the first one, late.
        var begun = await SendAsync(Messages.PradoRow(other, happened: "creation"));
        await SendAsync(Messages.PradoRow(other, happened: "annulation"));
        await ClosedAsync(team, begun, "clos-a-la-demande");
        var again = await SendAsync(Messages.PradoRow(other, happened: "sortie"));
        Assert.Equal("active", (await team.GetJsonAsync($"/fhir/{again.Text("signalement")}")).Text("status"));

        async Task<JsonElement> SendAsync(string row)
        {
            var (status, answer) = await prado.PostMessageAsync("prado", $"{Messages.PradoHeader}\n{row}\n", Messages.Csv);
            Assert.True(status is 200 or 201, $"{status} {answer}");
            return answer;
        }
    }

    [Theory]
    [InlineData("2026-06-18", false)]
    [InlineData("2026-06-19", true)]
    public async Task A_line_without_hours_that_tells_of_a_later_day_than_the_one_on_which_its_withdrawal_came_is_no_late_one(string came, bool isClosed)
    {
        await using var own = await HubHost.StartAsync();
        using var prado = await own.ClientAsync("demo-prado");
        using var team = await own.ClientAsync("demo-cpts");
        var who = Somebody.New();
        await prado.PostMessageAsync("prado", $"{Messages.PradoHeader}\n{Messages.PradoRow(who, happened: "annulation")}\n", Messages.Csv);
        var store = own.Services.GetRequiredService<ResourceStore>();
        var note = (await store.ReadAsync("demo-cpts", "Basic", Assert.Single((await RememberedAsync(team)).Matches()).Text("id"), TestContext.Current.CancellationToken))!;
        var root = note.Resource.Root.Copy();
        root.Put("created", came);
        Assert.True((await store.CommitAsync("demo-cpts", [new Write.Update(new(root), note.Id, note.Version, MayCreate: false)], TestContext.Current.CancellationToken)).Committed);

        // Agreed on the 18th, left on the 19th.
        var (status, late) = await prado.PostMessageAsync("prado", $"{Messages.PradoHeader}\n{Messages.PradoRow(who, happened: "sortie")}\n", Messages.Csv);

        Assert.True(status == 201, $"{status} {late}");
        Assert.Equal(isClosed ? "revoked" : "active", (await team.GetJsonAsync($"/fhir/{late.Text("signalement")}")).Text("status"));
    }

    [Fact]
    public async Task An_announced_discharge_that_was_revoked_before_it_came_ends_closed()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        var (first, nothing) = await hospital.PostMessageAsync("fhir", Event(who, "revoked"), Fhir);

        var (status, late) = await hospital.PostMessageAsync("fhir", Event(who, "active"), Fhir);

        Assert.True(first == 200, $"{first} {nothing}");
        Assert.True(status == 201, $"{status} {late}");
        await ClosedAsync(team, late, "clos-non-confirme");
    }

    [Fact]
    public async Task A_withdrawal_and_its_report_at_once_end_closed()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        foreach (var portion in Enumerable.Range(0, 24).Select(_ => Somebody.New()).Chunk(8))
        {
            var sent = await Task.WhenAll(portion.SelectMany(who => (Task<(int Status, JsonElement Body)>[])
            [
                hospital.PostMessageAsync("hospital", Adt(who, "A13", "1030"), Messages.Hl7),
                hospital.PostMessageAsync("hospital", Adt(who, "A03", "1015"), Messages.Hl7),
            ]));
            Assert.All(sent, answer => Assert.True(answer.Status is 200 or 201, $"{answer.Status} {answer.Body}"));
            foreach (var (_, report) in sent.Where(answer => answer.Body.Text("tracking").Length > 0))
                await ClosedAsync(team, report, "clos-non-confirme");
            foreach (var who in portion)
                Assert.Equal("revoked", Assert.Single((await team.GetJsonAsync($"/fhir/ServiceRequest?patient.family={who.Family}")).Matches()).Text("status"));
        }
    }

    [Fact]
    public async Task What_is_remembered_tells_nothing_of_the_person_is_the_teams_alone_and_goes_with_the_person()
    {
        await using var own = await HubHost.StartAsync();
        using var hospital = await own.ClientAsync("demo-hospital");
        using var team = await own.ClientAsync("demo-cpts");
        var who = Somebody.New("1936-02-11");
        foreach (var _ in Enumerable.Range(0, 2))
            await hospital.PostMessageAsync("hospital", Adt(who, "A13", "1030"), Messages.Hl7);

        var note = Assert.Single((await RememberedAsync(team)).Matches());
        foreach (var trait in (string[])[who.Family, who.Given, who.Born, who.Phone, who.Ipp!])
            Assert.DoesNotContain(trait, note.ToString(), StringComparison.OrdinalIgnoreCase);
        Assert.Empty((await hospital.GetJsonAsync("/fhir/Basic?code=retrait,retrait-sans-objet")).Matches());
        Assert.Equal(404, (await hospital.GetFhirAsync($"Basic/{note.Text("id")}")).Status);

        var (_, late) = await hospital.PostMessageAsync("hospital", Adt(who, "A03", "1015"), Messages.Hl7);
        await hospital.PostMessageAsync("hospital", Adt(who, "A13", "1030"), Messages.Hl7);
        Assert.Equal(late.Text("patient"), Assert.Single((await RememberedAsync(team)).Matches()).GetProperty("subject").Text("reference"));
        Assert.Empty((await own.Services.GetRequiredService<HubStore>().VerifyAsync(10, TestContext.Current.CancellationToken)).Faults);

        var purge = await team.PostFhirAsync($"{late.Text("patient")}/$purge", Reason);
        Assert.True(purge.Status == 200, purge.Text);
        Assert.Empty((await RememberedAsync(team)).Matches());
        Assert.Equal(410, (await team.GetFhirAsync($"Basic/{note.Text("id")}")).Status);
        Assert.Empty((await own.Services.GetRequiredService<HubStore>().VerifyAsync(10, TestContext.Current.CancellationToken)).Faults);
    }

    [Fact]
    public async Task What_is_remembered_is_forgotten_after_a_month()
    {
        await using var own = await HubHost.StartAsync();
        using var hospital = await own.ClientAsync("demo-hospital");
        using var team = await own.ClientAsync("demo-cpts");
        var who = Somebody.New();
        await hospital.PostMessageAsync("hospital", Adt(who, "A13", "1030"), Messages.Hl7);
        var withdrawals = own.Services.GetRequiredService<Withdrawals>();
        var now = DateTimeOffset.UtcNow;

        Assert.Equal(0, await withdrawals.ForgetAsync("demo-cpts", now.AddDays(29), TestContext.Current.CancellationToken));
        Assert.Single((await RememberedAsync(team)).Matches());
        Assert.Equal(1, await withdrawals.ForgetAsync("demo-cpts", now.AddDays(31), TestContext.Current.CancellationToken));

        Assert.Empty((await RememberedAsync(team)).Matches());
        var (_, late) = await hospital.PostMessageAsync("hospital", Adt(who, "A03", "1015"), Messages.Hl7);
        Assert.Equal("a-confirmer", await StateAsync(team, late));
    }

    private static Task<JsonElement> RememberedAsync(HttpClient team) => team.GetJsonAsync("/fhir/Basic?code=retrait,retrait-sans-objet");

    private static async Task ClosedAsync(HttpClient team, JsonElement answer, string state)
    {
        Assert.Equal(state, await StateAsync(team, answer));
        Assert.Equal("revoked", (await team.GetJsonAsync($"/fhir/{answer.Text("signalement")}")).Text("status"));
        Assert.Empty((await team.GetJsonAsync($"/fhir/Task?focus={answer.Text("signalement")}&status=requested,received,accepted,draft")).Matches());
    }

    private static async Task<string> StateAsync(HttpClient team, JsonElement answer) =>
        (await team.GetJsonAsync($"/intake/tracking/{answer.Text("tracking")}")).Text("state");

    /// <summary>A movement recorded at that hour of one day, with a number of its own or with that of its stay alone.</summary>
    private static string Adt(Somebody who, string trigger, string hour, bool isNumbered = true, string? number = null)
    {
        var at = string.Create(CultureInfo.InvariantCulture, $"20260619{hour}00");
        var message = Messages.Adt(who, trigger)
            .Replace("|20260619101500|", $"|{at}|", StringComparison.Ordinal)
            .Replace($"ZBE|Z{who.Ipp}", isNumbered ? $"ZBE|Z{number}{who.Ipp}" : "ZBE|", StringComparison.Ordinal);
        return message;
    }

    private static string Event(Somebody who, string status) => $$$"""
        {"resourceType":"CommunicationRequest","identifier":[{"value":"SOR-{{{who.Ipp}}}"}],"status":"{{{status}}}","subject":{"reference":"#p"},"requester":{"reference":"#o"},
         "extension":[{"url":"https://interop.esante.gouv.fr/ig/fhir/nde/StructureDefinition/event-type","valueCodeableConcept":{"coding":[{"system":"https://mos.esante.gouv.fr/NOS/TRE_R254-TypeEvenement/FHIR/TRE-R254-TypeEvenement","code":"SOR"}]}},
          {"url":"https://interop.esante.gouv.fr/ig/fhir/nde/StructureDefinition/event-time","valueDateTime":"2026-06-19T10:00:00+02:00"}],
         "payload":[{"contentString":"Sortie"}],"contained":[{"resourceType":"Organization","id":"o","name":"CH TEST"},
          {"resourceType":"Patient","id":"p","name":[{"use":"official","family":"{{{who.Family}}}","given":["{{{who.Given}}}"]}],"birthDate":"{{{who.Born}}}","gender":"female"}]}
        """;
}
