namespace CptsFhirHub.Storage.Sql;

/// <summary>Tries after the first, of what another's race or a lost connection undid.</summary>
internal static class Retry
{
    public const int Max = 3;

    private const int ShortestMs = 10;
    private const int LongestMs = 40;

    /// <summary>Waits a little, longer each time and never as long as another that failed together with us.</summary>
    public static void Pause(int tries) => Thread.Sleep(Random.Shared.Next(ShortestMs, LongestMs) << tries);
}
