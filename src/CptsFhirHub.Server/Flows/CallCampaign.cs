using System.Globalization;
using CptsFhirHub.Coordination.Cohorts;
using CptsFhirHub.Coordination.Signalements;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Search;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <summary>
/// Calls back the people who wait, once each: one Task <c>rappel</c> a person who can be reached, in order of priority (flow M03). The Tasks
/// of a campaign bear its name and a number under which each is created once, so a campaign that was cut short is completed by doing it again.
/// <c>Task/$call-back</c>
/// </summary>
internal sealed class CallCampaign(ResourceStore store, OpenFiles files, Territories territories, TimeProvider time)
{
    private const string Campaigns = Vocabulary.Root + "/NamingSystem/campagne-rappel";
    private const string Numbers = Vocabulary.Root + "/NamingSystem/rappel-campagne";

    /// <summary>Writes in one transaction: others write in between.</summary>
    private const int PortionSize = 50;

    /// <summary>Calls that one answer lists.</summary>
    private const int ListedMax = 5_000;

    /// <summary>Numbers as French people read them, whatever cultures the machine knows.</summary>
    private static readonly CultureInfo FrenchNumbers = new("") { NumberFormat = { NumberDecimalSeparator = "," } };

    private static readonly string[] OpenCall = ["requested", "accepted", "in-progress"];

    /// <summary>Asks for the calls; with <c>IsPreview</c> it says how many it would ask for, and writes nothing.</summary>
    public async Task<Resource> RunAsync(Caller caller, CampaignWish wish, CancellationToken cancellationToken)
    {
        var tenant = caller.Tenant;
        var (own, called) = await CalledAsync(tenant, wish.Name, cancellationToken);
        var chosen = await ChooseAsync(tenant, wish, cancellationToken);
        var counts = new Counts(
            Unreachable: chosen.Count(person => !person.IsReachable && !person.HasOpposed), Opposed: chosen.Count(person => person.HasOpposed));
        var wanted = new List<ToCall>();
        foreach (var person in chosen.Where(person => person is { IsReachable: true, HasOpposed: false }))
            if (own.Contains(person.Patient) || called.Contains(person.Patient))
                counts = counts with { Already = counts.Already + 1 };
            else
                wanted.Add(person);

        if (wish.IsPreview)
            return new(Answer(wish.Name, counts with { Created = wanted.Count }, []));
        foreach (var portion in wanted.Chunk(PortionSize))
        {
            var created = await CreateAsync(tenant, wish.Name, portion, cancellationToken);
            counts = counts with { Created = counts.Created + created, Already = counts.Already + portion.Length - created };
        }

        var calls = new List<ToCall>();
        await foreach (var task in store.EachAsync(
            tenant, Queries.By("Task", OwnCalls(wish.Name), Queries.Token("Task", "status", null, OpenCall)), cancellationToken))
            if (await CallAsync(tenant, task, cancellationToken) is { } call)
                calls.Add(call);
        return new(Answer(wish.Name, counts, calls.Order(InTurn)));
    }

