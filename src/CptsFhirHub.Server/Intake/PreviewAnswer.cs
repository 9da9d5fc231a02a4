using System.Text.Json;
using CptsFhirHub.Server.Flows;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Intake;

/// <summary>What a file would do, as JSON: how it was read, which columns fill which field, and what each row would become.</summary>
internal static class PreviewAnswer
{
    /// <summary>True when the caller only wants to know.</summary>
    public static bool IsAskedFor(HttpRequest request) => request.Query["preview"].FirstOrDefault() is "true";

    public static IResult Of(HttpRequest request, string source, FilePreview preview) => JournalRoutes.Json(json =>
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
        if (preview.Effect is { } effect)
            Write(json, effect);
        Reception.WriteIssues(json, IntakeResult.Told(request, preview.File.Issues));
        json.WriteStartArray("rows");
        foreach (var row in preview.Rows)
            Write(json, row with { Issues = IntakeResult.Told(request, row.Issues) });
        json.WriteEndArray();
    });

    /// <summary>References of one list: the count says how many there are.</summary>
    private const int NamedMax = 100;

    private static void Write(Utf8JsonWriter json, FileEffect effect)
    {
        json.WriteStartObject("file");
        if (effect.Control is { } control)
            json.WriteString("control", control);
        if (effect.Cohorts.Count > 0)
        {
            json.WriteStartArray("cohorts");
            foreach (var cohort in effect.Cohorts)
                Write(json, cohort);
            json.WriteEndArray();
        }

        if (effect.Snapshot is var (type, plan))
        {
            json.WriteStartObject("snapshot");
            json.WriteString("type", type);
            json.WriteNumber("active", plan.Active);
            WriteList(json, "ends", plan.Ends);
            WriteList(json, "beginsAgain", plan.BeginsAgain);
            if (plan.Held is { } why)
                json.WriteString("held", why);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, CohortEffect cohort)
    {
        json.WriteStartObject();
        json.WriteString("cohort", cohort.Cohort);
        json.WriteNumber("lines", cohort.Lines);
        json.WriteStartArray("opposedLines");
        foreach (var line in cohort.OpposedLines)
            json.WriteNumberValue(line);
        json.WriteEndArray();
        if (cohort.Group is { } group)
            json.WriteString("group", group);
        if (cohort is { Members: { } members, Persons: { } persons, Added: { } added })
        {
            json.WriteNumber("members", members);
            json.WriteNumber("persons", persons);
            json.WriteNumber("added", added);
            if (cohort.Missing is { } missing)
                json.WriteNumber("missing", missing);
        }

        json.WriteEndObject();
    }

    private static void WriteList(Utf8JsonWriter json, string name, IReadOnlyList<Stored> resources)
    {
        json.WriteNumber(name, resources.Count);
        json.WriteStartArray(name + "References");
        foreach (var resource in resources.Take(NamedMax))
            json.WriteStringValue(resource.Reference);
        json.WriteEndArray();
    }

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
