using System.Globalization;
using System.Text.Json;
using CptsFhirHub.Generator;
using CptsFhirHub.Server.Flows;
using Microsoft.Extensions.DependencyInjection;

namespace CptsFhirHub.Tests.Intake;

/// <summary>After a census the CPTS sees where people without a GP live, and calls each of them back once, those who cannot wait first.</summary>
public sealed class Call_backs_after_a_census(HubHost host)
{
    [Fact]
    public async Task The_map_counts_each_answer_and_a_campaign_calls_each_person_once()
    {
        var territory = GeneratedTerritory.Of(new(11, TerritoryProfile.Find("charente")!) { Size = 40, Today = Days.Of(DateTimeOffset.UtcNow) });
        var expected = territory.Expected;
        await using var hub = await HubHost.StartAsync(("Hub:DemoTerritory", "false"));
        using var deliveries = new TerritoryCalls(hub);
        foreach (var delivery in territory.Deliveries)
            await deliveries.HandInAsync(delivery);
        var team = await deliveries.ClientAsync("team");

        // The map: of the census, as the manifest says; of all sources, every open file.
        var census = await MapAsync(team, "?source=recensement");
        Assert.Equal(
            expected.CensusByCommune.Select(pair => $"{pair.Key} {pair.Value}"),
            census.OrderBy(row => row.Insee, StringComparer.Ordinal).Select(row => $"{row.Insee} {row.Files - row.InDoubt}"));
        var all = await MapAsync(team, "");
        Assert.Equal(expected.OpenRequests, all.Sum(row => row.Files));
        Assert.Equal(expected.Priorities.GetValueOrDefault("urgent"), all.Sum(row => row.Fragile));
        Assert.Equal(expected.Files.GetValueOrDefault("doublon-a-verifier"), all.Sum(row => row.InDoubt));

        // Who asks again pays for what has changed, not for all that is open.
        var files = hub.Services.GetRequiredService<OpenFiles>();
        var looked = files.Looked;
        Assert.Equal(all, await MapAsync(team, ""));
        Assert.InRange(files.Looked - looked, 0, FewOf(all));

        // A campaign that was cut short after some: the same again asks for the others, and once more for nobody.
        var some = await CallAsync(team, "aci-2026", commune: expected.CensusByCommune.MaxBy(pair => pair.Value).Key);
        Assert.InRange(Count(some, "created"), 1, expected.CallBack.Count - 1);
        Assert.Equal(expected.CallBack.Count, Count(await CallAsync(team, "aci-2026", isPreview: true), "created") + Count(some, "created"));
        var both = await Task.WhenAll(CallAsync(team, "aci-2026"), CallAsync(team, "aci-2026"));
        Assert.Equal(expected.CallBack.Count, Count(some, "created") + both.Sum(answer => Count(answer, "created")));
        var last = await CallAsync(team, "aci-2026");
        Assert.Equal((0, expected.CallBack.Count), (Count(last, "created"), Count(last, "already")));
        var other = await CallAsync(team, "autre");
        Assert.Equal((0, expected.CallBack.Count), (Count(other, "created"), Count(other, "already")));
        Assert.Equal(expected.CallBack.Count, await deliveries.CountAsync("Task?code=rappel"));

        var calls = CallsOf(last);
        Assert.Equal(expected.CallBack.Count, calls.Select(call => call.Patient).Distinct().Count());
        Assert.Equal(calls.OrderBy(call => call.Priority == "urgent" ? 0 : 1).ThenByDescending(call => call.Rank), calls);
        Assert.Contains(calls, call => call.Priority == "urgent");

        // Somebody who was called is not called again under the same name, and is under another.
        var task = calls[0].Task;
        var done = (await team.GetFhirAsync(task)).Text.Replace("\"status\":\"requested\"", "\"status\":\"completed\"", StringComparison.Ordinal);
        Assert.Equal(200, (await team.PutFhirAsync(task, done)).Status);
        Assert.Equal(0, Count(await CallAsync(team, "aci-2026"), "created"));
        Assert.Equal(1, Count(await CallAsync(team, "aci-2027"), "created"));

        // One more person is counted, and no longer once the file is closed.
        var (platform, newcomer) = (await deliveries.ClientAsync("booking"), Somebody.New());
        var (open, before) = ((await MapAsync(team, "")).Sum(row => row.Files), files.Looked);
        await platform.PostMessageAsync("doctolib", Messages.SignUp(newcomer), Messages.Json);
        Assert.Equal(open + 1, (await MapAsync(team, "")).Sum(row => row.Files));
        Assert.InRange(files.Looked - before, 1, FewOf(all));
        await platform.PostMessageAsync("doctolib", Messages.SignUp(newcomer, happened: "signup.cancelled"), Messages.Json);
        Assert.Equal(open, (await MapAsync(team, "")).Sum(row => row.Files));

        // Who took the request back is not called for what somebody else says since, and is when the person asks again.
        var (booking, prado) = (await deliveries.ClientAsync("booking"), await deliveries.ClientAsync("prado"));
        var who = Somebody.New();
        await booking.PostMessageAsync("doctolib", Messages.SignUp(who), Messages.Json);
        await booking.PostMessageAsync("doctolib", Messages.SignUp(who, happened: "signup.cancelled"), Messages.Json);
        await prado.PostMessageAsync("prado", Messages.Prado(who), Messages.Csv);
        var objected = await CallAsync(team, "aci-2028");
        Assert.Equal((0, 1), (Count(objected, "created"), Count(objected, "opposed")));
        await booking.PostMessageAsync("doctolib", Messages.SignUp(who), Messages.Json);
        var asked = await CallAsync(team, "aci-2028");
        Assert.Equal((1, 0), (Count(asked, "created"), Count(asked, "opposed")));
        Assert.Contains("Rang de priorité ", (await team.GetFhirAsync(CallsOf(asked).Single().Task)).Resource.Text("description"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Both_are_the_coordinations_and_the_map_has_points()
    {
        using var team = await host.ClientAsync("demo-cpts");
        var points = await team.GetJsonAsync("/communes?format=geojson");
        var feature = points.GetProperty("features").EnumerateArray().First(one => one.GetProperty("geometry").ValueKind == JsonValueKind.Object);
        Assert.Equal("Point", feature.GetProperty("geometry").Text("type"));
        Assert.InRange(feature.GetProperty("geometry").GetProperty("coordinates")[1].GetDouble(), 41, 51);
        Assert.True(feature.GetProperty("properties").GetProperty("dossiers").GetInt32() > 0);

        Assert.Equal(400, (await team.SendAsync(HttpMethod.Get, "/communes?format=kml")).Status);
        Assert.Equal(400, (await team.PostFhirAsync("Task/$call-back?name=a%20b", "")).Status);
        Assert.Equal(400, (await team.PostFhirAsync("Task/$call-back", "")).Status);
        using var booking = await host.ClientAsync("demo-booking");
        Assert.Equal(403, (await booking.SendAsync(HttpMethod.Get, "/communes")).Status);
        Assert.Equal(403, (await booking.PostFhirAsync("Task/$call-back?name=aci", "")).Status);
    }

    /// <summary>A job may change a file or two meanwhile; all of them it does not.</summary>
    private static int FewOf(List<Row> rows) => rows.Sum(row => row.Files) / 4;

    private static async Task<List<Row>> MapAsync(HttpClient team, string query)
    {
        var reply = await team.SendAsync(HttpMethod.Get, "/communes" + query);
        Assert.Equal(200, reply.Status);
        return [.. reply.Text.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(line => line.Split(';')).Select(cells =>
            new Row(cells[0], Number(cells[4]), Number(cells[5]), Number(cells[6])))];
    }

    private static async Task<JsonElement> CallAsync(HttpClient team, string name, string? commune = null, bool isPreview = false)
    {
        var url = $"/fhir/Task/$call-back?name={name}{(commune is null ? "" : "&commune=" + commune)}{(isPreview ? "&preview=true" : "")}";
        using var response = await team.PostAsync(new Uri(url, UriKind.Relative), null, TestContext.Current.CancellationToken);
        Assert.Equal(200, (int)response.StatusCode);
        return await response.JsonAsync();
    }

    private static int Count(JsonElement answer, string name) =>
        answer.GetProperty("parameter").EnumerateArray().Single(one => one.Text("name") == name).GetProperty("valueInteger").GetInt32();

    private static List<Call> CallsOf(JsonElement answer) =>
        [.. answer.GetProperty("parameter").EnumerateArray().Where(one => one.Text("name") == "call").Select(one => one.GetProperty("part")).Select(parts =>
            new Call(parts[0].GetProperty("valueReference").Text("reference")!, parts[1].GetProperty("valueReference").Text("reference")!, parts[2].Text("valueCode")!, parts[3].GetProperty("valueDecimal").GetDecimal()))];

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private sealed record Row(string Insee, int Files, int Fragile, int InDoubt);

    private sealed record Call(string Task, string Patient, string Priority, decimal Rank);
}
