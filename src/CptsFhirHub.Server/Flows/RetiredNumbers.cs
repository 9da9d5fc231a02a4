using CptsFhirHub.Coordination;
using CptsFhirHub.Coordination.Identity;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <summary>
/// Numbers that a hospital has retired (A40, A47) of persons whom nobody knew here when it said so. Each is a Basic <c>numero-remplace</c>: a keyed hash
/// of the number that is gone, and the one that stays. A message under way that still bears the former is read as if it bore both.
/// </summary>
internal sealed class RetiredNumbers(ResourceStore store, Journal journal)
{
    public const string Code = "numero-remplace";

    /// <summary>Merges after each other that are followed.</summary>
    private const int StepsMax = 8;

    /// <summary>The message with the numbers to which its own lead; as it is when none leads further.</summary>
    public async Task<LedNumbers> LeadAsync(SignalementCase signalement, CancellationToken cancellationToken)
    {
        var led = new LedNumbers(signalement.Draft, [], []);
        foreach (var number in NumbersOf(signalement.Draft.Patient, isOld: false))
            led = await LeadAsync(signalement, led, number, cancellationToken);
        return led;
    }

    /// <summary>What a merge retires, ready to be remembered; nothing for a link, whose numbers both stay in use, or of a source that is not trusted.</summary>
    public async Task<IReadOnlyList<Retirement>> OfMergeAsync(SignalementCase signalement, SignalementDraft draft, CancellationToken cancellationToken)
    {
        List<Retirement> retired = [];
        if (signalement.Intent.Event is not ("A40" or "A47") || MatchMarks.IsUntrusted(draft.Patient))
            return retired;
        var staying = NumbersOf(draft.Patient, isOld: false);
        foreach (var gone in NumbersOf(draft.Patient, isOld: true))
        {
            if (staying.Find(number => number.System == gone.System) is not { Value: not null } stays)
                continue;

            // What was said the other way round before is no longer so.
            var (key, reverse) = (KeyOf(signalement, gone), KeyOf(signalement, stays));
            var standing = await store.BearersAsync(signalement.Message.Tenant, [key, reverse], cancellationToken);
            var before = standing.Where(bearer => bearer.Key == key || StayingOf(bearer.Resource.Resource.Root) == gone)
                .OrderBy(bearer => bearer.Key == key ? 0 : 1).Select(bearer => bearer.Resource).FirstOrDefault();
            retired.Add(new(key, stays, before, new([key, reverse], [.. standing.Select(bearer => bearer.Resource.Reference).Distinct()])));
        }

        return retired;
    }

    private async Task<LedNumbers> LeadAsync(SignalementCase signalement, LedNumbers led, LocalId from, CancellationToken cancellationToken)
    {
        List<Write.Guard> guards = [.. led.Guards];
        List<Stored> notes = [];
        List<LocalId> passed = [from];
        var gone = NumbersOf(led.Draft.Patient, isOld: true);
        while (true)
        {
            var key = KeyOf(signalement, passed[^1]);
            var found = await store.BearersAsync(signalement.Message.Tenant, [key], cancellationToken);
            guards.Add(new([key], [.. found.Select(bearer => bearer.Resource.Reference)]));
            if (found is not [var only, ..] || StayingOf(only.Resource.Resource.Root) is not { } next)
                break;
            // A ring leads nowhere, and neither does a chain that is too long to be one of merges.
            if (passed.Contains(next) || gone.Contains(next) || passed.Count > StepsMax)
                return led with { Guards = guards };
            notes.Add(only.Resource);
            passed.Add(next);
        }

        return passed.Count == 1 ? led with { Guards = guards } : new(WithNumbers(led.Draft, passed), [.. led.Notes, .. notes], guards);
    }

    /// <summary>The draft whose number is the last of them; the others are old.</summary>
    private static SignalementDraft WithNumbers(SignalementDraft draft, List<LocalId> passed)
    {
        var patient = draft.Patient.Copy();
        Element? first = null;
        foreach (var identifier in patient.All("identifier"))
            if (Of(identifier) == passed[0])
                first ??= identifier;
        first!.Put("use", "old");
        foreach (var number in passed.Skip(1))
        {
            var added = first.Copy();
            added.Put("value", number.Value);
            if (number == passed[^1])
                added.Put("use", "usual");
            if (!Bears(patient, number))
                patient.Append(added);
        }

        return new(patient, draft.Request, draft.Task) { Facts = draft.Facts, Own = draft.Own, Sender = draft.Sender };
    }

    private static bool Bears(Element patient, LocalId number)
    {
        foreach (var identifier in patient.All("identifier"))
            if (Of(identifier) == number)
                return true;
        return false;
    }

    private LookupKey KeyOf(SignalementCase signalement, LocalId number) =>
        new(IdentityKeys.Retired, journal.HashOf($"{signalement.Message.ClientId}|retired|{number.System}|{number.Value}"));

    /// <summary>The number that took the place of a retired one.</summary>
    private static LocalId? StayingOf(Element basic)
    {
        foreach (var identifier in basic.All("identifier"))
            if (identifier.Text("system") is not Canon.RetiredNumber && Of(identifier) is { } number)
                return number;
        return null;
    }

    /// <summary>An institution's own numbers of its patients; a line of an insurer's list has no such number.</summary>
    private static List<LocalId> NumbersOf(Element patient, bool isOld)
    {
        List<LocalId> numbers = [];
        foreach (var identifier in patient.All("identifier"))
            if (identifier.At("type", "coding")?.Text("code") is "PI" && identifier.Text("use") is "old" == isOld && Of(identifier) is { } number)
                numbers.Add(number);
        return numbers;
    }

    private static LocalId? Of(Element identifier) =>
        identifier.Text("system") is { } system && identifier.Text("value") is { } value ? new(system, value) : null;
}

/// <summary>A message with the numbers to which its own lead, and what was read to say so.</summary>
/// <param name="Notes">What is remembered of each step.</param>
internal sealed record LedNumbers(SignalementDraft Draft, IReadOnlyList<Stored> Notes, IReadOnlyList<Write.Guard> Guards);

/// <summary>A number that is gone, as it is remembered.</summary>
/// <param name="Staying">The number that takes its place.</param>
/// <param name="Before">What was remembered of it before; null for nothing.</param>
internal sealed record Retirement(LookupKey Key, LocalId Staying, Stored? Before, Write.Guard Guard)
{
    public Draft Remembered(string sender, Func<Element, Draft> create)
    {
        var root = Element.OfResource("Basic");
        Access.SentBy.Mark(root, sender);
        root.AddItem("identifier").With("system", Canon.RetiredNumber).With("value", Key.Value);
        root.AddItem("identifier").With("system", Staying.System).With("value", Staying.Value);
        root.Concept("code", Vocabulary.RecordKind, RetiredNumbers.Code, "Numéro remplacé avant d'être connu");
        if (Before?.Resource.Root.Child("subject")?.Text("reference") is { } person)
            root.Refer("subject", person);
        return Before is null ? create(root) : new(Before) { Root = root };
    }
}
