namespace CptsFhirHub.Storage.Tests;

public sealed class Ids_of_new_resources
{
    private static readonly DateTimeOffset Now = new(2026, 3, 9, 8, 30, 15, 250, TimeSpan.Zero);

    [Fact]
    public async Task No_two_are_alike_whichever_thread_asks()
    {
        const int each = 1_000;
        var ids = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => Enumerable.Range(0, each).Select(_ => FreshIds.New(Now)).ToList())));

        Assert.Equal(8 * each, ids.SelectMany(some => some).Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public void An_id_is_a_UUID_of_version_7_that_begins_with_its_instant()
    {
        for (var n = 0; n < 200; n++)
        {
            var id = Guid.Parse(FreshIds.New(Now));

            Assert.Equal(7, id.Version);
            Assert.InRange(id.Variant, 8, 11);
            Assert.Equal(Guid.CreateVersion7(Now).ToString()[..13], id.ToString()[..13]);
        }

        Assert.True(string.CompareOrdinal(FreshIds.New(Now), FreshIds.New(Now.AddMilliseconds(1))) < 0);
    }
}
