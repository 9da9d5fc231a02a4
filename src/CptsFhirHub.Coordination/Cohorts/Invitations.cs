namespace CptsFhirHub.Coordination.Cohorts;

/// <summary>What to write to a silent member of a cohort.</summary>
public enum Letter
{
    /// <summary>The first one.</summary>
    Invitation,

    /// <summary>Nothing was heard since the last.</summary>
    Reminder,
}

/// <summary>How often a CPTS writes to the patients of a leaving GP.</summary>
public sealed record InvitationRules
{
    public static InvitationRules Default { get; } = new();

    /// <summary>Days between two letters.</summary>
    public int DaysBetween { get; init; } = 21;

    /// <summary>Letters of the hub to one person, the insurer's own not counted.</summary>
    public int LettersMax { get; init; } = 3;

    /// <summary>Days after the GP's last day until which letters are sent.</summary>
    public int DaysAfterEnd { get; init; } = 180;
}

/// <summary>Whom to write to. Silence ends it, and so does every other state: nobody who found a GP, opposed, left or died gets a letter.</summary>
public static class Invitations
{
    /// <summary>The letter that is due today, or null.</summary>
    /// <param name="state">Where the person stands.</param>
    /// <param name="lastLetter">The day of the last letter, the insurer's among them; null when there was none.</param>
    /// <param name="sent">Letters that the hub has asked for already.</param>
    /// <param name="end">The GP's last day; null when unknown.</param>
    /// <param name="today">The day.</param>
    /// <param name="rules">What the CPTS decided.</param>
    public static Letter? Due(MemberState state, DateOnly? lastLetter, int sent, DateOnly? end, DateOnly today, InvitationRules rules)
    {
        if (state != MemberState.InvitedWithoutAnswer || end is { } last && today > last.AddDays(rules.DaysAfterEnd))
            return null;
        if (sent >= rules.LettersMax)
            return null;
        if (lastLetter is not { } before)
            return Letter.Invitation;
        return before.AddDays(rules.DaysBetween) <= today ? Letter.Reminder : null;
    }
}
