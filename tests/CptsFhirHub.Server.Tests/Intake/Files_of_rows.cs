namespace CptsFhirHub.Tests.Intake;

/// <summary>A file is one message, and each of its rows is one too.</summary>
public sealed class Files_of_rows(HubHost host)
{
    [Fact]
    public async Task A_file_with_a_broken_row_takes_the_others()
    {
        using var prado = await host.ClientAsync("demo-prado");
        var (one, two) = (Somebody.New(), Somebody.New());
        var file = Messages.Prado(one, two) + "PR-0;bpco;SANS PRENOM;;;;;;;;;;;;;;;;sortie\n";

        var (status, answer) = await prado.PostMessageAsync("prado", file, Messages.Csv);

        Assert.True(status == 201, $"{status} {answer}");
        var rows = await prado.GetJsonAsync(answer.Text("rows"));
        Assert.Equal(["processed", "processed", "rejected"], rows.GetProperty("rows").EnumerateArray().Select(row => row.Text("state")));
        Assert.Equal(["2", "3", "4"], rows.GetProperty("rows").EnumerateArray().Select(row => row.Text("line")));
        Assert.Equal("3", rows.GetProperty("progress").Text("settled"));
    }

    [Fact]
    public async Task The_same_rows_in_another_file_happen_once()
    {
        using var prado = await host.ClientAsync("demo-prado");
        using var team = await host.ClientAsync("demo-cpts");
        var (one, two) = (Somebody.New(), Somebody.New());
        await prado.PostMessageAsync("prado", Messages.Prado(one, two), Messages.Csv);

        var (status, answer) = await prado.PostMessageAsync("prado", Messages.Prado(two, one), Messages.Csv);

        Assert.True(status == 201, $"{status} {answer}");
        var rows = await prado.GetJsonAsync(answer.Text("rows"));
        Assert.All(rows.GetProperty("rows").EnumerateArray(), row => Assert.Equal("duplicate", row.Text("state")));
        Assert.Single((await team.GetJsonAsync($"/fhir/Patient?family={one.Family}")).Matches());
    }

    [Fact]
    public async Task A_large_file_is_followed_by_its_link()
    {
        using var prado = await host.ClientAsync("demo-prado");
        var repeated = Somebody.New();
        var file = Messages.Prado([repeated, .. Enumerable.Range(0, 199).Select(_ => Somebody.New()), repeated]);

        var (status, answer) = await prado.PostMessageAsync("prado", file, Messages.Csv);

        Assert.True(status == 202, $"{status} {answer}");
        var deadline = DateTime.UtcNow.AddSeconds(60);
        System.Text.Json.JsonElement rows;
        do
        {
            await Task.Delay(100);
            rows = await prado.GetJsonAsync(answer.Text("rows"));
        }
        while (rows.Text("state") == "received" && DateTime.UtcNow < deadline);
        Assert.Equal("processed", rows.Text("state"));
        Assert.Equal("200", rows.GetProperty("progress").Text("processed"));

        // Of two equal lines the first counts, however far apart they stand.
        var states = rows.GetProperty("rows").EnumerateArray().ToDictionary(row => row.Text("line")!, row => row.Text("state"));
        Assert.Equal(("processed", "duplicate"), (states["2"], states["202"]));
    }

    [Fact]
    public async Task Four_doors_at_once_make_one_record_and_one_request_a_person()
    {
        using var prado = await host.ClientAsync("demo-prado");
        using var team = await host.ClientAsync("demo-cpts");
        var people = Enumerable.Range(0, 10).Select(_ => Somebody.New()).ToArray();

        // Each door has lines of its own about the same people, in another order: nothing but their traits says who they are.
        string File(int door) => Messages.PradoHeader + "\n"
            + string.Concat(people.Skip(door * 2).Concat(people.Take(door * 2)).Select(who => Messages.PradoRow(who, $"PR-{who.Ipp}-{door}") + "\n"));
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(door => prado.PostMessageAsync("prado", File(door), Messages.Csv)));

        foreach (var (status, answer) in answers)
        {
            Assert.True(status == 201, $"{status} {answer}");
            var rows = await prado.GetJsonAsync(answer.Text("rows"));
            Assert.All(rows.GetProperty("rows").EnumerateArray(), row => Assert.Equal("processed", row.Text("state")));
        }

        foreach (var who in people)
        {
            var patient = Assert.Single((await team.GetJsonAsync($"/fhir/Patient?family={who.Family}")).Matches()).Text("id");
            Assert.Single((await team.GetJsonAsync($"/fhir/ServiceRequest?subject=Patient/{patient}&category=recherche-medecin-traitant")).Matches());
            Assert.Single((await team.GetJsonAsync($"/fhir/Task?patient=Patient/{patient}&code=parcours-medecin-traitant")).Matches());
        }
    }
}
