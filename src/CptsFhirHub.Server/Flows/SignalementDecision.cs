using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <summary>
/// One attempt of the walk's second half: looks at what the hub knows, lets Coordination decide, and lists the writes.
/// It changes nothing: the plan holds guards on everything it read, and a commit that finds them broken asks for another attempt.
/// </summary>
internal sealed class SignalementDecision(
    ResourceStore store, MatchParameters parameters, Territories territories, SenderFeedback feedback, CareNow care,
    Withdrawals withdrawals, RetiredNumbers numbers, TimeProvider time)
{
    public async Task<SignalementPlan> PlanAsync(SignalementCase signalement, CancellationToken cancellationToken)
    {
        var tenant = signalement.Message.Tenant;
        var draft = signalement.Draft;

        // Identify.
        var search = await PersonSearch.RunAsync(store, parameters.Of(tenant), tenant, draft, cancellationToken);
        LedNumbers? led = null;
        if (search.Same is null)
        {
            led = await numbers.LeadAsync(signalement, cancellationToken);
            if (led.Notes.Count > 0)
            {
                draft = led.Draft;
                signalement = signalement with { Draft = draft };
                search = await PersonSearch.RunAsync(store, parameters.Of(tenant), tenant, draft, cancellationToken);
            }
        }

        if (search is { Twin: { } twin, Same: { } other })
            return new([], new(ReceptionKind.Waiting, signalement.Message.Id, MessageState.Received)) { Merge = new(twin.Reference, other.Reference, Result: null, IsPreview: false) { KeepsWork = true } };
        var known = search.Same is { } patient
            ? await KnownPerson.LoadAsync(store, tenant, patient, draft.Facts.Select(fact => fact.Resource.ResourceType!), cancellationToken)
            : null;

        var isReport = signalement.Intent.Wish == Wish.Signal && draft.Request is not null;
        var remembered = signalement.Source.MayWithdraw && (isReport || signalement.Intent.Wish == Wish.Withdraw || signalement.Intent.Movement is not null)
            ? await withdrawals.FindAsync(signalement, search.Same, cancellationToken)
            : RememberedWithdrawals.None;
        var writing = new SignalementWriting(signalement, territories.Of(tenant), time.GetUtcNow())
        {
            Decision = search.Decision,
            Matcher = parameters.Of(tenant),
            Feedback = (file, from, to) => feedback.Calls(tenant, file, from, to, visit: null),
            Withdrawals = remembered,
            Led = led?.Notes ?? [],
            Orientation = signalement.Intent.Wish == Wish.Signal ? await care.FindAsync(tenant, draft, cancellationToken) : null,
        };
        writing.Guard(search.Guards);
        writing.Guard(led?.Guards ?? []);
        writing.Guard(remembered.Guards);
        if (known is not null)
            writing.Guard(
            [
                new([KnownPerson.OpenRequestKey(known.Patient.Reference)], known.OpenRequests),
                new([PersonRecords.Key(known.Patient.Reference)], [.. known.Records.Select(record => record.Reference)]),
            ]);

        // Qualify and write, by what the message wants.
        return signalement.Intent.Wish switch
        {
            Wish.Signal when isReport => writing.Signal(known, search.Doubtful),
            Wish.Withdraw or Wish.Merge or Wish.Separate when known is null && search.Doubtful.Count > 0 => writing.Unsure(search.Doubtful),
            Wish.Ask => writing.Ask(known, (await PersonSearch.RunAsync(store, parameters.Of(tenant), tenant, draft.Retired(), cancellationToken)).Same),
            Wish.Enrol => writing.Enrol(known, search.Doubtful),
            Wish.Withdraw => writing.Withdraw(known),
            Wish.Merge => await MergeAsync(writing, signalement, known, cancellationToken),
            Wish.Separate => await SeparateAsync(writing, signalement, known, cancellationToken),
            _ => writing.Inform(known),
        };
    }

    private async Task<SignalementPlan> SeparateAsync(
        SignalementWriting writing, SignalementCase signalement, KnownPerson? person, CancellationToken cancellationToken)
    {
        var tenant = signalement.Message.Tenant;
        var other = (await PersonSearch.RunAsync(store, parameters.Of(tenant), tenant, signalement.Draft.Retired(), cancellationToken)).Same;
        var merge = person is not null && other?.Reference == person.Patient.Reference
            ? await MergeOfNumbers.FindAsync(store, signalement, person.Patient, cancellationToken)
            : null;
        return writing.Separate(person, other, merge);
    }

    private async Task<SignalementPlan> MergeAsync(
        SignalementWriting writing, SignalementCase signalement, KnownPerson? survivor, CancellationToken cancellationToken)
    {
        var (tenant, draft) = (signalement.Message.Tenant, signalement.Draft);
        var retired = await PersonSearch.RunAsync(store, parameters.Of(tenant), tenant, draft.Retired(), cancellationToken);
        var areApart = survivor is not null && retired.Same is { } other
            && await PersonSearch.AreApartAsync(store, tenant, survivor.Patient.Reference, other.Reference, cancellationToken);
        var records = retired.Same is { } known ? await PersonRecords.LoadAsync(store, tenant, known.Reference, cancellationToken) : [];
        if (survivor is null && retired.Same is null)
        {
            // Nobody bears either number yet; who comes at this moment is seen here, or sees what is remembered.
            var gone = await numbers.OfMergeAsync(signalement, draft, cancellationToken);
            writing.Guard([.. retired.Guards, .. gone.Select(one => one.Guard)]);
            return writing.Remember(gone);
        }

        return writing.Merge(survivor, retired, records, areApart);
    }
}
