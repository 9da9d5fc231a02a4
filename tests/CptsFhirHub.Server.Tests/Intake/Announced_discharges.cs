using System.Globalization;
using System.Text.Json;

namespace CptsFhirHub.Tests.Intake;

/// <summary>A discharge that a hospital announces as an event over FHIR, alone, in a Bundle, and beside the person it is about.</summary>
public sealed class Announced_discharges(HubHost host)
{
    private const string FhirType = "application/fhir+json";
    private const string Events = "https://mos.esante.gouv.fr/NOS/TRE_R254-TypeEvenement/FHIR/TRE-R254-TypeEvenement";

    [Theory]
    [InlineData("transaction")]
    [InlineData("batch")]
    public async Task An_event_in_a_bundle_is_a_signalement_as_one_posted_alone_is(string kind)
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();

        var (status, answer) = await PostAsync(hospital, Bundle(kind, Post(Event(who))));

        Assert.True(status == 200, $"{status} {answer}");
        Assert.StartsWith("201", answer.GetProperty("entry")[0].GetProperty("response").Text("status"), StringComparison.Ordinal);
        var (patient, request) = await OnlyRequestAsync(team, who);
        var file = Assert.Single((await team.GetJsonAsync($"/fhir/Task?focus=ServiceRequest/{request}&code=parcours-medecin-traitant")).Matches());
        Assert.Equal("a-confirmer", file.GetProperty("businessStatus").GetProperty("coding")[0].Text("code"));
        var message = Assert.Single((await team.GetJsonAsync($"/intake/messages?patient=Patient/{patient}")).GetProperty("messages").EnumerateArray());
        Assert.Equal(("fhir", "processed", "demo-hospital"), (message.Text("source"), message.Text("state"), message.Text("client")));
    }

    [Fact]
    public async Task The_four_ways_of_one_discharge_end_in_one_signalement_when_the_event_comes_in_a_transaction()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        var moved = await hospital.PostMessageAsync("hospital", Messages.Adt(who, "A03"), Messages.Hl7);

        // Twice, as a sender does that got no answer.
        foreach (var _ in Enumerable.Range(0, 2))
            Assert.Equal(200, (await PostAsync(hospital, Bundle("transaction", Post(Event(who))))).Status);
        Assert.Equal(200, (await hospital.PostMessageAsync("fhir", Event(who), FhirType)).Status);

        var (_, request) = await OnlyRequestAsync(team, who);
        Assert.Equal(moved.Body.Text("signalement"), $"ServiceRequest/{request}");
    }

    [Fact]
    public async Task The_person_may_stand_beside_the_event()
    {
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        const string name = "urn:uuid:5d2c1b7e-0000-4000-8000-000000000001";
        var beside = Event(who, about: name);

        var (status, answer) = await PostAsync(team, Bundle("transaction", Post(beside), Post(Person(who), name)));

        Assert.True(status == 200, $"{status} {answer}");
        var (patient, _) = await OnlyRequestAsync(team, who);
        Assert.Contains(patient, answer.GetProperty("entry")[1].GetProperty("response").Text("location"), StringComparison.Ordinal);

        // The next stay: the person is known here by now.
        var known = beside.Replace(name, $"Patient/{patient}", StringComparison.Ordinal).Replace($"SOR-{who.Ipp}", $"SOR2-{who.Ipp}", StringComparison.Ordinal);
        using var alone = await team.PostAsync(new Uri("/fhir/CommunicationRequest", UriKind.Relative), Messages.Body(known, FhirType));
        Assert.True((int)alone.StatusCode == 201, await alone.Content.ReadAsStringAsync());
        Assert.Equal(patient, (await OnlyRequestAsync(team, who)).Patient);
        Assert.Equal(2, (await team.GetJsonAsync($"/intake/messages?patient=Patient/{patient}")).GetProperty("messages").GetArrayLength());
    }

    [Fact]
    public async Task A_person_beside_the_event_who_is_known_already_is_that_person()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        const string name = "urn:uuid:5d2c1b7e-0000-4000-8000-000000000001";
        var moved = await hospital.PostMessageAsync("hospital", Messages.Adt(who, "A03"), Messages.Hl7);

        // Twice, as a sender does that got no answer: each time with a record of its own.
        foreach (var _ in Enumerable.Range(0, 2))
            Assert.Equal(200, (await PostAsync(hospital, Bundle("transaction", Post(Event(who, about: name)), Post(Person(who), name)))).Status);

        var patient = Assert.Single((await team.GetJsonAsync($"/fhir/Patient?family={who.Family}&active:not=false")).Matches());
        Assert.Equal(moved.Body.Text("patient"), $"Patient/{patient.Text("id")}");
        var request = Assert.Single((await team.GetJsonAsync($"/fhir/ServiceRequest?patient.family={who.Family}")).Matches());
        Assert.Equal(moved.Body.Text("signalement"), $"ServiceRequest/{request.Text("id")}");
    }

    [Fact]
    public async Task A_person_beside_the_event_who_may_be_another_is_one_record_to_look_at()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        const string name = "urn:uuid:5d2c1b7e-0000-4000-8000-000000000001";
        await hospital.PostMessageAsync("hospital", Messages.Adt(who, "A03"), Messages.Hl7);
        var other = who with { Born = "1947-03-08", Phone = "0251000002" };

        Assert.Equal(200, (await PostAsync(hospital, Bundle("transaction", Post(Event(other, about: name)), Post(Person(other), name)))).Status);

        Assert.Equal(2, (await team.GetJsonAsync($"/fhir/Patient?family={who.Family}")).Matches().Count);
        Assert.Equal(2, (await team.GetJsonAsync($"/fhir/ServiceRequest?patient.family={who.Family}")).Matches().Count);
    }

    [Fact]
    public async Task Nothing_of_a_transaction_stays_whose_event_is_faulty()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        var (sound, faulty) = (Somebody.New(), Somebody.New());
        var nobody = Event(faulty, about: "Patient/unknown");

        var (status, answer) = await PostAsync(hospital, Bundle("transaction", Post(Event(sound)), Post(nobody)));

        Assert.Equal(422, status);
        Assert.Contains("Bundle.entry[1].CommunicationRequest.subject", answer.ToString(), StringComparison.Ordinal);
        Assert.Empty((await team.GetJsonAsync($"/fhir/Patient?family={sound.Family}")).Matches());
        Assert.Empty((await team.GetJsonAsync($"/fhir/CommunicationRequest?identifier=SOR-{sound.Ipp}")).Matches());
        Assert.Empty((await team.GetJsonAsync($"/intake/messages?key=SOR-{sound.Ipp}")).GetProperty("messages").EnumerateArray());
    }

    [Fact]
    public async Task Two_events_that_a_sender_numbers_alike_by_their_ids_are_about_two_persons()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        foreach (var who in new[] { Somebody.New(), Somebody.New("1962-01-05") })
        {
            var unnumbered = Event(who).Replace($"\"identifier\":[{{\"value\":\"SOR-{who.Ipp}\"}}]", "\"id\":\"com1\"", StringComparison.Ordinal);
            Assert.Equal(200, (await PostAsync(hospital, Bundle("transaction", Post(unnumbered)))).Status);

            // The same again, under an id of another system: a repetition.
            Assert.Equal(200, (await hospital.PostMessageAsync("fhir", unnumbered.Replace("com1", "com2", StringComparison.Ordinal), FhirType)).Status);
            await OnlyRequestAsync(team, who);
        }
    }

    [Fact]
    public async Task An_event_that_is_put_in_its_place_is_one_too()
    {
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        var id = "evt-" + who.Ipp;
        var body = Event(who).Replace("\"status\":\"active\"", $"\"status\":\"active\",\"id\":\"{id}\"", StringComparison.Ordinal);

        using var put = await team.PutAsync(new Uri($"/fhir/CommunicationRequest/{id}", UriKind.Relative), Messages.Body(body, FhirType));

        Assert.True((int)put.StatusCode == 201, await put.Content.ReadAsStringAsync());
        await OnlyRequestAsync(team, who);
    }

    [Fact]
    public async Task An_event_that_its_sender_takes_back_closes_what_nobody_confirmed()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        var announced = await hospital.PostMessageAsync("fhir", Event(who), FhirType);
        Assert.Equal(201, announced.Status);
        var revoked = Event(who).Replace("\"status\":\"active\"", "\"status\":\"revoked\"", StringComparison.Ordinal);

        var (status, answer) = await PostAsync(hospital, Bundle("transaction", Post(revoked)));

        Assert.True(status == 200, $"{status} {answer}");
        Assert.StartsWith("clos-", (await team.GetJsonAsync($"/intake/tracking/{announced.Body.Text("tracking")}")).Text("state"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_event_whose_hub_was_killed_after_the_commit_is_walked_at_the_next_start()
    {
        var folder = Directory.CreateTempSubdirectory("hub-kill-").FullName;
        var people = Enumerable.Range(0, 24).Select(_ => Somebody.New()).ToList();
        try
        {
            using (var hub = await ChildHub.StartAsync(folder))
            {
                using var hospital = await hub.ClientAsync("demo-hospital");
                var sent = people.Select(async who =>
                {
                    try
                    {
                        return (await PostAsync(hospital, Bundle("transaction", Post(Event(who))))).Status;
                    }
                    catch (Exception fault) when (fault is HttpRequestException or IOException)
                    {
                        return 0;
                    }
                }).ToList();
                await Task.WhenAny(sent);
                await hub.KillAsync();
                await Task.WhenAll(sent);
            }

            using var next = await ChildHub.StartAsync(folder);
            using var team = await next.ClientAsync("demo-cpts");
            using var end = new CancellationTokenSource(TimeSpan.FromMinutes(2));
            while ((await team.GetJsonAsync("/intake/messages?state=received&source=fhir")).GetProperty("messages").GetArrayLength() > 0)
                await Task.Delay(50, end.Token);

            // What was committed is a signalement, what was not left nothing: the one is never there without the other.
            foreach (var who in people)
            {
                var announced = (await team.GetJsonAsync($"/fhir/CommunicationRequest?identifier=SOR-{who.Ipp}")).Matches().Count;
                Assert.Equal(announced, (await team.GetJsonAsync($"/fhir/ServiceRequest?patient.family={who.Family}")).Matches().Count);
            }
        }
        finally
        {
            StorePlace.Forget(folder);
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<(string Patient, string Request)> OnlyRequestAsync(HttpClient team, Somebody who)
    {
        var patient = Assert.Single((await team.GetJsonAsync($"/fhir/Patient?family={who.Family}")).Matches()).Text("id");
        var request = Assert.Single((await team.GetJsonAsync($"/fhir/ServiceRequest?patient={patient}")).Matches());
        return (patient, request.Text("id"));
    }

    private static async Task<(int Status, JsonElement Body)> PostAsync(HttpClient client, string bundle)
    {
        using var response = await client.PostAsync(new Uri("/fhir", UriKind.Relative), Messages.Body(bundle, FhirType));
        return ((int)response.StatusCode, await response.JsonAsync());
    }

    private static string Bundle(string kind, params string[] entries) =>
        $$"""{"resourceType":"Bundle","type":"{{kind}}","entry":[{{string.Join(',', entries)}}]}""";

    private static string Post(string resource, string? fullUrl = null)
    {
        using var json = JsonDocument.Parse(resource);
        var name = fullUrl is null ? "" : string.Create(CultureInfo.InvariantCulture, $"\"fullUrl\":\"{fullUrl}\",");
        return $$$"""{{{{name}}}"resource":{{{resource}}},"request":{"method":"POST","url":"{{{json.RootElement.Text("resourceType")}}}"}}""";
    }

    private static string Person(Somebody who, string? id = null) => $$$"""
        {"resourceType":"Patient",{{{(id is null ? "" : $"\"id\":\"{id}\",")}}}"gender":"{{{(who.Sex == "F" ? "female" : "male")}}}","birthDate":"{{{who.Born}}}",
         "name":[{"use":"official","family":"{{{who.Family}}}","given":["{{{who.Given}}}"]}],"telecom":[{"system":"phone","value":"+33{{{who.Phone[1..]}}}"}]}
        """;

    private static string Event(Somebody who, string about = "#p") => $$$"""
        {"resourceType":"CommunicationRequest","identifier":[{"value":"SOR-{{{who.Ipp}}}"}],"status":"active","subject":{"reference":"{{{about}}}"},"requester":{"reference":"#o"},
         "extension":[{"url":"https://interop.esante.gouv.fr/ig/fhir/nde/StructureDefinition/event-type","valueCodeableConcept":{"coding":[{"system":"{{{Events}}}","code":"SOR"}]}},
          {"url":"https://interop.esante.gouv.fr/ig/fhir/nde/StructureDefinition/event-time","valueDateTime":"2026-06-19T10:00:00+02:00"}],
         "payload":[{"contentString":"Sortie"}],"contained":[{"resourceType":"Organization","id":"o","name":"CH TEST"}{{{(about == "#p" ? "," + Person(who, "p") : "")}}}]}
        """;
}
