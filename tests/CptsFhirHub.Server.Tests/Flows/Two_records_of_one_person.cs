using System.Text.Json;
using System.Text.Json.Nodes;
using CptsFhirHub.Storage;
using CptsFhirHub.Tests.Intake;
using Microsoft.Extensions.DependencyInjection;

namespace CptsFhirHub.Tests.Flows;

/// <summary>Records that are one person, by the machine or by a coordinator, and two again.</summary>
public sealed class Two_records_of_one_person(HubHost host)
{
    private static readonly string[] Types = ["Patient", "ServiceRequest", "Task", "Flag", "RiskAssessment", "Observation", "Condition", "Consent", "Encounter"];

    [Fact]
    public async Task Somebody_who_comes_by_four_doors_at_once_is_one_person()
    {
        using var booking = await host.ClientAsync("demo-booking");
        using var hospital = await host.ClientAsync("demo-hospital");
        using var prado = await host.ClientAsync("demo-prado");
        using var guichet = await host.ClientAsync("demo-guichet");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New("1936-02-11");
        var form = $$"""
            {"reference":"{{Guid.NewGuid():N}}","date":"2026-06-18T09:40:00+02:00","nom":"{{who.Family}}","prenom":"{{who.Given}}","date_naissance":"11/02/1936",
             "telephone":"{{who.Phone}}","commune":"AIZENAY","commune_insee":"85003","sans_mt_depuis":"2026-03-31","besoin":"renouvellement","consentement":true}
            """;

        var answers = await Task.WhenAll(
            booking.PostMessageAsync("doctolib", Messages.SignUp(who), Messages.Json),
            hospital.PostMessageAsync("hospital", Messages.Adt(who, "A03"), Messages.Hl7),
            prado.PostMessageAsync("prado", Messages.Prado(who), Messages.Csv),
            guichet.PostMessageAsync("guichet", form, Messages.Json));

        Assert.All(answers, answer => Assert.True(answer.Status is 200 or 201 or 202, $"{answer.Status} {answer.Body}"));
        Assert.Single((await team.GetJsonAsync($"/fhir/Patient?family={who.Family}")).Matches());
    }

    [Fact]
    public async Task A_message_about_one_person_touches_nothing_of_another_whose_keys_meet_hers_by_chance()
    {
        using var booking = await host.ClientAsync("demo-booking");
        using var prado = await host.ClientAsync("demo-prado");
        using var team = await host.ClientAsync("demo-cpts");
        var (one, other) = (Somebody.New("1936-02-11"), Somebody.New("1951-10-30"));
        var (_, mine) = await booking.PostMessageAsync("doctolib", Messages.SignUp(one), Messages.Json);
        var (_, others) = await booking.PostMessageAsync("doctolib", Messages.SignUp(other), Messages.Json);
        var (own, foreign) = (mine.Text("patient"), others.Text("patient"));
        await prado.PostMessageAsync("prado", Messages.Prado(other), Messages.Csv);
        var store = host.Services.GetRequiredService<ResourceStore>();
        await store.SettleKeysAsync(TestContext.Current.CancellationToken);
        await store.SettleKeysAsync(TestContext.Current.CancellationToken);
        Forge("open-request", foreign, own, others.Text("signalement"));
        var records = (await team.GetFhirAsync($"Basic?subject={foreign}&code=dossier-source")).Ids();
        Assert.NotEmpty(records);
        foreach (var record in records)
            Forge("records", foreign, own, $"Basic/{record}");
        var before = await EverythingAsync(team, foreign, foreign);

        var (status, again) = await prado.PostMessageAsync("prado", Messages.Prado(one), Messages.Csv);

        Assert.True(status is 200 or 201 or 202, $"{again}");
        Assert.Equal(before, await EverythingAsync(team, foreign, foreign));
        Assert.Equal([own.Split('/')[1]], (await team.GetFhirAsync($"Patient?family={one.Family}")).Ids());
        Assert.Equal([mine.Text("signalement").Split('/')[1]], (await team.GetFhirAsync($"ServiceRequest?subject={own}")).Ids());
    }

