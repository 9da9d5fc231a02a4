using CptsFhirHub.Server.Access;

namespace CptsFhirHub.Server.Pages;

/// <summary>Registers what this room needs, and its routes.</summary>
internal static class PagesSetup
{
    public static void AddPages(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<Home>();
        builder.Services.AddSingleton<Inscription>();
        builder.Services.AddSingleton<Details>();
        builder.Services.AddSingleton<PersonPage>();
        builder.Services.AddSingleton<PersonSharingForm>();
        builder.Services.AddSingleton<VerificationPages>();
        builder.Services.AddSingleton<DeadLetters>();
        builder.Services.AddSingleton<SourcePages>();
        builder.Services.AddSingleton<JobsPage>();
        builder.Services.AddSingleton<IndexPage>();
    }

    public static void MapPages(this WebApplication app)
    {
        app.MapGet(ConsoleRoute.LoginPath, Login.Show);
        app.MapPost(ConsoleRoute.LoginPath, Login.Enter).DisableAntiforgery();
        app.MapGet("/assets/{file}", Asset);
        app.MapGet(Inscription.Path, (Inscription form) => form.Show());
        app.MapPost(Inscription.Path, (HttpContext context, Inscription form, CancellationToken cancellationToken) =>
            form.Send(context, cancellationToken)).DisableAntiforgery();

        app.MapGet("/", (HttpContext context, Home home, CancellationToken cancellationToken) => home.Show(context, cancellationToken))
            .WithMetadata(ConsoleRoute.Mark);
        app.MapGet("/messages/{id}", (HttpContext context, string id, Details details, CancellationToken cancellationToken) =>
            details.Message(context, id, cancellationToken)).WithMetadata(ConsoleRoute.Mark);
        app.MapGet("/dossiers/{id}", (HttpContext context, string id, Details details, CancellationToken cancellationToken) =>
            details.File(context, id, cancellationToken)).WithMetadata(ConsoleRoute.Mark);
        app.MapGet("/personnes/{id}", (HttpContext context, string id, PersonPage page, CancellationToken cancellationToken) =>
            page.Show(context, id, cancellationToken)).WithMetadata(ConsoleRoute.Mark);
        app.MapPost("/personnes/{id}/partage", (HttpContext context, string id, PersonSharingForm form, CancellationToken cancellationToken) =>
            form.Share(context, id, cancellationToken)).DisableAntiforgery().WithMetadata(ConsoleRoute.Mark);
        app.MapPost("/personnes/{id}/effacement", (HttpContext context, string id, PersonPage page, CancellationToken cancellationToken) =>
            page.Erase(context, id, cancellationToken)).DisableAntiforgery().WithMetadata(ConsoleRoute.Mark);
        app.MapGet("/verifications", (HttpContext context, VerificationPages pages, CancellationToken cancellationToken) =>
            pages.List(context, cancellationToken)).WithMetadata(ConsoleRoute.Mark);
        app.MapGet("/verifications/{id}", (HttpContext context, string id, VerificationPages pages, CancellationToken cancellationToken) =>
            pages.One(context, id, cancellationToken)).WithMetadata(ConsoleRoute.Mark);
        app.MapPost("/verifications/{id}", (HttpContext context, string id, VerificationPages pages, CancellationToken cancellationToken) =>
            pages.Answer(context, id, cancellationToken)).DisableAntiforgery().WithMetadata(ConsoleRoute.Mark);
        app.MapGet("/envois", (HttpContext context, DeadLetters letters, CancellationToken cancellationToken) =>
            letters.Show(context, cancellationToken)).WithMetadata(ConsoleRoute.Mark);
        app.MapPost("/envois/renvoi", (HttpContext context, DeadLetters letters, CancellationToken cancellationToken) =>
            letters.Replay(context, id: null, cancellationToken)).DisableAntiforgery().WithMetadata(ConsoleRoute.Mark);
        app.MapPost("/envois/{id}/renvoi", (HttpContext context, string id, DeadLetters letters, CancellationToken cancellationToken) =>
            letters.Replay(context, id, cancellationToken)).DisableAntiforgery().WithMetadata(ConsoleRoute.Mark);
        app.MapGet("/travaux", (HttpContext context, JobsPage jobs) => jobs.Show(context)).WithMetadata(ConsoleRoute.Mark);
        app.MapPost("/travaux/{name}", (HttpContext context, string name, JobsPage jobs, CancellationToken cancellationToken) =>
            jobs.Run(context, name, cancellationToken)).DisableAntiforgery().WithMetadata(ConsoleRoute.Mark);
        app.MapGet("/sources", (HttpContext context, SourcePages pages, CancellationToken cancellationToken) =>
            pages.List(context, cancellationToken)).WithMetadata(ConsoleRoute.Mark);
        app.MapGet("/sources/{name}", (HttpContext context, string name, SourcePages pages, CancellationToken cancellationToken) =>
            pages.One(context, name, cancellationToken)).WithMetadata(ConsoleRoute.Mark);
        app.MapGet("/index", (HttpContext context, IndexPage page) => page.Show(context)).WithMetadata(ConsoleRoute.Mark);
        app.MapPost("/deconnexion", Login.Leave).DisableAntiforgery().WithMetadata(ConsoleRoute.Mark);
    }

    private static IResult Asset(HttpContext context, string file)
    {
        if (file != "console.css")
            return Results.NotFound();
        context.Response.Headers.CacheControl = "public, max-age=300";
        return Results.Bytes(Stylesheet.Value, "text/css; charset=utf-8");
    }

    private static readonly Lazy<byte[]> Stylesheet = new(() =>
    {
        using var stream = typeof(PagesSetup).Assembly.GetManifestResourceStream("console.css")!;
        using var buffer = new MemoryStream();
        stream.CopyTo(buffer);
        return buffer.ToArray();
    });
}
