namespace CptsFhirHub.Storage;

/// <summary>
/// How long an indexed date is. A search for what touches a time looks for values that begin in it, or before it by no more than they
/// last; so those that last longer than a day stand once more under a name of their own, by how long they may last.
/// </summary>
/// <param name="Suffix">Follows the parameter's code in the index.</param>
/// <param name="TicksMax">No value of this span lasts longer.</param>
internal sealed record DateSpan(string Suffix, long TicksMax)
{
    /// <summary>A day in autumn has twenty-five hours.</summary>
    private const long HoursOfDay = 25;

    /// <summary>What stands under the parameter's own code: all values, and the days among them.</summary>
    public static readonly DateSpan Day = new("", HoursOfDay * TimeSpan.TicksPerHour);

    /// <summary>Months and stays, years, and what has no end in sight.</summary>
    public static readonly IReadOnlyList<DateSpan> Longer =
    [
        new(":month", 32 * TimeSpan.TicksPerDay), new(":year", 367 * TimeSpan.TicksPerDay), new(":long", long.MaxValue),
    ];

    /// <summary>Null for a value that lasts a day at most.</summary>
    public static DateSpan? Of(long lowTicks, long highTicks)
    {
        if (Lasts(Day))
            return null;
        return Longer.First(Lasts);

        bool Lasts(DateSpan span) => span.TicksMax == long.MaxValue || highTicks <= Add(lowTicks, span.TicksMax);
    }

    /// <summary>The earliest beginning of a value of this span that still touches <paramref name="ticks"/>.</summary>
    public long Before(long ticks) => TicksMax == long.MaxValue || ticks < long.MinValue + TicksMax ? long.MinValue : ticks - TicksMax;

    private static long Add(long ticks, long more) => ticks > long.MaxValue - more ? long.MaxValue : ticks + more;
}
