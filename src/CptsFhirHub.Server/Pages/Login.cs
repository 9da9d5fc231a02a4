using CptsFhirHub.Server.Access;

namespace CptsFhirHub.Server.Pages;

/// <summary><c>/connexion</c>: the console's only open page.</summary>
internal static class Login
{
    private const int FieldLengthMax = 256;

    public static IResult Show(HttpContext context, ConsoleSessions sessions) =>
        sessions.Of(context) is not null ? Results.Redirect("/") : Form(error: null);

    public static async Task<IResult> Enter(
        HttpContext context, People people, ConsoleSessions sessions, FailedLogins failures, CancellationToken cancellationToken)
    {
        if (!IsFromHere(context.Request))
            return Form("La demande vient d’un autre site.", 403);
        if (!context.Request.HasFormContentType)
            return Form("Formulaire attendu.", 415);

        var form = await context.Request.ReadFormAsync(cancellationToken);
        var (name, password) = (form["compte"].ToString(), form["motdepasse"].ToString());
        if (failures.MustWait(context))
            return Form("Trop d’essais : réessayez dans une minute.", 429);

        // One answer for an unknown account and a wrong password: neither tells which accounts exist.
        if (name.Length is 0 or > FieldLengthMax || people.Check(name.Trim(), password) is not { } account)
        {
            failures.Count(context);
            return Form("Compte ou mot de passe incorrect.", 401);
        }

        sessions.Begin(context, account);
        return Results.Redirect("/");
    }

    public static async Task<IResult> Leave(HttpContext context, ConsoleSessions sessions, CancellationToken cancellationToken)
    {
        if (await PostedByAsync(context, cancellationToken))
            sessions.End(context);
        return Results.Redirect("/connexion");
    }

    /// <summary>True when a form of the person's own session was posted, by its token.</summary>
    public static async Task<bool> PostedByAsync(HttpContext context, CancellationToken cancellationToken)
    {
        if (!IsFromHere(context.Request) || !context.Request.HasFormContentType)
            return false;
        var form = await context.Request.ReadFormAsync(cancellationToken);
        return context.Features.Get<ConsoleSession>()?.IsFormToken(form["jeton"]) == true;
    }

    /// <summary>Browsers say where a post comes from; one that comes from another site is refused. Others say nothing.</summary>
    internal static bool IsFromHere(HttpRequest request)
    {
        if (request.Headers["Sec-Fetch-Site"].ToString() is { Length: > 0 } site)
            return site is "same-origin" or "none";
        return request.Headers.Origin.ToString() is not { Length: > 0 } origin
            || (Uri.TryCreate(origin, UriKind.Absolute, out var from) && from.Authority == request.Host.Value);
    }

    private static IResult Form(string? error, int status = 200) => Layout.Page("Connexion", Html.Of($"""
        <div class="login"><section aria-labelledby="titre">
        <h1 id="titre">Connexion</h1>
        <p class="quiet">Console de coordination : signalements de personnes sans médecin traitant.</p>
        {Html.When(error is not null, () => Html.Of($"""<p class="error" role="alert">{error}</p>"""))}
        <form method="post" action="/connexion">
        <label for="compte">Compte</label>
        <input id="compte" name="compte" autocomplete="username" required maxlength="256">
        <label for="motdepasse">Mot de passe</label>
        <input id="motdepasse" name="motdepasse" type="password" autocomplete="current-password" required maxlength="256">
        <button type="submit">Se connecter</button>
        </form>
        </section></div>
        """), session: null, status);
}
