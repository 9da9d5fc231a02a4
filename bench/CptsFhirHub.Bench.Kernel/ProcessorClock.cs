using Perfolizer.Horology;

namespace CptsFhirHub.Bench.Kernel;

/// <summary>
/// Counts the processor time of this process instead of the time on the wall: what else the machine does then makes the
/// figures worse by its traffic in the caches only, not by its share of the cores.
/// </summary>
internal sealed class ProcessorClock : IClock
{
    public string Title => "processor time";

    public bool IsAvailable => true;

    public Frequency Frequency { get; } = new(TimeSpan.TicksPerSecond);

    public long GetTimestamp() => Environment.CpuUsage.TotalTime.Ticks;
}
