using System.Collections.Frozen;
using System.Globalization;

namespace CptsFhirHub.Coordination.Signalements;

/// <summary>How long a file may stay in a state before somebody should look: a clock for each state, in working days (Mondays to Fridays).</summary>
public static class StateClock
{
    private const int WeekDays = 7;
    private const int WorkDays = 5;

    /// <summary>Working days by state. A state that is not among them may last: to wait for a GP is what the list is for.</summary>
    public static IReadOnlyDictionary<string, int> Usual { get; } = new Dictionary<string, int>
    {
        [FileStates.Received] = 2,
        [FileStates.ToConfirm] = 5,
        [FileStates.DuplicateToCheck] = 5,
        [FileStates.ToQualify] = 5,
        [FileStates.Incomplete] = 20,
        [FileStates.MasStudy] = 20,
        [FileStates.Qualified] = 5,
        [FileStates.Proposed] = 5,
        [FileStates.Accepted] = 10,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>What is to be said of a file that has been in that state for too long; null as long as it has not.</summary>
    public static string? Overdue(string? state, DateOnly since, DateOnly today, IReadOnlyDictionary<string, int> delays) =>
        FileStates.Find(state) is { IsClosed: false } known && delays.TryGetValue(known.Code, out var days) && days > 0 && WorkingDays(since, today) > days
            ? string.Create(CultureInfo.InvariantCulture, $"{known.French} depuis le {since:dd'/'MM'/'yyyy}, plus de {days} jours ouvrés")
            : null;

    /// <summary>The working days after one day, up to another and with it.</summary>
    public static int WorkingDays(DateOnly after, DateOnly until)
    {
        if (until <= after)
            return 0;
        var (weeks, rest) = Math.DivRem(until.DayNumber - after.DayNumber, WeekDays);
        var count = weeks * WorkDays;
        for (var day = until; rest > 0; (day, rest) = (day.AddDays(-1), rest - 1))
            count += day.DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday ? 0 : 1;
        return count;
    }
}
