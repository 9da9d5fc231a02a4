using System.Globalization;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using CptsFhirHub.Bench.Kernel;
using Perfolizer.Horology;

// Measures the kernel: docs/performance.md says how to read the table.
//   dotnet run -c Release --project bench/CptsFhirHub.Bench.Kernel [-- --short]
//     --short         about two minutes in all; the figures move by some percent more from run to run
//     --only WORD     those rows alone whose method has the word
//     --full          BenchmarkDotNet's own report too
if (args.Contains("--first-call"))
{
    FirstCall.Measure();
    return 0;
}

var isShort = args.Contains("--short");
var only = Array.IndexOf(args, "--only") is var at and >= 0 && at + 1 < args.Length ? args[at + 1] : "";

// In this process: the parts measured share nothing that the order of the rows could change, and no project is built for each row.
var job = Job.Default.WithToolchain(InProcessEmitToolchain.Instance);
job = isShort
    ? job.WithWarmupCount(6).WithIterationCount(5).WithIterationTime(TimeInterval.FromMilliseconds(250))
    : job.WithWarmupCount(10).WithIterationCount(15).WithIterationTime(TimeInterval.FromMilliseconds(500));
job = job.WithClock(new ProcessorClock());
var config = ManualConfig.CreateEmpty()
    .AddJob(job)
    .AddColumnProvider(BenchmarkDotNet.Columns.DefaultColumnProviders.Instance)
    .AddLogger(args.Contains("--full") ? ConsoleLogger.Default : NullLogger.Instance)
    .WithArtifactsPath(Path.Combine(Path.GetTempPath(), "cpts-fhir-hub-bench"))
    .WithOptions(ConfigOptions.DisableLogFile);
if (only.Length > 0)
{
    config.AddFilter(new BenchmarkDotNet.Filters.SimpleFilter(one =>
        one.Descriptor.Baseline || one.Descriptor.WorkloadMethod.Name.Contains(only, StringComparison.OrdinalIgnoreCase)));
}

Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
    $"Patient {Inputs.Patient.Length} bytes, Bundle {Inputs.Bundle.Length} bytes, sign-up {Inputs.SignUp.Length} bytes"));
Console.WriteLine();
Console.WriteLine("| work | time µs | per second | MB/s | allocated bytes | x JsonDocument.Parse |");
Console.WriteLine("|---|---|---|---|---|---|");
foreach (var (type, bytes) in Rows.Classes)
    Rows.Print(BenchmarkRunner.Run(type, config), bytes);

if (only.Length == 0)
    FirstCall.Print(isShort ? 3 : 7);
return 0;
