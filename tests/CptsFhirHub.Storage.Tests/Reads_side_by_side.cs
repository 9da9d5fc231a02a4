using System.Globalization;

namespace CptsFhirHub.Storage.Tests;

/// <summary>Reads that come together may share a question to the database. Each gets its own answer, as if it were alone.</summary>
public sealed class Reads_side_by_side
{
    private const int Patients = 40;

    [Fact]
    public async Task Each_gets_what_it_asked_for()
    {
        await using var store = await TempStore.OpenAsync();
        foreach (var n in Enumerable.Range(0, Patients))
            await store.AddAsync(Patient(n, version: 1));
        foreach (var n in Enumerable.Range(0, Patients).Where(n => n % 3 == 0))
            await store.CommitAsync(new Write.Update(TempStore.Read(Patient(n, version: 2)), Id(n)));
        foreach (var n in Enumerable.Range(0, Patients).Where(n => n % 5 == 0))
            await store.CommitAsync(new Write.Delete("Patient", Id(n)));
        await store.AddAsync("""{"resourceType":"Organization","id":"p1","name":"of the same id"}""");
        await store.AddAsync(Patient(2, version: 7), TempStore.OtherTenant);

        var asked = new List<(string Tenant, string Type, string Id)>();
        for (var round = 0; round < 8; round++)
        {
            asked.AddRange(Enumerable.Range(0, Patients).Select(n => (TempStore.Tenant, "Patient", Id(n))));
            asked.Add((TempStore.Tenant, "Organization", "p1"));
            asked.Add((TempStore.Tenant, "Organization", "p2"));
            asked.Add((TempStore.OtherTenant, "Patient", "p2"));
            asked.Add((TempStore.OtherTenant, "Patient", "p1"));
            asked.Add((TempStore.Tenant, "Practitioner", "p1"));
            asked.Add((TempStore.Tenant, "Patient", "p\01"));
            asked.Add((TempStore.Tenant, "Patient", "{\"p1\"}"));
        }

        var crowded = await Task.WhenAll(asked.Select(one => Task.Run(() => store.GetAsync(one.Type, one.Id, one.Tenant))));
        for (var i = 0; i < asked.Count; i++)
        {
            var (tenant, type, id) = asked[i];
            var alone = await store.GetAsync(type, id, tenant);
            Assert.Equal(Told(alone), Told(crowded[i]));
        }

        Assert.Equal("Patient/p1 1 sound", Told(crowded[1]));
        Assert.Equal("Patient/p3 2 sound", Told(crowded[3]));
        Assert.Equal("Patient/p5 2 deleted", Told(crowded[5]));
        Assert.Equal("Organization/p1 1 sound", Told(crowded[Patients]));
        Assert.Equal(TempStore.OtherTenant, crowded[Patients + 2]!.Tenant);
    }

    [Fact]
    public async Task What_was_committed_before_a_read_began_is_seen_by_it()
    {
        await using var store = await TempStore.OpenAsync();
        await Task.WhenAll(Enumerable.Range(0, 16).Select(lane => Task.Run(() => WriteAndReadAsync(store, lane))));
    }

    [Fact]
    public async Task An_id_that_no_database_takes_harms_nobody_else()
    {
        await using var store = await TempStore.OpenAsync();
        await store.AddAsync(Patient(1, version: 1));

        var sound = new List<Task<Stored?>>();
        var wrong = new List<Task>();
        for (var n = 0; n < 200; n++)
        {
            sound.Add(Task.Run(() => store.GetAsync("Patient", "p1")));
            if (n % 10 == 0)
                wrong.Add(Task.Run(() => store.GetAsync("Patient", "p\ud800")));
        }

        Assert.All(await Task.WhenAll(sound), stored => Assert.Equal(1, stored!.Version));
        await Task.WhenAny(Task.WhenAll(wrong));
        Assert.Equal(1, (await store.GetAsync("Patient", "p1"))!.Version);
    }

    private static async Task WriteAndReadAsync(TempStore store, int lane)
    {
        await store.AddAsync(Patient(lane, version: 1));
        for (var version = 2; version < 12; version++)
        {
            await store.CommitAsync(new Write.Update(TempStore.Read(Patient(lane, version)), Id(lane)));
            Assert.Equal(version, (await store.GetAsync("Patient", Id(lane)))!.Version);
        }
    }

    private static string Id(int n) => "p" + n.ToString(CultureInfo.InvariantCulture);

    private static string Patient(int n, int version) =>
        $$"""{"resourceType":"Patient","id":"{{Id(n)}}","name":[{"family":"Version{{version.ToString(CultureInfo.InvariantCulture)}}"}]}""";

    /// <summary>What was read, and whether the content is that of the resource and the version.</summary>
    private static string Told(Stored? stored)
    {
        if (stored is null)
            return "nothing";
        var state = stored.IsDeleted ? "deleted" : stored.Resource.Id == stored.Id && stored.Resource.Type == stored.Type ? "sound" : "another's";
        return string.Create(CultureInfo.InvariantCulture, $"{stored.Type}/{stored.Id} {stored.Version} {state}");
    }
}
