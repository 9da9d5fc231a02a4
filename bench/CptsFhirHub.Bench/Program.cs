using System.Diagnostics;
using System.Globalization;
using CptsFhirHub.Bench;
using CptsFhirHub.Generator;
using CptsFhirHub.Storage;

// Measures the hub from outside, over real sockets, on a real disk: docs/performance.md says how to read the tables.
//   dotnet run -c Release --project bench/CptsFhirHub.Bench [-- --seconds 10 --connections 16 --runs 3]
//     --warm-up 1          seconds before each run that are not measured: the runtime compiles hot code for half a minute
//     --only WORD,WORD     those rows alone whose name has one of the words
//     --hub PATH           another build's CptsFhirHub.Server.dll, to compare two of them
//     --against PATH       another build's CptsFhirHub.Server.dll beside: each row for --seconds a turn, --runs turns of each, then what the second makes of the first
//     --sizes 1000,10000   instead: stores of so many resources, a cold start for each, beside a bare endpoint on the same database
//     --keep FOLDER        keeps the filled stores there, and uses those that a run before has left
//     --cohort 1407        with --sizes: instead of the rows, a cohort of so many patients is reconciled twice
//     --sources 600        instead: so many messages of each source, HL7 v2 over MLLP, two territories' files, a --journal of 100000; --only messages,mllp,files,journal
//     --territory vendee   with --sources: the files of this territory alone
//     --census-before 1500 with --sources: a census of so many lines of another territory comes first, as to a hub that has worked for a while
//     --beside yes         with --sources: somebody creates Patients one after the other while a file is taken in
//     --link 100000        instead: so many records are linked in one process, without a store
//     --commit 20          instead: Patients by so many a commit into the store alone, in this process
//     --drain 100000       instead: an outbox of so many entries for --targets 8 receivers is carried out, for --seconds 600 at most
//     --store postgres --connection "Host=…;Username=…;Database=…"   on PostgreSQL, in schemas of their own
if (args is ["bare", var provider, var database])
{
    await BareEndpoint.RunAsync(Environment.GetEnvironmentVariable("ASPNETCORE_URLS") ?? "http://127.0.0.1:5000", provider, database);
    return 0;
}

var drain = Option("--drain", 0);
var link = Option("--link", 0);
var ofCommit = Option("--commit", 0);
var seconds = TimeSpan.FromSeconds(Option("--seconds", 10));
var warmUp = TimeSpan.FromSeconds(Option("--warm-up", 1));
var connections = Option("--connections", 16);
var runs = Option("--runs", 3);
var only = Text("--only", "").Split(',', StringSplitOptions.RemoveEmptyEntries);
var kept = Text("--keep", "");
var territory = Text("--territory", "");
var isBeside = Text("--beside", "") == "yes";
var cohort = Option("--cohort", 0);
var sources = Option("--sources", 0);
var store = Text("--store", StoreOptions.Sqlite);
var server = Text("--connection", "");
var program = Text("--hub", Path.Combine(AppContext.BaseDirectory, "CptsFhirHub.Server.dll"));
var against = Text("--against", "");
var sizes = Text("--sizes", "").Split(',', StringSplitOptions.RemoveEmptyEntries).Select(size => int.Parse(size, CultureInfo.InvariantCulture));

Console.WriteLine($"{store}, {connections} connections, {runs} runs of {seconds.TotalSeconds} s a row: median; CPU is the server's, for one request");
if (link > 0)
{
    var (prepared, linked, outcome, right) = LinkTiming.Measure(link);
    var each = (prepared + linked) / link;
    Say($"{link:#,0} records linked in {linked.TotalSeconds:0.0} s after {prepared.TotalSeconds:0.0} s to prepare them, {each.TotalMicroseconds:0} µs each");
    Say($"{(double)outcome.Candidates / link:0.00} pairs compared for each, {outcome.DroppedKeys} keys passed over, {right:0.#####} of the certain pairs are one person, memory {Environment.WorkingSet / 1e6:0} MB");
}
else if (ofCommit > 0)
{
    using var place = BenchPlace.Of(store, server, kept, resources: 0);
    await StoreTiming.MeasureAsync(place.Options, ofCommit, runs, cost =>
        Say($"{ofCommit} Patients a commit: one every {cost.Microseconds:0} µs, {cost.CpuMicroseconds:0} µs of processor time, {cost.KilobytesWritten:0.0} kB written"));
}
else if (sources > 0)
{
    await MeasureSourcesAsync();
}
else if (drain > 0)
{
    using var place = BenchPlace.Of(store, server, kept: "", resources: 0);
    await DrainTiming.MeasureAsync(program, place, drain, Option("--targets", 8), seconds, Say);
}
else if (sizes.Any())
{
    foreach (var size in sizes)
        await MeasureSizeAsync(size);
}
else if (against.Length > 0)
{
    await MeasureTurnsAsync();
}
else
{
    using var place = BenchPlace.Of(store, server, kept: "", resources: 0);
    await using var hub = await HubProcess.StartAsync(program, place);
    await MeasureAsync(hub, "empty store with the demo territory", await Workload.AllAsync(hub));
}

