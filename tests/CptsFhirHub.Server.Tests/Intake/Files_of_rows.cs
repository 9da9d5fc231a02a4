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
        var file = Messages.Prado([.. Enumerable.Range(0, 201).Select(_ => Somebody.New())]);

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
        Assert.Equal("201", rows.GetProperty("progress").Text("processed"));
    }
}
