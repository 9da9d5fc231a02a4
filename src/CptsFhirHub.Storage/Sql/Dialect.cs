namespace CptsFhirHub.Storage.Sql;

/// <summary>
/// How SQL is written here. Outside the two provider rooms there is one text for both databases, in SQLite's spelling and within what
/// PostgreSQL understands too; the few words that it spells otherwise are the constants below, and its session replaces them when it
/// prepares a command.
/// </summary>
/// <remarks>
/// Conditions are TRUE and FALSE, never 1 and 0; a SELECT in FROM has an alias; a parameter is a question mark; text is compared byte
/// by byte (every text column is declared so); <c>LIKE</c> differs in letter case between the two and is not used; a command whose
/// outcome nobody asks for ends in <see cref="Statement.Send"/>, one whose changes are counted in <see cref="Statement.Run"/>.
/// </remarks>
internal static class Dialect
{
    /// <summary>A join with ON that keeps the order written. https://www.sqlite.org/lang_select.html#crossjoin</summary>
    public const string OrderedJoin = "CROSS JOIN";

    /// <summary>
    /// Ends an EXISTS that is asked row by row, never made a join: a mark that SQLite passes over. PostgreSQL weighs the orders of all joins before it reads a
    /// row, with sixty-four criteria for ten seconds, and may drive by what was to be checked; of an EXISTS beside an OR it may collect all that meet it, of
    /// the whole store, to compare ten rows with them. An OFFSET is its fence (simplify_EXISTS_query in its subselect.c).
    /// </summary>
    public const string OneByOne = "/*one by one*/";

    /// <summary>
    /// After a table's alias, with the name of the one index that may be used: SQLite without statistics may take another that fits as well on
    /// paper. PostgreSQL knows what its tables hold, and is not told. https://www.sqlite.org/lang_indexedby.html
    /// </summary>
    public const string IndexedBy = "INDEXED BY";

    /// <summary>
    /// Look-up keys, as l, that begin with the first parameter, the second being the last of these: a range of the tree, in PostgreSQL one place of
    /// its index of hashes.
    /// </summary>
    public const string KeyBegins = "l.hash >= ? AND l.hash <= ?";

    /// <summary>A look-up key as it stands; in PostgreSQL sought by its beginning.</summary>
    public const string KeyIs = "kind = ? AND hash = ?";

    /// <summary>The place of a text in another, from 1; 0 when it is not there: <c>instr(whole, part)</c>.</summary>
    public const string PlaceIn = "instr";

    /// <summary>
    /// The elements of a JSON array that is one parameter, as rows with the column <c>value</c>. https://www.sqlite.org/json1.html#jeach
    /// </summary>
    public const string Listed = "json_each(?)";
}
