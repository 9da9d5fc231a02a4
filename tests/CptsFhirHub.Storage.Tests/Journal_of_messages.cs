using System.Text;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Storage.Tests;

public sealed class Journal_of_messages
{
    [Fact]
    public async Task Five_at_once_are_one_first_and_four_duplicates()
    {
        await using var store = await TempStore.OpenAsync();
        var receipts = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Task.Run(() => Receive(store, "k", "content"))));

        var first = Assert.Single(receipts, receipt => receipt.First is null);
        Assert.Equal(MessageState.Received, first.Message.State);
        Assert.All(receipts.Where(receipt => receipt.First is not null), receipt =>
        {
            Assert.Equal(MessageState.Duplicate, receipt.Message.State);
            Assert.Equal(first.Message.Id, receipt.First!.Id);
            Assert.Equal(first.Message.Id, receipt.Message.DuplicateOf);
        });
        Assert.Equal(5, (await store.Store.Journal.FindAsync(new(TempStore.Tenant), CancellationToken.None)).Count);
    }

    [Theory]
    [InlineData("k", "other content")]
    [InlineData("other key", "content")]
    [InlineData(null, "content")]
    public async Task Another_key_other_content_or_no_key_is_no_duplicate(string? key, string content)
    {
        await using var store = await TempStore.OpenAsync();
        await Receive(store, key is null ? null : "k", "content");
        Assert.Null((await Receive(store, key, content)).First);
    }

    [Fact]
    public async Task Another_source_or_tenant_is_no_duplicate()
    {
        await using var store = await TempStore.OpenAsync();
        await Receive(store, "k", "content");
        Assert.Null((await Receive(store, "k", "content", source: "prado")).First);
        Assert.Null((await Receive(store, "k", "content", tenant: TempStore.OtherTenant)).First);
    }

    [Fact]
    public async Task A_repetition_of_a_settled_message_brings_its_answer()
    {
        await using var store = await TempStore.OpenAsync();
        var first = await Receive(store, "k", "content");
        await Settle(store, first, MessageState.Processed, "the answer");
        var again = await Receive(store, "k", "content");
        Assert.Equal(MessageState.Processed, again.First!.State);
        Assert.Equal("the answer", Encoding.UTF8.GetString(again.First.Answer.Span));
    }

    [Fact]
    public async Task What_was_rejected_may_be_sent_again_and_is_the_first_then()
    {
        await using var store = await TempStore.OpenAsync();
        await Settle(store, await Receive(store, "k", "content"), MessageState.Rejected, "");
        var second = await Receive(store, "k", "content");
        Assert.Null(second.First);
        Assert.Equal(second.Message.Id, (await Receive(store, "k", "content")).First!.Id);
    }

    [Fact]
    public async Task A_message_received_within_a_commit_is_there_if_the_commit_is()
    {
        await using var store = await TempStore.OpenAsync();
        var commit = await store.Resources.CommitAsync(
            TempStore.Tenant, [new Write.Create(Communication("first")), store.Store.Journal.Receiving(Arrived("k"))], CancellationToken.None);

        var taken = Assert.IsType<Written.Taken>(commit[1]);
        Assert.Equal(taken.Receipt.Message.Id, Assert.Single(await store.Store.Journal.UnsettledAsync(10, 0, CancellationToken.None)).Id);
        Assert.Equal("content", Encoding.UTF8.GetString((await store.Store.Journal.RawAsync(TempStore.Tenant, taken.Receipt.Message.Id, CancellationToken.None))!));

        // Received again it is a duplicate; and a step that does not hold takes the message along.
        var again = await store.Resources.CommitAsync(TempStore.Tenant, [store.Store.Journal.Receiving(Arrived("k"))], CancellationToken.None);
        Assert.Equal(taken.Receipt.Message.Id, Assert.IsType<Written.Taken>(again[0]).Receipt.First!.Id);
        var stopped = await store.Resources.CommitAsync(
            TempStore.Tenant, [store.Store.Journal.Receiving(Arrived("l")), new Write.Update(Communication("x"), "unknown", IfMatch: 7)], CancellationToken.None);
        Assert.False(stopped.Committed);
        Assert.Empty(await store.Store.Journal.FindAsync(new(TempStore.Tenant) { Key = "l" }, CancellationToken.None));

        static Arrival Arrived(string key) =>
            new(TempStore.Tenant, "fhir", "http", "hospital", "application/fhir+json", key, Encoding.UTF8.GetBytes("content"));

        static Resource Communication(string text) => FhirJson.Parse(Encoding.UTF8.GetBytes(
            $$"""{"resourceType":"CommunicationRequest","status":"active","payload":[{"contentString":"{{text}}"}]}""")).Resource!;
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(100_000)]
    public async Task The_bytes_come_back_as_they_came(int length)
    {
        await using var store = await TempStore.OpenAsync();
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        var receipt = await store.Store.Journal.ReceiveAsync(Arrival("k", bytes), CancellationToken.None);
        Assert.Equal(bytes, await store.Store.Journal.RawAsync(TempStore.Tenant, receipt.Message.Id, CancellationToken.None));
        Assert.Null(await store.Store.Journal.RawAsync(TempStore.OtherTenant, receipt.Message.Id, CancellationToken.None));
        Assert.Equal(length, receipt.Message.Size);
    }

    [Fact]
    public async Task A_message_refused_at_the_door_is_kept_as_rejected_with_the_reason()
    {
        await using var store = await TempStore.OpenAsync();
        var receipt = await store.Store.Journal.ReceiveAsync(
            Arrival("k", [1]) with { DoorIssues = [Issue.Error("structure", "line 1", "It ends in the middle.")] }, CancellationToken.None);
        Assert.Equal(MessageState.Rejected, receipt.Message.State);
        var read = await store.Store.Journal.ReadAsync(TempStore.Tenant, receipt.Message.Id, CancellationToken.None);
        Assert.Contains("It ends in the middle.", Encoding.UTF8.GetString(read!.Answer.Span));
        Assert.Empty(await store.Store.Journal.UnsettledAsync(10, 0, CancellationToken.None));
    }

    [Fact]
    public async Task An_outcome_settles_with_the_commit_that_carries_its_effect_or_not_at_all()
    {
        await using var store = await TempStore.OpenAsync();
        var journal = store.Store.Journal;
        var receipt = await Receive(store, "k", "content");
        var settle = new Write.Settle(new(receipt.Message.Id, MessageState.Processed)
        {
            Patient = "Patient/a",
            Tracking = "T-1",
            Resources = ["Patient/a/_history/1"],
        });
        var create = new Write.Create(TempStore.Read("""{"resourceType":"Patient"}"""), Id: "a");

        var failed = await store.CommitAsync(settle, create, new Write.Update(TempStore.Read("""{"resourceType":"Patient"}"""), "x", MayCreate: false));
        Assert.False(failed.Committed);
        Assert.Equal(MessageState.Received, (await journal.ReadAsync(TempStore.Tenant, receipt.Message.Id, CancellationToken.None))!.State);
        Assert.Single(await journal.UnsettledAsync(10, 0, CancellationToken.None));

        var settled = journal.WhenSettledAsync(TempStore.Tenant, receipt.Message.Id, CancellationToken.None);
        Assert.False(settled.IsCompleted);
        Assert.True((await store.CommitAsync(settle, create)).Committed);
        Assert.Equal(MessageState.Processed, (await settled)!.State);
        Assert.Empty(await journal.UnsettledAsync(10, 0, CancellationToken.None));
        Assert.Equal(["Patient/a/_history/1"], await journal.LineageAsync(TempStore.Tenant, receipt.Message.Id, CancellationToken.None));
        Assert.Equal(receipt.Message.Id, Assert.Single(await journal.OriginsAsync(TempStore.Tenant, "Patient/a", CancellationToken.None)).Id);
        Assert.Empty(await journal.OriginsAsync(TempStore.Tenant, "Patient/aa", CancellationToken.None));
    }

    [Fact]
    public async Task An_outcome_decided_on_a_message_that_was_settled_since_has_no_effect()
    {
        await using var store = await TempStore.OpenAsync();
        var receipt = await Receive(store, "k", "content");
        Write[] first = [new Write.Create(TempStore.Read("""{"resourceType":"Patient"}"""), Id: "a"), Settled(MessageState.Processed)];
        Write[] second = [new Write.Create(TempStore.Read("""{"resourceType":"Patient"}"""), Id: "b"), Settled(MessageState.Waiting)];

        Assert.True((await store.CommitAsync(first)).Committed);
        var late = await store.CommitAsync(second);

        Assert.False(late.Committed);
        Assert.Equal(MessageState.Processed, Assert.IsType<Written.AlreadySettled>(late[1]).Message.State);
        Assert.Null(await store.GetAsync("Patient", "b"));
        Assert.False(await store.Store.Journal.SettleAsync(TempStore.Tenant, Settled(MessageState.Rejected).Outcome, CancellationToken.None));
        Assert.True(await store.Store.Journal.SettleAsync(
            TempStore.Tenant, Settled(MessageState.Rejected).Outcome with { Attempts = 1 }, CancellationToken.None));
        Assert.IsType<Written.NotFound>((await store.CommitAsync(new Write.Settle(new("nobody", MessageState.Processed) { Attempts = 0 })))[0]);

        Write.Settle Settled(string state) => new(new(receipt.Message.Id, state) { Attempts = receipt.Message.Attempts });
    }

    [Fact]
    public async Task Each_filter_keeps_its_own()
    {
        await using var store = await TempStore.OpenAsync();
        var journal = store.Store.Journal;
        var one = (await Receive(store, "k1", "one")).Message;
        var two = (await Receive(store, "k2", "two", source: "prado")).Message;
        await journal.SettleAsync(TempStore.Tenant, new(two.Id, MessageState.Waiting) { Patient = "Patient/p", Tracking = "T-2" }, CancellationToken.None);

        await Check([two.Id, one.Id], new(TempStore.Tenant));
        await Check([one.Id], new(TempStore.Tenant) { Source = "doctolib" });
        await Check([two.Id], new(TempStore.Tenant) { State = MessageState.Waiting });
        await Check([one.Id], new(TempStore.Tenant) { Key = "k1" });
        await Check([two.Id], new(TempStore.Tenant) { Patient = "Patient/p" });
        await Check([two.Id], new(TempStore.Tenant) { Tracking = "T-2" });
        await Check([one.Id], new(TempStore.Tenant) { Before = two.Sequence });
        await Check([], new(TempStore.Tenant) { From = two.ReceivedAt.AddHours(1) });
        await Check([], new(TempStore.Tenant) { To = one.ReceivedAt });
        await Check([], new(TempStore.OtherTenant));
        await Check([], new(TempStore.Tenant) { Source = "nobody" });

        async Task Check(string[] expected, JournalFilter filter) =>
            Assert.Equal(expected, (await journal.FindAsync(filter, CancellationToken.None)).Select(message => message.Id));
    }

    [Fact]
    public async Task The_rows_of_a_file_arrive_together_and_name_it()
    {
        await using var store = await TempStore.OpenAsync();
        var file = (await Receive(store, "file", "a\nb")).Message;
        var rows = await store.Store.Journal.ReceiveAsync(
            [Arrival("a", [1]) with { ParentId = file.Id, Line = 1 }, Arrival("a", [1]) with { ParentId = file.Id, Line = 2 }], CancellationToken.None);
        Assert.Null(rows[0].First);
        Assert.Equal(rows[0].Message.Id, rows[1].First!.Id);
        var found = await store.Store.Journal.FindAsync(new(TempStore.Tenant) { ParentId = file.Id }, CancellationToken.None);
        Assert.Equal([2, 1], found.Select(message => message.Line));
    }

    [Fact]
    public async Task A_rejected_message_is_reopened_and_a_processed_one_is_not()
    {
        await using var store = await TempStore.OpenAsync();
        var message = await Receive(store, "k", "content");
        await Settle(store, message, MessageState.Rejected, "");
        Assert.True(await store.Store.Journal.ReopenAsync(TempStore.Tenant, message.Message.Id, CancellationToken.None));
        Assert.Single(await store.Store.Journal.UnsettledAsync(10, 0, CancellationToken.None));
        await Settle(store, message, MessageState.Processed, "");
        Assert.False(await store.Store.Journal.ReopenAsync(TempStore.Tenant, message.Message.Id, CancellationToken.None));
        Assert.Equal(2, (await store.Store.Journal.ReadAsync(TempStore.Tenant, message.Message.Id, CancellationToken.None))!.Attempts);
    }

    private static Arrival Arrival(string? key, byte[] bytes, string source = "doctolib", string tenant = TempStore.Tenant) =>
        new(tenant, source, "http", "demo-booking", "application/json", key, bytes);

    private static Task<Receipt> Receive(TempStore store, string? key, string content, string source = "doctolib", string tenant = TempStore.Tenant) =>
        store.Store.Journal.ReceiveAsync(Arrival(key, Encoding.UTF8.GetBytes(content), source, tenant), CancellationToken.None);

    private static Task<bool> Settle(TempStore store, Receipt receipt, string state, string answer) => store.Store.Journal.SettleAsync(
        TempStore.Tenant, new(receipt.Message.Id, state) { Answer = Encoding.UTF8.GetBytes(answer) }, CancellationToken.None);
}