return 0;

async Task MeasureTurnsAsync()
{
    using var place = BenchPlace.Of(store, server, kept: "", resources: 0);
    await using var hub = await HubProcess.StartAsync(program, place);
    using var otherPlace = BenchPlace.Of(store, server, kept: "", resources: 0);
    await using var other = await HubProcess.StartAsync(against, otherPlace);
    Head("this build, then the other");
    var rows = (await Workload.AllAsync(hub)).Zip(await Workload.AllAsync(other));
    foreach (var (ours, theirs) in rows.Where(row => Wanted(row.First.Name)))
    {
        var (first, second) = await TurnTiming.MeasureAsync((hub, ours), (other, theirs), connections, warmUp, seconds, runs);
        Row(ours.Name, first, hub);
        Row(theirs.Name, second, other);
        Say($"the second: {second.PerSecond / first.PerSecond:0.00} times the requests, {second.ServerCpuMicroseconds / first.ServerCpuMicroseconds:0.00} times the processor time each");
    }
}

async Task MeasureSourcesAsync()
{
    if (Wanted("messages"))
    {
        using var place = BenchPlace.Of(store, server, kept: "", resources: 0);
        await using var hub = await HubProcess.StartAsync(program, place);
        Head("messages of each source");
        foreach (var source in TerritoryProfile.Sources)
        {
            // Half of them are not measured: the runtime compiles meanwhile.
            var messages = SourceLoads.Of(source, 2 * sources);
            var half = messages.Count / 2;
            await LoadDriver.MeasureAsync(hub, SourceLoads.Once(source, [.. messages.Take(half)]), connections, TimeSpan.Zero, TimeSpan.FromMinutes(5));
            var work = SourceLoads.Once(source, [.. messages.Skip(half)]);
            Row(work.Name, await LoadDriver.MeasureAsync(hub, work, connections, TimeSpan.Zero, TimeSpan.FromMinutes(5)), hub);
        }
    }

    if (Wanted("mllp"))
    {
        using var place = BenchPlace.Of(store, server, kept: "", resources: 0);
        await using var hub = await HubProcess.StartAsync(program, place);
        Head("HL7 v2 over MLLP");
        Row("ADT^A01 of persons with a declared GP", await MllpLoad.MeasureAsync(hub, MllpLoad.Movement, connections, warmUp, seconds), hub);
        Row("ADT^A03 of persons without one: a signalement each", await MllpLoad.MeasureAsync(hub, MllpLoad.Discharge, connections, warmUp, seconds), hub);
    }

    foreach (var profile in (string[])["vendee", "val"])
    {
        if (!Wanted("files") || !(territory is "" || territory == profile))
            continue;
        using var place = BenchPlace.Of(store, server, kept: "", resources: 0);
        await using var hub = await HubProcess.StartAsync(program, place, hasDemoTerritory: false);
        if (Option("--census-before", 0) is > 0 and var before)
            await SourceTiming.WorkAsync(hub, before);
        var (atStart, cpu) = (hub.CpuTime, TimeSpan.Zero);
        var firstTime = new TaskCompletionSource();
        var beside = isBeside ? LoadDriver.MeasureBesideAsync(hub, Workload.CreateRow(), firstTime.Task) : null;
        var (first, again, lines, differences) = await SourceTiming.FileAsync(hub, profile, () =>
        {
            cpu = hub.CpuTime - atStart;
            firstTime.SetResult();
        });
        Say($"{profile}: {lines:#,0} lines in {first.TotalSeconds:0.0} s ({cpu.TotalSeconds:0.0} s of server CPU), the same again in {again.TotalSeconds:0.0} s, memory then {hub.ResidentMegabytes():0} MB");
        if (beside is not null && await beside is var other)
            Say($"  beside it half of the Patients were created within {other.P50Ms:0} ms, 95 % within {other.P95Ms:0} ms, 99 % within {other.P99Ms:0} ms; its patients are among the differences");
        foreach (var difference in differences)
            Console.WriteLine("  " + difference);
    }

    if (Wanted("journal"))
    {
        var lines = Option("--journal", 100_000);
        using var place = BenchPlace.Of(store, server, kept: "", resources: 0);
        await using (await HubProcess.StartAsync(program, place))
            await Task.Delay(TimeSpan.FromSeconds(2));
        await Filling.FillAsync(place.Options, lines / 5);
        await SourceTiming.FillJournalAsync(place.Options, lines, Filling.PatientsOf(lines / 5));
        place.Analyze();
        await using var hub = await HubProcess.StartAsync(program, place);
        Head(string.Create(CultureInfo.InvariantCulture, $"a journal of {lines:#,0} messages"));
        Row("story", await LoadDriver.MeasureAsync(hub, SourceTiming.Question(Filling.PatientsOf(lines / 5)), connections, warmUp, seconds), hub);
    }
}

