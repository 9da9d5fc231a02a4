using System.Text;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Server.Flows;
using CptsFhirHub.Tests.Intake;

namespace CptsFhirHub.Tests.Jobs;

/// <summary>Every patient of a leaving GP is in one state; running again changes nothing.</summary>
public sealed class Cohorts_of_a_leaving_gp(HubHost host)
{
    [Fact]
    public async Task Each_member_has_one_state_and_a_second_run_writes_nothing()
    {
        using var team = await host.ClientAsync("demo-cpts");
        using var booking = await host.ClientAsync("demo-booking");
        var (silent, signed, found) = (Somebody.New(), Somebody.New(), Somebody.New());
        var (_, answer) = await booking.PostMessageAsync("doctolib", Messages.SignUp(signed), Messages.Json);
        var group = "cohorte-" + Guid.NewGuid().ToString("N")[..8];
        await PutAsync(team, Patient($"{group}-1", silent, gp: null));
        await PutAsync(team, Patient($"{group}-2", found, gp: "810099000027"));
        await PutAsync(team, $$"""
            {"resourceType":"Group","id":"{{group}}","type":"person","actual":true,
             "code":{"coding":[{"system":"https://cpts-fhir-hub.example/fhir/CodeSystem/type-cohorte","code":"medecin-sortant"}]},
             "member":[{"entity":{"reference":"Patient/{{group}}-1"} },{"entity":{"reference":"{{answer.Text("patient")}}"} },{"entity":{"reference":"Patient/{{group}}-2"} }]}
            """);

        var first = await ReconcileAsync(team, group);
        var version = (await team.GetJsonAsync($"/fhir/Group/{group}")).GetProperty("meta").Text("versionId");
        var second = await ReconcileAsync(team, group);

        Assert.Equal("1", first["invite-sans-reponse"]);
        Assert.Equal("1", first["signale"]);
        Assert.Equal("1", first["mt-retrouve"]);
        Assert.Equal(6, first.Count);
        Assert.Equal(3, first.Values.Sum(int.Parse));
        Assert.Equal(first, second);
        Assert.Equal(version, (await team.GetJsonAsync($"/fhir/Group/{group}")).GetProperty("meta").Text("versionId"));
    }

