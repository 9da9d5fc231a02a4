using System.Text.Json;
using CptsFhirHub.Tests.Intake;

namespace CptsFhirHub.Tests.Flows;

/// <summary>Of two messages of one sender the one that it made last counts, in whatever order they come.</summary>
public sealed class Messages_that_come_late(HubHost host)
{
    private const string NewHome = "9 QUAI NEUF^^NANTES^^44000^FRA^H";

    [Fact]
    public async Task A_stay_that_has_ended_is_not_begun_again_by_its_admission()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        var (_, left) = await SendAsync(hospital, At(Messages.Adt(who, "A03"), "1015"));

        await SendAsync(hospital, At(Messages.Adt(who, "A01"), "0830"));

        Assert.Equal("finished", Assert.Single((await team.GetJsonAsync($"/fhir/Encounter?patient={left.Text("patient")}")).Matches()).Text("status"));

        // One that is newer is news: the discharge was cancelled.
        await SendAsync(hospital, At(Messages.Adt(who, "A01"), "1020"));
        Assert.Equal("in-progress", Assert.Single((await team.GetJsonAsync($"/fhir/Encounter?patient={left.Text("patient")}")).Matches()).Text("status"));
    }

    [Fact]
    public async Task An_admission_that_comes_late_adds_what_the_discharge_did_not_say()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        var (_, left) = await SendAsync(hospital, At(Messages.Adt(who, "A03"), "1015"));
        await SendAsync(hospital, At(Messages.Adt(who, "A01"), "0830").Replace("PV2|||||||SM", "PV2|||^CHUTE||||SM", StringComparison.Ordinal));

        var stay = Assert.Single((await team.GetJsonAsync($"/fhir/Encounter?patient={left.Text("patient")}")).Matches());
        Assert.Equal("finished", stay.Text("status"));
        Assert.Contains("CHUTE", stay.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Where_somebody_lives_is_what_was_said_last(bool isKnownFromAnother)
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var booking = await host.ClientAsync("demo-booking");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        if (isKnownFromAnother)
            await booking.PostMessageAsync("doctolib", Messages.SignUp(who), Messages.Json);
        var moved = Messages.Adt(who, "A01").Replace("4 RUE DU FOUR^^AIZENAY^^85190^FRA^H", NewHome, StringComparison.Ordinal);
        var (_, first) = await SendAsync(hospital, At(moved, "1015"));

        // Twice: it changes nothing more.
        foreach (var _ in Enumerable.Range(0, 2))
            await SendAsync(hospital, At(Messages.Adt(who, "A31"), "0830"));

        Assert.Equal("NANTES", await HomeAsync(team, first.Text("patient")));
        var before = (await team.GetJsonAsync($"/fhir/{first.Text("patient")}")).GetProperty("meta").Text("versionId");
        await SendAsync(hospital, At(Messages.Adt(who, "A31"), "0831"));
        Assert.Equal(before, (await team.GetJsonAsync($"/fhir/{first.Text("patient")}")).GetProperty("meta").Text("versionId"));

        // And a newer one does.
        await SendAsync(hospital, At(Messages.Adt(who, "A31"), "1030"));
        Assert.Equal("AIZENAY", await HomeAsync(team, first.Text("patient")));
    }

    [Fact]
    public async Task What_a_sign_up_says_of_the_person_is_what_it_says_last()
    {
        using var booking = await host.ClientAsync("demo-booking");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        var (_, signed) = await booking.PostMessageAsync("doctolib", Messages.SignUp(who), Messages.Json);

        await booking.PostMessageAsync("doctolib", Older(Messages.SignUp(who, happened: "signup.updated", dac: false)), Messages.Json);

        Assert.Equal("permit", await DacAsync());
        await booking.PostMessageAsync("doctolib", Newer(Messages.SignUp(who, happened: "signup.updated", dac: false)), Messages.Json);
        Assert.Equal("deny", await DacAsync());

        static string Older(string text) => text.Replace("T09:12:44", "T08:00:00", StringComparison.Ordinal);
        static string Newer(string text) => text.Replace("T09:12:44", "T10:00:00", StringComparison.Ordinal);

        async Task<string> DacAsync() => Assert.Single(
            (await team.GetJsonAsync($"/fhir/Consent?patient={signed.Text("patient")}")).Matches(),
            consent => consent.ToString().Contains("\"partage-dac\"", StringComparison.Ordinal)).GetProperty("provision").Text("type");
    }

    [Fact]
    public async Task A_clock_that_is_far_ahead_makes_nothing_old_that_comes_later()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        var moved = Messages.Adt(who, "A01").Replace("4 RUE DU FOUR^^AIZENAY^^85190^FRA^H", NewHome, StringComparison.Ordinal);
        var (_, first) = await SendAsync(hospital, moved.Replace("|20260619101500|", "|21260619101500|", StringComparison.Ordinal));

        await SendAsync(hospital, Messages.Adt(who, "A31"));

        Assert.Equal("AIZENAY", await HomeAsync(team, first.Text("patient")));
    }

    [Fact]
    public async Task A_phone_that_a_late_message_tells_is_a_former_one()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        var (_, first) = await SendAsync(hospital, At(Messages.Adt(who, "A01"), "1015"));

        await SendAsync(hospital, At(Messages.Adt(who with { Phone = "0700012345" }, "A31"), "0830"));

        var phones = (await team.GetJsonAsync($"/fhir/{first.Text("patient")}")).GetProperty("telecom").EnumerateArray().ToList();
        Assert.Equal("+33700012345", Assert.Single(phones, phone => phone.Text("use") == "old").Text("value"));
        Assert.Equal(2, phones.Count);
    }

    [Fact]
    public async Task A_planned_discharge_that_comes_after_the_real_one_moves_no_day_and_begins_no_stay()
    {
        using var prado = await host.ClientAsync("demo-prado");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        var header = Messages.PradoHeader + ";date_sortie_prevue";
        await LineAsync(Messages.PradoRow(who) + ";2026-06-19");
        var left = await DayAsync();

        // The line of the day before, when the discharge was planned for another day.
        await LineAsync(Messages.PradoRow(who, happened: "maj").Replace(";2026-06-19;", ";;", StringComparison.Ordinal) + ";2026-06-30");
        Assert.Equal(left, await DayAsync());
        Assert.Equal("finished", Assert.Single((await team.GetJsonAsync($"/fhir/Encounter?patient.family={who.Family}")).Matches()).Text("status"));

        // And what is corrected moves.
        await LineAsync(Messages.PradoRow(who, happened: "sortie").Replace(";2026-06-19;", ";2026-06-21;", StringComparison.Ordinal) + ";");
        Assert.NotEqual(left, await DayAsync());

        async Task LineAsync(string row)
        {
            var (status, answer) = await prado.PostMessageAsync("prado", $"{header}\n{row}\n", Messages.Csv);
            Assert.True(status is 200 or 201, $"{status} {answer}");
        }

        async Task<string> DayAsync()
        {
            var request = Assert.Single((await team.GetJsonAsync($"/fhir/ServiceRequest?patient.family={who.Family}&status=active")).Matches());
            var file = Assert.Single((await team.GetJsonAsync($"/fhir/Task?focus=ServiceRequest/{request.Text("id")}&code=parcours-medecin-traitant")).Matches());
            return $"{file.GetProperty("restriction").GetProperty("period")} {request.GetProperty("occurrencePeriod")}";
        }
    }

    private static async Task<(int Status, JsonElement Body)> SendAsync(HttpClient hospital, string message)
    {
        var answer = await hospital.PostMessageAsync("hospital", message, Messages.Hl7);
        Assert.True(answer.Status is 200 or 201, $"{answer.Status} {answer.Body}");
        return answer;
    }

    private static async Task<string> HomeAsync(HttpClient team, string patient) => Assert.Single(
        (await team.GetJsonAsync($"/fhir/{patient}")).GetProperty("address").EnumerateArray(), address => address.Text("use") == "home").Text("city");

    private static string At(string message, string hour) => message.Replace("|20260619101500|", $"|20260619{hour}00|", StringComparison.Ordinal);
}
