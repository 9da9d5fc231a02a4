using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace CptsFhirHub.Storage.Postgres;

/// <summary>PostgreSQL's own programs, which are those of the server's version or newer.</summary>
internal static class PostgresTool
{
    private const string DebianFolder = "/usr/lib/postgresql";

    public static async Task RunAsync(string program, string connectionString, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        var start = new ProcessStartInfo(Find(program), arguments) { UseShellExecute = false, RedirectStandardError = true };

        // Not on the command line, which every user of the machine can read.
        Set("PGHOST", settings.Host);
        Set("PGPORT", settings.Port.ToString(CultureInfo.InvariantCulture));
        Set("PGUSER", settings.Username);
        Set("PGPASSWORD", settings.Password);
        Set("PGDATABASE", settings.Database);

        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} does not start.");
        var errors = process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{program} failed: {(await errors).Trim()}");

        void Set(string name, string? value)
        {
            if (!string.IsNullOrEmpty(value))
                start.Environment[name] = value;
        }
    }

    /// <summary>The newest there is; Debian keeps them out of the path.</summary>
    private static string Find(string program)
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).AsEnumerable();
        if (Directory.Exists(DebianFolder))
            folders = folders.Concat(Directory.EnumerateDirectories(DebianFolder).OrderDescending(StringComparer.Ordinal).Select(version => Path.Combine(version, "bin")));
        return folders.Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists)
            ?? throw new InvalidOperationException($"There is no {program}: install the Debian package 'postgresql-client'.");
    }
}
