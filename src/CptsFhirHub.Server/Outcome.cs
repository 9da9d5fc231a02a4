using System.Buffers;
using System.Globalization;
using System.Text.Json;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Server;

/// <summary>Issues written as an OperationOutcome. https://hl7.org/fhir/R4/operationoutcome.html</summary>
internal static class Outcome
{
    public const string ContentType = "application/fhir+json; charset=utf-8";

    private const string FhirRoot = "/fhir";

    private const int IssuesMax = 100;

    /// <summary>The OperationOutcome as JSON. Past 100 issues, one more says how many were left out.</summary>
    /// <param name="errorCode">A code of <see cref="MessageErrors"/> that each error carries; null for none.</param>
    public static byte[] Write(IReadOnlyList<Issue> issues, string? errorCode = null)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, new() { Encoder = JsonText.Wire }))
            Write(json, issues, errorCode);
        return buffer.WrittenSpan.ToArray();
    }

    public static byte[] Write(Severity severity, string code, string text) => Write([new Issue(severity, code, "", text)]);

    public static void Write(Utf8JsonWriter json, IReadOnlyList<Issue> issues, string? errorCode = null)
    {
        json.WriteStartObject();
        json.WriteString("resourceType", "OperationOutcome");
        json.WriteStartArray("issue");
        if (issues.Count == 0)
            Write(json, new Issue(Severity.Information, "informational", "", "All is well."));
        foreach (var issue in issues.Take(IssuesMax))
            Write(json, issue, issue.IsError ? errorCode : null);
        if (issues.Count > IssuesMax)
        {
            var left = (issues.Count - IssuesMax).ToString(CultureInfo.InvariantCulture);
            Write(json, new Issue(Severity.Information, "incomplete", "", $"{left} more issues are left out."));
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>Answers with one issue; for the doors that stand before a FHIR interaction. Below the FHIR base in the format asked for.</summary>
    public static Task AnswerAsync(HttpContext context, int status, string code, string text)
    {
        var response = context.Response;
        if (response.HasStarted)
            return Task.CompletedTask;
        response.StatusCode = status;
        var format = context.Request.Path.StartsWithSegments(FhirRoot, StringComparison.Ordinal) && WireFormat.Accepted(context.Request.Headers.Accept) is { } wanted
            ? wanted
            : WireFormat.Json;
        response.ContentType = format.ContentType;
        response.Headers.CacheControl = "no-store";
        var body = format.Of(Write([new Issue(Severity.Error, code, "", text)], MessageErrors.CodeAt(context.Request.Path.Value ?? "", status)));
        response.ContentLength = body.Length;
        return HttpMethods.IsHead(context.Request.Method)
            ? Task.CompletedTask
            : response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }

    private static void Write(Utf8JsonWriter json, Issue issue, string? errorCode = null)
    {
        json.WriteStartObject();
        json.WriteString("severity", issue.Severity switch
        {
            Severity.Information => "information",
            Severity.Warning => "warning",
            Severity.Fatal => "fatal",
            _ => "error",
        });
        json.WriteString("code", issue.Code);
        if ((errorCode ?? issue.Rule) is not null)
        {
            json.WriteStartObject("details");
            json.WriteStartArray("coding");
            WriteCoding(json, MessageErrors.System, errorCode);
            WriteCoding(json, null, issue.Rule);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteString("diagnostics", issue.Text);
        if (issue.Path.Length > 0)
        {
            json.WriteStartArray("expression");
            json.WriteStringValue(issue.Path);
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void WriteCoding(Utf8JsonWriter json, string? system, string? code)
    {
        if (code is null)
            return;
        json.WriteStartObject();
        if (system is not null)
            json.WriteString("system", system);
        json.WriteString("code", code);
        json.WriteEndObject();
    }
}
