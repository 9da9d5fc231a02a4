using System.Net;
using System.Text;
using Microsoft.Extensions.DependencyInjection;

namespace CptsFhirHub.Tests.Intake;

/// <summary>Letters, referrals and the rarer movements of a hospital.</summary>
public sealed class Hospital_documents(HubHost host)
{
    [Fact]
    public async Task A_letter_hangs_on_the_open_request_byte_for_byte()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        using var dac = await host.ClientAsync("demo-dac");
        var who = Somebody.New();
        var admitted = await hospital.PostMessageAsync("hospital", Messages.Adt(who, "A03"), Messages.Hl7);
        var bytes = Encoding.UTF8.GetBytes("<ClinicalDocument xmlns=\"urn:hl7-org:v3\"><title>Lettre à 37°</title></ClinicalDocument>");

        var (status, answer) = await hospital.PostMessageAsync("hospital", Letter(who, "T02", "LDL-" + who.Ipp, bytes, hidden: true), Messages.Hl7);

        Assert.True(status == 200, $"{status} {answer}");
        Assert.Equal(admitted.Body.Text("signalement"), answer.Text("signalement"));
        var letter = Assert.Single((await team.GetJsonAsync($"/fhir/DocumentReference?patient={answer.Text("patient")}")).Matches());
        Assert.Contains("INVISIBLE_PATIENT", letter.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("MASQUE_PS", letter.ToString(), StringComparison.Ordinal);
        Assert.Contains($"DocumentReference/{letter.Text("id")}", (await team.GetJsonAsync($"/fhir/{answer.Text("signalement")}")).ToString(), StringComparison.Ordinal);
        var url = letter.GetProperty("content")[0].GetProperty("attachment").Text("url");
        using var read = await team.GetAsync(new Uri($"/fhir/{url}", UriKind.Relative));
        Assert.Equal(bytes, await read.Content.ReadAsByteArrayAsync());
        using var refused = await dac.GetAsync(new Uri($"/fhir/{url}", UriKind.Relative));
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
    }

    [Fact]
    public async Task A_letter_is_replaced_and_withdrawn()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        await hospital.PostMessageAsync("hospital", Messages.Adt(who, "A03"), Messages.Hl7);
        var first = await hospital.PostMessageAsync("hospital", Letter(who, "T02", "A-" + who.Ipp, "<a/>"u8.ToArray()), Messages.Hl7);
        await hospital.PostMessageAsync("hospital", Letter(who, "T10", "B-" + who.Ipp, "<b/>"u8.ToArray(), replaces: "A-" + who.Ipp), Messages.Hl7);

        Assert.Equal(["A superseded", "B current"], await LettersAsync());

        // An addendum stands beside its letter, an edited letter stays the one it was, and a cancellation brings no document.
        await hospital.PostMessageAsync("hospital", Letter(who, "T06", "C-" + who.Ipp, "<c/>"u8.ToArray(), replaces: "B-" + who.Ipp), Messages.Hl7);
        await hospital.PostMessageAsync("hospital", Letter(who, "T08", "B-" + who.Ipp, "<b2/>"u8.ToArray()), Messages.Hl7);
        Assert.Equal(["A superseded", "B current", "C current"], await LettersAsync());
        var cancellation = string.Join('\r', Letter(who, "T11", "C-" + who.Ipp, []).Split('\r').Where(line => !line.StartsWith("OBX", StringComparison.Ordinal)));
        var (status, answer) = await hospital.PostMessageAsync("hospital", cancellation, Messages.Hl7);
        Assert.True(status == 200, $"{status} {answer}");
        Assert.Equal(["A superseded", "B current", "C entered-in-error"], await LettersAsync());

        await hospital.PostMessageAsync("hospital", Letter(who, "T04", "B-" + who.Ipp, "<b/>"u8.ToArray()), Messages.Hl7);
        Assert.Equal(["A superseded", "B entered-in-error", "C entered-in-error"], await LettersAsync());

