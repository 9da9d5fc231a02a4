using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using CptsFhirHub.Server;
using CptsFhirHub.Tests.Intake;

namespace CptsFhirHub.Tests.Flows;

/// <summary>What was acknowledged is there after kill -9 and a restart, once.</summary>
public sealed class Messages_survive_a_kill
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_sign_up_answered_before_the_kill_is_there_after_it()
    {
        var folder = Directory.CreateTempSubdirectory("hub-kill-").FullName;
        try
        {
            var acknowledged = new List<string>();
            var key = Guid.NewGuid().ToString();
            var body = Messages.SignUp(Somebody.New(), key);
            using (var first = await ChildAsync(folder))
            {
                using var booking = await ClientAsync(first.Address, "demo-booking");
                var (status, answer) = await booking.PostMessageAsync("doctolib", body, Messages.Json);
                Assert.True(status == 201, $"{status} {answer}");
                acknowledged.Add(answer.Text("messageId"));

                // The kill falls into a stream of messages: some are under way, some are acknowledged.
                using var cut = new CancellationTokenSource();
                var stream = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
                {
                    while (!cut.IsCancellationRequested)
                    {
                        try
                        {
                            var (code, told) = await booking.PostMessageAsync("doctolib", Messages.SignUp(Somebody.New()), Messages.Json);
                            if (code == 201)
                                lock (acknowledged)
                                    acknowledged.Add(told.Text("messageId"));
                        }
                        catch (Exception fault) when (fault is HttpRequestException or IOException)
                        {
                            return;
                        }
                    }
                })).ToList();
                await Task.Delay(500);
                first.Process.Kill();
                await first.Process.WaitForExitAsync();
                await cut.CancelAsync();
                await Task.WhenAll(stream);
            }

            using var second = await ChildAsync(folder);
            using var team = await ClientAsync(second.Address, "demo-cpts");
            foreach (var id in acknowledged)
            {
                var line = await team.GetJsonAsync($"/intake/messages/{id}");
                Assert.Equal("processed", line.Text("state"));
                await team.GetJsonAsync($"/fhir/{line.Text("signalement")}");
            }

            using var again = await ClientAsync(second.Address, "demo-booking");
            Assert.Equal(200, (await again.PostMessageAsync("doctolib", body, Messages.Json)).Status);
            var deadline = Stopwatch.StartNew();
            while ((await team.GetJsonAsync("/intake/messages?state=received")).GetProperty("messages").GetArrayLength() > 0)
            {
                Assert.True(deadline.Elapsed < Patience, "Unfinished messages are not resumed.");
                await Task.Delay(100);
            }

            second.Process.Kill();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<Child> ChildAsync(string folder)
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
        start.Environment["Hub__Mllp__Port"] = "0";
        start.Environment["Hub__DemoTerritory"] = "false";
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

    private static async Task<HttpClient> ClientAsync(Uri address, string account)
    {
        var client = new HttpClient { BaseAddress = address };
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

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private sealed record Child(Process Process, Uri Address) : IDisposable
    {
        public void Dispose()
        {
            if (!Process.HasExited)
                Process.Kill();
            Process.Dispose();
        }
    }
}
