using System.Collections.Frozen;
using System.Globalization;
using CptsFhirHub.Coordination.Identity.Matching;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Hosting;

/// <summary>Given a store and the hub's own definitions: all that are in force there, and the URLs of the parameters that are being indexed.</summary>
internal delegate Task<(DefinitionSet Definitions, FrozenSet<string> Pending)> ParametersInForce(HubStore store, DefinitionSet definitions);

/// <summary>What the server's program does with its store instead of serving: <c>verify</c>, <c>backup FILE</c>, <c>restore FILE</c>, <c>names FOLDER</c>.</summary>
internal static class StoreCommands
{
    private const int FaultsMax = 1_000;

    /// <summary>The exit code, or null when the arguments name no command: then the hub is to serve.</summary>
    public static async Task<int?> RunAsync(string[] args, Func<StoreOptions> optionsOf, ParametersInForce? parameters = null)
    {
        // A command stands before the settings; "--name value" is one of these.
        var words = args.TakeWhile(arg => !arg.StartsWith('-') && !arg.Contains('=', StringComparison.Ordinal)).ToList();
        try
        {
            switch (words)
            {
                case []:
                    return null;
                case ["verify"]:
                    return await VerifyAsync(optionsOf(), parameters);
                case ["backup", var file]:
                    await Backup.WriteAsync(optionsOf(), Path.GetFullPath(file), CancellationToken.None);
                    Console.WriteLine($"Backed up to {file}; its SHA-256 is beside it.");
                    return 0;
                case ["names", var folder]:
                    return await LoadNamesAsync(optionsOf(), folder);
                case ["restore", var file]:
                    await Backup.RestoreAsync(optionsOf(), Path.GetFullPath(file), CancellationToken.None);
                    Console.WriteLine($"Restored from {file}.");
                    return 0;
                default:
                    await Console.Error.WriteLineAsync("Commands are: verify, backup FILE, restore FILE, names FOLDER. Without one the hub serves.");
                    return 2;
            }
        }
        catch (Exception failure) when (failure is IOException or InvalidOperationException or InvalidDataException or ArgumentException)
        {
            await Console.Error.WriteLineAsync(failure.Message);
            return 2;
        }
    }

    /// <summary>INSEE's files of surnames and first names: how much an agreement of names says, for every tenant.</summary>
    private static async Task<int> LoadNamesAsync(StoreOptions options, string folder)
    {
        var births = NameCounts.OfNation(
            await File.ReadAllTextAsync(Path.Combine(folder, "surnames.csv")), await File.ReadAllTextAsync(Path.Combine(folder, "given_names.csv")));
        if (births.Surnames.Count == 0 || births.FirstNames.Count == 0)
            throw new InvalidDataException("The files hold no names: a name stands in the first column, births in the second or in births_1891_2000, births_1900_2022.");
        await using var store = await HubStore.OpenAsync(options, CancellationToken.None);
        await MatchParameters.LoadAsync(store.Registry, births, options.Time.GetUtcNow(), CancellationToken.None);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{births.Surnames.Count} surnames and {births.FirstNames.Count} first names loaded."));
        return 0;
    }

    private static async Task<int> VerifyAsync(StoreOptions options, ParametersInForce? parameters)
    {
        await using var store = await HubStore.OpenAsync(options, CancellationToken.None);

        // Search parameters that were loaded while the hub ran have rows in the index too.
        var (definitions, pending) = parameters is null ? (options.Definitions, FrozenSet<string>.Empty) : await parameters(store, options.Definitions);
        store.Resources.UseParameters(definitions);
        var check = await store.VerifyAsync(FaultsMax, parameter => !pending.Contains(parameter.Url), CancellationToken.None);
        foreach (var fault in check.Faults)
            Console.WriteLine(fault);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{check.Resources} resources, {check.Rows} index rows, {check.Faults.Count} faults."));
        return check.Faults.Count == 0 ? 0 : 1;
    }
}
