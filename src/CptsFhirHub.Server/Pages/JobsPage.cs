using CptsFhirHub.Server.Access;
using CptsFhirHub.Server.Jobs;

namespace CptsFhirHub.Server.Pages;

/// <summary><c>/travaux</c>: the jobs that run by themselves, how their last runs ended, and a button that runs one now.</summary>
internal sealed class JobsPage(JobBoard board)
{
    private const int RunsShown = 5;

    public IResult Show(HttpContext context)
    {
        var session = context.Features.Get<ConsoleSession>()!;
        return session.Caller.IsCoordination
            ? Layout.Page("Travaux", Html.Of($"""
                <h1>Travaux programmés</h1>
                {board.All.OrderBy(pair => pair.Job.Name, StringComparer.Ordinal).Select(pair => Section(pair.Job, pair.Runs, session))}
                """), session)
            : Layout.Page("Travaux", Refusal, session, StatusCodes.Status403Forbidden);
    }

    /// <summary>Starts a job and shows the page again; a run that has begun goes to its end whether anybody waits or not.</summary>
    public async Task<IResult> Run(HttpContext context, string name, CancellationToken cancellationToken)
    {
        var session = context.Features.Get<ConsoleSession>()!;
        if (!session.Caller.IsCoordination || !await Login.PostedByAsync(context, cancellationToken))
            return Layout.Page("Travaux", Refusal, session, StatusCodes.Status403Forbidden);
        if (board.Find(name) is not null)
            await board.RunAsync(name, session.Caller.ClientId, CancellationToken.None).WaitAsync(cancellationToken);
        return Results.Redirect("/travaux");
    }

    private static Html Refusal => Html.Of($"""<section><p class="error" role="alert">Les travaux programmés sont l’affaire de l’équipe de coordination.</p></section>""");

    private static Html Section(JobDescription job, IReadOnlyList<JobRun> runs, ConsoleSession session) => Html.Of($"""
        <section aria-labelledby="{job.Name}">
        <h2 id="{job.Name}">{job.French}</h2>
        <p class="quiet">{(job.IsOn ? $"Horaire : {job.Cron}" : "Ne se lance pas de lui-même.")}</p>
        {(runs.Count == 0 ? Html.Of($"""<p class="quiet">N’a pas encore été exécuté.</p>""") : Table(runs))}
        <form method="post" action="/travaux/{job.Name}"><input type="hidden" name="jeton" value="{session.FormToken}">
        <button type="submit" aria-label="Lancer maintenant : {job.French}">Lancer maintenant</button></form>
        </section>
        """);

    private static Html Table(IReadOnlyList<JobRun> runs) => Html.Of($"""
        <table>
        <thead><tr><th scope="col">Début</th><th scope="col">Fin</th><th scope="col">Lancé par</th><th scope="col">Résultat</th></tr></thead>
        <tbody>
        {runs.Take(RunsShown).Select(run => Html.Of($"""
            <tr><td>{French.DayAndTime(run.Started)}</td><td>{(run.Ended is { } ended ? French.DayAndTime(ended) : "–")}</td>
            <td>{StartedBy(run.StartedBy)}</td><td>{Outcome(run)}</td></tr>
            """))}
        </tbody></table>
        """);

    private static string StartedBy(string who) => who switch
    {
        JobBoard.ByClock => "l’horaire",
        JobBoard.ByRecovery => "reprise après un arrêt",
        JobBoard.ByMisfire => "rattrapage d’un horaire manqué",
        _ => who,
    };

    private static string Outcome(JobRun run) => run.Succeeded switch
    {
        true => "Réussi",
        false when run.Ended is null => "Interrompu",
        false => "Échec",
        null => "En cours",
    };
}
