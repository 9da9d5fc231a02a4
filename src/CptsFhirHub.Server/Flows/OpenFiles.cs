using System.Collections.Concurrent;
using System.Globalization;
using CptsFhirHub.Coordination.Identity;
using CptsFhirHub.Coordination.Signalements;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Search;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <summary>What maps and campaigns ask of an open file, its request and its person.</summary>
/// <param name="Since">The instant from which the person waits.</param>
/// <param name="Home">The commune in which the person lives; null when none is known.</param>
internal sealed record FileOfPerson(string File, string Request, string Person, string? State, string Priority, decimal Rank, string Since, Commune? Home)
{
    /// <summary>Who has signalled the person.</summary>
    public required IReadOnlyList<string> Sources { get; init; }

    public bool IsDeceased { get; init; }

    /// <summary>True when somebody can call or write: a phone that is one, or an e-mail.</summary>
    public bool IsReachable { get; init; }

    /// <summary>True when the person, or somebody near, is among those who asked.</summary>
    public bool IsOwnVoice { get; init; }

    /// <summary>True while nobody has said whether the person is one whom the hub knew already.</summary>
    public bool IsInDoubt => State == FileStates.DuplicateToCheck;

    public bool IsFragile => Priority is "urgent" or "asap" or "stat";

    public static FileOfPerson Of(Stored file, Stored request, Stored person, Communes communes)
    {
        var (asked, known, traits) = (request.Resource.Root, person.Resource.Root, Traits.Of(person.Resource.Root));
        return new(
            file.Reference, request.Reference, person.Reference, KnownPerson.StateOf(file.Resource.Root), asked.Text("priority") ?? "routine", RankOf(asked),
            asked.Text("authoredOn") ?? "", HomeOf(known) is { } address ? communes.Find(address) : null)
        {
            Sources = KnownPerson.SourcesOf(asked),
            IsDeceased = known.Text("deceasedBoolean") == "true" || known.Child("deceasedDateTime") is not null,
            IsReachable = traits.Phones.Count > 0 || traits.Emails.Count > 0,
            IsOwnVoice = AsksForOneself(asked),
        };
    }

    /// <summary>The rank of a request; nothing when it has none.</summary>
    public static decimal RankOf(Element request) => decimal.TryParse(
        request.ExtensionOf(Vocabulary.RankExtension)?.Text("valueDecimal"), NumberStyles.Float, CultureInfo.InvariantCulture, out var rank) ? rank : 0;

    /// <summary>Where the person lives: the first address that is neither old nor for a time.</summary>
    private static Element? HomeOf(Element person)
    {
        foreach (var address in person.All("address"))
            if (address.Text("use") is not ("old" or "temp"))
                return address;
        return null;
    }

    private static bool AsksForOneself(Element request)
    {
        foreach (var extension in request.All("extension"))
            if (extension.Text("url") == Vocabulary.SignallerExtension
                && extension.At("valueCodeableConcept", "coding")?.Text("code") is "patient" or "proche")
                return true;
        return false;
    }
}

/// <summary>
/// All open files of a tenant. They are walked over once and kept; who asks again pays for what has changed since, which the history tells. When their
/// number is not what the store counts (an erasure leaves no trace), or after a while, they are walked over anew.
/// </summary>
internal sealed class OpenFiles(ResourceStore store, Communes communes, TimeProvider time) : IDisposable
{
    /// <summary>Changes beyond which a walk over all is less work.</summary>
    private const int ChangesMax = 5_000;

    private static readonly TimeSpan KeptAtMost = TimeSpan.FromMinutes(10);

    /// <summary>Clocks of hubs that share a database differ a little, and a commit takes its time.</summary>
    private static readonly TimeSpan Overlap = TimeSpan.FromSeconds(2);

    private static readonly string[] Open = ["requested", "received", "accepted", "ready", "in-progress", "on-hold"];

    private readonly ConcurrentDictionary<string, KeptFiles> _kept = new(StringComparer.Ordinal);
    private long _looked;

    /// <summary>Files that were read with their request and their person, since the start.</summary>
    public long Looked => Interlocked.Read(ref _looked);

    /// <param name="tenant">Whose files.</param>
    /// <param name="source">Those alone that this source signalled, perhaps beside others; null for all.</param>
    /// <param name="cancellationToken">The caller's patience.</param>
    public async Task<IReadOnlyList<FileOfPerson>> AllAsync(string tenant, string? source, CancellationToken cancellationToken)
    {
        var kept = _kept.GetOrAdd(tenant, _ => new());
        await kept.Turn.WaitAsync(cancellationToken);
        try
        {
            var now = time.GetUtcNow();
            var isCurrent = kept.WalkedAt is { } walked && now - walked < KeptAtMost && await TakeChangesAsync(tenant, kept, cancellationToken);
            if (!isCurrent || await CountAsync(tenant, cancellationToken) != kept.Count)
                await WalkAsync(tenant, kept, cancellationToken);
            kept.Until = now - Overlap;
            return [.. kept.Files.Where(file => source is null || file.Sources.Contains(source))];
        }
        catch
        {
            kept.Clear();
            throw;
        }
        finally
        {
            kept.Turn.Release();
        }
    }

