namespace CptsFhirHub.Coordination;

/// <summary>What a text says of a commune.</summary>
/// <param name="Insee">Its code; null when the table gives none or several.</param>
/// <param name="Candidates">Those that it may be, where there are several: <c>Écuras (16124)</c>.</param>
public sealed record CommuneReading(string? Insee, IReadOnlyList<string> Candidates);

/// <summary>
/// The names, post codes and INSEE codes of the communes that an installation knows (<c>insee;nom;code_postal;…</c>), and which of them people
/// mean: by the code, by name, by name and post code or département, by a post code of one commune alone.
/// </summary>
public sealed class CommuneNames
{
    /// <summary>Candidates that are named to a sender.</summary>
    private const int NamedMax = 8;

    private static readonly HashSet<string> Articles = new(StringComparer.Ordinal) { "LE", "LA", "LES", "L" };

    private readonly List<Row> _rows = [];
    private readonly Dictionary<string, Row> _coded = new(StringComparer.Ordinal);

    /// <summary>A table without a commune.</summary>
    public static readonly CommuneNames None = new([]);

    public CommuneNames(IEnumerable<string> lines)
    {
        foreach (var line in lines.Skip(1))
            if (line.Split(';') is [{ Length: 5 } insee, { Length: > 0 } name, var postCode, ..])
            {
                var row = new Row(insee, name, NameKey(name), postCode);
                _rows.Add(row);
                _coded.TryAdd(insee, row);
            }
    }

    /// <summary>True for what looks like an INSEE code or a post code.</summary>
    public static bool IsCode(string text) =>
        text.Length == 5 && text.Count(char.IsAsciiDigit) >= 4 && char.IsAsciiDigit(text[0]) && (char.IsAsciiDigit(text[1]) || text[1] is 'A' or 'B' or 'a' or 'b')
        && text.AsSpan(2).IndexOfAnyExceptInRange('0', '9') < 0;

    /// <summary>The commune of a text.</summary>
    /// <param name="near">A post code or an INSEE code nearby, whose département goes first where a name is borne in several; null for none.</param>
    public CommuneReading Read(string text, string? near)
    {
        var trimmed = text.Trim();
        if (IsCode(trimmed))
            return OfCode(trimmed.ToUpperInvariant());
        if (trimmed.Length == 4 && trimmed.All(char.IsAsciiDigit))
            return OfCode("0" + trimmed);

        // "85190 AIZENAY", "Aizenay (85)": what is not the name says which one.
        var words = PlainText.Words(trimmed).Split([' ', '(', ')', '[', ']', ','], StringSplitOptions.RemoveEmptyEntries);
        var number = Array.Find(words, word => char.IsAsciiDigit(word[0]) && word.Length is 2 or 3 or 5);
        var key = NameKey(string.Join(' ', words.Where(word => word != number)));
        var found = _rows.Where(row => row.Key == key).DistinctBy(row => row.Insee).ToList();
        if (number is not null)
            found = [.. found.Where(row => row.PostCode == number || row.Insee == number || row.Insee.StartsWith(number, StringComparison.Ordinal))];
        if (found.Count > 1 && near is { Length: >= 2 })
        {
            // The very post code before the département.
            var same = found.Where(row => row.PostCode == near || row.Insee == near).ToList();
            if (same.Count == 0)
                same = [.. found.Where(row => row.Insee[..2] == near[..2])];
            if (same.Count > 0)
                found = same;
        }

        return Of(found);
    }

    // A code that the table does not hold may be right all the same: the table is an installation's own.
    private CommuneReading OfCode(string code)
    {
        if (_coded.ContainsKey(code))
            return new(code, []);
        var posted = _rows.Where(row => row.PostCode == code).DistinctBy(row => row.Insee).ToList();
        return posted.Count == 0 ? new(code, []) : Of(posted);
    }

    private static CommuneReading Of(List<Row> found) => found switch
    {
        [] => new(null, []),
        [var only] => new(only.Insee, []),
        _ => new(null, [.. found.OrderBy(row => row.Insee, StringComparer.Ordinal).Take(NamedMax).Select(row => $"{row.Name} ({row.Insee})")]),
    };

    /// <summary>A name as it is compared: without its article, its CEDEX, and with SAINT and SAINTE written in one way.</summary>
    private static string NameKey(string name)
    {
        var words = PlainText.Words(name).Split([' ', '(', ')'], StringSplitOptions.RemoveEmptyEntries).ToList();
        if (words.IndexOf("CEDEX") is > 0 and var cedex)
            words.RemoveRange(cedex, words.Count - cedex);
        if (words.Count > 1 && Articles.Contains(words[0]))
            words.RemoveAt(0);
        else if (words.Count > 1 && Articles.Contains(words[^1]))
            words.RemoveAt(words.Count - 1);
        return string.Join(' ', words.Select(word => word switch { "SAINT" => "ST", "SAINTE" => "STE", _ => word }));
    }

    private sealed record Row(string Insee, string Name, string Key, string PostCode);
}
