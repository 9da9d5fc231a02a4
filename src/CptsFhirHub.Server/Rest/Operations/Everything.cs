using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Search;
using CptsFhirHub.Server.Access;

namespace CptsFhirHub.Server.Rest.Operations;

/// <summary>
/// <c>Patient/$everything</c>: the compartment of one patient, or of all the caller sees, with the professionals and places it refers to.
/// It is a search of many types, narrowed by the caller's right like any other.
/// https://hl7.org/fhir/R4/patient-operation-everything.html
/// </summary>
internal static class Everything
{
    /// <summary>The types whose resources may stand in a patient's compartment, the patient first.</summary>
    private static readonly IReadOnlyList<string> Members =
    [
        "Patient",
        .. Compartments.Members("Patient").Where(type => type != "Patient" && ServedTypes.All.Contains(type)).Order(StringComparer.Ordinal),
    ];

    public static async Task<Answer> Run(OperationCall call, Collaborators hub, CancellationToken cancellationToken)
    {
        var request = call.Request;
        if (request.Id.Length > 0 && await hub.Sight.ReadAsync(request.Caller, "Patient", request.Id, cancellationToken) is null or { IsDeleted: true })
            return Answer.Missing("Patient", request.Id);

        var types = call.Texts("_type").SelectMany(text => text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            .ToHashSet(StringComparer.Ordinal);
        if (types.FirstOrDefault(type => !Conditions.IsServed(type)) is not null)
            return Answer.Refused(400, "not-supported", "_type names a type that is not served here.", "_type");

        // Who asks for professionals alone still asks for those that the record refers to.
        var shown = types.Count == 0 || types.Any(IsReferred) ? Members : [.. Members.Where(types.Contains)];
        var limits = hub.Settings.Limits;
        var binding = new PageBinding(request, request.Parameters.Where(pair => pair.Key != "_type"));
        var cursor = call.Text(Searches.CursorParameter);
        var countsOnly = call.Text("_count") == "0";
        var queries = shown.Where(type => request.Caller.Policy.Allows(type, Deeds.Search)).Select(type => Query(call, type, hub) with
        {
            Count = call.Text("_count") is { } count ? Searches.PageSize(count, limits) : limits.PageSizeMax,
            Cursor = binding.Open(cursor),
            WantsTotal = types.Count == 0 || types.IsSubsetOf(Members),
            Includes = [.. shown.Select(source => new Include(source, null, null, IsReverse: false, Iterates: false))],
        }).ToList();
        if (countsOnly)
            queries = queries.ConvertAll(query => query with { Count = 0, Includes = [], Cursor = null, TotalMax = null });
        var page = queries.Count == 0 ? new([], [], 0, null) : await hub.Sight.SearchAsync(request.Caller, queries, cancellationToken);

        using var bundle = new BundleBytes("searchset", hub.Url.Fhir);
        bundle.Total(page.Total);
        bundle.Link("self", Address(request, cursor));
        if (page.NextCursor is { } next && !countsOnly)
            bundle.Link("next", Address(request, binding.Seal(next)));
        bundle.BeginEntries();
        foreach (var match in countsOnly ? [] : page.Matches.Where(match => types.Count == 0 || types.Contains(match.Type)))
            bundle.Found(match, request.Shown(match), "match");
        foreach (var other in countsOnly ? [] : page.Included.Where(other => IsReferred(other.Type) && (types.Count == 0 || types.Contains(other.Type))))
            bundle.Found(other, request.Shown(other), "include");
        if (page.IsCut)
            bundle.Remarks([Issue.Warning("too-costly", "_count", "The record refers to more than one page carries: ask for fewer a page.")]);
        return Answer.Ok(bundle.End());
    }

    /// <summary>What the record refers to without being about a patient.</summary>
    private static bool IsReferred(string type) => !Members.Contains(type);

    private static SearchQuery Query(OperationCall call, string type, Collaborators hub)
    {
        var id = call.Request.Id;
        List<KeyValuePair<string, string>> parameters = [];
        if (call.Text("_since") is { } since)
            parameters.Add(new("_lastUpdated", "ge" + since));
        var query = Searches.Parse(type, parameters, isLenient: false, hub).Query;
        if (id.Length > 0)
            query = query.And([type == "Patient" ? One(call, hub) : Compartments.Of(hub.Definitions, "Patient", id, type) ?? new Criterion.Never()]);
        else if (type != "Patient")
            query = query.And([OfAnyPatient(type, hub)]);
        return query.And(Dates(call, type, hub));
    }

    /// <summary>The patient itself, not those that are linked to it.</summary>
    private static Criterion One(OperationCall call, Collaborators hub) =>
        Searches.Parse("Patient", [new("_id", call.Request.Id)], isLenient: false, hub).Query.Criteria[0];

    /// <summary>Whatever names a patient by the parameter that leads there.</summary>
    private static Criterion OfAnyPatient(string type, Collaborators hub)
    {
        var code = ServedTypes.PatientParameter.GetValueOrDefault(type)
            ?? (hub.Definitions.SearchParameter(type, "patient") is not null ? "patient" : type == "Group" ? "member" : "actor");
        return Searches.Parse(type, [new(code + ":missing", "false")], isLenient: false, hub).Query.Criteria[0];
    }

    /// <summary>Care within the dates asked for. What bears no date may belong to it; the person itself has no date of care.</summary>
    private static IEnumerable<Criterion> Dates(OperationCall call, string type, Collaborators hub)
    {
        List<KeyValuePair<string, string>> dates = [];
        if (call.Text("start") is { } start)
            dates.Add(new("date", "ge" + start));
        if (call.Text("end") is { } end)
            dates.Add(new("date", "le" + end));
        if (dates.Count == 0 || type == "Patient" || hub.Definitions.SearchParameter(type, "date") is not { Type: SearchParameterType.Date })
            return [];
        var within = Searches.Parse(type, dates, isLenient: false, hub).Query.Criteria;
        var undated = Searches.Parse(type, [new("date:missing", "true")], isLenient: false, hub).Query.Criteria;
        return [new Criterion.Any([within, undated])];
    }

    private static string Address(FhirRequest request, string? cursor)
    {
        var pairs = request.Parameters.Where(pair => pair.Key != Searches.CursorParameter).ToList();
        if (cursor is not null)
            pairs.Add(new(Searches.CursorParameter, cursor));
        return QueryText.Write(pairs) is { Length: > 0 } query ? $"{request.Path}?{query}" : request.Path;
    }
}
