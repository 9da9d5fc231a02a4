using System.Text;

namespace CptsFhirHub.Storage.Tests;

public sealed class Retention_of_bodies
{
    private static readonly byte[] Body = Encoding.UTF8.GetBytes(new string('x', 1_000));

    [Theory]
    [InlineData(MessageState.Processed, 91, false)]
    [InlineData(MessageState.Processed, 89, true)]
    [InlineData(MessageState.Rejected, 181, false)]
    [InlineData(MessageState.Rejected, 179, true)]
    [InlineData(MessageState.Waiting, 1_000, true)]
    public async Task The_bytes_of_a_message_are_kept_as_long_as_its_state_asks(string state, int days, bool isKept)
    {
        var clock = new Clock();
        await using var store = await TempStore.OpenAsync(time: clock);
        var id = await SettledAsync(store, "k", state);

        await ForgetAsync(store, clock.Now.AddDays(days));

        var journal = store.Store.Journal;
        Assert.Equal(isKept ? Body : null, await journal.RawAsync(TempStore.Tenant, id, CancellationToken.None));
        Assert.Equal(state, (await journal.ReadAsync(TempStore.Tenant, id, CancellationToken.None))!.State);
        if (state == MessageState.Rejected)
            Assert.Equal(isKept, await journal.ReopenAsync(TempStore.Tenant, id, CancellationToken.None));
        if (state == MessageState.Processed)
            Assert.Equal(id, (await journal.ReceiveAsync(Arrival("k"), CancellationToken.None)).First!.Id);
    }

    [Fact]
    public async Task A_file_keeps_its_bytes_while_a_row_of_it_may_be_read_again()
    {
        var clock = new Clock();
        await using var store = await TempStore.OpenAsync(time: clock);
        var file = await SettledAsync(store, "file", MessageState.Processed);
        var row = await SettledAsync(store, "row", MessageState.Rejected, file);

        Assert.Equal(0, await ForgetAsync(store, clock.Now.AddDays(100)));
        Assert.Equal(1, await ForgetAsync(store, clock.Now.AddDays(200)));
        Assert.Equal(1, await ForgetAsync(store, clock.Now.AddDays(200)));
        Assert.Null(await store.Store.Journal.RawAsync(TempStore.Tenant, row, CancellationToken.None));
        Assert.Null(await store.Store.Journal.RawAsync(TempStore.Tenant, file, CancellationToken.None));
    }

    [Fact]
    public async Task A_source_has_days_of_its_own()
    {
        var clock = new Clock();
        await using var store = await TempStore.OpenAsync(time: clock);
        await SettledAsync(store, "k", MessageState.Processed);
        var later = clock.Now.AddDays(50);
        var age = new BodyAge(later.AddDays(-40), later.AddDays(-40));

        Assert.Equal(0, await ForgetAsync(age with { Sources = ["doctolib"] }));
        Assert.Equal(0, await ForgetAsync(age with { Sources = ["hospital"], IsOfOthers = false }));
        Assert.Equal(1, await ForgetAsync(age with { Sources = ["hospital", "doctolib"], IsOfOthers = false }));
        await SettledAsync(store, "k2", MessageState.Processed);
        Assert.Equal(1, await ForgetAsync(age with { ProcessedBefore = later, Sources = ["hospital"] }));

        Task<int> ForgetAsync(BodyAge wanted) => store.Store.Journal.ForgetBodiesAsync(wanted, 10, CancellationToken.None);
    }

    private static Task<int> ForgetAsync(TempStore store, DateTimeOffset now) =>
        store.Store.Journal.ForgetBodiesAsync(new(now.AddDays(-90), now.AddDays(-180)), 10, CancellationToken.None);

    private static async Task<string> SettledAsync(TempStore store, string key, string state, string? parent = null)
    {
        var receipt = await store.Store.Journal.ReceiveAsync(Arrival(key) with { ParentId = parent }, CancellationToken.None);
        await store.Store.Journal.SettleAsync(TempStore.Tenant, new(receipt.Message.Id, state), CancellationToken.None);
        return receipt.Message.Id;
    }

    private static Arrival Arrival(string key) => new(TempStore.Tenant, "doctolib", "http", "c", "application/json", key, Body);
}
