using System.Runtime.InteropServices;

namespace CptsFhirHub.Server.Hosting;

/// <summary>Unpacks what comes to the FHIR interface, once the caller is known: to all that follows the body came as it is.</summary>
internal sealed class Unpacking(RequestDelegate next, HubSettings settings)
{
    public async Task InvokeAsync(HttpContext context)
    {
        // Addresses that are open to everybody are only read: nothing is unpacked for who is not known.
        var isPacked = context.Request.Headers.ContentEncoding.Count > 0 && Takes(context.Request) && !HttpMethods.IsGet(context.Request.Method);
        if (!isPacked || await ReplaceBodyAsync(context))
            await next(context);
    }

    /// <summary>True where a packed body is unpacked before it is read; the intake keeps its bytes as they came, and unpacks them itself.</summary>
    public static bool Takes(HttpRequest request) => PackedBody.CodingOf(request) == PackedBody.Gzip && request.Path.StartsWithSegments("/fhir");

    /// <summary>False when the request has been answered with the reason why the body is not taken.</summary>
    private async Task<bool> ReplaceBodyAsync(HttpContext context)
    {
        var request = context.Request;
        using var packed = new MemoryStream();
        await request.Body.CopyToAsync(packed, context.RequestAborted);
        try
        {
            if (PackedBody.Unpack(packed, BodyLimit.Of(context, settings)) is not { } body)
            {
                await BodyLimit.RefuseAsync(context, settings);
                return false;
            }

            request.Body = new MemoryStream(MemoryMarshal.TryGetArray(body, out var bytes) ? bytes.Array! : body.ToArray(), 0, body.Length, writable: false);
            request.ContentLength = body.Length;
            request.Headers.Remove("Content-Encoding");
            request.Headers.Remove("Transfer-Encoding");
            return true;
        }
        catch (Refusal refusal)
        {
            await Outcome.AnswerAsync(context, refusal.Status, refusal.Issues[0].Code, refusal.Issues[0].Text);
            return false;
        }
    }
}
