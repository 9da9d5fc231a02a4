namespace CptsFhirHub.Storage.Migrations.Sqlite;

/// <summary>
/// The tables of the hot paths, which prepared commands fill and read. EF Core cannot say WITHOUT ROWID; here it decides the speed:
/// an index table is one ordered tree, and the answer to a search is a walk through neighbours.
/// </summary>
internal static class HotTables
{
    public const string Create =
        """
        CREATE TABLE symbol (id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, text TEXT NOT NULL);
        CREATE UNIQUE INDEX symbol_text ON symbol (kind, text);

        -- One row a resource; vid is its current version.
        CREATE TABLE resource (
            rid INTEGER PRIMARY KEY, tenant INTEGER NOT NULL, type INTEGER NOT NULL, id TEXT NOT NULL,
            version INTEGER NOT NULL, deleted INTEGER NOT NULL, vid INTEGER NOT NULL, last_updated INTEGER NOT NULL);
        CREATE UNIQUE INDEX resource_id ON resource (tenant, type, id);
        CREATE INDEX resource_live ON resource (tenant, type, deleted, rid);
        CREATE INDEX resource_updated ON resource (tenant, type, deleted, last_updated, rid);

        -- One row a version, never changed: the bytes as they came, with id and meta in their place.
        CREATE TABLE resource_version (
            vid INTEGER PRIMARY KEY, tenant INTEGER NOT NULL, type INTEGER NOT NULL, rid INTEGER NOT NULL, version INTEGER NOT NULL,
            last_updated INTEGER NOT NULL, deleted INTEGER NOT NULL, method INTEGER NOT NULL, json BLOB NOT NULL);
        CREATE UNIQUE INDEX resource_version_of ON resource_version (rid, version);
        CREATE INDEX resource_version_of_type ON resource_version (tenant, type, vid);
        CREATE INDEX resource_version_of_tenant ON resource_version (tenant, vid);

        CREATE TABLE index_token (
            tenant INTEGER NOT NULL, type INTEGER NOT NULL, param INTEGER NOT NULL, code TEXT NOT NULL, system INTEGER NOT NULL, rid INTEGER NOT NULL,
            PRIMARY KEY (tenant, type, param, code, system, rid)) WITHOUT ROWID;
        CREATE INDEX index_token_rid ON index_token (rid, param, code, system);

        CREATE TABLE index_string (
            tenant INTEGER NOT NULL, type INTEGER NOT NULL, param INTEGER NOT NULL, folded TEXT NOT NULL, exact TEXT NOT NULL, rid INTEGER NOT NULL,
            PRIMARY KEY (tenant, type, param, folded, exact, rid)) WITHOUT ROWID;
        CREATE INDEX index_string_rid ON index_string (rid, param, folded);

        CREATE TABLE index_date (
            tenant INTEGER NOT NULL, type INTEGER NOT NULL, param INTEGER NOT NULL, low INTEGER NOT NULL, high INTEGER NOT NULL, rid INTEGER NOT NULL,
            PRIMARY KEY (tenant, type, param, low, high, rid)) WITHOUT ROWID;
        CREATE INDEX index_date_high ON index_date (tenant, type, param, high, low, rid);
        CREATE INDEX index_date_rid ON index_date (rid, param, low, high);

        -- target_type 0: target_id is an absolute URL.
        CREATE TABLE index_reference (
            tenant INTEGER NOT NULL, type INTEGER NOT NULL, param INTEGER NOT NULL, target_id TEXT NOT NULL, target_type INTEGER NOT NULL, rid INTEGER NOT NULL,
            PRIMARY KEY (tenant, type, param, target_id, target_type, rid)) WITHOUT ROWID;
        CREATE INDEX index_reference_rid ON index_reference (rid, param, target_id, target_type);

        CREATE TABLE index_uri (
            tenant INTEGER NOT NULL, type INTEGER NOT NULL, param INTEGER NOT NULL, value TEXT NOT NULL, rid INTEGER NOT NULL,
            PRIMARY KEY (tenant, type, param, value, rid)) WITHOUT ROWID;
        CREATE INDEX index_uri_rid ON index_uri (rid, param, value);

        -- Numbers too: with system 0 and no code.
        CREATE TABLE index_quantity (
            tenant INTEGER NOT NULL, type INTEGER NOT NULL, param INTEGER NOT NULL, low REAL NOT NULL, high REAL NOT NULL,
            system INTEGER NOT NULL, code TEXT NOT NULL, rid INTEGER NOT NULL,
            PRIMARY KEY (tenant, type, param, low, high, system, code, rid)) WITHOUT ROWID;
        CREATE INDEX index_quantity_rid ON index_quantity (rid, param, low, high);

        -- Identity traits and the like, hashed.
        CREATE TABLE lookup (
            tenant INTEGER NOT NULL, kind INTEGER NOT NULL, hash BLOB NOT NULL, rid INTEGER NOT NULL,
            PRIMARY KEY (tenant, kind, hash, rid)) WITHOUT ROWID;
        CREATE INDEX lookup_rid ON lookup (rid);

        CREATE TABLE message (
            seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, tenant INTEGER NOT NULL, source INTEGER NOT NULL, channel TEXT NOT NULL,
            client TEXT NOT NULL, content_type TEXT NOT NULL, key TEXT, first_hash BLOB, state TEXT NOT NULL, received_at INTEGER NOT NULL,
            settled_at INTEGER, attempts INTEGER NOT NULL, duplicate_of TEXT, parent TEXT, line INTEGER, answer BLOB NOT NULL DEFAULT x'',
            patient TEXT, signalement TEXT, tracking TEXT, map TEXT, size INTEGER NOT NULL, raw BLOB NOT NULL, is_compressed INTEGER NOT NULL);
        CREATE UNIQUE INDEX message_id ON message (id);
        -- Invariant: one message is the first of its source, business key and content.
        CREATE UNIQUE INDEX message_first ON message (tenant, source, first_hash) WHERE first_hash IS NOT NULL;
        CREATE INDEX message_of_tenant ON message (tenant, seq);
        CREATE INDEX message_of_source ON message (tenant, source, seq);
        CREATE INDEX message_in_state ON message (tenant, state, seq);
        CREATE INDEX message_unsettled ON message (seq) WHERE state = 'received';
        CREATE INDEX message_key ON message (tenant, key, seq) WHERE key IS NOT NULL;
        CREATE INDEX message_patient ON message (tenant, patient, seq) WHERE patient IS NOT NULL;
        CREATE INDEX message_parent ON message (tenant, parent, seq) WHERE parent IS NOT NULL;
        CREATE INDEX message_tracking ON message (tenant, tracking) WHERE tracking IS NOT NULL;

        CREATE TABLE lineage (
            tenant INTEGER NOT NULL, message TEXT NOT NULL, reference TEXT NOT NULL, PRIMARY KEY (tenant, message, reference)) WITHOUT ROWID;
        CREATE INDEX lineage_reference ON lineage (tenant, reference);

        CREATE TABLE outbox (
            seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, tenant INTEGER NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL,
            target TEXT NOT NULL, payload BLOB NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL, created_at INTEGER NOT NULL,
            due_at INTEGER NOT NULL, done_at INTEGER, lease_owner TEXT, lease_until INTEGER, last_error TEXT);
        CREATE UNIQUE INDEX outbox_id ON outbox (id);
        CREATE INDEX outbox_due ON outbox (due_at, seq) WHERE state = 'due';
        CREATE INDEX outbox_in_state ON outbox (tenant, state, seq);
        CREATE INDEX outbox_subject ON outbox (tenant, subject, target, seq) WHERE state = 'due';
        """;

