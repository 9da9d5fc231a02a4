using CptsFhirHub.Coordination.Signalements;

namespace CptsFhirHub.Coordination.Tests.Signalements;

/// <summary>Who is isolated, and whose need is to be confirmed.</summary>
public sealed class Files_that_rest
{
    private static readonly DateOnly Today = new(2026, 11, 22);
    private static readonly WatchedFile File = new("Task/1", "Patient/1", new(2026, 1, 15)) { IsFragile = true };

    private static IReadOnlyList<string> Isolation(WatchedFile file) => FollowUp.Isolation(file, Today, FollowUpRules.Default);

    [Fact]
    public void A_fragile_person_of_whom_nobody_hears_is_isolated_and_a_contact_ends_it()
    {
        Assert.Equal(["Sans contact depuis l'ouverture du dossier le 15/01/2026"], Isolation(File));
        Assert.Equal(["Sans contact depuis le 22/08/2026"], Isolation(File with { LastContact = new(2026, 8, 22) }));
        Assert.Empty(Isolation(File with { LastContact = new(2026, 8, 23) }));
        Assert.Empty(Isolation(File with { IsFragile = false }));
        Assert.Empty(Isolation(File with { Since = new(2026, 10, 1), LastContact = new(2025, 1, 1) }));
    }

    [Theory]
    [InlineData(2, false)]
    [InlineData(3, true)]
    public void Refusals_isolate_too(int refusals, bool isIsolated) =>
        Assert.Equal(isIsolated ? ["3 médecins ont décliné"] : [], Isolation(File with { LastContact = Today, Refusals = refusals }));

    [Theory]
    [InlineData("2025-11-22", null, null, Confirmation.Ask)]
    [InlineData("2025-11-23", null, null, Confirmation.None)]
    [InlineData("2024-01-01", "2026-01-01", null, Confirmation.None)]
    [InlineData("2024-01-01", "2025-01-01", null, Confirmation.Ask)]
    [InlineData("2024-01-01", null, "2026-11-22", Confirmation.None)]
    [InlineData("2024-01-01", null, "2026-11-21", Confirmation.Close)]
    public void A_need_is_confirmed_once_a_year(string since, string? confirmed, string? due, Confirmation expected) =>
        Assert.Equal(expected, FollowUp.Confirm(
            File with { Since = Day(since)!.Value, LastConfirmed = Day(confirmed), ConfirmationDue = Day(due) }, Today, FollowUpRules.Default));

    private static DateOnly? Day(string? text) =>
        text is null ? null : DateOnly.ParseExact(text, "yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);

    [Theory]
    [InlineData("2026-11-20", "2026-11-20", 0)]
    [InlineData("2026-11-20", "2026-11-22", 0)]
    [InlineData("2026-11-20", "2026-11-23", 1)]
    [InlineData("2026-11-16", "2026-11-20", 4)]
    [InlineData("2026-11-21", "2026-11-28", 5)]
    [InlineData("2026-11-20", "2027-11-20", 260)]
    [InlineData("2026-11-20", "2026-11-19", 0)]
    public void Working_days_are_counted_without_week_ends(string after, string until, int days) =>
        Assert.Equal(days, StateClock.WorkingDays(Day(after)!.Value, Day(until)!.Value));

    [Theory]
    [InlineData("recu", "2026-11-19", false)]
    [InlineData("recu", "2026-11-18", true)]
    [InlineData("propose", "2026-11-16", false)]
    [InlineData("propose", "2026-11-13", true)]
    [InlineData("en-attente-medecin", "2020-01-01", false)]
    [InlineData("clos-decede", "2020-01-01", false)]
    [InlineData("no-state", "2020-01-01", false)]
    public void A_file_stays_in_a_state_for_so_many_working_days(string state, string since, bool isOverdue) =>
        Assert.Equal(isOverdue, StateClock.Overdue(state, Day(since)!.Value, Day("2026-11-23")!.Value, StateClock.Usual) is not null);
}
