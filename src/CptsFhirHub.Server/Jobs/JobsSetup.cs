using CptsFhirHub.Server.Access;
using CptsFhirHub.Server.Flows;
using CptsFhirHub.Server.Intake;
using CptsFhirHub.Storage;
using Quartz;

namespace CptsFhirHub.Server.Jobs;

/// <summary>Registers the jobs and <c>/jobs</c>.</summary>
internal static class JobsSetup
{
    /// <summary>Every five minutes; <c>Hub:Jobs:ReconcileCohorts:Cron</c> says otherwise, and "off" never.</summary>
    private const string ReconcileCron = "0 0/5 * * * ?";

    /// <summary>At night; <c>Hub:Jobs:ForgetBodies:Cron</c> says otherwise.</summary>
    private const string ForgetCron = "0 17 3 * * ?";

    private const int ProcessedDays = 90;
    private const int RejectedDays = 180;

    public static void AddJobs(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        var cron = builder.Configuration["Hub:Jobs:ReconcileCohorts:Cron"] ?? ReconcileCron;
        services.AddSingleton<ReconcileCohort>();
        services.AddSingleton<GroupReconciliation>(provider => provider.GetRequiredService<ReconcileCohort>().ReportAsync);
        services.AddSingleton(provider => new JobDescription(
            ReconcileCohorts.Name, "Puts each member of a leaving GP's cohort in one state.", cron,
            provider.GetRequiredService<ReconcileCohort>().RunAllAsync));
        var forgetCron = builder.Configuration["Hub:Jobs:ForgetBodies:Cron"] ?? ForgetCron;
        var processedDays = builder.Configuration.GetValue("Hub:Journal:ProcessedBodyDays", ProcessedDays);
        var rejectedDays = builder.Configuration.GetValue("Hub:Journal:RejectedBodyDays", RejectedDays);
        services.AddSingleton(provider => new JobDescription(
            ForgetBodies.Name, "Forgets the bytes of messages that were settled long ago.", forgetCron,
            cancellationToken => ForgetBodies.RunAsync(
                provider.GetRequiredService<Journal>(), provider.GetRequiredService<TimeProvider>().GetUtcNow(),
                processedDays, rejectedDays, cancellationToken)));
        services.AddSingleton<JobBoard>();
        services.AddQuartz(quartz =>
        {
            if (IsOn(cron))
                quartz.ScheduleJob<ReconcileCohorts>(
                    trigger => trigger.WithIdentity(ReconcileCohorts.Name)
                        .WithCronSchedule(cron, schedule => schedule.WithMisfireInstruction(CronTriggerMisfireInstruction.DoNothing)),
                    job => job.WithIdentity(ReconcileCohorts.Name));
            if (IsOn(forgetCron))
                quartz.ScheduleJob<ForgetBodies>(
                    trigger => trigger.WithIdentity(ForgetBodies.Name)
                        .WithCronSchedule(forgetCron, schedule => schedule.WithMisfireInstruction(CronTriggerMisfireInstruction.DoNothing)),
                    job => job.WithIdentity(ForgetBodies.Name));
        });
        services.AddQuartzHostedService(options => options.WaitForJobsToComplete = true);
    }

    private static bool IsOn(string cron) => !string.Equals(cron, "off", StringComparison.OrdinalIgnoreCase);

    public static void MapJobs(this WebApplication app)
    {
        app.MapGet("/jobs", List);
        app.MapPost("/jobs/{name}/run", Run);
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
