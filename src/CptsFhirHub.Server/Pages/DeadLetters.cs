using CptsFhirHub.Server.Access;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Pages;

/// <summary><c>/envois</c>: what could not be sent, why, and a button that sends it again. What it carries is not shown.</summary>
internal sealed class DeadLetters(Outbox outbox)
{
    private const int Shown = 100;

    public async Task<IResult> Show(HttpContext context, CancellationToken cancellationToken)
    {
        var session = context.Features.Get<ConsoleSession>()!;
        if (!session.Caller.IsCoordination)
            return Layout.Page("Envois", Refusal, session, StatusCodes.Status403Forbidden);
        var dead = await outbox.FindAsync(session.Caller.Tenant, "dead", target: null, Shown, cancellationToken);
        return Layout.Page("Envois", Html.Of($"""
            <h1>Envois en échec</h1>
            <section aria-labelledby="echecs">
            <h2 id="echecs">À renvoyer ou à laisser</h2>
            {(dead.Count == 0 ? Html.Of($"""<p class="quiet">Tout ce qui devait partir est parti, ou partira de lui-même.</p>""") : Table(dead, session))}
            </section>
            """), session);
    }

    /// <summary>Sends one again, or all when no id is given.</summary>
    public async Task<IResult> Replay(HttpContext context, string? id, CancellationToken cancellationToken)
    {
        var session = context.Features.Get<ConsoleSession>()!;
        if (!session.Caller.IsCoordination || !await Login.PostedByAsync(context, cancellationToken))
            return Layout.Page("Envois", Refusal, session, StatusCodes.Status403Forbidden);
        if (id is null)
            await outbox.ReviveAllAsync(session.Caller.Tenant, target: null, cancellationToken);
        else
            await outbox.ReviveAsync(session.Caller.Tenant, id, cancellationToken);
        outbox.OnQueued();
        return Results.Redirect("/envois");
    }

    private static Html Refusal => Html.Of($"""<section><p class="error" role="alert">Les envois sont l’affaire de l’équipe de coordination.</p></section>""");

    private static Html Table(IReadOnlyList<OutboxItem> dead, ConsoleSession session) => Html.Of($"""
        <table>
        <caption>Les plus récents d’abord. Un envoi repart avec le même identifiant : le destinataire reconnaît une répétition.</caption>
        <thead><tr><th scope="col">Créé le</th><th scope="col">Destinataire</th><th scope="col">Objet</th>
        <th scope="col">Raison</th><th scope="col" class="number">Essais</th><th scope="col">Action</th></tr></thead>
        <tbody>
        {dead.Select(item => Html.Of($"""
            <tr><td>{French.DayAndTime(item.CreatedAt)}</td><td>{item.Entry.Target}</td><td>{item.Entry.Subject}</td>
            <td>{item.LastError ?? "–"}</td><td class="number">{item.Attempts}</td>
            <td>{Button($"/envois/{item.Entry.Id}/renvoi", "Renvoyer", session)}</td></tr>
            """))}
        </tbody></table>
        {Button("/envois/renvoi", "Tout renvoyer", session)}
        """);

    private static Html Button(string action, string text, ConsoleSession session) => Html.Of($"""
        <form method="post" action="{action}"><input type="hidden" name="jeton" value="{session.FormToken}"><button type="submit">{text}</button></form>
        """);
}
