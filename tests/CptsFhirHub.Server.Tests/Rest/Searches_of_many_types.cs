namespace CptsFhirHub.Tests.Rest;

/// <summary>Searches of compartments and of several types, and the links of their pages.</summary>
public sealed class Searches_of_many_types(HubHost hub)
{
    [Fact]
    public async Task A_compartment_holds_what_names_the_patient_and_not_the_patient()
    {
        using var team = await hub.ClientAsync("demo-cpts");
        var patient = await NewPatientAsync(team, "x");
        var other = await NewPatientAsync(team, "y");
        var flag = await NewFlagAsync(team, patient);
        var condition = await team.CreateAsync("Condition", $$"""{"resourceType":"Condition","subject":{"reference":"Patient/{{patient}}"} }""");
        await NewFlagAsync(team, other);

        Assert.Equal([condition, flag], (await team.GetFhirAsync($"Patient/{patient}/*")).Ids());
        Assert.Equal([flag], (await team.GetFhirAsync($"Patient/{patient}/*?_type=Flag")).Ids());
        Assert.Equal([flag], (await team.GetFhirAsync($"Patient/{patient}/Flag")).Ids());
        Assert.Empty((await team.GetFhirAsync($"Patient/{patient}/Flag?_id=nobody")).Ids());
        Assert.Empty((await team.GetFhirAsync("Patient/nobody/Flag")).Ids());
        var byPost = await team.SendAsync(HttpMethod.Post, $"/fhir/Patient/{patient}/Flag/_search", $"_id={flag}", "application/x-www-form-urlencoded");
        Assert.Equal([flag], byPost.Ids());
        Assert.EndsWith($"/fhir/Patient/{patient}/Flag?_id={flag}", Searches_over_HTTP.Link(byPost.Resource, "self"), StringComparison.Ordinal);
        Assert.Equal(404, (await team.GetFhirAsync($"Patient/{patient}/Slot")).Status);
        Assert.Equal(404, (await team.GetFhirAsync("Organization/x/Flag")).Status);
        Assert.Equal(400, (await team.GetFhirAsync($"Patient/{patient}/Flag?nonsense=1")).Status);
    }

    [Fact]
    public async Task Several_types_are_searched_at_once_page_by_page()
    {
        using var team = await hub.ClientAsync("demo-cpts");
        var tag = "t" + Guid.NewGuid().ToString("N");
        var ids = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            ids.Add(await team.CreateAsync("Location", $$"""{"resourceType":"Location","meta":{"tag":[{"system":"urn:t","code":"{{tag}}"}]} }"""));
            ids.Add(await team.CreateAsync("Organization", $$"""{"resourceType":"Organization","meta":{"tag":[{"system":"urn:t","code":"{{tag}}"}]},"name":"x"}"""));
        }

        ids.Reverse();
        var seen = new List<string>();
        for (var next = $"/fhir?_type=Location,Organization&_tag=urn:t|{tag}&_count=4"; next is not null;)
        {
            var reply = await team.SendAsync(HttpMethod.Get, next);
            Assert.Equal("6", reply.Resource.Text("total"));
            seen.AddRange(reply.Ids());
            next = Searches_over_HTTP.Link(reply.Resource, "next");
        }

