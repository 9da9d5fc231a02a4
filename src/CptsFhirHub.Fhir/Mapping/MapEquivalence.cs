using System.Collections.Frozen;

namespace CptsFhirHub.Fhir.Mapping;

/// <summary>The signs by which a map's text says how close two codes are. https://hl7.org/fhir/R4/valueset-concept-map-equivalence.html</summary>
internal static class MapEquivalence
{
    private static readonly FrozenDictionary<string, string> BySign = new Dictionary<string, string>
    {
        ["-"] = "relatedto",
        ["="] = "equal",
        ["=="] = "equivalent",
        ["!="] = "disjoint",
        ["--"] = "unmatched",
        ["<="] = "wider",
        ["<-"] = "subsumes",
        [">="] = "narrower",
        [">-"] = "specializes",
        ["~"] = "inexact",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, string> ByCode =
        BySign.ToFrozenDictionary(pair => pair.Value, pair => pair.Key, StringComparer.Ordinal);

    /// <summary>The code of a sign, or null.</summary>
    public static string? Code(string sign) => BySign.GetValueOrDefault(sign);

    /// <summary>The sign of a code; without one, that of <c>equivalent</c>.</summary>
    public static string Sign(string? code) => code is null ? "==" : ByCode.GetValueOrDefault(code, "==");
}
