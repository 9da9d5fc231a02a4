using CptsFhirHub.Coordination.Identity;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Server;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Server.Bulk;
using CptsFhirHub.Server.Demo;
using CptsFhirHub.Server.Hosting;
using CptsFhirHub.Server.Intake;
using CptsFhirHub.Server.Jobs;
using CptsFhirHub.Server.Outbound;
using CptsFhirHub.Server.Pages;
using CptsFhirHub.Server.Rest;
using CptsFhirHub.Server.Subscriptions;
using CptsFhirHub.Storage;

// Settings are read once. Watching their files would watch the whole folder they stand in, and each write to a database below it.
var builder = WebApplication.CreateBuilder([.. args, "--hostBuilder:reloadConfigOnChange=false"]);
HubSettings settings;
try
{
    settings = builder.AddHosting();
    builder.AddAccess(settings);
}
catch (InvalidDataException refusal)
{
    // A wrong setting is said in one line, not in a stack trace.
    await Console.Error.WriteLineAsync($"The hub does not start: {refusal.Message}");
    return 78;
}

Func<Resource, IEnumerable<LookupKey>> lookupKeysOf = resource => IdentityKeys.Of(resource).Select(key => new LookupKey(key.Kind, key.Value));
if (await StoreCommands.RunAsync(
    args, () => builder.StoreOptionsOf(settings, lookupKeysOf),
    (store, definitions) => ParameterLoading.InForceAsync(store, definitions, settings.Tenants, CancellationToken.None)) is { } exitCode)
{
    return exitCode;
}

try
{
    await builder.AddStoreAsync(settings, lookupKeysOf);
}
catch (StoreUnavailableException refusal) when (refusal.IsForGood)
{
    await Console.Error.WriteLineAsync($"The hub does not start: {refusal.Message}");
    return 78;
}

builder.AddRest();
// Subscriptions first: they follow what the others write from the start.
builder.AddOutbound();
builder.AddSubscriptions();
builder.AddBulk();
builder.AddIntake();
builder.AddJobs();
builder.AddPages();
builder.AddDemo(settings);

var app = builder.Build();
app.UseHosting();
app.MapHosting();
app.MapAccess();
app.MapRest();
app.MapBulk();
app.MapIntake();
app.Services.GetRequiredService<SourceRoutes>().Measure(app.Services.GetRequiredService<Meters>().Gauge);
app.MapOutbound(app.Services.GetRequiredService<Meters>().Gauge);
app.MapJobs();
app.MapPages();

if (settings.Demo)
    app.Lifetime.ApplicationStarted.Register(() =>
        Banner.Print(Console.Out, app.Services.GetRequiredService<HubAddress>().Value, app.Configuration));
await app.RunAsync();
return 0;