    /// <summary>Puts a resource under the key of another one of that kind, as two keys meet that have one hash.</summary>
    private void Forge(string kind, string value, string by, string resource)
    {
        using var database = HubStore.DatabaseOf(new()
        {
            Provider = StorePlace.Provider,
            ConnectionString = StorePlace.ConnectionString(host.Folder),
            DataDirectory = Path.Combine(host.Folder, "data"),
        });
        using var forger = database.Open(isReader: false);
        Assert.Equal(1, forger.Get("UPDATE lookup SET hash = ? WHERE hash = ? AND rid = (SELECT max(rid) FROM resource WHERE id = ?)")
            .Add(HashedKey.Of(new(kind, by)).Hash).Add(HashedKey.Of(new(kind, value)).Hash).Add(resource.Split('/')[1]).Run());
    }

    [Fact]
    public async Task A_merge_is_shown_before_it_is_done()
    {
        using var team = await host.ClientAsync("demo-cpts");
        var (source, target) = await TwoAsync();
        var before = await EverythingAsync(team, source, target);

        var reply = await MergeAsync(team, source, target, """,{"name":"preview","valueBoolean":true}""");

        Assert.True(reply.Status == 200, reply.Text);
        Assert.Contains("would be moved", reply.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("\"provenance\"", reply.Text, StringComparison.Ordinal);
        Assert.Equal(before, await EverythingAsync(team, source, target));
    }

    [Fact]
    public async Task To_merge_and_to_unmerge_leaves_every_resource_and_reference_as_it_was()
    {
        using var team = await host.ClientAsync("demo-cpts");
        var (source, target) = await TwoAsync();
        var before = await EverythingAsync(team, source, target);

        var merged = await MergeAsync(team, source, target);
        Assert.True(merged.Status == 200, merged.Text);
        var gone = await team.GetJsonAsync($"/fhir/{source}");
        Assert.Equal("False", gone.Text("active"));
        Assert.Equal("replaced-by", gone.GetProperty("link")[0].Text("type"));
        Assert.Empty((await team.GetJsonAsync($"/fhir/Task?patient={source}")).Matches());
        var requests = (await team.GetJsonAsync($"/fhir/ServiceRequest?patient={target}")).Matches();
        Assert.Equal(["active", "revoked"], requests.Select(request => request.Text("status")).Order(StringComparer.Ordinal));

        // The same again changes nothing and gives the same Provenance.
        var again = await MergeAsync(team, source, target);
        Assert.Equal(ProvenanceOf(merged), ProvenanceOf(again));

        var undone = await UnmergeAsync(team, ProvenanceOf(merged));
        Assert.True(undone.Status == 200, undone.Text);
        Assert.Equal(before, await EverythingAsync(team, source, target));
        Assert.Equal(200, (await UnmergeAsync(team, ProvenanceOf(merged))).Status);
        Assert.Equal(before, await EverythingAsync(team, source, target));
    }

    [Fact]
    public async Task Of_a_chain_of_merges_the_last_is_taken_back_first_and_then_all_is_as_it_was()
    {
        using var team = await host.ClientAsync("demo-cpts");
        for (var seed = 0; seed < 8; seed++)
        {
            var (random, who) = (new Random(seed), Somebody.New("1933-04-10"));
            List<string> persons = [];
            for (var n = 0; n < 4; n++)
                persons.Add("Patient/" + await team.CreateAsync("Patient", Record(who with { Given = $"{who.Given}{(char)('a' + n)}" })));
            List<string> all = [.. persons];
            foreach (var person in persons)
                all.Add("Observation/" + await team.CreateAsync("Observation", $$"""
                    {"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"{{person}}"},"performer":[{"reference":"{{persons[random.Next(4)]}}"}]}
                    """));
            all.Add("Group/" + await team.CreateAsync("Group", $$"""
                {"resourceType":"Group","type":"person","actual":true,"member":[{{string.Join(',', persons.Select(person => $$"""{"entity":{"reference":"{{person}}"} }"""))}}]}
                """));
            var before = await ContentsAsync(team, all);

            List<string> merges = [];
            while (merges.Count < 3)
            {
                var (source, target) = (persons[random.Next(4)], persons[random.Next(4)]);
                var reply = source == target ? null : await MergeAsync(team, source, target);
                if (reply is { Status: 200 } && ProvenanceOf(reply) is var provenance && !merges.Contains(provenance))
                    merges.Add(provenance);
            }

            // All four are one by now; in any order that is allowed they are four again.
            var left = new Queue<string>(merges.OrderBy(_ => random.Next()));
            for (var tries = 0; left.Count > 0; tries++)
            {
                Assert.InRange(tries, 0, 9);
                var reply = await UnmergeAsync(team, left.Peek());
                if (reply.Status == 409)
                {
                    Assert.Contains(merges, later => reply.Text.Contains(later, StringComparison.Ordinal) && left.Contains(later));
                    left.Enqueue(left.Peek());
                }

                left.Dequeue();
            }

            Assert.Equal(before, await ContentsAsync(team, all));
        }
    }

    [Fact]
    public async Task Records_that_became_one_by_way_of_a_third_are_one_already()
    {
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New("1934-04-10");
        List<string> persons = [];
        for (var n = 0; n < 3; n++)
            persons.Add("Patient/" + await team.CreateAsync("Patient", Record(who with { Given = $"{who.Given}{(char)('a' + n)}" })));
        Assert.Equal(200, (await MergeAsync(team, persons[0], persons[1])).Status);
        Assert.Equal(200, (await MergeAsync(team, persons[1], persons[2])).Status);

        var again = await MergeAsync(team, persons[0], persons[2]);
        Assert.Equal(200, again.Status);
        Assert.Contains("one person already", again.Text, StringComparison.Ordinal);
        Assert.Equal(409, (await MergeAsync(team, persons[2], persons[0])).Status);
    }

    private static async Task<string> ContentsAsync(HttpClient team, List<string> references)
    {
        List<string> contents = [];
        foreach (var reference in references)
            contents.Add(Content(await team.GetJsonAsync($"/fhir/{reference}")));
        return string.Join('\n', contents);
    }

    [Fact]
    public async Task What_came_after_a_merge_goes_to_the_record_of_its_sender()
    {
        using var team = await host.ClientAsync("demo-cpts");
        using var hospital = await host.ClientAsync("demo-hospital");
        var who = Somebody.New("1938-04-13");
        var (source, target) = await TwoAsync(who);
        var merged = await MergeAsync(team, source, target);
        Assert.True(merged.Status == 200, merged.Text);

        // The hospital, which knew the source alone, writes again; its words find the merged person.
        var (status, answer) = await hospital.PostMessageAsync("hospital", Messages.Adt(who, "A01"), Messages.Hl7);
        Assert.True(status is 200 or 201, $"{status} {answer}");
        Assert.Equal(target, answer.Text("patient"));

        Assert.Equal(200, (await UnmergeAsync(team, ProvenanceOf(merged))).Status);
        Assert.NotEmpty((await team.GetJsonAsync($"/fhir/Encounter?patient={source}")).Matches());
        Assert.Empty((await team.GetJsonAsync($"/fhir/Encounter?patient={target}")).Matches());
    }

    [Fact]
    public async Task A_merge_of_what_has_changed_since_or_by_a_partner_is_refused()
    {
        using var team = await host.ClientAsync("demo-cpts");
        using var booking = await host.ClientAsync("demo-booking");
        var (source, target) = await TwoAsync();
        Assert.Equal(409, (await MergeAsync(team, source + "/_history/99", target)).Status);
        Assert.Equal(404, (await MergeAsync(team, "Patient/nobody", target)).Status);
        Assert.Equal(422, (await MergeAsync(team, target, target)).Status);
        Assert.Equal(403, (await MergeAsync(booking, source, target)).Status);
        Assert.Equal(404, (await UnmergeAsync(team, "Provenance/nothing")).Status);
        Assert.Equal(400, (await MergeAsync(team, source, target, """,{"name":"preview","valueString":"yes"}""")).Status);
        Assert.Equal(200, (await team.GetFhirAsync(source)).Status);
    }

    [Fact]
    public async Task Two_records_that_were_separated_are_never_joined_nor_proposed_again()
    {
        using var team = await host.ClientAsync("demo-cpts");
        using var hospital = await host.ClientAsync("demo-hospital");
        var who = Somebody.New("1939-05-14");
        var (_, known) = await hospital.PostMessageAsync("hospital", Messages.Adt(who, "A03"), Messages.Hl7);
        var source = known.Text("patient");
        var target = "Patient/" + await team.CreateAsync("Patient", Record(who));
        var merged = await MergeAsync(team, source, target);
        Assert.Equal(200, (await UnmergeAsync(team, ProvenanceOf(merged))).Status);

        // The other fits as well as one can, and the number says which of the two it is.
        var (status, answer) = await hospital.PostMessageAsync("hospital", Messages.Adt(who, "A01"), Messages.Hl7);
        Assert.True(status is 200 or 201, $"{status} {answer}");
        Assert.Equal(source, answer.Text("patient"));
        Assert.Equal(2, (await team.GetJsonAsync($"/fhir/Patient?family={who.Family}")).Matches().Count);

        var record = (await team.GetFhirAsync(source)).Text;
        var match = await team.PostFhirAsync("Patient/$match", $$"""{"resourceType":"Parameters","parameter":[{"name":"resource","resource":{{record}} }]}""");
        Assert.Equal([source[8..]], match.Ids());

        // A hospital that takes them for one does not reopen what a coordinator has closed; a coordinator may.
        Assert.Contains("stay apart", (await MergeMessageAsync(hospital, team, who, target)).GetRawText(), StringComparison.Ordinal);
        Assert.Empty((await team.GetJsonAsync($"/fhir/Task?patient={source}&code=verification-identite")).Matches());
        var anew = await MergeAsync(team, source, target);
        Assert.Contains("takes it back", anew.Text, StringComparison.Ordinal);
        Assert.Equal(200, anew.Status);
    }

    [Fact]
    public async Task Who_compares_two_records_says_how_it_ended_and_a_merge_says_it_too()
    {
        using var team = await host.ClientAsync("demo-cpts");
        using var dac = await host.ClientAsync("demo-dac");
        var who = Somebody.New("1940-06-15");
        var (one, other) = (await team.CreateAsync("Patient", Record(who)), await team.CreateAsync("Patient", Record(who with { Given = "Odetta" })));
        var task = await team.CreateAsync("Task", Comparison(one, other, "requested"));
        Assert.Equal((422, "required"), Told(await team.PutFhirAsync($"Task/{task}", Comparison(one, other, "completed", task), ("If-Match", "W/\"1\""))));
        Assert.Equal((422, "business-rule"), Told(await team.PutFhirAsync($"Task/{task}", Comparison(one, other, "completed", task, "meme-personne"), ("If-Match", "W/\"1\""))));

        var merged = await MergeAsync(team, $"Patient/{one}", $"Patient/{other}");
        Assert.Contains("meme-personne", (await team.GetFhirAsync($"Task/{task}")).Text, StringComparison.Ordinal);
        Assert.Equal(200, (await UnmergeAsync(team, ProvenanceOf(merged))).Status);
        var ended = await team.GetFhirAsync($"Task/{task}");
        Assert.Equal("completed", ended.Resource.Text("status"));
        Assert.Contains("personnes-distinctes", ended.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("meme-personne", ended.Text, StringComparison.Ordinal);

        Assert.Equal(403, (await dac.PostFhirAsync("Task", Comparison(one, other, "completed", outcome: "personnes-distinctes"))).Status);
    }

    [Fact]
    public async Task A_no_ends_the_review_of_a_member_of_a_cohort()
    {
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New("1941-07-16");
        var (one, other) = (await team.CreateAsync("Patient", Record(who)), await team.CreateAsync("Patient", Record(who with { Given = "Odetta" })));
        var group = await team.CreateAsync("Group", $$"""
            {"resourceType":"Group","type":"person","actual":true,"name":"Patientèle",
             "code":{"coding":[{"system":"https://cpts-fhir-hub.example/fhir/CodeSystem/type-cohorte","code":"medecin-sortant"}]},
             "member":[{"entity":{"reference":"Patient/{{one}}"} }]}
            """);
        var task = await team.CreateAsync("Task", Comparison(one, other, "requested"));
        await team.PostFhirAsync($"Group/{group}/$reconcile", """{"resourceType":"Parameters"}""");
        Assert.Contains("lien-a-verifier", (await team.GetFhirAsync($"Group/{group}")).Text, StringComparison.Ordinal);

        var no = await team.PutFhirAsync($"Task/{task}", Comparison(one, other, "completed", task, "personnes-distinctes"), ("If-Match", "W/\"1\""));
        Assert.True(no.Status == 200, no.Text);
        await team.PostFhirAsync($"Group/{group}/$reconcile", """{"resourceType":"Parameters"}""");
        Assert.DoesNotContain("lien-a-verifier", (await team.GetFhirAsync($"Group/{group}")).Text, StringComparison.Ordinal);
        var match = await team.PostFhirAsync("Patient/$match", $$"""
            {"resourceType":"Parameters","parameter":[{"name":"resource","resource":{{(await team.GetFhirAsync($"Patient/{one}")).Text}} }]}
            """);
        Assert.Equal([one], match.Ids());
    }

    [Fact]
    public async Task The_team_sees_what_each_sender_says_from_whom_a_value_comes_and_why_records_were_joined()
    {
        using var team = await host.ClientAsync("demo-cpts");
        using var hospital = await host.ClientAsync("demo-hospital");
        using var booking = await host.ClientAsync("demo-booking");
        var who = Somebody.New("1942-08-17");
        var (_, first) = await hospital.PostMessageAsync("hospital", Messages.Adt(who, "A03"), Messages.Hl7);
        var person = first.Text("patient");
        var alone = await team.GetFhirAsync(person + "/$identity");
        Assert.Single(Named(alone, "record"));
        Assert.Equal("nouveau", Part(Assert.Single(Named(alone, "decision")), "outcome", "valueCode"));

        var (_, second) = await booking.PostMessageAsync("doctolib", Messages.SignUp(who), Messages.Json);
        Assert.Equal(person, second.Text("patient"));
        var told = await team.GetFhirAsync(person + "/$identity");

        Assert.Equal(["demo-booking", "demo-hospital"], Named(told, "record").Select(one => Part(one, "sender", "valueString")).Order(StringComparer.Ordinal));
        var values = Named(told, "value").ToLookup(one => Part(one, "path", "valueString")!.Split('[')[0]);
        Assert.Equal("demo-hospital", Part(values["Patient.birthDate"].Single(), "sender", "valueString"));
        Assert.Equal("demo-hospital", Part(values["Patient.identifier"].First(), "sender", "valueString"));
        var joined = Named(told, "decision").Last();
        Assert.Equal(("machine", "reuni"), (Part(joined, "by", "valueString"), Part(joined, "outcome", "valueCode")));
        var compared = joined.All("part").ToArray().Single(part => part.Text("name") == "compared");
        Assert.Equal(person + "/_history/1", compared.All("part").ToArray().Single(part => part.Text("name") == "record").At("valueReference", "reference")!.Value);
        Assert.Equal("certain", Part(compared, "grade", "valueCode"));
        var fields = compared.All("part").ToArray().Where(part => part.Text("name") == "field").ToDictionary(part => Part(part, "name", "valueCode")!);
        Assert.Equal("equal", Part(fields["birthDate"], "level", "valueCode"));
        Assert.Equal("Même date de naissance.", Part(fields["birthDate"], "text", "valueString"));
        var kept = await team.GetFhirAsync(joined.All("part").ToArray().Single(part => part.Text("name") == "source").At("valueReference", "reference")!.Value!);
        Assert.Contains("decision-identite", kept.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(who.Family, kept.Text, StringComparison.Ordinal);

        Assert.Equal(403, (await hospital.GetFhirAsync(person + "/$identity")).Status);
        Assert.Equal(404, (await team.GetFhirAsync("Patient/nobody/$identity")).Status);
        Assert.Empty((await booking.GetFhirAsync("Basic?code=dossier-source")).Ids());
    }

    [Fact]
    public async Task What_the_team_has_written_stays_whatever_the_senders_say_again()
    {
        using var team = await host.ClientAsync("demo-cpts");
        using var hospital = await host.ClientAsync("demo-hospital");
        using var booking = await host.ClientAsync("demo-booking");
        var who = Somebody.New("1943-09-18");
        var (_, first) = await hospital.PostMessageAsync("hospital", Messages.Adt(who, "A03"), Messages.Hl7);
        await booking.PostMessageAsync("doctolib", Messages.SignUp(who), Messages.Json);
        var person = first.Text("patient");
        var record = await team.GetFhirAsync(person);
        var corrected = record.Text.Replace(who.Born, "1943-09-19", StringComparison.Ordinal);
        Assert.Equal(200, (await team.PutFhirAsync(person, corrected, ("If-Match", record.ETag))).Status);

        var (_, again) = await hospital.PostMessageAsync("hospital", Messages.Adt(who, "A01"), Messages.Hl7);

        // The number names the person, and what the hospital said before is what it says now.
        Assert.Equal(person, again.Text("patient"));
        Assert.Equal("1943-09-19", (await team.GetFhirAsync(person)).Resource.Text("birthDate"));
        var origin = Named(await team.GetFhirAsync(person + "/$identity"), "value").Single(one => Part(one, "path", "valueString") == "Patient.birthDate");
        Assert.Equal("coordination", Part(origin, "sender", "valueString"));
    }

    [Fact]
    public async Task After_weeks_of_messages_each_of_two_gets_back_what_its_own_sender_says_now()
    {
        using var team = await host.ClientAsync("demo-cpts");
        using var hospital = await host.ClientAsync("demo-hospital");
        var who = Somebody.New("1944-10-20");
        var (source, target) = await TwoAsync(who);
        var before = (await team.GetFhirAsync(target)).Resource;
        var merged = await MergeAsync(team, source, target);
        Assert.True(merged.Status == 200, merged.Text);

        // Its own traits are those of the sign-up no more: the number that a coordinator has put there is final.
        var moved = who with { Phone = "0251000777" };
        var (status, answer) = await hospital.PostMessageAsync("hospital", Messages.Adt(moved, "A01"), Messages.Hl7);
        Assert.True(status is 200 or 201, $"{status} {answer}");
        Assert.Equal(target, answer.Text("patient"));
        Assert.Contains("0251000777", Phones((await team.GetFhirAsync(target)).Resource));

        Assert.Equal(200, (await UnmergeAsync(team, ProvenanceOf(merged))).Status);
        var (given, kept) = ((await team.GetFhirAsync(source)).Resource, (await team.GetFhirAsync(target)).Resource);
        Assert.Contains("0251000777", Phones(given));
        Assert.DoesNotContain("0251000777", Phones(kept));
        Assert.Equal(Phones(before), Phones(kept));
        Assert.Equal(before.At("name")!.Text("family"), kept.At("name")!.Text("family"));
        Assert.Equal(before.Text("birthDate"), kept.Text("birthDate"));
        Assert.Null(kept.Child("link"));
        Assert.Null(given.Child("link"));
        Assert.Equal(["demo-hospital"], Named(await team.GetFhirAsync(source + "/$identity"), "record").Select(one => Part(one, "sender", "valueString")));
        Assert.Equal(["demo-booking"], Named(await team.GetFhirAsync(target + "/$identity"), "record").Select(one => Part(one, "sender", "valueString")));
    }

    private static IEnumerable<Fhir.Model.Element> Named(Reply reply, string name) =>
        reply.Resource.All("parameter").ToArray().Where(parameter => parameter.Text("name") == name);

    private static string? Part(Fhir.Model.Element group, string name, string value) =>
        group.All("part").ToArray().FirstOrDefault(part => part.Text("name") == name)?.Text(value);

    private static List<string?> Phones(Fhir.Model.Element patient) =>
        [.. patient.All("telecom").ToArray().Select(contact => contact.Text("value")?.Replace("+33", "0", StringComparison.Ordinal))];

    private static (int Status, string? Code) Told(Reply reply) => (reply.Status, reply.IssueCode);

    private static string Record(Somebody who) => $$"""
        {"resourceType":"Patient","name":[{"use":"official","family":"{{who.Family}}","given":["{{who.Given}}"]}],"gender":"female","birthDate":"{{who.Born}}",
         "telecom":[{"system":"phone","value":"{{who.Phone}}"}],"address":[{"line":["4 RUE DU FOUR"],"city":"AIZENAY","postalCode":"85190"}]}
        """;

    private static string Comparison(string one, string other, string status, string? id = null, string? outcome = null)
    {
        var said = outcome is null ? "" : $$$"""
            ,"output":[{"type":{"coding":[{"system":"https://cpts-fhir-hub.example/fhir/CodeSystem/donnee-tache","code":"issue-verification"}]},
              "valueCodeableConcept":{"coding":[{"system":"https://cpts-fhir-hub.example/fhir/CodeSystem/issue-verification","code":"{{{outcome}}}"}]}}]
            """;
        return $$"""
            {"resourceType":"Task",{{(id is null ? "" : $"\"id\":\"{id}\",")}}"status":"{{status}}","intent":"order","for":{"reference":"Patient/{{one}}"},
             "code":{"coding":[{"system":"https://cpts-fhir-hub.example/fhir/CodeSystem/type-tache","code":"verification-identite"}]},
             "input":[{"type":{"text":"Dossier à comparer"},"valueReference":{"reference":"Patient/{{other}}"} }]{{said}} }
            """;
    }

    /// <summary>The hospital says that the number of one record is now that of the other.</summary>
    private static async Task<JsonElement> MergeMessageAsync(HttpClient hospital, HttpClient team, Somebody who, string target)
    {
        var retired = Guid.NewGuid().ToString("N")[..10];
        var known = JsonNode.Parse((await team.GetFhirAsync(target)).Text)!.AsObject();
        known["identifier"] = new JsonArray(new JsonObject { ["system"] = "urn:oid:859900011", ["value"] = retired });
        var number = (await team.GetJsonAsync($"/fhir/Patient?family={who.Family}")).Matches().SelectMany(patient => patient.TryGetProperty("identifier", out var ids)
            ? ids.EnumerateArray().Where(id => id.Text("value") == who.Ipp) : []).First();
        known["identifier"]![0]!["system"] = number.Text("system");
        Assert.Equal(200, (await team.PutFhirAsync(target, known.ToJsonString(), ("If-Match", $"W/\"{known["meta"]!["versionId"]}\""))).Status);
        var (_, answer) = await hospital.PostMessageAsync("hospital", Messages.Adt(who, "A40", mrg: retired), Messages.Hl7);
        return answer;
    }

    /// <summary>Two records of one woman: the hospital has her birth name, the sign-up another first name.</summary>
    private async Task<(string Source, string Target)> TwoAsync(Somebody? given = null)
    {
        using var booking = await host.ClientAsync("demo-booking");
        using var hospital = await host.ClientAsync("demo-hospital");
        var who = given ?? Somebody.New("1937-03-12");
        var (status, first) = await hospital.PostMessageAsync("hospital", Messages.Adt(who, "A03"), Messages.Hl7);
        Assert.True(status is 200 or 201, $"{status} {first}");
        var (other, second) = await booking.PostMessageAsync(
            "doctolib", Messages.SignUp(who with { Given = "Suzanne", Born = "1951-10-28", Phone = "0251000199" }), Messages.Json);
        Assert.True(other is 200 or 201, $"{other} {second}");
        return (first.Text("patient"), second.Text("patient"));
    }

    private static Task<Reply> MergeAsync(HttpClient client, string source, string target, string more = "") =>
        client.PostFhirAsync("Patient/$merge", $$"""
            {"resourceType":"Parameters","parameter":[{"name":"source-patient","valueReference":{"reference":"{{source}}"} },
             {"name":"target-patient","valueReference":{"reference":"{{target}}"} }{{more}}]}
            """);

    private static Task<Reply> UnmergeAsync(HttpClient client, string provenance) =>
        client.PostFhirAsync("Patient/$unmerge", $$"""
            {"resourceType":"Parameters","parameter":[{"name":"provenance","valueReference":{"reference":"{{provenance}}"} }]}
            """);

    private static string ProvenanceOf(Reply reply)
    {
        foreach (var parameter in reply.Resource.All("parameter"))
            if (parameter.Text("name") == "provenance")
                return parameter.Child("valueReference")!.Text("reference")!;
        throw new InvalidDataException($"No Provenance in {reply.Text}");
    }

    /// <summary>Both persons and all that refers to them, without the two members that the store sets with each version.</summary>
    private static async Task<string> EverythingAsync(HttpClient team, string source, string target)
    {
        var all = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var person in (string[])[source, target])
            foreach (var type in Types)
                foreach (var found in (await team.GetJsonAsync(type == "Patient" ? $"/fhir/Patient?_id={person[8..]}" : $"/fhir/{type}?patient={person}&_count=500")).Matches())
                    all[$"{type}/{found.Text("id")}"] = Content(found);
        return string.Join('\n', all.Select(one => $"{one.Key} {one.Value}"));
    }

    private static string Content(JsonElement resource)
    {
        var node = JsonNode.Parse(resource.GetRawText())!.AsObject();
        var meta = node["meta"]!.AsObject();
        meta.Remove("versionId");
        meta.Remove("lastUpdated");
        return node.ToJsonString();
    }
}
