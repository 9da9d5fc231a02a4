using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;

namespace CptsFhirHub.Server.Intake.Mllp;

/// <summary>
/// Listens for HL7 v2 over MLLP. Each message is answered before the next of its connection is read, and an AA is sent only
/// once the message is durable. Setting <c>Hub:Mllp:Port</c>, 0 = off, -1 = any free port.
/// </summary>
internal sealed class MllpListener(MllpDoor door, IConfiguration configuration, ILogger<MllpListener> logger) : BackgroundService
{
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(20);
    private readonly MllpLimits _limits = MllpLimits.Of(configuration);
    private readonly ConcurrentDictionary<long, Connection> _connections = new();
    private long _nextConnection;

    /// <summary>Where it listens; null when it does not.</summary>
    public IPEndPoint? Endpoint { get; private set; }

    private TcpListener? _listener;

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        var port = configuration.GetValue("Hub:Mllp:Port", 2575);
        if (port == 0)
            return Task.CompletedTask;

        var address = IPAddress.Parse(configuration["Hub:Mllp:Address"] ?? "127.0.0.1");
        try
        {
            _listener = new(address, port < 0 ? 0 : port);
            _listener.Start();
            Endpoint = (IPEndPoint)_listener.LocalEndpoint;
            MllpLog.Listening(logger, Endpoint);
        }
        catch (SocketException fault)
        {
            // Another hub on the same machine holds the port: HTTP goes on, and the log says what is missing.
            _listener = null;
            MllpLog.PortTaken(logger, port, fault.SocketErrorCode.ToString());
            return Task.CompletedTask;
        }

        return base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
                Accept(await _listener!.AcceptSocketAsync(stoppingToken), stoppingToken);
        }
        catch (OperationCanceledException)
        {
            _listener!.Stop();
        }

        // What was begun is answered; a sender that is not heard to the end repeats.
        await Task.WhenAny(Task.WhenAll(_connections.Values.Select(connection => connection.Work)), Task.Delay(StopPatience, CancellationToken.None));
    }

    private void Accept(Socket socket, CancellationToken stoppingToken)
    {
        var address = (socket.RemoteEndPoint as IPEndPoint)?.Address ?? IPAddress.None;
        if (_connections.Values.Count(connection => connection.Address.Equals(address)) >= _limits.ConnectionsPerAddress)
        {
            MllpLog.TooMany(logger);
            socket.Dispose();
            return;
        }

        if (_connections.Count >= _limits.Connections)
        {
            // A full house makes room: the guest that has been silent longest leaves.
            if (_connections.Values.Where(connection => connection.IsIdle).MinBy(connection => connection.LastHeard) is not { } oldest)
            {
                socket.Dispose();
                return;
            }

            oldest.Socket.Dispose();
        }

        var id = Interlocked.Increment(ref _nextConnection);
        var connection = new Connection(socket, address);
        _connections[id] = connection;
        connection.Work = ServeAsync(connection, id, stoppingToken);
    }

    private async Task ServeAsync(Connection connection, long id, CancellationToken stoppingToken)
    {
        await Task.Yield();
        try
        {
            connection.Socket.NoDelay = true;
            await using var stream = new NetworkStream(connection.Socket, ownsSocket: true);
            var reader = PipeReader.Create(stream, new(bufferSize: 16 * 1024, minimumReadSize: 4 * 1024));
            var frames = new MllpFrames(reader, _limits);
            while (!stoppingToken.IsCancellationRequested)
            {
                connection.IsIdle = true;
                connection.LastHeard = Environment.TickCount64;
                var read = await frames.NextAsync(stoppingToken);
                connection.IsIdle = false;
                var answer = read switch
                {
                    // A message that came whole is answered even while the hub stops.
                    MllpRead.Message message => await door.AnswerAsync(message.Bytes, CancellationToken.None),
                    MllpRead.TooLarge large => door.RefuseTooLarge(large.Beginning),
                    _ => null,
                };
                if (answer is null)
                    break;
                await stream.WriteAsync(Framed(answer), CancellationToken.None);
            }
        }
        catch (Exception fault) when (fault is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The other side left, or we are stopping: whoever got no answer sends again.
        }
        catch (Exception fault)
        {
            MllpLog.Failed(logger, fault.GetType().Name);
        }
        finally
        {
            _connections.TryRemove(id, out _);
            connection.Socket.Dispose();
        }
    }

    private static byte[] Framed(byte[] message)
    {
        var framed = new byte[message.Length + 3];
        framed[0] = 0x0B;
        message.CopyTo(framed, 1);
        framed[^2] = 0x1C;
        framed[^1] = 0x0D;
        return framed;
    }

    private sealed class Connection(Socket socket, IPAddress address)
    {
        public Socket Socket => socket;

        public IPAddress Address => address;

        public Task Work { get; set; } = Task.CompletedTask;

        public long LastHeard { get; set; }

        public bool IsIdle { get; set; }
    }
}

internal static partial class MllpLog
{
    [LoggerMessage(EventId = 3101, Level = LogLevel.Information, Message = "MLLP listens on {Endpoint}.")]
    public static partial void Listening(ILogger logger, IPEndPoint endpoint);

    [LoggerMessage(EventId = 3102, Level = LogLevel.Error, Message = "MLLP cannot listen on port {Port}: {Fault}. The rest of the hub works.")]
    public static partial void PortTaken(ILogger logger, int port, string fault);

    [LoggerMessage(EventId = 3103, Level = LogLevel.Warning, Message = "An MLLP connection was refused: its address holds too many.")]
    public static partial void TooMany(ILogger logger);

    [LoggerMessage(EventId = 3104, Level = LogLevel.Error, Message = "An MLLP connection failed with {Fault}.")]
    public static partial void Failed(ILogger logger, string fault);
}
