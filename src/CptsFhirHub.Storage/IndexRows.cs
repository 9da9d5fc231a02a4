using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Search;
using CptsFhirHub.Storage.Sqlite;

namespace CptsFhirHub.Storage;

/// <summary>
/// Writes the search index of a resource: one narrow table per kind of value, clustered in the order in which it is sought,
/// with a second way in by resource for the checks of a search that another criterion drives.
/// </summary>
internal static class IndexRows
{
    private static readonly string[] Tables =
        ["index_token", "index_string", "index_date", "index_reference", "index_uri", "index_quantity", "lookup"];

    private static readonly string[] Deletes = [.. Tables.Select(table => $"DELETE FROM {table} WHERE rid = ?")];

    public static void Remove(Session session, long rid)
    {
        foreach (var delete in Deletes)
            session.Get(delete).Add(rid).Run();
    }

    public static void Add(WriteScope scope, long tenant, long type, long rid, PreparedWrite write)
    {
        var row = new Row(scope, tenant, type, rid);
        foreach (var value in write.Values)
            Add(row, value);
        foreach (var key in write.Keys)
            scope.Session.Get("INSERT INTO lookup (tenant, kind, hash, rid) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING")
                .Add(tenant).Add(scope.Intern(SymbolKind.LookupKind, key.Kind)).Add(key.Hash).Add(rid).Run();
    }

    private static void Add(Row row, IndexValue value)
    {
        switch (value)
        {
            case IndexValue.Token token:
                AddToken(row, token);
                break;
            case IndexValue.String text:
                AddString(row, text.Parameter.Code, text.Folded, text.Exact);
                break;
            case IndexValue.Date date:
                row.Insert("INSERT INTO index_date (tenant, type, param, low, high, rid) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", date.Parameter.Code)
                    .Add(date.LowTicks).Add(date.HighTicks).Add(row.Rid).Run();
                break;
            case IndexValue.Reference reference:
                AddReference(row, reference);
                break;
            case IndexValue.Uri uri:
                row.Insert("INSERT INTO index_uri (tenant, type, param, value, rid) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", uri.Parameter.Code)
                    .Add(IndexText.Fit(uri.Value)).Add(row.Rid).Run();
                break;
            case IndexValue.Number number:
                AddQuantity(row, number.Parameter, number.Low, number.High, Symbols.None, "");
                break;
            case IndexValue.Quantity quantity:
                AddQuantity(row, quantity.Parameter, quantity.Low, quantity.High, row.System(quantity.System), quantity.Code ?? "");
                break;
        }
    }

    private static void AddToken(Row row, IndexValue.Token token)
    {
        var code = IndexText.Fit(SearchText.Code(token.Parameter, token.Code ?? ""));
        row.Insert("INSERT INTO index_token (tenant, type, param, code, system, rid) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", token.Parameter.Code)
            .Add(code).Add(row.System(token.System)).Add(row.Rid).Run();
        if (token.Text is { Length: > 0 } text)
            AddString(row, IndexText.TextOf(token.Parameter.Code), SearchText.Fold(text), text);
    }

    private static void AddString(Row row, string code, string folded, string exact) =>
        row.Insert("INSERT INTO index_string (tenant, type, param, folded, exact, rid) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", code)
            .Add(IndexText.Fit(folded)).Add(IndexText.Fit(exact)).Add(row.Rid).Run();

    private static void AddReference(Row row, IndexValue.Reference reference)
    {
        var isOurs = reference is { Type: not null, Id: not null };
        row.Insert(
            "INSERT INTO index_reference (tenant, type, param, target_id, target_type, rid) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            reference.Parameter.Code)
            .Add(isOurs ? reference.Id : IndexText.Fit(reference.Url ?? ""))
            .Add(isOurs ? row.Scope.Intern(SymbolKind.Type, reference.Type!) : Symbols.None)
            .Add(row.Rid).Run();
    }

    private static void AddQuantity(Row row, SearchParameter parameter, decimal low, decimal high, long system, string code) =>
        row.Insert(
            "INSERT INTO index_quantity (tenant, type, param, low, high, system, code, rid) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            parameter.Code)
            .Add((double)low).Add((double)high).Add(system).Add(IndexText.Fit(SearchText.FoldCase(code))).Add(row.Rid).Run();

    /// <summary>The resource whose index is written.</summary>
    internal readonly record struct Row(WriteScope Scope, long Tenant, long Type, long Rid)
    {
        /// <summary>An insert with its first three parameters bound: tenant, type, parameter.</summary>
        public Statement Insert(string sql, string code) =>
            Scope.Session.Get(sql).Add(Tenant).Add(Type).Add(Scope.Intern(SymbolKind.Parameter, code));

        public long System(string? system) =>
            string.IsNullOrEmpty(system) ? Symbols.None : Scope.Intern(SymbolKind.System, system);
    }
}
