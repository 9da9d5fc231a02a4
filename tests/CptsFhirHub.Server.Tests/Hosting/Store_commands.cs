using CptsFhirHub.Server.Hosting;
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

    [Theory]
    [InlineData("verifier")]
    [InlineData("backup")]
    [InlineData("restore", "no-such-file")]
    public async Task A_command_that_cannot_be_carried_out_is_told(params string[] words) =>
        Assert.Equal(2, await StoreCommands.RunAsync(words, () => Options("unused")));

    [Fact]
    public async Task Settings_alone_are_no_command() =>
        Assert.Null(await StoreCommands.RunAsync(["--urls", "http://127.0.0.1:0", "--Hub:Demo=true"], () => Options("unused")));

    private static StoreOptions Options(string folder) =>
        new() { Provider = StorePlace.Provider, ConnectionString = StorePlace.ConnectionString(folder), DataDirectory = folder };
}
