using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using CptsFhirHub.Server.Hosting;
using CptsFhirHub.Server.Jobs;
using CptsFhirHub.Tests;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

[assembly: AssemblyFixture(typeof(HubHost))]

namespace CptsFhirHub.Tests;

/// <summary>
/// The whole hub on a real socket over a folder of its own, with the demo accounts. Tests that do not change settings share one.
/// When it ends, nothing may have ended in the last-resort handler.
/// </summary>
public sealed class HubHost : IAsyncLifetime
{
    /// <summary>A job's hour that comes within a run of tests would change at random what a test counts: jobs run when a test says so.</summary>
    public const string NoHourOfTheDay = "0 0 0 1 1 ?";

    /// <summary>A token lives for five minutes, a run of all the tests may take longer.</summary>
    private static readonly TimeSpan TokenAge = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, (Task<string> Token, long Asked)> _tokens = new(StringComparer.Ordinal);
    private readonly Factory _factory;

    public HubHost()
        : this([])
    {
    }

    private HubHost(IReadOnlyList<(string Name, string Value)> settings)
    {
        Folder = Directory.CreateTempSubdirectory("hub-test-").FullName;
        StorePlace.Reuse(Folder);
        _factory = new(Folder, settings);
    }

    public string Folder { get; }

    public Uri Address { get; private set; } = new("http://localhost");

    public IServiceProvider Services
    {
        get
        {
            StorePlace.SkipWhenMissing();
            return _factory.Services;
        }
    }

    /// <summary>Every line logged so far, whatever its level.</summary>
    public string Log => string.Join('\n', _factory.Lines);

    /// <summary>Another hub, with settings of its own: <c>("Hub:Limits:RatePerSecond", "5")</c>.</summary>
    public static async Task<HubHost> StartAsync(params (string Name, string Value)[] settings)
    {
        StorePlace.SkipWhenMissing();
        var host = new HubHost(settings);
        await host.InitializeAsync();
        return host;
    }

    public ValueTask InitializeAsync()
    {
        // The hub that all tests share has no test that could be skipped.
        if (StorePlace.IsMissing)
            return ValueTask.CompletedTask;

        // The port is that of the settings. With one told here, the factory would clear the addresses of a server that may have started by then.
        _factory.UseKestrel();
        _factory.StartServer();
        Address = new(_factory.ClientOptions.BaseAddress.ToString().Replace("localhost", "127.0.0.1", StringComparison.Ordinal));
        return ValueTask.CompletedTask;
    }

    /// <summary>A client without credentials; redirects are shown, not followed.</summary>
    public HttpClient Anonymous()
    {
        StorePlace.SkipWhenMissing();
        return new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = Address };
    }

    /// <summary>A client with a Bearer token of that demo account.</summary>
    public async Task<HttpClient> ClientAsync(string account)
    {
        var client = Anonymous();
        client.DefaultRequestHeaders.Authorization = new("Bearer", await TokenAsync(account));
        return client;
    }

    /// <summary>A token of that demo account, asked for now and then.</summary>
    public Task<string> TokenAsync(string account) => _tokens.AddOrUpdate(
        account,
        id => (AskAsync(id), Stopwatch.GetTimestamp()),
        (id, known) => Stopwatch.GetElapsedTime(known.Asked) < TokenAge ? known : (AskAsync(id), Stopwatch.GetTimestamp())).Token;

    private async Task<string> AskAsync(string id)
    {
        using var client = Anonymous();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/auth/token")
        {
            Content = new FormUrlEncodedContent([new("grant_type", "client_credentials")]),
        };
        request.Headers.Authorization = Basic(id, id);
        using var response = await client.SendAsync(request);
        var body = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"No token for {id}: {(int)response.StatusCode} {body}");
        using var json = JsonDocument.Parse(body);
        return json.RootElement.GetProperty("access_token").GetString()!;
    }

    public static AuthenticationHeaderValue Basic(string id, string secret) =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{id}:{secret}")));

    public async ValueTask DisposeAsync()
    {
        if (StorePlace.IsMissing)
            return;
        var unhandled = _factory.Services.GetRequiredService<Meters>().Unhandled;
        await _factory.DisposeAsync();
        StorePlace.Forget(Folder);
        try
        {
            Directory.Delete(Folder, recursive: true);
        }
        catch (IOException)
        {
            // A file that is still open is left to the system's temporary folder.
        }

        if (unhandled != 0)
            throw new InvalidOperationException(string.Create(
                CultureInfo.InvariantCulture, $"{unhandled} requests ended in the last-resort handler."));
    }

    private sealed class Factory(string folder, IReadOnlyList<(string Name, string Value)> settings) : WebApplicationFactory<Program>
    {
        private const int LinesMax = 100_000;

        public ConcurrentQueue<string> Lines { get; } = new();

        protected override void ConfigureWebHost(IWebHostBuilder builder)
        {
            builder.UseEnvironment("Development");
            builder.UseSetting(WebHostDefaults.ServerUrlsKey, "http://127.0.0.1:0");
            builder.UseSetting("Hub:DataDirectory", Path.Combine(folder, "data"));
            builder.UseSetting("Hub:Storage:Provider", StorePlace.Provider);
            builder.UseSetting("Hub:Storage:ConnectionString", StorePlace.ConnectionString(folder));
            builder.UseSetting("Hub:Mllp:Port", "0");
            builder.UseSetting("Hub:Limits:FailedLoginsPerMinute", "100000");
            foreach (var job in JobsSetup.SettingNames)
                builder.UseSetting($"Hub:Jobs:{job}:Cron", NoHourOfTheDay);
            foreach (var (name, value) in settings)
                builder.UseSetting(name, value);
            builder.ConfigureLogging(logging => logging.AddProvider(new Recorder(Lines)));
        }

        private sealed class Recorder(ConcurrentQueue<string> lines) : ILoggerProvider, ILogger
        {
            public ILogger CreateLogger(string categoryName) => this;

            public IDisposable? BeginScope<TState>(TState state)
                where TState : notnull => null;

            public bool IsEnabled(LogLevel logLevel) => true;

            public void Log<TState>(
                LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            {
                if (lines.Count < LinesMax)
                    lines.Enqueue($"{formatter(state, exception)} {exception}");
            }

            public void Dispose()
            {
                // The lines outlive the host: tests read them.
            }
        }
    }
}
