using System.Globalization;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Search;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Server.Rest;

namespace CptsFhirHub.Server.Bulk;

/// <summary>The searches that make one type of an export; a resource that two of them find is written once.</summary>
/// <param name="IsWhole">True when the client sees every row of the type: then it may know which ones were deleted.</param>
internal sealed record ExportedType(string Type, IReadOnlyList<SearchQuery> Queries, bool IsWhole);

/// <summary>What an export reads: type after type, within the rights of the one who asks.</summary>
internal sealed record ExportPlan(IReadOnlyList<ExportedType> Types, DateTimeOffset? Since, Caller Caller)
{
    private const int PatientsAtOnce = 100;
    private const int PatientsMax = 10_000;
    private const int FiltersMax = 50;
    private static readonly string[] Known = ["_outputFormat", "_since", "_type", "_typeFilter", "patient"];
    private static readonly string[] Formats = ["application/fhir+ndjson", "application/ndjson", "ndjson"];

    /// <summary>Reads the parameters of <c>$export</c>. Throws a <see cref="Refusal"/> for what is not served, not allowed or not understood.</summary>
    public static async Task<ExportPlan> ReadAsync(FhirRequest request, Collaborators hub, CancellationToken cancellationToken)
    {
        var policy = request.Caller.Policy;
        var asksForParts = request.View.Elements is not null || request.View.Summary is not null;
        if (!request.Prefer.IsLenient && (asksForParts || request.Names().Any(name => !Known.Contains(name))))
            throw new Refusal(400, "not-supported", $"An export takes {string.Join(", ", Known)}.");
        if (request.Values("_outputFormat") is [var format] && !Formats.Contains(format.Replace(' ', '+')))
            throw new Refusal(400, "not-supported", "An export is written as application/fhir+ndjson.");

        var isOfPatients = request.Type is "Patient" or "Group";
        var types = TypesOf(request, isOfPatients, policy);
        var since = SinceOf(request);
        var patients = await PatientsAsync(request, hub, cancellationToken);
        var filters = Filters(request, types, hub);
        return new([.. types.Select(type => Of(type, patients, isOfPatients, since, filters[type].ToList(), policy))], since, request.Caller);
    }

    private static ExportedType Of(
        string type, IReadOnlyList<string>? patients, bool isOfPatients, DateTimeOffset? since, List<SearchQuery> filters, Policy policy)
    {
        var common = new List<Criterion>();
        if (since is { } from)
            common.Add(new Criterion.Match(
                Parameter(type, "_lastUpdated"), null, [new SearchValue.Date(Prefix.Ge, from.UtcTicks, from.UtcTicks + TimeSpan.TicksPerMillisecond)]));
        if (filters.Count > 0)
            common.Add(new Criterion.Any([.. filters.Select(filter => filter.Criteria)]));

        // The whole type, the part of it that hangs on a patient, or that of some patients at a time.
        IEnumerable<IReadOnlyList<Criterion>> parts = patients is not null
            ? patients.Chunk(PatientsAtOnce).Select(some => (IReadOnlyList<Criterion>)[OfPatients(type, some)])
            : isOfPatients && type != "Patient"
                ? [[new Criterion.Match(Parameter(type, ServedTypes.PatientParameter[type]), "missing", [new SearchValue.Missing(IsMissing: false)])]]
                : [[]];
        return new(type, [.. parts.Select(part => Sight.Narrow(new(type, [.. part, .. common]), policy))], policy.RowsOf(type) is null && !isOfPatients);
    }

    private static Criterion.Match OfPatients(string type, IEnumerable<string> ids) => type == "Patient"
        ? new(Parameter("Patient", "_id"), null, [.. ids.Select(id => new SearchValue.Token(null, id))])
        : new(Parameter(type, ServedTypes.PatientParameter[type]), null, [.. ids.Select(id => new SearchValue.Reference("Patient", id, null))]);

