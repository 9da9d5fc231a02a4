namespace CptsFhirHub.Tests.Access;

/// <summary>Each demo client sees and changes its own and nothing else; what is outside looks as if it were not there.</summary>
public sealed class Rights_of_partners(HubHost hub)
{
    private static string Patient(string family) => $$"""{"resourceType":"Patient","name":[{"family":"{{family}}"}]}""";

    private static string ServiceRequest(string patient) =>
        $$"""{"resourceType":"ServiceRequest","status":"active","intent":"order","subject":{"reference":"Patient/{{patient}}"} }""";

    private static string TaskFor(string patient, string request, string owner) => $$"""
        {"resourceType":"Task","status":"requested","intent":"order","focus":{"reference":"ServiceRequest/{{request}}"},
         "for":{"reference":"Patient/{{patient}}"},"owner":{"reference":"{{owner}}"} }
        """;

    [Fact]
    public async Task A_DAC_sees_the_tasks_it_owns_with_what_they_refer_to_and_no_others()
    {
        using var team = await hub.ClientAsync("demo-cpts");
        using var dac = await hub.ClientAsync("demo-dac");
        using var other = await hub.ClientAsync("demo-dac-2");
        var patient = await team.CreateAsync("Patient", Patient("Inside"));
        var outside = await team.CreateAsync("Patient", Patient("Outside"));
        var request = await team.CreateAsync("ServiceRequest", ServiceRequest(patient));
        var task = await team.CreateAsync("Task", TaskFor(patient, request, "Organization/demo-dac"));

        Assert.Equal(200, (await dac.GetFhirAsync($"Task/{task}")).Status);
        Assert.Equal(200, (await dac.GetFhirAsync($"Patient/{patient}")).Status);
        Assert.Equal(200, (await dac.GetFhirAsync($"ServiceRequest/{request}")).Status);
        var pull = await dac.GetFhirAsync($"Task?_id={task}&owner=Organization/demo-dac&status=requested&_include=Task:focus&_include=Task:patient");
        Assert.Equal([task], pull.Ids());
        Assert.Equal(new[] { patient, request }.Order(), pull.Ids("include").Order());

        Assert.Equal(404, (await other.GetFhirAsync($"Task/{task}")).Status);
        Assert.Equal(404, (await other.GetFhirAsync($"Patient/{patient}")).Status);
        Assert.Empty((await other.GetFhirAsync($"Task?_id={task}")).Ids());
        Assert.Equal(404, (await dac.GetFhirAsync($"Patient/{outside}")).Status);
        Assert.Equal("0", (await dac.GetFhirAsync("Patient?family=Outside")).Resource.Text("total"));
        Assert.Empty((await other.GetFhirAsync("Task?patient.family=Inside")).Ids());
    }

    [Fact]
    public async Task What_a_DAC_signals_is_seen_by_it_and_by_the_CPTS_and_by_no_other_DAC()
    {
        using var dac = await hub.ClientAsync("demo-dac");
        using var other = await hub.ClientAsync("demo-dac-2");
        using var team = await hub.ClientAsync("demo-cpts");

        var signalled = await dac.PostFhirAsync("", """
            {"resourceType":"Bundle","type":"transaction","entry":[
             {"fullUrl":"urn:uuid:9d1c4f0e-0000-4000-8000-000000000001","request":{"method":"POST","url":"Patient"},
              "resource":{"resourceType":"Patient","name":[{"family":"SIGNALDUDAC","given":["Marthe"]}],"birthDate":"1939-04-05"}},
             {"request":{"method":"POST","url":"ServiceRequest"},
              "resource":{"resourceType":"ServiceRequest","status":"active","intent":"order","subject":{"reference":"urn:uuid:9d1c4f0e-0000-4000-8000-000000000001"}}}]}
            """);
        Assert.True(signalled.Status == 200, signalled.Text);
        var location = signalled.Resource.All("entry").ToArray()[1].At("response", "location")!.Value!;
        var request = "ServiceRequest/" + location.Split("ServiceRequest/")[1].Split('/')[0];

        Assert.Equal(200, (await dac.GetFhirAsync(request)).Status);
        Assert.Equal(200, (await team.GetFhirAsync(request)).Status);
        Assert.Equal(404, (await other.GetFhirAsync(request)).Status);
    }

    [Fact]
    public async Task Outside_the_right_and_never_there_answer_with_the_same_bytes()
    {
        using var team = await hub.ClientAsync("demo-cpts");
        using var dac = await hub.ClientAsync("demo-dac");
        var outside = await team.CreateAsync("Patient", Patient("Elsewhere"));
        var hidden = await dac.GetFhirAsync($"Patient/{outside}");
        var missing = await dac.GetFhirAsync($"Patient/{Guid.NewGuid()}");
        Assert.Equal(404, hidden.Status);
        Assert.Equal(hidden.Text.Replace(outside, "", StringComparison.Ordinal).Length, missing.Text.Length - 36);
        Assert.Equal(404, (await dac.GetFhirAsync($"Patient/{outside}/_history")).Status);
        Assert.Equal(404, (await dac.GetFhirAsync($"Patient/{outside}/_history/1")).Status);
    }

