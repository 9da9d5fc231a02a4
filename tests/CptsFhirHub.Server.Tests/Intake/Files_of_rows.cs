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
    public async Task A_preview_says_what_a_file_would_do_and_does_nothing()
    {
        using var team = await host.ClientAsync("demo-cpts");
        using var prado = await host.ClientAsync("demo-prado");
        var (known, other) = (Somebody.New(), Somebody.New());
        await prado.PostMessageAsync("prado", Messages.Prado(known, Somebody.New()), Messages.Csv);
        var before = (await team.GetJsonAsync("/intake/messages?source=prado&_count=500")).GetProperty("messages").GetArrayLength();
        var file = (Messages.Prado(known, other, other) + Messages.PradoRow(other, "PR-9" + other.Ipp, "maj") + "\nPR-0;bpco;SANS PRENOM;;;;;;;;;;;;;;;;sortie\n")
            .Replace("aide_domicile", "Couleur", StringComparison.Ordinal);

        var (status, preview) = await team.PostMessageAsync("prado?preview=true", file, Messages.Csv);

        Assert.True(status == 200, $"{status} {preview}");
        Assert.Equal("Read as UTF-8, fields separated by semicolons.", preview.Text("layout"));
        var columns = preview.GetProperty("columns").EnumerateArray().ToList();
        Assert.Contains(columns, column => column.Text("name") == "dossier_prado" && column.Text("path") == "dossier_prado");
        Assert.Contains(columns, column => column.Text("name") == "Couleur" && column.Text("path").Length == 0);
        Assert.Contains(preview.GetProperty("issues").EnumerateArray(), issue => issue.Text("where") == "line 1, column \"Couleur\"");
        var rows = preview.GetProperty("rows").EnumerateArray().ToList();
        Assert.Equal(["2 duplicate", "3 processed", "4 duplicate", "5 processed", "6 rejected"], rows.Select(row => $"{row.Text("line")} {row.Text("would")}"));
        Assert.Equal("3", rows[3].Text("after"));
        Assert.Contains(rows[1].GetProperty("changes").EnumerateArray(), change => change.Text("action") == "create" && change.Text("resource") == "Patient");
        Assert.Contains("line 6", rows[4].GetProperty("issues")[0].Text("where"), StringComparison.Ordinal);
        Assert.Equal("2", preview.GetProperty("states").Text("processed"));

        // Its sender is told what the file says, and nothing of whom the hub knows.
        var own = (await prado.PostMessageAsync("prado?preview=true", file, Messages.Csv)).Body.GetProperty("rows").EnumerateArray().ToList();
        Assert.Equal(["processed", "processed", "duplicate", "processed", "rejected"], own.Select(row => row.Text("would")));
        Assert.All(own, row => Assert.False(row.TryGetProperty("changes", out _)));

        Assert.Empty((await team.GetJsonAsync($"/fhir/Patient?family={other.Family}")).Matches());
        var after = (await team.GetJsonAsync("/intake/messages?source=prado&_count=500")).GetProperty("messages").EnumerateArray().ToList();
        Assert.DoesNotContain(after.Skip(before), message => message.Text("client") == "demo-cpts");
        Assert.Equal("5", (await team.PostMessageAsync("prado?preview=true&afterLine=5", file, Messages.Csv)).Body.Text("total"));
        Assert.Equal("6", Assert.Single((await team.PostMessageAsync("prado?preview=true&afterLine=5", file, Messages.Csv)).Body.GetProperty("rows").EnumerateArray()).Text("line"));
    }

    [Fact]
    public async Task A_file_tells_its_unknown_columns_and_gives_a_report_a_spreadsheet_opens()
    {
        using var prado = await host.ClientAsync("demo-prado");
        var file = (Messages.Prado(Somebody.New(), Somebody.New()) + "PR-0;bpco;SANS PRENOM;;;;;;;;;;;;;;;;sortie\n")
            .Replace("aide_domicile", "Couleur", StringComparison.Ordinal);

        var (_, answer) = await prado.PostMessageAsync("prado", file, Messages.Csv);

        Assert.Contains("line 1, column \"Couleur\"", answer.GetProperty("issues").EnumerateArray().Select(issue => issue.Text("where")));
        var french = await prado.GetStringAsync(new Uri(answer.Text("rows") + "?format=csv", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.StartsWith("ligne;état;message;gravité;code;endroit;texte\r\nfichier;Traité;", french, StringComparison.Ordinal);
        Assert.Contains("\"ligne 4, colonne \"\"prenoms\"\"\";\"Cette valeur est obligatoire.\"", french, StringComparison.Ordinal);
        using var request = new HttpRequestMessage(HttpMethod.Get, answer.Text("rows") + "?format=csv");
        request.Headers.Add("Accept-Language", "en");
        using var response = await prado.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal("text/csv", response.Content.Headers.ContentType!.MediaType);
        var lines = (await response.Content.ReadAsStringAsync()).TrimStart('\uFEFF').Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("line;state;message;severity;code;where;text", lines[0]);
        Assert.Contains(lines, line => line.StartsWith("4;rejected;", StringComparison.Ordinal) && line.Contains("line 4, column \"\"prenoms\"\"", StringComparison.Ordinal));
        Assert.DoesNotContain("SANS PRENOM", string.Concat(lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_discharge_that_moves_moves_the_day_of_the_first_visit()
    {
        using var prado = await host.ClientAsync("demo-prado");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        string Row(string happened, string day) => Messages.PradoHeader + "\n" + Messages.PradoRow(who, happened: happened).Replace("2026-06-19", day, StringComparison.Ordinal) + "\n";
        var (_, first) = await prado.PostMessageAsync("prado", Row("creation", "2026-06-19"), Messages.Csv);
        async Task<string> DueAsync() => (await team.GetJsonAsync($"/fhir/Task?code=parcours-medecin-traitant&patient={first.Text("patient")}")).Matches().Single()
            .GetProperty("restriction").GetProperty("period").Text("end");
        Assert.Equal("2026-06-26", await DueAsync());
        await prado.PostMessageAsync("prado", Row("sortie", "2026-06-23"), Messages.Csv);
        Assert.Equal("2026-06-30", await DueAsync());

        // A day that somebody of the team has set stays.
        var task = (await team.GetJsonAsync($"/fhir/Task?code=parcours-medecin-traitant&patient={first.Text("patient")}")).Matches().Single();
        Assert.Equal(200, (await team.PutFhirAsync($"Task/{task.Text("id")}", task.ToString().Replace("2026-06-30", "2026-07-15", StringComparison.Ordinal))).Status);
        await prado.PostMessageAsync("prado", Row("maj", "2026-06-25"), Messages.Csv);
        Assert.Equal("2026-07-15", await DueAsync());
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
