using System.Globalization;
using CptsFhirHub.Bench;

// Measures the hub from outside, over real sockets, on a real disk: docs/performance.md says how to read the table.
//   dotnet run -c Release --project bench/CptsFhirHub.Bench [-- --seconds 10 --connections 16 --runs 3]
var seconds = Option("--seconds", 10);
var connections = Option("--connections", 16);
var runs = Option("--runs", 3);

await using var hub = await HubProcess.StartAsync();
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"start to first answer: {hub.StartUp.TotalSeconds:0.00} s"));
Console.WriteLine();
Console.WriteLine($"{connections} connections, {runs} runs of {seconds} s a row: median; CPU is the server's, for one request");
Console.WriteLine();
Console.WriteLine("| work | per second | p50 ms | p99 ms | server CPU µs | refused |");
Console.WriteLine("|---|---|---|---|---|---|");

foreach (var work in await Workload.AllAsync(hub))
{
    var measured = new List<Measurement>();
    for (var run = 0; run < runs; run++)
        measured.Add(await LoadDriver.MeasureAsync(hub, work, connections, TimeSpan.FromSeconds(seconds)));
    var median = measured.OrderBy(m => m.PerSecond).ElementAt(runs / 2);
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"| {work.Name} | {median.PerSecond:0} | {median.P50Ms:0.0} | {median.P99Ms:0.0} | {median.ServerCpuMicroseconds:0} | {median.Refused} |"));
}

Console.WriteLine();
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"server memory at the end: {hub.ResidentMegabytes():0} MB"));
return 0;

int Option(string name, int fallback) =>
    Array.IndexOf(args, name) is var at and >= 0 && at + 1 < args.Length
        ? int.Parse(args[at + 1], CultureInfo.InvariantCulture)
        : fallback;