    public void Dispose()
    {
        foreach (var kept in _kept.Values)
            kept.Dispose();
    }

    private static Criterion[] Criteria() =>
        [Queries.Token("Task", "code", Vocabulary.TaskKind, Vocabulary.ParcoursTask), Queries.Token("Task", "status", null, Open)];

    private async Task<int?> CountAsync(string tenant, CancellationToken cancellationToken) =>
        (await store.SearchAsync(tenant, Queries.By("Task", Criteria()) with { Count = 1, WantsTotal = true }, cancellationToken)).Total;

    private async Task WalkAsync(string tenant, KeptFiles kept, CancellationToken cancellationToken)
    {
        kept.Clear();
        await foreach (var file in store.EachAsync(tenant, Queries.By("Task", Criteria()), cancellationToken))
            await LookAsync(tenant, kept, file, cancellationToken);
        kept.WalkedAt = time.GetUtcNow();
    }

    /// <summary>Takes over what has changed; false when that is more than it is worth.</summary>
    private async Task<bool> TakeChangesAsync(string tenant, KeptFiles kept, CancellationToken cancellationToken)
    {
        var (changed, seen) = (new HashSet<string>(StringComparer.Ordinal), 0);
        foreach (var type in (string[])["Task", "ServiceRequest", "Patient"])
        {
            var query = new HistoryQuery(Queries.CountMax, Since: kept.Until) { TotalMax = 0 };
            while (true)
            {
                var page = await store.HistoryAsync(tenant, type, null, query, cancellationToken);
                if ((seen += page.Versions.Count) > ChangesMax)
                    return false;
                foreach (var version in page.Versions.Where(version => !kept.Has(version)))
                    changed.UnionWith(type == "Task" ? [version.Reference] : kept.About(version.Reference));
                if (page.NextCursor is not { } next)
                    break;
                query = query with { Cursor = next };
            }
        }

        foreach (var reference in changed)
        {
            kept.Remove(reference);
            if (await store.ReadAsync(tenant, reference, cancellationToken) is { } file && IsOpen(file))
                await LookAsync(tenant, kept, file, cancellationToken);
        }

        return true;
    }

    private static bool IsOpen(Stored task) =>
        KnownPerson.KindOf(task) == Vocabulary.ParcoursTask && Open.Contains(task.Resource.Root.Text("status"), StringComparer.Ordinal);

    private async Task LookAsync(string tenant, KeptFiles kept, Stored file, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _looked);
        var (focus, subject) = (file.Resource.Root.Child("focus")?.Text("reference"), file.Resource.Root.Child("for")?.Text("reference"));
        var request = focus is null ? null : await store.ReadAsync(tenant, focus, cancellationToken);
        var person = subject is null ? null : await store.ReadAsync(tenant, subject, cancellationToken);
        kept.Put(file, focus, subject, request is not null && person is not null ? FileOfPerson.Of(file, request, person, communes) : null);
        foreach (var read in new[] { file, request, person }.OfType<Stored>())
            kept.Note(read);
    }

    /// <summary>The open files of one tenant, and which of them a request or a person is about.</summary>
    private sealed class KeptFiles : IDisposable
    {
        private readonly Dictionary<string, (string? Focus, string? Subject, FileOfPerson? File)> _files = new(StringComparer.Ordinal);
        private readonly Dictionary<string, HashSet<string>> _about = new(StringComparer.Ordinal);

        private readonly Dictionary<string, long> _versions = new(StringComparer.Ordinal);

        /// <summary>One caller at a time brings them up to date.</summary>
        public SemaphoreSlim Turn { get; } = new(1);

        public DateTimeOffset? WalkedAt { get; set; }

        public DateTimeOffset Until { get; set; }

        public int Count => _files.Count;

        public IEnumerable<FileOfPerson> Files => _files.Values.Select(kept => kept.File).OfType<FileOfPerson>();

        public HashSet<string> About(string reference) => _about.TryGetValue(reference, out var files) ? files : [];

        /// <summary>True when that version, or a later one, was looked at.</summary>
        public bool Has(Stored version) => _versions.TryGetValue(version.Reference, out var seen) && seen >= version.Version;

        public void Note(Stored read) => _versions[read.Reference] = read.Version;

        public void Put(Stored stored, string? focus, string? subject, FileOfPerson? file)
        {
            var reference = stored.Reference;
            _files[reference] = (focus, subject, file);
            foreach (var other in new[] { focus, subject }.OfType<string>())
            {
                if (!_about.TryGetValue(other, out var files))
                    _about[other] = files = new(StringComparer.Ordinal);
                files.Add(reference);
            }
        }

        public void Remove(string reference)
        {
            if (!_files.Remove(reference, out var kept))
                return;
            foreach (var other in new[] { kept.Focus, kept.Subject }.OfType<string>())
                if (_about.TryGetValue(other, out var files) && files.Remove(reference) && files.Count == 0 && _about.Remove(other))
                    _versions.Remove(other);
            _versions.Remove(reference);
        }

        public void Clear()
        {
            _files.Clear();
            _about.Clear();
            _versions.Clear();
            WalkedAt = null;
        }

        public void Dispose() => Turn.Dispose();
    }
}
