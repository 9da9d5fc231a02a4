using System.Security.Cryptography;

namespace CptsFhirHub.Storage;

/// <summary>
/// Backups: a file with all that the store holds at one moment, and beside it the file's SHA-256, without which it is not restored.
/// </summary>
public static class Backup
{
    /// <summary>Backs up to <paramref name="file"/>, which must not exist; the hub may go on working.</summary>
    public static async Task WriteAsync(StoreOptions options, string file, CancellationToken cancellationToken)
    {
        if (File.Exists(file))
            throw new InvalidOperationException("The file exists already: a backup is never overwritten.");
        var half = file + ".part";
        File.Delete(half);
        using (var database = HubStore.DatabaseOf(options))
            await database.BackUpAsync(half, cancellationToken);
        await using (var written = new FileStream(half, FileMode.Open, FileAccess.ReadWrite))
            written.Flush(flushToDisk: true);
        await File.WriteAllTextAsync(HashFile(file), await HashAsync(half, cancellationToken) + "\n", cancellationToken);
        File.Move(half, file);
    }

    /// <summary>Restores into a store that holds nothing. Throws <see cref="InvalidDataException"/> when the file is not what was written.</summary>
    public static async Task RestoreAsync(StoreOptions options, string file, CancellationToken cancellationToken)
    {
        var told = (await File.ReadAllTextAsync(HashFile(file), cancellationToken)).Trim();
        if (told != await HashAsync(file, cancellationToken))
            throw new InvalidDataException("The backup is damaged: its SHA-256 is not the one beside it.");
        using var database = HubStore.DatabaseOf(options);
        await database.RestoreAsync(file, cancellationToken);
    }

    private static string HashFile(string file) => file + ".sha256";

    private static async Task<string> HashAsync(string file, CancellationToken cancellationToken)
    {
        await using var stream = File.OpenRead(file);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellationToken));
    }
}
