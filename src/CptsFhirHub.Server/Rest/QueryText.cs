using System.Text;

namespace CptsFhirHub.Server.Rest;

/// <summary>A query string as pairs in their order, and back.</summary>
internal static class QueryText
{
    public static List<KeyValuePair<string, string>> Read(string? text)
    {
        var pairs = new List<KeyValuePair<string, string>>();
        if (string.IsNullOrEmpty(text))
            return pairs;
        var rest = text.AsSpan().TrimStart('?');
        foreach (var range in rest.Split('&'))
        {
            var part = rest[range];
            if (part.IsEmpty)
                continue;
            var equals = part.IndexOf('=');
            var name = equals < 0 ? part : part[..equals];
            var value = equals < 0 ? default : part[(equals + 1)..];
            pairs.Add(new(Decode(name), Decode(value)));
        }

        return pairs;
    }

    /// <summary>The pairs as a query string without the question mark.</summary>
    public static string Write(IEnumerable<KeyValuePair<string, string>> pairs)
    {
        var text = new StringBuilder();
        foreach (var (name, value) in pairs)
        {
            if (text.Length > 0)
                text.Append('&');
            text.Append(Uri.EscapeDataString(name).Replace("%3A", ":", StringComparison.Ordinal))
                .Append('=')
                .Append(Escape(value));
        }

        return text.ToString();
    }

    // These characters are the grammar of FHIR search and allowed in a query: links stay legible. The bar is not allowed, and some clients
    // follow no link that has one. https://www.rfc-editor.org/rfc/rfc3986#section-3.4
    private static string Escape(string value) => new StringBuilder(Uri.EscapeDataString(value))
        .Replace("%2C", ",").Replace("%3A", ":").Replace("%2F", "/").Replace("%24", "$").ToString();

    private static string Decode(ReadOnlySpan<char> text) =>
        text.ContainsAny('%', '+') ? Uri.UnescapeDataString(text.ToString().Replace('+', ' ')) : text.ToString();
}
