using System.Text.RegularExpressions;

namespace CptsFhirHub.Coordination.Intake;

/// <summary>
/// Several phones or e-mail addresses that somebody wrote into one field: <c>06 12 34 56 78 / 02 51 00 00 01</c>, <c>a@b.fr; c@d.fr</c>,
/// <c>Odette &lt;a@b.fr&gt;</c>. One that is sound as it stands is left alone, and so is a text of which nothing can be made out.
/// </summary>
internal static class ContactList
{
    private const int CharsMax = 400;
    private const int NationalDigits = 10;
    private const RegexOptions Options = RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant;

    /// <summary>The contacts, each in its agreed form and once; empty when the text is one contact or none.</summary>
    /// <param name="read">Reads one of them.</param>
    /// <param name="hasRest">True when something else stood there too, which is no contact.</param>
    public static IReadOnlyList<string> Of(string text, ValueKind kind, Func<string, Reading> read, out bool hasRest)
    {
        hasRest = false;
        if (kind is not (ValueKind.Phone or ValueKind.Email) || text.Length > CharsMax || read(text).Fault is null)
            return [];
        List<string> contacts = [];
        foreach (var part in kind == ValueKind.Phone ? Phones(text) : Emails(text))
            if (read(part) is { Fault: null, Value: { } value })
                AddOnce(contacts, value);
            else if (part.AsSpan().ContainsAny(Telling))
                hasRest = true;
        return contacts;
    }

    private static IEnumerable<string> Phones(string text)
    {
        foreach (var part in BetweenPhones.Split(text))
            foreach (var number in ApartBySlash(part))
            {
                var digits = string.Concat(number.Where(char.IsAsciiDigit));
                if (digits.Length != 2 * NationalDigits || digits[0] != '0' || digits[NationalDigits] != '0'
                    || number.Any(c => c == '+' || char.IsLetter(c)))
                {
                    yield return number;
                    continue;
                }

                yield return digits[..NationalDigits];
                yield return digits[NationalDigits..];
            }
    }

    /// <summary>A slash without blanks parts two numbers, or the pairs of one: <c>02/51/00/00/01</c>.</summary>
    private static string[] ApartBySlash(string part)
    {
        var numbers = part.Split('/');
        return Array.TrueForAll(numbers, number => number.Count(char.IsAsciiDigit) >= NationalDigits - 1) ? numbers : [part];
    }

    private static IEnumerable<string> Emails(string text)
    {
        foreach (var part in BetweenEmails.Split(text))
            yield return part.StartsWith("mailto:", StringComparison.OrdinalIgnoreCase) ? part["mailto:".Length..] : part;
    }

    private static void AddOnce(List<string> contacts, string value)
    {
        if (!contacts.Contains(value))
            contacts.Add(value);
    }

    private static readonly System.Buffers.SearchValues<char> Telling =
        System.Buffers.SearchValues.Create("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    private static readonly Regex BetweenPhones = new(@"[;,|\r\n]|\s/\s|\s-\s|\s(?:ou|et|puis)\s", Options);

    private static readonly Regex BetweenEmails = new(@"[\s;,|/<>()""]+", Options);
}
