namespace CptsFhirHub.Bench;

/// <summary>
/// Two builds measured in turns: both are up, each has a store of its own, and the load goes to one and the other for some seconds, many times. The machine's ups and
/// downs, which are longer than a turn, meet both.
/// </summary>
internal static class TurnTiming
{
    /// <summary>Each row once for each build, what all its turns gave together.</summary>
    public static async Task<(Measurement First, Measurement Second)> MeasureAsync(
        (HubProcess Hub, Workload Work) first, (HubProcess Hub, Workload Work) second, int connections, TimeSpan warmUp, TimeSpan turn, int turns)
    {
        await LoadDriver.MeasureAsync(first.Hub, first.Work, connections, warmUp, TimeSpan.FromSeconds(1));
        await LoadDriver.MeasureAsync(second.Hub, second.Work, connections, warmUp, TimeSpan.FromSeconds(1));
        var (ofFirst, ofSecond) = (new List<Measurement>(), new List<Measurement>());
        for (var i = 0; i < turns; i++)
        {
            // Whoever begins meets what the other has left: it is each one's lot as often.
            if (i % 2 == 1)
                ofSecond.Add(await TurnAsync(second));
            ofFirst.Add(await TurnAsync(first));
            if (i % 2 == 0)
                ofSecond.Add(await TurnAsync(second));
        }

        return (Together(ofFirst), Together(ofSecond));

        Task<Measurement> TurnAsync((HubProcess Hub, Workload Work) one) =>
            LoadDriver.MeasureAsync(one.Hub, one.Work, connections, TimeSpan.FromMilliseconds(200), turn);
    }

    private static Measurement Together(List<Measurement> turns) => new(
        turns.Average(static turn => turn.PerSecond),
        turns.Average(static turn => turn.P50Ms),
        turns.Average(static turn => turn.P95Ms),
        turns.Average(static turn => turn.P99Ms),
        turns.Sum(static turn => turn.ServerCpuMicroseconds * turn.PerSecond) / turns.Sum(static turn => turn.PerSecond),
        turns.Sum(static turn => turn.Refused));
}
