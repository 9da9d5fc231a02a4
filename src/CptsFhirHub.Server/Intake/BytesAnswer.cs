namespace CptsFhirHub.Server.Intake;

/// <summary>Bytes of a media type under a status.</summary>
internal sealed class BytesAnswer(ReadOnlyMemory<byte> body, string contentType, int status) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = status;
        response.ContentType = contentType;
        response.ContentLength = body.Length;
        response.Headers.CacheControl = "no-store";
        await response.Body.WriteAsync(body, httpContext.RequestAborted);
    }
}
