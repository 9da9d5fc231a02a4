using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using CptsFhirHub.Server;
using CptsFhirHub.Server.Jobs;
using CptsFhirHub.Tests.Intake;

namespace CptsFhirHub.Tests;

/// <summary>The hub as a process of its own, which a test may kill.</summary>
internal sealed class ChildHub : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private readonly Process _process;

    private ChildHub(Process process, Uri address) => (_process, Address) = (process, address);

    public Uri Address { get; }

    /// <summary>Starts it over that folder, with settings such as <c>("Hub__Outbox__Pause", "00:00:00.050")</c>.</summary>
    public static async Task<ChildHub> StartAsync(string folder, params (string Name, string Value)[] settings)
    {
        var address = new Uri($"http://127.0.0.1:{FreePort()}");
        var start = new ProcessStartInfo("dotnet", [typeof(HubSettings).Assembly.Location])
        {
            UseShellExecute = false,
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["ASPNETCORE_ENVIRONMENT"] = "Development";
        start.Environment["ASPNETCORE_URLS"] = address.ToString();
        start.Environment["Hub__DataDirectory"] = Path.Combine(folder, "data");
        start.Environment["Hub__Storage__Provider"] = StorePlace.Provider;
        start.Environment["Hub__Storage__ConnectionString"] = StorePlace.ConnectionString(folder);
        start.Environment["Hub__Mllp__Port"] = "0";
        start.Environment["Hub__DemoTerritory"] = "false";
        foreach (var job in JobsSetup.SettingNames)
            start.Environment[$"Hub__Jobs__{job}__Cron"] = HubHost.NoHourOfTheDay;
        foreach (var (name, value) in settings)
            start.Environment[name] = value;
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();

        using var client = new HttpClient { BaseAddress = address };
        var waited = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                if ((await client.GetAsync(new Uri("/health/ready", UriKind.Relative))).IsSuccessStatusCode)
                    return new(process, address);
            }
            catch (HttpRequestException)
            {
                // Not up yet.
            }

            Assert.False(process.HasExited, "The hub did not start.");
            Assert.True(waited.Elapsed < Patience, "The hub did not become ready.");
            await Task.Delay(50);
        }
    }

    /// <summary>A client with a token of that demo account.</summary>
    public async Task<HttpClient> ClientAsync(string account)
    {
        var client = new HttpClient { BaseAddress = Address };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/auth/token")
        {
            Content = new FormUrlEncodedContent([new("grant_type", "client_credentials")]),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue(
            "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{account}:{account}")));
        using var response = await client.SendAsync(request);
        client.DefaultRequestHeaders.Authorization = new("Bearer", (await response.JsonAsync()).Text("access_token"));
        return client;
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }

    /// <summary>
    /// A port that nobody listens on, of those that the system gives to no connection by itself: until the hub has it, other tests open
    /// hundreds of connections.
    /// </summary>
    public static int FreePort()
    {
        while (true)
        {
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, Random.Shared.Next(12_000, 32_000));
                listener.Start();
                return ((IPEndPoint)listener.LocalEndpoint).Port;
            }
            catch (SocketException taken) when (taken.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
            {
                // Another one, then.
            }
        }
    }
}
