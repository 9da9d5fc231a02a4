using CptsFhirHub.Fhir.Search;

namespace CptsFhirHub.Storage.Tests;

public sealed class Commit_of_writes
{
    [Fact]
    public async Task A_created_resource_is_read_back_with_its_id_and_version_and_its_other_bytes_untouched()
    {
        await using var store = await TempStore.OpenAsync();
        var stored = await store.AddAsync("""{"resourceType":"Patient","name":[{"family":"Écho"}],"birthDate":"1950-01-01"}""");

        var read = await store.GetAsync("Patient", stored.Id);
        Assert.NotNull(read);
        Assert.Equal(1, read.Version);
        var text = System.Text.Encoding.UTF8.GetString(read.Json.Span);
        Assert.Contains($"\"id\":\"{stored.Id}\"", text);
        Assert.Contains("\"versionId\":\"1\"", text);
        Assert.EndsWith("""name":[{"family":"Écho"}],"birthDate":"1950-01-01"}""", text);
        Assert.Equal(stored.Json.ToArray(), read.Json.ToArray());
    }

    [Fact]
    public async Task An_unknown_id_is_null_and_a_known_one_of_another_type_too()
    {
        await using var store = await TempStore.OpenAsync();
        await store.AddAsync("""{"resourceType":"Patient","id":"a"}""");
        Assert.Null(await store.GetAsync("Patient", "b"));
        Assert.Null(await store.GetAsync("Practitioner", "a"));
        Assert.Null(await store.Resources.VReadAsync(TempStore.Tenant, "Patient", "a", 2, CancellationToken.None));
    }

