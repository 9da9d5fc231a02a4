using System.Collections.Concurrent;
using System.Globalization;

namespace CptsFhirHub.Fhir.FhirPath;

/// <summary>
/// UCUM as far as clinical data use it: what a unit is worth in base units. https://ucum.org/ucum
/// </summary>
internal static class Ucum
{
    private const int KnownMax = 2_000;
    private const int UnitLengthMax = 200;
    private static readonly ConcurrentDictionary<string, UnitMeaning?> Known = new(StringComparer.Ordinal);

    /// <summary>The meaning of a unit; null when it is not UCUM, or not among the units known here.</summary>
    public static UnitMeaning? Find(string unit)
    {
        if (Known.TryGetValue(unit, out var known))
            return known;
        var meaning = unit.Length is 0 or > UnitLengthMax ? null : new Reader(unit).Whole();
        if (Known.Count < KnownMax)
            Known[unit] = meaning;
        return meaning;
    }

    /// <summary>Reads the UCUM grammar: components joined by '.' and '/', with exponents, parentheses and annotations.</summary>
    private ref struct Reader(string text)
    {
        private const int DepthMax = 20;
        private int _at;
        private int _depth;

        public UnitMeaning? Whole()
        {
            try
            {
                var meaning = Term();
                return _at == text.Length ? meaning : null;
            }
            catch (ArithmeticException)
            {
                return null;
            }
        }

        private readonly char Current => _at < text.Length ? text[_at] : '\0';

        private UnitMeaning? Term()
        {
            var result = UnitMeaning.One;
            var isDivided = false;
            if (Current == '/')
            {
                isDivided = true;
                _at++;
            }

            while (true)
            {
                if (Component() is not { } component)
                    return null;
                if (result.Combine(component, isDivided ? -1 : 1) is not { } combined)
                    return null;
                result = combined;
                if (Current is not ('.' or '/'))
                    return result;
                isDivided = Current == '/';
                _at++;
            }
        }

        private UnitMeaning? Component()
        {
            UnitMeaning? meaning;
            if (Current == '(')
            {
                if (++_depth > DepthMax)
                    return null;
                _at++;
                meaning = Term();
                if (Current != ')')
                    return null;
                _at++;
                _depth--;
            }
            else if (Current == '{')
            {
                meaning = UnitMeaning.One;
            }
            else if (char.IsAsciiDigit(Current) && !IsPowerOfTen())
            {
                var start = _at;
                while (char.IsAsciiDigit(Current))
                    _at++;
                var digits = text.AsSpan(start, _at - start);
                meaning = decimal.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
                    ? UnitMeaning.One with { Numerator = number }
                    : null;
            }
            else
            {
                meaning = Atom() is { } atom ? Exponent(atom) : null;
            }

            SkipAnnotation();
            return meaning;
        }

        private readonly bool IsPowerOfTen() =>
            string.CompareOrdinal(text, _at, "10*", 0, 3) == 0 || string.CompareOrdinal(text, _at, "10^", 0, 3) == 0;

        private UnitMeaning? Atom()
        {
            if (IsPowerOfTen())
            {
                _at += 3;
                return UnitMeaning.One with { Exponent = 1 };
            }

            var start = _at;
            while (_at < text.Length)
            {
                if (Current == '[')
                {
                    var end = text.IndexOf(']', _at);
                    if (end < 0)
                        return null;
                    _at = end + 1;
                }
                else if (char.IsAsciiLetter(Current) || Current is '%' or '\'' or '"' or '_')
                {
                    _at++;
                }
                else
                {
                    break;
                }
            }

            return _at == start ? null : UcumUnits.Find(text[start.._at]);
        }

        private UnitMeaning? Exponent(UnitMeaning atom)
        {
            var start = _at;
            if (Current is '+' or '-')
                _at++;
            var digits = _at;
            while (char.IsAsciiDigit(Current))
                _at++;
            if (_at == digits)
                return _at == start ? atom : null;
            var power = text.AsSpan(start, _at - start);
            return int.TryParse(power, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var exponent)
                && Math.Abs(exponent) <= 30
                ? UnitMeaning.One.Combine(atom, exponent)
                : null;
        }

        private void SkipAnnotation()
        {
            if (Current != '{')
                return;
            var end = text.IndexOf('}', _at);
            if (end >= 0)
                _at = end + 1;
        }
    }
}

/// <summary>
/// What a unit is worth: Numerator / Denominator * 10^Exponent of its base units. An <see cref="Offset"/> (in the unit itself) is
/// added before: degrees Celsius and Fahrenheit.
/// </summary>
internal sealed record UnitMeaning(
    decimal Numerator, decimal Denominator, int Exponent, string Dimensions, decimal Offset = 0, bool IsSpecial = false)
{
    public static UnitMeaning One { get; } = new(1, 1, 0, "");

    public bool IsDimensionless => Dimensions.Length == 0 && !IsSpecial;

    /// <summary>This times the other to that power; null for units that only stand alone.</summary>
    public UnitMeaning? Combine(UnitMeaning other, int power)
    {
        if (this == One && power == 1)
            return other;
        if (other.IsSpecial || IsSpecial)
            return null;
        var (numerator, denominator) = (Numerator, Denominator);
        for (var i = 0; i < Math.Abs(power); i++)
        {
            numerator *= power > 0 ? other.Numerator : other.Denominator;
            denominator *= power > 0 ? other.Denominator : other.Numerator;
        }

        return new(numerator, denominator, Exponent + (other.Exponent * power), Join(Dimensions, other.Dimensions, power));
    }

    public decimal Base(decimal value, int exponentTaken = 0) =>
        Scale((value + Offset) * Numerator / Denominator, Exponent - exponentTaken);

    public static decimal Scale(decimal value, int exponent)
    {
        for (; exponent > 0; exponent--)
            value *= 10;
        for (; exponent < 0; exponent++)
            value /= 10;
        return value;
    }

    // Dimensions are written "g1 m2 s-2", names in order, so that equal ones are equal texts.
    private static string Join(string left, string right, int power)
    {
        var powers = new SortedDictionary<string, int>(StringComparer.Ordinal);
        Collect(left, 1);
        Collect(right, power);
        return string.Join(' ', powers.Where(pair => pair.Value != 0).Select(pair => pair.Key + "^" + pair.Value));

        void Collect(string dimensions, int times)
        {
            foreach (var part in dimensions.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                var at = part.LastIndexOf('^');
                var name = part[..at];
                powers[name] = powers.GetValueOrDefault(name) + (int.Parse(part.AsSpan(at + 1), CultureInfo.InvariantCulture) * times);
            }
        }
    }
}
