using System.Globalization;
using BenchmarkDotNet.Reports;

namespace CptsFhirHub.Bench.Kernel;

/// <summary>The table: one row for each work measured.</summary>
internal static class Rows
{
    public static readonly (Type Type, int Bytes)[] Classes =
    [
        (typeof(PatientWork), Inputs.Patient.Length),
        (typeof(BundleWork), Inputs.Bundle.Length),
        (typeof(SignUpWork), Inputs.SignUp.Length),
    ];

    public static void Print(Summary summary, int bytes)
    {
        foreach (var error in summary.ValidationErrors.Where(error => error.IsCritical))
            Console.WriteLine(error.Message);
        var floor = summary.Reports.FirstOrDefault(report => report.BenchmarkCase.Descriptor.Baseline)?.ResultStatistics?.Median;
        foreach (var report in summary.Reports)
        {
            // The median: what else the machine does makes single iterations slow, never fast.
            if (report.ResultStatistics is not { Median: var nanoseconds })
                continue;
            var allocated = report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase);
            var name = $"{report.BenchmarkCase.Descriptor.Type.Name}.{report.BenchmarkCase.Descriptor.WorkloadMethod.Name}";
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {name} | {nanoseconds / 1e3:0.000} | {1e9 / nanoseconds:#,##0} | {bytes * 1e3 / nanoseconds:0} | {allocated:#,##0} | {nanoseconds / floor:0.00} |"));
        }
    }
}