    /// <summary>Whom a call of this campaign is about, whatever became of it; and whom an open call of any kind is about.</summary>
    private async Task<(HashSet<string> Own, HashSet<string> Called)> CalledAsync(string tenant, string name, CancellationToken cancellationToken)
    {
        var (own, called) = (new HashSet<string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal));
        await foreach (var task in store.EachAsync(tenant, Queries.By("Task", OwnCalls(name)), cancellationToken))
            if (task.Resource.Root.Child("for")?.Text("reference") is { } person)
                own.Add(person);
        await foreach (var task in store.EachAsync(tenant, Queries.By("Task", OpenCalls()), cancellationToken))
            if (task.Resource.Root.Child("for")?.Text("reference") is { } person)
                called.Add(person);
        return (own, called);
    }

    private static Criterion OwnCalls(string name) => Queries.Token("Task", "group-identifier", Campaigns, name);

    private static Criterion[] OpenCalls(params Criterion[] more) =>
    [
        Queries.Token("Task", "code", Vocabulary.TaskKind, ChildTasks.CallBack), Queries.Token("Task", "status", null, OpenCall), .. more,
    ];

    /// <summary>The people who wait and whom the criteria of the campaign hold for, in the order of their calls.</summary>
    private async Task<List<ToCall>> ChooseAsync(string tenant, CampaignWish wish, CancellationToken cancellationToken)
    {
        var marked = wish.Criterion is { } criterion ? await MarkedAsync(tenant, criterion, cancellationToken) : null;
        var opposed = await OpposedAsync(tenant, cancellationToken);
        var chosen = new Dictionary<string, ToCall>(StringComparer.Ordinal);
        foreach (var file in await files.AllAsync(tenant, wish.Source, cancellationToken))
        {
            if (file.State is not { } state || !WaitingListOfGp.WaitingStates.Contains(state) || file.IsDeceased
                || marked?.Contains(file.Person) == false || (wish.Commune is { } commune && file.Home?.Insee != commune))
                continue;

            // What the person asks since is a later word than the objection.
            chosen[file.Person] = new(
                file.Person, file.File, file.Request, file.Priority, file.Rank, file.Since, file.IsReachable, opposed.Contains(file.Person) && !file.IsOwnVoice);
        }

        return [.. chosen.Values.Order(InTurn)];
    }

    /// <summary>Who has objected: whose file was closed for it, or of whom the list of a leaving GP says so.</summary>
    private async Task<HashSet<string>> OpposedAsync(string tenant, CancellationToken cancellationToken)
    {
        var opposed = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var file in store.EachAsync(
            tenant,
            Queries.By("Task",
                Queries.Token("Task", "code", Vocabulary.TaskKind, Vocabulary.ParcoursTask),
                Queries.Token("Task", "business-status", Vocabulary.ParcoursState, FileStates.ClosedOpposed, FileStates.ClosedOnRequest)),
            cancellationToken))
            if (file.Resource.Root.Child("for")?.Text("reference") is { } person)
                opposed.Add(person);

        // A cohort may be large: one at a time.
        await foreach (var cohort in store.EachAsync(
            tenant, Queries.By("Group", Queries.Token("Group", "code", Vocabulary.CohortKind, "medecin-sortant")) with { Count = 1 }, cancellationToken))
            foreach (var member in cohort.Resource.Root.All("member"))
                if (Reconciliation.StateOf(member.ExtensionOf(Vocabulary.MemberStateExtension)?.Text("valueCode")) == MemberState.Opposed
                    && member.Child("entity")?.Text("reference") is { } person)
                    opposed.Add(person);
        return opposed;
    }

    /// <summary>Whom an active criterion holds for.</summary>
    private async Task<HashSet<string>> MarkedAsync(string tenant, string criterion, CancellationToken cancellationToken)
    {
        var marked = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var flag in store.EachAsync(
            tenant, Queries.By("Flag", Queries.Token("Flag", "code", Vocabulary.Criterion, criterion), Queries.Token("Flag", "status", null, "active")),
            cancellationToken))
            if (flag.Resource.Root.Child("subject")?.Text("reference") is { } person)
                marked.Add(person);
        return marked;
    }

    /// <summary>Creates the calls that nobody else has created meanwhile; gives how many.</summary>
    private async Task<int> CreateAsync(string tenant, string name, ToCall[] portion, CancellationToken cancellationToken)
    {
        var territory = territories.Of(tenant);
        var now = time.GetUtcNow();
        if ((await store.CommitAsync(tenant, [.. portion.SelectMany(person => Writes(territory, name, person, now))], cancellationToken)).Committed)
            return portion.Length;
        var created = 0;
        foreach (var person in portion)
            created += (await store.CommitAsync(tenant, [.. Writes(territory, name, person, now)], cancellationToken)).Committed ? 1 : 0;
        return created;
    }

    private static IEnumerable<Write> Writes(Territory territory, string name, ToCall person, DateTimeOffset now)
    {
        var number = $"{name}/{person.Patient[(person.Patient.IndexOf('/', StringComparison.Ordinal) + 1)..]}";
        var task = Element.OfResource("Task");
        task.AddItem("identifier").With("system", Numbers).With("value", number);
        task.Add("groupIdentifier").With("system", Campaigns).With("value", name);
        task.ReferItem("partOf", person.File);
        task.With("status", "requested").With("intent", "order").With("priority", person.Priority);
        task.Concept("code", Vocabulary.TaskKind, ChildTasks.CallBack, "Rappel");
        task.With("description", string.Create(FrenchNumbers,
            $"Campagne de rappel des personnes sans médecin traitant : à rappeler. Rang de priorité {person.Rank:0.##} le {Days.Local(now):dd/MM/yyyy} (le plus élevé d’abord)."));
        task.Refer("focus", person.Request);
        task.Refer("for", person.Patient);
        task.With("authoredOn", now.Instant()).With("lastModified", now.Instant());
        task.Refer("requester", territory.Cpts);
        task.Refer("owner", territory.Cpts);
        yield return new Write.Expect(Queries.By("Task", Queries.Token("Task", "identifier", Numbers, number)), ExpectedReference: null);
        yield return new Write.Expect(Queries.By("Task", OpenCalls(Queries.Refers("Task", "patient", person.Patient))), ExpectedReference: null);
        yield return new Write.Create(new(task));
    }

    /// <summary>A call with the present rank of its request; null when that is gone.</summary>
    private async Task<ToCall?> CallAsync(string tenant, Stored task, CancellationToken cancellationToken)
    {
        var root = task.Resource.Root;
        if (root.Child("focus")?.Text("reference") is not { } focus || root.Child("for")?.Text("reference") is not { } person
            || await store.ReadAsync(tenant, focus, cancellationToken) is not { } request)
            return null;
        var asked = request.Resource.Root;
        return new(
            person, task.Reference, request.Reference, root.Text("priority") ?? "routine", FileOfPerson.RankOf(asked), asked.Text("authoredOn") ?? "",
            IsReachable: true, HasOpposed: false);
    }

    private static Element Answer(string name, Counts counts, IEnumerable<ToCall> calls)
    {
        var answer = Element.OfResource("Parameters");
        answer.AddItem("parameter").With("name", "name").With("valueString", name);
        foreach (var (code, count) in new[] { ("created", counts.Created), ("already", counts.Already), ("unreachable", counts.Unreachable), ("opposed", counts.Opposed) })
            answer.AddItem("parameter").With("name", code).With("valueInteger", (decimal)count);
        foreach (var one in calls.Take(ListedMax))
        {
            var call = answer.AddItem("parameter").With("name", "call");
            call.AddItem("part").With("name", "task").Add("valueReference").With("reference", one.File);
            call.AddItem("part").With("name", "patient").Add("valueReference").With("reference", one.Patient);
            call.AddItem("part").With("name", "priority").With("valueCode", one.Priority);
            call.AddItem("part").With("name", "rank").With("valueDecimal", one.Rank);
        }

        return answer;
    }

    /// <summary>The more urgent first; of one urgency the higher rank, then who has waited longest.</summary>
    private static readonly Comparer<ToCall> InTurn = Comparer<ToCall>.Create((one, other) =>
    {
        var byUrgency = UrgencyOf(one.Priority).CompareTo(UrgencyOf(other.Priority));
        if (byUrgency != 0)
            return byUrgency;
        var byRank = other.Rank.CompareTo(one.Rank);
        if (byRank != 0)
            return byRank;
        var bySince = string.CompareOrdinal(one.Since, other.Since);
        return bySince != 0 ? bySince : string.CompareOrdinal(one.Patient, other.Patient);
    });

    private static int UrgencyOf(string priority) => priority switch
    {
        "stat" => 0,
        "asap" => 1,
        "urgent" => 2,
        _ => 3,
    };

    /// <param name="File">What the call is about: the file, and in an answer the call itself.</param>
    /// <param name="Since">The instant from which the person waits.</param>
    private sealed record ToCall(string Patient, string File, string Request, string Priority, decimal Rank, string Since, bool IsReachable, bool HasOpposed);

    private sealed record Counts(int Created = 0, int Already = 0, int Unreachable = 0, int Opposed = 0);
}
