using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Server.Flows;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Pages;

/// <summary><c>/</c>: what came in today and who comes next, as far as the person's role goes.</summary>
internal sealed class Home(Journal journal, ResourceStore store, Sources sources, SourcePages pages, TimeProvider time)
{
    private const int MessagesShown = 50;
    private const int MessagesCounted = 1_000;

    public async Task<IResult> Show(HttpContext context, CancellationToken cancellationToken)
    {
        var session = context.Features.Get<ConsoleSession>()!;
        var caller = session.Caller;
        var main = caller.Role switch
        {
            Roles.Coordination => Html.Join([await TodayAsync(caller, true, cancellationToken), await WorkListAsync(caller, cancellationToken)]),

            // The administrator runs the machine and has no business with who the patients are.
            Roles.Admin => await TodayAsync(caller, false, cancellationToken),
            Roles.Dac => await TasksAsync(caller, cancellationToken),
            Roles.Medecin => Note("Aucune proposition de patient ne vous attend. Les propositions apparaîtront ici."),
            _ => await OwnAsync(caller, cancellationToken),
        };
        return Layout.Page("Accueil", Html.Of($"<h1>Bonjour {caller.DisplayName}</h1>{main}"), session);
    }

    private async Task<Html> TodayAsync(Caller caller, bool namesPersons, CancellationToken cancellationToken)
    {
        var filter = new JournalFilter(caller.Tenant) { From = French.StartOfDay(time.GetUtcNow()), Count = MessagesCounted };
        var messages = await journal.FindAsync(filter, cancellationToken);
        var persons = namesPersons
            ? await PersonsAsync(caller.Tenant, messages.Take(MessagesShown).Select(message => message.Patient), cancellationToken)
            : [];
        var silence = await pages.NoticeAsync(caller.Tenant, cancellationToken);
        string[] states = [MessageState.Processed, MessageState.Waiting, MessageState.Rejected, MessageState.Duplicate];
        return Html.Of($"""
            {silence}
            <ul class="tiles" aria-label="Messages du jour par état">
            <li><b>{messages.Count}</b>messages aujourd’hui</li>
            {states.Select(state => Html.Of($"<li><b>{messages.Count(message => message.State == state)}</b>{French.MessageStateOf(state)}</li>"))}
            </ul>
            <section aria-labelledby="messages">
            <h2 id="messages">Messages du jour</h2>
            {(messages.Count == 0 ? Html.Of($"""<p class="quiet">Aucun message reçu aujourd’hui.</p>""") : MessageTable(messages, persons, namesPersons))}
            </section>
            """);
    }

    private Html MessageTable(IReadOnlyList<JournalMessage> messages, Dictionary<string, Element> persons, bool namesPersons) => Html.Of($"""
        <table>
        <thead><tr><th scope="col">Heure</th><th scope="col">Source</th><th scope="col">État</th>
        {Html.When(namesPersons, () => Html.Of($"""<th scope="col">Personne</th>"""))}
        <th scope="col">N° de suivi</th><th scope="col">Message</th></tr></thead>
        <tbody>
        {messages.Take(MessagesShown).Select(message => Html.Of($"""
            <tr><td>{French.Time(message.ReceivedAt)}</td><td>{sources.Find(message.Source)?.Title ?? message.Source}</td>
            <td><span class="{French.TagOf(message.State)}">{French.MessageStateOf(message.State)}</span></td>
            {Html.When(namesPersons, () => Html.Of($"<td>{Person(message, persons)}</td>"))}
            <td>{message.Tracking ?? "–"}</td><td><a href="/messages/{message.Id}">Ouvrir</a></td></tr>
            """))}
        </tbody></table>
        """);

    private static Html Person(JournalMessage message, Dictionary<string, Element> persons)
    {
        if (message.Patient is null || !persons.TryGetValue(message.Patient, out var person))
            return Html.Of($"–");
        var name = French.NameOf(person);
        return message.Signalement is { } request
            ? Html.Of($"""<a href="/dossiers/{request.Split('/')[^1]}">{name}</a>""")
            : Html.Of($"{name}");
    }

