using System.Text;
using CptsFhirHub.Coordination.Identity.Matching;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Server;
using CptsFhirHub.Server.Hosting;
using CptsFhirHub.Server.Jobs;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Tests.Hosting;

public sealed class Store_commands
{
    [Fact]
    public async Task A_store_is_verified_backed_up_and_restored_by_commands()
    {
        var (from, to) = (Directory.CreateTempSubdirectory("hub-from-").FullName, Directory.CreateTempSubdirectory("hub-to-").FullName);
        var file = Path.Combine(to, "hub.backup");
        Assert.Equal(0, await StoreCommands.RunAsync(["verify"], () => Options(from)));
        Assert.Equal(0, await StoreCommands.RunAsync(["backup", file], () => Options(from)));
        Assert.Equal(2, await StoreCommands.RunAsync(["restore", file], () => Options(from)));
        StorePlace.Forget(from);
        Directory.Delete(from, recursive: true);
        Directory.CreateDirectory(from);
        Assert.Equal(0, await StoreCommands.RunAsync(["restore", file], () => Options(from)));
        Assert.Equal(0, await StoreCommands.RunAsync(["verify", "--Hub:Demo=false"], () => Options(from)));
        foreach (var folder in (string[])[from, to])
        {
            StorePlace.Forget(folder);
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Names_are_loaded_and_counted_and_decisions_tell_which_were_in_force()
    {
        var (folder, names) = (Directory.CreateTempSubdirectory("hub-from-").FullName, Directory.CreateTempSubdirectory("hub-names-").FullName);
        await File.WriteAllTextAsync(Path.Combine(names, "surnames.csv"), "name,births_1891_2000\nMARTIN,300\nTRAYNARD,1\n", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(names, "given_names.csv"), "name,sex,births_1900_2022\nODETTE,F,100\n", TestContext.Current.CancellationToken);
        var time = new FixedTime(new(2026, 11, 22, 10, 0, 0, TimeSpan.Zero));
        Assert.Equal(0, await StoreCommands.RunAsync(["names", names], () => Options(folder) with { Time = time }));

        await using (var store = await HubStore.OpenAsync(Options(folder), TestContext.Current.CancellationToken))
        {
            var parameters = new MatchParameters(store.Registry, time, MatchModel.Shipped);
            Assert.Equal($"{MatchModel.Shipped.Version}, INSEE 2026-11-22", parameters.Of("here").Version);
            for (var at = 0; at < 1_000; at += 500)
                await store.Resources.CommitAsync("here", [.. Enumerable.Range(at, 500).Select(n => new Write.Create(Patient(n)))], TestContext.Current.CancellationToken);
            Assert.Equal("1000 persons counted.", await new CountNames(store.Resources, parameters, ["here", "there"]).RunAllAsync(TestContext.Current.CancellationToken));

            // Another hub on this store, or this one after its next start, says the same; nobody else does.
            var others = new MatchParameters(store.Registry, time, MatchModel.Shipped);
            Assert.Equal($"{MatchModel.Shipped.Version}, INSEE 2026-11-22 + 1000 persons 2026-11-22", others.Of("here").Version);
            Assert.Equal(others.Of("here").Version, parameters.Of("here").Version);
            Assert.Equal($"{MatchModel.Shipped.Version}, INSEE 2026-11-22", others.Of("there").Version);
            Assert.True(others.Of("here").Frequencies.Surname("TRAYNARD") > others.Of("there").Frequencies.Surname("TRAYNARD"));
        }

        StorePlace.Forget(folder);
        Directory.Delete(folder, recursive: true);
        Directory.Delete(names, recursive: true);

        static Resource Patient(int n) => FhirJson.Parse(Encoding.UTF8.GetBytes($$"""
            {"resourceType":"Patient","active":true,"name":[{"use":"official","family":"{{(n % 2 == 0 ? "TRAYNARD" : "Martin")}}","given":["Odette"]}]}
            """)).Resource!;
    }

    [Theory]
    [InlineData("verifier")]
    [InlineData("backup")]
    [InlineData("restore", "no-such-file")]
    [InlineData("names", "no-such-folder")]
    public async Task A_command_that_cannot_be_carried_out_is_told(params string[] words) =>
        Assert.Equal(2, await StoreCommands.RunAsync(words, () => Options("unused")));

    [Fact]
    public async Task Settings_alone_are_no_command() =>
        Assert.Null(await StoreCommands.RunAsync(["--urls", "http://127.0.0.1:0", "--Hub:Demo=true"], () => Options("unused")));

    private sealed class FixedTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }

    private static StoreOptions Options(string folder) =>
        new() { Provider = StorePlace.Provider, ConnectionString = StorePlace.ConnectionString(folder), DataDirectory = folder };
}
