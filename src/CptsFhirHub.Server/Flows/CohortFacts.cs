using System.Runtime.CompilerServices;
using CptsFhirHub.Coordination;
using CptsFhirHub.Coordination.Cohorts;
using CptsFhirHub.Coordination.Identity;
using CptsFhirHub.Coordination.Signalements;
using CptsFhirHub.Coordination.Triage;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <summary>What else the hub knows of a member besides where the person stands: what a call-back says.</summary>
/// <param name="Rank">By the rules of triage: greater is called first.</param>
/// <param name="Reasons">Why the person is fragile, in words.</param>
/// <param name="SeenThrice">RPPS of the doctor whom the person saw three times in the year: to be asked first.</param>
/// <param name="NeedsHomeVisit">The person does not come to a practice.</param>
internal sealed record MemberNote(decimal Rank, string Reasons, string? SeenThrice, bool NeedsHomeVisit)
{
    public static readonly MemberNote None = new(0, "", null, NeedsHomeVisit: false);
}

/// <summary>What a cohort's run depends on, for a portion of its members: read in a few searches.</summary>
internal sealed record CohortFacts(
    IReadOnlyList<Member> Members,
    IReadOnlyList<FileFact> Files,
    IReadOnlyList<FailedAttempt> Attempts,
    IReadOnlyList<CallBack> Calls,
    IReadOnlyDictionary<string, MemberNote> Notes)
{
    private const string CallOutcome = Vocabulary.Root + "/CodeSystem/issue-rappel";

    /// <summary>Members asked for in one search, and held in memory with all that is known of them.</summary>
    private const int PortionSize = 100;

    private static readonly string[] FactTypes = ["Observation", "Flag", "Condition", "Coverage"];

    /// <summary>Loads the facts about the members, given by reference, a portion of them at a time; each is in one portion.</summary>
    /// <param name="lists">The systems under which the lines of lists are kept.</param>
    /// <param name="before">Where each stood after the last run.</param>
    public static async IAsyncEnumerable<CohortFacts> InPortionsAsync(
        ResourceStore store, Territory territory, IReadOnlyList<string> lists, Element group, IReadOnlyList<string> references,
        IReadOnlyDictionary<string, MemberState> before, DateOnly today, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var said = new Said(
            await DoubtsAsync(store, territory.Tenant, cancellationToken),
            await ListsAsync(store, territory.Tenant, lists, group, cancellationToken),
            await LeavingGpAsync(store, territory.Tenant, group, cancellationToken));
        foreach (var portion in references.Chunk(PortionSize))
            yield return await LoadAsync(store, territory, group, portion, before, said, today, cancellationToken);
    }

    private static async Task<CohortFacts> LoadAsync(
        ResourceStore store, Territory territory, Element group, string[] references,
        IReadOnlyDictionary<string, MemberState> before, Said said, DateOnly today, CancellationToken cancellationToken)
    {
        var tenant = territory.Tenant;
        var people = await PeopleAsync(store, tenant, references, cancellationToken);
        // Who was joined with somebody is asked for under the name that stayed; the facts are those of the member.
        var members = people.Values.ToLookup(person => person.Reference, person => person.Member, StringComparer.Ordinal);
        var asked = members.Select(person => person.Key).ToList();

        var tasks = await OfAsync(store, tenant, "Task", "patient", asked, cancellationToken,
            Queries.Token("Task", "code", Vocabulary.TaskKind, Vocabulary.ParcoursTask, ChildTasks.CallBack, ChildTasks.IdentityCheck));
        var files = new List<FileFact>();
        var attempts = new List<FailedAttempt>();
        var calls = new List<CallBack>();
        foreach (var task in tasks)
            foreach (var member in task.Resource.Root.Child("for")?.Text("reference") is { } patient ? members[patient] : [])
            {
                switch (KnownPerson.KindOf(task))
                {
                    case Vocabulary.ParcoursTask when KnownPerson.StateOf(task.Resource.Root) is { } state:
                        files.Add(new(member, state, Reference: task.Reference));
                        break;
                    case ChildTasks.CallBack:
                        AddCall(task, member, group.Text("id") ?? "", attempts, calls);
                        break;
                }
            }

        foreach (var person in members)
            foreach (var doubt in said.Doubts[person.Key])
                files.AddRange(person.Select(member => new FileFact(member, "doublon-a-verifier", IsCertain: false, doubt)));
        var letters = await LettersAsync(store, tenant, asked, cancellationToken);
        var facts = new List<Stored>();
        foreach (var type in FactTypes)
            facts.AddRange(await OfAsync(store, tenant, type, ServedTypes.PatientParameter[type], asked, cancellationToken));
        var factsOf = facts.ToLookup(fact => SubjectOf(fact.Resource.Root), StringComparer.Ordinal);

        var described = new List<Member>(references.Length);
        var notes = new Dictionary<string, MemberNote>(StringComparer.Ordinal);
        var withFile = files.Where(file => file.IsCertain).Select(file => file.Patient).ToHashSet(StringComparer.Ordinal);
        foreach (var reference in references)
        {
            if (!people.TryGetValue(reference, out var person))
            {
                // Somebody whom nobody can look up any more is still a member, and what was said of opposing still holds.
                described.Add(new(reference) { HasOpposed = before.GetValueOrDefault(reference) == MemberState.Opposed, HasContact = false });
                continue;
            }

            var line = said.Lists.GetValueOrDefault(reference) ?? said.Lists.GetValueOrDefault(person.Reference);
            var dossier = Dossier.Of(person.Root, request: null, factsOf[person.Reference].Select(fact => fact.Resource.Root));
            var assessment = Fragility.Assess(dossier, territory.Rules, today);
            var isFragile = assessment.Level == Level.Fragile || line?.IsFragile == true;
            notes[reference] = new(
                assessment.Rank,
                string.Join(" ; ", assessment.Fired.Select(criterion => criterion.French).Append(line?.IsFragile == true ? "Fragile selon la CPAM" : null).OfType<string>()),
                line?.SeenThrice,
                dossier.Mobility == "non" || dossier.Says("ehpad") == Told.Yes);
            described.Add(MemberOf(reference, person.Root, said.Leaving) with
            {
                IsFragileByList = isFragile ? Told.Yes : Told.Unknown,
                // Who objected before there was a file objects until a file says otherwise.
                HasOpposed = !withFile.Contains(reference) && (before.GetValueOrDefault(reference) == MemberState.Opposed || line?.HasOpposed == true),
                InvitedOn = Days.Later(line?.Letter, letters.TryGetValue(person.Reference, out var sent) ? sent : null),
            });
        }

        return new(described, files, attempts, calls, notes);
    }

    private sealed record Person(string Member, string Reference, Element Root);

    /// <summary>What is read once for all portions.</summary>
    /// <param name="Doubts">Open questions who somebody is, by patient.</param>
    /// <param name="Lists">What the insurer's list says beside the person, by patient.</param>
    /// <param name="Leaving">All names of the GP who leaves.</param>
    private sealed record Said(ILookup<string, string> Doubts, IReadOnlyDictionary<string, Line> Lists, HashSet<string> Leaving);

    private sealed record Line(bool IsFragile, bool HasOpposed, string? SeenThrice, DateOnly? Letter);

    private static async Task<Dictionary<string, Person>> PeopleAsync(
        ResourceStore store, string tenant, string[] references, CancellationToken cancellationToken)
    {
        var people = new Dictionary<string, Person>(references.Length, StringComparer.Ordinal);
        foreach (var reference in references)
        {
            if (await store.ReadAsync(tenant, reference, cancellationToken) is not { } patient)
                continue;
            if (PersonMerge.ReplacedBy(patient.Resource.Root) is { } survivor && await store.ReadAsync(tenant, survivor, cancellationToken) is { } other)
                patient = other;
            people[reference] = new(reference, patient.Reference, patient.Resource.Root);
        }

        return people;
    }

    /// <summary>The resources of a type about these patients, a portion of them at a time.</summary>
    private static async Task<List<Stored>> OfAsync(
        ResourceStore store, string tenant, string type, string parameter, List<string> patients, CancellationToken cancellationToken,
        params Fhir.Search.Criterion[] more)
    {
        var found = new List<Stored>();
        foreach (var portion in patients.Chunk(PortionSize))
            found.AddRange(await store.WalkAsync(
                tenant, Queries.By(type, [Queries.RefersToAny(type, parameter, portion), .. more]), cancellationToken));
        return found;
    }

    private static void AddCall(Stored task, string member, string group, List<FailedAttempt> attempts, List<CallBack> calls)
    {
        var root = task.Resource.Root;
        var day = Days.Of(task.LastUpdated);
        var outcomes = new List<string?>();
        foreach (var output in root.All("output"))
            outcomes.Add(output.Child("valueCodeableConcept").CodeOf(CallOutcome));
        if (outcomes.Exists(outcome => outcome is "sans-reponse" or "faux-numero"))
            attempts.Add(new(member, day, task.Reference));
        if (CohortCalls.NumberOf(root, group) is { } number)
            calls.Add(new(
                task.Reference, member, number, ChildTasks.IsOver(root.Text("status") ?? "") ? day : null, outcomes.Contains("joint")));
    }

    /// <summary>Persons that somebody else's record may be, with the question: a person looks at it, and nothing is settled meanwhile.</summary>
    private static async Task<ILookup<string, string>> DoubtsAsync(ResourceStore store, string tenant, CancellationToken cancellationToken)
    {
        var doubts = new HashSet<(string Patient, string Task)>();
        await foreach (var task in store.EachAsync(tenant, Queries.By("Task",
            Queries.Token("Task", "code", Vocabulary.TaskKind, ChildTasks.IdentityCheck),
            Queries.Token("Task", "status", null, "requested", "received", "accepted", "in-progress")), cancellationToken))
        {
            if (task.Resource.Root.Child("for")?.Text("reference") is { } subject)
                doubts.Add((subject, task.Reference));
            foreach (var input in task.Resource.Root.All("input"))
                if (input.Child("valueReference")?.Text("reference") is { } candidate)
                    doubts.Add((candidate, task.Reference));
        }

        return doubts.ToLookup(doubt => doubt.Patient, doubt => doubt.Task, StringComparer.Ordinal);
    }

    /// <summary>What the insurer's list says beside the person, by patient: the newest line counts.</summary>
    private static async Task<Dictionary<string, Line>> ListsAsync(
        ResourceStore store, string tenant, IReadOnlyList<string> lists, Element group, CancellationToken cancellationToken)
    {
        var lines = new Dictionary<string, (Line Line, DateTimeOffset At, string Id)>(StringComparer.Ordinal);
        if (group.IdentifierOf(Vocabulary.Cohort) is not { } number)
            return [];
        await foreach (var response in store.EachAsync(tenant, Queries.By(
            "QuestionnaireResponse", Queries.InOneOf("QuestionnaireResponse", "identifier", lists, number)), cancellationToken))
        {
            var root = response.Resource.Root;
            if (root.Child("subject")?.Text("reference") is not { } patient
                || (lines.TryGetValue(patient, out var known) && (known.At > response.LastUpdated
                    || (known.At == response.LastUpdated && string.CompareOrdinal(known.Id, response.Id) > 0))))
                continue;
            var answers = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var item in root.All("item"))
                if (item.Text("linkId") is { } field && item.Child("answer") is { Count: > 0 } answer && answer[0].Value is { } value)
                    answers[field] = value;
            lines[patient] = (new(
                answers.GetValueOrDefault("fragile_cpam") is "oui" or "true",
                answers.GetValueOrDefault("opposition") is "oui" or "true",
                answers.GetValueOrDefault("medecin_consulte_3x_rpps"),
                Days.Of(answers.GetValueOrDefault("date_courrier"))), response.LastUpdated, response.Id);
        }

        return lines.ToDictionary(pair => pair.Key, pair => pair.Value.Line, StringComparer.Ordinal);
    }

    /// <summary>The day of the last invitation to each patient.</summary>
    private static async Task<Dictionary<string, DateOnly>> LettersAsync(
        ResourceStore store, string tenant, List<string> patients, CancellationToken cancellationToken)
    {
        var letters = new Dictionary<string, DateOnly>(StringComparer.Ordinal);
        foreach (var request in await OfAsync(store, tenant, "CommunicationRequest", "patient", patients, cancellationToken,
            Queries.Token("CommunicationRequest", "category", CohortInvitations.Kinds, CohortInvitations.Invitation, CohortInvitations.Reminder)))
            if (request.Resource.Root.Child("subject")?.Text("reference") is { } patient
                && Days.Of(request.Resource.Root.Text("authoredOn")) is { } day
                && (!letters.TryGetValue(patient, out var known) || known < day))
                letters[patient] = day;
        return letters;
    }

    /// <summary>All names under which a patient may have the GP who leaves: references, and the RPPS with and without its first figure.</summary>
    private static async Task<HashSet<string>> LeavingGpAsync(ResourceStore store, string tenant, Element group, CancellationToken cancellationToken)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        if (group.Child("managingEntity")?.Text("reference") is not { } reference)
            return names;
        names.Add(reference);
        var gp = await store.ReadAsync(tenant, reference, cancellationToken);
        if (gp is { Type: "PractitionerRole" } && gp.Resource.Root.Child("practitioner")?.Text("reference") is { } practitioner)
        {
            names.Add(practitioner);
            gp = await store.ReadAsync(tenant, practitioner, cancellationToken);
        }

        if (gp?.Resource.Root.IdentifierOf(Vocabulary.Rpps) is { Length: > 1 } rpps)
            names.UnionWith([rpps, rpps[1..], "8" + rpps]);
        return names;
    }

    private static Member MemberOf(string reference, Element patient, HashSet<string> leaving) => new(reference)
    {
        BirthDate = patient.Text("birthDate"),
        IsDeceased = patient.Text("deceasedBoolean") == "true" || patient.Child("deceasedDateTime") is not null,
        HasContact = patient.Child("telecom") is not null || patient.Child("address") is not null,
        DeclaredGp = DeclaredGp(patient, leaving),
        Commune = Traits.Of(patient).Commune,
    };

    /// <summary>A GP of the patient who is not the one who leaves, by whatever name: RPPS, else reference.</summary>
    private static string? DeclaredGp(Element patient, HashSet<string> leaving)
    {
        foreach (var gp in patient.All("generalPractitioner"))
        {
            var (number, reference) = (gp.Child("identifier")?.Text("value"), gp.Text("reference"));
            if ((number ?? reference) is { } name && (number is null || !leaving.Contains(number)) && (reference is null || !leaving.Contains(reference)))
                return name;
        }

        return null;
    }

    private static string SubjectOf(Element fact) =>
        (fact.Child("subject") ?? fact.Child("beneficiary") ?? fact.Child("patient"))?.Text("reference") ?? "";
}
