using CptsFhirHub.Coordination.Identity;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Server.Flows;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Pages;

/// <summary>
/// <c>/verifications</c>: records that may be one person's, side by side, and the two answers: one person, or two. What a person says is final for
/// the machine.
/// </summary>
internal sealed class VerificationPages(ResourceStore store, TaskSteps steps, PersonMerging merging, TimeProvider time)
{
    private const string Same = "meme:";
    private const string Apart = "distinctes";

    private static readonly string[] Open = ["requested", "received", "accepted", "in-progress", "on-hold"];

    /// <summary>The open questions, the oldest first.</summary>
    public async Task<IResult> List(HttpContext context, CancellationToken cancellationToken)
    {
        var session = context.Features.Get<ConsoleSession>()!;
        if (session.Caller.Role != Roles.Coordination)
            return Refused(session);
        var tenant = session.Caller.Tenant;
        var tasks = await store.FindAllAsync(tenant, Queries.By("Task",
            Queries.Token("Task", "code", Vocabulary.TaskKind, Vocabulary.IdentityTask), Queries.Token("Task", "status", null, Open)), cancellationToken);
        var rows = new List<Html>();
        foreach (var task in tasks.OrderBy(task => task.Resource.Root.Text("authoredOn"), StringComparer.Ordinal))
        {
            var subject = SubjectOf(task.Resource.Root) is { } reference ? await store.ReadAsync(tenant, reference, cancellationToken) : null;
            rows.Add(Html.Of($"""
                <tr><td><a href="/verifications/{task.Id}">{French.NameOf(subject?.Resource.Root)}</a></td><td>{task.Resource.Root.Text("description") ?? "–"}</td>
                <td class="number">{Verification.Others(task.Resource.Root).Count}</td><td>{French.Day(task.Resource.Root.Text("authoredOn"))}</td></tr>
                """));
        }

        return Layout.Page("Vérifications", Html.Of($"""
            <h1>Vérifications d’identité</h1>
            <section aria-labelledby="questions"><h2 id="questions">Une ou plusieurs personnes ?</h2>
            {(rows.Count == 0 ? Html.Of($"""<p class="quiet">Aucune question n’attend de réponse.</p>""") : Html.Of($"""
                <table><thead><tr><th scope="col">Personne</th><th scope="col">Question</th><th scope="col" class="number">Dossiers à comparer</th>
                <th scope="col">Depuis</th></tr></thead><tbody>{rows}</tbody></table>
                """))}
            </section>
            """), session);
    }

    public async Task<IResult> One(HttpContext context, string id, CancellationToken cancellationToken)
    {
        var session = context.Features.Get<ConsoleSession>()!;
        return session.Caller.Role == Roles.Coordination && await FindAsync(session, id, cancellationToken) is { } task
            ? await ShowAsync(task, session, error: null, cancellationToken)
            : Layout.Missing(session);
    }

    /// <summary>Takes the answer: two persons, or one with the record that is named.</summary>
    public async Task<IResult> Answer(HttpContext context, string id, CancellationToken cancellationToken)
    {
        var session = context.Features.Get<ConsoleSession>()!;
        if (session.Caller.Role != Roles.Coordination || !await Login.PostedByAsync(context, cancellationToken))
            return Refused(session);
        if (await FindAsync(session, id, cancellationToken) is not { } task || SubjectOf(task.Resource.Root) is not { } subject)
            return Layout.Missing(session);
        var answer = (await context.Request.ReadFormAsync(cancellationToken))["reponse"].ToString();
        try
        {
            if (answer == Apart)
                await SeparateAsync(task, session.Caller, cancellationToken);
            else if (answer.StartsWith(Same, StringComparison.Ordinal) && Verification.Others(task.Resource.Root).Contains(answer[Same.Length..]))
                await merging.Merge(new(subject, answer[Same.Length..], Result: null, IsPreview: false), session.Caller, cancellationToken);
            else
                return await ShowAsync(task, session, "Choisissez une réponse.", cancellationToken, StatusCodes.Status400BadRequest);
            return Results.Redirect("/verifications");
        }
        catch (Refusal)
        {
            return await ShowAsync(task, session, "La réponse n’a pas pu être enregistrée : un des dossiers a changé. Relisez-les, puis répondez à nouveau.",
                cancellationToken, StatusCodes.Status409Conflict);
        }
    }

