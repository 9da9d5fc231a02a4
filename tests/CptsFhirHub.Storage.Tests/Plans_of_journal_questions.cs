using CptsFhirHub.Storage.Sql;
using CptsFhirHub.Tests;

namespace CptsFhirHub.Storage.Tests;

/// <summary>A question to the journal walks an index: what it costs depends on its answer, not on how much was ever received.</summary>
public sealed class Plans_of_journal_questions
{
    private static readonly DateTimeOffset Day = new(2026, 3, 3, 0, 0, 0, TimeSpan.Zero);

    public static TheoryData<string, string> Questions => new()
    {
        { "patient", "message_patient" },
        { "key", "message_key" },
        { "parent", "message_parent" },
        { "tracking", "message_tracking" },
        { "date", "message_of_tenant" },
        { "source and date", "message_of_source" },
        { "state and date", "message_in_state" },
        { "page", "message_of_tenant" },
        { "client", "message_of_client" },
        { "client, source and date", "message_of_client" },
    };

    [Theory]
    [MemberData(nameof(Questions))]
    public async Task It_uses_the_index_made_for_it(string by, string index)
    {
        await using var store = await TempStore.OpenAsync();
        await store.Store.Journal.ReceiveAsync(
            new Arrival(TempStore.Tenant, "doctolib", "http", "c", "application/json", "k", new byte[] { 1 }), CancellationToken.None);
        using var database = HubStore.DatabaseOf(TempStore.Options(store.Folder));
        using var session = database.Open(isReader: true);
        var (sql, values) = JournalSearch.Question(session, new(), FilterBy(by))!.Value;

        var plan = PlanOf(session, sql, values);

        // With one line PostgreSQL may take any of the indexes; that there is one to take is what it tells.
        Assert.Contains(StorePlace.Provider == "sqlite" ? index : "message_", plan, StringComparison.Ordinal);
        Assert.DoesNotContain("SCAN m", plan, StringComparison.Ordinal);
        if (by != "tracking")
            Assert.DoesNotContain("TEMP B-TREE", plan, StringComparison.Ordinal);
        Assert.DoesNotContain("Seq Scan on message m", plan, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Questions_by_date_go_on_page_by_page_in_their_order()
    {
        await using var store = await TempStore.OpenAsync();
        for (var i = 0; i < 5; i++)
            await store.Store.Journal.ReceiveAsync(
                new Arrival(TempStore.Tenant, "doctolib", "http", "c", "application/json", $"k{i}", new byte[] { 1 }), CancellationToken.None);
        var filter = new JournalFilter(TempStore.Tenant) { From = Day.AddYears(-100), To = Day.AddYears(100), Count = 2 };
        var seen = new List<long>();
        for (IReadOnlyList<JournalMessage> page; (page = await store.Store.Journal.FindAsync(filter, CancellationToken.None)).Count > 0;)
        {
            seen.AddRange(page.Select(message => message.Sequence));
            filter = filter with { Before = page[^1].Sequence };
        }

        Assert.Equal(5, seen.Count);
        Assert.Equal(seen.OrderDescending(), seen);
    }

    private static string PlanOf(Session session, string sql, IReadOnlyList<object?> values)
    {
        var isSqlite = StorePlace.Provider == "sqlite";
        if (!isSqlite)
            session.Execute("SET enable_seqscan = off");
        var statement = session.Get((isSqlite ? "EXPLAIN QUERY PLAN " : "EXPLAIN ") + sql);
        foreach (var value in values)
            statement.AddAny(value);
        var lines = new List<string>();
        while (statement.Next())
            lines.Add(statement.Text(isSqlite ? 3 : 0));
        return string.Join('\n', lines);
    }

    private static JournalFilter FilterBy(string by)
    {
        var filter = new JournalFilter(TempStore.Tenant);
        return by switch
        {
            "patient" => filter with { Patient = "Patient/1", Source = "doctolib", From = Day, To = Day.AddDays(1) },
            "key" => filter with { Key = "k" },
            "parent" => filter with { ParentId = "p" },
            "tracking" => filter with { Tracking = "t" },
            "date" => filter with { From = Day, To = Day.AddDays(1) },
            "source and date" => filter with { Source = "doctolib", From = Day, To = Day.AddDays(1) },
            "state and date" => filter with { State = MessageState.Rejected, From = Day },
            "client" => filter with { ClientId = "c", Before = 12 },
            "client, source and date" => filter with { ClientId = "c", Source = "doctolib", From = Day, To = Day.AddDays(1) },
            _ => filter with { Before = 12 },
        };
    }
}
