using CptsFhirHub.Server.Rest;
using Microsoft.AspNetCore.Mvc;

namespace CptsFhirHub.Server.Bulk;

/// <summary>Registers bulk export and import, and the addresses where their jobs are asked after.</summary>
internal static class BulkSetup
{
    public static void AddBulk(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddSingleton(BulkSettings.Read(builder.Configuration));
        services.AddSingleton<BulkFolders>();
        services.AddSingleton<BulkQueue>();
        services.AddSingleton<BulkRoutes>();

        // The interactions know of the export, and an export that begins again reads by them.
        services.AddSingleton<Func<Collaborators>>(provider => provider.GetRequiredService<Collaborators>);
        services.AddSingleton<Export>();
        services.AddSingleton<Import>();
        services.AddSingleton(provider => new ServedOperation("$export", provider.GetRequiredService<Export>().Start));
        services.AddHostedService(provider =>
        {
            var queue = provider.GetRequiredService<BulkQueue>();
            queue.Resumable["$import"] = provider.GetRequiredService<Import>().RunAsync;
            queue.Resumable["$export"] = provider.GetRequiredService<Export>().ResumeAsync;
            return queue;
        });
    }

    public static void MapBulk(this WebApplication app)
    {
        var routes = app.Services.GetRequiredService<BulkRoutes>();
        var import = app.Services.GetRequiredService<Import>();
        var settings = app.Services.GetRequiredService<BulkSettings>();
        app.MapGet($"{RestSetup.Base}/{BulkRoutes.StatusPath}/{{id}}", routes.Status).ExcludeFromDescription();
        app.MapDelete($"{RestSetup.Base}/{BulkRoutes.StatusPath}/{{id}}", routes.Cancel).ExcludeFromDescription();
        app.MapGet($"{RestSetup.Base}/{BulkRoutes.FilePath}/{{id}}/{{name}}", routes.File).ExcludeFromDescription();
        app.MapPost($"{RestSetup.Base}/$import", import.Start).ExcludeFromDescription()
            .WithMetadata(new RequestSizeLimitAttribute(settings.ImportBytesMax));
        app.MapGet($"{RestSetup.Base}/$import", context =>
        {
            context.Response.Headers.Allow = "POST";
            return Outcome.AnswerAsync(context, StatusCodes.Status405MethodNotAllowed, "not-supported", "An import is sent by POST.");
        }).ExcludeFromDescription();
    }
}
