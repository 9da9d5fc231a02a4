namespace CptsFhirHub.Tests.Intake;

/// <summary>A referral that comes as a FHIR message.</summary>
public sealed class Referrals_over_FHIR(HubHost host)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_person_is_the_one_whom_the_need_names(bool isSecond)
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        var (first, second) = (Somebody.New(), Somebody.New("1962-01-05"));

        using var answer = await hospital.PostAsync(
            new Uri("/fhir/$process-message", UriKind.Relative), Messages.Body(Referral(first, second, isSecond ? "2" : "1"), "application/fhir+json"));

        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        var (named, other) = isSecond ? (second, first) : (first, second);
        var patient = Assert.Single((await team.GetJsonAsync($"/fhir/Patient?family={named.Family}")).Matches());
        Assert.Single((await team.GetJsonAsync($"/fhir/ServiceRequest?patient={patient.Text("id")}")).Matches());
        Assert.Empty((await team.GetJsonAsync($"/fhir/Patient?family={other.Family}")).Matches());
    }

    [Fact]
    public async Task A_need_written_in_a_transaction_is_a_signalement_with_a_file()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();

        await WriteAsync(hospital, who);

        var request = await OnlyOpenRequestAsync(team, who);
        var file = Assert.Single((await team.GetJsonAsync($"/fhir/Task?focus=ServiceRequest/{request}&code=parcours-medecin-traitant")).Matches());
        Assert.Equal("a-qualifier", file.GetProperty("businessStatus").GetProperty("coding")[0].Text("code"));

        // A movement of the hospital joins it.
        var moved = await hospital.PostMessageAsync("hospital", Messages.Adt(who, "A03"), Messages.Hl7);
        Assert.Equal($"ServiceRequest/{request}", moved.Body.Text("signalement"));
    }

    [Fact]
    public async Task A_need_written_about_somebody_who_is_known_joins_the_open_request()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        var moved = await hospital.PostMessageAsync("hospital", Messages.Adt(who, "A03"), Messages.Hl7);

        // With a record of its own, twice, and about the record that stands here.
        await WriteAsync(hospital, who);
        await WriteAsync(hospital, who);
        Assert.Equal(moved.Body.Text("signalement"), $"ServiceRequest/{await OnlyOpenRequestAsync(team, who)}");
        using var alone = await hospital.PostAsync(
            new Uri("/fhir/ServiceRequest", UriKind.Relative), Messages.Body(Need(moved.Body.Text("patient")), "application/fhir+json"));
        Assert.True((int)alone.StatusCode == 201, await alone.Content.ReadAsStringAsync());
        Assert.Equal(moved.Body.Text("signalement"), $"ServiceRequest/{await OnlyOpenRequestAsync(team, who)}");
        Assert.Single((await team.GetJsonAsync($"/fhir/Task?code=parcours-medecin-traitant&patient={moved.Body.Text("patient")}")).Matches());
    }

    [Fact]
    public async Task A_need_that_stands_there_already_is_no_second_message()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        var patient = (await hospital.PostMessageAsync("hospital", Messages.Adt(who, "A03"), Messages.Hl7)).Body.Text("patient");
        var need = Need(patient).Replace("\"status\"", $"\"identifier\":[{{\"system\":\"https://ch.example/demandes\",\"value\":\"{who.Ipp}\"}}],\"status\"", StringComparison.Ordinal);

        Assert.Equal(201, await PostAsync());
        Assert.Equal(2, await MessagesAsync());
        Assert.Equal(200, await PostAsync());
        Assert.Equal(2, await MessagesAsync());
        await OnlyOpenRequestAsync(team, who);

        async Task<int> PostAsync()
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/fhir/ServiceRequest") { Content = Messages.Body(need, "application/fhir+json") };
            request.Headers.Add("If-None-Exist", $"identifier=https://ch.example/demandes|{who.Ipp}");
            using var answer = await hospital.SendAsync(request);
            return (int)answer.StatusCode;
        }

        async Task<int> MessagesAsync() =>
            (await team.GetJsonAsync($"/intake/messages?patient={patient}&_count=50")).GetProperty("messages").GetArrayLength();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_need_that_brings_its_own_file_is_a_signalement_and_the_file_is_taken_up(bool namesPerson)
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();

        await WriteAsync(hospital, who, File(namesPerson));

        var request = await OnlyOpenRequestAsync(team, who);
        var file = Assert.Single((await team.GetJsonAsync($"/fhir/Task?focus=ServiceRequest/{request}&code=parcours-medecin-traitant")).Matches());
        Assert.Equal("Suivre la sortie", file.Text("description"));
        Assert.Equal("a-qualifier", file.GetProperty("businessStatus").GetProperty("coding")[0].Text("code"));
        Assert.Contains("Patient/", file.GetProperty("for").Text("reference"), StringComparison.Ordinal);

        // It can be asked after, and a movement of the hospital joins it.
        var moved = await hospital.PostMessageAsync("hospital", Messages.Adt(who, "A03"), Messages.Hl7);
        Assert.Equal($"ServiceRequest/{request}", moved.Body.Text("signalement"));
        Assert.Equal("a-qualifier", (await hospital.GetJsonAsync($"/intake/tracking/{moved.Body.Text("tracking")}")).Text("state"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_file_of_ones_own_about_somebody_who_is_known_hangs_on_the_one_that_stands(bool withRecord)
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        var moved = await hospital.PostMessageAsync("hospital", Messages.Adt(who, "A03"), Messages.Hl7);
        var (request, patient) = (moved.Body.Text("signalement"), moved.Body.Text("patient"));
        var standing = Assert.Single((await team.GetJsonAsync($"/fhir/Task?focus={request}&code=parcours-medecin-traitant")).Matches()).Text("id");

        await WriteAsync(hospital, who, File(namesPerson: false) + "," + Errand, withRecord ? null : patient);

        Assert.Equal(request, $"ServiceRequest/{await OnlyOpenRequestAsync(team, who)}");
        var files = (await team.GetJsonAsync("/fhir/Task?code=parcours-medecin-traitant&part-of=Task/" + standing)).Matches();
        var joined = Assert.Single(files);
        Assert.Equal("Suivre la sortie", joined.Text("description"));
        Assert.Equal("clos-doublon", joined.GetProperty("businessStatus").GetProperty("coding")[0].Text("code"));

        // What else the sender asks for is still asked for, about the request that stands.
        var errand = Assert.Single((await team.GetJsonAsync($"/fhir/Task?focus={request}&status=requested&patient={patient}")).Matches(),
            task => task.TryGetProperty("description", out var said) && said.GetString() == "Appeler la famille");
        Assert.Equal(patient, errand.GetProperty("for").Text("reference"));
    }

    private static string File(bool namesPerson) => """
        {"fullUrl":"urn:uuid:00000000-0000-4000-8000-000000000004","resource":{"resourceType":"Task","status":"requested","intent":"order","description":"Suivre la sortie",
          "code":{"coding":[{"system":"https://cpts-fhir-hub.example/fhir/CodeSystem/type-tache","code":"parcours-medecin-traitant"}]},
          "for":{"reference":"PERSON"},
          "focus":{"reference":"urn:uuid:00000000-0000-4000-8000-000000000003"}},"request":{"method":"POST","url":"Task"}}
        """.Replace(namesPerson ? "no such text" : "\"for\":{\"reference\":\"PERSON\"},", "", StringComparison.Ordinal);

    private const string Errand = """
        {"fullUrl":"urn:uuid:00000000-0000-4000-8000-000000000005","resource":{"resourceType":"Task","status":"requested","intent":"order","description":"Appeler la famille",
          "for":{"reference":"PERSON"},
          "focus":{"reference":"urn:uuid:00000000-0000-4000-8000-000000000003"}},"request":{"method":"POST","url":"Task"}}
        """;

    private static async Task<string> OnlyOpenRequestAsync(HttpClient team, Somebody who) =>
        Assert.Single((await team.GetJsonAsync($"/fhir/ServiceRequest?patient.family={who.Family}&status=active")).Matches()).Text("id");

    private static async Task WriteAsync(HttpClient client, Somebody who, string? tasks = null, string? known = null)
    {
        var about = known ?? "urn:uuid:00000000-0000-4000-8000-000000000001";
        List<string> entries =
        [
            $$"""
            {"fullUrl":"urn:uuid:00000000-0000-4000-8000-000000000003","resource":{{Need(about)}},"request":{"method":"POST","url":"ServiceRequest"} }
            """,
        ];
        if (known is null)
            entries.Add($$"""{{Person(who, "1").TrimEnd()[..^1]}},"request":{"method":"POST","url":"Patient"} }""");
        if (tasks is not null)
            entries.Add(tasks.Replace("PERSON", about, StringComparison.Ordinal));
        var bundle = $$"""{"resourceType":"Bundle","type":"transaction","entry":[{{string.Join(',', entries)}}]}""";
        using var answer = await client.PostAsync(new Uri("/fhir", UriKind.Relative), Messages.Body(bundle, "application/fhir+json"));
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    private static string Need(string about) => $$"""
        {"resourceType":"ServiceRequest","status":"active","intent":"order",
         "category":[{"coding":[{"system":"https://cpts-fhir-hub.example/fhir/CodeSystem/categorie-demande","code":"recherche-medecin-traitant"}]}],
         "subject":{"reference":"{{about}}"},"authoredOn":"2026-06-20T10:00:00+02:00","requester":{"display":"CH TEST"},
         "reasonCode":[{"coding":[{"system":"https://cpts-fhir-hub.example/fhir/CodeSystem/motif-demande","code":"sortie-hospitalisation"}]}]}
        """;

    private static string Referral(Somebody first, Somebody second, string about) => $$"""
        {"resourceType":"Bundle","type":"message","entry":[
          {"fullUrl":"urn:uuid:00000000-0000-4000-8000-000000000000","resource":{"resourceType":"MessageHeader","id":"m-{{first.Ipp}}",
            "eventCoding":{"system":"https://cpts-fhir-hub.example/fhir/CodeSystem/evenement-message","code":"signalement-mt"},
            "source":{"name":"CH","endpoint":"https://ch.example/fhir"},"focus":[{"reference":"urn:uuid:00000000-0000-4000-8000-000000000003"}]} },
          {{Person(first, "1")}},
          {{Person(second, "2")}},
          {"fullUrl":"urn:uuid:00000000-0000-4000-8000-000000000003","resource":{"resourceType":"ServiceRequest","status":"active","intent":"order",
            "category":[{"coding":[{"system":"https://cpts-fhir-hub.example/fhir/CodeSystem/categorie-demande","code":"recherche-medecin-traitant"}]}],
            "subject":{"reference":"urn:uuid:00000000-0000-4000-8000-00000000000{{about}}"},"authoredOn":"2026-06-20T10:00:00+02:00","requester":{"display":"CH TEST"},
            "reasonCode":[{"coding":[{"system":"https://cpts-fhir-hub.example/fhir/CodeSystem/motif-demande","code":"sortie-hospitalisation"}]}]} }]}
        """;

    private static string Person(Somebody who, string number) => $$"""
        {"fullUrl":"urn:uuid:00000000-0000-4000-8000-00000000000{{number}}","resource":{"resourceType":"Patient","gender":"female","birthDate":"{{who.Born}}",
          "name":[{"use":"official","family":"{{who.Family}}","given":["{{who.Given}}"]}],"telecom":[{"system":"phone","value":"+33{{who.Phone[1..]}}"}]} }
        """;
}
