using System.Buffers;
using System.IO.Pipelines;

namespace CptsFhirHub.Server.Intake.Mllp;

/// <summary>What the next read of a connection gave.</summary>
internal abstract record MllpRead
{
    private MllpRead()
    {
    }

    /// <summary>A whole message, without its framing bytes.</summary>
    public sealed record Message(byte[] Bytes) : MllpRead;

    /// <summary>A message past the limit: only its beginning was kept, to answer its control id. The connection stays usable.</summary>
    public sealed record TooLarge(byte[] Beginning) : MllpRead;

    /// <summary>What came does not begin with a frame: nobody can tell where the next message would begin.</summary>
    public sealed record Unframed : MllpRead;

    /// <summary>The sender began a frame and did not end it in time.</summary>
    public sealed record TooSlow : MllpRead;

    /// <summary>The sender closed, or was silent for too long.</summary>
    public sealed record Ended : MllpRead;
}

/// <summary>
/// Cuts a byte stream in MLLP frames: <c>0B message 1C 0D</c>.
/// A missing last 0D and stray line ends between frames are tolerated, and never sent; an end byte inside a text is part of it. A start byte inside a frame begins it anew: its
/// sender broke off and tries again.
/// </summary>
internal sealed class MllpFrames(PipeReader input, MllpLimits limits)
{
    private const byte Start = 0x0B;
    private const byte End = 0x1C;

    /// <summary>The bytes of a message that is too large which are kept: enough for its MSH segment.</summary>
    private const int BeginningBytes = 4096;

    public async Task<MllpRead> NextAsync(CancellationToken cancellationToken)
    {
        using var idle = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        idle.CancelAfter(limits.Idle);
        try
        {
            if (await SkipToStartAsync(idle.Token) is { } other)
                return other;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new MllpRead.Ended();
        }

        using var frame = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        frame.CancelAfter(limits.FrameTime);
        try
        {
            return await ReadToEndAsync(frame.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new MllpRead.TooSlow();
        }
    }

    /// <summary>Leaves the reader after the next start byte and gives null, or says why there is none.</summary>
    private async Task<MllpRead?> SkipToStartAsync(CancellationToken cancellationToken)
    {
        long skipped = 0;
        while (true)
        {
            var read = await input.ReadAsync(cancellationToken);
            if (read.Buffer.PositionOf(Start) is { } at)
            {
                skipped += read.Buffer.Slice(0, at).Length;
                input.AdvanceTo(read.Buffer.GetPosition(1, at));
                return skipped > limits.SkippedBytes ? new MllpRead.Unframed() : null;
            }

            skipped += read.Buffer.Length;
            input.AdvanceTo(read.Buffer.End);
            if (skipped > limits.SkippedBytes)
                return new MllpRead.Unframed();
            if (read.IsCompleted)
                return skipped > 0 && skipped != 1 ? new MllpRead.Unframed() : new MllpRead.Ended();
        }
    }

    private async Task<MllpRead> ReadToEndAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await input.ReadAsync(cancellationToken);
            var buffer = read.Buffer;
            if (EndOf(buffer) is { } at)
            {
                var message = SinceLastStart(buffer.Slice(0, at));
                MllpRead result = message.Length > limits.MessageBytes
                    ? new MllpRead.TooLarge(Beginning(message))
                    : new MllpRead.Message(message.ToArray());
                input.AdvanceTo(buffer.GetPosition(1, at));
                return result;
            }

            if (buffer.Length > limits.MessageBytes)
            {
                var beginning = Beginning(buffer);
                input.AdvanceTo(buffer.End);
                return await DiscardToEndAsync(beginning, cancellationToken);
            }

            input.AdvanceTo(buffer.Start, buffer.End);
            if (read.IsCompleted)
                return new MllpRead.Unframed();
        }
    }

    /// <summary>
    /// Where the frame ends; null when that is still to come. An end byte with text behind it stands in the message: what came before it would
    /// be half a message, and be acknowledged.
    /// </summary>
    private static SequencePosition? EndOf(ReadOnlySequence<byte> bytes)
    {
        while (bytes.PositionOf(End) is { } at)
        {
            bytes = bytes.Slice(bytes.GetPosition(1, at));
            if (!new SequenceReader<byte>(bytes).TryPeek(out var next) || next is 0x0D or 0x0A or Start or End)
                return at;
        }

        return null;
    }

    private static ReadOnlySequence<byte> SinceLastStart(ReadOnlySequence<byte> bytes)
    {
        while (bytes.PositionOf(Start) is { } again)
            bytes = bytes.Slice(bytes.GetPosition(1, again));
        return bytes;
    }

    private static byte[] Beginning(ReadOnlySequence<byte> bytes) => bytes.Slice(0, Math.Min(bytes.Length, BeginningBytes)).ToArray();

    private async Task<MllpRead> DiscardToEndAsync(byte[] beginning, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await input.ReadAsync(cancellationToken);
            if (read.Buffer.PositionOf(End) is { } at)
            {
                input.AdvanceTo(read.Buffer.GetPosition(1, at));
                return new MllpRead.TooLarge(beginning);
            }

            input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
                return new MllpRead.Unframed();
        }
    }
}

/// <summary>What one MLLP connection may cost. Settings <c>Hub:Limits:Mllp*</c>.</summary>
internal sealed record MllpLimits
{
    public int Connections { get; init; } = 200;
    public int ConnectionsPerAddress { get; init; } = 20;
    public int MessageBytes { get; init; } = 5 * 1024 * 1024;
    public int SkippedBytes { get; init; } = 1024;
    public TimeSpan Idle { get; init; } = TimeSpan.FromMinutes(10);
    public TimeSpan FrameTime { get; init; } = TimeSpan.FromSeconds(30);

    public static MllpLimits Of(IConfiguration configuration)
    {
        var defaults = new MllpLimits();
        var limits = configuration.GetSection("Hub:Limits");
        return new()
        {
            Connections = limits.GetValue("MllpConnections", defaults.Connections),
            ConnectionsPerAddress = limits.GetValue("MllpConnectionsPerAddress", defaults.ConnectionsPerAddress),
            MessageBytes = limits.GetValue("MllpMessageBytes", defaults.MessageBytes),
            SkippedBytes = limits.GetValue("MllpSkippedBytes", defaults.SkippedBytes),
            Idle = limits.GetValue("MllpIdle", defaults.Idle),
            FrameTime = limits.GetValue("MllpFrameTime", defaults.FrameTime),
        };
    }
}