    [Fact]
    public async Task A_fragile_silent_member_is_called_back_once_until_she_comes_forward()
    {
        using var team = await host.ClientAsync("demo-cpts");
        using var booking = await host.ClientAsync("demo-booking");
        var (fragile, other) = (Somebody.New(), Somebody.New());
        var group = await CohortAsync(team, Old(fragile), Young(other));

        var first = await ReportAsync(team, group);
        await ReportAsync(team, group);
        var calls = await CallsAsync(team, group);

        var call = Assert.Single(calls);
        Assert.Equal($"Patient/{group}-1", call.At("for", "reference")!.Value);
        Assert.Equal("requested", call.Text("status"));
        Assert.Contains("70 ans", call.At("reasonCode", "text")!.Value!, StringComparison.Ordinal);
        Assert.Equal(1, CountOf(first, 2, "a-rappeler"));
        Assert.Equal(2, CountOf(first, 0, "invite-sans-reponse"));

        var (_, answer) = await booking.PostMessageAsync("doctolib", Messages.SignUp(fragile), Messages.Json);
        var patient = answer.Text("patient");
        // The sign-up names the same person: whether the hub knew her or not, the member is the one who came forward.
        await team.PutFhirAsync($"Group/{group}", (await team.GetFhirAsync($"Group/{group}")).Text
            .Replace($"\"Patient/{group}-1\"", $"\"{patient}\"", StringComparison.Ordinal));
        var second = await ReportAsync(team, group);

        Assert.Equal(1, CountOf(second, 0, "signale"));
        Assert.Equal((1, -1), (CountOf(second, 1, "signale"), CountOf(second, 1, "invite-sans-reponse")));
        Assert.Equal(0, CountOf(second, 2, "a-rappeler"));
        var member = (await team.GetFhirAsync($"Group/{group}")).Resource.All("member").ToArray().Single(one => one.At("entity", "reference")!.Value == patient);
        var evidence = member.All("extension").ToArray().Single(one => one.Text("url")!.EndsWith("/etat-membre-preuve", StringComparison.Ordinal));
        Assert.StartsWith("Task/", evidence.At("valueReference", "reference")!.Value, StringComparison.Ordinal);
        Assert.StartsWith("Dossier ouvert", evidence.At("valueReference", "display")!.Value, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_call_names_the_doctor_seen_three_times_in_the_year_to_be_asked_first()
    {
        using var team = await host.ClientAsync("demo-cpts");
        var group = await CohortAsync(team, Old(Somebody.New()), Old(Somebody.New()));
        await PutAsync(team, (await team.GetFhirAsync($"Group/{group}")).Text.Replace(
            "\"type\":\"person\"", $$"""
            "identifier":[{"system":"{{Vocabulary.Cohort}}","value":"{{group}}"}],"type":"person"
            """, StringComparison.Ordinal));
        await PutAsync(team, $$"""
            {"resourceType":"QuestionnaireResponse","id":"{{group}}","status":"completed","subject":{"reference":"Patient/{{group}}-1"},
             "identifier":{"system":"{{Vocabulary.SourceKeyPrefix}}cpam-cohort","value":"{{group}}"},
             "item":[{"linkId":"medecin_consulte_3x_rpps","answer":[{"valueString":"10003456789"}]}]}
            """);

        await ReportAsync(team, group);

        var calls = (await CallsAsync(team, group)).ToDictionary(call => call.At("for", "reference")!.Value!, StringComparer.Ordinal);
        Assert.Equal(2, calls.Count);
        Assert.Equal("10003456789", calls[$"Patient/{group}-1"].All("input")[0].Text("valueString"));
        Assert.Null(calls[$"Patient/{group}-2"].Child("input"));
    }

    [Fact]
    public async Task A_call_that_is_no_longer_needed_is_withdrawn_and_a_failed_one_is_evidence()
    {
        using var team = await host.ClientAsync("demo-cpts");
        var group = await CohortAsync(team, Old(Somebody.New()));
        await ReportAsync(team, group);
        var patient = (await team.GetFhirAsync($"Patient/{group}-1")).Text;

        await PutAsync(team, patient.Replace("\"birthDate\"",
            "\"generalPractitioner\":[{\"identifier\":{\"system\":\"urn:oid:1.2.250.1.71.4.2.1\",\"value\":\"810099000027\"}}],\"birthDate\"", StringComparison.Ordinal));
        var report = await ReportAsync(team, group);

        Assert.Equal(1, CountOf(report, 0, "mt-retrouve"));
        Assert.Equal("cancelled", Assert.Single(await CallsAsync(team, group)).Text("status"));
        var table = await team.SendAsync(HttpMethod.Get, $"/cohorts/{group}/table");
        Assert.Equal("text/csv", table.ContentHeaders.ContentType!.MediaType);
        Assert.Contains("mt-retrouve", table.Text, StringComparison.Ordinal);
        Assert.Contains("RPPS 810099000027", table.Text, StringComparison.Ordinal);
        using var booking = await host.ClientAsync("demo-booking");
        Assert.Equal(403, (await booking.SendAsync(HttpMethod.Get, $"/cohorts/{group}/table")).Status);
        Assert.Equal(404, (await team.SendAsync(HttpMethod.Get, "/cohorts/none/table")).Status);
    }

    [Fact]
    public async Task A_doubtful_link_is_shown_apart_and_settles_nobody()
    {
        using var team = await host.ClientAsync("demo-cpts");
        var group = await CohortAsync(team, Old(Somebody.New()));
        await team.CreateAsync("Task", $$"""
            {"resourceType":"Task","status":"requested","intent":"order","for":{"reference":"Patient/{{group}}-1"},
             "code":{"coding":[{"system":"https://cpts-fhir-hub.example/fhir/CodeSystem/type-tache","code":"verification-identite"}] } }
            """);

        var report = await ReportAsync(team, group);

        Assert.Equal((1, 1), (CountOf(report, 0, "invite-sans-reponse"), CountOf(report, 2, "lien-a-verifier")));
        Assert.Single(await CallsAsync(team, group));
    }

    [Fact]
    public async Task Letters_go_to_silent_members_once_where_the_territory_sends_letters()
    {
        await using var hub = await HubHost.StartAsync(
            ("Hub:DemoTerritory", "false"), ("Hub:Tenants:demo-cpts:Invitations:Enabled", "true"), ("Hub:Jobs:InviteCohorts:Cron", "off"),
            ("Hub:Tenants:demo-cpts:Communes", "85003, 85005"));
        using var team = await hub.ClientAsync("demo-cpts");
        var group = await CohortAsync(team, Old(Somebody.New()), Patient("", Somebody.New(), gp: "810099000027"), Moved(Somebody.New()));
        await ReportAsync(team, group);

        foreach (var expected in (string[])["1 cohorts, 1 letters.", "1 cohorts, 0 letters."])
        {
            var run = await team.SendAsync(HttpMethod.Post, "/jobs/invite-cohorts/run");
            Assert.Contains(expected, run.Text, StringComparison.Ordinal);
        }

        var letters = (await team.GetFhirAsync("CommunicationRequest?category=invitation-cohorte&status=active")).Resource.All("entry").ToArray();
        var letter = Assert.Single(letters).Child("resource")!;
        Assert.Equal($"Patient/{group}-1", letter.At("subject", "reference")!.Value);
        Assert.Contains("médecin traitant", letter.At("payload", "contentString")!.Value!, StringComparison.Ordinal);
        await ReportAsync(team, group);
        var member = (await team.GetFhirAsync($"Group/{group}")).Text;
        Assert.Contains("Courrier du", member, StringComparison.Ordinal);
        Assert.Contains("Domicile hors du territoire (commune 44109)", member, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_members_that_were_merged_are_one_in_counts_calls_letters_table_and_piles()
    {
        await using var hub = await HubHost.StartAsync(
            ("Hub:DemoTerritory", "false"), ("Hub:Tenants:demo-cpts:Invitations:Enabled", "true"), ("Hub:Jobs:InviteCohorts:Cron", "off"),
            ("Hub:Jobs:ReconcileCohorts:Cron", "off"));
        using var team = await hub.ClientAsync("demo-cpts");
        await PutAsync(team, """{"resourceType":"Practitioner","id":"demo-medecin-1","active":true}""");
        var group = await CohortAsync(team, Old(Somebody.New()), Old(Somebody.New()), Young(Somebody.New()));
        await ReportAsync(team, group);
        Assert.Equal(2, (await CallsAsync(team, group)).Count);

        var merged = await team.PostFhirAsync("Patient/$merge", $$"""
            {"resourceType":"Parameters","parameter":[{"name":"source-patient","valueReference":{"reference":"Patient/{{group}}-1"} },
             {"name":"target-patient","valueReference":{"reference":"Patient/{{group}}-2"} }]}
            """);
        Assert.True(merged.Status == 200, merged.Text);
        var report = await ReportAsync(team, group);

        Assert.Equal((2, 1), (CountOf(report, 0, "invite-sans-reponse"), CountOf(report, 2, "a-rappeler")));
        Assert.Equal(["cancelled", "requested"], (await CallsAsync(team, group)).Select(call => call.Text("status")).Order(StringComparer.Ordinal));
        Assert.Equal(3, (await team.SendAsync(HttpMethod.Get, $"/cohorts/{group}/table")).Text.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Contains("1 cohorts, 2 letters.", (await team.SendAsync(HttpMethod.Post, "/jobs/invite-cohorts/run")).Text, StringComparison.Ordinal);
        var pile = (await SpreadAsync(team, group, places: 3, isPreview: true)).Resource.All("parameter")[0].All("part").ToArray();
        Assert.Equal("2", pile.Single(part => part.Text("name") == "placed").Text("valueInteger"));
    }

    [Fact]
    public async Task A_cohort_is_spread_over_gps_within_their_places_fragile_first()
    {
        using var team = await host.ClientAsync("demo-cpts");
        var group = await CohortAsync(team, Young(Somebody.New()), Old(Somebody.New()), Young(Somebody.New()), Patient("", Somebody.New(), gp: "810099000027"));
        var unready = await SpreadAsync(team, group, places: 1);
        Assert.Equal((422, "business-rule"), (unready.Status, unready.IssueCode));
        await ReportAsync(team, group);

        var preview = await SpreadAsync(team, group, places: 1, isPreview: true);
        Assert.Empty((await team.GetFhirAsync($"List?subject=Group/{group}")).Ids());
        var first = await SpreadAsync(team, group, places: 1);
        var lists = (await team.GetFhirAsync($"List?subject=Group/{group}&code=pile-cohorte")).Resource.All("entry").ToArray();
        var again = await SpreadAsync(team, group, places: 1);

        Assert.Equal((200, 200, 200), (preview.Status, first.Status, again.Status));
        var unplaced = first.Resource.All("parameter").ToArray().Where(one => one.Text("name") == "unplaced").ToList();
        Assert.Equal([$"Patient/{group}-1", $"Patient/{group}-3"], unplaced.Select(one => one.At("part", "valueReference", "reference")!.Value));
        var pile = Assert.Single(lists).Child("resource")!;
        Assert.Equal($"Patient/{group}-2", Assert.Single(pile.All("entry").ToArray()).At("item", "reference")!.Value);
        Assert.Equal(first.Text, again.Text);
        Assert.Equal("1", (await team.GetFhirAsync($"List/{pile.Text("id")}")).Resource.At("meta", "versionId")!.Value);

        Assert.Equal(200, (await SpreadAsync(team, group, places: 3)).Status);
        Assert.Equal(3, (await team.GetFhirAsync($"List/{pile.Text("id")}")).Resource.All("entry").Length);
        Assert.Equal(400, (await SpreadAsync(team, group, places: -1)).Status);
        using var booking = await host.ClientAsync("demo-booking");
        Assert.Equal(403, (await SpreadAsync(booking, group, places: 1)).Status);
    }

    [Theory]
    [InlineData("""{"reference":"Practitioner/GP"}""")]
    [InlineData("""{"identifier":{"system":"urn:oid:1.2.250.1.71.4.2.1","value":"RPPS"} }""")]
    public async Task The_gp_who_leaves_is_no_gp_found_in_any_run_by_whatever_name(string gp)
    {
        using var team = await host.ClientAsync("demo-cpts");
        var rpps = "8" + Random.Shared.NextInt64(10_000_000_000, 99_999_999_999).ToString(System.Globalization.CultureInfo.InvariantCulture);
        var doctor = "sortant-" + Guid.NewGuid().ToString("N")[..8];
        await PutAsync(team, $$"""{"resourceType":"Practitioner","id":"{{doctor}}","identifier":[{"system":"urn:oid:1.2.250.1.71.4.2.1","value":"{{rpps}}"}]}""");
        var declared = gp.Replace("GP", doctor, StringComparison.Ordinal).Replace("RPPS", rpps, StringComparison.Ordinal);
        var group = await CohortAsync(team, Young(Somebody.New()).Replace("\"birthDate\"", $"\"generalPractitioner\":[{declared}],\"birthDate\"", StringComparison.Ordinal));
        await PutAsync(team, (await team.GetFhirAsync($"Group/{group}")).Text
            .Replace("\"member\":", $$"""
            "managingEntity":{"reference":"Practitioner/{{doctor}}"},"member":
            """, StringComparison.Ordinal));

        var report = await ReportAsync(team, group);
        var spread = await SpreadAsync(team, group, places: 1, isPreview: true);

        Assert.Equal((1, 0), (CountOf(report, 0, "invite-sans-reponse"), CountOf(report, 0, "mt-retrouve")));
        Assert.Equal("1", spread.Resource.All("parameter")[0].All("part").ToArray().Single(part => part.Text("name") == "placed").Text("valueInteger"));
    }

    [Fact]
    public async Task Two_runs_at_once_come_to_one_and_one_that_was_cut_off_after_its_calls_is_finished_by_the_next()
    {
        using var team = await host.ClientAsync("demo-cpts");
        var group = await CohortAsync(team, Old(Somebody.New()), Young(Somebody.New()), Old(Somebody.New()));
        var untouched = (await team.GetFhirAsync($"Group/{group}")).Text;

        var both = await Task.WhenAll(ReportAsync(team, group), ReportAsync(team, group));

        Assert.Equal(both[0].Text("id"), both[1].Text("id"));
        Assert.Equal(3, CountOf(both[0], 0, "invite-sans-reponse"));
        Assert.Equal(2, (await CallsAsync(team, group)).Count);

        // As a kill leaves it between the calls and the states.
        await PutAsync(team, untouched);
        var again = await ReportAsync(team, group);
        Assert.Equal(3, CountOf(again, 0, "invite-sans-reponse"));
        Assert.Equal(2, (await CallsAsync(team, group)).Count);
        Assert.Equal(3, (await team.GetFhirAsync($"Group/{group}")).Resource.All("member").ToArray().Count(member => member.Child("extension") is not null));
    }

    [Fact]
    public async Task A_cohort_of_more_members_than_other_arrays_have_items_is_kept_shown_changed_and_reconciled()
    {
        await using var hub = await HubHost.StartAsync(("Hub:DemoTerritory", "false"));
        using var team = await hub.ClientAsync("demo-cpts");
        var group = await CohortAsync(team, Young(Somebody.New()));
        var (member, stored) = ($$"""{"entity":{"reference":"Patient/{{group}}-1"} }""", (await team.GetFhirAsync($"Group/{group}")).Text);
        await PutAsync(team, stored.Replace("\"member\":[", "\"member\":[" + string.Concat(Enumerable.Repeat(member + ",", 10_000)), StringComparison.Ordinal));

        var done = await LaterAsync(team, group);
        var patched = await team.SendAsync(
            HttpMethod.Patch, $"/fhir/Group/{group}", """[{"op":"add","path":"/name","value":"Cohorte"}]""", "application/json-patch+json");

        Assert.Contains("\"code\":\"invite-sans-reponse\"", done.Text, StringComparison.Ordinal);
        Assert.True(patched.Status == 200, patched.Text);
        Assert.Equal(10_001, System.Text.Json.Nodes.JsonNode.Parse((await team.GetFhirAsync($"Group/{group}?_elements=member")).Text)!["member"]!.AsArray().Count);
    }

    [Fact]
    public async Task A_large_cohort_is_reconciled_later()
    {
        await using var hub = await HubHost.StartAsync(("Hub:DemoTerritory", "false"), ("Hub:Limits:ReconcileAtOnce", "1"), ("Hub:Limits:GroupMembers", "2"));
        using var team = await hub.ClientAsync("demo-cpts");
        var group = await CohortAsync(team, Young(Somebody.New()), Young(Somebody.New()));
        var stored = (await team.GetFhirAsync($"Group/{group}")).Text;
        var member = $$"""{"entity":{"reference":"Patient/{{group}}-1"} }""";
        var tooLarge = await team.PutFhirAsync($"Group/{group}", stored.Replace("\"member\":[", $"\"member\":[{member},", StringComparison.Ordinal));
        Assert.Equal(400, tooLarge.Status);
        Assert.Contains("An array has more than 2 items (Hub:Limits:GroupMembers).", tooLarge.Text, StringComparison.Ordinal);

        var done = await LaterAsync(team, group);

        Assert.Equal(200, done.Status);
        Assert.Contains("MeasureReport", done.Text, StringComparison.Ordinal);
        Assert.Single((await team.GetFhirAsync($"MeasureReport?subject=Group/{group}")).Ids());
    }

    /// <summary>The answer to a run that is answered later.</summary>
    private static async Task<Reply> LaterAsync(HttpClient team, string group)
    {
        var taken = await team.PostFhirAsync($"Group/{group}/$reconcile", "");
        Assert.Equal(202, taken.Status);
        var status = taken.ContentHeaders.ContentLocation!.ToString();
        var deadline = DateTime.UtcNow.AddSeconds(30);
        Reply done;
        while ((done = await team.SendAsync(HttpMethod.Get, status)).Status == 202)
        {
            Assert.True(DateTime.UtcNow < deadline, "The cohort is not reconciled within 30 s.");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        return done;
    }

    private static Task<Reply> SpreadAsync(HttpClient client, string group, int places, bool isPreview = false) => client.PostFhirAsync(
        $"Group/{group}/$spread",
        $$"""
        {"resourceType":"Parameters","parameter":[
          {"name":"preview","valueBoolean":{{(isPreview ? "true" : "false")}} },
          {"name":"gp","part":[{"name":"practitioner","valueReference":{"reference":"Practitioner/demo-medecin-1"} },{"name":"places","valueInteger":{{places}} }] }] }
        """);

    private static string Young(Somebody who) => Patient("", who, gp: null).Replace(who.Born, "1990-02-03", StringComparison.Ordinal);

    /// <summary>Lived in the territory, and lives elsewhere now.</summary>
    private static string Moved(Somebody who) => Young(who).Replace("\"telecom\"",
        $"\"address\":[{Address("old", "85003")},{Address("home", "44109")}],\"telecom\"", StringComparison.Ordinal);

    private static string Address(string use, string commune) => $$"""
        {"use":"{{use}}","extension":[{"url":"https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-address-insee-code",
         "valueCoding":{"system":"https://mos.esante.gouv.fr/NOS/TRE_R13-CommuneOM/FHIR/TRE-R13-CommuneOM","code":"{{commune}}"} }]}
        """;

    private static string Old(Somebody who) => Patient("", who, gp: null).Replace(who.Born, "1938-02-03", StringComparison.Ordinal);

    /// <summary>A cohort of these people, whose ids are the cohort's with a number.</summary>
    private static async Task<string> CohortAsync(HttpClient team, params string[] patients)
    {
        var group = "cohorte-" + Guid.NewGuid().ToString("N")[..8];
        for (var at = 0; at < patients.Length; at++)
            await PutAsync(team, patients[at].Replace("\"id\":\"\"", $"\"id\":\"{group}-{at + 1}\"", StringComparison.Ordinal));
        var members = string.Join(',', patients.Select((_, at) => $$"""{"entity":{"reference":"Patient/{{group}}-{{at + 1}}"} }"""));
        await PutAsync(team, $$"""
            {"resourceType":"Group","id":"{{group}}","type":"person","actual":true,
             "code":{"coding":[{"system":"https://cpts-fhir-hub.example/fhir/CodeSystem/type-cohorte","code":"medecin-sortant"}]},
             "member":[{{members}}]}
            """);
        return group;
    }

    private static async Task<Element> ReportAsync(HttpClient team, string group)
    {
        var reply = await team.PostFhirAsync($"Group/{group}/$reconcile", "");
        Assert.True(reply.Status == 200, reply.Text);
        return reply.Resource;
    }

    private static int CountOf(Element report, int at, string code) => int.Parse(
        report.All("group")[at].All("population").ToArray().Single(population => population.At("code", "coding", "code")!.Value == code).Text("count")!,
        System.Globalization.CultureInfo.InvariantCulture);

    private static async Task<List<Element>> CallsAsync(HttpClient team, string group) =>
        [.. (await team.GetFhirAsync($"Task?focus=Group/{group}")).Resource.All("entry").ToArray().Select(entry => entry.Child("resource")!)];

    [Fact]
    public async Task The_job_runs_at_once_for_the_team_and_for_nobody_else()
    {
        using var team = await host.ClientAsync("demo-cpts");
        using var booking = await host.ClientAsync("demo-booking");
        var url = new Uri("/jobs/reconcile-cohorts/run", UriKind.Relative);

        using var refused = await booking.PostAsync(url, null);
        using var run = await team.PostAsync(url, null);

        Assert.Equal(403, (int)refused.StatusCode);
        var body = await run.JsonAsync();
        Assert.True(body.GetProperty("run").GetProperty("succeeded").GetBoolean(), body.ToString());
        var jobs = await team.GetJsonAsync("/jobs");
        var job = jobs.GetProperty("jobs").EnumerateArray().Single(one => one.Text("name") == "reconcile-cohorts");
        Assert.Contains("cohorts", job.GetProperty("runs")[0].Text("outcome"), StringComparison.Ordinal);
    }

    private static async Task<Dictionary<string, string>> ReconcileAsync(HttpClient team, string group)
    {
        using var response = await team.PostAsync(new Uri($"/fhir/Group/{group}/$reconcile", UriKind.Relative), null);
        var report = await response.JsonAsync();
        Assert.True(response.IsSuccessStatusCode, report.ToString());
        return report.GetProperty("group")[0].GetProperty("population").EnumerateArray()
            .ToDictionary(population => population.GetProperty("code").GetProperty("coding")[0].Text("code"), population => population.Text("count"));
    }

    private static string Patient(string id, Somebody who, string? gp) => $$"""
        {"resourceType":"Patient","id":"{{id}}","name":[{"use":"official","family":"{{who.Family}}","given":["{{who.Given}}"]}],
         {{(gp is null ? "" : $"\"generalPractitioner\":[{{\"identifier\":{{\"system\":\"urn:oid:1.2.250.1.71.4.2.1\",\"value\":\"{gp}\"}}}}],")}}
         "telecom":[{"system":"phone","value":"+33{{who.Phone[1..]}}"}],"birthDate":"{{who.Born}}"}
        """;

    private static async Task PutAsync(HttpClient team, string json)
    {
        using var body = new StringContent(json, Encoding.UTF8, "application/fhir+json");
        var resource = System.Text.Json.Nodes.JsonNode.Parse(json)!;
        using var response = await team.PutAsync(new Uri($"/fhir/{resource["resourceType"]}/{resource["id"]}", UriKind.Relative), body);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
    }
}
