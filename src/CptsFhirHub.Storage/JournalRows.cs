using System.Buffers.Binary;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Storage.Sql;

namespace CptsFhirHub.Storage;

/// <summary>The tables <c>message</c> and <c>lineage</c>.</summary>
internal static class JournalRows
{
    public const string Columns =
        """
        m.seq, m.id, m.tenant, m.source, m.channel, m.client, m.content_type, m.key, m.state, m.received_at, m.settled_at, m.attempts,
        m.duplicate_of, m.parent, m.line, m.answer, m.patient, m.signalement, m.tracking, m.map, m.size
        """;

    private const string SettleMessage =
        """
        UPDATE message SET state = ?, settled_at = ?, attempts = attempts + 1,
            answer = ?, patient = ?, signalement = ?, tracking = ?, map = ?
        WHERE tenant = ? AND id = ?
        """;

    private const string SettleOnce = SettleMessage + " AND attempts = ?";

    private const string Told =
        """
        id, tenant, source, channel, client, content_type, key, first_hash, state, received_at, settled_at,
        attempts, duplicate_of, parent, line, answer, size, raw, is_compressed
        """;

    private const string InsertMessage = $"INSERT INTO message ({Told}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?) RETURNING seq";

    /// <summary>The same for a row that has its number.</summary>
    private const string InsertNumberedMessage =
        $"INSERT INTO message ({Told}, seq) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?)";

    private const string InsertLineage = "INSERT INTO lineage (tenant, message, reference) VALUES (?, ?, ?)";

    private static long _arrivals;

    /// <summary>Below this size compression gains nothing.</summary>
    private const int CompressedFromBytes = 256;

    /// <summary>Sorts out what of an arrival needs no database, in the caller's thread.</summary>
    public static PreparedArrival Prepare(Arrival arrival, JournalKeys keys)
    {
        var isCompressed = arrival.Bytes.Length >= CompressedFromBytes;
        return new(arrival, FirstHash(arrival), isCompressed ? Compress(arrival.Bytes.Span) : arrival.Bytes.ToArray(), isCompressed)
        {
            Key = arrival.Key is { } key ? keys.Of(key) : null,
            Answer = arrival.DoorIssues.Count == 0 ? [] : DoorAnswer(arrival.DoorIssues),
            Number = Interlocked.Increment(ref _arrivals),
        };
    }

    public static Receipt Receive(WriteScope scope, PreparedArrival prepared)
    {
        var arrival = prepared.Arrival;
        var tenant = scope.Intern(SymbolKind.Tenant, arrival.Tenant);
        var source = scope.Intern(SymbolKind.Source, arrival.Source);
        if (arrival.Once is { } once && KeptAnswerRows.Find(scope.Session, tenant, once.Scope) is { } kept
            && FindById(scope, tenant, Encoding.ASCII.GetString(kept.Answer)) is { } earlier and not { State: MessageState.Rejected })
            return new(earlier, earlier) { IsRepeated = true };

        var isRejected = arrival.DoorIssues.Count > 0;
        var first = isRejected || prepared.FirstHash is null ? null : FindFirst(scope.Session, scope.Symbols, tenant, source, prepared.FirstHash);
        if (first is { State: MessageState.Rejected })
        {
            // What was refused may be sent again: a map may have been mended since. The new one takes its place as the first.
            scope.Session.Get("UPDATE message SET first_hash = NULL WHERE seq = ?").Add(first.Sequence).Send();
            first = null;
        }

        var state = isRejected ? MessageState.Rejected : first is null ? MessageState.Received : MessageState.Duplicate;
        var id = FreshIds.New(scope.Now);
        var isSettled = state != MessageState.Received;
        var number = scope.Session.NextNumber("message", prepared.Number)?.Scalar();
        var insert = scope.Session.Get(number is null ? InsertMessage : InsertNumberedMessage)
            .Add(id).Add(tenant).Add(source).Add(arrival.Channel).Add(arrival.ClientId).Add(arrival.ContentType).Add(prepared.Key)
            .AddBytes(state == MessageState.Received ? prepared.FirstHash : null).Add(state).Add(scope.Ticks)
            .Add(isSettled ? scope.Ticks : null).Add(first?.Id).Add(arrival.ParentId).Add((long?)arrival.Line)
            .Add(prepared.Answer).Add(arrival.Bytes.Length).Add(prepared.Raw).Add(prepared.IsCompressed ? 1 : 0);
        if (prepared.FirstHash is not null)
            scope.Session.Outdate(FirstOf(prepared.FirstHash));
        if (number is { } known)
            insert.Add(known).Send();
        var sequence = number ?? insert.Scalar()!.Value;

        var message = new JournalMessage(
            id, sequence, arrival.Tenant, arrival.Source, arrival.Channel, arrival.ClientId, arrival.ContentType, prepared.Key,
            state, scope.Now, isSettled ? scope.Now : null, Attempts: 0)
        {
            DuplicateOf = first?.Id,
            ParentId = arrival.ParentId,
            Line = arrival.Line,
            Answer = prepared.Answer,
            Size = arrival.Bytes.Length,
        };
        if (arrival.Once is { } request)
            KeptAnswerRows.Put(scope, tenant, request, Encoding.ASCII.GetBytes(id));
        return new(message, first);
    }

