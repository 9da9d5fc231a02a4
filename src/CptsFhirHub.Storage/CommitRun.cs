using System.Diagnostics;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Search;
using CptsFhirHub.Storage.Search;

namespace CptsFhirHub.Storage;

/// <summary>Carries out one commit inside the writer's transaction: step after step, until one does not hold.</summary>
internal sealed class CommitRun(WriteScope scope, string tenant, IReadOnlyList<PreparedWrite> writes, ChangeWatch? watch, OnceOnly? once)
{
    /// <summary>What a condition finds at most: enough to know that it is ambiguous.</summary>
    public const int FoundMax = 2;

    private static readonly Written.NotTried NotTried = new();
    private static readonly Written.Done Done = new();
    private readonly long _tenant = scope.Intern(SymbolKind.Tenant, tenant);
    private ChangeLog? _changes;

    /// <summary>True when the last resource that was to be created stood there already.</summary>
    private bool _isThere;

    /// <summary>True when a step may fail after another has changed something.</summary>
    public static bool CanStop(IReadOnlyList<PreparedWrite> writes) => writes.Count > 1;

    public static CommitResult Run(
        WriteScope scope, string tenant, IReadOnlyList<PreparedWrite> writes, ChangeWatch? watch, OnceOnly? once) =>
        new CommitRun(scope, tenant, writes, watch, once).Run();

    private CommitResult Run()
    {
        var results = new Written[writes.Count];
        if (once is not null && KeptAnswerRows.Find(scope.Session, _tenant, once.Request.Scope) is { } kept)
        {
            Array.Fill(results, NotTried);
            return new(Committed: false, results) { Repeated = kept };
        }

        var hasChanged = false;
        for (var i = 0; i < results.Length; i++)
        {
            results[i] = Step(writes[i]);
            if (results[i].Holds)
            {
                hasChanged |= results[i] is Written.Created or Written.Updated or Written.Deleted or Written.Forgotten or Written.Taken
                    || writes[i].Write is Write.Settle or Write.Enqueue;
                continue;
            }

            if (hasChanged)
                scope.UndoChanges();
            var why = results[i];
            Array.Fill(results, NotTried);
            results[i] = why;
            return new(Committed: false, results);
        }

        _changes?.Tell();
        var result = new CommitResult(Committed: true, results);
        if (once is not null)
            KeptAnswerRows.Add(scope, _tenant, once.Request, once.Answer(result));
        return result;
    }

    private Written Step(PreparedWrite prepared) => prepared.Write switch
    {
        Write.Create create => Create(create, prepared),
        Write.Update update => Update(update, prepared),
        Write.UpdateWhere update => UpdateWhere(update, prepared),
        Write.Delete delete => Delete(delete),
        Write.Expect expect => Expect(expect),
        Write.Guard guard => Guard(guard, prepared),
        Write.Receive receive => _isThere ? Done : new Written.Taken(JournalRows.Receive(scope, receive.Prepared)),
        Write.Settle settle => Settle(settle),
        Write.Enqueue enqueue => Enqueue(enqueue),
        Write.Erase erase => Erase(erase),
        Write.Forget forget => Forget(forget),
        _ => throw new UnreachableException(),
    };

    private Written Create(Write.Create create, PreparedWrite prepared)
    {
        _isThere = false;
        if (create.IfNoneExist is { } condition)
        {
            var found = Find(condition);
            if (found.Count > 1)
                return new Written.Ambiguous(found.Count);
            _isThere = found.Count == 1;
            if (_isThere)
                return new Written.Matched(ResourceRows.ReadCurrent(scope.Session, scope.Symbols, found[0])!);
        }

        var type = scope.Intern(SymbolKind.Type, create.Resource.Type);
        var id = create.Id ?? FreshIds.New(scope.Now);
        var current = create.Id is null || create.HasFreshId ? null : ResourceRows.Find(scope.Session, _tenant, type, id);
        if (current is { IsDeleted: false } taken)
            return new Written.VersionMismatch(taken.Version);
        return new Written.Created(Put(type, create.Resource.Type, id, current, prepared, Method.Post));
    }

    private Written Update(Write.Update update, PreparedWrite prepared)
    {
        var type = scope.Intern(SymbolKind.Type, update.Resource.Type);
        var (current, stored) = ResourceRows.FindWithContent(scope.Session, tenant, _tenant, update.Resource.Type, type, update.Id);
        return Update(
            update.Resource, type, update.Id, current, update.IfMatch, update.MayCreate, prepared, update.IsPatch ? Method.Patch : Method.Put, stored);
    }

