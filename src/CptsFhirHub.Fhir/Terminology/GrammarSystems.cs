using System.Text.RegularExpressions;

namespace CptsFhirHub.Fhir.Terminology;

/// <summary>Code systems that are a grammar rather than a list: media types and language tags.</summary>
internal static partial class GrammarSystems
{
    private const RegexOptions Options = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture;
    private const string MediaTypes = "urn:ietf:bcp:13";
    private const string Languages = "urn:ietf:bcp:47";

    /// <summary>Whether the code is well formed; null for a system that is a list.</summary>
    public static bool? Check(string system, string code) => system switch
    {
        // R4 itself uses three short names where it speaks of its formats.
        MediaTypes => code is "json" or "xml" or "ttl" || MediaType().IsMatch(code),
        Languages => Language().IsMatch(code),
        _ => null,
    };

    [GeneratedRegex("^[A-Za-z0-9!#$&^_.+-]{1,127}/[A-Za-z0-9!#$&^_.+*-]{1,127}(\\s*;\\s*[^=;\\s]+=[^;]+)*$",
        Options)]
    private static partial Regex MediaType();

    [GeneratedRegex("^([A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*|[xi](-[A-Za-z0-9]{1,8})+)$", Options)]
    private static partial Regex Language();
}