    [Fact]
    public async Task A_partner_may_not_give_a_task_to_another()
    {
        using var team = await hub.ClientAsync("demo-cpts");
        using var dac = await hub.ClientAsync("demo-dac");
        var patient = await team.CreateAsync("Patient", Patient("Given"));
        var request = await team.CreateAsync("ServiceRequest", ServiceRequest(patient));
        var task = await team.CreateAsync("Task", TaskFor(patient, request, "Organization/demo-dac"));
        var body = TaskFor(patient, request, "Organization/demo-dac-2").Replace("\"Task\"", $"\"Task\",\"id\":\"{task}\"", StringComparison.Ordinal);

        Assert.Equal(412, (await dac.PutFhirAsync($"Task/{task}", body)).Status);
        var reply = await dac.PutFhirAsync($"Task/{task}", body, ("If-Match", "W/\"1\""));
        Assert.Equal(403, reply.Status);
        Assert.Contains("Task.owner", reply.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("W/\"1\"")]
    [InlineData("W/\"7\"")]
    [InlineData("*")]
    public async Task A_precondition_tells_nothing_of_what_is_out_of_sight(string ifMatch)
    {
        using var team = await hub.ClientAsync("demo-cpts");
        using var dac = await hub.ClientAsync("demo-dac");
        var patient = await team.CreateAsync("Patient", Patient("Hidden"));
        var request = await team.CreateAsync("ServiceRequest", ServiceRequest(patient));
        var outside = await team.CreateAsync("Task", TaskFor(patient, request, "Organization/demo-dac-2"));
        (string, string)[] headers = ifMatch.Length > 0 ? [("If-Match", ifMatch)] : [];
        const string patch = """[{"op":"replace","path":"/status","value":"accepted"}]""";
        var replies = new List<(int, string)>();
        foreach (var id in new[] { outside, "not-there" })
        {
            Keep(await dac.SendAsync(HttpMethod.Patch, $"/fhir/Task/{id}", patch, "application/json-patch+json", headers), id);
            Keep(await dac.DeleteFhirAsync($"Task/{id}", headers), id);
            if (ifMatch.Length > 0)
                Keep(await dac.PutFhirAsync($"Task/{id}", TaskFor(patient, request, "Organization/demo-dac").Replace("\"Task\"", $"\"Task\",\"id\":\"{id}\"", StringComparison.Ordinal), headers), id);
        }

        Assert.Equal(replies[(replies.Count / 2)..], replies[..(replies.Count / 2)]);

        void Keep(Reply reply, string id) => replies.Add((reply.Status, reply.Text.Replace(id, "#", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("demo-dac", "Group")]
    [InlineData("demo-dac", "AuditEvent")]
    [InlineData("demo-booking", "Patient")]
    [InlineData("demo-booking", "Task")]
    [InlineData("demo-prado", "Patient")]
    [InlineData("demo-guichet", "Patient")]
    [InlineData("demo-guichet", "Task")]
    [InlineData("demo-sas", "Task")]
    [InlineData("demo-sas", "Appointment")]
    [InlineData("demo-hospital", "Slot")]
    public async Task A_type_outside_the_right_is_forbidden(string account, string type)
    {
        using var client = await hub.ClientAsync(account);
        Assert.Equal(403, (await client.GetFhirAsync(type)).Status);
        Assert.Equal(403, (await client.GetFhirAsync($"{type}/x")).Status);
        Assert.Equal(403, (await client.PostFhirAsync(type, "{}")).Status);
    }

    [Theory]
    [InlineData("demo-sas", "Slot?_has:Appointment:slot:status=booked")]
    [InlineData("demo-sas", "Slot?_revinclude=Appointment:slot")]
    [InlineData("demo-dac", "Patient?_has:Group:member:code=x")]
    [InlineData("demo-dac", "Patient?_revinclude=Group:member")]
    public async Task No_search_reaches_a_forbidden_type_by_a_detour(string account, string search)
    {
        using var client = await hub.ClientAsync(account);
        Assert.Equal(403, (await client.GetFhirAsync(search)).Status);
    }

    [Fact]
    public async Task A_booking_platform_sees_and_changes_only_what_it_sent()
    {
        using var team = await hub.ClientAsync("demo-cpts");
        using var booking = await hub.ClientAsync("demo-booking");
        const string location = """{"resourceType":"Location","name":"Cabinet"}""";
        var own = await booking.CreateAsync("Location", location);
        var foreign = await team.CreateAsync("Location", location);

        Assert.Equal(200, (await booking.GetFhirAsync($"Location/{own}")).Status);
        Assert.Equal(404, (await booking.GetFhirAsync($"Location/{foreign}")).Status);
        var replaced = location.Replace("\"Location\"", $"\"Location\",\"id\":\"{foreign}\"", StringComparison.Ordinal);
        Assert.Equal(404, (await booking.PutFhirAsync($"Location/{foreign}", replaced)).Status);
        Assert.Equal(404, (await booking.DeleteFhirAsync($"Location/{foreign}")).Status);
        Assert.Equal(200, (await team.GetFhirAsync($"Location/{foreign}")).Status);
        Assert.Equal(204, (await booking.DeleteFhirAsync($"Location/{own}")).Status);
    }

    [Fact]
    public async Task The_mark_of_the_sender_cannot_be_forged_or_removed()
    {
        using var team = await hub.ClientAsync("demo-cpts");
        using var booking = await hub.ClientAsync("demo-booking");
        var forged = await booking.PostFhirAsync("Location", """
            {"resourceType":"Location","meta":{"tag":[{"system":"https://cpts-fhir-hub.example/fhir/CodeSystem/emetteur","code":"demo-hospital"}]},"name":"Cabinet"}
            """);
        Assert.DoesNotContain("demo-hospital", forged.Text, StringComparison.Ordinal);
        Assert.Contains("demo-booking", forged.Text, StringComparison.Ordinal);

        var id = forged.Resource.Text("id")!;
        await team.PutFhirAsync($"Location/{id}", $$"""{"resourceType":"Location","id":"{{id}}","name":"Autre"}""");
        Assert.Equal(200, (await booking.GetFhirAsync($"Location/{id}")).Status);
    }

    [Fact]
    public async Task A_slot_search_by_the_SAS_shows_free_public_slots_only()
    {
        using var team = await hub.ClientAsync("demo-cpts");
        using var sas = await hub.ClientAsync("demo-sas");
        var schedule = await team.CreateAsync("Schedule", """{"resourceType":"Schedule","actor":[{"display":"Cabinet"}]}""");
        var slot = $$"""
            {"resourceType":"Slot","meta":{"security":[{"system":"https://mos.esante.gouv.fr/NOS/TRE_R314-TypeCreneau/FHIR/TRE-R314-TypeCreneau","code":"PUBLIC"}]},
             "schedule":{"reference":"Schedule/{{schedule}}"},"status":"free","start":"2026-12-01T09:00:00Z","end":"2026-12-01T09:15:00Z"}
            """;
        var shown = await team.CreateAsync("Slot", slot);
        await team.CreateAsync("Slot", slot.Replace("PUBLIC", "PRO", StringComparison.Ordinal));
        await team.CreateAsync("Slot", slot.Replace("\"free\"", "\"busy\"", StringComparison.Ordinal));
        var found = await sas.GetFhirAsync($"Slot?schedule=Schedule/{schedule}&_include=Slot:schedule");
        Assert.Equal([shown], found.Ids());
        Assert.Equal([schedule], found.Ids("include"));
        Assert.Equal("1", found.Resource.Text("total"));
    }

    [Fact]
    public async Task Each_entry_of_a_batch_meets_the_same_right()
    {
        using var sas = await hub.ClientAsync("demo-sas");
        var reply = await sas.PostFhirAsync("", """
            {"resourceType":"Bundle","type":"batch","entry":[
              {"request":{"method":"GET","url":"Patient"}},
              {"request":{"method":"GET","url":"Schedule"}}]}
            """);
        Assert.Equal(["403", "200"], reply.Resource.All("entry").ToArray().Select(entry => entry.At("response", "status")!.Value));
        var transaction = await sas.PostFhirAsync("", """
            {"resourceType":"Bundle","type":"transaction","entry":[
              {"resource":{"resourceType":"Patient"},"request":{"method":"POST","url":"Patient"}}]}
            """);
        Assert.Equal(403, transaction.Status);
    }

    [Fact]
    public async Task The_administrator_alone_chooses_a_tenant()
    {
        using var admin = await hub.ClientAsync("demo-admin");
        using var team = await hub.ClientAsync("demo-cpts");
        var other = await admin.PostFhirAsync("Patient", Patient("Voisine"), ("X-Tenant", "demo-cpts-2"));
        var id = other.Resource.Text("id");
        Assert.Equal(200, (await admin.GetFhirAsync($"Patient/{id}", ("X-Tenant", "demo-cpts-2"))).Status);
        Assert.Equal(404, (await admin.GetFhirAsync($"Patient/{id}")).Status);
        Assert.Equal(404, (await team.GetFhirAsync($"Patient/{id}", ("X-Tenant", "demo-cpts-2"))).Status);
        Assert.Equal(404, (await admin.GetFhirAsync("Patient", ("X-Tenant", "nowhere"))).Status);
    }
}