    private Written UpdateWhere(Write.UpdateWhere update, PreparedWrite prepared)
    {
        var found = Find(update.Where);
        if (found.Count > 1)
            return new Written.Ambiguous(found.Count);

        var type = scope.Intern(SymbolKind.Type, update.Resource.Type);
        var given = update.Resource.Id;
        if (found.Count == 1)
        {
            var match = ResourceRows.Find(scope.Session, found[0]);
            // Two answers to "which one": the condition's and the body's.
            return given is not null && given != match.Id
                ? new Written.Ambiguous(1)
                : Update(update.Resource, type, match.Id, match, update.IfMatch, mayCreate: false, prepared);
        }

        var id = given ?? FreshIds.New(scope.Now);
        var current = ResourceRows.Find(scope.Session, _tenant, type, id);
        return Update(update.Resource, type, id, current, update.IfMatch, mayCreate: true, prepared);
    }

    private Written Update(
        Resource resource, long type, string id, ResourceRow? current, long? ifMatch, bool mayCreate, PreparedWrite prepared,
        Method method = Method.Put, Stored? stored = null)
    {
        if (ifMatch is { } wanted && (current is not { IsDeleted: false } || current.Version != wanted))
            return new Written.VersionMismatch(current?.Version);
        if (current is not { IsDeleted: false } alive)
        {
            return mayCreate
                ? new Written.Created(Put(type, resource.Type, id, current, prepared, Method.Put))
                : new Written.NotFound();
        }

        stored ??= ResourceRows.ReadCurrent(scope.Session, scope.Symbols, alive.Rid)!;
        if (IsSame(stored, prepared))
            return new Written.Unchanged(stored);
        return new Written.Updated(Put(type, resource.Type, id, alive, prepared, method, stored));
    }

    private Written Delete(Write.Delete delete)
    {
        var type = scope.Intern(SymbolKind.Type, delete.Type);
        var current = ResourceRows.Find(scope.Session, _tenant, type, delete.Id);
        if (delete.IfMatch is { } wanted && current?.Version != wanted)
            return new Written.VersionMismatch(current?.Version);
        if (current is null)
            return new Written.Unchanged(null);
        if (current.IsDeleted)
            return new Written.Unchanged(ResourceRows.ReadCurrent(scope.Session, scope.Symbols, current.Rid));

        var version = current.Version + 1;
        IndexRows.Remove(scope.Session, _tenant, current);
        ResourceRows.Replace(scope, _tenant, type, current.Id, current.Rid, version, Method.Delete, []);
        var deleted = new Stored(tenant, delete.Type, delete.Id, version, scope.Now, IsDeleted: true, ReadOnlyMemory<byte>.Empty);
        Note(deleted, [], type, current);
        return new Written.Deleted(deleted);
    }

    private Written Erase(Write.Erase erase)
    {
        var type = scope.Intern(SymbolKind.Type, erase.Type);
        if (ResourceRows.Find(scope.Session, _tenant, type, erase.Id) is not { } current)
            return new Written.Unchanged(null);
        if (!current.IsDeleted)
        {
            var before = watch?.Wants(tenant, erase.Type) is true
                ? ResourceRows.ReadCurrent(scope.Session, scope.Symbols, current.Rid)
                : null;
            IndexRows.Remove(scope.Session, _tenant, current);
            ResourceRows.Replace(scope, _tenant, type, current.Id, current.Rid, current.Version + 1, Method.Delete, []);
            Note(new(tenant, erase.Type, erase.Id, current.Version + 1, scope.Now, IsDeleted: true, ReadOnlyMemory<byte>.Empty), [], () => before);
        }

        var erased = ResourceRows.EraseEarlier(scope.Session, current.Rid);
        var last = ResourceRows.ReadCurrent(scope.Session, scope.Symbols, current.Rid)!;
        return erased > 0 ? new Written.Deleted(last) : new Written.Unchanged(last);
    }

    private Written.Forgotten Forget(Write.Forget forget)
    {
        var (messages, filesKept) = JournalRows.Forget(scope, _tenant, forget.References);
        return new(messages, OutboxRows.Forget(scope, _tenant, forget.References), filesKept);
    }

