using System.Globalization;
using System.Text;
using CptsFhirHub.Fhir.Search;

namespace CptsFhirHub.Storage.Tests;

/// <summary>
/// Commits that wait together share a transaction, and what they will ask is asked for all of them before the first runs. Nobody may notice:
/// the same commits one by one, in the order in which they came, are the measure.
/// </summary>
public sealed class Commits_side_by_side
{
    private const int People = 4;
    private const int Codes = 5;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public async Task Many_at_once_end_as_one_after_the_other(int seed)
    {
        await using var together = await OpenAsync();
        await using var alone = await OpenAsync();

        List<string> crowded = [];
        List<string> single = [];
        for (var round = 0; round < 4; round++)
        {
            // The first waits for the disk while the others gather behind it.
            var random = new Random((seed * 1_000) + round);
            var commits = Enumerable.Range(0, 60).Select(_ => Commit(random)).ToList();
            foreach (var result in await Task.WhenAll(commits.Select(commit => together.CommitAsync(commit)).ToList()))
                crowded.Add(Told(result));
            foreach (var commit in commits)
                single.Add(Told(await alone.CommitAsync(commit)));
        }

        Assert.Equal(single, crowded);
        Assert.Equal(await StateAsync(alone), await StateAsync(together));
        Assert.Empty((await together.Store.VerifyAsync(faultsMax: 10, CancellationToken.None)).Faults);
    }

    [Fact]
    public async Task Of_a_crowd_each_sees_what_those_before_it_have_done_to_what_it_looks_for()
    {
        await using var store = await OpenAsync();
        await store.AddAsync(Patient("a", "1", "1950-01-01"));
        await store.AddAsync(Patient("b", "2", "1950-01-02"));

        Write[][] crowd =
        [
            [new Write.Update(TempStore.Read(Patient("a", "3", "1950-01-03")), "a")],
            [new Write.Create(TempStore.Read(Patient(null, "1", "1950-01-01")), Identified("1"), Id: "c")],
            [new Write.Create(TempStore.Read(Patient(null, "3", "1950-01-03")), Identified("3"), Id: "d")],
            [new Write.Guard([Born("1950-01-02")], ["Patient/b"]), new Write.Delete("Patient", "b")],
            [new Write.Guard([Born("1950-01-02")], ["Patient/b"])],
            [new Write.Expect(Identified("2"), null)],
            [new Write.UpdateWhere(TempStore.Read(Patient(null, "2", "1950-01-04")), Identified("1"))],
            [new Write.Expect(Identified("1"), null)],
            [new Write.Expect(Identified("2"), "Patient/c")],
            [new Write.Update(TempStore.Read(Patient("a", "3", "1950-01-05")), "a", IfMatch: 2)],
            [new Write.Update(TempStore.Read(Patient("a", "3", "1950-01-06")), "a", IfMatch: 2)],
        ];
        var results = await Task.WhenAll(crowd.Select(commit => store.CommitAsync(commit)).ToList());

        Assert.IsType<Written.Updated>(results[0][0]);
        Assert.IsType<Written.Created>(results[1][0]);
        Assert.Equal("a", Assert.IsType<Written.Matched>(results[2][0]).Stored.Id);
        Assert.True(results[3].Committed);
        Assert.IsType<Written.Overtaken>(results[4][0]);
        Assert.True(results[5].Committed);
        Assert.Equal("c", Assert.IsType<Written.Updated>(results[6][0]).Stored.Id);
        Assert.True(results[7].Committed);
        Assert.True(results[8].Committed);
        Assert.Equal(3, Assert.IsType<Written.Updated>(results[9][0]).Stored.Version);
        Assert.Equal(3, Assert.IsType<Written.VersionMismatch>(results[10][0]).CurrentVersion);
    }

    [Fact]
    public async Task Updates_of_many_resources_leave_the_rows_and_keys_of_each_its_own()
    {
        await using var store = await OpenAsync();
        for (var n = 0; n < 40; n++)
            await store.AddAsync(Patient($"p{n}", $"old-{n}", "1950-01-01"));

        await Task.WhenAll(Enumerable.Range(0, 40)
            .Select(n => store.CommitAsync(new Write.Update(TempStore.Read(Patient($"p{n}", $"new-{n}", n % 2 == 0 ? "1950-01-01" : $"1960-01-{(n % 28) + 1:00}")), $"p{n}")))
            .ToList());

        Assert.Empty((await store.Store.VerifyAsync(faultsMax: 10, CancellationToken.None)).Faults);
        for (var n = 0; n < 40; n++)
        {
            Assert.Empty(await store.FindAsync(Identified($"old-{n}")));
            Assert.Equal([$"p{n}"], await store.FindAsync(Identified($"new-{n}")));
        }

        var born = await store.Resources.FindAsync(TempStore.Tenant, [Born("1950-01-01")], CancellationToken.None);
        Assert.Equal(20, born.Count);
    }

