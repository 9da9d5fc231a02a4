using System.Globalization;
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
        var format = WireFormat.Json;
        var view = View.Whole;
        try
        {
            format = BinaryContent.IsReadBy(route, context.Request) ? WireFormat.Json : Negotiation.Choose(context.Request);
            var request = Read(context, route, hub);
            view = request.View;
            if (route.Name[0] != '$' && request.Path.Contains('$', StringComparison.Ordinal))
                throw NoSuchOperation(context.Response, request.Path);
            route.Admit(request);
            using var watch = Repeats.Takes(route) && RepeatKey.Of(context.Request) is { } key
                ? RepeatKey.Watch(context.Request, key, request.Caller, request.IfMatch, request.IfNoneExist).Follow(context.Request)
                : null;
            if (route.Body != BodyKind.None)
                request = await WithBodyAsync(context, route, request, hub, patience.Token);
            if (watch is not null)
                request = request with { Once = watch.End() };
            view = request.View;
            format = view.Format ?? format;
            if (view.IsCount && !route.CountsMatches)
                throw new Refusal(400, "value", "_summary=count is for searches and histories.");
            answer = request.Prefer.Async && Deferred.Takes(route)
                ? await hub.Deferred.AcceptAsync((later, _, token) => hub.Repeats.RunAsync(route, later, hub, token), request, hub, patience.Token)
                : await hub.Repeats.RunAsync(route, request, hub, patience.Token);
            if (BinaryContent.IsReadBy(route, context.Request))
                (answer, format) = BinaryContent.Of(answer, context.Request);
            Acknowledge(context.Response, request.Prefer, answer);
        }
        catch (Refusal refusal)
        {
            // To ask what is wrong with a resource is answered even when hardly anything of it could be read.
            answer = refusal.Status == 422 && route.Name == "$validate"
                ? Answer.Ok(Outcome.Write(refusal.Issues))
                : Answer.Refused(refusal.Status, refusal.Issues);
        }

        await WriteAsync(context, answer, view, format, hub);
    }

    /// <summary>An operation that is not called this way, or not here: no other interaction has a dollar sign in its address.</summary>
    public static Refusal NoSuchOperation(HttpResponse response, string path)
    {
        var methods = Routes.MethodsOf(path);
        if (methods.Count == 0)
            return new(404, "not-supported", "There is no such operation at this address.");
        response.Headers.Allow = string.Join(", ", methods);
        return new(405, "not-supported", "This operation is not called by this method; see Allow.");
    }

    private static FhirRequest Read(HttpContext context, Route route, Collaborators hub)
    {
        var http = context.Request;
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
            Language = One(headers, HeaderNames.AcceptLanguage),
            Purpose = One(headers, PurposeOfUse.Header),
            Prefer = headers.TryGetValue("Prefer", out var prefer) ? Prefer.Read(prefer) : Prefer.Nothing,
        };
    }

    private static string? One(IHeaderDictionary headers, string name) =>
        headers.TryGetValue(name, out var values) && values.Count > 0 ? values.ToString() : null;

    private static async Task<FhirRequest> WithBodyAsync(
        HttpContext context, Route route, FhirRequest request, Collaborators hub, CancellationToken cancellationToken)
    {
        var http = context.Request;
        if (route.Body == BodyKind.Form)
        {
            var form = await Negotiation.ReadFormAsync(http, hub.Settings.Limits, cancellationToken);
            List<KeyValuePair<string, string>> all = [.. request.Parameters, .. form];
            return request with { View = View.Take(all) is var view && view != View.Whole ? view : request.View, Parameters = all };
        }

        if (route.Body == BodyKind.Patch && Negotiation.IsJsonPatch(http))
            return request with { JsonPatch = await Negotiation.ReadBytesAsync(http, cancellationToken) };
        if (route.Body == BodyKind.Patch && !Negotiation.IsResource(http))
        {
            context.Response.Headers["Accept-Patch"] = Negotiation.PatchTypes;
            throw new Refusal(415, "not-supported", "A patch is sent as application/json-patch+json, application/fhir+json or application/fhir+xml.");
        }

        if (BinaryContent.IsSentTo(route, http))
            return request with { Body = await BinaryContent.ReadAsync(request, http, cancellationToken) };
        return request with
        {
            Body = await Negotiation.ReadResourceAsync(
                http, isRequired: route.Body != BodyKind.Optional, BinaryContent.LimitsFor(request.Type, hub.Settings.Limits), cancellationToken),
        };
    }

    /// <summary>Tells which preferences were followed. https://www.rfc-editor.org/rfc/rfc7240#section-3</summary>
    private static void Acknowledge(HttpResponse response, Prefer prefer, Answer answer)
    {
        if (prefer == Prefer.Nothing || !answer.Succeeded)
            return;
        List<string> applied = [];
        if (prefer.Return is { } @return && answer.Location is not null)
            applied.Add($"return={@return}");
        if (prefer.Handling is { } handling)
            applied.Add($"handling={handling}");
        if (prefer.Async && answer.Status == 202)
            applied.Add("respond-async");
        if (applied.Count > 0)
            response.Headers["Preference-Applied"] = string.Join(", ", applied);
    }

    private static async Task WriteAsync(HttpContext context, Answer answer, View view, WireFormat format, Collaborators hub)
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

        foreach (var (name, value) in answer.Headers)
            headers[name] = value;
        var body = answer.RawType is null ? format.Of(BodyOf(answer, view, context.Caller(), context.Request.Path.Value ?? ""), view.IsPretty) : answer.Body;
        if (body.IsEmpty)
            return;
        response.ContentType = answer.RawType ?? format.ContentType;
        await PackedAnswer.SendAsync(context, body, isDense: answer.RawType is not null);
    }

    private static ReadOnlyMemory<byte> BodyOf(Answer answer, View view, Caller caller, string path) =>
        !answer.Body.IsEmpty ? answer.Body
        : answer.Issues.Count > 0 ? Outcome.Write(answer.Issues, MessageErrors.CodeAt(path, answer.Status))
        : answer is { Stored: { IsDeleted: false } stored, IsBare: false } ? view.Of(QualifiedIns.For(caller, stored.Json))
        : default;
}
