using CptsFhirHub.Server.Access;
using CptsFhirHub.Server.Flows;
using CptsFhirHub.Server.Intake;
using CptsFhirHub.Storage;
using Quartz;

namespace CptsFhirHub.Server.Jobs;

/// <summary>Registers the jobs and <c>/jobs</c>.</summary>
internal static class JobsSetup
{
    private const int ProcessedDays = 90;
    private const int RejectedDays = 180;
    private const int SentDays = 30;
    private const string GeoJson = "application/geo+json";

    /// <summary>The jobs. <c>Hub:Jobs:{SettingName}:Cron</c> gives a job another hour, and "off" none.</summary>
    private static readonly (string Name, string Setting, string Cron, Misfire Misfire, string Text, string French,
        Func<IServiceProvider, Func<CancellationToken, Task<string>>> Work)[] All =
    [
        ("reconcile-cohorts", "ReconcileCohorts", "0 0/5 * * * ?", Misfire.RunOnce,
            "Puts each member of a leaving GP's cohort in one state.",
            "Où en est chaque patient d’un médecin qui cesse son activité.",
            provider => provider.GetRequiredService<ReconcileCohort>().RunAllAsync),
        ("invite-cohorts", "InviteCohorts", "0 10 9 * * ?", Misfire.RunOnce,
            "Writes to silent members of cohorts: an invitation, then reminders.",
            "Invitations et relances aux patients sans nouvelles d’une cohorte.",
            provider => provider.GetRequiredService<CohortInvitations>().RunAllAsync),
        ("watch-isolation", "WatchIsolation", "0 20 4 * * ?", Misfire.RunOnce,
            "Flags fragile people of whom nobody hears, and asks to call them back.",
            "Veille sur les situations d’isolement médical.",
            provider => provider.GetRequiredService<FileWatch>().WatchIsolationAsync),
        ("confirm-yearly", "ConfirmYearly", "0 40 4 * * ?", Misfire.RunOnce,
            "Asks for the confirmation of old needs and closes those that nobody confirmed.",
            "Confirmation annuelle des demandes.",
            provider => provider.GetRequiredService<FileWatch>().ConfirmAsync),
        ("watch-states", "WatchStates", "0 10 5 * * ?", Misfire.RunOnce,
            "Flags files that stay in one state for too long.",
            "Dossiers qui restent trop longtemps dans un même état.",
            provider => provider.GetRequiredService<StateWatch>().RunAllAsync),
        ("check-needs", "CheckNeeds", "40 0/15 * * * ?", Misfire.Skip,
            "Closes files of people who need no GP any more, and marks those that somebody should look at.",
            "Vérification du besoin : médecin traitant déjà déclaré ou éloigné, décès, hors territoire, mineur sans représentant.",
            provider => provider.GetRequiredService<CheckNeeds>().RunAllAsync),
        (EraseExpired.Name, "EraseExpired", "0 50 3 * * ?", Misfire.RunOnce,
            "Erases everything about the persons whose last file was closed long ago.",
            "Effacement des personnes dont le dossier est clos depuis longtemps.",
            provider => provider.GetRequiredService<EraseExpired>().RunAllAsync),
        (ForgetBodies.Name, "ForgetBodies", "0 17 3 * * ?", Misfire.RunOnce,
            "Forgets the bytes of messages that were settled long ago, what was sent long ago, and withdrawals and replaced numbers of a month ago that waited for what they overtook.",
            "Effacement des octets des messages traités, des envois arrivés depuis longtemps et des retraits et numéros remplacés gardés depuis un mois.",
            Forget),
        (CountNames.Name, "CountNames", "0 30 2 * * ?", Misfire.RunOnce,
            "Counts how common names are here: a rare name in common weighs more when two records are compared.",
            "Fréquence des noms et prénoms dans le territoire, pour comparer les identités.",
            provider => provider.GetRequiredService<CountNames>().RunAllAsync),
        ("watch-sources", "WatchSources", "20 0/2 * * * ?", Misfire.Skip,
            "Tells when a source falls silent, and when it speaks again.",
            "Alerte quand une source devient silencieuse, et quand elle parle de nouveau.",
            provider => provider.GetRequiredService<SourceWatch>().RunAsync),
    ];

    /// <summary>What each job is called in the settings.</summary>
    internal static IEnumerable<string> SettingNames => All.Select(job => job.Setting);

    public static void AddJobs(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddSingleton<ReconcileCohort>();
        services.AddSingleton<CohortCalls>();
        services.AddSingleton<CohortInvitations>();
        services.AddSingleton<SpreadCohort>();
        services.AddSingleton<FileWatch>();
        services.AddSingleton<StateWatch>();
        services.AddSingleton(provider => new CountNames(
            provider.GetRequiredService<ResourceStore>(), provider.GetRequiredService<MatchParameters>(), provider.GetRequiredService<HubSettings>().Tenants));
        services.AddSingleton<GroupSpreading>(provider => provider.GetRequiredService<SpreadCohort>().RunAsync);
        services.AddSingleton<GroupReconciliation>(provider => provider.GetRequiredService<ReconcileCohort>().ReportAsync);
        foreach (var job in All)
            services.AddSingleton(provider => new JobDescription(
                job.Name, job.Text, job.French, CronOf(builder.Configuration, job.Setting, job.Cron), job.Misfire, job.Work(provider)));
        services.AddSingleton<JobBoard>();
        services.AddQuartz(quartz =>
        {
            foreach (var job in All)
                if (CronOf(builder.Configuration, job.Setting, job.Cron) is var cron && !string.Equals(cron, "off", StringComparison.OrdinalIgnoreCase))
                    quartz.ScheduleJob<ScheduledJob>(
                        trigger => trigger.WithIdentity(job.Name)
                            .WithCronSchedule(cron, schedule => schedule.WithMisfireInstruction(CronTriggerMisfireInstruction.DoNothing)),
                        scheduled => scheduled.WithIdentity(job.Name));
        });
        services.AddQuartzHostedService(options => options.WaitForJobsToComplete = true);
        services.AddHostedService<CatchUp>();
    }

