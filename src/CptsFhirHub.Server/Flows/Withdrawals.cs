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

    /// <summary>What is remembered under the keys of a report, of a withdrawal, or of news that the person needs no GP.</summary>
    /// <param name="known">The person, when known: the sender may have spoken of it under another number.</param>
    public async Task<RememberedWithdrawals> FindAsync(SignalementCase signalement, Stored? known, CancellationToken cancellationToken)
    {
        List<ReportKey> keys = [.. KeysOf(signalement, known).Select(key => new ReportKey(new(IdentityKeys.Withdrawn, journal.HashOf(key.Text)), key.Kind))];
        if (keys.Count == 0 && signalement.Intent.Movement is null)
            return RememberedWithdrawals.None;
        var sought = keys.Where(key => key.IsSought(signalement)).Select(key => key.Key).ToList();
        var bearers = sought.Count == 0 ? [] : await store.BearersAsync(signalement.Message.Tenant, sought, cancellationToken);
        return new(signalement, journal.HashOf($"{SenderOf(signalement)}|sender"), keys, sought, bearers);
    }

    /// <summary>Erases what has been remembered long enough, replaced numbers too; how many.</summary>
    public async Task<int> ForgetAsync(string tenant, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var old = await store.WalkAsync(tenant, Queries.By("Basic",
            Queries.Token("Basic", "code", Vocabulary.RecordKind,
                RememberedWithdrawals.Code, RememberedWithdrawals.CodeOfNothing, RememberedWithdrawals.CodeOfDenial, RetiredNumbers.Code),
            Queries.At("Basic", "_lastUpdated", Prefix.Lt, now - KeptFor)), cancellationToken);
        foreach (var some in old.Chunk(Portion))
            await store.CommitAsync(tenant, [.. some.Select(one => new Write.Erase(one.Type, one.Id))], cancellationToken);
        return old.Count;
    }

    /// <summary>
    /// What a report and its withdrawal have in common, within one source and client. A number (of the movement, the request, the file) says that it is
    /// this very report; of a platform that numbers its messages alone, the person does, and then time must tell which report it was. What else was said
    /// of a stay before its cancellation goes with it, and what was said of a person before its GP was named.
    /// </summary>
    private static IEnumerable<(string Text, KeyKind Kind)> KeysOf(SignalementCase signalement, Stored? known)
    {
        var sender = SenderOf(signalement);
        if (signalement.Intent.Movement is { } movement)
        {
            if (movement.Key is { } key)
                yield return ($"{sender}|movement|{key}", KeyKind.Number);
            if (movement.Stay is { } stay)
            {
                yield return ($"{sender}|stay|{stay}", KeyKind.Stay);
                yield return ($"{sender}|stay-news|{stay}", KeyKind.StayNews);
            }

            HashSet<LocalId> numbers = [.. Traits.Of(signalement.Draft.Patient).LocalIds, .. known is null ? [] : Traits.Of(known.Resource.Root).LocalIds];
            foreach (var number in numbers)
                yield return ($"{sender}|need|{number.System}|{number.Value}", KeyKind.Need);
            yield break;
        }

        var own = NumberOf(signalement.Draft);
        if (own is not null)
            yield return ($"{sender}|number|{own}", KeyKind.Number);
        if ((own is null || signalement.IsKeyedByMessage) && PersonOf(signalement.Draft.Patient) is { } person)
            yield return ($"{sender}|person|{person}", KeyKind.Person);
    }

    private static string SenderOf(SignalementCase signalement) => $"{signalement.Source.Name}|{signalement.Message.ClientId}";

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
