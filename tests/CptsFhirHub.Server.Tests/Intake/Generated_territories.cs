using CptsFhirHub.Generator;
using CptsFhirHub.Server.Flows;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Tests.Intake;

/// <summary>A hub that has taken in a synthetic territory holds what the territory's manifest says, count by count.</summary>
public sealed class Generated_territories
{
    /// <summary>The states of an open file of which nobody doubts whose it is.</summary>
    private const string Certain = "recu,a-confirmer,a-qualifier,incomplet,etude-mas,qualifie,en-attente-medecin,oriente-snp,propose,accepte,premier-rdv";

    /// <summary>One of each kind of territory; on PostgreSQL the smallest.</summary>
    public static TheoryData<string, int, int> Territories => StorePlace.Provider == StoreOptions.Sqlite
        ? new() { { "essonne", 24, 7 }, { "charente", 80, 5 }, { "sarthe", 40, 3 } }
        : new() { { "essonne", 24, 7 } };

    [Theory]
    [MemberData(nameof(Territories))]
    public async Task A_hub_holds_what_the_manifest_says(string profile, int size, int seed)
    {
        var wish = new GeneratorWish(seed, TerritoryProfile.Find(profile)!) { Size = size, Today = Days.Of(DateTimeOffset.UtcNow) };
        var territory = GeneratedTerritory.Of(wish);
        var expected = territory.Expected;
        await using var host = await HubHost.StartAsync(("Hub:DemoTerritory", "false"));
        using var calls = new TerritoryCalls(host);

        foreach (var delivery in territory.Deliveries)
            await calls.HandInAsync(delivery);

        Assert.True(calls.Differences.Count == 0, $"{calls.Differences.Count} messages fared otherwise:\n{string.Join('\n', calls.Differences.Take(12))}");
        foreach (var (source, states) in expected.Messages)
            Assert.Equal((source, Words(states)), (source, Words(await calls.JournalAsync(source))));
        Assert.Equal(expected.Patients, await calls.CountAsync("Patient?"));
        Assert.Equal(expected.OpenRequests, await calls.CountAsync("ServiceRequest?status=active&category=recherche-medecin-traitant"));
        Assert.Equal(expected.ClosedRequests, await calls.CountAsync("ServiceRequest?status=revoked&category=recherche-medecin-traitant"));
        foreach (var (state, count) in expected.Files)
            Assert.Equal((state, count), (state, await calls.CountAsync($"Task?code=parcours-medecin-traitant&business-status={state}")));
        foreach (var (priority, count) in expected.Priorities)
            Assert.Equal((priority, count), (priority, await calls.CountAsync(
                $"ServiceRequest?status=active&category=recherche-medecin-traitant&priority={priority}")));
        Assert.Equal(expected.Gps + expected.Cohorts.Count, await calls.CountAsync("Practitioner?"));
        Assert.Equal(expected.Calls.Values.Sum(), await calls.CountAsync("Encounter?class=VR"));
        Assert.Equal(expected.Indicators["sans-mt"].Numerator, await calls.CountAsync($"Patient?_has:Task:patient:business-status={Certain}"));
        foreach (var (rpps, nearest) in expected.NearestAld.Take(2))
            Assert.Equal((rpps, Words(nearest.Select(one => one.Person))), (rpps, Words(await NearestAldAsync(calls, rpps, territory))));
        foreach (var (cohort, states) in expected.Cohorts)
            Assert.Equal((cohort, Words(states)), (cohort, Words(await ReconciledAsync(calls, cohort))));
    }

    [Fact]
    public async Task A_territory_sent_again_changes_nothing()
    {
        var wish = new GeneratorWish(2, TerritoryProfile.Find("charente")!) { Size = 20, Today = Days.Of(DateTimeOffset.UtcNow) };
        var territory = GeneratedTerritory.Of(wish);
        await using var host = await HubHost.StartAsync(("Hub:DemoTerritory", "false"));
        using var calls = new TerritoryCalls(host);
        foreach (var delivery in territory.Deliveries)
            await calls.HandInAsync(delivery);
        var before = await HeldAsync(calls);

        // A repetition is answered with the first answer, and what was refused is refused again.
        foreach (var delivery in territory.Deliveries.Where((delivery, i) => delivery.IsFile || i % 2 == 0))
        {
            var (status, text) = await calls.PostAsync(delivery);
            // A multipart body has a boundary of its own each time: the file is another one, its lines are all known.
            Assert.True(status is 200 or 422 || (delivery.Control is not null && status == 201), $"{delivery.Path}: {status} {text}");
        }

        Assert.Equal(before, await HeldAsync(calls));
    }

    /// <summary>Whom the hub shows a GP as the twenty nearest with an ALD, by the numbers of the territory.</summary>
    private static async Task<List<string>> NearestAldAsync(TerritoryCalls calls, string rpps, GeneratedTerritory territory)
    {
        var team = await calls.ClientAsync("team");
        var doctor = (await team.GetJsonAsync($"/fhir/Practitioner?identifier=8{rpps}")).Matches().Single().Text("id");
        var role = (await team.GetJsonAsync($"/fhir/PractitionerRole?practitioner=Practitioner/{doctor}")).Matches().Single().Text("id");
        var list = await team.GetJsonAsync($"/fhir/PractitionerRole/{role}/$waiting-list?criterion=ald&order=distance&count=20");
        if (!list.TryGetProperty("entry", out var entries))
            return [];
        var patients = entries.EnumerateArray().Where(entry => entry.GetProperty("search").Text("mode") == "include").Select(entry => entry.GetProperty("resource")).ToList();
        return [.. patients.Select(patient => PersonOf(patient, territory).Id)];
    }

    // Nobody shares a day of birth; where it was told badly, the name and a phone say who it is.
    private static Person PersonOf(System.Text.Json.JsonElement patient, GeneratedTerritory territory) =>
        territory.Persons.FirstOrDefault(person => person.BornIso == patient.Text("birthDate"))
        ?? territory.Persons.First(person => patient.ToString() is var text && text.Contains(person.Phone[1..], StringComparison.Ordinal)
            && text.Contains($"\"{person.FirstName}\"", StringComparison.OrdinalIgnoreCase));

    private static async Task<(int Patients, int Requests, int Tasks)> HeldAsync(TerritoryCalls calls) =>
        (await calls.CountAsync("Patient?"), await calls.CountAsync("ServiceRequest?"), await calls.CountAsync("Task?"));

    private static async Task<SortedDictionary<string, int>> ReconciledAsync(TerritoryCalls calls, string cohort)
    {
        var team = await calls.ClientAsync("team");
        var group = (await team.GetJsonAsync($"/fhir/Group?identifier={cohort}")).Matches().Single().Text("id");
        using var response = await team.PostAsync(new Uri($"/fhir/Group/{group}/$reconcile", UriKind.Relative), null, TestContext.Current.CancellationToken);
        var report = await response.JsonAsync();
        var counts = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var population in report.GetProperty("group")[0].GetProperty("population").EnumerateArray())
            if (population.GetProperty("count").GetInt32() is > 0 and var count)
                counts[population.GetProperty("code").GetProperty("coding")[0].Text("code")!] = count;
        return counts;
    }

    private static string Words(IEnumerable<string> words) => string.Join(' ', words);

    private static string Words(IEnumerable<KeyValuePair<string, int>> counts) => string.Join(", ", counts.Select(count => $"{count.Key} {count.Value}"));
}
