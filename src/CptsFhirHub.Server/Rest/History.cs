using System.Globalization;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Rest;

/// <summary>FHIR history of a resource, a type or the whole tenant. https://hl7.org/fhir/R4/http.html#history</summary>
internal static class History
{
    public static async Task<Answer> Handle(FhirRequest request, Collaborators hub, CancellationToken cancellationToken)
    {
        var caller = request.Caller;
        var policy = caller.Policy;

        // Row criteria are searched in the current state; a list of past versions cannot be narrowed by them.
        var seesAll = request.Type.Length == 0 ? policy.Sender is null : request.Id.Length > 0 || policy.RowsOf(request.Type) is null;
        if (!seesAll)
            return Answer.Refused(403, "forbidden", "The history of a whole type is for those who see the whole type.");
        if (request.Id.Length > 0 && await hub.Sight.ReadAsync(caller, request.Type, request.Id, cancellationToken) is null)
            return Answer.Missing(request.Type, request.Id);

        var page = await hub.Store.HistoryAsync(
            caller.Tenant,
            request.Type.Length == 0 ? null : request.Type,
            request.Id.Length == 0 ? null : request.Id,
            Query(request, hub),
            cancellationToken);

        using var bundle = new BundleBytes("history", hub.Url.Fhir);
        bundle.Total(page.Total);
        bundle.Link("self", Address(request.Path, request.Parameters));
        if (page.NextCursor is { } next && !request.View.IsCount)
            bundle.Link("next", Address(
                request.Path, request.Parameters.Where(pair => pair.Key != Searches.CursorParameter).Append(new(Searches.CursorParameter, next))));
        bundle.BeginEntries();
        foreach (var version in request.View.IsCount ? [] : page.Versions)
            bundle.Version(version, version.IsDeleted ? default : request.View.Of(version.Json));
        return Answer.Ok(bundle.End());
    }

    private static HistoryQuery Query(FhirRequest request, Collaborators hub)
    {
        var query = new HistoryQuery(hub.Settings.Limits.PageSize);
        foreach (var (name, value) in request.Parameters)
        {
            query = name switch
            {
                "_count" => query with { Count = Searches.PageSize(value, hub.Settings.Limits) },
                "_since" when DateTimeOffset.TryParse(
                    value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var since) => query with { Since = since },
                "_since" => throw new Refusal(400, "value", "_since is an instant."),
                Searches.CursorParameter => query with { Cursor = value },
                _ when request.Prefer.IsLenient => query,
                _ => throw new Refusal(400, "not-supported", "A history takes _count and _since."),
            };
        }

        return query;
    }

    private static string Address(string path, IEnumerable<KeyValuePair<string, string>> parameters) =>
        QueryText.Write(parameters) is { Length: > 0 } query ? $"{path}?{query}" : path;
}