    public static JournalMessage? FindById(WriteScope scope, long tenant, string id) => One(
        scope.Session, scope.Symbols,
        scope.Session.Get($"SELECT {Columns} FROM message m WHERE m.tenant = ? AND m.id = ?").Add(tenant).Add(id));

    /// <summary>Asks for what <see cref="Receive"/> will ask.</summary>
    public static void AskReceive(Session session, Symbols symbols, PreparedArrival prepared)
    {
        var arrival = prepared.Arrival;
        if (symbols.FindKnown(SymbolKind.Tenant, arrival.Tenant) is not { } tenant || symbols.FindKnown(SymbolKind.Source, arrival.Source) is not { } source)
            return;
        session.RestsOn(new(TouchedKind.Beginning, 0));
        session.NextNumber("message", prepared.Number)?.Scalar();
        if (arrival.Once is { } once)
        {
            session.RestsOn(KeptAnswerRows.RestsOn(once.Scope));
            KeptAnswerRows.Find(session, tenant, once.Scope);
        }

        if (arrival.DoorIssues.Count > 0 || prepared.FirstHash is not { } hash)
            return;
        session.RestsOn(FirstOf(hash));
        FindFirst(session, symbols, tenant, source, hash);
    }

    /// <summary>Asks for what <see cref="Settle"/> will ask.</summary>
    public static void AskSettle(Session session, long tenant, string id)
    {
        session.RestsOn(Named(id));
        AttemptsOf(session, tenant, id);
    }

    /// <summary>False when the message is not there, or was settled since the outcome was decided.</summary>
    public static bool Settle(WriteScope scope, long tenant, JournalOutcome outcome)
    {
        // Where questions travel together it is known already how it stands, and the change travels with those of others.
        var isKnown = scope.Session.CanForesee;
        var known = isKnown ? AttemptsOf(scope.Session, tenant, outcome.MessageId) : null;
        if (isKnown && (known is null || known != (outcome.Attempts ?? known)))
            return false;
        scope.Session.Outdate(Named(outcome.MessageId));
        var change = scope.Session.Get(isKnown || outcome.Attempts is null ? SettleMessage : SettleOnce)
            .Add(outcome.State).Add(scope.Ticks).Add(outcome.Answer.Span).Add(outcome.Patient).Add(outcome.Signalement)
            .Add(outcome.Tracking).Add(outcome.Map).Add(tenant).Add(outcome.MessageId);
        if (isKnown)
            change.SendTogether();
        else if ((outcome.Attempts is { } attempts ? change.Add(attempts) : change).Run() == 0)
            return false;

        // A message that was never settled has no lineage: not to ask whether it is there saves a third of what its rows cost.
        var insert = isKnown && known == 0 ? InsertLineage : InsertLineage + " ON CONFLICT DO NOTHING";
        foreach (var reference in outcome.Resources.Distinct(StringComparer.Ordinal))
            scope.Session.Get(insert).Add(tenant).Add(outcome.MessageId).Add(reference).Send();
        scope.AfterCommit(() => scope.Settled(outcome.MessageId));
        return true;
    }

