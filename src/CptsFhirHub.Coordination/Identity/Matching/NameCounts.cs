using System.Globalization;
using System.Text;

namespace CptsFhirHub.Coordination.Identity.Matching;

/// <summary>How many persons bear a name: those of a nation, from its open files, or those of a register, counted one by one.</summary>
public sealed class NameCounts
{
    private const string TotalOf = "*";

    private readonly Dictionary<string, long> _surnames = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _firstNames = new(StringComparer.Ordinal);

    /// <summary>Persons by surname, in joined letters.</summary>
    public IReadOnlyDictionary<string, long> Surnames => _surnames;

    /// <summary>Persons by first name, in joined letters.</summary>
    public IReadOnlyDictionary<string, long> FirstNames => _firstNames;

    /// <summary>Persons of whom a surname is known.</summary>
    public long SurnamesTotal { get; private set; }

    /// <summary>Persons of whom a first name is known.</summary>
    public long FirstNamesTotal { get; private set; }

    /// <summary>
    /// The national files: a name in the first column, births in <c>births_1891_2000</c> and <c>births_1900_2022</c>, or else in the second.
    /// </summary>
    public static NameCounts OfNation(string surnamesCsv, string firstNamesCsv)
    {
        var counts = new NameCounts();
        counts.SurnamesTotal = Read(surnamesCsv, "births_1891_2000", counts._surnames);
        counts.FirstNamesTotal = Read(firstNamesCsv, "births_1900_2022", counts._firstNames);
        return counts;
    }

    /// <summary>Counts a person.</summary>
    public void Add(Traits person)
    {
        if ((person.BirthName ?? person.UsedName) is { } surname)
        {
            _surnames[surname] = _surnames.GetValueOrDefault(surname) + 1;
            SurnamesTotal++;
        }

        if (person.FirstName is { } first)
        {
            _firstNames[first] = _firstNames.GetValueOrDefault(first) + 1;
            FirstNamesTotal++;
        }
    }

    /// <summary>A text that <see cref="Parse"/> reads; without the names that fewer than <paramref name="bearersMin"/> bear, who could be told by them.</summary>
    public string Write(int bearersMin)
    {
        var text = new StringBuilder();
        Write('s', _surnames, SurnamesTotal);
        Write('f', _firstNames, FirstNamesTotal);
        return text.ToString();

        void Write(char kind, Dictionary<string, long> counts, long total)
        {
            text.Append(CultureInfo.InvariantCulture, $"{kind},{TotalOf},{total}\n");
            foreach (var (name, count) in counts.OrderBy(pair => pair.Key, StringComparer.Ordinal))
                if (count >= bearersMin)
                    text.Append(CultureInfo.InvariantCulture, $"{kind},{name},{count}\n");
        }
    }

    /// <summary>Reads what <see cref="Write(int)"/> wrote.</summary>
    public static NameCounts Parse(string text)
    {
        var counts = new NameCounts();
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Split(',') is not [var kind and ("s" or "f"), var name, var digits]
                || !long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var count))
                continue;
            if (name != TotalOf)
                (kind == "s" ? counts._surnames : counts._firstNames)[name] = count;
            else if (kind == "s")
                counts.SurnamesTotal = count;
            else
                counts.FirstNamesTotal = count;
        }

        return counts;
    }

    private static long Read(string csv, string column, Dictionary<string, long> counts)
    {
        var at = -1;
        long total = 0;
        foreach (var line in csv.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var cells = line.Split(',');
            if (at < 0)
            {
                at = Math.Max(1, Array.IndexOf(cells, column));
                continue;
            }

            if (cells.Length <= at || !long.TryParse(cells[at], NumberStyles.None, CultureInfo.InvariantCulture, out var count) || PlainText.Joined(cells[0]) is not { Length: > 0 } name)
                continue;
            counts[name] = counts.GetValueOrDefault(name) + count;
            total += count;
        }

        return total;
    }
}
