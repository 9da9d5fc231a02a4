using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace CptsFhirHub.Bench;

/// <summary>The hub, or what it is compared with, as a process of its own.</summary>
internal sealed class HubProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly bool _givesTokens;

    private HubProcess(Process process, Uri address, bool givesTokens)
    {
        _process = process;
        _givesTokens = givesTokens;
        Address = address;
    }

    public Uri Address { get; }

    /// <summary>Where it listens for HL7 v2.</summary>
    public int MllpPort { get; private init; }

    public TimeSpan StartUp { get; private set; }

    public TimeSpan CpuTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    public double ResidentMegabytes()
    {
        _process.Refresh();
        return _process.WorkingSet64 / 1024.0 / 1024.0;
    }

    /// <summary>The server on a place: empty, or left by another run.</summary>
    public static Task<HubProcess> StartAsync(
        string program, BenchPlace place, bool hasDemoTerritory = true, IReadOnlyDictionary<string, string?>? more = null) =>
        StartAsync([program], givesTokens: true, new Dictionary<string, string?>(place.Settings.Concat(more ?? new Dictionary<string, string?>()))
        {
            ["ASPNETCORE_ENVIRONMENT"] = "Development",
            ["Hub__DemoTerritory"] = hasDemoTerritory ? "true" : "false",
            // The bench is one client that sends far more than one client may.
            ["Hub__Limits__RatePerSecond"] = "1000000",
            ["Hub__Limits__RateBurst"] = "1000000",
            ["Hub__Limits__MatchesPerMinute"] = "1000000000",
            ["Logging__LogLevel__Default"] = "Warning",
        });

    /// <summary><see cref="BareEndpoint"/> on the database that the server has filled.</summary>
    public static Task<HubProcess> StartBareAsync(BenchPlace place) => StartAsync(
        [typeof(HubProcess).Assembly.Location, "bare", place.Provider, place.Database], givesTokens: false, new Dictionary<string, string?>());

    private static async Task<HubProcess> StartAsync(string[] arguments, bool givesTokens, IReadOnlyDictionary<string, string?> settings)
    {
        var address = new Uri($"http://127.0.0.1:{FreePort()}");
        var start = new ProcessStartInfo("dotnet", arguments) { UseShellExecute = false, RedirectStandardOutput = true };
        start.Environment["ASPNETCORE_URLS"] = address.ToString();
        var mllpPort = FreePort();
        start.Environment["Hub__Mllp__Port"] = mllpPort.ToString(System.Globalization.CultureInfo.InvariantCulture);
        foreach (var (name, value) in settings)
            start.Environment[name] = value;

        var clock = Stopwatch.StartNew();
        var process = Process.Start(start) ?? throw new InvalidOperationException("The hub did not start.");
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        var hub = new HubProcess(process, address, givesTokens) { MllpPort = mllpPort };
        using var client = new HttpClient { BaseAddress = address };
        while (!await IsReadyAsync(client))
        {
            if (process.HasExited || clock.Elapsed > TimeSpan.FromMinutes(1))
                throw new InvalidOperationException("The hub did not become ready.");
            await Task.Delay(20);
        }

        hub.StartUp = clock.Elapsed;
        return hub;
    }

    /// <summary>A client with a fresh token of a demo account; tokens live minutes, a measurement lives seconds.</summary>
    public async Task<HttpClient> ClientAsync(string account, int connections)
    {
        var client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = connections }) { BaseAddress = Address };
        if (!_givesTokens)
            return client;
        using var request = new HttpRequestMessage(HttpMethod.Post, "/auth/token")
        {
            Content = new FormUrlEncodedContent([new("grant_type", "client_credentials")]),
            Headers =
            {
                Authorization = new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{account}:{account}"))),
            },
        };
        using var response = await client.SendAsync(request);
        response.EnsureSuccessStatusCode();
        using var answer = JsonDocument.Parse(await response.Content.ReadAsStreamAsync());
        client.DefaultRequestHeaders.Authorization =
            new AuthenticationHeaderValue("Bearer", answer.RootElement.GetProperty("access_token").GetString());
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static async Task<bool> IsReadyAsync(HttpClient client)
    {
        try
        {
            using var response = await client.GetAsync(new Uri("/health/ready", UriKind.Relative));
            return response.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
