using System.Globalization;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Search;
using CptsFhirHub.Server.Access;
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

        var query = await QueryAsync(request, hub, cancellationToken);
        var countsOnly = request.View.IsCount || query.Count == 0;
        var page = await hub.Store.HistoryAsync(
            caller.Tenant,
            request.Type.Length == 0 ? null : request.Type,
            request.Id.Length == 0 ? null : request.Id,
            countsOnly ? query with { TotalMax = null } : query,
            cancellationToken);

        using var bundle = new BundleBytes("history", hub.Url.Fhir);
        bundle.Total(page.Total);
        var asked = request.Parameters.Select(pair => pair.Key is "_since" or "_at" ? new(pair.Key, Escaped(pair.Value)) : pair)
            .Concat(request.View.Parameters).ToList();
        bundle.Link("self", Address(request.Path, asked));
        if (page.NextCursor is { } next && !countsOnly)
            bundle.Link("next", Address(
                request.Path, asked.Where(pair => pair.Key != Searches.CursorParameter).Append(new(Searches.CursorParameter, next))));
        bundle.BeginEntries();
        foreach (var version in countsOnly ? [] : page.Versions)
            bundle.Version(version, version.IsDeleted ? default : request.Shown(version));
        return Answer.Ok(bundle.End());
    }

    private static async Task<HistoryQuery> QueryAsync(FhirRequest request, Collaborators hub, CancellationToken cancellationToken)
    {
        Searches.RequirePage(request, hub.Settings.Limits);
        var query = new HistoryQuery(hub.Settings.Limits.PageSize);
        foreach (var (name, value) in request.Parameters)
        {
            query = name switch
            {
                "_count" => query with { Count = value == "0" ? 0 : Searches.PageSize(value, hub.Settings.Limits) },
                "_since" => query with { Since = Instant(value) },
                "_at" => query with { At = Time(value) },
                "_list" => query with { Only = await ListedAsync(value, request, hub, cancellationToken) },
                Searches.CursorParameter => query with { Cursor = value },
                _ when request.Prefer.IsLenient => query,
                _ => throw new Refusal(400, "not-supported", "A history takes _count, _since, _at and _list."),
            };
        }

        return query;
    }

    /// <summary>A plus sign that was not escaped arrives as a space.</summary>
    private static string Escaped(string instant) => instant.Replace(' ', '+');

    /// <summary>The beginning of the time that a value names.</summary>
    private static DateTimeOffset Instant(string text) =>
        PartialDate.TryParse(Escaped(text), out var date)
            ? new(date.UtcTicks(SearchZone.Paris).LowTicks, TimeSpan.Zero)
            : throw new Refusal(400, "value", "_since is an instant.");

    private static (long LowTicks, long HighTicks) Time(string text) =>
        PartialDate.TryParse(Escaped(text), out var date)
            ? date.UtcTicks(SearchZone.Paris)
            : throw new Refusal(400, "value", "_at is a date, with or without a time.");

    /// <summary>What a List refers to, for who may see that List.</summary>
    private static async Task<IReadOnlyList<(string Type, string Id, long? Version)>> ListedAsync(
        string value, FhirRequest request, Collaborators hub, CancellationToken cancellationToken)
    {
        var id = value.StartsWith("List/", StringComparison.Ordinal) ? value["List/".Length..] : value;
        if (!request.Caller.Policy.Allows("List", Deeds.Read))
            throw new Refusal(403, "forbidden", "This client may not read a List.");
        if (!Conditions.IsId(id) || await hub.Sight.ReadAsync(request.Caller, "List", id, cancellationToken) is not { IsDeleted: false } list)
            throw new Refusal(400, "not-found", "_list names a List that is here.");
        var listed = new List<(string, string, long?)>();
        foreach (var item in list.Resource.Root.All("entry"))
        {
            if (item.At("item", "reference")?.Value is { } text && ResourceReference.TryParse(text, out var reference) && reference.Type is { } type
                && (reference.IsRelative || reference.Base == hub.Url.Fhir))
                listed.Add((type, reference.Id!, long.TryParse(reference.Version, NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : null));
        }

        return listed;
    }

    private static string Address(string path, IEnumerable<KeyValuePair<string, string>> parameters) =>
        QueryText.Write(parameters) is { Length: > 0 } query ? $"{path}?{query}" : path;
}
