using System.Globalization;
using CptsFhirHub.Server.Access;

namespace CptsFhirHub.Server.Pages;

/// <summary><c>/index</c>: the search parameters taken in while the hub runs, and how far each is indexed.</summary>
internal sealed class IndexPage(IndexProgress progress)
{
    private static readonly NumberFormatInfo FrenchNumbers = new() { NumberGroupSeparator = "\u202F", NumberDecimalDigits = 0 };

    public IResult Show(HttpContext context)
    {
        var session = context.Features.Get<ConsoleSession>()!;
        if (!session.Caller.IsCoordination)
            return Layout.Page("Index", Refusal, session, StatusCodes.Status403Forbidden);
        var states = progress.All().OrderBy(pair => pair.Key, StringComparer.Ordinal).ToList();
        return Layout.Page("Index", Html.Of($"""
            <h1>Index de recherche</h1>
            <section aria-labelledby="parametres">
            <h2 id="parametres">Paramètres de recherche ajoutés</h2>
            {(states.Count == 0 ? Html.Of($"""<p class="quiet">Aucun paramètre n’a été ajouté.</p>""") : Table(states))}
            </section>
            """), session);
    }

    private static Html Refusal => Html.Of($"""<section><p class="error" role="alert">L’index est l’affaire de l’équipe de coordination.</p></section>""");

    private static Html Table(List<KeyValuePair<string, IndexState>> states) => Html.Of($"""
        <table>
        <caption>Une recherche par un paramètre est possible dès que toutes les ressources ont été parcourues.</caption>
        <thead><tr><th scope="col">Code</th><th scope="col">Adresse</th><th scope="col">État</th>
        <th scope="col" class="number">Parcourues</th><th scope="col" class="number">En tout</th><th scope="col">Avancement</th></tr></thead>
        <tbody>
        {states.Select(pair => Html.Of($"""
            <tr><td>{pair.Value.Code}</td><td>{pair.Key}</td><td>{StateOf(pair.Value)}</td>
            <td class="number">{Number(Done(pair.Value))}</td><td class="number">{Number(pair.Value.LastRow)}</td>
            <td><progress max="{Plain(Math.Max(pair.Value.LastRow, 1))}" value="{Plain(pair.Value.IsDone ? Math.Max(pair.Value.LastRow, 1) : pair.Value.Row)}">{StateOf(pair.Value)}</progress></td></tr>
            """))}
        </tbody></table>
        """);

    private static long Done(IndexState state) => state.IsDone ? state.LastRow : state.Row;

    private static string StateOf(IndexState state) => state.IsDone ? "prêt" : state.Row > 0 ? "en cours" : "en attente";

    private static string Number(long number) => number.ToString("N", FrenchNumbers);

    private static string Plain(long number) => number.ToString(CultureInfo.InvariantCulture);
}
