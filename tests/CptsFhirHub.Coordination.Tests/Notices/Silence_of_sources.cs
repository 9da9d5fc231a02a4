using CptsFhirHub.Coordination.Notices;

namespace CptsFhirHub.Tests.Notices;

public sealed class Silence_of_sources
{
    private static readonly DateTimeOffset Monday = new(2026, 6, 1, 8, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_rhythm_is_twice_the_longest_pause()
    {
        // Working days of three weeks, so the week-end is the longest pause: Friday to Monday.
        var heard = Enumerable.Range(0, 19).Select(day => Monday.AddDays(day))
            .Where(day => day.DayOfWeek is not (DayOfWeek.Saturday or DayOfWeek.Sunday));
        Assert.Equal(TimeSpan.FromDays(6), Silence.Learn(heard.Reverse()));
    }

    [Fact]
    public void A_file_of_a_thousand_lines_is_one_delivery()
    {
        var heard = Enumerable.Range(0, 1_000).Select(i => Monday.AddMilliseconds(i)).Append(Monday.AddDays(4));
        Assert.Null(Silence.Learn(heard));
    }

    [Fact]
    public void Too_little_or_too_irregular_teaches_nothing()
    {
        Assert.Null(Silence.Learn([]));
        Assert.Null(Silence.Learn(Enumerable.Range(0, 11).Select(day => Monday.AddDays(day))));
        Assert.NotNull(Silence.Learn(Enumerable.Range(0, 12).Select(day => Monday.AddDays(day))));
        Assert.Null(Silence.Learn(Enumerable.Range(0, 50).Select(hour => Monday.AddHours(hour))));
        Assert.Null(Silence.Learn(Enumerable.Range(0, 12).Select(day => Monday.AddDays(day)).Append(Monday.AddDays(40))));
    }

    [Fact]
    public void A_source_that_speaks_all_the_time_has_an_hour()
    {
        var heard = Enumerable.Range(0, 500).Select(i => Monday.AddMinutes(10 * i));
        Assert.Equal(TimeSpan.FromHours(1), Silence.Learn(heard));
    }

    [Theory]
    [InlineData(24, 24, false)]
    [InlineData(25, 24, true)]
    [InlineData(25, null, false)]
    [InlineData(null, 24, false)]
    public void Silence_is_more_than_the_rhythm(int? hoursSince, int? rhythmHours, bool isSilent) => Assert.Equal(isSilent, Silence.IsSilent(
        hoursSince is { } since ? Monday.AddHours(-since) : null, rhythmHours is { } hours ? TimeSpan.FromHours(hours) : null, Monday));

    [Theory]
    [InlineData(true, false, SilenceStep.Begins)]
    [InlineData(true, true, SilenceStep.None)]
    [InlineData(false, true, SilenceStep.Ends)]
    [InlineData(false, false, SilenceStep.None)]
    public void Each_end_of_a_silence_is_told_once(bool isSilent, bool isTold, SilenceStep step) => Assert.Equal(step, Silence.Step(isSilent, isTold));
}
