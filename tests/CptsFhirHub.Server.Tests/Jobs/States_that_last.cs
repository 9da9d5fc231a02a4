using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Server.Flows;

namespace CptsFhirHub.Tests.Jobs;

/// <summary>A clock for each state: a file that does not go on is flagged until it does.</summary>
public sealed class States_that_last(HubHost host)
{
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_file_that_stays_too_long_is_flagged_once_for_each_stay_and_until_it_goes_on()
    {
        var watch = new WatchedTerritory(host);
        await watch.FileAsync("stays", "2026-01-15", "recu");
        await watch.FileAsync("waits", "2026-01-15");
        await watch.States.RunAllAsync(Stop);
        Assert.Empty(await watch.AllAsync("Flag"));

        // What does not move the file does not start its clock again.
        await watch.ChangeAsync("Task/stays", task => Changed(task, "description", "Rappelé ce matin."));
        watch.Later = TimeSpan.FromDays(7);
        await watch.States.RunAllAsync(Stop);
        Assert.Contains("0 flagged as too long in their state, 0 flags ended", await watch.States.RunAllAsync(Stop), StringComparison.Ordinal);
        var flag = Assert.Single(await watch.AllAsync("Flag"));
        Assert.Equal(("active", "Patient/stays", "stays/1"), (flag.Text("status"), flag.At("subject", "reference")!.Value, flag.At("identifier", "value")!.Value));
        Assert.Matches(@"^Reçu depuis le \d\d/\d\d/\d{4}, plus de 2 jours ouvrés$", flag.At("code", "text")!.Value!);

        await watch.ChangeAsync("Task/stays", task => FileSteps.Moved(task, "a-qualifier", DateTimeOffset.UtcNow));
        watch.Later = TimeSpan.Zero;
        Assert.Contains("0 flagged as too long in their state, 1 flags ended", await watch.States.RunAllAsync(Stop), StringComparison.Ordinal);
        Assert.Equal("inactive", Assert.Single(await watch.AllAsync("Flag")).Text("status"));

        watch.Later = TimeSpan.FromDays(14);
        await watch.States.RunAllAsync(Stop);
        Assert.Equal(["stays/1 inactive", "stays/3 active"], await FlagsAsync(watch));

        await watch.ChangeAsync("Task/stays", task => FileSteps.Moved(task, "clos-a-la-demande", DateTimeOffset.UtcNow));
        await watch.States.RunAllAsync(Stop);
        Assert.Equal(["stays/1 inactive", "stays/3 inactive"], await FlagsAsync(watch));
    }

    [Fact]
    public async Task A_tenant_has_delays_of_its_own()
    {
        var watch = new WatchedTerritory(host, ("FollowUp:StateDays:recu", "0"), ("FollowUp:StateDays:en-attente-medecin", "100"));
        await watch.FileAsync("received", "2026-01-15", "recu");
        await watch.FileAsync("waits", "2026-01-15");
        watch.Later = TimeSpan.FromDays(100);
        await watch.States.RunAllAsync(Stop);
        Assert.Empty(await watch.AllAsync("Flag"));
        watch.Later = TimeSpan.FromDays(200);
        await watch.States.RunAllAsync(Stop);
        Assert.Equal(["waits/1 active"], await FlagsAsync(watch));

        Assert.Throws<InvalidDataException>(() => new WatchedTerritory(host, ("FollowUp:StateDays:no-state", "3")));
    }

    [Fact]
    public async Task A_run_that_is_cut_off_at_any_moment_is_finished_by_the_next_and_flags_nobody_twice()
    {
        for (var cut = 1; ; cut++)
        {
            var watch = new WatchedTerritory(host);
            foreach (var id in (string[])["a", "b", "c"])
                await watch.FileAsync(id, "2026-01-15", "recu");
            watch.Later = TimeSpan.FromDays(7);
            var wasCut = await watch.CutAsync(cut, watch.States.RunAllAsync);
            await watch.States.RunAllAsync(Stop);
            Assert.Equal(["a/1 active", "b/1 active", "c/1 active"], await FlagsAsync(watch));

            watch.Later = TimeSpan.Zero;
            wasCut |= await watch.CutAsync(cut, watch.States.RunAllAsync);
            await watch.States.RunAllAsync(Stop);
            Assert.Equal(["a/1 inactive", "b/1 inactive", "c/1 inactive"], await FlagsAsync(watch));
            Assert.All(await watch.VersionsAsync("Flag"), flag => Assert.Equal("2", flag.Value));
            if (!wasCut)
            {
                Assert.InRange(cut, 4, int.MaxValue);
                return;
            }
        }
    }

    private static Element Changed(Element task, string name, string value)
    {
        var changed = task.Copy();
        changed.Put(name, value);
        return changed;
    }

    private static async Task<List<string>> FlagsAsync(WatchedTerritory watch) =>
        [.. (await watch.AllAsync("Flag")).Select(flag => $"{flag.At("identifier", "value")!.Value} {flag.Text("status")}").Order(StringComparer.Ordinal)];
}
