using CptsFhirHub.Coordination.Identity.Matching;
using CptsFhirHub.Tests.Intake;

namespace CptsFhirHub.Tests.Rest;

/// <summary><c>Patient/$match</c>: who a record may be.</summary>
public sealed class Matching_persons(HubHost host)
{
    private static string Ask(Somebody who, string more = "") => $$"""
        {"resourceType":"Parameters","parameter":[{{more}}{"name":"resource","resource":{{Patient(who)}} }]}
        """;

    private static string Patient(Somebody who, string city = "AIZENAY") => $$"""
        {"resourceType":"Patient","name":[{"use":"official","family":"{{who.Family}}","given":["{{who.Given}}"]}],"gender":"female","birthDate":"{{who.Born}}",
         "telecom":[{"system":"phone","value":"{{who.Phone}}"}],"address":[{"city":"{{city}}","postalCode":"85190"}]}
        """;

    [Fact]
    public async Task The_likeliest_comes_first_with_its_grade_and_score_and_the_call_is_kept()
    {
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New("1931-04-07");
        var known = await team.CreateAsync("Patient", Patient(who));
        var like = await team.CreateAsync("Patient", Patient(who with { Given = "Odzette", Phone = "0251009999" }, "CHALLANS"));

        var reply = await team.PostFhirAsync("Patient/$match", Ask(who));

        Assert.True(reply.Status == 200, reply.Text);
        Assert.Equal([known, like], reply.Ids());
        var entries = reply.Resource.All("entry").ToArray();
        Assert.Equal("certain", entries[0].At("search", "extension")!.Text("valueCode"));
        Assert.Equal("http://hl7.org/fhir/StructureDefinition/match-grade", entries[0].At("search", "extension")!.Text("url"));
        Assert.Equal("probable", entries[1].At("search", "extension")!.Text("valueCode"));
        var score = entries[0].At("search", "score")!.Value!;
        Assert.InRange(decimal.Parse(score, System.Globalization.CultureInfo.InvariantCulture), 0.9999m, 1m);

        var audit = await team.GetFhirAsync($"AuditEvent?entity=Patient/{known}");
        Assert.Contains("Patient/$match", audit.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(who.Family, audit.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "COC", "1921-02-03")]
    [InlineData("TREAT", "TREAT", "1941-06-17")]
    [InlineData("ETREAT", "ETREAT", "1961-10-29")]
    public async Task The_call_is_kept_with_what_it_was_for(string? said, string kept, string born)
    {
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New(born);
        var known = await team.CreateAsync("Patient", Patient(who));
        Assert.Equal([known], (await team.PostFhirAsync("Patient/$match", Ask(who), said is null ? [] : [("X-Purpose-Of-Use", said)])).Ids());

        var audit = (await team.GetFhirAsync($"AuditEvent?entity=Patient/{known}")).Resource.All("entry").ToArray();
        var purpose = Assert.Single(audit).At("resource", "purposeOfEvent", "coding")!;
        Assert.Equal(("http://terminology.hl7.org/CodeSystem/v3-ActReason", kept), (purpose.Text("system"), purpose.Text("code")));
    }

    [Fact]
    public async Task A_purpose_that_is_none_is_refused_and_not_repeated()
    {
        using var team = await host.ClientAsync("demo-cpts");
        var reply = await team.PostFhirAsync("Patient/$match", Ask(Somebody.New()), ("X-Purpose-Of-Use", "Mme Exemple"));
        Assert.Equal((400, "code-invalid"), (reply.Status, reply.IssueCode));
        Assert.DoesNotContain("Exemple", reply.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_certain_matches_are_one_or_none_and_count_cuts()
    {
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New("1932-05-08");
        var known = await team.CreateAsync("Patient", Patient(who));
        await team.CreateAsync("Patient", Patient(who with { Given = "Odzette", Phone = "0251009998" }, "CHALLANS"));

        Assert.Equal([known], (await team.PostFhirAsync("Patient/$match", Ask(who, """{"name":"onlyCertainMatches","valueBoolean":true},"""))).Ids());
        Assert.Equal([known], (await team.PostFhirAsync("Patient/$match", Ask(who, """{"name":"count","valueInteger":1},"""))).Ids());
        await team.CreateAsync("Patient", Patient(who));
        Assert.Empty((await team.PostFhirAsync("Patient/$match", Ask(who, """{"name":"onlyCertainMatches","valueBoolean":true},"""))).Ids());
    }

    [Fact]
    public async Task Nobody_is_an_empty_searchset()
    {
        using var team = await host.ClientAsync("demo-cpts");
        var reply = await team.PostFhirAsync("Patient/$match", Ask(Somebody.New("1933-06-09")));
        Assert.Equal((200, "searchset", "0"), (reply.Status, reply.Resource.Text("type"), reply.Resource.Text("total")));
    }

    [Theory]
    [InlineData("""{"resourceType":"Patient","name":[{"family":"MARTINEAU","given":["Odette"]}]}""", 422, "too-costly")]
    [InlineData("""{"resourceType":"Patient","birthDate":"1947-03-09"}""", 422, "too-costly")]
    [InlineData("""{"resourceType":"Organization","name":"x"}""", 400, "required")]
    public async Task Too_little_is_refused(string resource, int status, string code)
    {
        using var team = await host.ClientAsync("demo-cpts");
        var reply = await team.PostFhirAsync("Patient/$match",
            $$"""{"resourceType":"Parameters","parameter":[{"name":"resource","resource":{{resource}} }]}""");
        Assert.Equal((status, code), (reply.Status, reply.IssueCode));
    }

    [Fact]
    public async Task A_partner_is_shown_whom_it_sees_and_no_other()
    {
        using var team = await host.ClientAsync("demo-cpts");
        using var booking = await host.ClientAsync("demo-booking");
        var who = Somebody.New("1934-07-10");
        await team.CreateAsync("Patient", Patient(who));
        var reply = await booking.PostFhirAsync("Patient/$match", Ask(who));
        Assert.True(reply.Status == 403 || reply.Ids().Count == 0, reply.Text);
    }

    [Fact]
    public async Task A_client_that_tries_out_a_town_is_stopped()
    {
        await using var own = await HubHost.StartAsync(("Hub:Limits:MatchesPerMinute", "1"));
        using var team = await own.ClientAsync("demo-cpts");
        var replies = new List<Reply>();
        for (var i = 0; i < 3; i++)
            replies.Add(await team.PostFhirAsync("Patient/$match", Ask(Somebody.New())));
        // A minute may end between two calls, not between each of them.
        Assert.Contains(replies, reply => reply is { Status: 429, IssueCode: "throttled" });
    }

    [Fact]
    public async Task A_guard_that_is_switched_off_stands_in_every_decision_and_on_record()
    {
        await using var own = await HubHost.StartAsync(("Hub:Matching:Guards:homonym", "false"), ("Hub:Matching:Guards:sex", "true"), ("Hub:DemoTerritory", "false"));
        using var team = await own.ClientAsync("demo-cpts");
        using var booking = await own.ClientAsync("demo-booking");
        var who = Somebody.New("1935-08-12");
        await booking.PostMessageAsync("doctolib", Messages.SignUp(who), Messages.Json);
        var (_, doubtful) = await booking.PostMessageAsync("doctolib", Messages.SignUp(who with { Given = "Odetta", Phone = "0251009997" }), Messages.Json);
        var asked = await team.GetFhirAsync($"Task?code=verification-identite&patient={doubtful.Text("patient")}");
        Assert.Contains("without homonym", asked.Text, StringComparison.Ordinal);
        Assert.Contains("without homonym", (await team.GetFhirAsync($"{doubtful.Text("patient")}/$identity")).Text, StringComparison.Ordinal);

        var deadline = DateTime.UtcNow.AddSeconds(60);
        Reply audit;
        while ((audit = await team.GetFhirAsync("AuditEvent?subtype=http://dicom.nema.org/resources/ontology/DCM|110131")).Resource.Text("total") is "0")
        {
            Assert.True(DateTime.UtcNow < deadline, "The switched guard is on no record.");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }

        Assert.Contains("guards off: none", audit.Text, StringComparison.Ordinal);
        Assert.Contains("guards off: homonym", audit.Text, StringComparison.Ordinal);
        Assert.Contains("Guards of identity are switched off: homonym.", own.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Learned_parameters_are_in_force_once_they_are_set_and_every_decision_names_them()
    {
        var file = Path.GetTempFileName();
        var shipped = MatchModel.Shipped.Write();
        await File.WriteAllTextAsync(file, shipped.Replace($"\"{MatchModel.Shipped.Version}\"", "\"bocage-1\"", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        await using var own = await HubHost.StartAsync(("Hub:Matching:Model", file), ("Hub:DemoTerritory", "false"));
        File.Delete(file);
        using var team = await own.ClientAsync("demo-cpts");
        using var booking = await own.ClientAsync("demo-booking");
        var who = Somebody.New("1935-08-11");
        await booking.PostMessageAsync("doctolib", Messages.SignUp(who), Messages.Json);

        var (_, doubtful) = await booking.PostMessageAsync("doctolib", Messages.SignUp(who with { Given = "Odetta", Phone = "0251009997" }), Messages.Json);
        var asked = await team.GetFhirAsync($"Task?code=verification-identite&patient={doubtful.Text("patient")}");
        Assert.Contains("bocage-1", asked.Text, StringComparison.Ordinal);
    }
}
