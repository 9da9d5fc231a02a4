namespace CptsFhirHub.Storage.Tests;

public sealed class Outbox_of_effects
{
    private readonly Clock _clock = new();

    [Fact]
    public async Task An_effect_is_queued_with_its_cause_or_not_at_all()
    {
        await using var store = await TempStore.OpenAsync(time: _clock);
        await store.CommitAsync(
            new Write.Enqueue(Entry("1", "s")), new Write.Update(TempStore.Read("""{"resourceType":"Patient"}"""), "x", MayCreate: false));
        Assert.Empty(await Lease(store));
        await store.CommitAsync(new Write.Enqueue(Entry("1", "s")));
        var item = Assert.Single(await Lease(store));
        Assert.Equal(("1", TempStore.Tenant, "payload"), (item.Entry.Id, item.Entry.Tenant, System.Text.Encoding.UTF8.GetString(item.Entry.Payload.Span)));
    }

    [Fact]
    public async Task What_one_holds_another_does_not_get_until_the_lease_ends()
    {
        await using var store = await TempStore.OpenAsync(time: _clock);
        await store.CommitAsync(new Write.Enqueue(Entry("1", "s")));
        Assert.Single(await Lease(store, "a"));
        Assert.Empty(await Lease(store, "b"));
        _clock.Now += TimeSpan.FromSeconds(61);
        Assert.Single(await Lease(store, "b"));
        Assert.False(await store.Store.Outbox.DoneAsync("1", "a", CancellationToken.None));
        Assert.True(await store.Store.Outbox.DoneAsync("1", "b", CancellationToken.None));
        Assert.Equal(new OutboxCounts(0, 1, 0), await store.Store.Outbox.CountsAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Entries_of_one_subject_leave_in_order_and_others_do_not_wait()
    {
        await using var store = await TempStore.OpenAsync(time: _clock);
        await store.CommitAsync(new Write.Enqueue(Entry("1", "s")), new Write.Enqueue(Entry("2", "s")), new Write.Enqueue(Entry("3", "t")));
        Assert.Equal(["1", "3"], (await Lease(store)).Select(item => item.Entry.Id));
        await store.Store.Outbox.FailedAsync("1", "a", _clock.Now.AddMinutes(1), "503", CancellationToken.None);
        Assert.Empty(await Lease(store));
        _clock.Now += TimeSpan.FromMinutes(1);
        var again = (await Lease(store)).Single(item => item.Entry.Id == "1");
        Assert.Equal((1, "503"), (again.Attempts, again.LastError));
        await store.Store.Outbox.DoneAsync("1", "a", CancellationToken.None);
        Assert.Contains("2", (await Lease(store)).Select(item => item.Entry.Id));
    }

    [Fact]
    public async Task A_long_row_of_one_subject_does_not_keep_the_others_waiting()
    {
        await using var store = await TempStore.OpenAsync(time: _clock);
        await store.CommitAsync([.. Enumerable.Range(0, 60).Select(n => new Write.Enqueue(Entry($"long-{n}", "long")))]);
        await store.CommitAsync([.. Enumerable.Range(0, 40).Select(n => new Write.Enqueue(Entry($"other-{n}", $"s{n}")))]);

        var left = new List<string>();
        for (var round = 0; left.Count < 100 && round < 100; round++)
        {
            foreach (var item in await Lease(store))
            {
                left.Add(item.Entry.Id);
                Assert.True(await store.Store.Outbox.DoneAsync(item.Entry.Id, "a", CancellationToken.None));
            }

            // Each lease takes the next of the long row and as many of the others as it may.
            Assert.True(left.Count >= Math.Min(40, 5 * (round + 1)), $"{left.Count} after {round + 1} rounds");
        }

        Assert.Equal(Enumerable.Range(0, 60).Select(n => $"long-{n}"), left.Where(id => id.StartsWith("long", StringComparison.Ordinal)));
        Assert.Equal(40, left.Where(id => id.StartsWith("other", StringComparison.Ordinal)).Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public async Task What_was_sent_long_ago_is_forgotten_and_nothing_else()
    {
        await using var store = await TempStore.OpenAsync(time: _clock);
        var outbox = store.Store.Outbox;
        await store.CommitAsync(new Write.Enqueue(Entry("old", "s")), new Write.Enqueue(Entry("dead", "t")), new Write.Enqueue(Entry("due", "u")));
        await Lease(store);
        await outbox.DoneAsync("old", "a", CancellationToken.None);
        await outbox.FailedAsync("dead", "a", nextTry: null, "410", CancellationToken.None);
        _clock.Now += TimeSpan.FromDays(20);
        await store.CommitAsync(new Write.Enqueue(Entry("young", "v")));
        Assert.Contains("young", (await Lease(store)).Select(item => item.Entry.Id));
        await outbox.DoneAsync("young", "a", CancellationToken.None);

        Assert.Equal(1, await outbox.ForgetSentAsync(_clock.Now.AddDays(-10), 100, CancellationToken.None));

        Assert.Equal(new OutboxCounts(1, 1, 1), await outbox.CountsAsync(CancellationToken.None));
        Assert.Equal("young", Assert.Single(await outbox.FindAsync(TempStore.Tenant, "done", target: null, 10, CancellationToken.None)).Entry.Id);
    }

    [Fact]
    public async Task A_dead_entry_lets_the_next_pass_and_can_be_revived()
    {
        await using var store = await TempStore.OpenAsync(time: _clock);
        await store.CommitAsync(new Write.Enqueue(Entry("1", "s")), new Write.Enqueue(Entry("2", "s")));
        await Lease(store);
        await store.Store.Outbox.FailedAsync("1", "a", null, "410", CancellationToken.None);
        Assert.Equal(["2"], (await Lease(store)).Select(item => item.Entry.Id));
        Assert.Equal("1", Assert.Single(await store.Store.Outbox.FindAsync(TempStore.Tenant, "dead", target: null, 10, CancellationToken.None)).Entry.Id);
        Assert.False(await store.Store.Outbox.ReviveAsync(TempStore.OtherTenant, "1", CancellationToken.None));
        Assert.True(await store.Store.Outbox.ReviveAsync(TempStore.Tenant, "1", CancellationToken.None));
        Assert.Equal(["1"], (await Lease(store)).Select(item => item.Entry.Id));
    }

    [Fact]
    public async Task A_busy_target_and_more_than_its_share_are_left_where_they_are()
    {
        await using var store = await TempStore.OpenAsync(time: _clock);
        await store.CommitAsync([.. "abcd".Select(c => new Write.Enqueue(Entry($"slow-{c}", $"s{c}", "slow"))), new Write.Enqueue(Entry("q", "s", "quick"))]);
        var shared = await store.Store.Outbox.LeaseAsync("a", _clock.Now.AddSeconds(60), new(10, PerTarget: 2, []), CancellationToken.None);
        Assert.Equal(["slow-a", "slow-b", "q"], shared.Select(item => item.Entry.Id));
        var rest = await store.Store.Outbox.LeaseAsync("a", _clock.Now.AddSeconds(60), new(10, PerTarget: 2, ["slow"]), CancellationToken.None);
        Assert.Empty(rest);
        Assert.Equal(["slow-c", "slow-d"], (await Lease(store)).Select(item => item.Entry.Id));
    }

    [Fact]
    public async Task However_much_waits_for_some_targets_all_come_to_their_turn()
    {
        await using var store = await TempStore.OpenAsync(time: _clock);
        await store.CommitAsync([.. Enumerable.Range(0, 60).Select(n => new Write.Enqueue(Entry($"slow-{n}", $"s{n}", "a-slow")))]);
        await store.CommitAsync([.. Enumerable.Range(0, 30).Select(n => new Write.Enqueue(Entry($"q-{n}", $"s{n}", $"quick-{n:00}")))]);

        var left = new HashSet<string>(StringComparer.Ordinal);
        for (var round = 0; round < 7; round++)
        {
            foreach (var item in await store.Store.Outbox.LeaseAsync("a", _clock.Now.AddSeconds(60), new(5, PerTarget: 2, []), CancellationToken.None))
                Assert.True(left.Add(item.Entry.Id) && await store.Store.Outbox.DoneAsync(item.Entry.Id, "a", CancellationToken.None));
        }

        Assert.Equal(30, left.Count(id => id.StartsWith("q-", StringComparison.Ordinal)));
        Assert.Equal(["slow-0", "slow-1", "slow-2", "slow-3"], left.Where(id => id.StartsWith("slow", StringComparison.Ordinal)).Take(4));
        Assert.Empty(await store.Store.Outbox.LeaseAsync("a", _clock.Now.AddSeconds(60), new(5, PerTarget: 2, ["a-slow"]), CancellationToken.None));
    }

    [Fact]
    public async Task An_entry_given_back_untried_counts_no_try()
    {
        await using var store = await TempStore.OpenAsync(time: _clock);
        await store.CommitAsync(new Write.Enqueue(Entry("1", "s")));
        await Lease(store);
        Assert.False(await store.Store.Outbox.ReturnAsync("1", "b", _clock.Now, CancellationToken.None));
        Assert.True(await store.Store.Outbox.ReturnAsync("1", "a", _clock.Now.AddSeconds(30), CancellationToken.None));
        Assert.Empty(await Lease(store));
        _clock.Now += TimeSpan.FromSeconds(30);
        Assert.Equal(0, Assert.Single(await Lease(store)).Attempts);
    }

    [Fact]
    public async Task All_the_dead_of_one_target_come_back_with_all_their_tries()
    {
        await using var store = await TempStore.OpenAsync(time: _clock);
        await store.CommitAsync(new Write.Enqueue(Entry("1", "s", "x")), new Write.Enqueue(Entry("2", "t", "x")), new Write.Enqueue(Entry("3", "u", "y")));
        foreach (var item in await Lease(store))
            await store.Store.Outbox.FailedAsync(item.Entry.Id, "a", null, "400", CancellationToken.None);
        Assert.Equal(2, await store.Store.Outbox.ReviveAllAsync(TempStore.Tenant, "x", CancellationToken.None));
        Assert.Equal([("1", 0), ("2", 0)], (await Lease(store)).Select(item => (item.Entry.Id, item.Attempts)));
        Assert.Equal("dead", store.Store.Outbox.Find(TempStore.Tenant, "3")?.State);
        Assert.Equal(0, await store.Store.Outbox.ReviveAllAsync(TempStore.OtherTenant, null, CancellationToken.None));
        Assert.Equal(1, await store.Store.Outbox.ReviveAllAsync(TempStore.Tenant, null, CancellationToken.None));
    }

    [Fact]
    public async Task A_commit_that_queues_wakes_the_sender()
    {
        await using var store = await TempStore.OpenAsync(time: _clock);
        var woken = 0;
        store.Store.Outbox.OnQueued = () => woken++;
        await store.AddAsync("""{"resourceType":"Patient"}""");
        Assert.Equal(0, woken);
        await store.CommitAsync(new Write.Enqueue(Entry("1", "s")));
        Assert.Equal(1, woken);
    }

    private Task<IReadOnlyList<OutboxItem>> Lease(TempStore store, string owner = "a") =>
        store.Store.Outbox.LeaseAsync(owner, _clock.Now.AddSeconds(60), LeaseWish.OfAny(10), CancellationToken.None);

    private static OutboxEntry Entry(string id, string subject, string target = "sink") => new(id, TempStore.Tenant, "task-created", subject, target, "payload"u8.ToArray());
}
