using System.Globalization;
using CptsFhirHub.Server.Flows;

namespace CptsFhirHub.Tests.Flows;

public sealed class Days_of_the_territory
{
    [Theory]
    [InlineData("2026-07-14T21:59:59Z", "2026-07-14")]
    [InlineData("2026-07-14T22:00:00Z", "2026-07-15")]
    [InlineData("2026-01-14T22:59:59.999Z", "2026-01-14")]
    [InlineData("2026-01-14T23:00:00Z", "2026-01-15")]
    [InlineData("2026-07-15T00:30:00+02:00", "2026-07-15")]
    [InlineData("2026-07-14T20:30:00-04:00", "2026-07-15")]
    public void An_instant_belongs_to_the_day_that_it_is_in_the_territory(string instant, string day)
    {
        var expected = DateOnly.ParseExact(day, "yyyy-MM-dd", CultureInfo.InvariantCulture);
        Assert.Equal(expected, Days.Of(instant));
        Assert.Equal(expected, Days.Of(DateTimeOffset.Parse(instant, CultureInfo.InvariantCulture)));
        Assert.Equal(day, Days.Text(DateTimeOffset.Parse(instant, CultureInfo.InvariantCulture)));
    }

    [Theory]
    [InlineData("2026-07-14", "2026-07-14")]
    [InlineData("2026-07-14T23:30:00", "2026-07-14")]
    [InlineData("2026-07", null)]
    [InlineData("2026-02-30", null)]
    [InlineData(null, null)]
    public void A_date_is_its_own_day_and_a_month_is_none(string? text, string? day) =>
        Assert.Equal(day, Days.Of(text)?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
}
