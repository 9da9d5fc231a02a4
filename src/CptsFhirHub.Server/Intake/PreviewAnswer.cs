using System.Text.Json;
using CptsFhirHub.Server.Flows;

namespace CptsFhirHub.Server.Intake;

/// <summary>What a file would do, as JSON: how it was read, which columns fill which field, and what each row would become.</summary>
internal static class PreviewAnswer
{
    /// <summary>True when the caller only wants to know.</summary>
    public static bool IsAskedFor(HttpRequest request) => request.Query["preview"].FirstOrDefault() is "true";

    public static IResult Of(string source, FilePreview preview) => JournalRoutes.Json(json =>
    {
        json.WriteBoolean("preview", true);
        json.WriteString("source", source);
        if (preview.File.Layout is { } layout)
            json.WriteString("layout", layout);
        json.WriteStartArray("columns");
        foreach (var column in preview.File.Columns)
        {
            json.WriteStartObject();
            json.WriteString("name", column.Name);
            if (column.Path is { } path)
                json.WriteString("path", path);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNumber("total", preview.File.Lines.Count);
        json.WriteNumber("previewed", preview.Rows.Count);
        json.WriteNumber("remaining", preview.Remaining);
        json.WriteStartObject("states");
        foreach (var state in preview.Rows.GroupBy(row => row.Would, StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal))
            json.WriteNumber(state.Key, state.Count());
        json.WriteEndObject();
        Reception.WriteIssues(json, preview.File.Issues);
        json.WriteStartArray("rows");
        foreach (var row in preview.Rows)
            Write(json, row);
        json.WriteEndArray();
    });

    private static void Write(Utf8JsonWriter json, RowPreview row)
    {
        json.WriteStartObject();
        json.WriteNumber("line", row.Line);
        json.WriteString("would", row.Would);
        if (row.After is { } after)
            json.WriteNumber("after", after);
        if (row.Changes is { } changes)
        {
            ReplayRoutes.WritePairs(json, "changes", "action", "resource", changes);
            ReplayRoutes.WritePairs(json, "outgoing", "kind", "target", row.Outgoing);
        }

        Reception.WriteIssues(json, row.Issues);
        json.WriteEndObject();
    }
}
