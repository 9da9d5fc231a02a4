using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Search;
using CptsFhirHub.Storage.Sql;

namespace CptsFhirHub.Storage;

/// <summary>Gives stored resources the index rows of search parameters that came after them, a few at a time between other writes.</summary>
internal static class Reindex
{
    /// <summary>Rows that one step goes over: other writes wait no longer than that takes.</summary>
    private const int RowsMax = 200;

    public static ReindexProgress Step(
        WriteScope scope, SearchExtraction extraction, IReadOnlyList<SearchParameter> parameters, long afterRow, long? lastRow)
    {
        var (session, symbols) = (scope.Session, scope.Symbols);
        var (rows, progress) = Next(session, afterRow, lastRow);
        var byType = parameters.ToLookup(parameter => parameter.ResourceType, StringComparer.Ordinal);
        foreach (var (rid, tenant, type) in rows)
        {
            if (!byType.Contains(symbols.Text(session, type)) || ResourceRows.ReadCurrent(session, symbols, rid) is not { } stored)
                continue;
            var resource = stored.Resource;
            foreach (var parameter in byType[stored.Type])
                IndexRows.Replace(scope, tenant, type, rid, parameter, extraction.Extract(resource, parameter));
        }

        return progress;
    }

    /// <summary>Gives the resources of some types their lookup keys anew, a few at a time.</summary>
    public static ReindexProgress Rekey(WriteScope scope, StoreOptions options, IReadOnlyCollection<string> types, long afterRow, long? lastRow)
    {
        var (session, symbols) = (scope.Session, scope.Symbols);
        var (rows, progress) = Next(session, afterRow, lastRow);
        foreach (var (rid, tenant, type) in rows)
            if (types.Contains(symbols.Text(session, type)) && ResourceRows.ReadCurrent(session, symbols, rid) is { } stored)
                KeyRows.Replace(scope, tenant, rid, ResourceRows.Find(session, rid).Note, [.. options.LookupKeysOf(stored.Resource).Select(HashedKey.Of)]);
        return progress;
    }

    /// <summary>The rows of a step, and where it ends.</summary>
    private static (List<(long Rid, long Tenant, long Type)> Rows, ReindexProgress Progress) Next(Session session, long afterRow, long? lastRow)
    {
        session.OutdateAll();
        var last = lastRow ?? session.Scalar("SELECT max(rid) FROM resource") ?? 0;
        var until = Math.Min(afterRow + RowsMax, last);
        var rows = new List<(long Rid, long Tenant, long Type)>();
        var statement = session.Get("SELECT rid, tenant, type FROM resource WHERE rid > ? AND rid <= ? AND deleted = 0").Add(afterRow).Add(until);
        while (statement.Next())
            rows.Add((statement.Long(0), statement.Long(1), statement.Long(2)));
        return (rows, new(Math.Max(until, afterRow), last));
    }
}