    private Written Expect(Write.Expect expect)
    {
        var found = Find(expect.Query);
        var reference = found.Count == 1 ? $"{expect.Query.ResourceType}/{ResourceRows.Find(scope.Session, found[0]).Id}" : null;
        return found.Count <= 1 && reference == expect.ExpectedReference ? Done : new Written.Overtaken();
    }

    private Written Guard(Write.Guard guard, PreparedWrite prepared)
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        foreach (var key in prepared.Keys)
            foreach (var (type, id) in ResourceRows.FindByKey(scope.Session, scope.Symbols, _tenant, key))
                found.Add($"{type}/{id}");
        if (found.SetEquals(guard.ExpectedReferences))
            return Done;

        // Two keys may meet by chance: what stands there and bears none of them is not what the guard is about.
        var more = found.Except(guard.ExpectedReferences, StringComparer.Ordinal).ToList();
        return found.IsSupersetOf(guard.ExpectedReferences) && !more.Exists(reference => BearsOneOf(reference, guard.Keys, prepared.KeysOf))
            ? Done
            : new Written.Overtaken();
    }

    private bool BearsOneOf(string reference, IReadOnlyList<LookupKey> keys, Func<Resource, IEnumerable<LookupKey>> keysOf)
    {
        var (type, id) = (reference[..reference.IndexOf('/', StringComparison.Ordinal)], reference[(reference.IndexOf('/', StringComparison.Ordinal) + 1)..]);
        return ResourceRows.ReadCurrent(scope.Session, tenant, _tenant, type, scope.Intern(SymbolKind.Type, type), id) is { IsDeleted: false } stored
            && keysOf(stored.Resource).Any(keys.Contains);
    }

    private Written Settle(Write.Settle settle)
    {
        if (JournalRows.Settle(scope, _tenant, settle.Outcome))
            return Done;
        return JournalRows.FindById(scope, _tenant, settle.Outcome.MessageId) is { } settled ? new Written.AlreadySettled(settled) : new Written.NotFound();
    }

    private Written.Done Enqueue(Write.Enqueue enqueue)
    {
        OutboxRows.Add(scope, _tenant, enqueue.Entry);
        return Done;
    }

    private List<long> Find(SearchQuery query) => SqlSearch.FindRows(scope.Session, scope.Symbols, tenant, query, FoundMax);

    /// <param name="before">The version that stands, when it was read.</param>
    private Stored Put(long type, string typeName, string id, ResourceRow? current, PreparedWrite prepared, Method method, Stored? before = null)
    {
        var version = (current?.Version ?? 0) + 1;
        var json = prepared.Stamped(id, version, scope.NowText);
        long rid;
        if (current is null)
        {
            rid = ResourceRows.Insert(scope, _tenant, type, id, version, method, json);
        }
        else
        {
            rid = current.Rid;
            ResourceRows.Replace(scope, _tenant, type, id, rid, version, method, json);
        }

        // A deleted resource has no rows.
        if (current is { IsDeleted: false })
            IndexRows.Replace(scope, _tenant, type, current, prepared);
        else
            IndexRows.Add(scope, _tenant, type, rid, prepared, isNew: current is null);
        var stored = new Stored(tenant, typeName, id, version, scope.Now, IsDeleted: false, json);
        if (before is not null)
            Note(stored, prepared.Values, () => before);
        else
            Note(stored, prepared.Values, type, current);
        return stored;
    }

    /// <summary>Remembers a change for the watch, when it wants this type.</summary>
    private void Note(Stored stored, IReadOnlyList<IndexValue> values, long type, ResourceRow? before) =>
        Note(stored, values, () => before is { IsDeleted: false }
            ? ResourceRows.ReadVersion(scope.Session, tenant, _tenant, stored.Type, type, stored.Id, before.Version)
            : null);

    private void Note(Stored stored, IReadOnlyList<IndexValue> values, Func<Stored?> before)
    {
        if (watch is null || !watch.Wants(tenant, stored.Type))
            return;
        _changes ??= new(scope, tenant, _tenant, watch);
        _changes.Add(stored, values, before);
    }

    /// <summary>The same content but for the version and its instant: then nothing new is to be remembered.</summary>
    private static bool IsSame(Stored stored, PreparedWrite prepared) =>
        prepared.Stamped(stored.Id, stored.Version, WriteScope.Instant(stored.LastUpdated)).AsSpan().SequenceEqual(stored.Json.Span);
}

/// <summary>How a version came to be, as history tells it.</summary>
internal enum Method
{
    Post = 1,
    Put = 2,
    Delete = 3,
    Patch = 4,
}
