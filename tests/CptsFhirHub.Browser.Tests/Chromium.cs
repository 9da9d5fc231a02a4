using Microsoft.Playwright;

namespace CptsFhirHub.Tests.Browser;

/// <summary>The system's Chromium, headless. Playwright brings none of its own here.</summary>
internal static class Chromium
{
    private static readonly string[] Places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    /// <summary>Quiet on a closed network, and able to run as root in a container.</summary>
    private static readonly string[] Flags =
    [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync",
    ];

    public static async Task<IBrowser> LaunchAsync(IPlaywright playwright)
    {
        var required = (Environment.GetEnvironmentVariable("HUB_TESTS_REQUIRE") ?? "").Split(',').Contains("browser");
        var path = Array.Find(Places, File.Exists);
        if (path is null && required)
            Assert.Fail("HUB_TESTS_REQUIRE names the browser, and there is no Chromium: install the Debian package 'chromium'.");
        Assert.SkipWhen(path is null, "There is no Chromium: install the Debian package 'chromium'.");
        return await playwright.Chromium.LaunchAsync(new() { ExecutablePath = path, Headless = true, Args = Flags });
    }
}
