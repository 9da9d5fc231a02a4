using System.Text;
using System.Text.Json.Nodes;
using CptsFhirHub.Tests.Intake;

namespace CptsFhirHub.Tests.Flows;

/// <summary>The DAC pulls the work it is asked to do, takes it, reports back; nobody takes a step the tables do not know.</summary>
public sealed class Work_of_the_Dac(HubHost host)
{
    [Fact]
    public async Task A_fragile_persons_file_is_asked_of_the_dac_with_its_reasons()
    {
        using var dac = await host.ClientAsync("demo-dac");
        using var other = await host.ClientAsync("demo-dac-2");
        var (task, request) = await AskedAsync();

        Assert.Contains("plus de 70 ans", task["reasonCode"]!["text"]!.GetValue<string>(), StringComparison.Ordinal);
        var found = (await dac.GetJsonAsync($"/fhir/Task?owner=Organization/demo-dac&status=requested&focus={request}&_include=Task:focus&_include=Task:patient")).ToString();
        Assert.Contains(request, found, StringComparison.Ordinal);
        Assert.Contains("\"resourceType\":\"Patient\"", found, StringComparison.Ordinal);
        using var hidden = await other.GetAsync(new Uri($"/fhir/Task/{task["id"]}", UriKind.Relative));
        Assert.Equal(404, (int)hidden.StatusCode);
    }

    [Fact]
    public async Task Who_refuses_that_the_dac_is_told_is_not_sent_there()
    {
        using var booking = await host.ClientAsync("demo-booking");
        using var team = await host.ClientAsync("demo-cpts");

        var (_, answer) = await booking.PostMessageAsync("doctolib", Messages.SignUp(Somebody.New(), dac: false), Messages.Json);

        Assert.Empty((await team.GetJsonAsync($"/fhir/Task?focus={answer.Text("signalement")}&code=appui-dac")).Matches());
    }

    [Fact]
    public async Task A_task_is_claimed_worked_on_and_ended_and_the_file_shows_the_outcome()
    {
        using var team = await host.ClientAsync("demo-cpts");
        var (task, _) = await AskedAsync();

        Assert.Equal(200, await PutAsync("demo-dac", task, "accepted"));
        Assert.Equal(200, await PutAsync("demo-dac", task, "in-progress"));
        task["output"] = new JsonArray(new JsonObject
        {
            ["type"] = new JsonObject { ["text"] = "Compte rendu" },
            ["valueString"] = "Aide à domicile mise en place.",
        });
        Assert.Equal(200, await PutAsync("demo-dac", task, "completed"));

        var file = await team.GetJsonAsync($"/fhir/{task["partOf"]![0]!["reference"]}");
        Assert.Contains("Aide à domicile mise en place.", file.GetProperty("output")[0].ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_step_outside_the_table_is_refused_with_the_allowed_ones()
    {
        var (task, _) = await AskedAsync();
        Assert.Equal(200, await PutAsync("demo-dac", task, "accepted"));

        var (status, text) = await PutTextAsync("demo-dac", task, "requested");

        Assert.Equal(422, status);
        Assert.Contains("in-progress", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_claim_with_an_old_version_is_refused()
    {
        var (task, _) = await AskedAsync();
        var stale = task.DeepClone().AsObject();
        Assert.Equal(200, await PutAsync("demo-dac", task, "accepted"));

        Assert.Equal(412, await PutAsync("demo-dac", stale, "rejected"));
    }

    [Fact]
    public async Task The_team_moves_a_file_only_along_the_table_and_its_request_follows()
    {
        using var team = await host.ClientAsync("demo-cpts");
        var (task, request) = await AskedAsync();
        var file = JsonNode.Parse((await team.GetJsonAsync($"/fhir/{task["partOf"]![0]!["reference"]}")).ToString())!.AsObject();

        State(file, "premier-rdv", "in-progress");
        var (status, text) = await PutTextAsync("demo-cpts", file);
        Assert.Equal(422, status);
        Assert.Contains("qualifie", text, StringComparison.Ordinal);

        State(file, "clos-deja-mt", "cancelled");
        file["statusReason"] = new JsonObject { ["text"] = "A déclaré un médecin." };
        (status, text) = await PutTextAsync("demo-cpts", file);
        Assert.True(status == 200, text);
        Assert.Equal("revoked", (await team.GetJsonAsync($"/fhir/{request}")).Text("status"));
    }

    private async Task<(JsonObject Task, string Request)> AskedAsync()
    {
        using var booking = await host.ClientAsync("demo-booking");
        using var dac = await host.ClientAsync("demo-dac");
        var (status, answer) = await booking.PostMessageAsync("doctolib", Messages.SignUp(Somebody.New()), Messages.Json);
        Assert.True(status == 201, $"{status} {answer}");
        var tasks = (await dac.GetJsonAsync($"/fhir/Task?owner=Organization/demo-dac&status=requested&focus={answer.Text("signalement")}")).Matches();
        return (JsonNode.Parse(Assert.Single(tasks).ToString())!.AsObject(), answer.Text("signalement"));
    }

    private async Task<int> PutAsync(string account, JsonObject task, string status)
    {
        var (code, text) = await PutTextAsync(account, task, status);
        if (code == 200)
            task["meta"] = JsonNode.Parse(text)!["meta"]!.DeepClone();
        return code;
    }

    private async Task<(int Status, string Text)> PutTextAsync(string account, JsonObject task, string? status = null)
    {
        using var client = await host.ClientAsync(account);
        if (status is not null)
            task["status"] = status;
        using var request = new HttpRequestMessage(HttpMethod.Put, $"/fhir/Task/{task["id"]}")
        {
            Content = new StringContent(task.ToJsonString(), Encoding.UTF8, "application/fhir+json"),
        };
        request.Headers.TryAddWithoutValidation("If-Match", $"W/\"{task["meta"]!["versionId"]}\"");
        using var response = await client.SendAsync(request);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    private static void State(JsonObject file, string state, string status)
    {
        file["status"] = status;
        file["businessStatus"] = new JsonObject
        {
            ["coding"] = new JsonArray(new JsonObject
            {
                ["system"] = "https://cpts-fhir-hub.example/fhir/CodeSystem/etat-parcours",
                ["code"] = state,
            }),
        };
    }
}