bool Wanted(string part) => only.Length == 0 || Array.Exists(only, word => part.Contains(word, StringComparison.OrdinalIgnoreCase));

void Head(string title)
{
    Console.WriteLine($"\n{title}\n");
    Console.WriteLine("| work | per second | p50 ms | p95 ms | p99 ms | server CPU µs | memory after MB | refused |");
    Console.WriteLine("|---|---|---|---|---|---|---|---|");
}

void Row(string name, Measurement measured, HubProcess hub) =>
    Say($"| {name} | {measured.PerSecond:#,0} | {measured.P50Ms:0.0} | {measured.P95Ms:0.0} | {measured.P99Ms:0.0} | {measured.ServerCpuMicroseconds:#,0} | {hub.ResidentMegabytes():0} | {measured.Refused} |");

async Task MeasureSizeAsync(int resources)
{
    using var place = BenchPlace.Of(store, server, kept, resources);
    if (!place.IsFilled)
    {
        // The hub itself makes the database and its demo territory; then the filling comes beside them.
        await using (await HubProcess.StartAsync(program, place))
            await Task.Delay(TimeSpan.FromSeconds(5));
        var clock = Stopwatch.StartNew();
        await Filling.FillAsync(place.Options, resources);
        Say($"filled with {resources:#,0} resources in {clock.Elapsed.TotalSeconds:0} s");
        place.Analyze();
        place.MarkFilled();
    }

    if (cohort > 0)
    {
        await using var hub = await HubProcess.StartAsync(program, place);
        var (first, second) = await CohortTiming.MeasureAsync(hub, cohort);
        Say($"{resources:#,0} resources: a cohort of {cohort:#,0} reconciled in {first.TotalSeconds:0.00} s, again in {second.TotalSeconds:0.00} s, memory then {hub.ResidentMegabytes():0} MB");
        return;
    }

    var rows = new Dictionary<string, Measurement>(StringComparer.Ordinal);
    await using (var hub = await HubProcess.StartAsync(program, place))
    {
        var title = string.Create(CultureInfo.InvariantCulture, $"{resources:#,0} resources, {place.Megabytes():#,0} MB on the disk");
        rows = await MeasureAsync(hub, title, Workload.OfFilled(resources));
    }

    await using (var bare = await HubProcess.StartBareAsync(place))
    {
        var floor = await MeasureAsync(bare, "bare endpoint on that database", [Workload.ReadOfFilled(resources), Workload.CreateRow()]);
        foreach (var (name, measured) in floor)
            if (rows.TryGetValue(name, out var ours))
                Say($"{name}: {ours.PerSecond / measured.PerSecond:0 %} of the bare endpoint's requests, {ours.ServerCpuMicroseconds / measured.ServerCpuMicroseconds:0.0} times its CPU");
    }
}

async Task<Dictionary<string, Measurement>> MeasureAsync(HubProcess hub, string title, IEnumerable<Workload> rows)
{
    Console.WriteLine();
    Say($"{title}: start to first answer {hub.StartUp.TotalSeconds:0.00} s, memory then {hub.ResidentMegabytes():0} MB");
    Console.WriteLine();
    Console.WriteLine("| work | per second | p50 ms | p95 ms | p99 ms | server CPU µs | memory after MB | refused |");
    Console.WriteLine("|---|---|---|---|---|---|---|---|");
    var medians = new Dictionary<string, Measurement>(StringComparer.Ordinal);
    foreach (var work in rows)
    {
        if (!Wanted(work.Name))
            continue;
        var measured = new List<Measurement>();
        for (var run = 0; run < runs; run++)
            measured.Add(await LoadDriver.MeasureAsync(hub, work, connections, warmUp, seconds));
        var median = measured.OrderBy(m => m.PerSecond).ElementAt(runs / 2);
        medians[work.Name] = median;
        Say($"| {work.Name} | {median.PerSecond:#,0} | {median.P50Ms:0.0} | {median.P95Ms:0.0} | {median.P99Ms:0.0} | {median.ServerCpuMicroseconds:#,0} | {hub.ResidentMegabytes():0} | {median.Refused} |");
    }

    Console.WriteLine();
    return medians;
}

static void Say(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));

int Option(string name, int fallback) => int.Parse(Text(name, fallback.ToString(CultureInfo.InvariantCulture)), CultureInfo.InvariantCulture);

string Text(string name, string fallback) =>
    Array.IndexOf(args, name) is var at and >= 0 && at + 1 < args.Length ? args[at + 1] : fallback;
