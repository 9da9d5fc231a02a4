using System.Globalization;

namespace CptsFhirHub.Coordination.Identity.Matching;

/// <summary>A birth date as eight digits, even one that no calendar has; zeros stand for what is not known.</summary>
internal readonly record struct BirthDay(int Year, int Month, int Day)
{
    /// <summary>True when the day is known.</summary>
    public bool IsWhole => Day != 0;

    /// <summary>True for a first of January or a last of December, which offices write for "unknown".</summary>
    public bool IsDefault => (Month, Day) is (1, 1) or (12, 31);

    /// <summary>Reads <c>1947-03-09</c>, <c>1947-03</c>, <c>1947</c> or <c>19470309</c>; null for anything else.</summary>
    public static BirthDay? Of(string? text)
    {
        var digits = text?.Replace("-", "", StringComparison.Ordinal);
        if (digits is not { Length: 4 or 6 or 8 } || !digits.All(char.IsAsciiDigit))
            return null;
        return new(Number(digits, 0, 4), Number(digits, 4, 2), Number(digits, 6, 2));

        static int Number(string digits, int at, int length) =>
            at >= digits.Length ? 0 : int.Parse(digits.AsSpan(at, length), NumberStyles.None, CultureInfo.InvariantCulture);
    }

    /// <summary>How far two dates agree.</summary>
    public static DateLevel Compare(BirthDay a, BirthDay b)
    {
        if (!a.IsWhole || !b.IsWhole)
            return a.Year != b.Year || (a.Month != 0 && b.Month != 0 && a.Month != b.Month) ? DateLevel.Different : DateLevel.Partial;
        if (a == b)
            return a.IsDefault ? DateLevel.EqualDefault : DateLevel.Equal;
        if ((a.Year == b.Year && a.Month == b.Day && a.Day == b.Month) || DiffersByOneDigit(a, b))
            return DateLevel.Near;
        var same = (a.Year == b.Year ? 1 : 0) + (a.Month == b.Month ? 1 : 0) + (a.Day == b.Day ? 1 : 0);
        return same >= 2 || (a.Year == b.Year && (a.IsDefault || b.IsDefault)) ? DateLevel.Partial : DateLevel.Different;
    }

    private static bool DiffersByOneDigit(BirthDay a, BirthDay b)
    {
        Span<char> one = stackalloc char[8];
        Span<char> other = stackalloc char[8];
        a.Write(one);
        b.Write(other);
        return Alike.IsOneEdit(one, other);
    }

    private void Write(Span<char> digits)
    {
        var number = (Year * 10_000) + (Month * 100) + Day;
        for (var i = digits.Length - 1; i >= 0; i--, number /= 10)
            digits[i] = (char)('0' + (number % 10));
    }
}
