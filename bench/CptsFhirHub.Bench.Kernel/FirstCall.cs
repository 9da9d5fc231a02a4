using System.Diagnostics;
using System.Globalization;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Validation;

namespace CptsFhirHub.Bench.Kernel;

/// <summary>What the first check of a new process costs: opening the definitions, preparing the checks, compiling the code.</summary>
internal static class FirstCall
{
    /// <summary>In the new process: prints the processor time in milliseconds without a profile and with one, and the time of both.</summary>
    public static void Measure()
    {
        var patientBytes = Inputs.Patient;
        var clock = Stopwatch.StartNew();
        var before = Environment.CpuUsage.TotalTime;
        var patient = FhirJson.Parse(patientBytes).Resource!;
        Validator.Core.Check(patient);
        var withoutProfile = Environment.CpuUsage.TotalTime - before;
        new Validator(R4.Definitions.With([FhirJson.Parse(Inputs.SmallProfile).Resource!.Root])).Check(patient, [Inputs.SmallProfileUrl]);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{withoutProfile.TotalMilliseconds:0.0} {(Environment.CpuUsage.TotalTime - before).TotalMilliseconds:0.0} {clock.Elapsed.TotalMilliseconds:0.0}"));
    }

    /// <summary>Starts that many processes one after the other and prints the medians.</summary>
    public static void Print(int processes)
    {
        var measured = Enumerable.Range(0, processes).Select(_ => Start()).ToList();
        Console.WriteLine();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"first parse and check of a process: {Median(0):0} ms of processor time; and a profile compiled on top: {Median(1):0} ms, {Median(2):0} ms on the wall (medians of {processes})"));

        double Median(int column) => measured.Select(row => row[column]).Order().ElementAt(processes / 2);
    }

    private static double[] Start()
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, UseShellExecute = false };

        // Started by the runtime itself, the first argument is the program.
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            start.ArgumentList.Add(typeof(FirstCall).Assembly.Location);
        start.ArgumentList.Add("--first-call");
        using var process = Process.Start(start)!;
        var line = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return [.. line.Split(' ').Select(text => double.Parse(text, CultureInfo.InvariantCulture))];
    }
}
