namespace CptsFhirHub.Server.Hosting;

/// <summary>
/// How the threads of the pool wait for work. By default one that finds none turns round for a while before it sleeps. Where the answer comes from a
/// database server that is nearly always the case, and half of a create's processor time (docs/performance.md), taken from the server beside it.
/// </summary>
internal static class PoolThreads
{
    /// <summary>https://learn.microsoft.com/dotnet/core/runtime-config/threading</summary>
    public const string Setting = "System.Threading.ThreadPool.UnfairSemaphoreSpinLimit";

    private const string Variable = "DOTNET_ThreadPool_UnfairSemaphoreSpinLimit";

    /// <summary>To be called before the pool has had work: it reads the setting once. What whoever runs the hub has set stays.</summary>
    public static void SleepAtOnce()
    {
        if (AppContext.GetData(Setting) is null && Environment.GetEnvironmentVariable(Variable) is null)
            AppContext.SetData(Setting, 0);
    }
}
