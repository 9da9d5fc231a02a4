using CptsFhirHub.Coordination;
using CptsFhirHub.Coordination.Identity;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Search;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <summary>
/// The withdrawals that the hub remembers, so that it does not matter whether a report or its withdrawal comes first. Each is a Basic
/// <c>retrait</c>: a keyed hash of what the two have in common and the time of the withdrawal, nothing that tells of anybody.
/// </summary>
internal sealed class Withdrawals(ResourceStore store, Journal journal)
{
    /// <summary>A report that comes later than this after its withdrawal is a new one.</summary>
    private static readonly TimeSpan KeptFor = TimeSpan.FromDays(30);

    /// <summary>Erased in one commit: others write in between.</summary>
    private const int Portion = 200;

    /// <summary>What is remembered under the keys of a report, or of a withdrawal.</summary>
    public async Task<RememberedWithdrawals> FindAsync(SignalementCase signalement, CancellationToken cancellationToken)
    {
        List<(LookupKey Key, bool IsNumber)> keys = [.. KeysOf(signalement).Select(key => (new LookupKey(IdentityKeys.Withdrawn, journal.HashOf(key.Text)), key.IsNumber))];
        if (keys.Count == 0)
            return RememberedWithdrawals.None;
        var bearers = await store.BearersAsync(signalement.Message.Tenant, [.. keys.Select(key => key.Key)], cancellationToken);
        return new(keys, bearers, signalement.Time);
    }

    /// <summary>Erases what has been remembered long enough, replaced numbers too; how many.</summary>
    public async Task<int> ForgetAsync(string tenant, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var old = await store.WalkAsync(tenant, Queries.By("Basic",
            Queries.Token("Basic", "code", Vocabulary.RecordKind, RememberedWithdrawals.Code, RememberedWithdrawals.CodeOfNothing, RetiredNumbers.Code),
            Queries.At("Basic", "_lastUpdated", Prefix.Lt, now - KeptFor)), cancellationToken);
        foreach (var some in old.Chunk(Portion))
            await store.CommitAsync(tenant, [.. some.Select(one => new Write.Erase(one.Type, one.Id))], cancellationToken);
        return old.Count;
    }

    /// <summary>
    /// What a report and its withdrawal have in common, within one source and client. A number (of the movement, the request, the file) says that it is
    /// this very report; of a platform that numbers its messages alone, the person does, and then time must tell which report it was.
    /// </summary>
    private static IEnumerable<(string Text, bool IsNumber)> KeysOf(SignalementCase signalement)
    {
        var sender = $"{signalement.Source.Name}|{signalement.Message.ClientId}";
        if (signalement.Intent.Movement is { } movement)
        {
            if (movement.Key is { } key)
                yield return ($"{sender}|movement|{key}", true);
            yield break;
        }

        var number = NumberOf(signalement.Draft);
        if (number is not null)
            yield return ($"{sender}|number|{number}", true);
        if ((number is null || signalement.IsKeyedByMessage) && PersonOf(signalement.Draft.Patient) is { } person)
            yield return ($"{sender}|person|{person}", false);
    }

    private static string? NumberOf(SignalementDraft draft)
    {
        if (draft.SourceKey is var (system, value))
            return $"{system}|{value}";
        if (draft.Request is not { } request)
            return null;
        foreach (var identifier in request.All("identifier"))
            if (identifier.Text("system") is { } numbering && identifier.Text("value") is { } own)
                return $"{numbering}|{own}";
        return null;
    }

    private static string? PersonOf(Element patient) =>
        Traits.Of(patient) is { BirthName: { } name, FirstNames: [_, ..] first, BirthDate: { } born } ? $"{name}|{NameOf(first)}|{born}" : null;

    private static string NameOf(IReadOnlyList<string> first) => string.Join(' ', first).ToUpperInvariant();
}

/// <summary>What is remembered under the keys of one message, and what must still be so when it is committed.</summary>
/// <param name="Keys">Its keys; of each whether it is the report's own number.</param>
/// <param name="Time">When the message was made by its sender, as FHIR writes it; null when it does not say.</param>
internal sealed record RememberedWithdrawals(IReadOnlyList<(LookupKey Key, bool IsNumber)> Keys, IReadOnlyList<KeyBearer> Bearers, string? Time)
{
    public const string Code = "retrait";

    /// <summary>The code of one that found nothing to withdraw when it came.</summary>
    public const string CodeOfNothing = "retrait-sans-objet";

    /// <summary>Numbers kept of one person who withdraws again and again.</summary>
    private const int HashesMax = 8;

    public static readonly RememberedWithdrawals None = new([], [], null);

    /// <summary>A report and a withdrawal at once: whichever is second sees the first, or is decided anew.</summary>
    public IEnumerable<Write.Guard> Guards =>
        Keys.Count == 0 ? [] : [new([.. Keys.Select(key => key.Key)], [.. Bearers.Select(bearer => bearer.Resource.Reference).Distinct()])];

