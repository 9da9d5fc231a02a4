using System.Security.Cryptography;
using CptsFhirHub.Storage.Sql;

namespace CptsFhirHub.Storage;

/// <summary>
/// The secret under which the senders' own keys are hashed. It stands beside the database and not in it: in the settings, else in
/// <c>{data}/keys/journal.key</c> on SQLite. The database holds a check of it alone, by which a wrong secret is known. Hubs that share
/// PostgreSQL and are given none share the one in the database.
/// </summary>
internal sealed class JournalSecret(StoreOptions options)
{
    private const string SecretFact = "journal-key-secret";
    private const string CheckFact = "journal-key-check";
    private const int SecretBytes = 32;

    private string KeyFile => Path.Combine(Path.GetFullPath(options.DataDirectory), "keys", "journal.key");

    /// <summary>What the person who runs the hub should know of the secret; null when all is well.</summary>
    public string? Warning { get; private set; }

    /// <summary>Finds or makes the secret. Throws <see cref="StoreUnavailableException"/> when it is not the one of this store.</summary>
    public async Task<byte[]> OpenAsync(Writer writer, ReaderPool readers, CancellationToken cancellationToken)
    {
        var (kept, check) = readers.Read(0, static (session, _) => (StoreFacts.Find(session, SecretFact), StoreFacts.Find(session, CheckFact)));
        byte[] secret;
        if (options.JournalSecret is { Length: > 0 } given)
            secret = Parse(given, "Hub:Journal:Secret");
        else if (options.Provider == StoreOptions.Sqlite)
        {
            var isLost = check is not null && kept is null && !File.Exists(KeyFile);
            secret = ReadOrMake(kept);
            if (isLost)
            {
                Warning = "keys/journal.key is missing: a new one was made, and messages taken in before are no longer found by their senders' own keys.";
                await writer.RunAsync(static scope => StoreFacts.Remove(scope, CheckFact), canStop: false, cancellationToken);
            }
        }
        else
        {
            Warning = "The secret of the journal's keys stands in the database that it protects: give every hub Hub:Journal:Secret or SecretFile.";
            return await writer.RunAsync(Shared, canStop: false, cancellationToken)
                ?? throw Wrong("The secret of the journal's keys is not in this database: give this hub Hub:Journal:Secret or SecretFile as the others have it.");
        }

        return await writer.RunAsync(scope => Settle(scope, secret), canStop: false, cancellationToken)
            ? secret
            : throw Wrong("The secret of the journal's keys is not the one of this database: give the one of Hub:Journal:Secret, or the file keys/journal.key, that belongs to it.");
    }

    /// <summary>The secret in the database, made when there has been none; null when it was taken out.</summary>
    private static byte[]? Shared(WriteScope scope)
    {
        if (StoreFacts.Find(scope.Session, SecretFact) is { } kept)
            return kept;
        if (StoreFacts.Find(scope.Session, CheckFact) is not null)
            return null;
        StoreFacts.Put(scope, SecretFact, RandomNumberGenerator.GetBytes(SecretBytes));
        return StoreFacts.Find(scope.Session, SecretFact);
    }

    /// <summary>Takes the secret that an earlier release kept out of the database; false when this is another one.</summary>
    private static bool Settle(WriteScope scope, byte[] secret)
    {
        var check = HMACSHA256.HashData(secret, "journal-key-check"u8);
        var (kept, known) = (StoreFacts.Find(scope.Session, SecretFact), StoreFacts.Find(scope.Session, CheckFact));
        if (kept is not null && !CryptographicOperations.FixedTimeEquals(kept, secret) || known is not null && !CryptographicOperations.FixedTimeEquals(known, check))
            return false;
        StoreFacts.Put(scope, CheckFact, check);
        if (kept is not null)
            StoreFacts.Remove(scope, SecretFact);
        return true;
    }

    /// <summary>The file's secret; when there is no file it is written first, durably, readable by the hub's account alone.</summary>
    private byte[] ReadOrMake(byte[]? kept)
    {
        if (!File.Exists(KeyFile))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(KeyFile)!);
            var temporary = $"{KeyFile}.{Guid.NewGuid():N}";
            var creation = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
                creation.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            using (var stream = new FileStream(temporary, creation))
            {
                stream.Write(System.Text.Encoding.ASCII.GetBytes(Convert.ToHexStringLower(kept ?? RandomNumberGenerator.GetBytes(SecretBytes))));
                stream.Flush(flushToDisk: true);
            }

            // Two processes that begin at once agree on the first one's secret.
            try
            {
                File.Move(temporary, KeyFile, overwrite: false);
            }
            catch (IOException) when (File.Exists(KeyFile))
            {
                File.Delete(temporary);
            }
        }

        return Parse(File.ReadAllText(KeyFile), "keys/journal.key");
    }

    private static byte[] Parse(string text, string place)
    {
        text = text.Trim();
        return text.Length == 2 * SecretBytes && text.All(char.IsAsciiHexDigit)
            ? Convert.FromHexString(text)
            : throw Wrong($"{place} is not {2 * SecretBytes} hexadecimal digits.");
    }

    private static StoreUnavailableException Wrong(string message) => new(StoreUnavailableException.JournalSecret, message);
}
