using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Tests.Model;

public sealed class Dates_and_references
{
    private static readonly TimeZoneInfo Paris = TimeZoneInfo.FindSystemTimeZoneById("Europe/Paris");

    [Theory]
    [InlineData("1947", "1947-01-01T00:00:00", "1948-01-01T00:00:00")]
    [InlineData("1947-03", "1947-03-01T00:00:00", "1947-04-01T00:00:00")]
    [InlineData("2024-02-29", "2024-02-29T00:00:00", "2024-03-01T00:00:00")]
    [InlineData("2025-06-18T09:12", "2025-06-18T09:12:00", "2025-06-18T09:13:00")]
    [InlineData("2025-06-18T09:12:44", "2025-06-18T09:12:44", "2025-06-18T09:12:45")]
    public void A_partial_date_covers_the_interval_of_its_precision(string text, string start, string end)
    {
        Assert.True(PartialDate.TryParse(text, out var date));
        Assert.Equal(DateTime.Parse(start), date.Start);
        Assert.Equal(DateTime.Parse(end), date.End);
    }

    [Theory]
    [InlineData("9999")]
    [InlineData("9999-12")]
    [InlineData("9999-12-31")]
    [InlineData("9999-12-31T23:59Z")]
    [InlineData("9999-12-31T23:59:59-14:00")]
    [InlineData("9999-12-31T23:59:59.9999999Z")]
    [InlineData("0001-01-01T00:00:00+14:00")]
    public void The_first_and_the_last_moments_have_an_interval_too(string text)
    {
        Assert.True(PartialDate.TryParse(text, out var date));
        var (low, high) = date.UtcTicks(Paris);
        Assert.InRange(low, 0, high);
        Assert.InRange(high, low, DateTime.MaxValue.Ticks);
    }

    [Theory]
    [InlineData("2025-02-29")]
    [InlineData("2025-13-01")]
    [InlineData("0000")]
    [InlineData("25-01-01")]
    [InlineData("2025-06-18T25:00")]
    [InlineData("2025-06-18T09:12:60")]
    [InlineData("2025-06-18T09:12:00.")]
    [InlineData("2025-06-18T09:12:00+0200")]
    [InlineData("2025-06-18 09:12")]
    public void What_is_no_date_is_refused(string text) => Assert.False(PartialDate.TryParse(text, out _));

    [Fact]
    public void An_offset_wins_over_the_zone_that_stands_in_for_a_missing_one()
    {
        Assert.True(PartialDate.TryParse("2025-06-18T09:00:00Z", out var inUtc));
        Assert.True(PartialDate.TryParse("2025-06-18T11:00:00", out var inParis));
        Assert.Equal(inUtc.UtcTicks(Paris), inParis.UtcTicks(Paris));
        Assert.NotEqual(inUtc.UtcTicks(TimeZoneInfo.Utc), inParis.UtcTicks(TimeZoneInfo.Utc));
    }

    [Theory]
    [InlineData("Patient/a", "Patient", "a", null, null, null)]
    [InlineData("Patient/a/_history/2", "Patient", "a", null, null, null)]
    [InlineData("https://hub.example/fhir/Patient/a", "Patient", "a", "https://hub.example/fhir", null, null)]
    [InlineData("#c", null, null, null, "c", null)]
    [InlineData("urn:uuid:1", null, null, null, null, "urn:uuid:1")]
    [InlineData("http://x.example/ValueSet|1", null, null, null, null, "http://x.example/ValueSet|1")]
    [InlineData("patient/a", null, null, null, null, "patient/a")]
    [InlineData("https://hub.example/fhir/Patient/a/_history/3", "Patient", "a", "https://hub.example/fhir", null, null)]
    [InlineData("/Patient/a", null, null, null, null, "/Patient/a")]
    [InlineData("fhir/Patient/a", null, null, null, null, "fhir/Patient/a")]
    [InlineData("ftp://hub.example/Patient/a", null, null, null, null, "ftp://hub.example/Patient/a")]
    [InlineData("http:/Patient/a", null, null, null, null, "http:/Patient/a")]
    [InlineData("a/_history/2", null, null, null, null, "a/_history/2")]
    [InlineData("Patient/_history/2", null, null, null, null, "Patient/_history/2")]
    [InlineData("Patient/", null, null, null, null, "Patient/")]
    [InlineData("Patient", null, null, null, null, "Patient")]
    [InlineData("/", null, null, null, null, "/")]
    public void A_reference_is_taken_apart(string text, string? type, string? id, string? root, string? fragment, string? uri)
    {
        Assert.True(ResourceReference.TryParse(text, out var reference));
        Assert.Equal((type, id, root, fragment, uri), (reference.Type, reference.Id, reference.Base, reference.Fragment, reference.Uri));
    }

    [Theory]
    [InlineData("Patient/a", null)]
    [InlineData("Patient/a/_history/2", "2")]
    [InlineData("https://hub.example/fhir/Patient/a/_history/3", "3")]
    [InlineData("Patient/_history", null)]
    public void A_reference_names_a_version_or_none(string text, string? version)
    {
        Assert.True(ResourceReference.TryParse(text, out var reference));
        Assert.Equal(version, reference.Version);
    }
}
