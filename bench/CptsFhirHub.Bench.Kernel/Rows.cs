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
#if PEERS
        (typeof(Peers.FirelyPatient), Inputs.Patient.Length),
        (typeof(Peers.FirelyBundle), Inputs.Bundle.Length),
        (typeof(Peers.IgnixaPatient), Inputs.Patient.Length),
        (typeof(Peers.IgnixaBundle), Inputs.Bundle.Length),
#endif
    ];

    private static readonly string[] MovesBytes = ["JsonDocumentParse", "Parse", "ParseChecked", "Write", "RoundTrip", "Read"];

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
            var speed = MovesBytes.Contains(report.BenchmarkCase.Descriptor.WorkloadMethod.Name)
                ? (bytes * 1e3 / nanoseconds).ToString("0", CultureInfo.InvariantCulture)
                : "";
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {name} | {nanoseconds / 1e3:0.000} | {1e9 / nanoseconds:#,##0} | {speed} | {allocated:#,##0} | {nanoseconds / floor:0.00} |"));
        }
    }
}