    /// <summary>The one that takes this report back although it came first; null when none does.</summary>
    public Stored? TakingBack()
    {
        foreach (var (key, isNumber) in Keys)
            foreach (var bearer in Bearers)
                if (bearer.Key == key && TakesBack(bearer.Resource, isNumber))
                    return bearer.Resource;
        return null;
    }

    /// <summary>
    /// True when what such a withdrawal takes back may be an open request that stood here before this report: it was not there when the withdrawal came,
    /// and is older. Any other was opened by a newer report, or again by a person.
    /// </summary>
    public static bool Covers(Stored withdrawal, Stored request) => FoundNothing(withdrawal.Resource.Root)
        && SaidAt.Parse(request.Resource.Root.Text("authoredOn")) is { } asked && SaidAt.Parse(TimeOf(withdrawal.Resource.Root)) is { } withdrawn && asked <= withdrawn;

    /// <summary>The withdrawal that the message is, as it is remembered; null when it bears no key, or could take nothing back.</summary>
    /// <param name="hasFoundNothing">False for one that has closed a file, or could have.</param>
    /// <param name="person">The person, when known.</param>
    public Draft? Remembered(bool hasFoundNothing, string? person, string sender, Func<Element, Draft> create)
    {
        if (Keys.Count == 0 || (!hasFoundNothing && SaidAt.Parse(Time) is null))
            return null;
        var before = Bearers.Select(bearer => bearer.Resource).FirstOrDefault();
        var known = before?.Resource.Root;
        var root = Element.OfResource("Basic");
        Access.SentBy.Mark(root, sender);
        IEnumerable<string> hashes = Keys.Select(key => key.Key.Value);
        foreach (var hash in hashes.Concat(HashesOf(known)).Distinct(StringComparer.Ordinal).Take(HashesMax))
        {
            var identifier = root.AddItem("identifier").With("system", Canon.Withdrawal).With("value", hash);
            if (Latest(Time, TimeOf(known)) is { } time)
                identifier.Add("period").With("end", time);
        }

        var isEmpty = hasFoundNothing && (known is null || FoundNothing(known));
        root.Concept("code", Vocabulary.RecordKind, isEmpty ? CodeOfNothing : Code, isEmpty ? "Retrait arrivé avant son signalement" : "Retrait d'un signalement");
        if ((person ?? known?.Child("subject")?.Text("reference")) is { } subject)
            root.Refer("subject", subject);
        return before is null ? create(root) : new(before) { Root = SameAs(known!, root) ? known! : root };
    }

    /// <summary>What was remembered, with the person whom a message has told since: who erases the person finds it.</summary>
    public static Draft Told(Stored note, string person)
    {
        var draft = new Draft(note);
        if (draft.Root.Child("subject") is null)
        {
            draft.Root = draft.Root.Copy();
            draft.Root.Refer("subject", person);
        }

        return draft;
    }

    private bool TakesBack(Stored withdrawal, bool isNumber)
    {
        var said = TimeOf(withdrawal.Resource.Root);
        if (SaidAt.Parse(Time) is { } reported && SaidAt.Parse(said) is { } withdrawn)
            return reported < withdrawn || (isNumber && reported == withdrawn);

        // Without hours a second report after the withdrawal cannot be told from a late first one, unless nothing had come before.
        return FoundNothing(withdrawal.Resource.Root)
            && (isNumber || (Time is { Length: >= 10 } && said is { Length: >= 10 } && string.CompareOrdinal(Time[..10], said[..10]) <= 0));
    }

    private static bool FoundNothing(Element basic) => basic.Child("code").CodeOf(Vocabulary.RecordKind) is CodeOfNothing;

    private static string? TimeOf(Element? basic) => basic?.At("identifier", "period")?.Text("end");

    private static List<string> HashesOf(Element? basic)
    {
        List<string> hashes = [];
        foreach (var identifier in basic is null ? [] : basic.All("identifier"))
            if (identifier.Text("value") is { } hash)
                hashes.Add(hash);
        return hashes;
    }

    private static string? Latest(string? one, string? other) => (SaidAt.Parse(one), SaidAt.Parse(other)) switch
    {
        ({ } first, { } second) => first >= second ? one : other,
        (null, { }) => other,
        ({ }, null) => one,
        _ => string.CompareOrdinal(one, other) >= 0 ? one : other,
    };

    // The store has set the id and the version of the one that stands.
    private static bool SameAs(Element known, Element root)
    {
        var plain = known.Copy();
        foreach (var own in (ReadOnlySpan<string>)["id", "meta"])
            plain.Remove(own);
        var said = root.Copy();
        said.Remove("meta");
        return plain.SameAs(said);
    }
}
