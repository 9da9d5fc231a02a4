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
}
