using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;

namespace CptsFhirHub.Tests.Docs;

/// <summary>
/// Every example of docs/api is run as it stands, page by page, against a demo hub: what the pages show is what the hub does. Needs bash and
/// curl, as the reader does.
/// </summary>
public sealed partial class Examples_of_the_documentation
{
    private const string DefaultAddress = "http://127.0.0.1:8080";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task Each_example_is_answered_as_the_page_says()
    {
        SkipWithoutCurl();
        await using var hub = await HubHost.StartAsync();
        var faults = new List<string>();
        var calls = 0;
        var preamble = Blocks(Repository.File("docs", "api", "README.md"))[0].Replace(DefaultAddress, hub.Address.ToString().TrimEnd('/'), StringComparison.Ordinal);
        foreach (var page in Directory.EnumerateFiles(Repository.File("docs", "api"), "*.md").Order(StringComparer.Ordinal))
        {
            var script = new StringBuilder(Wrapper).Append('\n').Append(preamble).Append('\n');
            foreach (var block in Blocks(page))
                script.Append("echo '# another example' >&2\n").Append(block.Replace(DefaultAddress, hub.Address.ToString().TrimEnd('/'), StringComparison.Ordinal)).Append('\n');
            var told = await RunAsync(script.ToString());
            var answers = Answer().Matches(told);
            calls += answers.Count;
            faults.AddRange(answers.Where(answer => answer.Groups["status"].Value is "000" or [>= '4', ..])
                .Select(answer => $"{Path.GetFileName(page)}: {answer.Value}"));
            faults.AddRange(told.Split('\n').Where(IsComplaint).Select(line => $"{Path.GetFileName(page)}: {line}"));
        }

        Assert.True(faults.Count == 0, string.Join('\n', faults));
        Assert.True(calls > 40, $"Only {calls} calls were made.");
    }

    /// <summary>curl as it is, but each answer's status goes to the error stream.</summary>
    private const string Wrapper = """
        curl() { command curl -w '%{stderr}answer %{http_code} %{method} %{url_effective}\n' "$@"; }
        export -f curl
        """;

    /// <summary>What the shell, or curl when an address is missing, says of a command that does not work.</summary>
    private static bool IsComplaint(string line) =>
        line.StartsWith("/bin/bash: line ", StringComparison.Ordinal) || line.StartsWith("curl: ", StringComparison.Ordinal);

    private static List<string> Blocks(string file) =>
        [.. Block().Matches(File.ReadAllText(file).ReplaceLineEndings("\n")).Select(block => block.Groups["text"].Value)];

    private static void SkipWithoutCurl()
    {
        StorePlace.SkipWhenMissing();
        const string what = "There is no bash or curl: install the Debian package 'curl'.";
        var isMissing = !(Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, "curl")))
            || !File.Exists("/bin/bash");
        if (isMissing && (Environment.GetEnvironmentVariable("HUB_TESTS_REQUIRE") ?? "").Split(',').Contains("curl"))
            Assert.Fail($"HUB_TESTS_REQUIRE names curl. {what}");
        Assert.SkipWhen(isMissing, what);
    }

    /// <summary>What the script says on its error stream.</summary>
    private static async Task<string> RunAsync(string script)
    {
        var start = new ProcessStartInfo("/bin/bash", ["-s"])
        {
            UseShellExecute = false,
            WorkingDirectory = Repository.Root,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.StandardInput.WriteAsync(script);
        process.StandardInput.Close();
        await Task.WhenAll(output, errors).WaitAsync(Patience, TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return await errors;
    }

    [GeneratedRegex("^```bash\n(?<text>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Block();

    [GeneratedRegex(@"^answer (?<status>\d{3}) .*$", RegexOptions.Multiline | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Answer();
}
