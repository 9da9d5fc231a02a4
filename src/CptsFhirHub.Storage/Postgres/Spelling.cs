using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using CptsFhirHub.Storage.Sql;

namespace CptsFhirHub.Storage.Postgres;

/// <summary>SQL as <see cref="Dialect"/> writes it, in PostgreSQL's spelling.</summary>
internal static partial class Spelling
{
    /// <summary>Parameters become $1, $2, …; the words that differ are replaced. What stands in quotes is left alone.</summary>
    public static string Of(string sql)
    {
        var text = new StringBuilder(sql.Length + 32);
        var parameters = 0;
        for (var at = 0; at < sql.Length; at++)
        {
            switch (sql[at])
            {
                case '\'' or '"':
                    var end = sql.IndexOf(sql[at], at + 1);
                    text.Append(sql, at, end - at + 1);
                    at = end;
                    break;
                case '?':
                    text.Append('$').Append((++parameters).ToString(CultureInfo.InvariantCulture));
                    break;
                case 'C' when IsWord(sql, at, Dialect.OrderedJoin):
                    text.Append("JOIN");
                    at += Dialect.OrderedJoin.Length - 1;
                    break;
                case 'I' when IsWord(sql, at, Dialect.IndexedBy):
                    at += Dialect.IndexedBy.Length + 1;
                    while (at + 1 < sql.Length && IsLetter(sql[at + 1]))
                        at++;
                    break;
                case 'l' when IsAt(sql, at, Dialect.KeyBegins):
                    text.Append(CultureInfo.InvariantCulture, $"substr(l.hash, 1, 8) = substr(${++parameters}, 1, 8) AND l.hash <= ${++parameters}");
                    at += Dialect.KeyBegins.Length - 1;
                    break;
                case 'k' when IsAt(sql, at, Dialect.KeyIs):
                    text.Append(CultureInfo.InvariantCulture, $"kind = ${++parameters} AND hash = ${++parameters} AND substr(hash, 1, 8) = substr(${parameters}, 1, 8)");
                    at += Dialect.KeyIs.Length - 1;
                    break;
                case '/' when IsAt(sql, at, Dialect.OneByOne):
                    text.Append("LIMIT 1 OFFSET 0");
                    at += Dialect.OneByOne.Length - 1;
                    break;
                case 'i' when IsWord(sql, at, Dialect.PlaceIn):
                    text.Append("strpos");
                    at += Dialect.PlaceIn.Length - 1;
                    break;
                case 'j' when IsAt(sql, at, Dialect.Listed):
                    text.Append(CultureInfo.InvariantCulture, $"json_array_elements(${++parameters}::json)");
                    at += Dialect.Listed.Length - 1;
                    break;
                case var letter:
                    text.Append(letter);
                    break;
            }
        }

        return text.ToString();
    }

    /// <summary>
    /// An INSERT of one row as one of any number of rows, given column by column; null when the command is none, or gives rows itself.
    /// </summary>
    /// <param name="mayBeThere">False when none of the rows is there: to ask costs a third of what an insert costs.</param>
    public static string? OfManyRows(string sql, bool mayBeThere = true)
    {
        var insert = InsertOfOneRow().Match(sql);
        if (!insert.Success)
            return null;

        var conflict = mayBeThere ? insert.Groups["rest"].Value : "";
        var parameters = 0;
        var values = insert.Groups["values"].Value.Split(',', StringSplitOptions.TrimEntries)
            .Select(value => value == "?" ? $"unnest(${(++parameters).ToString(CultureInfo.InvariantCulture)})" : value).ToList();

        // In the list and not as a table: so each row goes on at once, and none of the columns is laid down first.
        return $"{insert.Groups["into"].Value} SELECT {string.Join(", ", values)}{conflict}";
    }

    /// <summary>
    /// An UPDATE or DELETE of the row with given keys as one of any number of rows, given column by column; null when the command is none.
    /// </summary>
    public static string? OfManyKeys(string sql)
    {
        var command = ChangeOfOneRow().Match(sql);
        if (!command.Success)
            return null;

        var parameters = 0;
        var sets = Numbered(command.Groups["sets"].Value);
        var keys = command.Groups["keys"].Value.Split(" AND ").Select(key => $"w.{Numbered(key.Trim())}").ToList();
        if (sql.Contains(Dialect.KeyIs, StringComparison.Ordinal))
            keys.Add("substr(w.hash, 1, 8) = substr(u.c3, 1, 8)");
        var numbers = Enumerable.Range(1, parameters).ToList();
        var given = $"unnest({string.Join(", ", numbers.Select(n => $"${n}"))}) AS u({string.Join(", ", numbers.Select(n => $"c{n}"))}) WHERE {string.Join(" AND ", keys)}";
        var table = command.Groups["table"].Value;
        return sets.Length > 0 ? $"UPDATE {table} w SET {sets} FROM {given}" : $"DELETE FROM {table} w USING {given}";

        string Numbered(string text)
        {
            while (text.IndexOf('?', StringComparison.Ordinal) is >= 0 and var at)
                text = $"{text[..at]}u.c{(++parameters).ToString(CultureInfo.InvariantCulture)}{text[(at + 1)..]}";
            return text;
        }
    }

    /// <summary>
    /// A question, spelled already, as one of any number that are asked with other values, given column by column; the first column of the answer is
    /// the place of the question, from 1. Each is answered by itself (OFFSET is the planner's fence), in its own order.
    /// </summary>
    public static string OfManyQuestions(string sql, int parameters)
    {
        var numbers = Enumerable.Range(1, parameters).ToList();
        return $"SELECT q.n, a.* FROM unnest({string.Join(", ", numbers.Select(n => $"${n}"))}) WITH ORDINALITY AS q({string.Join(", ", numbers.Select(n => $"c{n}"))}, n)"
            + $" CROSS JOIN LATERAL (SELECT * FROM ({Parameter().Replace(sql, "q.c${number}")}) AS s OFFSET 0) AS a";
    }

    private static bool IsAt(string sql, int at, string part) => string.CompareOrdinal(sql, at, part, 0, part.Length) == 0;

    private static bool IsWord(string sql, int at, string word) =>
        string.CompareOrdinal(sql, at, word, 0, word.Length) == 0
        && (at == 0 || !IsLetter(sql[at - 1]))
        && (at + word.Length == sql.Length || !IsLetter(sql[at + word.Length]));

    private static bool IsLetter(char letter) => char.IsAsciiLetterOrDigit(letter) || letter == '_';

    [GeneratedRegex(@"\$(?<number>\d+)", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Parameter();

    [GeneratedRegex(
        @"^\s*(?<into>INSERT INTO \w+ \([^()]*\))\s+VALUES \((?<values>[^()]*)\)(?<rest>\s+ON CONFLICT DO NOTHING)?\s*$",
        RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex InsertOfOneRow();

    [GeneratedRegex(
        @"^\s*(UPDATE (?<table>\w+) SET (?<sets>\w+ = (\?|NULL|\w+ [+-] 1|coalesce\(\?, \w+\))(,\s+\w+ = (\?|NULL|\w+ [+-] 1|coalesce\(\?, \w+\)))*)|DELETE FROM (?<table>\w+))\s+WHERE (?<keys>\w+ = \?( AND \w+ = \?)*)\s*$",
        RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex ChangeOfOneRow();
}
