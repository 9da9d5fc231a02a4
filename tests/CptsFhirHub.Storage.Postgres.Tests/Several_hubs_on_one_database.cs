namespace CptsFhirHub.Storage.Tests.Postgres;

public sealed class Several_hubs_on_one_database
{
    [Fact]
    public async Task Two_hundred_conditional_creates_over_three_hubs_make_one()
    {
        var folder = Directory.CreateTempSubdirectory("hub-shared-").FullName;
        var hubs = new[] { await TempStore.OpenAsync(folder), await TempStore.OpenAsync(folder), await TempStore.OpenAsync(folder) };
        var patient = TempStore.Read("""{"resourceType":"Patient","identifier":[{"system":"urn:s","value":"1"}]}""");
        var condition = TempStore.ByIdentifier("Patient", "urn:s", "1");

        var results = await Task.WhenAll(Enumerable.Range(0, 200).Select(n => Task.Run(() =>
            hubs[n % hubs.Length].CommitAsync(new Write.Create(patient, condition)))));

        var created = Assert.Single(results.Select(result => result[0]).OfType<Written.Created>());
        Assert.Equal(199, results.Count(result => result[0] is Written.Matched matched && matched.Stored.Id == created.Stored.Id));
        foreach (var hub in hubs)
        {
            Assert.Equal([created.Stored.Id], await hub.FindAsync(condition));
            Assert.Empty((await hub.Store.VerifyAsync(10, CancellationToken.None)).Faults);
            await hub.DisposeAsync();
        }

        TempStore.Forget(folder);
    }

    [Fact]
    public async Task Writes_of_many_hubs_neither_share_a_key_nor_lose_an_update()
    {
        var folder = Directory.CreateTempSubdirectory("hub-shared-").FullName;
        var hubs = new[] { await TempStore.OpenAsync(folder), await TempStore.OpenAsync(folder) };
        await hubs[0].AddAsync("""{"resourceType":"Patient","id":"counter","multipleBirthInteger":0}""");

        await Task.WhenAll(Enumerable.Range(0, 40).Select(n => Task.Run(async () =>
        {
            var hub = hubs[n % hubs.Length];
            await hub.AddAsync($$"""{"resourceType":"Practitioner","identifier":[{"system":"urn:hub:{{n}}","value":"v"}]}""");
            while (true)
            {
                var current = (await hub.GetAsync("Patient", "counter"))!;
                var next = TempStore.Read($$"""{"resourceType":"Patient","id":"counter","multipleBirthInteger":{{current.Version}}}""");
                if ((await hub.CommitAsync(new Write.Update(next, "counter", IfMatch: current.Version))).Committed)
                    return;
            }
        })));

        Assert.Equal(41, (await hubs[1].GetAsync("Patient", "counter"))!.Version);
        Assert.Equal(40, (await hubs[0].FindAsync(new("Practitioner", []) { Count = 100 })).Count);
        for (var n = 0; n < 40; n++)
            Assert.Single(await hubs[(n + 1) % hubs.Length].FindAsync(TempStore.ByIdentifier("Practitioner", $"urn:hub:{n}", "v")));
        foreach (var hub in hubs)
        {
            Assert.Empty((await hub.Store.VerifyAsync(10, CancellationToken.None)).Faults);
            await hub.DisposeAsync();
        }

        TempStore.Forget(folder);
    }
}