    private static List<string> TypesOf(FhirRequest request, bool isOfPatients, Policy policy)
    {
        var offered = isOfPatients ? ServedTypes.PatientParameter.Keys.Append("Patient").ToHashSet(StringComparer.Ordinal) : ServedTypes.All.ToHashSet(StringComparer.Ordinal);
        var asked = request.Values("_type").Distinct(StringComparer.Ordinal).ToList();
        if (asked.Count == 0)
            return [.. offered.Where(type => policy.Allows(type, Deeds.Read | Deeds.Search)).Order(StringComparer.Ordinal)];
        foreach (var type in asked)
        {
            if (!offered.Contains(type))
                throw new Refusal(400, "not-supported", "_type names a type that this export does not hold.");
            if (!policy.Allows(type, Deeds.Read | Deeds.Search))
                throw new Refusal(403, "forbidden", $"This client may not export {type}.");
        }

        return asked;
    }

    private static DateTimeOffset? SinceOf(FhirRequest request) => request.Wholes("_since") switch
    {
        [] => null,
        [var text] when PartialDate.TryParse(text.Replace(' ', '+'), out var date) && date.Precision >= DatePrecision.Second
            && DateTimeOffset.TryParse(text.Replace(' ', '+'), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var since) => since,
        _ => throw new Refusal(400, "value", "_since is an instant such as 2026-11-01T00:00:00Z."),
    };

    /// <summary>The ids of the patients of the group, or of those named; null when all are meant.</summary>
    private static async Task<IReadOnlyList<string>?> PatientsAsync(FhirRequest request, Collaborators hub, CancellationToken cancellationToken)
    {
        var named = request.Values("patient").Select(reference => reference.Split('/')[^1]).ToList();
        if (named.Count > 0 && request.Type is not ("Patient" or "Group"))
            throw new Refusal(400, "not-supported", "The parameter patient is for the exports of Patient and Group.");
        if (request.Type != "Group")
            return named.Count > 0 ? Bounded(named) : null;
        if (await hub.Sight.ReadAsync(request.Caller, "Group", request.Id, cancellationToken) is not { IsDeleted: false } group)
            throw new Refusal(404, "not-found", $"There is no Group/{request.Id}.");

        var members = new HashSet<string>(StringComparer.Ordinal);
        foreach (var member in group.Resource.Root.All("member"))
            if (IsActive(member, hub.Time.GetUtcNow()) && ResourceReference.TryParse(member.At("entity", "reference")?.Value, out var reference)
                && reference is { Type: "Patient", Id: { } id })
                members.Add(id);
        return Bounded([.. named.Count > 0 ? named.Where(members.Contains) : members]);
    }

    // Who has left by then is no member, whether or not somebody ticked it.
    private static bool IsActive(Element member, DateTimeOffset now) => member.Text("inactive") != "true"
        && !(PartialDate.Read(member.At("period", "end")?.Value) is { } end && end.UtcTicks(SearchZone.Paris).HighTicks <= now.UtcTicks);

    private static List<string> Bounded(List<string> patients) => patients.Count <= PatientsMax
        ? patients
        : throw new Refusal(422, "too-costly", $"An export is for {PatientsMax.ToString(CultureInfo.InvariantCulture)} patients at most when they are named.");

    private static ILookup<string, SearchQuery> Filters(FhirRequest request, List<string> types, Collaborators hub)
    {
        var texts = request.Wholes("_typeFilter");
        if (texts.Count > FiltersMax)
            throw new Refusal(400, "too-costly", $"An export has at most {FiltersMax.ToString(CultureInfo.InvariantCulture)} filters.");
        return texts.Select(text =>
        {
            var question = text.IndexOf('?', StringComparison.Ordinal);
            if (question < 0 || !types.Contains(text[..question]))
                throw new Refusal(400, "value", "_typeFilter is a search such as Task?status=requested on a type that is exported.");
            return Searches.Parse(text[..question], QueryText.Read(text[question..]), isLenient: false, hub).Query;
        }).ToLookup(query => query.ResourceType, StringComparer.Ordinal);
    }

    private static SearchParameter Parameter(string type, string code) =>
        R4.Definitions.SearchParameter(type, code) ?? throw new InvalidOperationException($"R4 has no search parameter {type}.{code}.");
}
