using System.Text;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Server.Flows;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Pages;

/// <summary>One message, and one file: what the lists open on.</summary>
internal sealed class Details(Journal journal, ResourceStore store, Sources sources, Profiles profiles)
{
    private const int RawShownBytes = 64 * 1024;

    /// <summary><c>/messages/{id}</c>: what came, what became of it and why. Its text is the coordination team's alone.</summary>
    public async Task<IResult> Message(HttpContext context, string id, CancellationToken cancellationToken)
    {
        var session = context.Features.Get<ConsoleSession>()!;
        var caller = session.Caller;
        var message = await journal.ReadAsync(caller.Tenant, id, cancellationToken);
        if (message is null || !(caller.IsCoordination || message.ClientId == caller.ClientId))
            return Layout.Missing(session);

        var isTeam = caller.Role == Roles.Coordination;
        var raw = isTeam ? await journal.RawAsync(caller.Tenant, id, cancellationToken) : null;
        var lineage = isTeam ? await journal.LineageAsync(caller.Tenant, id, cancellationToken) : [];
        var answer = Reception.OfJournal(message);
        return Layout.Page("Message", Html.Of($"""
            <h1>Message de {sources.Find(message.Source)?.Title ?? message.Source}</h1>
            <section aria-labelledby="etat"><h2 id="etat">État</h2>
            <dl>
            <dt>État</dt><dd><span class="{French.TagOf(message.State)}">{French.MessageStateOf(message.State)}</span></dd>
            <dt>Reçu le</dt><dd>{French.DayAndTime(message.ReceivedAt)}</dd>
            <dt>Canal</dt><dd>{message.Channel}</dd>
            <dt>Émetteur</dt><dd>{message.ClientId}</dd>
            <dt>Identifiant</dt><dd>{message.Id}</dd>
            <dt>N° de suivi</dt><dd>{message.Tracking ?? "–"}</dd>
            {Html.When(isTeam && message.Signalement is not null, () => Html.Of($"""
                <dt>Dossier</dt><dd><a href="/dossiers/{message.Signalement!.Split('/')[^1]}">Ouvrir le dossier</a></dd>
                """))}
            {Html.When(message.DuplicateOf is not null, () => Html.Of($"""
                <dt>Répète</dt><dd><a href="/messages/{message.DuplicateOf}">le premier message</a></dd>
                """))}
            </dl></section>
            {Issues(answer.Issues)}
            {Html.When(lineage.Count > 0, () => Html.Of($"""
                <section aria-labelledby="ressources"><h2 id="ressources">Ressources écrites</h2>
                <ul>{lineage.Select(reference => Html.Of($"<li>{reference}</li>"))}</ul></section>
                """))}
            {Html.When(raw is { Length: > 0 }, () => Html.Of($"""
                <section aria-labelledby="original"><h2 id="original">Message original</h2><pre tabindex="0">{Text(raw!)}</pre></section>
                """))}
            """), session);
    }

    /// <summary><c>/dossiers/{id}</c>: the person, the need, the reasons for the rank, the work under way and where it all came from.</summary>
    public async Task<IResult> File(HttpContext context, string id, CancellationToken cancellationToken)
    {
        var session = context.Features.Get<ConsoleSession>()!;
        var tenant = session.Caller.Tenant;
        if (session.Caller.Role != Roles.Coordination
            || await store.ReadAsync(tenant, $"ServiceRequest/{id}", cancellationToken) is not { } request
            || request.Resource.Root.Child("subject")?.Text("reference") is not { } subject
            || await store.ReadAsync(tenant, subject, cancellationToken) is not { } patient)
            return Layout.Missing(session);

        var known = await KnownPerson.LoadAsync(store, tenant, patient, [], cancellationToken);
        var tasks = await store.FindAllAsync(
            tenant, Queries.By("Task", Queries.Refers("Task", "focus", request.Reference)), cancellationToken);
        var file = tasks.FirstOrDefault(task => KnownPerson.KindOf(task) == Vocabulary.ParcoursTask);
        var owners = await OwnersAsync(tenant, tasks, cancellationToken);
        var reasons = await WorkList.FlagsAsync(store, tenant, patient.Reference, cancellationToken);
        var messages = await journal.FindAsync(new(tenant) { Patient = patient.Reference, Count = 50 }, cancellationToken);
        var (person, need) = (patient.Resource.Root, request.Resource.Root);
        return Layout.Page("Dossier", Html.Of($"""
            <h1>{French.NameOf(person)}</h1>
            <section aria-labelledby="personne"><h2 id="personne">Personne</h2>
            <dl>
            <dt>Naissance</dt><dd>{French.Day(person.Text("birthDate"))}</dd>
            <dt>Commune</dt><dd>{French.CommuneOf(person)}</dd>
            <dt>Contact</dt><dd>{string.Join(", ", Values(person, "telecom"))}</dd>
            </dl><p><a href="/personnes/{patient.Id}">Ce que chaque émetteur dit de cette personne</a></p></section>
            <section aria-labelledby="demande"><h2 id="demande">Demande</h2>
            <dl>
            <dt>N° de suivi</dt><dd>{need.IdentifierOf(Vocabulary.Tracking) ?? "–"}</dd>
            <dt>État</dt><dd>{FileSteps.DisplayOf(file is null ? null : KnownPerson.StateOf(file.Resource.Root))}</dd>
            <dt>Depuis le</dt><dd>{French.Day(need.Text("authoredOn"))}</dd>
            <dt>Motif</dt><dd>{string.Join(", ", Concepts(need, "reasonCode"))}</dd>
            <dt>Priorité</dt><dd>{Home.PriorityTag(need.Text("priority"))}</dd>
            <dt>Raisons</dt><dd>{Home.Reasons(reasons)}</dd>
            </dl>
            {Notes(known)}
            </section>
            {Html.When(tasks.Count > 0, () => Html.Of($"""
                <section aria-labelledby="taches"><h2 id="taches">Tâches</h2>
                <table><thead><tr><th scope="col">Tâche</th><th scope="col">État</th><th scope="col">Confiée à</th><th scope="col">Demandée le</th></tr></thead>
                <tbody>{tasks.Select(task => TaskRow(task.Resource.Root, owners))}</tbody></table></section>
                """))}
            <section aria-labelledby="origine"><h2 id="origine">Messages reçus</h2>
            <table><thead><tr><th scope="col">Reçu le</th><th scope="col">Source</th><th scope="col">État</th><th scope="col">Message</th></tr></thead>
            <tbody>{messages.Select(message => Html.Of($"""
                <tr><td>{French.DayAndTime(message.ReceivedAt)}</td><td>{sources.Find(message.Source)?.Title ?? message.Source}</td>
                <td><span class="{French.TagOf(message.State)}">{French.MessageStateOf(message.State)}</span></td>
                <td><a href="/messages/{message.Id}">Ouvrir</a></td></tr>
                """))}</tbody></table></section>
            """), session);
    }