    private static string CronOf(ConfigurationManager configuration, string setting, string usual) => configuration[$"Hub:Jobs:{setting}:Cron"] ?? usual;

    private static Func<CancellationToken, Task<string>> Forget(IServiceProvider provider)
    {
        var configuration = provider.GetRequiredService<IConfiguration>();
        var usual = BodyDays.Of(configuration.GetSection("Hub:Journal"), new(ProcessedDays, RejectedDays));
        var ofSources = BodyDays.OfSources(configuration.GetSection("Hub:Journal"), usual);
        var sentDays = configuration.GetValue("Hub:Outbox:SentDays", SentDays);
        return async cancellationToken =>
        {
            var now = provider.GetRequiredService<TimeProvider>().GetUtcNow();
            var bodies = await ForgetBodies.RunAsync(
                provider.GetRequiredService<Journal>(), now, usual, ofSources, cancellationToken);
            var sent = await ForgetBodies.RunAsync(provider.GetRequiredService<Outbox>(), now, sentDays, cancellationToken);
            var withdrawals = await ForgetBodies.RunAsync(
                provider.GetRequiredService<Withdrawals>(), provider.GetRequiredService<Territories>().Tenants, now, cancellationToken);
            return $"{bodies} {sent} {withdrawals}";
        };
    }

    public static void MapJobs(this WebApplication app)
    {
        app.MapGet("/jobs", List);
        app.MapPost("/jobs/{name}/run", Run);
        app.MapGet("/cohorts/{id}/table", Table);
        app.MapGet("/communes", Map);
    }

    private static IResult List(HttpContext context, JobBoard board) => context.Caller().IsCoordination
        ? JournalRoutes.Json(json =>
        {
            json.WriteStartArray("jobs");
            foreach (var (job, runs) in board.All)
            {
                json.WriteStartObject();
                json.WriteString("name", job.Name);
                json.WriteString("text", job.Text);
                json.WriteString("schedule", job.Cron);
                json.WriteStartArray("runs");
                foreach (var run in runs)
                    Write(json, run);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndArray();
        })
        : IntakeResult.Refused(context, 403, "forbidden", "Jobs belong to the coordination team.");

    private static async Task<IResult> Run(HttpContext context, string name, JobBoard board, CancellationToken cancellationToken)
    {
        if (!context.Caller().IsCoordination)
            return IntakeResult.Refused(context, 403, "forbidden", "Jobs belong to the coordination team.");
        if (board.Find(name) is null)
            return IntakeResult.Refused(context, 404, "not-found", "There is no such job.");

        // A run that has begun goes to its end, whether the one who asked stays or not.
        return await board.RunAsync(name, context.Caller().ClientId, CancellationToken.None).WaitAsync(cancellationToken) is { } run
            ? JournalRoutes.Json(json =>
            {
                json.WriteString("job", name);
                json.WritePropertyName("run");
                Write(json, run);
            })
            : IntakeResult.Refused(context, 409, "conflict", "The job is running.");
    }

    /// <summary>A cohort as a table for a spreadsheet: one line a member.</summary>
    private static async Task<IResult> Table(HttpContext context, string id, ReconcileCohort cohorts, CancellationToken cancellationToken)
    {
        if (!context.Caller().IsCoordination)
            return IntakeResult.Refused(context, 403, "forbidden", "Cohorts belong to the coordination team.");
        if (await cohorts.TableAsync(context.Caller().Tenant, id, cancellationToken) is not { } csv)
            return IntakeResult.Refused(context, 404, "not-found", "There is no such cohort.");
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.ContentDisposition = "attachment; filename=\"cohorte.csv\"";
        return Results.Text(csv, "text/csv; charset=utf-8", System.Text.Encoding.UTF8);
    }

    /// <summary>How many people wait, by commune: a table for a spreadsheet, or points for a map.</summary>
    private static async Task<IResult> Map(HttpContext context, string? format, string? source, CommuneMap map, CancellationToken cancellationToken)
    {
        if (!context.Caller().IsCoordination)
            return IntakeResult.Refused(context, 403, "forbidden", "The map of the communes belongs to the coordination team.");
        if (format is not (null or "csv" or "geojson"))
            return IntakeResult.Refused(context, 400, "invalid", "format is csv or geojson.");
        var isGeo = format == "geojson" || format is null && context.Request.Headers.Accept.ToString().Contains(GeoJson, StringComparison.OrdinalIgnoreCase);
        var counts = await map.CountAsync(context.Caller().Tenant, source, cancellationToken);
        context.Response.Headers.CacheControl = "no-store";
        if (isGeo)
            return Results.Bytes(CommuneMap.ToGeoJson(counts), GeoJson);
        context.Response.Headers.ContentDisposition = "attachment; filename=\"communes.csv\"";
        return Results.Text(CommuneMap.Csv(counts), "text/csv; charset=utf-8", System.Text.Encoding.UTF8);
    }

    private static void Write(System.Text.Json.Utf8JsonWriter json, JobRun run)
    {
        json.WriteStartObject();
        json.WriteString("started", run.Started.Instant());
        json.WriteString("startedBy", run.StartedBy);
        if (run.Ended is { } ended)
            json.WriteString("ended", ended.Instant());
        if (run.Succeeded is { } succeeded)
            json.WriteBoolean("succeeded", succeeded);
        if (run.Outcome is { } outcome)
            json.WriteString("outcome", outcome);
        json.WriteEndObject();
    }
}
