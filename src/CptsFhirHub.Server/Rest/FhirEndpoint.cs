using System.Globalization;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Server.Access;
using Microsoft.Net.Http.Headers;

namespace CptsFhirHub.Server.Rest;

/// <summary>
/// From HTTP to an interaction and back: rights, then the body, then the interaction, then its answer. The one place where a
/// <see cref="Refusal"/> becomes an OperationOutcome.
/// </summary>
internal static class FhirEndpoint
{
    public static async Task RunAsync(HttpContext context, Route route, Collaborators hub)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        patience.CancelAfter(TimeSpan.FromSeconds(hub.Settings.Limits.RequestSeconds));
        Answer answer;
        var view = View.Whole;
        try
        {
            var request = Read(context, route, hub);
            view = request.View;
            route.Admit(request);
            if (route.Body != BodyKind.None)
                request = await WithBodyAsync(context, route, request, hub, patience.Token);
            view = request.View;
            answer = await route.Run(request, hub, patience.Token);
        }
        catch (Refusal refusal)
        {
            answer = Answer.Refused(refusal.Status, refusal.Issues);
        }

        await WriteAsync(context, answer, view, hub);
    }

    private static FhirRequest Read(HttpContext context, Route route, Collaborators hub)
    {
        var http = context.Request;
        Negotiation.CheckAccept(http);
        var values = http.RouteValues;
        var parameters = http.QueryString.HasValue ? QueryText.Read(http.QueryString.Value) : [];
        if (parameters.Count > hub.Settings.Limits.SearchParameters)
            throw new Refusal(400, "too-costly", $"A request has at most {hub.Settings.Limits.SearchParameters} parameters.");
        var headers = http.Headers;
        return new(http.Method == "HEAD" ? "GET" : http.Method, context.Caller())
        {
            Type = route.FixedType ?? values["type"] as string ?? "",
            Id = values["id"] as string ?? "",
            Version = values["vid"] as string ?? "",
            Path = http.Path.Value!["/fhir".Length..].Trim('/'),
            View = View.Take(parameters),
            Parameters = parameters,
            IfMatch = One(headers, HeaderNames.IfMatch),
            IfNoneMatch = One(headers, HeaderNames.IfNoneMatch),
            IfNoneExist = One(headers, "If-None-Exist"),
            IfModifiedSince = headers.ContainsKey(HeaderNames.IfModifiedSince) ? http.GetTypedHeaders().IfModifiedSince : null,
            Prefer = headers.TryGetValue("Prefer", out var prefer) ? Prefer.Read(prefer) : Prefer.Nothing,
        };
    }

    private static string? One(IHeaderDictionary headers, string name) =>
        headers.TryGetValue(name, out var values) && values.Count > 0 ? values.ToString() : null;

    private static async Task<FhirRequest> WithBodyAsync(
        HttpContext context, Route route, FhirRequest request, Collaborators hub, CancellationToken cancellationToken)
    {
        if (route.Body == BodyKind.Form)
        {
            var form = await Negotiation.ReadFormAsync(context.Request, hub.Settings.Limits, cancellationToken);
            List<KeyValuePair<string, string>> all = [.. request.Parameters, .. form];
            return request with { View = View.Take(all) is { IsWhole: false } view ? view : request.View, Parameters = all };
        }

        if (route.Body == BodyKind.Patch && Negotiation.IsJsonPatch(context.Request))
            return request with { JsonPatch = await Negotiation.ReadPatchAsync(context.Request, cancellationToken) };
        var bytes = await Negotiation.ReadBodyAsync(context.Request, isRequired: route.Body != BodyKind.Optional, cancellationToken);
        if (bytes.Length == 0)
            return request;
        var parsed = FhirJson.Parse(bytes);
        if (!parsed.IsSound)
            throw new Refusal(Negotiation.StatusOf(parsed), parsed.Issues);
        return request with { Body = parsed.Resource };
    }

    private static async Task WriteAsync(HttpContext context, Answer answer, View view, Collaborators hub)
    {
        var response = context.Response;
        response.StatusCode = answer.Status;
        var headers = response.Headers;
        headers.CacheControl = "no-store";
        if (answer.EntityTag is { } tag)
            headers.ETag = tag;
        if (answer.Stored is { } stored)
            headers.LastModified = stored.LastUpdated.UtcDateTime.ToString("R", CultureInfo.InvariantCulture);
        if (answer.Location is { } location)
        {
            var url = $"{hub.Url.Fhir}/{location}";
            headers.Location = url;
            headers.ContentLocation = url;
        }

        var body = BodyOf(answer, view);
        if (body.IsEmpty)
            return;
        response.ContentType = Negotiation.ContentTypeOf(context.Request);
        response.ContentLength = body.Length;
        if (context.Request.Method != "HEAD")
            await response.BodyWriter.WriteAsync(body, context.RequestAborted);
    }

    private static ReadOnlyMemory<byte> BodyOf(Answer answer, View view)
    {
        var body = !answer.Body.IsEmpty ? answer.Body
            : answer.Issues.Count > 0 ? Outcome.Write(answer.Issues)
            : answer is { Stored: { IsDeleted: false } stored, IsBare: false } ? view.Of(stored.Json)
            : default;
        return view.IsPretty && FhirJson.Parse(body).Resource is { } resource ? FhirJson.Write(resource.Root, pretty: true) : body;
    }

}