    /// <summary>Who must act, by name: an organisation has one of its own, a GP's name is that of a person.</summary>
    private async Task<Dictionary<string, string>> OwnersAsync(string tenant, IReadOnlyList<Stored> tasks, CancellationToken cancellationToken)
    {
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var reference in tasks.Select(task => task.Resource.Root.Child("owner")?.Text("reference")).OfType<string>().Distinct())
        {
            var owner = await store.ReadAsync(tenant, reference, cancellationToken);
            if (owner is { Type: "PractitionerRole" } && owner.Resource.Root.Child("practitioner")?.Text("reference") is { } practitioner)
                owner = await store.ReadAsync(tenant, practitioner, cancellationToken);
            if (owner is not null)
                names[reference] = owner.Resource.Root.Text("name") ?? French.NameOf(owner.Resource.Root);
        }

        return names;
    }

    private static Html TaskRow(Element task, Dictionary<string, string> owners) => Html.Of($"""
        <tr><td>{KindOf(task)}</td>
        <td>{(KnownPerson.StateOf(task) is { } state ? FileSteps.DisplayOf(state) : French.TaskStatusOf(task.Text("status")))}</td>
        <td>{(task.Child("owner")?.Text("reference") is { } owner ? owners.GetValueOrDefault(owner, owner) : "–")}</td>
        <td>{French.Day(task.Text("authoredOn"))}</td></tr>
        """);

    private static Html KindOf(Element task)
    {
        var kind = task.Child("code").CodeOf(Vocabulary.TaskKind);
        return kind == Vocabulary.IdentityTask
            ? Html.Of($"""<a href="/verifications/{task.Text("id")}">{French.TaskKindOf(kind)}</a>""")
            : Html.Of($"{French.TaskKindOf(kind)}");
    }

    /// <summary>The rules' own words, from the newest assessment.</summary>
    private static Html Notes(KnownPerson known)
    {
        var assessment = known.FactsOf("RiskAssessment").MaxBy(risk => risk.LastUpdated);
        if (assessment is null)
            return Html.Nothing;
        var notes = new List<string>();
        foreach (var note in assessment.Resource.Root.All("note"))
            notes.Add(note.Text("text") ?? "");
        return Html.When(notes.Count > 0, () => Html.Of(
            $"""<h3>Explication de la priorité</h3><ul>{notes.Select(note => Html.Of($"<li>{note}</li>"))}</ul>"""));
    }

    private static Html Issues(IReadOnlyList<Issue> issues) => Html.When(issues.Count > 0, () => Html.Of($"""
        <section aria-labelledby="remarques"><h2 id="remarques">Remarques</h2>
        <table><thead><tr><th scope="col">Gravité</th><th scope="col">Où</th><th scope="col">Remarque</th></tr></thead>
        <tbody>{issues.Select(FrenchTexts.Of).Select(issue => Html.Of($"""
            <tr><td>{French.SeverityOf(issue.Severity.ToString().ToLowerInvariant())}</td><td>{issue.Path}</td><td>{issue.Text}</td></tr>
            """))}</tbody></table></section>
        """));

    private static List<string> Values(Element resource, string name)
    {
        var values = new List<string>();
        foreach (var item in resource.All(name))
            if (item.Text("value") is { } value)
                values.Add(value);
        return values;
    }

    /// <summary>Concepts in words: the sender's text, the display it gave, or what the code system calls the code.</summary>
    private List<string> Concepts(Element resource, string name)
    {
        var words = new List<string>();
        foreach (var concept in resource.All(name))
        {
            var coding = concept.Child("coding");
            words.Add(concept.Text("text") ?? coding?.Text("display") ?? DisplayOf(coding) ?? coding?.Text("code") ?? "");
        }

        return words;
    }

    private string? DisplayOf(Element? coding) => coding?.Text("system") is { } system && coding.Text("code") is { } code
        ? profiles.Validator.Vocabulary.CodeSystem(system)?.Find(code)?.Display
        : null;

    /// <summary>The beginning of the original, as text; what is not text shows as such.</summary>
    private static string Text(byte[] raw)
    {
        var shown = Encoding.UTF8.GetString(raw, 0, Math.Min(raw.Length, RawShownBytes)).Replace('\r', '\n');
        return raw.Length > RawShownBytes ? shown + "\n[…]" : shown;
    }
}
