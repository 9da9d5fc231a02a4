using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server;

/// <summary>
/// The header <c>Idempotency-Key</c>: under it a request may be sent again.
/// https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
/// </summary>
internal static class RepeatKey
{
    public const string Header = "Idempotency-Key";

    public const string ReplayedHeader = "Idempotency-Replayed";

    private const int LengthMax = 255;

    /// <summary>The key of a request; null when it has none. Refuses one that is no key.</summary>
    public static string? Of(HttpRequest request)
    {
        if (!request.Headers.TryGetValue(Header, out var values))
            return null;
        return values is [{ Length: > 0 and <= LengthMax } key] && key.All(letter => letter is >= ' ' and <= '~')
            ? key
            : throw new Refusal(400, "value", $"{Header} is one value of 1 to {LengthMax} printable ASCII characters.");
    }

    /// <summary>Who sends what under that key. <paramref name="about"/>: what belongs to the request beside its body.</summary>
    public static RepeatWatch Watch(HttpRequest request, string key, Caller caller, params ReadOnlySpan<string?> about)
    {
        var path = request.Path.Value!;
        var scope = SHA256.HashData(Encoding.UTF8.GetBytes($"{(caller.IsPerson ? "person" : "client")}\n{caller.ClientId}\n{request.Method}\n{path}\n{key}"));
        var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        digest.AppendData(Encoding.UTF8.GetBytes($"{request.Method}\n{path}{request.QueryString.Value}\n{request.ContentType}\n{string.Join('\n', about)}\n"));
        return new(scope, digest);
    }

    /// <summary>Refuses with 422 what is sent under a key that was used for something else.</summary>
    public static void RequireSame(KeptAnswer kept, Repeatable once)
    {
        if (!kept.Digest.AsSpan().SequenceEqual(once.Digest))
            throw new Refusal(422, "business-rule", $"This {Header} was used for another request to this address.");
    }
}

/// <summary>Of the requests under one key, one runs at a time.</summary>
internal sealed class RepeatTurns
{
    private readonly ConcurrentDictionary<string, byte> _running = new(StringComparer.Ordinal);

    /// <summary>The turn of a request; null while another runs under its key.</summary>
    public IDisposable? Enter(string tenant, Repeatable once)
    {
        var name = $"{tenant}\n{Convert.ToHexString(once.Scope)}";
        return _running.TryAdd(name, 0) ? new Turn(_running, name) : null;
    }

    private sealed class Turn(ConcurrentDictionary<string, byte> running, string name) : IDisposable
    {
        public void Dispose() => running.TryRemove(name, out _);
    }
}

/// <summary>Takes the hash of a body while it is read.</summary>
internal sealed class RepeatWatch(byte[] scope, IncrementalHash digest) : IDisposable
{
    /// <summary>From now on what is read of the body is hashed.</summary>
    public RepeatWatch Follow(HttpRequest request)
    {
        request.Body = new HashedReading(request.Body, digest);
        return this;
    }

    public RepeatWatch Add(ReadOnlySpan<byte> bytes)
    {
        digest.AppendData(bytes);
        return this;
    }

    /// <summary>The request, once the body is read.</summary>
    public Repeatable End() => new(scope, digest.GetHashAndReset());

    public void Dispose() => digest.Dispose();

    private sealed class HashedReading(Stream inner, IncrementalHash digest) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await inner.ReadAsync(buffer, cancellationToken);
            digest.AppendData(buffer.Span[..read]);
            return read;
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override int Read(byte[] buffer, int offset, int count)
        {
            var read = inner.Read(buffer, offset, count);
            digest.AppendData(buffer, offset, read);
            return read;
        }

        public override void Flush()
        {
            // It is only read.
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
