using System.Globalization;
using CptsFhirHub.Bench;

// Measures the hub from outside, over real sockets, on a real disk: docs/performance.md says how to read the table.
//   dotnet run -c Release --project bench/CptsFhirHub.Bench [-- --seconds 10 --connections 16 --runs 3]
//     --warm-up 1     seconds before each run that are not measured: the runtime compiles hot code for half a minute
//     --only WORD     those rows alone whose name has the word
//     --hub PATH      another build's CptsFhirHub.Server.dll, to compare two of them
var seconds = Option("--seconds", 10);
var connections = Option("--connections", 16);
var runs = Option("--runs", 3);
var warmUp = Option("--warm-up", 1);
var only = Text("--only", "");

await using var hub = await HubProcess.StartAsync(Text("--hub", Path.Combine(AppContext.BaseDirectory, "CptsFhirHub.Server.dll")));
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"start to first answer: {hub.StartUp.TotalSeconds:0.00} s"));
Console.WriteLine();
Console.WriteLine($"{connections} connections, {runs} runs of {seconds} s a row: median; CPU is the server's, for one request");
Console.WriteLine();
Console.WriteLine("| work | per second | p50 ms | p99 ms | server CPU µs | refused |");
Console.WriteLine("|---|---|---|---|---|---|");

foreach (var work in await Workload.AllAsync(hub))
{
    if (!work.Name.Contains(only, StringComparison.OrdinalIgnoreCase))
        continue;

    var measured = new List<Measurement>();
    for (var run = 0; run < runs; run++)
        measured.Add(await LoadDriver.MeasureAsync(hub, work, connections, TimeSpan.FromSeconds(warmUp), TimeSpan.FromSeconds(seconds)));
    var median = measured.OrderBy(m => m.PerSecond).ElementAt(runs / 2);
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"| {work.Name} | {median.PerSecond:0} | {median.P50Ms:0.0} | {median.P99Ms:0.0} | {median.ServerCpuMicroseconds:0} | {median.Refused} |"));
}

Console.WriteLine();
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"server memory at the end: {hub.ResidentMegabytes():0} MB"));
return 0;

int Option(string name, int fallback) => int.Parse(Text(name, fallback.ToString(CultureInfo.InvariantCulture)), CultureInfo.InvariantCulture);

string Text(string name, string fallback) =>
    Array.IndexOf(args, name) is var at and >= 0 && at + 1 < args.Length ? args[at + 1] : fallback;
