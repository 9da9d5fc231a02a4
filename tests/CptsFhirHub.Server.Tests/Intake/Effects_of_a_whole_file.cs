using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CptsFhirHub.Server.Flows;
using CptsFhirHub.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace CptsFhirHub.Tests.Intake;

/// <summary>What a file does beside what its rows do: the cohort it makes, the roles it ends. Told before, and done by the last file alone.</summary>
public sealed class Effects_of_a_whole_file(HubHost host)
{
    private const string CohortHeader = "id_cohorte;rpps_medecin_sortant;date_cessation;nom_naissance;prenoms;date_naissance;telephone;insee_commune;opposition\n";

    private const string ActivityHeader = "Identification nationale PP|Nom d'exercice|Prénom d'exercice|Code profession|Code savoir-faire|Identifiant technique de la structure|Code commune (coord. structure)\n";

    [Fact]
    public async Task A_preview_tells_the_cohort_that_a_file_would_make()
    {
        using var team = await host.ClientAsync("demo-cpts");
        var number = "COH-" + Guid.NewGuid().ToString("N")[..8];
        var rpps = $"101{Random.Shared.Next(10_000_000, 99_999_999)}";
        var people = Enumerable.Range(0, 4).Select(_ => Somebody.New()).ToList();
        var file = CohortHeader + string.Concat(people.Select((who, i) => Line(who, i == 1)));

        var before = (await SendAsync(file, people.Count, isPreview: true)).Body.GetProperty("file");

        Assert.Equal("agrees", before.Text("control"));
        var cohort = Assert.Single(before.GetProperty("cohorts").EnumerateArray());
        Assert.Equal((number, "4", "[3]", "0", "4", "4"),
            (cohort.Text("cohort"), cohort.Text("lines"), cohort.Text("opposedLines"), cohort.Text("members"), cohort.Text("persons"), cohort.Text("added")));
        Assert.Empty((await team.GetJsonAsync($"/fhir/Group?identifier={number}")).Matches());

        // Loaded, and sent again with one more: the Group that stands, and who would join it.
        Assert.Equal(201, (await SendAsync(file, people.Count, isPreview: false)).Status);
        var group = Assert.Single((await team.GetJsonAsync($"/fhir/Group?identifier={number}")).Matches());
        var longer = (await SendAsync(file + Line(Somebody.New(), isOpposed: true), people.Count + 1, isPreview: true)).Body.GetProperty("file").GetProperty("cohorts")[0];
        Assert.Equal(($"Group/{group.Text("id")}", "[3,6]", "4", "5", "1"),
            (longer.Text("group"), longer.Text("opposedLines"), longer.Text("members"), longer.Text("persons"), longer.Text("added")));

        var cut = await SendAsync(file, people.Count + 1, isPreview: true);
        Assert.Equal("contradicts", cut.Body.GetProperty("file").Text("control"));
        Assert.Contains("control count", cut.Body.ToString(), StringComparison.Ordinal);
        Assert.Equal("absent", (await team.PostMessageAsync("cpam-cohort?preview=true", file, Messages.Csv)).Body.GetProperty("file").Text("control"));

        string Line(Somebody who, bool isOpposed) =>
            $"{number};{rpps};2026-12-31;{who.Family};{who.Given};{who.Born};{who.Phone};85003;{(isOpposed ? "O" : "N")}\n";

        async Task<(int Status, JsonElement Body)> SendAsync(string text, int count, bool isPreview)
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            var control = $$"""{"count":{{count}},"sha256":"{{Convert.ToHexStringLower(SHA256.HashData(bytes))}}","rpps":"{{rpps}}","endDate":"2026-12-31"}""";
            using var form = new MultipartFormDataContent { { new StringContent(control), "control" }, { new ByteArrayContent(bytes), "file", "cohorte.csv" } };
            using var response = await team.PostAsync(new Uri("/intake/cpam-cohort" + (isPreview ? "?preview=true" : ""), UriKind.Relative), form);
            return ((int)response.StatusCode, await response.JsonAsync());
        }
    }

    [Fact]
    public async Task Who_objects_in_a_later_file_is_left_alone_from_then_on()
    {
        using var team = await host.ClientAsync("demo-cpts");
        var number = "COH-" + Guid.NewGuid().ToString("N")[..8];
        var (silent, other) = (Somebody.New(), Somebody.New());
        foreach (var answer in new[] { "N", "O" })
        {
            var file = CohortHeader + $"{number};10099000019;2026-12-31;{silent.Family};{silent.Given};{silent.Born};{silent.Phone};85003;{answer}\n"
                + $"{number};10099000019;2026-12-31;{other.Family};{other.Given};{other.Born};{other.Phone};85003;N\n";
            var (status, body) = await team.PostMessageAsync("cpam-cohort", file, Messages.Csv);
            Assert.True(status == 201, $"{status} {body}");
        }

        var group = Assert.Single((await team.GetJsonAsync($"/fhir/Group?identifier={number}")).Matches());
        using var reconciled = await team.PostAsync(new Uri($"/fhir/Group/{group.Text("id")}/$reconcile", UriKind.Relative), content: null);
        var opposed = (await reconciled.JsonAsync()).GetProperty("group")[0].GetProperty("population").EnumerateArray()
            .Single(population => population.GetProperty("code").ToString().Contains("\"oppose\"", StringComparison.Ordinal));
        Assert.Equal("1", opposed.Text("count"));
    }

    [Fact]
    public async Task Who_is_not_on_a_corrected_list_any_more_stays_marked_and_counts_no_more_until_listed_again()
    {
        using var team = await host.ClientAsync("demo-cpts");
        var cohort = new Cohort(team, 10);
        var whole = await cohort.SendAsync(cohort.People);
        var group = Assert.Single((await team.GetJsonAsync($"/fhir/Group?identifier={cohort.Number}")).Matches()).Text("id");

        // A part of the list, and a list with a line that nobody can read, take nobody out.
        Assert.Contains("part of the list", (await cohort.SendAsync(cohort.People[..6])).ToString(), StringComparison.Ordinal);
        var unread = await cohort.SendAsync([.. cohort.People[1..], Somebody.New("31/31/1950")]);
        Assert.Contains("do not tell whom they name", unread.ToString(), StringComparison.Ordinal);
        Assert.Equal((10, 0), await cohort.CountsAsync(group));

        // The corrected list names one person less, and another last day.
        var told = (await team.PostMessageAsync("cpam-cohort?preview=true", cohort.Text(cohort.People[1..], "2027-03-31"), Messages.Csv)).Body;
        Assert.Equal("1", told.GetProperty("file").GetProperty("cohorts")[0].Text("missing"));
        Assert.Contains("1 members of", (await cohort.SendAsync(cohort.People[1..], "2027-03-31")).ToString(), StringComparison.Ordinal);
        Assert.Equal((9, 1), await cohort.CountsAsync(group));
        var stands = await team.GetJsonAsync($"/fhir/Group/{group}");
        Assert.Equal(10, stands.GetProperty("member").GetArrayLength());
        Assert.Contains("2027-03-31", stands.GetProperty("extension").ToString(), StringComparison.Ordinal);
        var gone = Assert.Single(stands.GetProperty("member").EnumerateArray(), member => member.TryGetProperty("inactive", out var inactive) && inactive.GetBoolean());
        Assert.Contains($"{gone.GetProperty("entity").Text("reference")};", (await team.SendAsync(HttpMethod.Get, $"/cohorts/{group}/table")).Text.Split("retire-de-la-liste")[0].Split('\n')[^1], StringComparison.Ordinal);

        // The first list was held up: taken up now it brings nobody back.
        var journal = host.Services.GetRequiredService<Journal>();
        await journal.SettleAsync("demo-cpts", new(whole.Text("messageId"), MessageState.Received), CancellationToken.None);
        var late = (await journal.ReadAsync("demo-cpts", whole.Text("messageId"), CancellationToken.None))!;
        var reception = await host.Services.GetRequiredService<ReceiveSignalement>().ReplayAsync(late, CancellationToken.None);
        Assert.Contains(reception.Issues, issue => issue.Text.Contains("later file", StringComparison.Ordinal));
        Assert.Equal((9, 1), await cohort.CountsAsync(group));

        // Listed again, the person counts again.
        await cohort.SendAsync(cohort.People, "2027-03-31");
        Assert.Equal((10, 0), await cohort.CountsAsync(group));
    }

    private sealed class Cohort(HttpClient team, int size)
    {
        public string Number { get; } = "COH-" + Guid.NewGuid().ToString("N")[..8];

        public List<Somebody> People { get; } = [.. Enumerable.Range(0, size).Select(_ => Somebody.New())];

        public string Text(IEnumerable<Somebody> people, string end = "2026-12-31") => CohortHeader + string.Concat(people.Select(who =>
            $"{Number};10099000019;{end};{who.Family};{who.Given};{who.Born};{who.Phone};85003;N\n"));

        public async Task<JsonElement> SendAsync(IEnumerable<Somebody> people, string end = "2026-12-31")
        {
            var (status, body) = await team.PostMessageAsync("cpam-cohort", Text(people, end), Messages.Csv);
            Assert.True(status is 200 or 201 or 202, $"{status} {body}");
            return body;
        }

        /// <summary>The members who count, and those who are no longer listed, by the report.</summary>
        public async Task<(int Members, int Gone)> CountsAsync(string group)
        {
            using var reconciled = await team.PostAsync(new Uri($"/fhir/Group/{group}/$reconcile", UriKind.Relative), content: null);
            var groups = (await reconciled.JsonAsync()).GetProperty("group");
            var gone = groups[2].GetProperty("population").EnumerateArray()
                .Single(population => population.GetProperty("code").ToString().Contains("\"retire-de-la-liste\"", StringComparison.Ordinal));
            return (groups[0].GetProperty("population").EnumerateArray().Sum(state => state.GetProperty("count").GetInt32()), gone.GetProperty("count").GetInt32());
        }
    }

    [Fact]
    public async Task The_roles_that_a_directory_would_end_are_told_before_and_an_earlier_file_that_comes_late_ends_none()
    {
        await using var hub = await HubHost.StartAsync(("Hub:DemoTerritory", "false"), ("Hub:Sources:rpps:Communes", "85003"));
        using var team = await hub.ClientAsync("demo-cpts");
        var lines = Enumerable.Range(0, 12).Select(i => $"81009900{i:0000}|NOM|LUCIE|10|SM54|S{i}|85003").ToList();
        var first = await SendAsync(lines);
        Assert.Equal(201, first.Status);

        List<string> next = [.. lines[1..], "810099009001|NOM|LUCIE|10|SM54|S91|85003"];
        var told = (await SendAsync(next, "?preview=true")).Body.GetProperty("file").GetProperty("snapshot");
        Assert.Equal(("PractitionerRole", "12", "1", "0"), (told.Text("type"), told.Text("active"), told.Text("ends"), told.Text("beginsAgain")));
        var ended = Assert.Single(told.GetProperty("endsReferences").EnumerateArray()).GetString();
        Assert.Equal(12, await ActiveAsync());
        Assert.Contains("cut short", (await SendAsync(lines[..4], "?preview=true")).Body.GetProperty("file").GetProperty("snapshot").Text("held"), StringComparison.Ordinal);

        await SendAsync(next);
        Assert.Equal(12, await ActiveAsync());
        Assert.Equal("False", (await team.GetJsonAsync("/fhir/" + ended)).Text("active"));

        // The first file was held up: taken up now it does not end what only the second one names.
        var journal = hub.Services.GetRequiredService<Journal>();
        var late = (await journal.ReadAsync("demo-cpts", first.Body.Text("messageId"), CancellationToken.None))!;
        await journal.SettleAsync("demo-cpts", new(late.Id, MessageState.Received), CancellationToken.None);
        late = (await journal.ReadAsync("demo-cpts", late.Id, CancellationToken.None))!;
        var reception = await hub.Services.GetRequiredService<ReceiveSignalement>().ReplayAsync(late, CancellationToken.None);
        Assert.Contains(reception.Issues, issue => issue.Text.Contains("later file", StringComparison.Ordinal));
        Assert.Equal(12, await ActiveAsync());
        Assert.Equal("False", (await team.GetJsonAsync("/fhir/" + ended)).Text("active"));

        // A line that does not tell whom it names may be anybody's: nobody is ended.
        var faulty = await SendAsync([.. next[1..], "8100990|NOM|LUCIE|10|SM54|S1|85003"]);
        Assert.Contains("do not tell whom they name", faulty.Body.ToString(), StringComparison.Ordinal);
        Assert.Equal(12, await ActiveAsync());

        async Task<int> ActiveAsync() => (await team.GetJsonAsync("/fhir/PractitionerRole?active=true&_count=50")).Matches().Count;

        async Task<(int Status, JsonElement Body)> SendAsync(IEnumerable<string> rows, string query = "") =>
            await team.PostMessageAsync("rpps" + query, ActivityHeader + string.Join('\n', rows) + "\n", Messages.Csv);
    }
}