    private async Task SeparateAsync(Stored task, Caller caller, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var ended = Verification.Ended(task.Resource.Root, Verdict.Apart, now.Instant());
        ended.AddItem("note").With("authorString", caller.DisplayName).With("time", now.Instant()).With("text", "Réponse donnée dans la console.");
        var next = new Resource(ended);
        var verdict = await steps.Judge(task, next, caller, cancellationToken);
        if (verdict.Issues.Any(issue => issue.Severity is Severity.Error or Severity.Fatal)
            || !(await store.CommitAsync(caller.Tenant, [new Write.Update(next, task.Id, task.Version, MayCreate: false), .. verdict.Also], cancellationToken)).Committed)
            throw new Refusal(StatusCodes.Status409Conflict, "conflict", "The comparison has changed.");
    }

    private async Task<IResult> ShowAsync(
        Stored task, ConsoleSession session, string? error, CancellationToken cancellationToken, int status = StatusCodes.Status200OK)
    {
        var root = task.Resource.Root;
        var persons = new List<(string Reference, Element Person)>();
        foreach (var reference in (IEnumerable<string?>)[SubjectOf(root), .. Verification.Others(root)])
            if (reference is not null && await store.ReadAsync(session.Caller.Tenant, reference, cancellationToken) is { } person)
                persons.Add((reference, person.Resource.Root));
        var isOpen = Open.Contains(root.Text("status"));
        return Layout.Page("Vérification", Html.Of($"""
            <h1>Une ou plusieurs personnes ?</h1>
            {Html.When(error is not null, () => Html.Of($"""<p class="error" role="alert">{error}</p>"""))}
            <section aria-labelledby="dossiers"><h2 id="dossiers">Dossiers</h2>
            <p>{root.Text("description") ?? ""}</p>
            {Table(persons)}</section>
            {Notes(root)}
            {Html.When(isOpen && persons.Count > 1, () => Form(task, persons, session))}
            {Html.When(!isOpen, () => Html.Of($"""<p class="quiet">Cette question a sa réponse.</p>"""))}
            """), session, status);
    }

    /// <summary>One column a record, one line a trait.</summary>
    private static Html Table(List<(string Reference, Element Person)> persons) => Html.Of($"""
        <table><thead><tr><th scope="col">Trait</th>{persons.Select((person, at) => Html.Of(
            $"""<th scope="col"><a href="/personnes/{person.Reference.Split('/')[^1]}">{(at == 0 ? "Ce dossier" : $"Dossier {at}")}</a></th>"""))}</tr></thead>
        <tbody>{PersonTraits.All.Select(trait => Html.Of($"""
            <tr><th scope="row">{trait.Name}</th>{persons.Select(person => Html.Of($"<td>{trait.Of(person.Person)}</td>"))}</tr>
            """))}</tbody></table>
        """);

    private static Html Notes(Element task)
    {
        var notes = new List<Html>();
        foreach (var note in task.All("note"))
            notes.Add(Html.Of($"""<li><pre tabindex="0">{note.Text("text") ?? ""}</pre></li>"""));
        return Html.When(notes.Count > 0, () => Html.Of($"""
            <section aria-labelledby="pourquoi"><h2 id="pourquoi">Pourquoi la question se pose</h2><ul>{notes}</ul></section>
            """));
    }

    private static Html Form(Stored task, List<(string Reference, Element Person)> persons, ConsoleSession session) => Html.Of($"""
        <section aria-labelledby="reponse"><h2 id="reponse">Votre réponse</h2>
        <p>Elle est définitive pour le programme. Une réunion peut être défaite.</p>
        <form method="post" action="/verifications/{task.Id}"><input type="hidden" name="jeton" value="{session.FormToken}">
        {persons.Skip(1).Select((person, at) => Html.Of($"""
            <button type="submit" name="reponse" value="{Same}{person.Reference}">Même personne que le dossier {at + 1} : réunir</button>
            """))}
        <button type="submit" name="reponse" value="{Apart}">Personnes distinctes</button>
        </form></section>
        """);

    private async Task<Stored?> FindAsync(ConsoleSession session, string id, CancellationToken cancellationToken) =>
        await store.ReadAsync(session.Caller.Tenant, $"Task/{id}", cancellationToken) is { } task && Verification.IsOne(task.Resource.Root) ? task : null;

    private static string? SubjectOf(Element task) => Verification.Subject(task);

    private static IResult Refused(ConsoleSession session) => Layout.Page("Vérifications", Html.Of(
        $"""<section><p class="error" role="alert">Les vérifications d’identité sont l’affaire de l’équipe de coordination.</p></section>"""),
        session, StatusCodes.Status403Forbidden);
}