    /// <summary>
    /// A code with the value beside it: code2 and system2 hold a second code, a text, a unit or a reference, low and high a date or a number.
    /// </summary>
    public const string CreateComposite =
        """
        CREATE TABLE index_composite (
            tenant INTEGER NOT NULL, type INTEGER NOT NULL, param INTEGER NOT NULL, code TEXT NOT NULL, system INTEGER NOT NULL,
            code2 TEXT NOT NULL, system2 INTEGER NOT NULL, low NUMERIC NOT NULL, high NUMERIC NOT NULL, rid INTEGER NOT NULL,
            PRIMARY KEY (tenant, type, param, code, system, code2, system2, low, high, rid)) WITHOUT ROWID;
        CREATE INDEX index_composite_rid ON index_composite (rid, param, code);
        """;

    /// <summary>Numbered series of changes: the last number of each, and its events.</summary>
    public const string CreateFeeds =
        """
        CREATE TABLE feed (tenant INTEGER NOT NULL, name TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (tenant, name)) WITHOUT ROWID;

        CREATE TABLE feed_event (
            tenant INTEGER NOT NULL, feed TEXT NOT NULL, number INTEGER NOT NULL, at INTEGER NOT NULL, type INTEGER NOT NULL,
            id TEXT NOT NULL, version INTEGER NOT NULL, deleted INTEGER NOT NULL, PRIMARY KEY (tenant, feed, number)) WITHOUT ROWID;
        """;

