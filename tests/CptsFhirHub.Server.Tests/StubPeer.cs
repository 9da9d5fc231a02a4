using System.Collections.Concurrent;
using System.Text;
using CptsFhirHub.Fhir.Model;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace CptsFhirHub.Tests;

/// <summary>A call as the peer saw it.</summary>
internal sealed record SeenCall(string Method, string Path, IHeaderDictionary Headers, byte[] Body)
{
    public string Text => Encoding.UTF8.GetString(Body);

    public Element Resource => FhirJson.Parse(Body).Resource?.Root ?? throw new InvalidDataException($"No resource but: {Text}");
}

/// <summary>What the peer answers: a status, after a while, with headers; or it cuts the connection.</summary>
internal sealed record PeerAnswer(int Status)
{
    public TimeSpan After { get; init; }

    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    public bool Cuts { get; init; }
}

/// <summary>A scripted system that is not ours: it records every call and answers as the script says.</summary>
internal sealed class StubPeer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<SeenCall> _seen = new();

    private StubPeer(WebApplication app) => _app = app;

    public string Url => _app.Urls.First();

    public IReadOnlyList<SeenCall> Seen => [.. _seen];

    /// <summary>How it answers; changed at any time.</summary>
    public Func<SeenCall, int, PeerAnswer> Script { get; set; } = static (_, _) => new(204);

    /// <param name="script">From the call and how many came before it.</param>
    public static async Task<StubPeer> StartAsync(Func<SeenCall, int, PeerAnswer>? script = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var peer = new StubPeer(app);
        if (script is not null)
            peer.Script = script;
        app.Run(peer.AnswerAsync);
        await app.StartAsync();
        return peer;
    }

    /// <summary>The calls, once there are so many that fit.</summary>
    public async Task<IReadOnlyList<SeenCall>> WaitAsync(int calls, Func<SeenCall, bool>? fits = null, int seconds = 30)
    {
        var deadline = DateTime.UtcNow.AddSeconds(seconds);
        while (true)
        {
            var fitting = Seen.Where(call => fits?.Invoke(call) ?? true).ToList();
            if (fitting.Count >= calls)
                return fitting;
            Assert.True(DateTime.UtcNow < deadline, $"{fitting.Count} calls of {calls} came, {_seen.Count} in all.");
            await Task.Delay(20);
        }
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var call = new SeenCall(
            context.Request.Method, context.Request.Path, new HeaderDictionary(context.Request.Headers.ToDictionary(StringComparer.OrdinalIgnoreCase)), body.ToArray());
        int before;
        lock (_seen)
        {
            before = _seen.Count;
            _seen.Enqueue(call);
        }

        var answer = Script(call, before);
        await Task.Delay(answer.After, context.RequestAborted);
        if (answer.Cuts)
        {
            context.Abort();
            return;
        }

        foreach (var (name, value) in answer.Headers)
            context.Response.Headers[name] = value;
        context.Response.StatusCode = answer.Status;
    }
}
