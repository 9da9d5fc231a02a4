using System.Net;
using System.Net.Sockets;
using System.Text;

namespace CptsFhirHub.Tests.Intake;

/// <summary>A sender over MLLP: one connection, a message and its answer at a time.</summary>
internal sealed class MllpPeer(Stream stream) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static async Task<MllpPeer> ConnectAsync(IPEndPoint endpoint)
    {
        var socket = new TcpClient { NoDelay = true };
        await socket.ConnectAsync(endpoint);
        return new(socket.GetStream());
    }

    public static byte[] Framed(string message) => [0x0B, .. Encoding.UTF8.GetBytes(message), 0x1C, 0x0D];

    public async Task WriteAsync(ReadOnlyMemory<byte> bytes) => await stream.WriteAsync(bytes);

    /// <summary>The answer; empty when the hub closed.</summary>
    public async Task<string> SendAsync(string message)
    {
        await stream.WriteAsync(Framed(message));
        return await ReadAsync();
    }

    /// <summary>Sends until an AA comes, over new connections when one breaks, as engines of hospitals do.</summary>
    public static async Task SendUntilAcceptedAsync(IPEndPoint endpoint, string message, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                using var peer = await ConnectAsync(endpoint);
                if ((await peer.SendAsync(message)).Contains("\rMSA|AA|", StringComparison.Ordinal))
                    return;
            }
            catch (Exception fault) when (fault is IOException or SocketException)
            {
                // Down, or full: again.
            }

            await Task.Delay(20, cancellationToken);
        }
    }

    /// <summary>The next answer, without its frame; empty when the hub closed.</summary>
    public async Task<string> ReadAsync()
    {
        var bytes = new List<byte>();
        var one = new byte[1];
        using var patience = new CancellationTokenSource(Patience);
        while (await stream.ReadAsync(one, patience.Token) == 1)
        {
            if (one[0] == 0x1C)
            {
                await stream.ReadExactlyAsync(one, patience.Token);
                return Encoding.UTF8.GetString([.. bytes]);
            }

            if (one[0] != 0x0B)
                bytes.Add(one[0]);
        }

        return "";
    }

    public void Dispose() => stream.Dispose();
}