    [Fact]
    public async Task Two_hundred_parallel_conditional_creates_make_one_resource()
    {
        await using var store = await TempStore.OpenAsync();
        var patient = TempStore.Read("""{"resourceType":"Patient","identifier":[{"system":"urn:s","value":"1"}]}""");
        var condition = TempStore.ByIdentifier("Patient", "urn:s", "1");

        var results = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => Task.Run(() => store.CommitAsync(new Write.Create(patient, condition)))));

        Assert.Single(results, result => result[0] is Written.Created);
        Assert.Equal(199, results.Count(result => result[0] is Written.Matched));
        Assert.Single(await store.FindAsync(condition));
    }

    [Fact]
    public async Task A_condition_that_matches_two_is_ambiguous()
    {
        await using var store = await TempStore.OpenAsync();
        const string json = """{"resourceType":"Patient","identifier":[{"system":"urn:s","value":"1"}]}""";
        await store.AddAsync(json);
        await store.AddAsync(json);
        var result = await store.CommitAsync(new Write.Create(TempStore.Read(json), TempStore.ByIdentifier("Patient", "urn:s", "1")));
        Assert.False(result.Committed);
        Assert.Equal(2, Assert.IsType<Written.Ambiguous>(result[0]).Matches);
    }

    [Fact]
    public async Task An_update_with_If_Match_replaces_that_version_only()
    {
        await using var store = await TempStore.OpenAsync();
        await store.AddAsync("""{"resourceType":"Patient","id":"a","active":true}""");
        var changed = TempStore.Read("""{"resourceType":"Patient","id":"a","active":false}""");

        Assert.Equal(2, Assert.IsType<Written.Updated>((await store.CommitAsync(new Write.Update(changed, "a", IfMatch: 1)))[0]).Stored.Version);
        Assert.Equal(2, Assert.IsType<Written.VersionMismatch>((await store.CommitAsync(new Write.Update(changed, "a", IfMatch: 1)))[0]).CurrentVersion);
        Assert.Null(Assert.IsType<Written.VersionMismatch>((await store.CommitAsync(new Write.Update(changed, "b", IfMatch: 1)))[0]).CurrentVersion);
        Assert.Equal(2, (await store.GetAsync("Patient", "a"))!.Version);
    }

    [Fact]
    public async Task Of_fifty_updates_of_one_version_one_wins()
    {
        await using var store = await TempStore.OpenAsync();
        await store.AddAsync("""{"resourceType":"Patient","id":"a"}""");
        var results = await Task.WhenAll(Enumerable.Range(0, 50).Select(n => Task.Run(() => store.CommitAsync(
            new Write.Update(TempStore.Read($$"""{"resourceType":"Patient","id":"a","language":"l{{n}}"}"""), "a", IfMatch: 1)))));
        Assert.Single(results, result => result[0] is Written.Updated);
        Assert.Equal(49, results.Count(result => result[0] is Written.VersionMismatch));
    }

    [Fact]
    public async Task The_same_content_again_is_no_new_version()
    {
        await using var store = await TempStore.OpenAsync();
        var slot = TempStore.Read("""{"resourceType":"Slot","identifier":[{"system":"urn:s","value":"1"}],"status":"free"}""");
        var where = TempStore.ByIdentifier("Slot", "urn:s", "1");
        var created = Assert.IsType<Written.Created>((await store.CommitAsync(new Write.UpdateWhere(slot, where)))[0]).Stored;
        Assert.Equal(1, Assert.IsType<Written.Unchanged>((await store.CommitAsync(new Write.UpdateWhere(slot, where)))[0]).Stored!.Version);
        Assert.IsType<Written.Unchanged>((await store.CommitAsync(new Write.Update(created.Resource, created.Id)))[0]);

        var busy = TempStore.Read("""{"resourceType":"Slot","identifier":[{"system":"urn:s","value":"1"}],"status":"busy"}""");
        Assert.Equal(2, Assert.IsType<Written.Updated>((await store.CommitAsync(new Write.UpdateWhere(busy, where)))[0]).Stored.Version);
    }

    [Fact]
    public async Task A_conditional_update_that_names_another_id_than_it_finds_is_refused()
    {
        await using var store = await TempStore.OpenAsync();
        await store.AddAsync("""{"resourceType":"Slot","id":"a","identifier":[{"system":"urn:s","value":"1"}]}""");
        var other = TempStore.Read("""{"resourceType":"Slot","id":"b","identifier":[{"system":"urn:s","value":"1"}]}""");
        Assert.IsType<Written.Ambiguous>((await store.CommitAsync(new Write.UpdateWhere(other, TempStore.ByIdentifier("Slot", "urn:s", "1"))))[0]);
    }

    [Fact]
    public async Task An_update_of_an_unknown_id_creates_only_when_it_may()
    {
        await using var store = await TempStore.OpenAsync();
        var patient = TempStore.Read("""{"resourceType":"Patient","id":"a"}""");
        Assert.IsType<Written.NotFound>((await store.CommitAsync(new Write.Update(patient, "a", MayCreate: false)))[0]);
        Assert.IsType<Written.Created>((await store.CommitAsync(new Write.Update(patient, "a")))[0]);
    }

    [Fact]
    public async Task A_deleted_resource_leaves_a_tombstone_is_not_found_by_search_and_can_come_back()
    {
        await using var store = await TempStore.OpenAsync();
        await store.AddAsync("""{"resourceType":"Patient","id":"a","identifier":[{"system":"urn:s","value":"1"}]}""");
        var condition = TempStore.ByIdentifier("Patient", "urn:s", "1");

        Assert.Equal(2, Assert.IsType<Written.Deleted>((await store.CommitAsync(new Write.Delete("Patient", "a")))[0]).Stored.Version);
        Assert.IsType<Written.Unchanged>((await store.CommitAsync(new Write.Delete("Patient", "a")))[0]);
        Assert.IsType<Written.Unchanged>((await store.CommitAsync(new Write.Delete("Patient", "never")))[0]);
        Assert.True((await store.GetAsync("Patient", "a"))!.IsDeleted);
        Assert.Empty(await store.FindAsync(condition));
        Assert.Empty(await store.FindAsync(new SearchQuery("Patient", [])));

        var back = await store.CommitAsync(new Write.Update(TempStore.Read("""{"resourceType":"Patient","id":"a"}"""), "a"));
        Assert.Equal(3, Assert.IsType<Written.Created>(back[0]).Stored.Version);
        Assert.Empty(await store.FindAsync(condition));
        var history = await store.Resources.HistoryAsync(TempStore.Tenant, "Patient", "a", new(), CancellationToken.None);
        Assert.Equal([3, 2, 1], history.Versions.Select(version => version.Version));
        Assert.Equal([false, true, false], history.Versions.Select(version => version.IsDeleted));
    }

    [Fact]
    public async Task A_step_that_does_not_hold_undoes_the_steps_before_it()
    {
        await using var store = await TempStore.OpenAsync();
        await store.AddAsync("""{"resourceType":"Patient","id":"a"}""");
        var result = await store.CommitAsync(
            new Write.Create(TempStore.Read("""{"resourceType":"Patient","language":"never-seen"}"""), Id: "b"),
            new Write.Delete("Patient", "a"),
            new Write.Update(TempStore.Read("""{"resourceType":"Patient"}"""), "c", MayCreate: false));

        Assert.False(result.Committed);
        Assert.IsType<Written.NotTried>(result[0]);
        Assert.IsType<Written.NotTried>(result[1]);
        Assert.IsType<Written.NotFound>(result[2]);
        Assert.Null(await store.GetAsync("Patient", "b"));
        Assert.False((await store.GetAsync("Patient", "a"))!.IsDeleted);
    }

    [Fact]
    public async Task Commits_that_share_a_transaction_stand_or_fall_alone()
    {
        await using var store = await TempStore.OpenAsync();
        var results = await Task.WhenAll(Enumerable.Range(0, 120).Select(n => Task.Run(() => store.CommitAsync(
            new Write.Create(TempStore.Read($$"""{"resourceType":"Patient","identifier":[{"system":"urn:{{n}}","value":"v"}]}"""), Id: $"p{n}"),
            n % 3 == 0
                ? new Write.Update(TempStore.Read("""{"resourceType":"Patient"}"""), "nobody", MayCreate: false)
                : new Write.Create(TempStore.Read("""{"resourceType":"Practitioner"}"""))))));

        for (var n = 0; n < results.Length; n++)
        {
            Assert.Equal(n % 3 != 0, results[n].Committed);
            Assert.Equal(n % 3 != 0, (await store.GetAsync("Patient", $"p{n}")) is not null);
            Assert.Equal(n % 3 != 0, (await store.FindAsync(TempStore.ByIdentifier("Patient", $"urn:{n}", "v"))).Count == 1);
        }
    }

    [Fact]
    public async Task A_commit_that_breaks_the_transaction_leaves_the_others_of_it_alone()
    {
        await using var store = await TempStore.OpenAsync();
        var entry = new OutboxEntry("same", TempStore.Tenant, "kind", "subject", "target", default);
        await store.CommitAsync(new Write.Enqueue(entry));

        // A second entry of one id breaks a unique index; those that share its transaction must not notice.
        var tasks = Enumerable.Range(0, 60).Select(n => Task.Run(() => n % 5 == 0
            ? store.CommitAsync(new Write.Create(TempStore.Read("""{"resourceType":"Patient"}"""), Id: $"p{n}"), new Write.Enqueue(entry))
            : store.CommitAsync(new Write.Create(TempStore.Read("""{"resourceType":"Patient"}"""), Id: $"p{n}")))).ToList();
        for (var n = 0; n < tasks.Count; n++)
        {
            if (n % 5 == 0)
                await Assert.ThrowsAsync<StoreUnavailableException>(() => tasks[n]);
            else
                Assert.IsType<Written.Created>((await tasks[n])[0]);
            Assert.Equal(n % 5 != 0, (await store.GetAsync("Patient", $"p{n}")) is not null);
        }
    }

    [Fact]
    public async Task A_create_under_an_id_that_is_taken_is_refused()
    {
        await using var store = await TempStore.OpenAsync();
        await store.AddAsync("""{"resourceType":"Patient","id":"a"}""");
        var again = await store.CommitAsync(new Write.Create(TempStore.Read("""{"resourceType":"Patient"}"""), Id: "a"));
        Assert.Equal(1, Assert.IsType<Written.VersionMismatch>(again[0]).CurrentVersion);
    }

    [Fact]
    public async Task A_guard_that_was_overtaken_stops_the_commit()
    {
        await using var store = await TempStore.OpenAsync(keysOf: resource =>
            resource.Root.Text("birthDate") is { } born ? [new LookupKey("traits", born)] : []);
        var key = new LookupKey("traits", "1950-01-01");
        var patient = TempStore.Read("""{"resourceType":"Patient","birthDate":"1950-01-01"}""");

        var results = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() =>
            store.CommitAsync(new Write.Guard([key], []), new Write.Create(patient)))));
        Assert.Single(results, result => result.Committed);
        Assert.Equal(19, results.Count(result => result[0] is Written.Overtaken));

        var hits = await store.Resources.FindAsync(TempStore.Tenant, [key], CancellationToken.None);
        var hit = Assert.Single(hits);
        Assert.True((await store.CommitAsync(new Write.Guard([key], [hit.Reference]))).Committed);

        await store.CommitAsync(new Write.Update(TempStore.Read("""{"resourceType":"Patient"}"""), hit.Id));
        Assert.Empty(await store.Resources.FindAsync(TempStore.Tenant, [key], CancellationToken.None));
    }

    [Fact]
    public async Task An_expectation_that_no_longer_holds_stops_the_commit()
    {
        await using var store = await TempStore.OpenAsync();
        var query = TempStore.ByIdentifier("Patient", "urn:s", "1");
        Assert.True((await store.CommitAsync(new Write.Expect(query, null))).Committed);
        await store.AddAsync("""{"resourceType":"Patient","id":"a","identifier":[{"system":"urn:s","value":"1"}]}""");
        Assert.IsType<Written.Overtaken>((await store.CommitAsync(new Write.Expect(query, null)))[0]);
        Assert.True((await store.CommitAsync(new Write.Expect(query, "Patient/a"))).Committed);
        Assert.IsType<Written.Overtaken>((await store.CommitAsync(new Write.Expect(query, "Patient/b")))[0]);
    }

    [Fact]
    public async Task What_one_tenant_keeps_another_neither_reads_nor_finds_nor_matches()
    {
        await using var store = await TempStore.OpenAsync();
        const string json = """{"resourceType":"Patient","id":"a","identifier":[{"system":"urn:s","value":"1"}]}""";
        await store.AddAsync(json);
        var condition = TempStore.ByIdentifier("Patient", "urn:s", "1");

        Assert.Null(await store.GetAsync("Patient", "a", TempStore.OtherTenant));
        Assert.Empty(await store.FindAsync(condition, TempStore.OtherTenant));
        Assert.Empty((await store.Resources.HistoryAsync(TempStore.OtherTenant, null, null, new(), CancellationToken.None)).Versions);
        var created = await store.Resources.CommitAsync(TempStore.OtherTenant, [new Write.Create(TempStore.Read(json), condition, "a")], CancellationToken.None);
        Assert.IsType<Written.Created>(created[0]);
        Assert.Equal(["a"], await store.FindAsync(condition));
        Assert.Equal(["a"], await store.FindAsync(condition, TempStore.OtherTenant));
    }

    [Fact]
    public async Task History_pages_do_not_shift_when_versions_are_added()
    {
        await using var store = await TempStore.OpenAsync();
        for (var n = 0; n < 5; n++)
            await store.AddAsync($$"""{"resourceType":"Patient","id":"p{{n}}"}""");
        var first = await store.Resources.HistoryAsync(TempStore.Tenant, "Patient", null, new(Count: 2), CancellationToken.None);
        await store.AddAsync("""{"resourceType":"Patient","id":"late"}""");
        var second = await store.Resources.HistoryAsync(TempStore.Tenant, "Patient", null, new(Count: 2, first.NextCursor), CancellationToken.None);
        var third = await store.Resources.HistoryAsync(TempStore.Tenant, "Patient", null, new(Count: 2, second.NextCursor), CancellationToken.None);
        Assert.Equal(["p4", "p3", "p2", "p1", "p0"], [.. first.Versions.Concat(second.Versions).Concat(third.Versions).Select(version => version.Id)]);
        Assert.Null(third.NextCursor);
    }

    [Fact]
    public async Task A_history_finds_its_beginning_in_time_and_counts_only_so_far()
    {
        var clock = new Clock();
        await using var store = await TempStore.OpenAsync(time: clock);
        var begun = clock.Now;
        for (var n = 0; n < 7; n++)
        {
            clock.Now = begun.AddMinutes(n / 2);
            await store.AddAsync($$"""{"resourceType":"Patient","id":"p{{n}}"}""");
        }

        async Task<(int Shown, int? Total)> SinceAsync(TimeSpan after, int? totalMax = null)
        {
            var page = await store.Resources.HistoryAsync(
                TempStore.Tenant, "Patient", null, new(Count: 3, Since: begun + after) { TotalMax = totalMax }, CancellationToken.None);
            return (page.Versions.Count, page.Total);
        }

        Assert.Equal((3, 7), await SinceAsync(TimeSpan.FromDays(-1)));
        Assert.Equal((3, 7), await SinceAsync(TimeSpan.Zero));
        Assert.Equal((3, 5), await SinceAsync(TimeSpan.FromMilliseconds(1)));
        Assert.Equal((3, 3), await SinceAsync(TimeSpan.FromMinutes(2)));
        Assert.Equal((1, 1), await SinceAsync(TimeSpan.FromMinutes(3)));
        Assert.Equal((0, 0), await SinceAsync(TimeSpan.FromMinutes(4)));
        Assert.Equal((3, 5), await SinceAsync(TimeSpan.FromMinutes(1), totalMax: 5));
        Assert.Equal((3, null), await SinceAsync(TimeSpan.FromMinutes(1), totalMax: 4));

        for (var n = 0; n < 4; n++)
            await store.CommitAsync(new Write.Update(TempStore.Read($$"""{"resourceType":"Patient","id":"p0","multipleBirthInteger":{{n + 1}}}"""), "p0"));
        Assert.Equal(5, (await store.Resources.HistoryAsync(TempStore.Tenant, "Patient", "p0", new() { TotalMax = 2 }, CancellationToken.None)).Total);
    }

    [Fact]
    public async Task Versions_never_bear_an_earlier_instant_than_those_before_them()
    {
        var clock = new Clock();
        await using var store = await TempStore.OpenAsync(time: clock);
        var first = await store.AddAsync("""{"resourceType":"Patient"}""");
        clock.Now -= TimeSpan.FromHours(1);
        var second = await store.AddAsync("""{"resourceType":"Patient"}""");
        Assert.Equal(first.LastUpdated, second.LastUpdated);
    }

    [Fact]
    public async Task What_stops_half_way_leaves_nothing_and_those_beside_it_stay()
    {
        await using var store = await TempStore.OpenAsync();
        await store.AddAsync("""{"resourceType":"Patient","id":"taken"}""");
        var results = await Task.WhenAll(Enumerable.Range(0, 60).Select(n => Task.Run(() => n % 3 == 0
            ? store.CommitAsync(
                new Write.Create(TempStore.Read($$"""{"resourceType":"Organization","identifier":[{"system":"urn:half:{{n}}","value":"v"}]}""")),
                new Write.Create(TempStore.Read("""{"resourceType":"Patient"}"""), Id: "taken"))
            : store.CommitAsync(
                new Write.Create(TempStore.Read("""{"resourceType":"Patient"}"""), Id: $"a{n}"),
                new Write.Create(TempStore.Read("""{"resourceType":"Patient"}"""), Id: $"b{n}")))));

        Assert.Equal(20, results.Count(result => !result.Committed && result.Results is [Written.NotTried, Written.VersionMismatch]));
        Assert.Equal(40, results.Count(result => result.Committed));
        Assert.Empty(await store.FindAsync(new("Organization", [])));
        Assert.Equal(81, (await store.FindAsync(new("Patient", []) { Count = 100 })).Count);
        Assert.Empty((await store.Store.VerifyAsync(10, CancellationToken.None)).Faults);
    }
}