    private async Task<Html> WorkListAsync(Caller caller, CancellationToken cancellationToken)
    {
        var list = await WorkList.LoadAsync(store, caller.Tenant, cancellationToken);
        return Html.Of($"""
            <section aria-labelledby="travail">
            <h2 id="travail">File de travail</h2>
            {(list.Count == 0 ? Html.Of($"""<p class="quiet">Aucun dossier ouvert.</p>""") : Html.Of($"""
                <table>
                <caption>Les dossiers ouverts, les plus prioritaires d’abord, avec les raisons.</caption>
                <thead><tr><th scope="col" class="number">Rang</th><th scope="col">Personne</th><th scope="col">Commune</th>
                <th scope="col">Priorité</th><th scope="col">Raisons</th><th scope="col">État</th><th scope="col">Depuis</th></tr></thead>
                <tbody>
                {list.Select((item, index) => Html.Of($"""
                    <tr><td class="number">{index + 1}</td>
                    <td><a href="/dossiers/{item.RequestId}">{French.NameOf(item.Patient)}</a></td>
                    <td>{French.CommuneOf(item.Patient)}</td>
                    <td>{PriorityTag(item.Priority)}</td>
                    <td>{Reasons(item.Reasons)}</td>
                    <td>{FileSteps.DisplayOf(item.State)}</td>
                    <td>{French.Day(item.Since)}</td></tr>
                    """))}
                </tbody></table>
                """))}
            </section>
            """);
    }

    internal static Html PriorityTag(string? priority) => Html.Of(
        $"""<span class="{(priority is "urgent" or "asap" or "stat" ? "tag urgent" : "tag")}">{French.PriorityOf(priority)}</span>""");

    internal static Html Reasons(IReadOnlyList<string> reasons) => reasons.Count == 0
        ? Html.Of($"""<span class="quiet">aucun critère</span>""")
        : Html.Of($"""<ul class="reasons">{reasons.Select(reason => Html.Of($"""<li class="tag">{reason}</li>"""))}</ul>""");

    private async Task<Html> TasksAsync(Caller caller, CancellationToken cancellationToken)
    {
        if (caller.Organization is not { } organization)
            return Note("Votre compte n’est rattaché à aucun DAC.");
        var tasks = await store.FindAllAsync(caller.Tenant, Queries.By("Task", Queries.Refers("Task", "owner", organization)), cancellationToken);
        var persons = await PersonsAsync(caller.Tenant, tasks.Select(task => task.Resource.Root.Child("for")?.Text("reference")), cancellationToken);
        return Html.Of($"""
            <section aria-labelledby="demandes">
            <h2 id="demandes">Demandes d’appui</h2>
            {(tasks.Count == 0 ? Html.Of($"""<p class="quiet">Aucune demande d’appui.</p>""") : Html.Of($"""
                <table>
                <thead><tr><th scope="col">Personne</th><th scope="col">Commune</th><th scope="col">Raisons</th>
                <th scope="col">État</th><th scope="col">Demandé le</th></tr></thead>
                <tbody>
                {tasks.Select(task => Html.Of($"""
                    <tr><td>{French.NameOf(PersonOf(task, persons))}</td><td>{French.CommuneOf(PersonOf(task, persons))}</td>
                    <td>{task.Resource.Root.Child("reasonCode")?.Text("text") ?? "–"}</td>
                    <td>{French.TaskStatusOf(task.Resource.Root.Text("status"))}</td>
                    <td>{French.Day(task.Resource.Root.Text("authoredOn"))}</td></tr>
                    """))}
                </tbody></table>
                """))}
            </section>
            """);
    }

    private static Element? PersonOf(Stored task, Dictionary<string, Element> persons) =>
        task.Resource.Root.Child("for")?.Text("reference") is { } person ? persons.GetValueOrDefault(person) : null;

    /// <summary>Who signals follows its own messages by number and state, and sees nobody's file.</summary>
    private async Task<Html> OwnAsync(Caller caller, CancellationToken cancellationToken)
    {
        var messages = await journal.FindAsync(
            new(caller.Tenant) { ClientId = caller.ClientId, Count = MessagesShown }, cancellationToken);
        return messages.Count == 0
            ? Note("Vous n’avez pas encore transmis de signalement.")
            : Html.Of($"""
                <section aria-labelledby="envois"><h2 id="envois">Mes signalements</h2>{MessageTable(messages, [], namesPersons: false)}</section>
                """);
    }

    private static Html Note(string text) => Html.Of($"""<section><p class="quiet">{text}</p></section>""");

    private async Task<Dictionary<string, Element>> PersonsAsync(
        string tenant, IEnumerable<string?> references, CancellationToken cancellationToken)
    {
        var persons = new Dictionary<string, Element>(StringComparer.Ordinal);
        foreach (var reference in references.OfType<string>().Distinct(StringComparer.Ordinal))
            if (await store.ReadAsync(tenant, reference, cancellationToken) is { } person)
                persons[reference] = person.Resource.Root;
        return persons;
    }
}
