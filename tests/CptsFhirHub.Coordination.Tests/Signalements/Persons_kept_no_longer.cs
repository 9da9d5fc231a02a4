using CptsFhirHub.Coordination.Signalements;

namespace CptsFhirHub.Coordination.Tests.Signalements;

public sealed class Persons_kept_no_longer
{
    private static readonly DateOnly Today = new(2026, 11, 22);
    private static readonly DateOnly Long = new(2024, 11, 21);
    private static readonly DateOnly NotYet = new(2024, 11, 22);

    [Fact]
    public void A_person_goes_when_every_file_was_closed_before_the_limit()
    {
        Assert.True(IsOver(new(Today) { Files = [Long, Long] }));
        Assert.False(IsOver(new(Long) { Files = [Long, NotYet] }));
        Assert.False(IsOver(new(Long) { Files = [Long, null] }));
    }

    [Fact]
    public void A_person_without_a_file_goes_when_nobody_has_spoken_of_the_person_since()
    {
        Assert.True(IsOver(new(Long)));
        Assert.False(IsOver(new(NotYet)));
    }

    [Fact]
    public void A_cohort_that_goes_on_and_a_visit_keep_the_person()
    {
        Assert.True(IsOver(new(Long) { Cohorts = [Long], Appointment = Long }));
        Assert.False(IsOver(new(Long) { Cohorts = [null] }));
        Assert.False(IsOver(new(Long) { Cohorts = [Today] }));
        Assert.False(IsOver(new(Long) { Appointment = NotYet }));
    }

    [Fact]
    public void Without_a_limit_nobody_goes() => Assert.False(Retention.IsOver(new(DateOnly.MinValue), Today, 0));

    private static bool IsOver(HeldPerson person) => Retention.IsOver(person, Today, 24);
}
