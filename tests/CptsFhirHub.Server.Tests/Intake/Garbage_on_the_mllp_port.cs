using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using CptsFhirHub.Server.Intake.Mllp;
using Microsoft.Extensions.DependencyInjection;

namespace CptsFhirHub.Tests.Intake;

/// <summary>Whatever comes in on the MLLP port, those who send messages are served.</summary>
public sealed class Garbage_on_the_mllp_port
{
    private const int FrameBytes = 1024 * 1024 * 1024;

    [Fact]
    public async Task Rude_senders_harm_nobody()
    {
        await using var host = await HubHost.StartAsync(
            ("Hub:Mllp:Port", "-1"), ("Hub:DemoTerritory", "false"), ("Hub:Limits:MllpMessageBytes", "65536"),
            ("Hub:Limits:MllpConnectionsPerAddress", "12"), ("Hub:Limits:MllpFrameTime", "00:00:05"));
        var endpoint = host.Services.GetRequiredService<MllpListener>().Endpoint!;
        using var end = new CancellationTokenSource();
        List<Task> rude =
        [
            .. Enumerable.Range(0, 2).Select(_ => RudeAsync(endpoint, "GET / HTTP/1.1\r\nHost: hub\r\n\r\n" + new string('x', 4_000), end.Token)),
            .. Enumerable.Range(0, 2).Select(_ => RudeAsync(endpoint, "\vMSH|^~\\&|half|a|frame", end.Token)),
            .. Enumerable.Range(0, 2).Select(_ => RudeAsync(endpoint, "\x1C\r\x1C\r\v\x1C\r\v\v\v\x1C\r", end.Token)),
            HugeAsync(endpoint),
            SlowAsync(endpoint, end.Token),
            CrowdAsync(endpoint, end.Token),
            DeafAsync(endpoint, end.Token),
        ];

        var people = Enumerable.Range(0, 12).Select(_ => Somebody.New()).ToList();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await Task.WhenAll(people.Select(who => MllpPeer.SendUntilAcceptedAsync(endpoint, Messages.Adt(who, "A03"), patience.Token)));
        await rude[6];
        await end.CancelAsync();
        await Task.WhenAll(rude);

        // When the rude have left, a connection is taken at once and stays.
        using var polite = await MllpPeer.ConnectAsync(endpoint);
        foreach (var who in people)
            Assert.Contains("MSA|AA|", await polite.SendAsync(Messages.Adt(who, "A13")), StringComparison.Ordinal);
        using var team = await host.ClientAsync("demo-cpts");
        foreach (var who in people)
            Assert.Single((await team.GetJsonAsync($"/fhir/ServiceRequest?patient.family={who.Family}")).Matches());
    }

