using CptsFhirHub.Server.Access;

namespace CptsFhirHub.Server.Pages;

/// <summary>The frame of every page: one stylesheet of our own, no script, a heading, a way out.</summary>
internal static class Layout
{
    private const string Policy = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; "
        + "frame-ancestors 'none'";

    public static IResult Page(string title, Html main, ConsoleSession? session, int status = 200) =>
        new Answer(Document(title, main, session).ToString(), status);

    /// <summary>The answer for what is not there and for what this person may not see: the same words.</summary>
    public static IResult Missing(ConsoleSession session) => Page(
        "Introuvable", Html.Of($"""<h1>Introuvable</h1><section><p>Cette page n’existe pas, ou vous n’y avez pas accès.</p></section>"""),
        session, StatusCodes.Status404NotFound);

    private static Html Document(string title, Html main, ConsoleSession? session) => Html.Of($"""
        <!doctype html>
        <html lang="fr">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>{title} – CptsFhirHub</title>
        <link rel="icon" href="data:,">
        <link rel="stylesheet" href="/assets/console.css">
        </head>
        <body>
        <a class="skip" href="#contenu">Aller au contenu</a>
        {Bar(session)}
        <main id="contenu">
        {main}
        </main>
        </body>
        </html>
        """);

    private static Html Bar(ConsoleSession? session) => session is null
        ? Html.Nothing
        : Html.Of($"""
            <header class="bar"><div class="inner">
            <a class="brand" href="/">CptsFhirHub</a>
            <nav aria-label="Navigation principale"><a href="/">Accueil</a>{Html.When(session.Caller.IsCoordination, () => Html.Of($"""<a href="/verifications">Vérifications</a><a href="/envois">Envois</a><a href="/sources">Sources</a><a href="/travaux">Travaux</a><a href="/index">Index</a>"""))}</nav>
            <form method="post" action="/deconnexion">
            <input type="hidden" name="jeton" value="{session.FormToken}">
            <span>{session.Caller.DisplayName}</span>
            <button type="submit">Se déconnecter</button>
            </form>
            </div></header>
            """);

    /// <summary>A page with the headers that keep it ours: no foreign content, no frame, no copy in a cache.</summary>
    private sealed class Answer(string html, int status) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            var headers = httpContext.Response.Headers;
            headers.ContentSecurityPolicy = Policy;
            headers.CacheControl = "no-store";
            headers["Cross-Origin-Opener-Policy"] = "same-origin";
            return Results.Text(html, "text/html; charset=utf-8", System.Text.Encoding.UTF8, status).ExecuteAsync(httpContext);
        }
    }
}