    /// <summary>
    /// Answers kept for who repeats a request under its key, found by a hash of client, address and key; and requests that are answered later.
    /// </summary>
    public const string CreateAnswers =
        """
        CREATE TABLE kept_answer (
            tenant INTEGER NOT NULL, scope BLOB NOT NULL, digest BLOB NOT NULL, at INTEGER NOT NULL, answer BLOB NOT NULL,
            PRIMARY KEY (tenant, scope)) WITHOUT ROWID;
        CREATE INDEX kept_answer_at ON kept_answer (at);

        CREATE TABLE deferred_request (
            id TEXT NOT NULL PRIMARY KEY, owner TEXT NOT NULL, created_at INTEGER NOT NULL, ended_at INTEGER,
            request BLOB NOT NULL, answer BLOB NOT NULL) WITHOUT ROWID;
        CREATE INDEX deferred_request_created ON deferred_request (created_at);
        """;

    /// <summary>
    /// What a store knows of itself, above all the secret under which it keeps the senders' own keys; and the journal's indexes by date, so
    /// that a question about one day reads the lines of that day.
    /// </summary>
    public const string CreateJournalKeys =
        """
        CREATE TABLE store_fact (name TEXT NOT NULL PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;

        DROP INDEX message_of_tenant;
        DROP INDEX message_of_source;
        DROP INDEX message_in_state;
        CREATE INDEX message_of_tenant ON message (tenant, received_at, seq);
        CREATE INDEX message_of_source ON message (tenant, source, received_at, seq);
        CREATE INDEX message_in_state ON message (tenant, state, received_at, seq);
        CREATE INDEX outbox_of_subject ON outbox (tenant, subject, seq);
        """;

    public const string DropJournalKeys =
        """
        DROP TABLE store_fact;
        DROP INDEX outbox_of_subject;
        DROP INDEX message_of_tenant;
        DROP INDEX message_of_source;
        DROP INDEX message_in_state;
        CREATE INDEX message_of_tenant ON message (tenant, seq);
        CREATE INDEX message_of_source ON message (tenant, source, seq);
        CREATE INDEX message_in_state ON message (tenant, state, seq);
        """;

    /// <summary>What is due is sought target by target: however much waits for one, the others are found beside it.</summary>
    public const string IndexTargets =
        """
        CREATE INDEX outbox_target ON outbox (target, due_at, seq) WHERE state = 'due';
        DROP INDEX outbox_due;
        """;

    public const string IndexDue =
        """
        CREATE INDEX outbox_due ON outbox (due_at, seq) WHERE state = 'due';
        DROP INDEX outbox_target;
        """;

    /// <summary>What is forgotten of a message is forgotten of its repetitions.</summary>
    public const string IndexRepetitions =
        """
        CREATE INDEX message_repetition ON message (tenant, duplicate_of) WHERE duplicate_of IS NOT NULL;
        """;

    /// <summary>
    /// A resource notes the look-up keys it stands under, in one row, where each of them had a second one to be found by; and what ends after an
    /// instant is sought by its beginning and how long it lasts (DateSpan).
    /// </summary>
    public const string NoteKeys =
        """
        CREATE TABLE lookup_note (rid INTEGER PRIMARY KEY, keys TEXT NOT NULL);
        INSERT INTO lookup_note (rid, keys) SELECT rid, group_concat(kind || ':' || hex(hash), ' ') FROM lookup GROUP BY rid;
        DROP INDEX lookup_rid;
        DROP INDEX index_date_high;
        """;

    public const string DropNotes =
        """
        CREATE INDEX lookup_rid ON lookup (rid);
        CREATE INDEX index_date_high ON index_date (tenant, type, param, high, low, rid);
        DROP TABLE lookup_note;
        """;

    /// <summary>
    /// The last resource whose look-up keys are all in their tree; those of the resources after it stand in their notes (FreshKeys).
    /// </summary>
    public const string SettleKeys =
        """
        CREATE TABLE lookup_settled (rid INTEGER NOT NULL);
        INSERT INTO lookup_settled (rid) SELECT coalesce(max(rid), 0) FROM resource;
        """;

    public const string DropSettled = "DROP TABLE lookup_settled;";

    public const string DropRepetitions = "DROP INDEX message_repetition;";

    /// <summary>A sender who sees its own messages alone reads them alone.</summary>
    public const string IndexClients = "CREATE INDEX message_of_client ON message (tenant, client, received_at, seq);";

    public const string DropClients = "DROP INDEX message_of_client;";

    public const string DropAnswers = "DROP TABLE deferred_request; DROP TABLE kept_answer;";

    public const string DropFeeds = "DROP TABLE feed_event; DROP TABLE feed;";

    public const string DropComposite = "DROP TABLE index_composite;";

    public const string Drop =
        """
        DROP TABLE outbox; DROP TABLE lineage; DROP TABLE message; DROP TABLE lookup; DROP TABLE index_quantity; DROP TABLE index_uri;
        DROP TABLE index_reference; DROP TABLE index_date; DROP TABLE index_string; DROP TABLE index_token; DROP TABLE resource_version;
        DROP TABLE resource; DROP TABLE symbol;
        """;
}
