using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Server.Rest.Operations;

namespace CptsFhirHub.Server.Rest;

/// <summary>What a route expects in the body.</summary>
internal enum BodyKind
{
    None,
    Resource,

    /// <summary>A resource, or nothing.</summary>
    Optional,

    /// <summary>A JSON Patch, or the Parameters of a FHIRPath Patch.</summary>
    Patch,

    /// <summary>The parameters of a search as a form.</summary>
    Form,
}

internal delegate Task<Answer> Interaction(FhirRequest request, Collaborators hub, CancellationToken cancellationToken);

/// <summary>An operation that another room serves behind a line of the table: <c>Subscription/$status</c>.</summary>
internal sealed record ServedOperation(string Name, Interaction Run);

/// <summary>One line of the table of FHIR routes.</summary>
/// <param name="Pattern">Below the FHIR base; a segment in braces is a variable.</param>
/// <param name="Name">The interaction's code in the CapabilityStatement, or the operation's name with its dollar.</param>
/// <param name="Deed">What the caller must be allowed to do with the type.</param>
internal sealed record Route(string Method, string Pattern, string Name, Deeds Deed, BodyKind Body, Interaction Run)
{
    private readonly string[] _segments = Pattern.Split('/', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The type the pattern itself names, as <c>Group</c> in <c>Group/{id}/$reconcile</c>.</summary>
    public string? FixedType => _segments is [var first, ..] && char.IsAsciiLetterUpper(first[0]) ? first : null;

    /// <summary>True for an operation that changes what is stored.</summary>
    public bool AffectsState { get; init; }

    /// <summary>True for such an operation when doing it twice comes to the same as doing it once.</summary>
    public bool IsRepeatable { get; init; }

    public bool HasId => _segments.Contains("{id}");

    /// <summary>True when the answer is a list that can be told by its number alone.</summary>
    public bool CountsMatches => Name is "search-type" or "search-system" or "search-compartment" or "history-instance" or "history-type" or "history-system";

    /// <summary>The pattern as the router takes it: an id that cannot be one leads nowhere.</summary>
    public string RouterPattern => Pattern.Replace("{id}", "{id:" + LogicalId.Name + "}", StringComparison.Ordinal);

    /// <summary>Refuses a type that is not served, an id that is none, and a deed outside the caller's right; before any body is read.</summary>
    public void Admit(FhirRequest request)
    {
        if (request.Type.Length > 0)
        {
            if (!Conditions.IsServed(request.Type) && !(Name == "$validate" && R4.Definitions.IsResourceType(request.Type)))
                throw new Refusal(404, "not-supported", "This resource type is not served here.");
            if (Deed != Deeds.None && !request.Caller.Policy.Allows(request.Type, Deed))
                throw new Refusal(403, "forbidden", $"This client may not do this with {request.Type}.");
        }

        if (HasId && !Conditions.IsId(request.Id))
            throw new Refusal(404, "not-found", "No resource can have this id.");
    }

    /// <summary>The variables of the path when it fits the pattern.</summary>
    public (string Type, string Id, string Version)? Fit(string[] path)
    {
        if (path.Length != _segments.Length)
            return null;
        var (type, id, version) = (FixedType ?? "", "", "");
        for (var i = 0; i < path.Length; i++)
        {
            switch (_segments[i])
            {
                case "{type}" when char.IsAsciiLetterUpper(path[i][0]):
                    type = path[i];
                    break;
                case "{id}" when path[i][0] is not ('_' or '$'):
                    id = path[i];
                    break;
                case "{member}" when char.IsAsciiLetterUpper(path[i][0]) || path[i] == "*":
                    break;
                case "{vid}":
                    version = path[i];
                    break;
                case var literal when literal != path[i]:
                    return null;
            }
        }

        return (type, id, version);
    }
}

/// <summary>The table of FHIR routes: HTTP and the entries of Bundles are both led by it.</summary>
internal static class Routes
{
    public static readonly IReadOnlyList<Route> Table =
    [
        new("GET", "{type}/{id}", "read", Deeds.Read, BodyKind.None, Read.Handle),
        new("GET", "{type}/{id}/_history/{vid}", "vread", Deeds.Read, BodyKind.None, VRead.Handle),
        new("GET", "{type}/{id}/_history", "history-instance", Deeds.Read, BodyKind.None, History.Handle),
        new("GET", "{type}/_history", "history-type", Deeds.Read, BodyKind.None, History.Handle),
        new("GET", "_history", "history-system", Deeds.None, BodyKind.None, History.Handle),
        new("GET", "{type}", "search-type", Deeds.Search, BodyKind.None, Search.Handle),
        new("GET", "{type}/_search", "search-type", Deeds.Search, BodyKind.None, Search.Handle),
        new("POST", "{type}/_search", "search-type", Deeds.Search, BodyKind.Form, Search.Handle),
        new("GET", "{type}/{id}/{member}", "search-compartment", Deeds.Search, BodyKind.None, Search.InCompartment),
        new("POST", "{type}/{id}/{member}/_search", "search-compartment", Deeds.Search, BodyKind.Form, Search.InCompartment),
        new("GET", "", "search-system", Deeds.None, BodyKind.None, Search.OfTypes),
        new("POST", "_search", "search-system", Deeds.None, BodyKind.Form, Search.OfTypes),
        new("POST", "{type}", "create", Deeds.Create, BodyKind.Resource, Create.Handle),
        new("PUT", "{type}/{id}", "update", Deeds.Update, BodyKind.Resource, Update.Handle),
        new("PUT", "{type}", "update", Deeds.Update, BodyKind.Resource, Update.Handle),
        new("PATCH", "{type}/{id}", "patch", Deeds.Update, BodyKind.Patch, Patch.Handle),
        new("PATCH", "{type}", "patch", Deeds.Update, BodyKind.Patch, Patch.Handle),
        new("DELETE", "{type}/{id}", "delete", Deeds.Delete, BodyKind.None, Delete.Handle),
        new("DELETE", "{type}", "delete", Deeds.Delete, BodyKind.None, Delete.Handle),
        new("GET", Deferred.Path + "/{id}", "async-status", Deeds.None, BodyKind.None, Deferred.Status),
        new("DELETE", Deferred.Path + "/{id}", "async-cancel", Deeds.None, BodyKind.None, Deferred.Cancel),
        new("POST", "", "batch", Deeds.None, BodyKind.Resource, Batch.Handle),
        .. OperationTable.All.SelectMany(operation => operation.Routes()),
    ];

    /// <summary>The methods that an operation's address knows.</summary>
    public static IReadOnlyList<string> MethodsOf(string path)
    {
        var segments = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        return [.. Table.Where(route => route.Name[0] == '$' && route.Fit(segments) is not null).Select(route => route.Method).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>The route of an entry's method and url (without its query).</summary>
    public static (Route Route, string Type, string Id, string Version)? Find(string method, string path)
    {
        var segments = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (method == "HEAD")
            method = "GET";
        foreach (var route in Table)
            if (route.Method == method && route.Fit(segments) is var (type, id, version))
                return (route, type, id, version);
        return null;
    }
}

/// <summary>The router's word for a logical id: <c>{id:logical}</c>.</summary>
internal sealed class LogicalId : IRouteConstraint
{
    public const string Name = "logical";

    public bool Match(HttpContext? httpContext, IRouter? route, string routeKey, RouteValueDictionary values, RouteDirection routeDirection) =>
        values[routeKey] is string id && Conditions.IsId(id);
}
