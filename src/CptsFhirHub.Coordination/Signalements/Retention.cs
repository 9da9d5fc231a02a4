namespace CptsFhirHub.Coordination.Signalements;

/// <summary>What decides how long the hub keeps what it holds of a person.</summary>
/// <param name="LastChange">The day on which the person's record was last written.</param>
public sealed record HeldPerson(DateOnly LastChange)
{
    /// <summary>The day on which each of the person's files was closed; null for one that is open.</summary>
    public IReadOnlyList<DateOnly?> Files { get; init; } = [];

    /// <summary>The last day of each cohort that the person is a member of; null for one that has no end.</summary>
    public IReadOnlyList<DateOnly?> Cohorts { get; init; } = [];

    /// <summary>The latest appointment; null when there is none.</summary>
    public DateOnly? Appointment { get; init; }
}

/// <summary>
/// Nobody is kept for ever: some months after the last file was closed, everything about the person is erased (flow M25). A person of whom no
/// file was ever opened, whom a hospital's stream brought, is kept as long after the last word about that person.
/// </summary>
public static class Retention
{
    /// <summary>True when the time is over. With no months nothing is erased.</summary>
    public static bool IsOver(HeldPerson person, DateOnly today, int months)
    {
        if (months <= 0)
            return false;
        var limit = today.AddMonths(-months);
        return person.Files.All(closed => closed < limit)
            && person.Cohorts.All(end => end < limit)
            && !(person.Appointment >= limit)
            && (person.Files.Count > 0 || person.LastChange < limit);
    }
}
