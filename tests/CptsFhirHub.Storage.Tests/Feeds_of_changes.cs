using System.Globalization;
using System.Text;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Search;

namespace CptsFhirHub.Storage.Tests;

/// <summary>Who follows a change is told of it in its own transaction: once, by a number without gaps, or not at all.</summary>
public sealed class Feeds_of_changes
{
    private static readonly Clock Clock = new();

    [Fact]
    public async Task Each_change_has_the_next_number_and_an_outbox_entry_that_names_it()
    {
        await using var store = await Watched();
        await store.AddAsync("""{"resourceType":"Patient","id":"a"}""");
        await store.CommitAsync(new Write.Update(TempStore.Read("""{"resourceType":"Patient","id":"a","active":true}"""), "a"));
        await store.CommitAsync(new Write.Delete("Patient", "a"));

        var events = store.Store.Feeds.Read(TempStore.Tenant, "f", 1, 99, 10);
        Assert.Equal([(1L, 1L, false), (2, 2, false), (3, 3, true)], events.Select(happened => (happened.Number, happened.Version, happened.IsDeletion)));
        Assert.Equal(["1", "2", "3"], (await Queued(store)).Select(item => Encoding.ASCII.GetString(item.Entry.Payload.Span)));
        Assert.Equal([2L], store.Store.Feeds.Read(TempStore.Tenant, "f", 2, 2, 10).Select(happened => happened.Number));
    }

    [Fact]
    public async Task What_is_rolled_back_leaves_no_event_and_no_gap()
    {
        await using var store = await Watched();
        await store.CommitAsync(
            new Write.Create(TempStore.Read("""{"resourceType":"Patient"}"""), Id: "a"),
            new Write.Update(TempStore.Read("""{"resourceType":"Patient"}"""), "unknown", MayCreate: false));
        await store.AddAsync("""{"resourceType":"Patient","id":"b"}""");
        Assert.Equal([("b", 1L)], store.Store.Feeds.Read(TempStore.Tenant, "f", 1, 99, 10).Select(happened => (happened.Id, happened.Number)));
    }

    [Fact]
    public async Task What_did_not_change_is_not_told_and_other_types_and_tenants_neither()
    {
        await using var store = await Watched();
        await store.AddAsync("""{"resourceType":"Patient","id":"a"}""");
        await store.CommitAsync(new Write.Update(TempStore.Read("""{"resourceType":"Patient","id":"a"}"""), "a"));
        await store.AddAsync("""{"resourceType":"Slot","id":"a"}""");
        await store.AddAsync("""{"resourceType":"Patient","id":"a"}""", TempStore.OtherTenant);
        Assert.Equal(1, store.Store.Feeds.LastNumber(TempStore.Tenant, "f"));
        Assert.Equal(0, store.Store.Feeds.LastNumber(TempStore.OtherTenant, "f"));
    }

    [Fact]
    public async Task Many_writers_at_once_leave_numbers_from_one_to_many()
    {
        const int writers = 60;
        await using var store = await Watched();
        await Task.WhenAll(Enumerable.Range(0, writers).Select(n => Task.Run(() => n % 3 == 0
            ? store.CommitAsync(
                new Write.Create(TempStore.Read("""{"resourceType":"Patient"}""")),
                new Write.Delete("Patient", "never", IfMatch: 4))
            : store.CommitAsync(new Write.Create(TempStore.Read("""{"resourceType":"Patient"}"""))))));
        var numbers = store.Store.Feeds.Read(TempStore.Tenant, "f", 1, long.MaxValue, 1_000).Select(happened => happened.Number);
        Assert.Equal(Enumerable.Range(1, writers * 2 / 3).Select(n => (long)n), numbers);
    }

    [Fact]
    public async Task The_watch_sees_the_version_before_and_searches_what_is_being_written()
    {
        await using var store = await TempStore.OpenAsync(time: Clock);
        var seen = new List<string>();
        store.Resources.Watch = new((_, type) => type == "Patient", changes =>
        {
            foreach (var change in changes.All)
            {
                var byId = new Criterion.Match(
                    R4.Definitions.SearchParameter("Patient", "_id")!, null, [new SearchValue.Token(null, change.Current.Id)]);
                var active = new Criterion.Match(
                    R4.Definitions.SearchParameter("Patient", "active")!, null, [new SearchValue.Token(null, "true")]);
                seen.Add($"{change.Previous?.Version.ToString(CultureInfo.InvariantCulture) ?? "-"}>{change.Current.Version} {changes.Meets(change, byId, active)}");
            }

            return [];
        });
        await store.AddAsync("""{"resourceType":"Patient","id":"a"}""");
        await store.CommitAsync(new Write.Update(TempStore.Read("""{"resourceType":"Patient","id":"a","active":true}"""), "a"));
        await store.CommitAsync(new Write.Delete("Patient", "a"));
        await store.CommitAsync(new Write.Update(TempStore.Read("""{"resourceType":"Patient","id":"a"}"""), "a"));
        Assert.Equal(["->1 False", "1>2 True", "2>3 False", "->4 False"], seen);
    }

    [Fact]
    public async Task A_feed_that_ends_is_forgotten_and_begins_anew()
    {
        await using var store = await Watched();
        await store.AddAsync("""{"resourceType":"Patient","id":"a"}""");
        store.Resources.Watch = new((_, _) => true, _ => [new Telling.Close("f")]);
        await store.AddAsync("""{"resourceType":"Patient","id":"b"}""");
        Assert.Equal(0, store.Store.Feeds.LastNumber(TempStore.Tenant, "f"));
        Assert.Empty(store.Store.Feeds.Read(TempStore.Tenant, "f", 1, 99, 10));
    }

    private static async Task<TempStore> Watched()
    {
        var store = await TempStore.OpenAsync(time: Clock);
        var row = 0;
        store.Resources.Watch = new(
            (tenant, type) => tenant == TempStore.Tenant && type == "Patient",
            changes => [.. changes.All.Select(change => new Telling.Event("f", change, new(
                string.Create(CultureInfo.InvariantCulture, $"row-{Interlocked.Increment(ref row)}"), changes.Tenant, "event", "s", "t", default)))]);
        return store;
    }

    private static Task<IReadOnlyList<OutboxItem>> Queued(TempStore store) => Task.FromResult<IReadOnlyList<OutboxItem>>(
        [.. store.Store.Outbox.FindAsync(TempStore.Tenant, "due", target: "t", 100, CancellationToken.None).Result.Reverse()]);
}
