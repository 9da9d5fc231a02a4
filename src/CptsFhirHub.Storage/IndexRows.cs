using System.Diagnostics;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Search;
using CptsFhirHub.Storage.Sql;

namespace CptsFhirHub.Storage;

/// <summary>
/// Writes the search index of a resource: one narrow table per kind of value, clustered in the order in which it is sought,
/// with a second way in by resource for the checks of a search that another criterion drives.
/// </summary>
internal static class IndexRows
{
    public static readonly string[] Tables =
        ["index_token", "index_string", "index_date", "index_reference", "index_uri", "index_quantity", "index_composite"];

    private static readonly string TokenInsert = Insert("index_token", "code, system");
    private static readonly string StringInsert = Insert("index_string", "folded, exact");
    private static readonly string DateInsert = Insert("index_date", "low, high");
    private static readonly string ReferenceInsert = Insert("index_reference", "target_id, target_type");
    private static readonly string UriInsert = Insert("index_uri", "value");
    private static readonly string QuantityInsert = Insert("index_quantity", "low, high, system, code");

    private static readonly string CompositeInsert = Insert("index_composite", "code, system, code2, system2, low, high");

    /// <summary>Rows of a new resource that are compared with one another; of more the database tells those that are there twice.</summary>
    private const int NewMax = 256;

    /// <summary>The place of the parameter among the columns.</summary>
    public const int ParameterColumn = 2;

    /// <summary>Each table with its columns, in the order in which an insert binds them.</summary>
    public static IReadOnlyList<(string Table, string Columns)> Columns { get; } =
        [.. ((string[])[TokenInsert, StringInsert, DateInsert, ReferenceInsert, UriInsert, QuantityInsert, CompositeInsert]).Select(ColumnsOf)];

    private static readonly RowRemoval[] Removals = [.. Columns.Select(table => new RowRemoval(table.Table, table.Columns))];

    private static readonly string[] Deletes = [.. Tables.Select(table => $"DELETE FROM {table} WHERE rid = ?")];

    public static void Remove(Session session, long tenant, ResourceRow resource)
    {
        foreach (var delete in Deletes)
            session.Get(delete).Add(resource.Rid).SendTogether();
        KeyRows.Remove(session, tenant, resource.Rid, resource.Note);
    }

    /// <param name="isNew">True when the resource comes into being: nothing of it stands here.</param>
    public static void Add(WriteScope scope, long tenant, long type, long rid, PreparedWrite write, bool isNew = false)
    {
        AddValues(scope, tenant, type, rid, write, isNew && write.Rows.Count <= NewMax);
        KeyRows.Add(scope, tenant, rid, write.Keys);
    }

    /// <summary>
    /// Makes the rows of a resource those of this write. What stands already is left where it is: an update mostly changes a value or two,
    /// and each row taken away and put back would be two pages of every tree of its table.
    /// </summary>
    public static void Replace(WriteScope scope, long tenant, long type, ResourceRow resource, PreparedWrite write)
    {
        var rid = resource.Rid;
        AddValues(scope, tenant, type, rid, write);
        KeyRows.Replace(scope, tenant, rid, resource.Note, write.Keys);

        // Its symbols have their numbers now: noting the rows asks the database nothing.
        var wanted = new Dictionary<string, List<IReadOnlyList<object?>>>(StringComparer.Ordinal);
        var notes = new RowNotes(scope.Session, (table, row) =>
        {
            if (!wanted.TryGetValue(table, out var rows))
                wanted[table] = rows = [];
            rows.Add(row);
        });
        AddValues(new WriteScope(notes, scope.Symbols, scope.Keys, scope.Ticks) { Settled = static _ => { }, Queued = static () => { } }, tenant, type, rid, write);

        var isWhole = true;
        foreach (var removal in Removals)
            isWhole &= removal.Send(scope.Session, rid, wanted.GetValueOrDefault(removal.Table) ?? []);
        if (!isWhole)
            AddValues(scope, tenant, type, rid, write);
    }

    private static void AddValues(WriteScope scope, long tenant, long type, long rid, PreparedWrite write, bool isNew = false)
    {
        var row = new Row(scope, tenant, type, rid, isNew);
        foreach (var value in write.Rows)
            Add(row, value);
    }

