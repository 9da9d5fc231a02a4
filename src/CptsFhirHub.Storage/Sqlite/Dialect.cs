namespace CptsFhirHub.Storage.Sqlite;

/// <summary>
/// The words of SQL that another database would spell otherwise. With the session, its statements and the pool of readers, all that
/// is SQLite's own stands in this room; the rest of the store writes SQL that both understand.
/// </summary>
internal static class Dialect
{
    /// <summary>Begins a transaction that writes.</summary>
    public const string BeginWriting = "BEGIN IMMEDIATE";

    /// <summary>What to do before the writer closes: statistics for the planner, and the log moved into the database.</summary>
    public const string Closing = "PRAGMA optimize; PRAGMA wal_checkpoint(TRUNCATE);";

    /// <summary>A join that keeps the order written: SQLite never reorders a CROSS JOIN. https://www.sqlite.org/lang_select.html#crossjoin</summary>
    public const string OrderedJoin = "CROSS JOIN";

    /// <summary>The place of a text in another, from 1; 0 when it is not there: <c>instr(whole, part)</c>.</summary>
    public const string PlaceIn = "instr";

    /// <summary>How many tables bear a name: the name is the parameter.</summary>
    public const string CountTables = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?";
}
