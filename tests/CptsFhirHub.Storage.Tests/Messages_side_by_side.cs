using System.Globalization;
using System.Text;

namespace CptsFhirHub.Storage.Tests;

/// <summary>
/// What is done to the journal and to the outbox at the same moment shares a transaction, and how messages and entries stand is asked for all of it
/// before the first runs. Nobody may notice: the same one by one, in the order in which it came, is the measure.
/// </summary>
public sealed class Messages_side_by_side
{
    private const int Contents = 4;
    private const int Entries = 4;
    private static readonly string[] Owners = ["a", "b"];

    private readonly Clock _clock = new();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public async Task Many_at_once_end_as_one_after_the_other(int seed)
    {
        await using var together = await Place.OpenAsync(_clock);
        await using var alone = await Place.OpenAsync(_clock);

        List<string> crowded = [];
        List<string> single = [];
        for (var round = 0; round < 6; round++)
        {
            // Either place has the same messages in the same order: what is done is told by their places.
            var random = new Random((seed * 1_000) + round);
            var known = together.Messages.Count;
            Assert.Equal(known, alone.Messages.Count);
            var done = Enumerable.Range(0, 40).Select(_ => Step(random, known)).ToList();
            crowded.AddRange((await Task.WhenAll(done.Select(step => step(together)).ToList())).Select(together.Told));
            foreach (var step in done)
                single.Add(alone.Told(await step(alone)));

            foreach (var place in (Place[])[together, alone])
                await place.Store.Store.Outbox.LeaseAsync(Owners[round % 2], _clock.Now.AddSeconds(30), LeaseWish.OfAny(2), CancellationToken.None);
            _clock.Now += TimeSpan.FromSeconds(20);
        }

        Assert.Equal(single, crowded);
        Assert.Equal(await alone.StateAsync(), await together.StateAsync());
    }

    /// <summary>Something about few contents, few messages and few entries, so that the steps meet often.</summary>
    private static Func<Place, Task<object>> Step(Random random, int known)
    {
        var content = random.Next(Contents).ToString(CultureInfo.InvariantCulture);
        var at = random.Next(Math.Max(known, 1));
        var state = random.Next(3) switch { 0 => MessageState.Rejected, 1 => MessageState.Waiting, _ => MessageState.Processed };
        int? attempts = random.Next(2) == 0 ? random.Next(3) : null;
        var entry = random.Next(Entries).ToString(CultureInfo.InvariantCulture);
        var owner = Owners[random.Next(Owners.Length)];
        var what = known == 0 ? 0 : random.Next(10);
        return what switch
        {
            0 or 1 or 2 => async place => await place.Store.Store.Journal.ReceiveAsync(
                new Arrival(TempStore.Tenant, "doctolib", "http", "c", "text/plain", content, Encoding.UTF8.GetBytes(content)), CancellationToken.None),
            3 or 4 => async place => await place.Store.Store.Journal.SettleAsync(
                TempStore.Tenant, new(place.Messages[at], state) { Attempts = attempts, Resources = [$"Patient/{at}/_history/1"] }, CancellationToken.None),
            5 => async place => Names(await place.Store.CommitAsync(new Write.Settle(new(place.Messages[at], state) { Attempts = attempts }))),
            6 => async place => await place.Store.Store.Journal.ReopenAsync(TempStore.Tenant, place.Messages[at], CancellationToken.None),
            7 => async place => await place.Store.Store.Outbox.DoneAsync(entry, owner, CancellationToken.None),
            8 => async place => await place.Store.Store.Outbox.FailedAsync(entry, owner, null, "503", CancellationToken.None),
            _ => async place => await place.Store.Store.Outbox.ReturnAsync(entry, owner, place.Time.Now, CancellationToken.None),
        };
    }

    private static string Names(CommitResult result) => string.Join(' ', result.Results.Select(static one => one.GetType().Name));

    private sealed class Place(TempStore store, Clock time) : IAsyncDisposable
    {
        public TempStore Store => store;

        public Clock Time => time;

        /// <summary>The messages in the order in which they were received.</summary>
        public List<string> Messages { get; } = [];

        public static async Task<Place> OpenAsync(Clock time)
        {
            var place = new Place(await TempStore.OpenAsync(time: time), time);
            for (var n = 0; n < Entries; n++)
                await place.Store.CommitAsync(new Write.Enqueue(
                    new($"{n}", TempStore.Tenant, "kind", $"s{n}", "target", Encoding.UTF8.GetBytes("payload"))));
            return place;
        }

        public string Told(object result)
        {
            if (result is not Receipt receipt)
                return result.ToString()!;
            Messages.Add(receipt.Message.Id);
            return $"{Messages.Count} {receipt.Message.State} after {(receipt.First is { } first ? $"{Messages.IndexOf(first.Id) + 1} {first.State}" : "none")}";
        }

        public async Task<List<string>> StateAsync()
        {
            List<string> state = [];
            long last = 0;
            foreach (var id in Messages)
            {
                var message = (await store.Store.Journal.ReadAsync(TempStore.Tenant, id, CancellationToken.None))!;
                Assert.NotEqual(last, message.Sequence);
                last = message.Sequence;
                state.Add($"{Messages.IndexOf(id) + 1} {message.State} {message.Attempts} of {Messages.IndexOf(message.DuplicateOf ?? "") + 1}");
            }

            state.Add((await store.Store.Outbox.CountsAsync(CancellationToken.None)).ToString());
            foreach (var item in await store.Store.Outbox.LeaseAsync("c", time.Now.AddHours(1), LeaseWish.OfAny(Entries), CancellationToken.None))
                state.Add($"{item.Entry.Id} {item.State} {item.Attempts} {item.LastError}");
            return state;
        }

        public ValueTask DisposeAsync() => store.DisposeAsync();
    }
}