    /// <summary>The rows of one parameter of a resource, as they are now.</summary>
    public static void Replace(WriteScope scope, long tenant, long type, long rid, SearchParameter parameter, IReadOnlyList<IndexValue> values)
    {
        scope.Session.Outdate(new(TouchedKind.Row, rid));
        foreach (var suffix in (string[])["", ":text", ":of-type", IndexText.UcumSuffix, .. DateSpan.Longer.Select(span => span.Suffix)])
            if (scope.Symbols.Find(scope.Session, SymbolKind.Parameter, parameter.Code + suffix) is { } number)
                foreach (var table in Tables)
                    scope.Session.Get($"DELETE FROM {table} WHERE rid = ? AND param = ?").Add(rid).Add(number).Send();
        var row = new Row(scope, tenant, type, rid);
        foreach (var value in values)
            Add(row, value);
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
                row.Insert(DateInsert, date.Parameter.Code)
                    .Add(date.LowTicks).Add(date.HighTicks).Add(row.Rid).Send(row);
                if (DateSpan.Of(date.LowTicks, date.HighTicks) is { } span)
                    row.Insert(DateInsert, date.Parameter.Code + span.Suffix)
                        .Add(date.LowTicks).Add(date.HighTicks).Add(row.Rid).Send(row);
                break;
            case IndexValue.Reference reference:
                AddReference(row, reference);
                break;
            case IndexValue.Uri uri:
                row.Insert(UriInsert, uri.Parameter.Code)
                    .Add(IndexText.Fit(uri.Value)).Add(row.Rid).Send(row);
                break;
            case IndexValue.Number number:
                AddQuantity(row, number.Parameter, number.Low, number.High, Symbols.None, "");
                break;
            case IndexValue.Measure measure:
                row.Insert(QuantityInsert, IndexText.UcumOf(measure.Parameter.Code))
                    .Add(measure.Low).Add(measure.High).Add(Symbols.None).Add(IndexText.Fit(measure.Dimensions)).Add(row.Rid).Send(row);
                break;
            case IndexValue.Place place:
                row.Insert(QuantityInsert, place.Parameter.Code)
                    .Add(place.Latitude).Add(place.Longitude).Add(Symbols.None).Add("").Add(row.Rid).Send(row);
                break;
            case IndexValue.Composite composite:
                AddComposite(row, composite);
                break;
            case IndexValue.Quantity quantity:
                AddQuantity(row, quantity.Parameter, quantity.Low, quantity.High, row.System(quantity.System), quantity.Code ?? "");
                break;
        }
    }

    private static void AddToken(Row row, IndexValue.Token token)
    {
        var code = IndexText.Fit(SearchText.Code(token.Parameter, token.Code ?? ""));
        row.Scope.Session.Outdate(new(TouchedKind.Code, 0, code));
        row.Insert(TokenInsert, token.Parameter.Code)
            .Add(code).Add(row.System(token.System)).Add(row.Rid).Send(row);
        if (token.Text is { Length: > 0 } text)
            AddString(row, IndexText.TextOf(token.Parameter.Code), SearchText.Fold(text), text);
    }

    private static void AddString(Row row, string code, string folded, string exact) =>
        row.Insert(StringInsert, code)
            .Add(IndexText.Fit(folded)).Add(IndexText.Fit(exact)).Add(row.Rid).Send(row);

    private static void AddReference(Row row, IndexValue.Reference reference)
    {
        var isOurs = reference is { Type: not null, Id: not null };
        row.Insert(ReferenceInsert, reference.Parameter.Code)
            .Add(isOurs ? reference.Id : IndexText.Fit(reference.Url ?? ""))
            .Add(isOurs ? row.Scope.Intern(SymbolKind.Type, reference.Type!) : Symbols.None)
            .Add(row.Rid).Send(row);
    }

    private static void AddQuantity(Row row, SearchParameter parameter, decimal low, decimal high, long system, string code) =>
        row.Insert(QuantityInsert, parameter.Code)
            .Add((double)low).Add((double)high).Add(system).Add(IndexText.Fit(SearchText.FoldCase(code))).Add(row.Rid).Send(row);

    /// <summary>A code and, in the same element, a value of any kind.</summary>
    private static void AddComposite(Row row, IndexValue.Composite composite)
    {
        var (first, second) = composite.Parts switch
        {
            [IndexValue.Token code, var other] => (code, other),
            [var other, IndexValue.Token code] => (code, other),
            [IndexValue.Token code, IndexValue.Number from, IndexValue.Number to] => (code, new IndexValue.Number(from.Parameter, from.Low, to.Low)),
            _ => (null, (IndexValue?)null),
        };
        if (first is null)
            return;
        var statement = row.Insert(CompositeInsert, second is IndexValue.Measure ? IndexText.UcumOf(composite.Parameter.Code) : composite.Parameter.Code)
            .Add(IndexText.Fit(SearchText.Code(first.Parameter, first.Code ?? ""))).Add(row.System(first.System));
        _ = second switch
        {
            IndexValue.Token token => statement.Add(IndexText.Fit(SearchText.Code(token.Parameter, token.Code ?? "")))
                .Add(row.System(token.System)).Add(0L).Add(0L),
            IndexValue.String text => statement.Add(IndexText.Fit(text.Folded)).Add(Symbols.None).Add(0L).Add(0L),
            IndexValue.Date date => statement.Add("").Add(Symbols.None).Add(date.LowTicks).Add(date.HighTicks),
            IndexValue.Reference { Type: { } type, Id: { } id } => statement.Add(id).Add(row.Scope.Intern(SymbolKind.Type, type)).Add(0L).Add(0L),
            IndexValue.Reference reference => statement.Add(IndexText.Fit(reference.Url ?? "")).Add(Symbols.None).Add(0L).Add(0L),
            IndexValue.Uri uri => statement.Add(IndexText.Fit(uri.Value)).Add(Symbols.None).Add(0L).Add(0L),
            IndexValue.Number number => statement.Add("").Add(Symbols.None).Add((double)number.Low).Add((double)number.High),
            IndexValue.Quantity quantity => statement.Add(IndexText.Fit(SearchText.FoldCase(quantity.Code ?? "")))
                .Add(row.System(quantity.System)).Add((double)quantity.Low).Add((double)quantity.High),
            IndexValue.Measure measure => statement.Add(IndexText.Fit(measure.Dimensions)).Add(Symbols.None).Add(measure.Low).Add(measure.High),
            _ => throw new UnreachableException(),
        };
        statement.Add(row.Rid).Send(row);
    }

    private static void Send(this Statement insert, Row row)
    {
        if (row.IsNew && row.Scope.Session.Flights == row.Flights)
            insert.SendNew();
        else
            insert.Send();
    }

    private static (string Table, string Columns) ColumnsOf(string insert)
    {
        var (opens, closes) = (insert.IndexOf('('), insert.IndexOf(')'));
        return (insert.Split(' ')[2], insert[(opens + 1)..closes]);
    }

    /// <summary>A value that a resource offers twice is kept once.</summary>
    private static string Insert(string table, string columns)
    {
        var marks = string.Join(", ", columns.Split(',').Select(_ => "?"));
        return $"INSERT INTO {table} (tenant, type, param, {columns}, rid) VALUES (?, ?, ?, {marks}, ?) ON CONFLICT DO NOTHING";
    }

    /// <summary>The resource whose index is written.</summary>
    internal readonly record struct Row(WriteScope Scope, long Tenant, long Type, long Rid, bool IsNew = false)
    {
        /// <summary>Rows that are sent between two others of the resource are not compared with these.</summary>
        public int Flights { get; } = Scope.Session.Flights;

        /// <summary>An insert with its first three parameters bound: tenant, type, parameter.</summary>
        public Statement Insert(string sql, string code) =>
            Scope.Session.Get(sql).Add(Tenant).Add(Type).Add(Scope.Intern(SymbolKind.Parameter, code));

        public long System(string? system) =>
            string.IsNullOrEmpty(system) ? Symbols.None : Scope.Intern(SymbolKind.System, system);
    }
}
