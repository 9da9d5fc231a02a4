using System.Text;

namespace CptsFhirHub.Tests.Rest;

public sealed class Patches(HubHost hub)
{
    private const string Json = "application/json-patch+json";
    private const string System = "http://example.org/patches";

    [Fact]
    public async Task A_JSON_Patch_changes_what_it_names_and_makes_a_version()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var id = await client.CreateAsync("Patient", """{"resourceType":"Patient","name":[{"family":"Avant"}],"gender":"male"}""");
        var reply = await PatchAsync(client, $"Patient/{id}", """[{"op":"test","path":"/gender","value":"male"},{"op":"replace","path":"/name/0/family","value":"Après"},{"op":"remove","path":"/gender"}]""");
        Assert.Equal((200, "W/\"2\""), (reply.Status, reply.ETag));
        var read = (await client.GetFhirAsync($"Patient/{id}")).Resource;
        Assert.Equal("Après", read.At("name", "family")?.Value);
        Assert.Null(read.Child("gender"));
        Assert.Equal("2", read.At("meta", "versionId")?.Value);
    }

    [Fact]
    public async Task A_FHIRPath_Patch_changes_what_it_names()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var id = await client.CreateAsync("Patient", """{"resourceType":"Patient","name":[{"family":"Avant"}]}""");
        var reply = await PatchAsync(client, $"Patient/{id}", Replace("Patient.name[0].family", "Après"), "application/fhir+json");
        Assert.Equal(200, reply.Status);
        Assert.Equal("Après", reply.Resource.At("name", "family")?.Value);
    }

    [Fact]
    public async Task A_patch_with_an_old_version_gets_412_and_one_that_changes_nothing_makes_no_version()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var id = await client.CreateAsync("Patient", """{"resourceType":"Patient","gender":"male"}""");
        const string ToFemale = """[{"op":"test","path":"/gender","value":"male"},{"op":"replace","path":"/gender","value":"female"}]""";
        Assert.Equal(200, (await PatchAsync(client, $"Patient/{id}", ToFemale, Json, ("If-Match", "W/\"1\""))).Status);
        Assert.Equal(412, (await PatchAsync(client, $"Patient/{id}", ToFemale, Json, ("If-Match", "W/\"1\""))).Status);
        Assert.Equal(422, (await PatchAsync(client, $"Patient/{id}", ToFemale, Json, ("If-Match", "W/\"2\""))).Status);
        var same = await PatchAsync(client, $"Patient/{id}", """[{"op":"replace","path":"/gender","value":"female"}]""");
        Assert.Equal((200, "W/\"2\""), (same.Status, same.ETag));
    }

    [Fact]
    public async Task A_conditional_patch_takes_the_one_match()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var number = Guid.NewGuid().ToString("N");
        var body = $$"""{"resourceType":"Patient","identifier":[{"system":"{{System}}","value":"{{number}}"}]}""";
        var url = $"Patient?identifier={System}|{number}";
        const string ToMale = """[{"op":"add","path":"/gender","value":"male"}]""";
        Assert.Equal(404, (await PatchAsync(client, url, ToMale)).Status);
        await client.CreateAsync("Patient", body);
        Assert.Equal("male", (await PatchAsync(client, url, ToMale)).Resource.Text("gender"));
        await client.CreateAsync("Patient", body);
        Assert.Equal(412, (await PatchAsync(client, url, ToMale)).Status);
        Assert.Equal(412, (await PatchAsync(client, "Patient", ToMale)).Status);
    }

    [Theory]
    [InlineData("[{]", Json, 400)]
    [InlineData("", Json, 400)]
    [InlineData("""[{"op":"leap","path":"/gender"}]""", Json, 400)]
    [InlineData("""[{"op":"remove","path":"/birthDate"}]""", Json, 422)]
    [InlineData("""[{"op":"replace","path":"/gender","value":"blue"}]""", Json, 422)]
    [InlineData("""[{"op":"replace","path":"/id","value":"other"}]""", Json, 422)]
    [InlineData("""[{"op":"replace","path":"/resourceType","value":"Person"}]""", Json, 422)]
    [InlineData("""[{"op":"add","path":"/colour","value":"red"}]""", Json, 422)]
    [InlineData("""{"resourceType":"Patient"}""", "application/fhir+json", 400)]
    [InlineData("gender=male", "text/plain", 415)]
    public async Task What_is_malformed_gets_400_and_what_does_not_fit_422(string patch, string contentType, int status)
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var id = await client.CreateAsync("Patient", """{"resourceType":"Patient","gender":"male"}""");
        var reply = await PatchAsync(client, $"Patient/{id}", patch, contentType);
        Assert.Equal(status, reply.Status);
        Assert.Equal("OperationOutcome", reply.Resource.ResourceType);
        Assert.Equal("W/\"1\"", (await client.GetFhirAsync($"Patient/{id}")).ETag);
    }

    [Fact]
    public async Task What_is_absent_deleted_or_out_of_sight_answers_404()
    {
        using var team = await hub.ClientAsync("demo-cpts");
        using var dac = await hub.ClientAsync("demo-dac");
        const string Done = """[{"op":"replace","path":"/status","value":"completed"}]""";
        var other = await team.CreateAsync("Task", """{"resourceType":"Task","status":"draft","intent":"order"}""");
        Assert.Equal(404, (await PatchAsync(team, "Task/absent", Done)).Status);
        Assert.Equal(404, (await PatchAsync(dac, $"Task/{other}", Done, Json, ("If-Match", "W/\"1\""))).Status);
        await team.DeleteFhirAsync($"Task/{other}");
        Assert.Equal(404, (await PatchAsync(team, $"Task/{other}", Done)).Status);
    }

    [Fact]
    public async Task A_task_patched_by_a_partner_moves_along_the_state_table()
    {
        using var team = await hub.ClientAsync("demo-cpts");
        using var dac = await hub.ClientAsync("demo-dac");
        var patient = await team.CreateAsync("Patient", """{"resourceType":"Patient","name":[{"family":"Étape"}]}""");
        var task = await team.CreateAsync("Task", $$"""
            {"resourceType":"Task","status":"requested","intent":"order",
             "code":{"coding":[{"system":"https://cpts-fhir-hub.example/fhir/CodeSystem/type-tache","code":"appui-dac"}]},
             "for":{"reference":"Patient/{{patient}}"},"owner":{"reference":"Organization/demo-dac"} }
            """);
        static string To(string status) => $$"""[{"op":"replace","path":"/status","value":"{{status}}"}]""";
        Assert.Equal(412, (await PatchAsync(dac, $"Task/{task}", To("accepted"))).Status);
        var forbidden = await PatchAsync(dac, $"Task/{task}", To("completed"), Json, ("If-Match", "W/\"1\""));
        Assert.Equal(422, forbidden.Status);
        Assert.Contains("accepted", forbidden.Text, StringComparison.Ordinal);
        Assert.Equal(200, (await PatchAsync(dac, $"Task/{task}", To("accepted"), Json, ("If-Match", "W/\"1\""))).Status);
    }

    [Fact]
    public async Task A_transaction_patches_with_Parameters_or_a_Binary()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var first = await client.CreateAsync("Patient", """{"resourceType":"Patient","name":[{"family":"Un"}]}""");
        var second = await client.CreateAsync("Patient", """{"resourceType":"Patient","name":[{"family":"Deux"}]}""");
        var patch = Convert.ToBase64String(Encoding.UTF8.GetBytes("""[{"op":"replace","path":"/name/0/family","value":"B"}]"""));
        var reply = await client.PostFhirAsync("", $$"""
            {"resourceType":"Bundle","type":"transaction","entry":[
             {"resource":{{Replace("Patient.name[0].family", "A")}},"request":{"method":"PATCH","url":"Patient/{{first}}"} },
             {"resource":{"resourceType":"Binary","contentType":"{{Json}}","data":"{{patch}}"},"request":{"method":"PATCH","url":"Patient/{{second}}","ifMatch":"W/\"1\""} } ] }
            """);
        Assert.True(reply.Status == 200, reply.Text);
        Assert.Equal("A", (await client.GetFhirAsync($"Patient/{first}")).Resource.At("name", "family")?.Value);
        Assert.Equal("B", (await client.GetFhirAsync($"Patient/{second}")).Resource.At("name", "family")?.Value);
    }

    [Fact]
    public async Task The_capabilities_name_patch_and_its_formats()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var statement = (await client.GetFhirAsync("metadata")).Resource;
        Assert.Equal(Json, statement.All("patchFormat")[0].Value);
        Assert.Contains(
            statement.At("rest", "resource")!.All("interaction").ToArray(), interaction => interaction.Text("code") == "patch");
    }

    private static Task<Reply> PatchAsync(
        HttpClient client, string path, string patch, string contentType = Json, params (string, string)[] headers) =>
        client.SendAsync(HttpMethod.Patch, "/fhir/" + path, patch, contentType, headers);

    private static string Replace(string path, string value) => $$"""
        {"resourceType":"Parameters","parameter":[{"name":"operation","part":[{"name":"type","valueCode":"replace"},
         {"name":"path","valueString":"{{path}}"},{"name":"value","valueString":"{{value}}"}]}]}
        """;
}
