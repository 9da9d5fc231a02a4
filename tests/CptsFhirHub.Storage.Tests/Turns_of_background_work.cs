namespace CptsFhirHub.Storage.Tests;

public sealed class Turns_of_background_work
{
    [Fact]
    public async Task A_sender_goes_before_the_background_work_that_came_first()
    {
        var queue = new TurnQueue<string>(1_000);
        Add(queue, 100, "row", Turn.Background);
        Add(queue, 3, "sender", Turn.Sender);

        var group = await TakeAsync(queue);
        Assert.Equal(["sender0", "sender1", "sender2"], group.Take(3));
        Assert.Equal(TurnQueue<string>.BackgroundBesideMax, group.Count - 3);
        Assert.Equal("row0", group[3]);

        // Nobody else waits: more of it at once, yet not all.
        group = await TakeAsync(queue);
        Assert.Equal(TurnQueue<string>.BackgroundMax, group.Count);
        Assert.Equal("row8", group[0]);
    }

    [Fact]
    public async Task More_of_it_shares_a_commit_while_no_sender_has_come_for_long()
    {
        var queue = new TurnQueue<string>(10_000);
        Add(queue, TurnQueue<string>.AloneAfter * TurnQueue<string>.BackgroundMax + 1_000, "row", Turn.Background);
        for (var round = 0; round < TurnQueue<string>.AloneAfter; round++)
            Assert.Equal(TurnQueue<string>.BackgroundMax, (await TakeAsync(queue)).Count);
        Assert.Equal(TurnQueue<string>.BackgroundAloneMax, (await TakeAsync(queue)).Count);
        Assert.Equal(TurnQueue<string>.BackgroundAloneMax, (await TakeAsync(queue)).Count);

        // One sender, and the next need not wait for so many again.
        Add(queue, 1, "sender", Turn.Sender);
        Assert.Equal(1 + TurnQueue<string>.BackgroundBesideMax, (await TakeAsync(queue)).Count);
        Assert.Equal(TurnQueue<string>.BackgroundMax, (await TakeAsync(queue)).Count);
    }

    [Fact]
    public async Task The_hub_s_own_books_go_first_and_hold_no_background_work_back()
    {
        var queue = new TurnQueue<string>(10_000);
        Add(queue, TurnQueue<string>.AloneAfter * TurnQueue<string>.BackgroundMax + 1_000, "row", Turn.Background);
        for (var round = 0; round < TurnQueue<string>.AloneAfter; round++)
        {
            Add(queue, 1, "lease", Turn.Hub);
            var group = await TakeAsync(queue);
            Assert.Equal("lease0", group[0]);
            Assert.Equal(1 + TurnQueue<string>.BackgroundMax, group.Count);
        }

        Add(queue, 1, "lease", Turn.Hub);
        Assert.Equal(1 + TurnQueue<string>.BackgroundAloneMax, (await TakeAsync(queue)).Count);
    }

    [Fact]
    public async Task Background_work_goes_on_beside_senders_without_end_and_in_its_order()
    {
        var queue = new TurnQueue<string>(10_000);
        Add(queue, 50, "row", Turn.Background);
        List<string> taken = [];
        for (var round = 0; taken.Count(item => item.StartsWith("row", StringComparison.Ordinal)) < 50; round++)
        {
            Assert.True(round < 50, "Background work starves.");
            Add(queue, 2 * TurnQueue<string>.GroupMax, "sender", Turn.Sender);
            taken.AddRange(await TakeAsync(queue));
        }

        Assert.Equal(Enumerable.Range(0, 50).Select(i => $"row{i}"), taken.Where(item => item.StartsWith("row", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Beyond_what_may_wait_a_piece_is_refused_and_after_the_end_what_waits_is_still_given_out()
    {
        var queue = new TurnQueue<string>(4);
        Add(queue, 4, "row", Turn.Background);
        Assert.False(queue.TryAdd("one too many", Turn.Sender));

        Assert.True(queue.TryComplete());
        Assert.False(queue.TryComplete());
        Assert.False(queue.TryAdd("too late", Turn.Sender));
        Assert.Equal(4, (await TakeAsync(queue)).Count);
        Assert.False(await queue.TakeAsync([]));
    }

    [Fact]
    public async Task A_few_pieces_run_at_once_and_each_knows_that_it_is_background_work_also_after_a_wait()
    {
        var turns = new BackgroundTurns(3);
        int running = 0, most = 0;
        var works = Enumerable.Range(0, 60).Select(_ => turns.RunAsync(async () =>
        {
            Run();
            await Task.Yield();
            Run();
            return BackgroundTurns.IsCurrent;
        })).ToList();
        Assert.All(await Task.WhenAll(works), Assert.True);
        Assert.InRange(most, 1, 3);
        Assert.False(BackgroundTurns.IsCurrent);

        void Run()
        {
            var now = Interlocked.Increment(ref running);
            for (var before = most; now > before && Interlocked.CompareExchange(ref most, now, before) != before;)
                before = most;
            Thread.SpinWait(20_000);
            Interlocked.Decrement(ref running);
        }
    }

    [Fact]
    public async Task Readers_find_a_connection_however_much_background_work_reads()
    {
        await using var store = await TempStore.OpenAsync();
        var stored = await store.AddAsync("""{"resourceType":"Patient"}""");
        using var release = new ManualResetEventSlim();
        var reading = 0;

        // Each holds a connection and the thread it runs on, as a read does that waits for a server.
        var works = Enumerable.Range(0, 64).Select(_ => store.Store.Background.RunAsync(() =>
        {
            Interlocked.Increment(ref reading);
            return Task.FromResult(store.Resources.AtOneMoment(
                TempStore.Tenant,
                _ =>
                {
                    release.Wait();
                    return true;
                },
                CancellationToken.None));
        })).ToList();
        try
        {
            Assert.NotNull(await store.GetAsync("Patient", stored.Id));
            Assert.True(reading < 64);
        }
        finally
        {
            release.Set();
        }

        await Task.WhenAll(works);
        Assert.Equal(64, reading);
    }

    private static void Add(TurnQueue<string> queue, int count, string name, Turn turn)
    {
        for (var i = 0; i < count; i++)
            Assert.True(queue.TryAdd($"{name}{i}", turn) || turn == Turn.Sender);
    }

    private static async Task<List<string>> TakeAsync(TurnQueue<string> queue)
    {
        List<string> group = [];
        Assert.True(await queue.TakeAsync(group));
        return group;
    }
}
