namespace CptsFhirHub.Coordination.Signalements;

/// <summary>An open file as the watch over it sees it.</summary>
/// <param name="File">The Task.</param>
/// <param name="Patient">Whose it is.</param>
/// <param name="Since">The day it was opened.</param>
public sealed record WatchedFile(string File, string Patient, DateOnly Since)
{
    public bool IsFragile { get; init; }

    /// <summary>The last day on which somebody spoke with the person, or saw the person; null when nobody has since the file was opened.</summary>
    public DateOnly? LastContact { get; init; }

    /// <summary>GPs who declined since the last one who accepted.</summary>
    public int Refusals { get; init; }

    /// <summary>The last day on which the person, or somebody for the person, confirmed that a GP is still sought.</summary>
    public DateOnly? LastConfirmed { get; init; }

    /// <summary>The last day of the confirmation that is being asked for; null when none is.</summary>
    public DateOnly? ConfirmationDue { get; init; }
}

/// <summary>What a CPTS decides about files that rest.</summary>
public sealed record FollowUpRules
{
    public static FollowUpRules Default { get; } = new();

    /// <summary>Months without contact after which a fragile person counts as isolated.</summary>
    public int IsolatedAfterMonths { get; init; } = 3;

    /// <summary>Refusals by GPs after which a fragile person counts as isolated.</summary>
    public int IsolatedAfterRefusals { get; init; } = 3;

    /// <summary>Months after which a file is to be confirmed.</summary>
    public int ConfirmAfterMonths { get; init; } = 12;

    /// <summary>Days that the person has to confirm.</summary>
    public int ConfirmWithinDays { get; init; } = 60;

    /// <summary>Working days that a file may stay in a state; a state that is not among them, or with 0, may last.</summary>
    public IReadOnlyDictionary<string, int> StateDays { get; init; } = StateClock.Usual;

    /// <summary>Months after the closing of a person's last file at which everything about the person is erased; 0 for never.</summary>
    public int EraseAfterMonths { get; init; } = 24;
}

/// <summary>What the yearly confirmation asks for.</summary>
public enum Confirmation
{
    /// <summary>Nothing is due.</summary>
    None,

    /// <summary>The person is to be asked.</summary>
    Ask,

    /// <summary>The person was asked and did not confirm in time: the file leaves the list.</summary>
    Close,
}

/// <summary>
/// Files that rest: fragile people of whom nobody hears (the watch over medical isolation, flow M27), and needs that may be over (the yearly
/// confirmation, flow M25).
/// </summary>
public static class FollowUp
{
    /// <summary>Why a person counts as medically isolated, in words that can be read aloud; empty when the person does not.</summary>
    public static IReadOnlyList<string> Isolation(WatchedFile file, DateOnly today, FollowUpRules rules)
    {
        if (!file.IsFragile)
            return [];
        var reasons = new List<string>();
        var last = file.LastContact is { } contact && contact > file.Since ? contact : file.Since;
        if (last.AddMonths(rules.IsolatedAfterMonths) <= today)
            reasons.Add(file.LastContact is null
                ? $"Sans contact depuis l'ouverture du dossier le {French(file.Since)}"
                : $"Sans contact depuis le {French(last)}");
        if (file.Refusals >= rules.IsolatedAfterRefusals)
            reasons.Add($"{file.Refusals} médecins ont décliné");
        return reasons;
    }

    /// <summary>Whether the need is to be confirmed today.</summary>
    public static Confirmation Confirm(WatchedFile file, DateOnly today, FollowUpRules rules)
    {
        if (file.ConfirmationDue is { } due)
            return due < today ? Confirmation.Close : Confirmation.None;
        var last = file.LastConfirmed is { } confirmed && confirmed > file.Since ? confirmed : file.Since;
        return last.AddMonths(rules.ConfirmAfterMonths) <= today ? Confirmation.Ask : Confirmation.None;
    }

    private static string French(DateOnly day) => day.ToString("dd/MM/yyyy", System.Globalization.CultureInfo.InvariantCulture);
}
