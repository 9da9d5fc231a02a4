using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;

namespace CptsFhirHub.Server.Intake.Mllp;

/// <summary>
/// Listens for HL7 v2 over MLLP. Each message is answered before the next of its connection is read, and an AA is sent only
/// once the message is durable. Setting <c>Hub:Mllp:Port</c>, 0 = off, -1 = any free port; with a certificate over TLS too.
/// </summary>
internal sealed class MllpListener(MllpDoor door, IConfiguration configuration, ILogger<MllpListener> logger) : BackgroundService
{
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(20);
    private readonly MllpLimits _limits = MllpLimits.Of(configuration);
    private readonly ConcurrentDictionary<long, Connection> _connections = new();
    private readonly MllpTls? _tls = MllpTls.Of(configuration);
    private long _nextConnection;
    private TcpListener? _plain;
    private TcpListener? _secure;

    /// <summary>Where it listens; null when it does not.</summary>
    public IPEndPoint? Endpoint => (IPEndPoint?)_plain?.LocalEndpoint;

    /// <summary>Where it listens over TLS; null when it does not.</summary>
    public IPEndPoint? SecureEndpoint => (IPEndPoint?)_secure?.LocalEndpoint;

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        var address = IPAddress.Parse(configuration["Hub:Mllp:Address"] ?? "127.0.0.1");
        _plain = Listen(address, configuration.GetValue("Hub:Mllp:Port", 2575));
        _secure = _tls is null ? null : Listen(address, _tls.Port);
        return _plain is null && _secure is null ? Task.CompletedTask : base.StartAsync(cancellationToken);
    }

    private TcpListener? Listen(IPAddress address, int port)
    {
        if (port == 0)
            return null;
        try
        {
            var listener = new TcpListener(address, port < 0 ? 0 : port);
            listener.Start();
            MllpLog.Listening(logger, listener.LocalEndpoint);
            return listener;
        }
        catch (SocketException fault)
        {
            // Another hub on the same machine holds the port: HTTP goes on, and the log says what is missing.
            MllpLog.PortTaken(logger, port, fault.SocketErrorCode.ToString());
            return null;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.WhenAll(AcceptAsync(_plain, tls: null, stoppingToken), AcceptAsync(_secure, _tls, stoppingToken));

        // What was begun is answered; a sender that is not heard to the end repeats.
        await Task.WhenAny(Task.WhenAll(_connections.Values.Select(connection => connection.Work)), Task.Delay(StopPatience, CancellationToken.None));
    }

    private async Task AcceptAsync(TcpListener? listener, MllpTls? tls, CancellationToken stoppingToken)
    {
        if (listener is null)
            return;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                Accept(await listener.AcceptSocketAsync(stoppingToken), tls, stoppingToken);
            }
            catch (OperationCanceledException)
            {
                break;
            }
            catch (SocketException fault)
            {
                // One that broke off in the queue, or no handle left: the next may be luckier.
                MllpLog.Failed(logger, fault.SocketErrorCode.ToString());
                await Task.Delay(TimeSpan.FromMilliseconds(100), CancellationToken.None);
            }
        }

        listener.Stop();
    }

    private void Accept(Socket socket, MllpTls? tls, CancellationToken stoppingToken)
    {
        var address = (socket.RemoteEndPoint as IPEndPoint)?.Address ?? IPAddress.None;
        var ofAddress = _connections.Where(pair => pair.Value.Address.Equals(address)).ToList();

        // A full house makes room: the guest that has been silent longest leaves. Nobody fills it for the others: an address first makes
        // room among its own.
        var isFull = ofAddress.Count >= _limits.ConnectionsPerAddress || _connections.Count >= _limits.Connections;
        if (isFull && !HasMadeRoom(ofAddress.Count >= _limits.ConnectionsPerAddress ? ofAddress : [.. _connections]))
        {
            MllpLog.TooMany(logger);
            socket.Dispose();
            return;
        }

        var id = Interlocked.Increment(ref _nextConnection);
        var connection = new Connection(socket, address);
        _connections[id] = connection;
        connection.Work = ServeAsync(connection, id, tls, stoppingToken);
    }

    private bool HasMadeRoom(List<KeyValuePair<long, Connection>> guests)
    {
        foreach (var (id, silent) in guests.Where(guest => guest.Value.IsIdle).OrderBy(guest => guest.Value.LastHeard))
        {
            if (!_connections.TryRemove(id, out _))
                continue;
            silent.Socket.Dispose();
            return true;
        }

        return false;
    }

    private async Task ServeAsync(Connection connection, long id, MllpTls? tls, CancellationToken stoppingToken)
    {
        await Task.Yield();
        try
        {
            connection.LastHeard = Environment.TickCount64;
            connection.IsIdle = true;
            connection.Socket.NoDelay = true;
            await using var plain = new NetworkStream(connection.Socket, ownsSocket: true);
            if (tls is null)
            {
                await TalkAsync(connection, plain, clientId: null, stoppingToken);
                return;
            }

            using var patience = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            patience.CancelAfter(_limits.FrameTime);
            await using var secure = await tls.SecureAsync(plain, patience.Token);
            await TalkAsync(connection, secure, tls.ClientOf(secure.RemoteCertificate), stoppingToken);
        }
        catch (Exception fault) when (fault is IOException or SocketException or OperationCanceledException or ObjectDisposedException
            or System.Security.Authentication.AuthenticationException)
        {
            // The other side left or proved nothing, or we are stopping: whoever got no answer sends again.
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

    private async Task TalkAsync(Connection connection, Stream stream, string? clientId, CancellationToken stoppingToken)
    {
        var reader = PipeReader.Create(stream, new(bufferSize: 16 * 1024, minimumReadSize: 4 * 1024, leaveOpen: true));
        var frames = new MllpFrames(reader, _limits);
        while (!stoppingToken.IsCancellationRequested)
        {
            connection.IsIdle = true;
            var read = await frames.NextAsync(stoppingToken);
            connection.IsIdle = false;
            var answer = read switch
            {
                // A message that came whole is answered even while the hub stops.
                MllpRead.Message message => await door.AnswerAsync(message.Bytes, clientId, CancellationToken.None),
                MllpRead.TooLarge large => door.RefuseTooLarge(large.Beginning),
                _ => null,
            };
            if (answer is null)
                break;

            // Who does not read the answers must not hold a place for ever.
            using var patience = new CancellationTokenSource(_limits.FrameTime);
            await stream.WriteAsync(Framed(answer), patience.Token);
            connection.LastHeard = Environment.TickCount64;
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
    public static partial void Listening(ILogger logger, EndPoint endpoint);

    [LoggerMessage(EventId = 3102, Level = LogLevel.Error, Message = "MLLP cannot listen on port {Port}: {Fault}. The rest of the hub works.")]
    public static partial void PortTaken(ILogger logger, int port, string fault);

    [LoggerMessage(EventId = 3103, Level = LogLevel.Warning, Message = "An MLLP connection was refused: its address holds too many.")]
    public static partial void TooMany(ILogger logger);

    [LoggerMessage(EventId = 3104, Level = LogLevel.Error, Message = "An MLLP connection failed with {Fault}.")]
    public static partial void Failed(ILogger logger, string fault);
}