    /// <summary>Puts a settled message back to received, to be interpreted anew.</summary>
    public static bool Reopen(WriteScope scope, long tenant, string id)
    {
        scope.Session.Outdate(Named(id));
        return scope.Session.Get(
            "UPDATE message SET state = ?, settled_at = NULL WHERE tenant = ? AND id = ? AND state IN (?, ?) AND (size = 0 OR length(raw) > 0)")
            .Add(MessageState.Received).Add(tenant).Add(id).Add(MessageState.Waiting).Add(MessageState.Rejected).Run() > 0;
    }

    public static int ForgetBodies(WriteScope scope, BodyAge age, int countMax)
    {
        // A source that has sent nothing yet has no number, and nothing to forget.
        List<long> sources = [.. age.Sources.Select(source => scope.Symbols.Find(scope.Session, SymbolKind.Source, source)).OfType<long>()];
        if (sources.Count == 0 && !age.IsOfOthers)
            return 0;
        var marks = string.Join(", ", sources.Select(_ => "?"));
        var ofSources = sources.Count == 0 ? "" : $"AND m.source {(age.IsOfOthers ? "NOT IN" : "IN")} ({marks})";
        var statement = scope.Session.Get(
            $"""
            UPDATE message SET raw = ?, is_compressed = 0 WHERE seq IN (
                SELECT m.seq FROM message m
                WHERE ((m.state IN ('processed', 'duplicate') AND m.settled_at < ?) OR (m.state = 'rejected' AND m.settled_at < ?))
                  {ofSources} AND m.size > 0 AND length(m.raw) > 0
                  AND NOT EXISTS (SELECT 1 FROM message c
                    WHERE c.tenant = m.tenant AND c.parent = m.id AND c.state IN ('received', 'waiting', 'rejected') AND length(c.raw) > 0)
                ORDER BY m.seq LIMIT ?)
            """).AddBytes([]).Add(age.ProcessedBefore.UtcTicks).Add(age.RejectedBefore.UtcTicks);
        foreach (var source in sources)
            statement = statement.Add(source);
        return statement.Add(countMax).Run();
    }

    /// <summary>
    /// Empties the messages that wrote these resources or are about them, their repetitions, and the files they were lines of; a file that lines
    /// still wait in is kept.
    /// </summary>
    public static (int Messages, int FilesKept) Forget(WriteScope scope, long tenant, IReadOnlyList<string> references)
    {
        scope.Session.OutdateAll();
        var about = new HashSet<string>(StringComparer.Ordinal);
        foreach (var reference in references)
        {
            Collect(about, "SELECT id FROM message WHERE tenant = ? AND patient = ?", reference);

            // Its versions: "/" comes before "0".
            Collect(about, "SELECT message FROM lineage WHERE tenant = ? AND reference >= ? AND reference < ?", reference + "/", reference + "0");
        }

        foreach (var message in about.ToList())
            Collect(about, "SELECT id FROM message WHERE tenant = ? AND duplicate_of = ?", message);
        var files = new HashSet<string>(StringComparer.Ordinal);
        foreach (var message in about)
            Collect(files, "SELECT parent FROM message WHERE tenant = ? AND id = ? AND parent IS NOT NULL", message);

        var forgotten = about.Sum(Empty);
        var kept = 0;
        foreach (var file in files.Except(about))
        {
            if (scope.Session.Get(
                """
                SELECT count(*) FROM message
                WHERE tenant = ? AND parent = ? AND state IN ('received', 'waiting', 'rejected') AND length(raw) > 0
                """).Add(tenant).Add(file).Scalar() > 0)
                kept++;
            else
                forgotten += Empty(file);
        }

        return (forgotten, kept);

        void Collect(HashSet<string> found, string sql, params ReadOnlySpan<string> values)
        {
            var statement = scope.Session.Get(sql).Add(tenant);
            foreach (var value in values)
                statement.Add(value);
            while (statement.Next())
                found.Add(statement.Text(0));
        }

        int Empty(string id) => scope.Session.Get(
            "UPDATE message SET raw = ?, is_compressed = 0, key = NULL WHERE tenant = ? AND id = ? AND (length(raw) > 0 OR key IS NOT NULL)")
            .AddBytes([]).Add(tenant).Add(id).Run();
    }

