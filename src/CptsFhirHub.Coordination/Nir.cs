using System.Globalization;

namespace CptsFhirHub.Coordination;

/// <summary>How far a text can be trusted as a NIR, the French social security number.</summary>
public enum NirForm
{
    /// <summary>15 characters and the key is right.</summary>
    Sound,

    /// <summary>13 characters, the key was not given.</summary>
    WithoutKey,

    /// <summary>15 characters and the key is wrong: kept and flagged, never used to join two records.</summary>
    WrongKey,

    /// <summary>A spreadsheet has rounded it (<c>2,47038E+14</c>): the digits are lost and no one may guess them.</summary>
    Rounded,

    /// <summary>Written as a power of ten with all its digits (<c>2,47038519104254E+14</c>): proposed for repair, not taken.</summary>
    Powered,

    /// <summary>Not the shape of a NIR.</summary>
    Malformed,
}

/// <summary>A NIR as it was read: the 13 or 15 characters without blanks, or null when there are none to keep.</summary>
/// <remarks>S YY MM DDCCC OOO KK: sex, year, month, birthplace, order, key = 97 - (first 13 digits mod 97).</remarks>
public readonly record struct Nir(NirForm Form, string? Value)
{
    private const int NumberLength = 13;

    /// <summary>What a sender is told of a wrong key.</summary>
    public const string WrongKeyText = "The key of the NIR does not match its digits: it will not be used to recognise the person.";

    /// <summary>What a sender is told of a number that is not its bearer's.</summary>
    public const string ForeignText = "The NIR contradicts the sex or the birth date: it may be a relative's. It will not be used to recognise the person.";

    /// <summary>True when the number may serve as a hint that two records are one person.</summary>
    public bool IsUsable => Form is NirForm.Sound or NirForm.WithoutKey;

    /// <summary>The 13 characters that identify, without the key; null when not usable.</summary>
    public string? Number => IsUsable ? Value![..13] : null;

    /// <summary>Reads what a person or a spreadsheet wrote; blanks, dots and hyphens do not count.</summary>
    public static Nir Read(string text)
    {
        // A program that took it for a number wrote decimals behind it: all its digits stand there.
        if (text.LastIndexOfAny(['.', ',']) is >= NumberLength and var point && text.AsSpan(0, point).IndexOfAnyExceptInRange('0', '9') < 0
            && text.AsSpan(point + 1).Trim().IndexOfAnyExcept('0') < 0)
            text = text[..point];
        var letters = string.Concat(text.Where(c => !char.IsWhiteSpace(c) && c is not ('.' or '-' or '\u00A0' or '\u202F')))
            .ToUpperInvariant();
        if (IsRounded(text))
            return new(IsWhole(letters) ? NirForm.Powered : NirForm.Rounded, null);
        // The key is 01 to 97: zeros at the end are what a rounded number leaves when its column is widened.
        if (letters.Length == 15 && letters.EndsWith("0000", StringComparison.Ordinal) && HasShape(letters))
            return new(NirForm.Rounded, null);
        if (letters.Length is not (13 or 15) || !HasShape(letters))
            return new(NirForm.Malformed, null);
        if (letters.Length == 13)
            return new(NirForm.WithoutKey, letters);

        var key = int.Parse(letters.AsSpan(13), NumberStyles.None, CultureInfo.InvariantCulture);
        return new(key == KeyOf(letters) ? NirForm.Sound : NirForm.WrongKey, letters);
    }

    /// <summary>The key of the 13 first characters; Corsica's 2A counts as 19 and 2B as 18.</summary>
    public static int KeyOf(string number)
    {
        var digits = number[..13].Replace("2A", "19", StringComparison.Ordinal).Replace("2B", "18", StringComparison.Ordinal);
        return 97 - (int)(long.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture) % 97);
    }

    /// <summary>
    /// True when sex, year or month contradict the record's own: the number of a parent, of a spouse or of another file.
    /// Months above 12 are fictive and contradict nothing; a sex digit other than 1 or 2 is provisional.
    /// </summary>
    public bool ContradictsOwner(string? sex, string? birthDate)
    {
        if (Value is null)
            return false;
        if (Value[0] is '1' && sex is "F" or "female" || Value[0] is '2' && sex is "M" or "male")
            return true;
        if (birthDate is not { Length: >= 4 })
            return false;
        if (Value.AsSpan(1, 2) is var year && !year.SequenceEqual(birthDate.AsSpan(2, 2)))
            return true;
        var month = int.Parse(Value.AsSpan(3, 2), NumberStyles.None, CultureInfo.InvariantCulture);
        return month is >= 1 and <= 12 && birthDate.Length >= 7
            && !Value.AsSpan(3, 2).SequenceEqual(birthDate.AsSpan(5, 2));
    }

    private static bool IsRounded(string text)
    {
        var e = text.IndexOfAny(['E', 'e']);
        return e > 0 && text.AsSpan(0, e).ContainsAnyInRange('0', '9') && text.AsSpan(e).ContainsAnyInRange('0', '9');
    }

    /// <summary>True when a power of ten keeps 15 digits and their key is right: nothing was rounded.</summary>
    private static bool IsWhole(string letters)
    {
        var e = letters.IndexOf('E', StringComparison.Ordinal);
        var digits = string.Concat(letters[..e].Where(char.IsAsciiDigit));
        return letters[e..] is "E+14" or "E14" && digits.Length == 15
            && int.Parse(digits.AsSpan(13), NumberStyles.None, CultureInfo.InvariantCulture) == KeyOf(digits);
    }

    private static bool HasShape(string letters)
    {
        for (var i = 0; i < letters.Length; i++)
            if (!char.IsAsciiDigit(letters[i]) && !(i == 6 && letters[5] == '2' && letters[i] is 'A' or 'B'))
                return false;
        return letters[0] is '1' or '2' or '3' or '4' or '7' or '8';
    }
}
