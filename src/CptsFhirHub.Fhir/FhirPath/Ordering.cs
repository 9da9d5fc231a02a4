using System.Globalization;

namespace CptsFhirHub.Fhir.FhirPath;

/// <summary><c>&lt;</c>, <c>&gt;</c> and their like. https://hl7.org/fhirpath/N1/#comparison</summary>
internal static class Ordering
{
    /// <summary>Below 0, 0 or above; null when a side is empty or the order depends on what is not known.</summary>
    public static int? Compare(Items left, Items right)
    {
        if (left.IsEmpty || right.IsEmpty)
            return null;
        if (left.Count > 1 || right.Count > 1)
            throw FhirPathException.Evaluation("A comparison takes one item on each side.");
        return Compare(left.First, right.First);
    }

    public static int? Compare(Item left, Item right)
    {
        var a = left.Value;
        var b = right.Value;
        if ((a is null && left.IsValueless) || (b is null && right.IsValueless))
            return null;
        if (IsForeign(left, a) || IsForeign(right, b))
            return a is null && b is null ? FhirQuantity.Compare(left.Element!, right.Element!) : null;
        if (a is null || b is null)
            throw FhirPathException.Evaluation("Only numbers, texts, dates, times and quantities have an order.");
        return Compare(a, b);
    }

    // A quantity whose unit is not UCUM has no System value, yet tablets compare with tablets.
    private static bool IsForeign(Item item, object? value) =>
        value is null && item.Element is not null && item.Shape?.Form == ValueForm.Quantity;

    public static int? Compare(object left, object right) => (left, right) switch
    {
        (string a, string b) => string.CompareOrdinal(a, b),
        (int a, int b) => a.CompareTo(b),
        (Moment a, Moment b) when (a.Kind == MomentKind.Time) == (b.Kind == MomentKind.Time) => Moment.Compare(a, b),
        (Quantity a, Quantity b) => a.CompareTo(b),
        (Quantity a, _) when Numbers.AsDecimal(right) is { } b => a.CompareTo(new Quantity(b, "1")),
        (_, Quantity b) when Numbers.AsDecimal(left) is { } a => new Quantity(a, "1").CompareTo(b),
        _ when Numbers.AsDecimal(left) is { } a && Numbers.AsDecimal(right) is { } b => a.CompareTo(b),
        _ => throw FhirPathException.Evaluation("Values of these two types have no common order."),
    };
}

/// <summary>Numbers of all three types.</summary>
internal static class Numbers
{
    private const int DigitsMax = 28;

    public static decimal? AsDecimal(object? value) => value switch
    {
        int number => number,
        long number => number,
        decimal number => number,
        _ => null,
    };

    /// <summary>Both rounded to the digits of the one that has fewer; zeros at the end are not digits.</summary>
    public static bool AreEquivalent(decimal a, decimal b)
    {
        var digits = Math.Min(Digits(a), Digits(b));
        return decimal.Round(a, digits, MidpointRounding.AwayFromZero) == decimal.Round(b, digits, MidpointRounding.AwayFromZero);
    }

    /// <summary>The digits after the point, without zeros at the end.</summary>
    public static int Digits(decimal number)
    {
        // Dividing by one with all digits strips the zeros.
        var stripped = number / 1.0000000000000000000000000000m;
        return Math.Min(stripped.Scale, (byte)DigitsMax);
    }

    /// <summary>The number without zeros after its last digit.</summary>
    public static decimal Stripped(decimal number) => number / 1.0000000000000000000000000000m;

    public static object WholeNumber(decimal number) =>
        number is >= int.MinValue and <= int.MaxValue ? (int)number
        : number is >= long.MinValue and <= long.MaxValue ? (long)number
        : number;

    public static string Text(decimal number) => number.ToString(CultureInfo.InvariantCulture);
}
