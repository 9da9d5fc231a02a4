using System.Buffers;
using System.Globalization;
using System.Text.Json;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Rest;

/// <summary>
/// Writes a Bundle around stored bytes: a resource that is already JSON is copied, not read. https://hl7.org/fhir/R4/bundle.html
/// </summary>
/// <remarks>The order of calls is the order of members: total, links, then the entries.</remarks>
internal sealed class BundleBytes : IDisposable
{
    private readonly ArrayBufferWriter<byte> _buffer = new(4096);
    private readonly Utf8JsonWriter _json;
    private readonly string _base;
    private int _links;
    private int _entries = -1;
    private (DateTimeOffset At, string Text) _instant = (default, "");

    public BundleBytes(string type, string fhirBase)
    {
        _base = fhirBase;
        _json = new(_buffer, new() { Encoder = JsonText.Wire, SkipValidation = true });
        _json.WriteStartObject();
        _json.WriteString("resourceType", "Bundle");
        _json.WriteString("type", type);
    }

    public void Total(int? total)
    {
        if (total is { } known)
            _json.WriteNumber("total", known);
    }

    /// <summary>A link; <paramref name="path"/> is below the FHIR base.</summary>
    public void Link(string relation, string path)
    {
        if (_links++ == 0)
            _json.WriteStartArray("link");
        _json.WriteStartObject();
        _json.WriteString("relation", relation);
        _json.WriteString("url", path.Length == 0 ? _base : $"{_base}/{path}");
        _json.WriteEndObject();
    }

    public void BeginEntries()
    {
        if (_links > 0)
            _json.WriteEndArray();
        _entries = 0;
    }

    /// <summary>An entry of a searchset.</summary>
    public void Found(Stored stored, ReadOnlyMemory<byte> json, string mode)
    {
        BeginEntry();
        _json.WriteString("fullUrl", $"{_base}/{stored.Type}/{stored.Id}");
        Resource(json);
        Mode(mode);
        _json.WriteEndObject();
    }

    /// <summary>An entry of a searchset of persons who may be the one looked for: how likely, and how far. http://hl7.org/fhir/R4/extension-match-grade.html</summary>
    public void Matched(Stored stored, ReadOnlyMemory<byte> json, double score, string grade)
    {
        BeginEntry();
        _json.WriteString("fullUrl", $"{_base}/{stored.Type}/{stored.Id}");
        Resource(json);
        _json.WriteStartObject("search");
        _json.WriteStartArray("extension");
        _json.WriteStartObject();
        _json.WriteString("url", "http://hl7.org/fhir/StructureDefinition/match-grade");
        _json.WriteString("valueCode", grade);
        _json.WriteEndObject();
        _json.WriteEndArray();
        _json.WriteString("mode", "match");
        _json.WriteNumber("score", (decimal)Math.Round(score, 4));
        _json.WriteEndObject();
        _json.WriteEndObject();
    }

    /// <summary>What the searcher should know beside the matches.</summary>
    public void Remarks(IReadOnlyList<Issue> issues)
    {
        BeginEntry();
        _json.WritePropertyName("resource");
        Outcome.Write(_json, issues);
        Mode("outcome");
        _json.WriteEndObject();
    }

    /// <summary>An entry of a history: how the version came to be.</summary>
    public void Version(Stored stored, ReadOnlyMemory<byte> json)
    {
        BeginEntry();
        _json.WriteString("fullUrl", $"{_base}/{stored.Type}/{stored.Id}");
        if (!stored.IsDeleted)
            Resource(json);
        _json.WriteStartObject("request");
        var method = stored.Method ?? (stored.IsDeleted ? "DELETE" : "PUT");
        _json.WriteString("method", method);
        _json.WriteString("url", method == "POST" ? stored.Type : stored.Reference);
        _json.WriteEndObject();
        _json.WriteStartObject("response");
        _json.WriteString("status", stored.IsDeleted ? "204" : stored.IsNew ? "201" : "200");
        _json.WriteString("etag", stored.ETag);
        _json.WriteString("lastModified", Told(stored.LastUpdated));
        _json.WriteEndObject();
        _json.WriteEndObject();
    }

    /// <summary>An entry of a batch's or transaction's answer.</summary>
    public void Response(Answer answer, Caller caller)
    {
        BeginEntry();
        if (answer.Stored is { IsDeleted: false } stored)
            _json.WriteString("fullUrl", $"{_base}/{stored.Type}/{stored.Id}");
        if (!answer.Body.IsEmpty)
            Resource(answer.Body);
        else if (answer is { Stored: { IsDeleted: false } shown, IsBare: false })
            Resource(QualifiedIns.For(caller, shown.Json));

        _json.WriteStartObject("response");
        _json.WriteString("status", answer.Status.ToString(CultureInfo.InvariantCulture));
        if (answer.Location is { } location)
            _json.WriteString("location", location);
        if (answer.EntityTag is { } tag)
            _json.WriteString("etag", tag);
        if (answer.Stored is { } version)
            _json.WriteString("lastModified", Told(version.LastUpdated));
        if ((answer.Issues.Count > 0 ? answer.Issues : answer.Doubts) is { Count: > 0 } told)
        {
            _json.WritePropertyName("outcome");
            Outcome.Write(_json, told);
        }

        _json.WriteEndObject();
        _json.WriteEndObject();
    }

    public ReadOnlyMemory<byte> End()
    {
        if (_entries > 0)
            _json.WriteEndArray();
        _json.WriteEndObject();
        _json.Flush();
        return _buffer.WrittenMemory;
    }

    public void Dispose() => _json.Dispose();

    public static string Instant(DateTimeOffset instant) =>
        instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    /// <summary>The entries of a transaction have one instant.</summary>
    private string Told(DateTimeOffset instant)
    {
        if (_instant.At != instant || _instant.Text.Length == 0)
            _instant = (instant, Instant(instant));
        return _instant.Text;
    }

    private void BeginEntry()
    {
        // FHIR allows no empty array: it begins with its first entry.
        if (_entries++ == 0)
            _json.WriteStartArray("entry");
        _json.WriteStartObject();
    }

    private void Resource(ReadOnlyMemory<byte> json)
    {
        _json.WritePropertyName("resource");
        _json.WriteRawValue(json.Span, skipInputValidation: true);
    }

    private void Mode(string mode)
    {
        _json.WriteStartObject("search");
        _json.WriteString("mode", mode);
        _json.WriteEndObject();
    }
}