    private static Task<TempStore> OpenAsync() => TempStore.OpenAsync(keysOf: resource =>
        resource.Root.Text("birthDate") is { } born ? [Born(born)] : []);

    private static LookupKey Born(string day) => new("born", day);

    private static SearchQuery Identified(string value) => TempStore.ByIdentifier("Patient", "urn:s", value);

    private static string Patient(string? id, string identifier, string born) =>
        $$"""
        {"resourceType":"Patient",{{(id is null ? "" : $"\"id\":\"{id}\",")}}"identifier":[{"system":"urn:s","value":"{{identifier}}"},{"system":"urn:s","value":"{{identifier}}"}],
         "name":[{"family":"Durand{{identifier}}"}],"birthDate":"{{born}}"}
        """;

    private static Write[] Commit(Random random) => [.. Enumerable.Range(0, random.Next(4) == 0 ? 3 : 1).Select(_ => Step(random))];

    /// <summary>A step about few people and few codes, so that the steps meet often.</summary>
    private static Write Step(Random random)
    {
        var id = $"p{random.Next(People)}";
        var code = random.Next(Codes).ToString(CultureInfo.InvariantCulture);
        var born = $"1950-01-0{random.Next(1, 4)}";
        var named = TempStore.Read(Patient(id, code, born));
        var unnamed = TempStore.Read(Patient(null, code, born));
        return random.Next(9) switch
        {
            0 => new Write.Create(unnamed, Identified(code), Id: id),
            1 => new Write.Create(named, Id: id),
            2 or 3 => new Write.Update(named, id),
            4 => new Write.Update(named, id, IfMatch: random.Next(1, 6)),
            5 => new Write.UpdateWhere(named, Identified(code)),
            6 => new Write.Delete("Patient", id),
            7 => new Write.Expect(Identified(code), random.Next(2) == 0 ? null : $"Patient/{id}"),
            _ => new Write.Guard([Born(born)], random.Next(2) == 0 ? [] : [$"Patient/{id}"]),
        };
    }

    private static string Told(CommitResult result) => string.Join(", ", result.Results.Select(one => one switch
    {
        Written.Created created => $"created {Name(created.Stored)}",
        Written.Updated updated => $"updated {Name(updated.Stored)}",
        Written.Matched matched => $"matched {Name(matched.Stored)}",
        Written.Deleted deleted => $"deleted {Name(deleted.Stored)}",
        Written.Unchanged unchanged => $"unchanged {(unchanged.Stored is { } stored ? Name(stored) : "")}",
        _ => one.ToString(),
    }));

    private static string Name(Stored stored) => $"{stored.Id} {stored.Version}";

    /// <summary>What is stored and found: the contents without their instants, and who stands under each code and key.</summary>
    private static async Task<List<string>> StateAsync(TempStore store)
    {
        List<string> state = [];
        for (var n = 0; n < People; n++)
            if (await store.GetAsync("Patient", $"p{n}") is { } stored)
                state.Add(stored.IsDeleted ? $"{Name(stored)} deleted" : $"{Name(stored)} {WithoutInstant(stored)}");
        for (var code = 0; code < Codes; code++)
            state.Add($"{code}: {string.Join(' ', (await store.FindAsync(Identified(code.ToString(CultureInfo.InvariantCulture)))).Order(StringComparer.Ordinal))}");
        foreach (var hit in await store.Resources.FindAsync(TempStore.Tenant, [.. Enumerable.Range(1, 3).Select(day => Born($"1950-01-0{day}"))], CancellationToken.None))
            state.Add($"{hit.Key.Value}: {hit.Reference}");
        return state;
    }

    private static string WithoutInstant(Stored stored)
    {
        var text = Encoding.UTF8.GetString(stored.Json.Span);
        var from = text.IndexOf("\"lastUpdated\":\"", StringComparison.Ordinal);
        return text.Remove(from, text.IndexOf('Z', from) + 2 - from);
    }
}
