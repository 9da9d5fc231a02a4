using System.Globalization;
using System.Text;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Server.Flows;
using CptsFhirHub.Server.Intake.Mllp;
using CptsFhirHub.Storage;
using Microsoft.Net.Http.Headers;

namespace CptsFhirHub.Server.Intake;

/// <summary>
/// <c>POST /intake/{source}</c>: who is it, may it, does it fit; then the walk. Nothing of the body is read before the first two
/// are answered, and nothing of it is interpreted before it is in the journal.
/// </summary>
internal sealed class IntakeDoor(
    Sources sources, ReceiveSignalement receive, Journal journal, WebhookSenders webhooks, MllpDoor acknowledgements,
    RepeatTurns turns, KeptAnswers answers, PreviewFile previews, HubSettings settings, TimeProvider time)
{
    private const int SourceNameMax = 64;

    private const string Csv = "text/csv";

    private const string Gzip = "gzip";

    /// <summary>Its head and its end, around nothing.</summary>
    private const int GzipBytesMin = 18;

    /// <summary>What French desks' software calls a CSV file.</summary>
    private static readonly string[] NamesOfCsv =
        ["application/vnd.ms-excel", "application/octet-stream", "text/plain", "application/csv", "text/x-csv", "text/comma-separated-values"];

    /// <summary>Rows of a file that are worked off within the answer; a larger file is followed by its link.</summary>
    private const int RowsInAnswer = 200;

    public async Task<IResult> Post(HttpContext context, string source, CancellationToken cancellationToken)
    {
        try
        {
            return await PostAsync(context, source, cancellationToken);
        }
        catch (Refusal refusal)
        {
            return IntakeResult.Refused(context, refusal.Status, refusal.Issues[0].Code, refusal.Issues[0].Text);
        }
    }

    private async Task<IResult> PostAsync(HttpContext context, string source, CancellationToken cancellationToken)
    {
        var signature = context.CallerOrNull() is null ? WebhookSignature.Of(context.Request.Headers) : null;
        var caller = context.CallerOrNull() ?? (signature is null ? null : webhooks.SenderOf(source));
        if (caller is null || (signature is not null && !signature.IsTimely(time.GetUtcNow())))
            return Unauthorised(context);

        if (sources.Find(source) is not { } known)
            return await UnknownAsync(context, caller, source, cancellationToken);
        if (!caller.MayPost(source))
            return IntakeResult.Refused(context, 403, "forbidden", "This client may not post to this source.");
        if (WrongType(context.Request, known) is { } wrong)
            return IntakeResult.Refused(context, 415, "not-supported", wrong);

        var limit = Math.Min(known.BytesMax, settings.Limits.BodyBytes);
        if (await ReadAsync(context.Request, limit, cancellationToken) is not { } body)
            return IntakeResult.Refused(context, 413, "too-long", $"The message is larger than {limit} bytes.");
        if (signature is not null && !signature.Fits(body.Span, webhooks.SecretsOf(source), time.GetUtcNow()))
            return Unauthorised(context);

        if (PreviewAnswer.IsAskedFor(context.Request))
            return PreviewAnswer.Of(context.Request, source, await previews.RunAsync(
                caller, source, TypeOf(context.Request, known), body, LineOf(context.Request), cancellationToken));
        return RepeatKey.Of(context.Request) is { } key
            ? await OnceAsync(context, caller, source, key, body, cancellationToken)
            : await AnswerAsync(context, caller, body, await ReceiveAsync(context, caller, source, body, once: null, cancellationToken), cancellationToken);
    }

    /// <summary>What is sent again under its key is answered as the first time; only what was refused is looked at anew.</summary>
    private async Task<IResult> OnceAsync(
        HttpContext context, Caller caller, string source, string key, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        using var watch = RepeatKey.Watch(context.Request, key, caller).Add(body.Span);
        var once = watch.End();
        using var turn = turns.Enter(caller.Tenant, once);
        if (turn is null)
        {
            context.Response.Headers.RetryAfter = "1";
            return IntakeResult.Refused(context, 409, "conflict", $"A request under this {RepeatKey.Header} is still running.");
        }

        if (answers.Find(caller.Tenant, once.Scope) is { } kept)
        {
            RepeatKey.RequireSame(kept, once);
            var first = await journal.ReadAsync(caller.Tenant, Encoding.ASCII.GetString(kept.Answer), cancellationToken);
            if (first is not null and not { State: MessageState.Rejected })
            {
                context.Response.Headers[RepeatKey.ReplayedHeader] = "true";
                return await AnswerAsync(context, caller, body, await receive.AnswerOfAsync(first, cancellationToken), cancellationToken);
            }
        }

        return await AnswerAsync(context, caller, body, await ReceiveAsync(context, caller, source, body, once, cancellationToken), cancellationToken);
    }

    private Task<Reception> ReceiveAsync(
        HttpContext context, Caller caller, string source, ReadOnlyMemory<byte> body, Repeatable? once, CancellationToken cancellationToken) =>
        receive.Handle(
            new(caller.Tenant, source, "http", caller.ClientId, TypeOf(context.Request, sources.Find(source)!), Key: null, body) { Once = once },
            WantsHl7(context.Request) ? int.MaxValue : RowsInAnswer, cancellationToken);

    private async Task<IResult> AnswerAsync(
        HttpContext context, Caller caller, ReadOnlyMemory<byte> body, Reception reception, CancellationToken cancellationToken) => WantsHl7(context.Request)
        ? new BytesAnswer(await acknowledgements.AcknowledgeAsync(caller.Tenant, body, reception, cancellationToken), Hl7v2Media.Type, IntakeResult.StatusOf(reception))
        : IntakeResult.Of(context, reception);

    private static int LineOf(HttpRequest request) =>
        int.TryParse(request.Query["afterLine"].FirstOrDefault(), NumberStyles.None, CultureInfo.InvariantCulture, out var line) ? line : 0;

    private static IResult Unauthorised(HttpContext context)
    {
        context.Response.Headers.WWWAuthenticate = "Bearer";
        return IntakeResult.Refused(context, 401, "login", "A Bearer token or a valid webhook signature is needed.");
    }

    private async Task<IResult> UnknownAsync(HttpContext context, Caller caller, string source, CancellationToken cancellationToken)
    {
        // The line says that something came for a name nobody knows; the content is not ours to keep.
        var name = new string([.. source.Take(SourceNameMax).Select(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' ? letter : '?')]);
        var receipt = await journal.ReceiveAsync(
            new Arrival(caller.Tenant, name, "http", caller.ClientId, "", Key: Guid.CreateVersion7(time.GetUtcNow()).ToString(), ReadOnlyMemory<byte>.Empty)
            {
                DoorIssues = [Issue.Error("not-found", "", "There is no such source.")],
            }, cancellationToken);
        return IntakeResult.Refused(context, 404, "not-found", "There is no such source.", receipt.Message.Id);
    }

    /// <summary>Why the body's type is not taken; null when it is.</summary>
    private static string? WrongType(HttpRequest request, Source source)
    {
        if (PackedBody.CodingOf(request) is not ("" or PackedBody.Gzip))
            return "A body is sent as it is, or with the content coding gzip.";
        if (!MediaTypeHeaderValue.TryParse(TypeOf(request, source), out var type) || !source.Accepts(type.MediaType.Value ?? ""))
            return $"This source takes {string.Join(", ", source.ContentTypes)}.";

        // JSON is UTF-8 by its own definition; text files may say what they are.
        var charset = type.Charset.Value?.Trim('"');
        if (string.IsNullOrEmpty(charset))
            return null;
        var isJson = type.MediaType.Value!.EndsWith("json", StringComparison.OrdinalIgnoreCase);
        var known = isJson ? IsUtf8(charset) : IsUtf8(charset) || IsLatin(charset);
        return known ? null : "This charset is not taken.";
    }

    /// <summary>
    /// The type that counts: a CSV file comes from a browser or a spreadsheet under other names too. Whether it is text is seen by its reader.
    /// </summary>
    private static string TypeOf(HttpRequest request, Source source)
    {
        var told = request.ContentType ?? "";
        if (!source.Accepts(Csv) || !MediaTypeHeaderValue.TryParse(told, out var type)
            || type.MediaType.Value is not { } name || source.Accepts(name) || !NamesOfCsv.Contains(name, StringComparer.OrdinalIgnoreCase))
            return told;
        return type.Charset.HasValue ? $"{Csv}; charset={type.Charset}" : Csv;
    }

    private static bool IsUtf8(string charset) => charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase)
        || charset.Equals("us-ascii", StringComparison.OrdinalIgnoreCase);

    private static bool IsLatin(string charset) =>
        charset.ToLowerInvariant() is "iso-8859-1" or "iso-8859-15" or "windows-1252" or "ibm850" or "cp850" or "macintosh" or "unicode utf-8" or "8859/1" or "8859/15";

    private static bool WantsHl7(HttpRequest request) =>
        request.Headers.Accept.ToString().Contains("hl7-v2", StringComparison.OrdinalIgnoreCase);

    /// <summary>The whole body, unpacked; null when it is larger than the limit.</summary>
    private static async Task<ReadOnlyMemory<byte>?> ReadAsync(HttpRequest request, long limit, CancellationToken cancellationToken)
    {
        if (request.ContentLength > limit)
            return null;
        var buffer = new MemoryStream((int)(request.ContentLength ?? 4096));
        var chunk = new byte[16 * 1024];
        try
        {
            int read;
            while ((read = await request.Body.ReadAsync(chunk, cancellationToken)) > 0)
            {
                if (buffer.Length + read > limit)
                    return null;
                buffer.Write(chunk, 0, read);
            }
        }
        catch (BadHttpRequestException fault) when (fault.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return null;
        }

        return PackedBody.CodingOf(request) == PackedBody.Gzip ? PackedBody.Unpack(buffer, limit) : buffer.GetBuffer().AsMemory(0, (int)buffer.Length);
    }
}

/// <summary>
/// The webhooks that come without a token: which client each counts as, and its secrets. Settings <c>Hub:Webhooks:{source}:Client</c>
/// and <c>Hub:Webhooks:{source}:Secrets</c>; several secrets are valid at once while one is replaced.
/// </summary>
internal sealed class WebhookSenders(ClientRegistry clients, Sources sources, IConfiguration configuration, HubSettings settings)
{
    /// <summary>The demo's secret, printed in the documentation.</summary>
    public static readonly string DemoSecret = "whsec_" + Convert.ToBase64String(Encoding.UTF8.GetBytes("demo-booking-webhook-secret-0001"));

    public Caller? SenderOf(string source)
    {
        var id = configuration[$"Hub:Webhooks:{source}:Client"] ?? DemoClientOf(source);
        return id is not null && clients.Find(id) is { } client ? client.ToCaller(client.FullPolicy) : null;
    }

    public IReadOnlyList<byte[]> SecretsOf(string source)
    {
        var written = configuration.GetSection($"Hub:Webhooks:{source}:Secrets").GetChildren().Select(secret => secret.Value)
            .OfType<string>().Where(secret => secret.Length > 0).ToList();
        if (written.Count == 0 && DemoClientOf(source) is not null)
            written.Add(DemoSecret);
        return [.. written.Select(WebhookSignature.Secret)];
    }

    private string? DemoClientOf(string source) => settings.Demo ? sources.Find(source)?.DemoWebhook : null;
}