    [Fact]
    public async Task A_sender_that_breaks_off_and_begins_anew_is_understood()
    {
        await using var host = await HubHost.StartAsync(("Hub:Mllp:Port", "-1"), ("Hub:DemoTerritory", "false"));
        using var peer = await MllpPeer.ConnectAsync(host.Services.GetRequiredService<MllpListener>().Endpoint!);
        var message = Messages.Adt(Somebody.New(), "A03", "CTRL-7");

        await peer.WriteAsync(MllpPeer.Framed(message).AsMemory(0, 100));
        Assert.Contains("MSA|AA|CTRL-7", await peer.SendAsync(message), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Half_a_message_is_not_acknowledged_because_its_text_holds_the_end_byte()
    {
        await using var host = await HubHost.StartAsync(("Hub:Mllp:Port", "-1"), ("Hub:DemoTerritory", "false"));
        using var peer = await MllpPeer.ConnectAsync(host.Services.GetRequiredService<MllpListener>().Endpoint!);
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();

        Assert.Contains("MSA|AA|CTRL-8", await peer.SendAsync(Messages.Adt(who, "A03", "CTRL-8").Replace("AIZENAY", "AIZ\u001CENAY", StringComparison.Ordinal)), StringComparison.Ordinal);

        Assert.Single((await team.GetJsonAsync($"/fhir/ServiceRequest?patient.family={who.Family}")).Matches());
        var line = Assert.Single((await team.GetJsonAsync("/intake/messages?source=hospital")).GetProperty("messages").EnumerateArray());
        Assert.EndsWith("||HMS\r", await team.GetStringAsync(new Uri($"/intake/messages/{line.Text("id")}/raw", UriKind.Relative), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Over_tls_a_pinned_certificate_says_who_sends_and_another_is_refused()
    {
        var folder = Directory.CreateTempSubdirectory("hub-mllps-").FullName;
        try
        {
            using var server = Certificate("CN=hub");
            using var hospital = Certificate("CN=hospital");
            using var stranger = Certificate("CN=stranger");
            var (certificate, key) = (Path.Combine(folder, "hub.pem"), Path.Combine(folder, "hub.key"));
            await File.WriteAllTextAsync(certificate, server.ExportCertificatePem());
            await File.WriteAllTextAsync(key, server.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
            await using var host = await HubHost.StartAsync(
                ("Hub:Mllp:Port", "0"), ("Hub:DemoTerritory", "false"), ("Hub:Mllp:Tls:Port", "-1"),
                ("Hub:Mllp:Tls:Certificate", certificate), ("Hub:Mllp:Tls:Key", key),
                ("Hub:Mllp:Tls:Clients:0:Thumbprint", hospital.GetCertHashString(HashAlgorithmName.SHA256)),
                ("Hub:Mllp:Tls:Clients:0:Client", "demo-cpts"));
            var listener = host.Services.GetRequiredService<MllpListener>();
            Assert.Null(listener.Endpoint);
            var who = Somebody.New();

            using (var known = await SecureAsync(listener.SecureEndpoint!, server, hospital))
                Assert.Contains("MSA|AA|", await known.SendAsync(Messages.Adt(who, "A03")), StringComparison.Ordinal);
            await Assert.ThrowsAnyAsync<Exception>(() => ExchangeAsync(listener.SecureEndpoint!, server, stranger));
            await Assert.ThrowsAnyAsync<Exception>(() => ExchangeAsync(listener.SecureEndpoint!, server, own: null));

            using var team = await host.ClientAsync("demo-cpts");
            var line = Assert.Single((await team.GetJsonAsync("/intake/messages?source=hospital")).GetProperty("messages").EnumerateArray());
            Assert.Equal("demo-cpts", line.Text("client"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task ExchangeAsync(IPEndPoint endpoint, X509Certificate2 server, X509Certificate2? own)
    {
        using var peer = await SecureAsync(endpoint, server, own);
        Assert.NotEqual("", await peer.SendAsync(Messages.Adt(Somebody.New(), "A03")));
    }

    private static async Task<MllpPeer> SecureAsync(IPEndPoint endpoint, X509Certificate2 server, X509Certificate2? own)
    {
        var socket = new TcpClient();
        await socket.ConnectAsync(endpoint);
        var stream = new SslStream(socket.GetStream());
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "hub",
            ClientCertificates = own is null ? null : [own],
            RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate?.GetCertHashString() == server.GetCertHashString(),
        });
        return new(stream);
    }

    private static X509Certificate2 Certificate(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new CertificateRequest(name, key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    /// <summary>Says something that is no message, again and again.</summary>
    private static Task RudeAsync(IPEndPoint endpoint, string words, CancellationToken end) => UntilAsync(async () =>
    {
        using var peer = await MllpPeer.ConnectAsync(endpoint);
        await peer.WriteAsync(Encoding.Latin1.GetBytes(words));
        await Task.Delay(200, end);
    }, end);

    /// <summary>A frame of one gigabyte: it is refused, and its bytes are not kept.</summary>
    private static async Task HugeAsync(IPEndPoint endpoint)
    {
        var (before, chunk) = (GC.GetTotalMemory(forceFullCollection: false), new byte[1024 * 1024]);
        chunk.AsSpan().Fill((byte)'x');
        try
        {
            using var peer = await MllpPeer.ConnectAsync(endpoint);
            await peer.WriteAsync("\vMSH|^~\\&|"u8.ToArray());
            for (var sent = 0; sent < FrameBytes; sent += chunk.Length)
                await peer.WriteAsync(chunk);
            await peer.WriteAsync("\x1C\r"u8.ToArray());
            Assert.Contains("MSA|AR|", await peer.ReadAsync(), StringComparison.Ordinal);
        }
        catch (Exception fault) when (fault is IOException or SocketException)
        {
            // There was no room, it took longer than a frame may, or made room for another.
        }

        Assert.True(GC.GetTotalMemory(forceFullCollection: false) - before < FrameBytes / 2, "The frame was kept.");
    }

    /// <summary>A byte now and then: the frame never ends.</summary>
    private static Task SlowAsync(IPEndPoint endpoint, CancellationToken end) => UntilAsync(async () =>
    {
        using var peer = await MllpPeer.ConnectAsync(endpoint);
        foreach (var one in MllpPeer.Framed(Messages.Adt(Somebody.New(), "A03")))
        {
            await peer.WriteAsync(new[] { one });
            await Task.Delay(100, end);
        }
    }, end);

    /// <summary>More connections than one address may hold, all silent.</summary>
    private static Task CrowdAsync(IPEndPoint endpoint, CancellationToken end) => UntilAsync(async () =>
    {
        var crowd = new List<MllpPeer>();
        try
        {
            for (var i = 0; i < 40; i++)
                crowd.Add(await MllpPeer.ConnectAsync(endpoint));
            await Task.Delay(500, end);
        }
        finally
        {
            crowd.ForEach(peer => peer.Dispose());
        }
    }, end);

    /// <summary>Sends without ever reading an answer.</summary>
    private static Task DeafAsync(IPEndPoint endpoint, CancellationToken end) => UntilAsync(async () =>
    {
        using var peer = await MllpPeer.ConnectAsync(endpoint);
        var refused = MllpPeer.Framed("MSH|^~\\&|a|b|c|d|20260619101500||ADT^A03|1|Q|2.5");
        for (var i = 0; i < 20; i++)
            await peer.WriteAsync(refused);
        await Task.Delay(200, end);
    }, end);

    private static async Task UntilAsync(Func<Task> act, CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            try
            {
                await act();
            }
            catch (Exception fault) when (fault is IOException or SocketException or OperationCanceledException)
            {
                // Thrown out, or told to stop.
            }
        }
    }
}
