using System.Globalization;
using System.Text.Json;
using CptsFhirHub.Coordination.Cohorts;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <summary>
/// Letters to silent members of a cohort, for CPTS that have switched them on (<c>Hub:Tenants:{tenant}:Invitations</c>). Each is a
/// CommunicationRequest that the invitation channel carries out; the channel is told through the outbox, under the name <c>invitations</c>.
/// A letter has a number under which it is asked for once.
/// </summary>
internal sealed class CohortInvitations(ResourceStore store, Sources sources, Territories territories, TimeProvider time)
{
    public const string Kinds = Vocabulary.Root + "/CodeSystem/type-courrier";
    public const string Invitation = "invitation-cohorte";
    public const string Reminder = "relance-cohorte";

    /// <summary>The name under which the settings give the channel's address.</summary>
    public const string Channel = "invitations";

    private const string Numbers = Vocabulary.Root + "/NamingSystem/courrier-cohorte";
    private const string CarefulExtension = Vocabulary.Root + "/StructureDefinition/contact-prudent";

    public async Task<string> RunAllAsync(CancellationToken cancellationToken)
    {
        var (cohorts, letters) = (0, 0);
        foreach (var tenant in territories.Tenants)
        {
            if (territories.Of(tenant).Invitations is not { } rules)
                continue;
            foreach (var cohort in await ReconcileCohort.CohortsAsync(store, tenant, cancellationToken))
            {
                if (await store.ReadAsync(tenant, cohort, cancellationToken) is not { } group)
                    continue;
                letters += await RunAsync(territories.Of(tenant), group, rules, cancellationToken);
                cohorts++;
            }
        }

        return $"{cohorts} cohorts, {letters} letters.";
    }

    private async Task<int> RunAsync(Territory territory, Stored group, InvitationRules rules, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var today = Days.Of(now);
        var root = group.Resource.Root;
        // Two members that were merged are one person, and get one letter.
        var silent = new HashSet<string>(StringComparer.Ordinal);
        foreach (var member in root.All("member"))
            if (!CohortLeavers.IsInactive(member) && member.Child("entity")?.Text("reference") is { } reference
                && member.ExtensionOf(Vocabulary.MemberStateExtension)?.Text("valueCode") == Reconciliation.CodeOf(MemberState.InvitedWithoutAnswer))
                silent.Add(reference);
        if (silent.Count == 0)
            return 0;

        // What the last run found is asked again: somebody may have died or found a GP a minute ago.
        var before = silent.ToDictionary(reference => reference, _ => MemberState.InvitedWithoutAnswer, StringComparer.Ordinal);
        var sent = await SentAsync(territory.Tenant, group.Id, cancellationToken);
        var end = Days.Of(root.ExtensionOf(Vocabulary.CohortEndExtension)?.Text("valueDate"));
        var letters = 0;
        await foreach (var facts in CohortFacts.InPortionsAsync(store, territory, sources.CohortLists, root, [.. silent], before, today, cancellationToken))
        {
            var run = Reconciliation.Compare(facts.Members, facts.Files, facts.Attempts, before, today, territory.CohortRules);
            var lastLetters = facts.Members.ToDictionary(member => member.Patient, member => member.InvitedOn, StringComparer.Ordinal);
            foreach (var member in run.Members)
            {
                var count = sent.GetValueOrDefault(member.Patient);
                if (Invitations.Due(member.State, lastLetters[member.Patient], count, end, today, rules) is not { } letter
                    || await store.ReadAsync(territory.Tenant, member.Patient, cancellationToken) is not { } patient
                    || patient.Resource.Root.ExtensionOf(CarefulExtension) is not null)
                    continue;
                if (await AskAsync(territory, group, patient, letter, count + 1, end, now, cancellationToken))
                    letters++;
            }
        }

        return letters;
    }

    /// <summary>Letters of this cohort so far, by patient.</summary>
    private async Task<Dictionary<string, int>> SentAsync(string tenant, string group, CancellationToken cancellationToken)
    {
        var sent = new Dictionary<string, int>(StringComparer.Ordinal);
        await foreach (var request in store.EachAsync(tenant, Queries.By(
            "CommunicationRequest", Queries.Token("CommunicationRequest", "group-identifier", Numbers, group)), cancellationToken))
            if (request.Resource.Root.Child("subject")?.Text("reference") is { } patient)
                sent[patient] = sent.GetValueOrDefault(patient) + 1;
        return sent;
    }

    private async Task<bool> AskAsync(
        Territory territory, Stored group, Stored patient, Letter letter, int number, DateOnly? end, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var value = string.Create(CultureInfo.InvariantCulture, $"{group.Id}/{patient.Id}/{number}");
        var id = Guid.CreateVersion7(now).ToString();
        var request = Element.OfResource("CommunicationRequest");
        request.AddItem("identifier").With("system", Numbers).With("value", value);
        request.Add("groupIdentifier").With("system", Numbers).With("value", group.Id);
        request.With("status", "active");
        request.AddItem("category").Coding(
            Kinds, letter == Letter.Invitation ? Invitation : Reminder, letter == Letter.Invitation ? "Invitation" : "Relance");
        request.With("priority", "routine");
        request.Refer("subject", patient.Reference);
        request.ReferItem("about", group.Reference);
        request.AddItem("payload").With("contentString", TextOf(letter, end));
        request.With("authoredOn", now.Instant());
        request.Refer("requester", territory.Cpts);
        request.ReferItem("recipient", patient.Reference);
        request.Refer("sender", territory.Cpts);

        var notice = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string>
        {
            ["event"] = "communication-requested",
            ["resource"] = $"CommunicationRequest/{id}",
            ["occurredAt"] = now.Instant(),
        });
        var unknown = Queries.By("CommunicationRequest", Queries.Token("CommunicationRequest", "identifier", Numbers, value));
        var commit = await store.CommitAsync(territory.Tenant,
        [
            new Write.Expect(unknown, ExpectedReference: null),
            new Write.Create(new(request), IfNoneExist: null, id),
            new Write.Enqueue(new(Guid.CreateVersion7(now).ToString(), territory.Tenant, "communication-requested", $"CommunicationRequest/{id}", Channel, notice)),
        ], cancellationToken);
        return commit.Committed;
    }

    private static string TextOf(Letter letter, DateOnly? end)
    {
        var leaves = end is { } day
            ? $"Votre médecin traitant cesse son activité le {day.ToString("dd/MM/yyyy", CultureInfo.InvariantCulture)}."
            : "Votre médecin traitant cesse son activité.";
        return letter == Letter.Invitation
            ? leaves + " Si vous n'avez pas encore trouvé de médecin traitant, signalez-vous auprès de votre CPTS : elle vous aide à en trouver un."
            : "Rappel. " + leaves + " Sans nouvelles de vous, votre CPTS vous invite à vous signaler si vous cherchez un médecin traitant.";
    }
}
