using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Xml;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace CptsFhirHub.Server;

/// <summary>The representation of an answer: FHIR JSON or FHIR XML, and how its media type is named. https://hl7.org/fhir/R4/http.html#mime-type</summary>
internal sealed record WireFormat(bool IsXml, string ContentType)
{
    public static readonly WireFormat Json = new(IsXml: false, "application/fhir+json; charset=utf-8");
    public static readonly WireFormat PlainJson = new(IsXml: false, "application/json; charset=utf-8");
    public static readonly WireFormat Xml = new(IsXml: true, "application/fhir+xml; charset=utf-8");
    public static readonly WireFormat PlainXml = new(IsXml: true, "application/xml; charset=utf-8");

    /// <summary>The format that a media type or a short code such as <c>xml</c> names; null when it is none of ours.</summary>
    public static WireFormat? Named(string mediaType) => mediaType.Trim().ToLowerInvariant() switch
    {
        "application/fhir+json" or "application/json+fhir" or "json" => Json,
        "application/json" or "text/json" => PlainJson,
        "application/fhir+xml" or "application/xml+fhir" or "xml" => Xml,
        "application/xml" or "text/xml" => PlainXml,
        _ => null,
    };

    /// <summary>True when the media type is one of FHIR's own, not one of JSON or XML at large.</summary>
    public static bool IsFhirType(string mediaType) => Named(mediaType) is { } format && (format == Json || format == Xml);

    /// <summary>What <c>Accept</c> likes best among what the hub writes; JSON without a header, null when nothing fits.</summary>
    public static WireFormat? Accepted(StringValues accept)
    {
        if (StringValues.IsNullOrEmpty(accept))
            return Json;
        if (accept.Count == 1 && Named(accept[0]!) is { } only)
            return only;
        WireFormat? best = null;
        var bestQuality = 0.0;
        foreach (var (type, quality) in Ranges(accept))
        {
            if (quality <= bestQuality || !SpeaksR4(type))
                continue;
            var named = type.MediaType.Value is { } text
                ? text is "*/*" or "application/*" ? Json : Named(text)
                : null;
            if (named is not null)
                (best, bestQuality) = (named, quality);
        }

        return best;
    }

    /// <summary>The ranges of an Accept header in their order, with their quality.</summary>
    public static IEnumerable<(MediaTypeHeaderValue Type, double Quality)> Ranges(StringValues accept)
    {
        foreach (var header in accept)
            foreach (var part in (header ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
                if (MediaTypeHeaderValue.TryParse(part, out var type))
                    yield return (type, type.Quality ?? 1);
    }

    /// <summary>False when the media type asks for another version of FHIR. https://hl7.org/fhir/R4/http.html#version-parameter</summary>
    public static bool SpeaksR4(MediaTypeHeaderValue type)
    {
        foreach (var parameter in type.Parameters)
            if (parameter.Name.Equals("fhirVersion", StringComparison.OrdinalIgnoreCase))
                return parameter.Value.ToString().Trim('"') is "4.0" or "4.0.1";
        return true;
    }

    /// <summary>A resource that is at hand as JSON, in this format.</summary>
    public ReadOnlyMemory<byte> Of(ReadOnlyMemory<byte> json, bool pretty = false)
    {
        if (!IsXml && !pretty || json.IsEmpty || FhirJson.Parse(json, JsonLimits.AsKept).Resource is not { } resource)
            return json;
        return IsXml ? FhirXml.Write(resource.Root, pretty) : FhirJson.Write(resource.Root, pretty);
    }
}
