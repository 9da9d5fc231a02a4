using System.Diagnostics.CodeAnalysis;

namespace CptsFhirHub.Fhir.Model;

/// <summary>
/// A literal reference taken apart. https://hl7.org/fhir/R4/references.html#literal
/// One of: a fragment (<c>#a</c>), ours or another server's RESTful reference, or any other URI (urn:uuid, canonical).
/// </summary>
/// <param name="Type">The resource type of a RESTful reference.</param>
/// <param name="Id">The id of a RESTful reference.</param>
/// <param name="Version">The version it names, or null.</param>
/// <param name="Base">The server of an absolute RESTful reference, without the last slash; null when relative.</param>
/// <param name="Fragment">The id of a contained resource, empty for the container itself; null when no fragment.</param>
/// <param name="Uri">The whole text when it is no RESTful reference; else null.</param>
public sealed record ResourceReference(string? Type, string? Id, string? Version, string? Base, string? Fragment, string? Uri)
{
    private const int HistoryLength = 9;

    /// <summary>True for <c>Type/id</c> with or without a version: a resource of the same server.</summary>
    public bool IsRelative => Type is not null && Base is null;

    /// <summary>Takes a text apart. False only for an empty one.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out ResourceReference? reference)
    {
        reference = null;
        if (string.IsNullOrWhiteSpace(text))
            return false;
        if (text[0] == '#')
        {
            reference = new(null, null, null, null, text[1..], null);
            return true;
        }

        reference = Rest(text) ?? new(null, null, null, null, null, text);
        return true;
    }

    /// <summary>The RESTful reference that the text is, or null.</summary>
    private static ResourceReference? Rest(string text)
    {
        var rest = text.AsSpan();
        string? version = null;
        var slash = rest.LastIndexOf('/');
        if (slash > 0 && rest[..slash].EndsWith("/_history", StringComparison.Ordinal) && rest[..(slash - HistoryLength)].Contains('/'))
        {
            version = text[(slash + 1)..];
            rest = rest[..(slash - HistoryLength)];
            slash = rest.LastIndexOf('/');
        }

        if (slash < 0 || !IsId(rest[(slash + 1)..]))
            return null;
        var before = rest[..slash].LastIndexOf('/');
        if (!IsType(rest[(before + 1)..slash]))
            return null;
        if (before >= 0 && !(rest[..before].StartsWith("http", StringComparison.Ordinal) && text.Contains("://", StringComparison.Ordinal)))
            return null;
        return new(rest[(before + 1)..slash].ToString(), rest[(slash + 1)..].ToString(), version, before < 0 ? null : text[..before], null, null);
    }

    /// <summary>True when the text is a legal id: 1 to 64 of A-Z a-z 0-9 - and dot.</summary>
    public static bool IsId(ReadOnlySpan<char> text)
    {
        if (text.Length is 0 or > 64)
            return false;
        foreach (var c in text)
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '.'))
                return false;
        return true;
    }

    private static bool IsType(ReadOnlySpan<char> text)
    {
        if (text.Length is 0 or > 40 || !char.IsAsciiLetterUpper(text[0]))
            return false;
        foreach (var c in text)
            if (!char.IsAsciiLetter(c))
                return false;
        return true;
    }
}
