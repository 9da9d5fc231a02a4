using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace CptsFhirHub.Server.Rest;

/// <summary>
/// Binds the place where a page begins to who asks and what for: the link of one client, or of another search, is refused.
/// It keeps honest callers from mixing two lists; what a caller may see is decided anew for each page.
/// </summary>
internal sealed class PageBinding
{
    private const int MarkLength = 12;

    /// <summary>What no store gave out.</summary>
    private const string Nowhere = "~";

    private readonly string _mark;

    public PageBinding(FhirRequest request, IEnumerable<KeyValuePair<string, string>> used)
    {
        var text = new StringBuilder().Append(request.Caller.Tenant).Append('\n').Append(request.Caller.ClientId).Append('\n').Append(request.Type)
            .Append('\n').Append(request.Id);
        foreach (var (name, value) in used.Concat(request.Parameters.Where(pair => pair.Key == "_type")))
            if (name is not (Searches.CursorParameter or "_count" or "_total"))
                text.Append('\n').Append(name).Append('=').Append(value);
        _mark = Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())))[..MarkLength];
    }

    public string Seal(string cursor) => _mark + cursor;

    public string? Open(string? cursor) =>
        cursor is null ? null : cursor.StartsWith(_mark, StringComparison.Ordinal) ? cursor[MarkLength..] : Nowhere;
}
