using System.Globalization;

namespace CptsFhirHub.Coordination;

/// <summary>A value in its one agreed form, or the sentence that says why it has none. The sentence never quotes the value.</summary>
public readonly record struct Reading(string? Value, string? Fault)
{
    internal static Reading Of(string value) => new(value, null);

    internal static Reading Wrong(string fault) => new(null, fault);
}

/// <summary>Dates, phones and ticks as French offices write them.</summary>
public static class FrenchValues
{
    private static readonly System.Buffers.SearchValues<char> NeverInEmails = System.Buffers.SearchValues.Create("<>()[],;:\"|/\\");

    /// <summary>
    /// A date or partial date as <c>yyyy-MM-dd</c>, <c>yyyy-MM</c> or <c>yyyy</c>, from ISO, dd/mm/yyyy or yyyymmdd.
    /// A year of two digits is refused: 26 is a child or a centenarian.
    /// </summary>
    public static Reading Date(string text)
    {
        var trimmed = text.Trim();
        if (trimmed.Any(char.IsLetter) && InWords(trimmed) is { } written)
            return written;
        if (trimmed.IndexOfAny(['T', ' ']) is > 0 and var time)
            trimmed = trimmed[..time];
        var parts = trimmed.Split('/', '-', '.');
        if (parts.Any(part => part.Length == 0 || !part.All(char.IsAsciiDigit)))
            return Reading.Wrong("This is not a date: yyyy-mm-dd or dd/mm/yyyy is expected.");

        return parts switch
        {
            [{ Length: 4 } year] => Whole(year, null, null),
            [{ Length: 8 } all] => Whole(all[..4], all[4..6], all[6..]),
            [{ Length: 5 }] => Reading.Wrong("This is a spreadsheet's day number, not a date: format the column as a date."),
            [{ Length: 4 } year, { Length: <= 2 } month] => Whole(year, month, null),
            [{ Length: <= 2 } month, { Length: 4 } year] => Whole(year, month, null),
            [{ Length: 4 } year, { Length: <= 2 } month, { Length: <= 2 } day] => Whole(year, month, day),
            [{ Length: <= 2 } day, { Length: <= 2 } month, { Length: 4 } year] => Whole(year, month, day),
            [{ Length: <= 2 }, { Length: <= 2 }, { Length: <= 2 }] =>
                Reading.Wrong("The year has two digits only: the century cannot be guessed."),
            _ => Reading.Wrong("This is not a date: yyyy-mm-dd or dd/mm/yyyy is expected."),
        };
    }

    /// <summary>An e-mail address as it is written; a text that is none reaches nobody.</summary>
    public static Reading Email(string text)
    {
        var trimmed = text.Trim();
        var at = trimmed.IndexOf('@', StringComparison.Ordinal);
        var isOne = at > 0 && at == trimmed.LastIndexOf('@') && at < trimmed.Length - 1 && !trimmed.Any(char.IsWhiteSpace)
            && trimmed.AsSpan().IndexOfAny(NeverInEmails) < 0;
        return isOne ? Reading.Of(trimmed) : Reading.Wrong("This is not an e-mail address.");
    }

    /// <summary>A number of so many digits, whose zeros at the beginning a spreadsheet may have dropped.</summary>
    public static Reading Digits(string text, int count)
    {
        var trimmed = text.Trim();
        return trimmed.Length == count - 1 && trimmed.All(char.IsAsciiDigit)
            ? new("0" + trimmed, $"{count} characters are expected: the zero that a spreadsheet drops at the beginning was put back.")
            : Reading.Of(trimmed);
    }

    /// <summary>A whole number, as spreadsheets and people write it: <c>2</c>, <c>2,0</c>, <c>34 ans</c>.</summary>
    public static Reading Count(string text)
    {
        var digits = text.Trim();
        if (digits.IndexOf(' ', StringComparison.Ordinal) is > 0 and var unit && digits[unit..].Trim() is "ans" or "an" or "personnes" or "personne")
            digits = digits[..digits.IndexOf(' ', StringComparison.Ordinal)];
        if (digits.IndexOfAny(['.', ',']) is > 0 and var point && digits.AsSpan(point + 1).IndexOfAnyExcept('0') < 0)
            digits = digits[..point];
        return int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            ? Reading.Of(count.ToString(CultureInfo.InvariantCulture))
            : Reading.Wrong("A whole number from 0 is expected.");
    }

    /// <summary>A phone as <c>+33251000001</c>; overseas departments keep their own country codes.</summary>
    public static Reading Phone(string text)
    {
        var written = (WholePower(text) ?? text).Replace("(0)", "", StringComparison.Ordinal);
        var digits = written.AsSpan().IndexOfAnyExceptInRange('0', '9') < 0
            ? written : string.Concat(written.Where(c => char.IsAsciiDigit(c) || c == '+'));
        if (digits.Length != written.Length && written.Any(char.IsLetter))
            return Reading.Wrong("A phone number has no letters.");
        if (digits.StartsWith("00", StringComparison.Ordinal))
            digits = "+" + digits[2..];
        // A spreadsheet drops the leading zero of a number, and the plus before a country code.
        if (digits.Length == 11 && digits.StartsWith("33", StringComparison.Ordinal))
            digits = "+" + digits;
        if (digits.Length == 9 && digits[0] is >= '1' and <= '9')
            digits = "0" + digits;
        if (digits.StartsWith("+330", StringComparison.Ordinal) && digits.Length == 13)
            digits = "+33" + digits[4..];

        if (digits.Length == 10 && digits[0] == '0' && digits[1] != '0')
            digits = CountryCode(digits) + digits[1..];
        // The national numbers of an overseas department are nobody's in mainland France: behind its code they are the same ones.
        else if (digits.Length == 12 && digits.StartsWith("+33", StringComparison.Ordinal))
            digits = string.Concat(CountryCode("0" + digits[3..]), digits.AsSpan(3));
        var isFrench = digits.StartsWith("+33", StringComparison.Ordinal);
        if (digits.LastIndexOf('+') != 0 || (isFrench ? digits.Length != 12 : digits.Length is < 9 or > 16))
            return Reading.Wrong("This is not a phone number: ten digits, or + and the country code, are expected.");
        return digits.AsSpan(digits.Length - 8).IndexOfAnyExcept(digits[^1]) < 0
            ? Reading.Wrong("A number of one repeated digit reaches nobody.")
            : Reading.Of(digits);
    }

