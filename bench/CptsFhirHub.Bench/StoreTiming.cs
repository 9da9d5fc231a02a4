using System.Diagnostics;
using System.Globalization;
using System.Text;
using CptsFhirHub.Coordination.Identity;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Server;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Storage;
using Microsoft.Extensions.Configuration;

namespace CptsFhirHub.Bench;

/// <summary>What a Patient costs the store alone: no door, no check, one commit after another, each on the disk before the next.</summary>
internal static class StoreTiming
{
    /// <summary>Patients that stand there before the clock starts, so that their keys fall on many pages.</summary>
    private const int Before = 20_000;

    /// <summary>Patients between two lines.</summary>
    private const int Measured = 20_000;

    public static async Task MeasureAsync(StoreOptions options, int ofCommit, int runs, Action<StoreCost> tell)
    {
        await using var store = await HubStore.OpenAsync(
            options with
            {
                Definitions = Profiles.Load(Profiles.Folder(new ConfigurationBuilder().Build()), SourceCodes.Folder(new ConfigurationBuilder().Build())),
                LookupKeysOf = resource => IdentityKeys.Of(resource).Select(key => new LookupKey(key.Kind, key.Value)),
            },
            CancellationToken.None);
        await CommitAsync(store, 0, Before, 200);
        for (var run = 0; run < runs; run++)
        {
            var (clock, cpu, written) = (Stopwatch.StartNew(), Environment.CpuUsage.TotalTime, BytesWritten());
            await CommitAsync(store, Before + (run * Measured), Measured, ofCommit);
            tell(new(
                clock.Elapsed.TotalMicroseconds / Measured, (Environment.CpuUsage.TotalTime - cpu).TotalMicroseconds / Measured,
                (BytesWritten() - written) / 1000.0 / Measured));
        }
    }

    private static async Task CommitAsync(HubStore store, int first, int count, int ofCommit)
    {
        foreach (var some in Enumerable.Range(first, count).Chunk(ofCommit))
        {
            var result = await store.Resources.CommitAsync(
                DemoAccounts.Tenant, Array.ConvertAll(some, n => new Write.Create(Parsed(n))), CancellationToken.None);
            if (!result.Committed)
                throw new InvalidOperationException("The store did not take the patients.");
        }
    }

    // Numbers that lie apart, as those of people who come one after the other do.
    private static Resource Parsed(int n) =>
        FhirJson.Parse(Encoding.UTF8.GetBytes(People.Patient((int)(n * 7_919L % 1_000_003)))).Resource
        ?? throw new InvalidOperationException("The bench's own resource is not readable.");

    /// <summary>What this process has given to the system to write. https://man7.org/linux/man-pages/man5/proc_pid_io.5.html</summary>
    private static long BytesWritten()
    {
        const string key = "wchar: ";
        foreach (var line in File.ReadLines("/proc/self/io"))
            if (line.StartsWith(key, StringComparison.Ordinal))
                return long.Parse(line.AsSpan(key.Length), CultureInfo.InvariantCulture);
        return 0;
    }
}

/// <summary>Of one Patient.</summary>
internal readonly record struct StoreCost(double Microseconds, double CpuMicroseconds, double KilobytesWritten);