        async Task<List<string>> LettersAsync() => [.. (await team.GetJsonAsync($"/fhir/DocumentReference?patient={first.Body.Text("patient")}")).Matches()
            .Select(letter => $"{letter.GetProperty("identifier")[0].Text("value").Split('|')[1][0]} {letter.Text("status")}").Order(StringComparer.Ordinal)];
    }

    [Fact]
    public async Task The_header_and_the_words_of_a_letter_stand_beside_its_bytes()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        await hospital.PostMessageAsync("hospital", Messages.Adt(who, "A03"), Messages.Hl7);
        var first = await hospital.PostMessageAsync("hospital", Letter(who, "T02", "C-" + who.Ipp, Cda(who, "1", null)), Messages.Hl7);
        Assert.True(first.Status == 200, $"{first.Status} {first.Body}");
        await hospital.PostMessageAsync("hospital", Letter(who, "T02", "D-" + who.Ipp, Cda(who, "2", "1")), Messages.Hl7);

        var letters = (await team.GetJsonAsync($"/fhir/DocumentReference?patient={first.Body.Text("patient")}")).Matches();
        var letter = Assert.Single(letters, letter => letter.Text("status") == "current");
        Assert.Single(letters, letter => letter.Text("status") == "superseded");
        Assert.Equal(("Lettre de sortie", "Hélène MERCIER"), (letter.Text("description"), letter.GetProperty("author")[0].Text("display")));
        Assert.Equal("2026-06-20T08:30:00+02:00", letter.Text("date"));
        var words = letter.GetProperty("content")[1].GetProperty("attachment");
        Assert.Equal("text/plain; charset=utf-8", words.Text("contentType"));
        Assert.Equal("MOTIF\nChute <b>.\n", await team.GetStringAsync(new Uri($"/fhir/{words.Text("url")}", UriKind.Relative)));

        // A letter about somebody else is not filed here.
        var (status, answer) = await hospital.PostMessageAsync("hospital", Letter(who, "T02", "E-" + who.Ipp, Cda(Somebody.New("1950-01-02"), "3", null)), Messages.Hl7);
        Assert.True(status == 422, $"{status} {answer}");
        Assert.Contains("another person", answer.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_masked_letter_is_the_teams_and_its_senders_and_a_hidden_one_not_the_patients()
    {
        await using var hub = await HubHost.StartAsync(("Hub:DemoTerritory", "false"));
        var who = Somebody.New();
        using var hospital = await hub.ClientAsync("demo-hospital");
        using var team = await hub.ClientAsync("demo-cpts");
        using var dac = await hub.ClientAsync("demo-dac");
        await hospital.PostMessageAsync("hospital", Messages.Adt(who, "A03").Replace("PV2|||||||SM", "PV2|||||||AL", StringComparison.Ordinal), Messages.Hl7);
        await hospital.PostMessageAsync("hospital", Letter(who, "T02", "F-" + who.Ipp, "<a/>"u8.ToArray(), hidden: true), Messages.Hl7);
        var masked = Letter(who, "T02", "G-" + who.Ipp, "<b/>"u8.ToArray()).Replace("MASQUE_PS^Masqué^MetaDMPMSS||N", "MASQUE_PS^Masqué^MetaDMPMSS||Y", StringComparison.Ordinal);
        var (_, answer) = await hospital.PostMessageAsync("hospital", masked, Messages.Hl7);
        var (patient, all) = (answer.Text("patient"), $"/fhir/DocumentReference?patient={answer.Text("patient")}");

        Assert.Equal(2, (await team.GetJsonAsync(all)).Matches().Count);
        Assert.Equal(2, (await hospital.GetJsonAsync(all)).Matches().Count);
        Assert.NotEmpty((await dac.GetJsonAsync($"/fhir/Task?patient={patient}")).Matches());
        var seen = Assert.Single((await dac.GetJsonAsync(all)).Matches());
        Assert.Contains("F-" + who.Ipp, seen.ToString(), StringComparison.Ordinal);
        var hidden = (await team.GetJsonAsync(all)).Matches().Single(letter => letter.ToString().Contains("G-" + who.Ipp, StringComparison.Ordinal));
        using var refused = await dac.GetAsync(new Uri($"/fhir/DocumentReference/{hidden.Text("id")}", UriKind.Relative));
        Assert.Equal(HttpStatusCode.NotFound, refused.StatusCode);

        // The patient's own application is given neither what is hidden from the patient nor another's view of what is masked.
        var own = CptsFhirHub.Server.Access.Policies.For("coordination", "app", null).ConfinedTo(patient.Split('/')[1]);
        var caller = new CptsFhirHub.Server.Access.Caller("app", "demo-cpts", "App", null, IsPerson: false)
        {
            Role = "coordination",
            Sources = new HashSet<string>(),
            Policy = own,
        };
        var sight = hub.Services.GetRequiredService<CptsFhirHub.Server.Access.Sight>();
        var page = await sight.SearchAsync(
            caller, CptsFhirHub.Server.Flows.Queries.By("DocumentReference"), TestContext.Current.CancellationToken);
        Assert.Equal([hidden.Text("id")], page.Matches.Select(letter => letter.Id));
    }

    [Fact]
    public async Task The_four_ways_of_one_discharge_end_in_one_signalement()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        var announced = await hospital.PostMessageAsync("fhir", Announced(who, "SOR"), FhirType);
        Assert.True(announced.Status == 201, $"{announced.Status} {announced.Body}");
        Assert.Equal("a-confirmer", (await team.GetJsonAsync($"/intake/tracking/{announced.Body.Text("tracking")}")).Text("state"));

        var moved = await hospital.PostMessageAsync("hospital", Messages.Adt(who, "A03"), Messages.Hl7);
        var letter = await hospital.PostMessageAsync("hospital", Letter(who, "T02", "H-" + who.Ipp, Cda(who, "8", null)), Messages.Hl7);
        using var asked = await hospital.PostAsync(new Uri("/fhir/$process-message", UriKind.Relative), Messages.Body(Asked(who), FhirType));

        Assert.True(asked.IsSuccessStatusCode, await asked.Content.ReadAsStringAsync());
        foreach (var other in new[] { moved, letter })
            Assert.Equal((200, announced.Body.Text("signalement")), (other.Status, other.Body.Text("signalement")));
        var patient = Assert.Single((await team.GetJsonAsync($"/fhir/Patient?family={who.Family}")).Matches());
        var request = Assert.Single((await team.GetJsonAsync($"/fhir/ServiceRequest?patient={patient.Text("id")}")).Matches());
        Assert.Equal(announced.Body.Text("signalement"), $"ServiceRequest/{request.Text("id")}");

        // Announced over FHIR it is one more voice, and the announcement is kept.
        using var created = await hospital.PostAsync(new Uri("/fhir/CommunicationRequest", UriKind.Relative), Messages.Body(Announced(who, "SOR"), FhirType));
        Assert.True((int)created.StatusCode == 201, await created.Content.ReadAsStringAsync());
        Assert.Single((await team.GetJsonAsync($"/fhir/ServiceRequest?patient={patient.Text("id")}")).Matches());
        using var faulty = await hospital.PostAsync(new Uri("/fhir/CommunicationRequest", UriKind.Relative),
            Messages.Body(Announced(Somebody.New(), "SOR").Replace("\"reference\":\"#p\"", "\"reference\":\"Patient/x\"", StringComparison.Ordinal), FhirType));
        Assert.Equal(422, (int)faulty.StatusCode);

        // Announced again it is the same; another event is not ours.
        Assert.Equal(200, (await hospital.PostMessageAsync("fhir", Announced(who, "SOR"), FhirType)).Status);
        Assert.Equal(422, (await hospital.PostMessageAsync("fhir", Announced(Somebody.New(), "ENT"), FhirType)).Status);
    }

    private const string FhirType = "application/fhir+json";

    private static string Announced(Somebody who, string code) => $$"""
        {"resourceType":"CommunicationRequest","identifier":[{"value":"{{code}}-{{who.Ipp}}"}],"status":"active","subject":{"reference":"#p"},"requester":{"reference":"#o"},
         "extension":[{"url":"https://interop.esante.gouv.fr/ig/fhir/nde/StructureDefinition/event-type","valueCodeableConcept":{"coding":[
           {"system":"https://mos.esante.gouv.fr/NOS/TRE_R254-TypeEvenement/FHIR/TRE-R254-TypeEvenement","code":"{{code}}"}]} },
          {"url":"https://interop.esante.gouv.fr/ig/fhir/nde/StructureDefinition/event-time","valueDateTime":"2026-06-19T10:00:00+02:00"}],
         "payload":[{"contentString":"Sortie"}],
         "contained":[{"resourceType":"Organization","id":"o","name":"CH TEST"},
          {"resourceType":"Patient","id":"p","gender":"{{(who.Sex == "F" ? "female" : "male")}}","birthDate":"{{who.Born}}","name":[{"use":"official","family":"{{who.Family}}","given":["{{who.Given}}"]}],
           "telecom":[{"system":"phone","value":"+33{{who.Phone[1..]}}"}]}]}
        """;

    private static string Asked(Somebody who) => $$"""
        {"resourceType":"Bundle","type":"message","entry":[
          {"fullUrl":"urn:uuid:11111111-1111-4111-8111-111111111111","resource":{"resourceType":"MessageHeader","id":"m-{{who.Ipp}}",
            "eventCoding":{"system":"https://cpts-fhir-hub.example/fhir/CodeSystem/evenement-message","code":"signalement-mt"},
            "source":{"name":"CH","endpoint":"https://ch.example/fhir"},"focus":[{"reference":"urn:uuid:33333333-3333-4333-8333-333333333333"}]} },
          {"fullUrl":"urn:uuid:22222222-2222-4222-8222-222222222222","resource":{"resourceType":"Patient","gender":"{{(who.Sex == "F" ? "female" : "male")}}","birthDate":"{{who.Born}}",
            "name":[{"use":"official","family":"{{who.Family}}","given":["{{who.Given}}"]}],"telecom":[{"system":"phone","value":"+33{{who.Phone[1..]}}"}]} },
          {"fullUrl":"urn:uuid:33333333-3333-4333-8333-333333333333","resource":{"resourceType":"ServiceRequest","status":"active","intent":"order",
            "category":[{"coding":[{"system":"https://cpts-fhir-hub.example/fhir/CodeSystem/categorie-demande","code":"recherche-medecin-traitant"}]}],
            "subject":{"reference":"urn:uuid:22222222-2222-4222-8222-222222222222"},"authoredOn":"2026-06-20T10:00:00+02:00","requester":{"display":"CH TEST"},
            "reasonCode":[{"coding":[{"system":"https://cpts-fhir-hub.example/fhir/CodeSystem/motif-demande","code":"sortie-hospitalisation"}]}]} }]}
        """;

    [Fact]
    public async Task A_referral_opens_a_request_and_is_answered_with_RRI()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        using var content = Messages.Body(Referral(who), Messages.Hl7);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/intake/hospital") { Content = content };
        request.Headers.Add("Accept", Messages.Hl7);
        using var response = await hospital.SendAsync(request);
        var lines = (await response.Content.ReadAsStringAsync()).Split('\r');

        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        Assert.Contains("|RRI^I12^RRI_I12|", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("MSA|AA|", lines[1], StringComparison.Ordinal);
        Assert.Equal(["RF1", "PRD", "PRD", "PID"], lines[2..^1].Select(line => line[..3]));
        var file = Assert.Single((await team.GetJsonAsync($"/fhir/Task?patient.family={who.Family}&code=parcours-medecin-traitant")).Matches());
        Assert.Contains("a-qualifier", file.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_referral_is_changed_asked_about_and_taken_back()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        await hospital.PostMessageAsync("hospital", Referral(who), Messages.Hl7);
        foreach (var (trigger, state) in ((string, string)[])[("I13", "a-qualifier"), ("I15", "a-qualifier"), ("I14", "clos-a-la-demande")])
            await SendAsync(trigger, state);

        async Task SendAsync(string trigger, string state)
        {
            var (status, answer) = await hospital.PostMessageAsync("hospital", Referral(who).Replace("REF^I12", $"REF^{trigger}", StringComparison.Ordinal), Messages.Hl7);
            Assert.True(status == 200, $"{trigger}: {status} {answer}");
            var file = Assert.Single((await team.GetJsonAsync($"/fhir/Task?patient.family={who.Family}&code=parcours-medecin-traitant")).Matches());
            Assert.Contains($"\"{state}\"", file.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_referral_without_its_header_is_refused_with_the_segment_named()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        var text = string.Join('\r', Referral(Somebody.New()).Split('\r').Where(line => !line.StartsWith("RF1", StringComparison.Ordinal)));
        var (status, answer) = await hospital.PostMessageAsync("hospital", text, Messages.Hl7);
        Assert.Equal(422, status);
        Assert.Contains("\"where\":\"RF1\"", answer.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("A02")]
    [InlineData("A12")]
    [InlineData("A14")]
    [InlineData("A21")]
    [InlineData("A22")]
    [InlineData("A54")]
    [InlineData("A06")]
    [InlineData("A07")]
    [InlineData("Z99")]
    [InlineData("A05")]
    [InlineData("A28")]
    [InlineData("A31")]
    public async Task A_movement_of_a_known_stay_completes_it(string trigger)
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        var who = Somebody.New();
        var first = await hospital.PostMessageAsync("hospital", Messages.Adt(who, "A01"), Messages.Hl7);
        var (status, answer) = await hospital.PostMessageAsync("hospital", Messages.Adt(who, trigger), Messages.Hl7);
        Assert.True(status == 200, $"{status} {answer}");
        Assert.Equal(first.Body.Text("patient"), answer.Text("patient"));
    }

    [Theory]
    [InlineData("A05", "A38")]
    [InlineData("A16", "A25")]
    [InlineData("A04", "A11")]
    public async Task A_cancellation_takes_back_what_nobody_confirmed(string trigger, string cancellation)
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        var first = await hospital.PostMessageAsync("hospital", Messages.Adt(who, trigger), Messages.Hl7);
        await hospital.PostMessageAsync("hospital", Messages.Adt(who, cancellation), Messages.Hl7);
        var request = await team.GetJsonAsync($"/fhir/{first.Body.Text("signalement")}");
        Assert.Equal("revoked", request.Text("status"));
    }

    [Fact]
    public async Task A_changed_number_stays_one_person()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        var who = Somebody.New();
        var first = await hospital.PostMessageAsync("hospital", Messages.Adt(who, "A01"), Messages.Hl7);
        var renamed = who with { Ipp = "N" + who.Ipp };
        await hospital.PostMessageAsync("hospital", Messages.Adt(renamed, "A40", mrg: who.Ipp).Replace("A40^ADT_A39", "A47^ADT_A30", StringComparison.Ordinal), Messages.Hl7);
        var (_, later) = await hospital.PostMessageAsync("hospital", Messages.Adt(renamed, "A03"), Messages.Hl7);
        Assert.Equal(first.Body.Text("patient"), later.Text("patient"));
    }

    [Fact]
    public async Task A_chain_of_merges_leads_late_messages_to_the_last_number()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        var first = Somebody.New();
        var (second, third) = (first with { Ipp = "B" + first.Ipp }, first with { Ipp = "C" + first.Ipp });
        var (_, known) = await hospital.PostMessageAsync("hospital", Messages.Adt(first, "A01"), Messages.Hl7);
        Assert.Equal(200, (await hospital.PostMessageAsync("hospital", Messages.Adt(second, "A40", mrg: first.Ipp), Messages.Hl7)).Status);
        Assert.Equal(200, (await hospital.PostMessageAsync("hospital", Messages.Adt(third, "A40", mrg: second.Ipp), Messages.Hl7)).Status);

        // Messages that were under way still bear the numbers that are gone.
        foreach (var who in new[] { first, second, third })
        {
            var (status, late) = await hospital.PostMessageAsync("hospital", Messages.Adt(who, "A03"), Messages.Hl7);
            Assert.True(status == 200, $"{status} {late}");
            Assert.Equal(known.Text("patient"), late.Text("patient"));
        }

        var patient = (await team.GetJsonAsync($"/fhir/{known.Text("patient")}")).GetProperty("identifier").EnumerateArray()
            .Where(identifier => identifier.Text("value").EndsWith(first.Ipp!, StringComparison.Ordinal))
            .ToDictionary(identifier => identifier.Text("value"), identifier => identifier.Text("use"), StringComparer.Ordinal);
        Assert.Equal(("old", "old", "usual"), (patient[first.Ipp!], patient[second.Ipp!], patient[third.Ipp!]));
        Assert.Single((await team.GetJsonAsync($"/fhir/ServiceRequest?patient={known.Text("patient")}&status=active")).Matches());
    }

    [Fact]
    public async Task A_merge_of_a_hospitals_own_numbers_leaves_one_record()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        var stays = Somebody.New();
        var goes = Somebody.New() with { Born = stays.Born };
        var (_, kept) = await hospital.PostMessageAsync("hospital", Messages.Adt(stays, "A01"), Messages.Hl7);
        var (_, gone) = await hospital.PostMessageAsync("hospital", Messages.Adt(goes, "A01"), Messages.Hl7);
        Assert.NotEqual(kept.Text("patient"), gone.Text("patient"));

        var (status, answer) = await hospital.PostMessageAsync("hospital", Messages.Adt(stays, "A40", mrg: goes.Ipp), Messages.Hl7);

        Assert.True(status == 200, $"{status} {answer}");
        Assert.Equal(kept.Text("patient"), answer.Text("patient"));
        var merged = await team.GetJsonAsync($"/fhir/{gone.Text("patient")}");
        Assert.Equal(("False", kept.Text("patient")), (merged.Text("active"), merged.GetProperty("link")[0].GetProperty("other").Text("reference")));
        Assert.Single((await team.GetJsonAsync($"/fhir/ServiceRequest?patient={kept.Text("patient")}&status=active")).Matches());
        var told = await team.GetJsonAsync($"/intake/messages/{answer.Text("messageId")}");
        Assert.Contains(told.GetProperty("resources").EnumerateArray(), written => written.GetString()!.StartsWith("Provenance/", StringComparison.Ordinal));

        // A late message under the number that is gone is about the one person, and the merge can be taken back.
        var (_, late) = await hospital.PostMessageAsync("hospital", Messages.Adt(goes, "A03"), Messages.Hl7);
        Assert.Equal(kept.Text("patient"), late.Text("patient"));
    }

    [Fact]
    public async Task A_link_of_two_numbers_makes_one_record_and_its_undoing_two_again()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        var one = Somebody.New();
        var other = Somebody.New() with { Born = one.Born };
        var (_, first) = await hospital.PostMessageAsync("hospital", Messages.Adt(one, "A01"), Messages.Hl7);
        var (_, second) = await hospital.PostMessageAsync("hospital", Messages.Adt(other, "A01"), Messages.Hl7);

        var (status, linked) = await hospital.PostMessageAsync("hospital", TwoPersons("A24", one, other), Messages.Hl7);

        Assert.True(status == 200, $"{status} {linked}");
        Assert.Equal(first.Text("patient"), linked.Text("patient"));
        Assert.Equal("False", (await team.GetJsonAsync($"/fhir/{second.Text("patient")}")).Text("active"));
        Assert.Equal(first.Text("patient"), (await hospital.PostMessageAsync("hospital", Messages.Adt(other, "A03"), Messages.Hl7)).Body.Text("patient"));

        var (undone, apart) = await hospital.PostMessageAsync("hospital", TwoPersons("A37", one, other), Messages.Hl7);

        Assert.True(undone == 200, $"{undone} {apart}");
        Assert.NotEqual("False", (await team.GetJsonAsync($"/fhir/{second.Text("patient")}")).Text("active"));
        Assert.Equal(first.Text("patient"), (await hospital.PostMessageAsync("hospital", Messages.Adt(one, "A08"), Messages.Hl7)).Body.Text("patient"));
        Assert.Equal(second.Text("patient"), (await hospital.PostMessageAsync("hospital", Messages.Adt(other, "A08"), Messages.Hl7)).Body.Text("patient"));
        var told = await team.GetJsonAsync($"/intake/messages/{apart.Text("messageId")}");
        Assert.Contains(told.GetProperty("resources").EnumerateArray(), written => written.GetString()!.StartsWith("Provenance/", StringComparison.Ordinal));

        // Said again, there is nothing left to separate; and what was separated is not linked again by the machine.
        Assert.Equal(200, (await hospital.PostMessageAsync("hospital", TwoPersons("A37", one, other), Messages.Hl7)).Status);
        await hospital.PostMessageAsync("hospital", TwoPersons("A24", one, other), Messages.Hl7);
        Assert.NotEqual("False", (await team.GetJsonAsync($"/fhir/{second.Text("patient")}")).Text("active"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_merge_that_its_hospital_takes_back_makes_two_records_again(bool isLateMessage)
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        var stays = Somebody.New();
        var goes = Somebody.New() with { Born = stays.Born };
        var (_, kept) = await hospital.PostMessageAsync("hospital", Messages.Adt(stays, "A01"), Messages.Hl7);
        var (_, gone) = await hospital.PostMessageAsync("hospital", Messages.Adt(goes, "A01"), Messages.Hl7);
        Assert.Equal(200, (await hospital.PostMessageAsync("hospital", Messages.Adt(stays, "A40", mrg: goes.Ipp), Messages.Hl7)).Status);
        if (isLateMessage)
            await hospital.PostMessageAsync("hospital", Messages.Adt(goes, "A03"), Messages.Hl7);

        var (status, answer) = await hospital.PostMessageAsync("hospital", TwoPersons("A37", stays, goes), Messages.Hl7);

        Assert.True(status == 200, $"{status} {answer}");
        Assert.NotEqual("False", (await team.GetJsonAsync($"/fhir/{gone.Text("patient")}")).Text("active"));
        Assert.Equal(kept.Text("patient"), (await hospital.PostMessageAsync("hospital", Messages.Adt(stays, "A08"), Messages.Hl7)).Body.Text("patient"));
        Assert.Equal(gone.Text("patient"), (await hospital.PostMessageAsync("hospital", Messages.Adt(goes, "A08"), Messages.Hl7)).Body.Text("patient"));
    }

    [Fact]
    public async Task Numbers_of_one_record_that_no_merge_made_are_separated_by_a_coordinator()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        var one = Somebody.New();
        var other = one with { Ipp = "B" + one.Ipp };
        var (_, known) = await hospital.PostMessageAsync("hospital", Messages.Adt(one, "A01"), Messages.Hl7);
        Assert.Equal(200, (await hospital.PostMessageAsync("hospital", TwoPersons("A24", one, other), Messages.Hl7)).Status);

        var (status, answer) = await hospital.PostMessageAsync("hospital", TwoPersons("A37", one, other), Messages.Hl7);

        Assert.True(status == 202, $"{status} {answer}");
        Assert.Single((await team.GetJsonAsync($"/fhir/Task?patient={known.Text("patient")}&code=verification-identite&status=requested")).Matches());
    }

    /// <summary>A message that names two persons, one PID each.</summary>
    private static string TwoPersons(string trigger, Somebody first, Somebody second)
    {
        var lines = Messages.Adt(first, "A40", mrg: "x").Split('\r', StringSplitOptions.RemoveEmptyEntries);
        var pid = Messages.Adt(second, "A40", mrg: "x").Split('\r').First(line => line.StartsWith("PID", StringComparison.Ordinal));
        return string.Join('\r', [.. lines.Where(line => !line.StartsWith("MRG", StringComparison.Ordinal)), pid]).Replace("A40^ADT_A39", $"{trigger}^ADT_{trigger}", StringComparison.Ordinal) + "\r";
    }

    [Theory]
    [InlineData("A44")]
    [InlineData("A45")]
    [InlineData("A34")]
    public async Task An_account_that_moves_waits_on_the_desk_of_a_coordinator(string trigger)
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        var (_, known) = await hospital.PostMessageAsync("hospital", Messages.Adt(who, "A01"), Messages.Hl7);
        var text = Messages.Adt(who, "A40", mrg: "X" + who.Ipp).Replace("A40^ADT_A39", $"{trigger}^ADT_A43", StringComparison.Ordinal);
        var (status, answer) = await hospital.PostMessageAsync("hospital", text, Messages.Hl7);
        Assert.True(status == 202, $"{status} {answer}");
        Assert.Equal("waiting", answer.Text("state"));
        Assert.Contains(trigger, answer.ToString(), StringComparison.Ordinal);
        var asked = (await team.GetJsonAsync($"/fhir/Task?patient={known.Text("patient")}&code=verification-identite&status=requested")).Matches();
        Assert.Contains(trigger, Assert.Single(asked).Text("description"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_public_example_goes_through()
    {
        var folder = Repository.RequireCorpus(Path.Combine("..", "ans", "hl7v2-exemples"));
        using var hospital = await host.ClientAsync("demo-hospital");
        var files = Directory.GetFiles(folder).Where(file => Path.GetExtension(file) is ".hl7" or ".er7").ToList();
        Assert.NotEmpty(files);
        foreach (var file in files)
        {
            using var content = Messages.Body(await File.ReadAllBytesAsync(file), Messages.Hl7);
            using var request = new HttpRequestMessage(HttpMethod.Post, "/intake/hospital") { Content = content };
            request.Headers.Add("Accept", Messages.Hl7);
            using var response = await hospital.SendAsync(request);
            var text = await response.Content.ReadAsStringAsync();
            Assert.True(text.Contains("\rMSA|AA|", StringComparison.Ordinal), $"{Path.GetFileName(file)}: {(int)response.StatusCode} {text}");
        }
    }

    private static byte[] Cda(Somebody who, string number, string? replaces) => Encoding.UTF8.GetBytes($"""
        <ClinicalDocument xmlns="urn:hl7-org:v3"><id root="1.2.3" extension="{number}-{who.Ipp}"/><title>Lettre de sortie</title><effectiveTime value="20260620083000+0200"/>
        <recordTarget><patientRole><patient><name><given>{who.Given}</given><family>{who.Family}</family></name><birthTime value="{who.Born.Replace("-", "", StringComparison.Ordinal)}"/></patient></patientRole></recordTarget>
        <author><assignedAuthor><assignedPerson><name><given>Hélène</given><family>MERCIER</family></name></assignedPerson></assignedAuthor></author>
        {(replaces is null ? "" : $"<relatedDocument typeCode=\"RPLC\"><parentDocument><id root=\"1.2.3\" extension=\"{replaces}-{who.Ipp}\"/></parentDocument></relatedDocument>")}
        <component><structuredBody><component><section><title>Motif</title><text><paragraph>Chute &lt;b&gt;.</paragraph></text></section></component></structuredBody></component>
        </ClinicalDocument>
        """);

    private static string Letter(Somebody who, string trigger, string number, byte[] bytes, bool hidden = false, string? replaces = null) => string.Join('\r',
        $@"MSH|^~\&|DPI-TEST|CH-TEST|HUB|CPTS|20260620091500||MDM^{trigger}^MDM_T02|{Guid.NewGuid().ToString("N")[..16]}|D|2.5|||||FRA|UNICODE UTF-8|||2.1^CISIS_CDA_HL7_V2",
        "EVN||20260620091500",
        $"PID|1||{who.Ipp}^^^CH-TEST&859900011&N^PI||{who.Family}^{who.Given}^{who.Given}^^^^L||{who.Born.Replace("-", "", StringComparison.Ordinal)}|{who.Sex}",
        "PV1|1|I",
        $"TXA|1|34105-7|TEXT|20260620||||||||{number}|{replaces}|||||LA",
        $"OBX|1|ED|34105-7^Lettre de liaison^LN||^TEXT^XML^Base64^{Convert.ToBase64String(bytes)}||||||F",
        "OBX|2|CE|MASQUE_PS^Masqué^MetaDMPMSS||N||||||F",
        $"OBX|3|CE|INVISIBLE_PATIENT^Invisible^MetaDMPMSS||{(hidden ? "Y" : "N")}||||||F") + "\r";

    private static string Referral(Somebody who) => string.Join('\r',
        $@"MSH|^~\&|DPI-TEST|CH-TEST|HUB|CPTS|20260619101500||REF^I12^REF_I12|{Guid.NewGuid().ToString("N")[..16]}|D|2.5|||||FRA|UNICODE UTF-8",
        $"RF1|P^Pending|U^Urgent|GRF|AM||ORI-{who.Ipp}^CH-TEST|20260619|20260703||SMT^Sans médecin traitant",
        "PRD|RP|AGNES^Isabelle|||||10099000043^RPPS",
        "PRD|RT|CPTS",
        $"PID|1||{who.Ipp}^^^CH-TEST&859900011&N^PI||{who.Family}^{who.Given}^{who.Given}^^^^L||{who.Born.Replace("-", "", StringComparison.Ordinal)}|{who.Sex}|||4 RUE DU FOUR^^AIZENAY^^85190^FRA^H||^PRN^PH^^^^^^^^^{who.Phone}") + "\r";
}
