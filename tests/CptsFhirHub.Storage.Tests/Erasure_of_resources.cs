using System.Text;

namespace CptsFhirHub.Storage.Tests;

public sealed class Erasure_of_resources
{
    [Fact]
    public async Task Of_what_is_erased_stays_only_that_it_was_there()
    {
        await using var store = await TempStore.OpenAsync(keysOf: _ => [new("ins", "1")]);
        var first = await store.AddAsync("""{"resourceType":"Patient","id":"p","name":[{"family":"Effacement"}]}""");
        await store.CommitAsync(new Write.Update(TempStore.Read("""{"resourceType":"Patient","id":"p","name":[{"family":"Effacementsecond"}]}"""), "p"));

        var erased = await store.CommitAsync(new Write.Erase("Patient", "p"));

        Assert.Equal(3, Assert.IsType<Written.Deleted>(erased[0]).Stored.Version);
        Assert.True((await store.GetAsync("Patient", "p"))!.IsDeleted);
        Assert.Null(await store.Resources.VReadAsync(TempStore.Tenant, "Patient", "p", first.Version, CancellationToken.None));
        Assert.Null(await store.Resources.VReadAsync(TempStore.Tenant, "Patient", "p", 2, CancellationToken.None));
        var version = Assert.Single((await store.Resources.HistoryAsync(TempStore.Tenant, "Patient", "p", new(), CancellationToken.None)).Versions);
        Assert.True(version.IsDeleted);
        Assert.Empty(await store.FindAsync(new("Patient", [TempStore.ByName("Effacement")])));
        Assert.Empty(await store.Resources.FindAsync(TempStore.Tenant, [new("ins", "1")], CancellationToken.None));
        Assert.Empty((await store.Store.VerifyAsync(10, CancellationToken.None)).Faults);
    }

    [Fact]
    public async Task Erasing_again_or_what_was_never_there_changes_nothing()
    {
        await using var store = await TempStore.OpenAsync();
        await store.AddAsync("""{"resourceType":"Patient","id":"p"}""");
        await store.CommitAsync(new Write.Erase("Patient", "p"));

        Assert.Equal(2, Assert.IsType<Written.Unchanged>((await store.CommitAsync(new Write.Erase("Patient", "p")))[0]).Stored!.Version);
        Assert.Null(Assert.IsType<Written.Unchanged>((await store.CommitAsync(new Write.Erase("Patient", "q")))[0]).Stored);
    }

    [Fact]
    public async Task What_was_deleted_before_loses_its_earlier_versions()
    {
        await using var store = await TempStore.OpenAsync();
        await store.AddAsync("""{"resourceType":"Patient","id":"p","name":[{"family":"Effacement"}]}""");
        await store.CommitAsync(new Write.Delete("Patient", "p"));

        Assert.Equal(2, Assert.IsType<Written.Deleted>((await store.CommitAsync(new Write.Erase("Patient", "p")))[0]).Stored.Version);
        Assert.Null(await store.Resources.VReadAsync(TempStore.Tenant, "Patient", "p", 1, CancellationToken.None));
    }

    [Fact]
    public async Task A_commit_that_does_not_hold_erases_nothing()
    {
        await using var store = await TempStore.OpenAsync();
        await store.AddAsync("""{"resourceType":"Patient","id":"p","name":[{"family":"Effacement"}]}""");

        var result = await store.CommitAsync(
            new Write.Erase("Patient", "p"), new Write.Update(TempStore.Read("""{"resourceType":"Group","id":"g","type":"person","actual":true}"""), "g", IfMatch: 4));

        Assert.False(result.Committed);
        Assert.False((await store.GetAsync("Patient", "p"))!.IsDeleted);
        Assert.Equal(["p"], await store.FindAsync(new("Patient", [TempStore.ByName("Effacement")])));
    }

    [Fact]
    public async Task The_messages_about_a_person_are_emptied_with_their_repetitions_and_their_file()
    {
        await using var store = await TempStore.OpenAsync();
        var file = await SettledAsync(store, "file", MessageState.Processed);
        var line = await SettledAsync(store, "line", MessageState.Processed, file, patient: "Patient/p");
        var wrote = await SettledAsync(store, "wrote", MessageState.Processed, resources: ["Task/t/_history/1"]);
        var again = (await store.Store.Journal.ReceiveAsync(Arrival("wrote"), CancellationToken.None)).Message.Id;
        var other = await SettledAsync(store, "other", MessageState.Processed, patient: "Patient/q");

        var result = await store.CommitAsync(new Write.Forget(["Patient/p", "Task/t"]));

        Assert.Equal(new Written.Forgotten(4, 0, 0), result[0]);
        foreach (var id in (string[])[file, line, wrote, again])
            Assert.Null(await store.Store.Journal.RawAsync(TempStore.Tenant, id, CancellationToken.None));
        Assert.NotNull(await store.Store.Journal.RawAsync(TempStore.Tenant, other, CancellationToken.None));
        Assert.Null((await store.Store.Journal.ReadAsync(TempStore.Tenant, wrote, CancellationToken.None))!.Key);
        Assert.Equal(wrote, (await store.Store.Journal.ReceiveAsync(Arrival("wrote"), CancellationToken.None)).First!.Id);
    }

    [Fact]
    public async Task A_file_in_which_a_line_waits_is_kept()
    {
        await using var store = await TempStore.OpenAsync();
        var file = await SettledAsync(store, "file", MessageState.Processed);
        await SettledAsync(store, "line", MessageState.Processed, file, patient: "Patient/p");
        await SettledAsync(store, "waiting", MessageState.Waiting, file);

        Assert.Equal(new Written.Forgotten(1, 0, 1), (await store.CommitAsync(new Write.Forget(["Patient/p"])))[0]);
        Assert.NotNull(await store.Store.Journal.RawAsync(TempStore.Tenant, file, CancellationToken.None));
    }

    [Fact]
    public async Task What_was_to_go_out_about_a_person_is_taken_back()
    {
        await using var store = await TempStore.OpenAsync();
        await store.CommitAsync(
            new Write.Enqueue(Entry("e1", "Task/t")), new Write.Enqueue(Entry("e2", "Task/u")));

        Assert.Equal(new Written.Forgotten(0, 1, 0), (await store.CommitAsync(new Write.Forget(["Task/t"])))[0]);
        Assert.Equal("e2", Assert.Single(await store.Store.Outbox.FindAsync(TempStore.Tenant, "due", null, 10, CancellationToken.None)).Entry.Id);
    }

    private static OutboxEntry Entry(string id, string subject) => new(id, TempStore.Tenant, "task-created", subject, "dac", "{}"u8.ToArray());

    private static async Task<string> SettledAsync(
        TempStore store, string key, string state, string? parent = null, string? patient = null, IReadOnlyList<string>? resources = null)
    {
        var receipt = await store.Store.Journal.ReceiveAsync(Arrival(key) with { ParentId = parent }, CancellationToken.None);
        await store.Store.Journal.SettleAsync(
            TempStore.Tenant, new(receipt.Message.Id, state) { Patient = patient, Resources = resources ?? [] }, CancellationToken.None);
        return receipt.Message.Id;
    }

    private static Arrival Arrival(string key) =>
        new(TempStore.Tenant, "doctolib", "http", "c", "application/json", key, Encoding.UTF8.GetBytes("body of " + key));
}