    public static JournalMessage Read(Session session, Symbols symbols, Statement row) => new(
        row.Text(1), row.Long(0), symbols.Text(session, row.Long(2)), symbols.Text(session, row.Long(3)), row.Text(4), row.Text(5),
        row.Text(6), row.TextOrNull(7), row.Text(8), new(row.Long(9), TimeSpan.Zero),
        row.LongOrNull(10) is { } settled ? new DateTimeOffset(settled, TimeSpan.Zero) : null, row.Int(11))
    {
        DuplicateOf = row.TextOrNull(12),
        ParentId = row.TextOrNull(13),
        Line = (int?)row.LongOrNull(14),
        Answer = row.Blob(15),
        Patient = row.TextOrNull(16),
        Signalement = row.TextOrNull(17),
        Tracking = row.TextOrNull(18),
        Map = row.TextOrNull(19),
        Size = row.Long(20),
    };

    public static byte[] Expand(byte[] raw, long size)
    {
        using var packed = new BrotliStream(new MemoryStream(raw), CompressionMode.Decompress);
        var bytes = new byte[size];
        packed.ReadExactly(bytes);
        return bytes;
    }

    private static long? AttemptsOf(Session session, long tenant, string id) =>
        session.Get("SELECT m.attempts FROM message m WHERE m.tenant = ? AND m.id = ?").Add(tenant).Add(id).Scalar();

    private static JournalMessage? FindFirst(Session session, Symbols symbols, long tenant, long source, byte[] hash) => One(
        session, symbols,
        session.Get($"SELECT {Columns} FROM message m WHERE m.tenant = ? AND m.source = ? AND m.first_hash = ?").Add(tenant).Add(source).Add(hash));

    private static Touched FirstOf(byte[] hash) => new(TouchedKind.First, BinaryPrimitives.ReadInt64BigEndian(hash));

    private static Touched Named(string id) => new(TouchedKind.Message, 0, id);

    private static JournalMessage? One(Session session, Symbols symbols, Statement statement)
    {
        if (!statement.Next())
            return null;
        var first = Read(session, symbols, statement);
        statement.Reset();
        return first;
    }

    /// <summary>
    /// What makes two messages of a source the same; null without a business key, when nothing may be taken for a repetition.
    /// </summary>
    private static byte[]? FirstHash(Arrival arrival)
    {
        if (arrival.Key is null)
            return null;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(arrival.Key));
        hash.AppendData([0]);
        hash.AppendData((arrival.Same ?? arrival.Bytes).Span);
        return hash.GetHashAndReset();
    }

    private static byte[] Compress(ReadOnlySpan<byte> bytes)
    {
        var packed = new byte[BrotliEncoder.GetMaxCompressedLength(bytes.Length)];
        const int quickQuality = 1;
        const int window = 18;
        if (!BrotliEncoder.TryCompress(bytes, packed, out var length, quickQuality, window))
            throw new InvalidDataException("A message cannot be compressed.");
        return packed[..length];
    }

    private static byte[] DoorAnswer(IReadOnlyList<Issue> issues)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteString("state", MessageState.Rejected);
            json.WriteStartArray("issues");
            foreach (var issue in issues)
            {
                json.WriteStartObject();
                json.WriteString("severity", issue.Severity.ToString().ToLowerInvariant());
                json.WriteString("code", issue.Code);
                json.WriteString("path", issue.Path);
                json.WriteString("text", issue.Text);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return stream.ToArray();
    }
}

/// <summary>An <see cref="Arrival"/> with its hash and its packed bytes.</summary>
internal sealed record PreparedArrival(Arrival Arrival, byte[]? FirstHash, byte[] Raw, bool IsCompressed)
{
    /// <summary>The sender's own key as it is kept.</summary>
    public string? Key { get; init; }

    /// <summary>Tells it from the others of this process.</summary>
    public long Number { get; init; }

    /// <summary>The answer of a message refused at the door, else empty.</summary>
    public byte[] Answer { get; init; } = [];
}
