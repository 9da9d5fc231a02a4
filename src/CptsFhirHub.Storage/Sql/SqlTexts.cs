namespace CptsFhirHub.Storage.Sql;

/// <summary>
/// Compares commands by their text. Most come back as the very same string, so the hash looks at a few characters only: hashing a long
/// command costs more than finding it.
/// </summary>
internal sealed class SqlTexts : IEqualityComparer<string>
{
    private const int Looks = 12;

    public static readonly SqlTexts Instance = new();

    public bool Equals(string? x, string? y) => ReferenceEquals(x, y) || string.Equals(x, y, StringComparison.Ordinal);

    public int GetHashCode(string obj)
    {
        var hash = obj.Length;
        var step = obj.Length / Looks + 1;
        for (var at = obj.Length - 1; at >= 0; at -= step)
            hash = hash * 31 + obj[at];
        return hash;
    }
}