    /// <summary>
    /// What a spreadsheet wrote as a power of ten without losing a digit: <c>6,12345678E+08</c> is <c>612345678</c>. Null for any other text, above all
    /// for one that was rounded.
    /// </summary>
    internal static string? WholePower(string text)
    {
        var trimmed = text.Trim();
        if (trimmed.IndexOfAny(['E', 'e']) is not (> 2 and var e) || trimmed[1] is not ('.' or ',') || !char.IsAsciiDigit(trimmed[0])
            || trimmed.AsSpan(2, e - 2).IndexOfAnyExceptInRange('0', '9') >= 0
            || !int.TryParse(trimmed.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var power))
            return null;
        var digits = string.Concat(trimmed.AsSpan(0, 1), trimmed.AsSpan(2, e - 2));
        return digits.Length == power + 1 ? digits : null;
    }

    /// <summary><c>oui</c>, <c>non</c> or <c>ne-sait-pas</c>. Missing is not "no": an empty text is <c>ne-sait-pas</c>.</summary>
    public static Reading Tick(string text) => PlainText.Words(text) switch
    {
        "O" or "OUI" or "Y" or "YES" or "VRAI" or "TRUE" or "1" or "X" or "ON" or "COCHE" or "COCHEE" or "✓" or "✔" or "☑" or "☒" => Reading.Of("oui"),
        "N" or "NON" or "NO" or "FAUX" or "FALSE" or "0" or "OFF" or "☐" => Reading.Of("non"),
        "" or "?" or "NSP" or "NE SAIT PAS" or "NE SAIS PAS" or "JE NE SAIS PAS" or "SAIT PAS" or "INCONNU" or "INCONNUE" or "NC" or "NR" or "NON RENSEIGNE"
            or "NON RENSEIGNEE" or "NON COMMUNIQUE" or "SANS REPONSE" => Reading.Of("ne-sait-pas"),
        _ => Reading.Wrong("O, N or ? is expected."),
    };

    /// <summary><c>F</c>, <c>M</c> or <c>U</c>.</summary>
    public static Reading Sex(string text) => PlainText.Words(text) switch
    {
        "F" or "2" or "FEMME" or "FEMININ" or "FEMALE" or "MME" or "MADAME" or "MLLE" or "MADEMOISELLE" or "FILLE" => Reading.Of("F"),
        "M" or "H" or "1" or "HOMME" or "MASCULIN" or "MALE" or "MONSIEUR" or "MR" or "GARCON" => Reading.Of("M"),
        "" or "U" or "?" or "I" or "INDETERMINE" or "INCONNU" or "UNKNOWN" => Reading.Of("U"),
        _ => Reading.Wrong("F, M or U is expected."),
    };

    /// <summary><c>9 mars 1947</c>, <c>1er mars 1947</c>, <c>mars 1947</c>; null when it is no such text.</summary>
    private static Reading? InWords(string text)
    {
        var (day, word, year) = PlainText.Words(text).Split(' ') switch
        {
            [var d, var m, var y] => (d.EndsWith("ER", StringComparison.Ordinal) ? d[..^2] : d, m, y),
            [var m, var y] => (null, m, y),
            _ => (null, "", ""),
        };
        var month = Array.FindIndex(Months, names => names.Contains(word, StringComparer.Ordinal)) + 1;
        return month > 0 && year.Length == 4 && year.All(char.IsAsciiDigit) && day is null or { Length: 1 or 2 } && (day ?? "1").All(char.IsAsciiDigit)
            ? Whole(year, month.ToString(CultureInfo.InvariantCulture), day)
            : null;
    }

    private static readonly string[][] Months =
    [
        ["JANVIER", "JANV", "JAN"], ["FEVRIER", "FEVR", "FEV"], ["MARS"], ["AVRIL", "AVR"], ["MAI"], ["JUIN"],
        ["JUILLET", "JUIL"], ["AOUT"], ["SEPTEMBRE", "SEPT", "SEP"], ["OCTOBRE", "OCT"], ["NOVEMBRE", "NOV"], ["DECEMBRE", "DEC"],
    ];

    private static Reading Whole(string year, string? month, string? day)
    {
        var y = int.Parse(year, CultureInfo.InvariantCulture);
        var m = month is null ? 1 : int.Parse(month, CultureInfo.InvariantCulture);
        var d = day is null ? 1 : int.Parse(day, CultureInfo.InvariantCulture);
        if (y is < 1000 or > 2150 || m is < 1 or > 12 || d < 1 || d > DateTime.DaysInMonth(y, m))
            return Reading.Wrong("There is no such day in the calendar.");
        return Reading.Of(day is not null ? $"{y:0000}-{m:00}-{d:00}" : month is not null ? $"{y:0000}-{m:00}" : $"{y:0000}");
    }

    private static string CountryCode(string national) => national[..4] switch
    {
        "0262" or "0263" or "0692" or "0693" or "0269" or "0639" => "+262",
        "0590" or "0690" or "0691" => "+590",
        "0594" or "0694" => "+594",
        "0596" or "0696" or "0697" => "+596",
        _ => "+33",
    };
}
