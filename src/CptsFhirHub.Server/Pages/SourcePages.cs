using System.Globalization;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Server.Flows;

namespace CptsFhirHub.Server.Pages;

/// <summary><c>/sources</c>: who sends, when last, who has fallen silent, and what each says that nobody reads.</summary>
internal sealed class SourcePages(Sources sources, SourceWatch watch, SourceCoverage coverage)
{
    private const int MessagesLookedAt = 50;

    public async Task<IResult> List(HttpContext context, CancellationToken cancellationToken)
    {
        var session = context.Features.Get<ConsoleSession>()!;
        if (!session.Caller.IsCoordination)
            return Refused(session);
        var states = await watch.StatesAsync(session.Caller.Tenant, clientId: null, cancellationToken);
        return Layout.Page("Sources", Html.Of($"""
            <h1>Sources</h1>
            <section>
            <table>
            <caption>Une source est silencieuse quand elle n’envoie rien pendant plus longtemps que son rythme.</caption>
            <thead><tr><th scope="col">Source</th><th scope="col">Dernier message</th><th scope="col">Rythme</th><th scope="col">État</th>
            <th scope="col">Champs non lus</th></tr></thead>
            <tbody>
            {states.Select(state => Html.Of($"""
                <tr><td>{state.Source.Title}</td>
                <td>{(state.Last is { } last ? French.DayAndTime(last) : "–")}</td>
                <td>{Rhythm(state)}</td>
                <td>{Tag(state)}</td>
                <td><a href="/sources/{state.Source.Name}">Voir</a></td></tr>
                """))}
            </tbody></table>
            </section>
            """), session);
    }

    public async Task<IResult> One(HttpContext context, string name, CancellationToken cancellationToken)
    {
        var session = context.Features.Get<ConsoleSession>()!;
        if (!session.Caller.IsCoordination)
            return Refused(session);
        if (sources.Find(name) is not { } source)
            return Layout.Page("Introuvable", Html.Of($"<h1>Cette source n’existe pas</h1>"), session, 404);
        var report = await coverage.OfAsync(session.Caller.Tenant, source, MessagesLookedAt, cancellationToken);
        var unread = report.Fields.Where(field => field.Why is null).ToList();
        var ignored = report.Fields.Where(field => field.Why is not null).ToList();
        return Layout.Page(source.Title, Html.Of($"""
            <h1>{source.Title}</h1>
            <section aria-labelledby="non-lus">
            <h2 id="non-lus">Champs que personne ne lit</h2>
            <p class="quiet">D’après {report.Messages} message(s) récent(s).</p>
            {(unread.Count == 0 ? Html.Of($"""<p class="quiet">Aucun : tout ce que la source envoie est lu.</p>""") : Fields(unread, withReason: false))}
            </section>
            {Html.When(ignored.Count > 0, () => Html.Of($"""
                <section aria-labelledby="ignores">
                <h2 id="ignores">Champs laissés de côté, avec leur raison</h2>
                {Fields(ignored, withReason: true)}
                </section>
                """))}
            """), session);
    }

    /// <summary>What the first page says of silent sources; nothing when all speak.</summary>
    public async Task<Html> NoticeAsync(string tenant, CancellationToken cancellationToken)
    {
        var silent = (await watch.StatesAsync(tenant, clientId: null, cancellationToken)).Where(state => state.IsSilent).ToList();
        return silent.Count == 0 ? Html.Nothing : Html.Of($"""
            <p class="error" role="status">{(silent.Count == 1 ? "Source silencieuse" : "Sources silencieuses")} :
            {string.Join(", ", silent.Select(state => $"{state.Source.Title} (depuis le {French.DayAndTime(state.Last!.Value)})"))}.
            <a href="/sources">Voir les sources</a></p>
            """);
    }

    private static Html Fields(IReadOnlyList<UncoveredField> fields, bool withReason) => Html.Of($"""
        <table>
        <thead><tr><th scope="col">Champ</th><th scope="col" class="number">Valeurs non lues</th><th scope="col" class="number">Valeurs</th>
        {Html.When(withReason, () => Html.Of($"""<th scope="col">Raison</th>"""))}</tr></thead>
        <tbody>
        {fields.Select(field => Html.Of($"""
            <tr><td>{field.Path}</td><td class="number">{field.Unread}</td><td class="number">{field.Total}</td>
            {Html.When(withReason, () => Html.Of($"<td>{field.Why}</td>"))}</tr>
            """))}
        </tbody></table>
        """);

    private static Html Tag(SourceState state) => state switch
    {
        { Last: null } => Html.Of($"""<span class="tag">Jamais entendue</span>"""),
        { IsSilent: true } => Html.Of($"""<span class="tag urgent">Silencieuse</span>"""),
        _ => Html.Of($"""<span class="tag fine">Active</span>"""),
    };

    private static string Rhythm(SourceState state)
    {
        if (state.Rhythm is not { } rhythm)
            return "–";
        var words = rhythm.TotalHours >= 48
            ? string.Create(CultureInfo.InvariantCulture, $"{rhythm.TotalDays:0} jours")
            : rhythm.TotalMinutes >= 120
                ? string.Create(CultureInfo.InvariantCulture, $"{rhythm.TotalHours:0} heures")
                : string.Create(CultureInfo.InvariantCulture, $"{rhythm.TotalMinutes:0} minutes");
        return state.IsLearnt ? words + " (appris)" : words;
    }

    private static IResult Refused(ConsoleSession session) =>
        Layout.Page("Accès refusé", Html.Of($"<h1>Cette page est réservée à l’équipe de coordination</h1>"), session, 403);
}