        Assert.Equal(ids, seen);
        Assert.Equal(ids, (await team.GetFhirAsync($"?_tag=urn:t|{tag}")).Ids());
        Assert.Equal(ids, (await team.SendAsync(HttpMethod.Post, "/fhir/_search", $"_tag=urn:t|{tag}", "application/x-www-form-urlencoded")).Ids());
        Assert.Equal(400, (await team.GetFhirAsync("?_type=Location,Nonsense")).Status);
        Assert.Equal(400, (await team.GetFhirAsync("?_type=Location,Patient&birthdate=1950")).Status);
    }

    [Fact]
    public async Task A_type_outside_the_right_is_refused_when_named_and_left_out_when_not()
    {
        using var sas = await hub.ClientAsync("demo-sas");
        Assert.Equal(403, (await sas.GetFhirAsync("?_type=Slot,Patient")).Status);
        Assert.Equal(200, (await sas.GetFhirAsync("?_type=Slot")).Status);
        Assert.DoesNotContain("/fhir/Patient/", (await sas.GetFhirAsync("?_count=1000")).Text, StringComparison.Ordinal);
        Assert.Equal(403, (await sas.GetFhirAsync("Patient/x/Flag")).Status);
    }

    [Fact]
    public async Task The_link_of_a_page_leads_on_for_its_client_and_its_search_alone()
    {
        using var team = await hub.ClientAsync("demo-cpts");
        var tag = "t" + Guid.NewGuid().ToString("N");
        for (var i = 0; i < 3; i++)
            await team.CreateAsync("Organization", $$"""{"resourceType":"Organization","meta":{"tag":[{"system":"urn:t","code":"{{tag}}"}]},"name":"x"}""");
        var first = await team.GetFhirAsync($"Organization?_tag=urn:t|{tag}&_count=2");
        var next = Searches_over_HTTP.Link(first.Resource, "next")!;
        Assert.Single((await team.SendAsync(HttpMethod.Get, next)).Ids());
        Assert.Single((await team.SendAsync(HttpMethod.Get, next.Replace("_count=2", "_count=5", StringComparison.Ordinal))).Ids());
        Assert.Empty((await team.SendAsync(HttpMethod.Get, next + "&name=x")).Ids());
        using var dac = await hub.ClientAsync("demo-dac");
        Assert.Equal(2, (await dac.GetFhirAsync($"Organization?_tag=urn:t|{tag}&_count=2")).Ids().Count);
        Assert.Empty((await dac.SendAsync(HttpMethod.Get, next)).Ids());
    }

    [Fact]
    public async Task A_count_of_none_is_the_total_alone()
    {
        using var team = await hub.ClientAsync("demo-cpts");
        var reply = await team.GetFhirAsync("Organization?_count=0");
        Assert.Equal(200, reply.Status);
        Assert.NotEqual("0", reply.Resource.Text("total"));
        Assert.Null(reply.Resource.Child("entry"));
        Assert.Null(Searches_over_HTTP.Link(reply.Resource, "next"));
        Assert.Null((await team.GetFhirAsync("Organization?_total=none")).Resource.Text("total"));
    }

    [Fact]
    public async Task A_client_of_one_patient_sees_that_patients_compartment()
    {
        await using var own = await HubHost.StartAsync(
            ("Hub:Clients:0:Id", "espace"), ("Hub:Clients:0:Secret", "espace"), ("Hub:Clients:0:Role", "coordination"),
            ("Hub:Clients:0:Tenant", "demo-cpts"), ("Hub:Clients:0:Patient", "Patient/mine"));
        using var team = await own.ClientAsync("demo-cpts");
        await team.PutFhirAsync("Patient/mine", """{"resourceType":"Patient","id":"mine","name":[{"family":"Moi"}]}""");
        await team.PutFhirAsync("Patient/other", """{"resourceType":"Patient","id":"other","name":[{"family":"Autre"}]}""");
        var flag = await NewFlagAsync(team, "mine");
        var hidden = await NewFlagAsync(team, "other");

        using var client = await own.ClientAsync("espace");
        Assert.Equal(["mine"], (await client.GetFhirAsync("Patient")).Ids());
        Assert.Equal([flag], (await client.GetFhirAsync("Flag")).Ids());
        Assert.Empty((await client.GetFhirAsync("Flag?patient.family=Autre")).Ids());
        Assert.Equal("0", (await client.GetFhirAsync("Flag?patient=Patient/other&_summary=count")).Resource.Text("total"));
        Assert.Equal([flag], (await client.GetFhirAsync("Patient?_revinclude=Flag:patient")).Ids("include"));
        Assert.Equal(404, (await client.GetFhirAsync("Patient/other")).Status);
        Assert.Equal(404, (await client.GetFhirAsync($"Flag/{hidden}")).Status);
        Assert.Equal(403, (await client.GetFhirAsync("Slot")).Status);
        Assert.Equal(200, (await client.GetFhirAsync("Organization")).Status);
        Assert.Equal(403, (await client.PostFhirAsync("Organization", "{}")).Status);
    }

    private static Task<string> NewPatientAsync(HttpClient client, string family) =>
        client.CreateAsync("Patient", $$"""{"resourceType":"Patient","name":[{"family":"{{family}}"}]}""");

    private static Task<string> NewFlagAsync(HttpClient client, string patient) => client.CreateAsync("Flag", $$"""
        {"resourceType":"Flag","status":"active","code":{"text":"x"},"subject":{"reference":"Patient/{{patient}}"} }
        """);
}
