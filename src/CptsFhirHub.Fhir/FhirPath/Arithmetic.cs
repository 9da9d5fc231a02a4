using System.Diagnostics.CodeAnalysis;

namespace CptsFhirHub.Fhir.FhirPath;

/// <summary>
/// <c>+ - * / div mod &amp;</c>. A result that does not fit its type, or a division by zero, is empty. https://hl7.org/fhirpath/N1/#math
/// </summary>
internal static class Arithmetic
{
    public static Items Add(Items left, Items right) => !Take(left, right, out var a, out var b) ? default : Items.OfValue((a, b) switch
    {
        (string x, string y) => Items.Checked(x + y),
        (Moment x, Quantity y) => Move(x, y, 1),
        (Quantity x, Moment y) => Move(y, x, 1),
        (Quantity x, Quantity y) => x.Plus(y, 1),
        (Quantity x, _) when Numbers.AsDecimal(b) is { } y => x.Plus(new(y, "1"), 1),
        (_, Quantity y) when Numbers.AsDecimal(a) is { } x => new Quantity(x, "1").Plus(y, 1),
        _ => Number(a, b, static (x, y) => checked(x + y), static (x, y) => x + y),
    });

    public static Items Subtract(Items left, Items right) => !Take(left, right, out var a, out var b) ? default : Items.OfValue((a, b) switch
    {
        (Moment x, Quantity y) => Move(x, y, -1),
        (Quantity x, Quantity y) => x.Plus(y, -1),
        (Quantity x, _) when Numbers.AsDecimal(b) is { } y => x.Plus(new(y, "1"), -1),
        (_, Quantity y) when Numbers.AsDecimal(a) is { } x => new Quantity(x, "1").Plus(y, -1),
        _ => Number(a, b, static (x, y) => checked(x - y), static (x, y) => x - y),
    });

    public static Items Multiply(Items left, Items right) => !Take(left, right, out var a, out var b) ? default : Items.OfValue((a, b) switch
    {
        (Quantity x, Quantity y) => x.Times(y),
        (Quantity x, _) when Numbers.AsDecimal(b) is { } y => x.Times(y),
        (_, Quantity y) when Numbers.AsDecimal(a) is { } x => y.Times(x),
        _ => Number(a, b, static (x, y) => checked(x * y), static (x, y) => x * y),
    });

    public static Items Divide(Items left, Items right)
    {
        if (!Take(left, right, out var a, out var b))
            return default;
        if (b is Quantity { Value: 0 } || Numbers.AsDecimal(b) == 0)
            return default;
        return Items.OfValue((a, b) switch
        {
            (Quantity x, Quantity y) => x.Over(y),
            (Quantity x, _) when Numbers.AsDecimal(b) is { } y => x.Over(y),
            (_, Quantity y) when Numbers.AsDecimal(a) is { } x => new Quantity(x, "1").Over(y),
            _ => Number(Numbers.AsDecimal(a) ?? a, Numbers.AsDecimal(b) ?? b, null, static (x, y) => Quotient(x, y)),
        });
    }

    public static Items WholeDivide(Items left, Items right)
    {
        if (!Take(left, right, out var a, out var b) || Numbers.AsDecimal(b) == 0)
            return default;
        if (a is Quantity || b is Quantity)
            return Items.OfValue(Parts(a, b, static (x, y) => decimal.Truncate(x / y)));
        return Number(a, b, static (x, y) => x / y, static (x, y) => decimal.Truncate(x / y)) switch
        {
            decimal number => Items.OfValue(Numbers.WholeNumber(number)),
            { } number => Items.OfValue(number),
            null => default,
        };
    }

    public static Items Remainder(Items left, Items right)
    {
        if (!Take(left, right, out var a, out var b) || Numbers.AsDecimal(b) == 0)
            return default;
        return a is Quantity || b is Quantity
            ? Items.OfValue(Parts(a, b, static (x, y) => x % y))
            : Items.OfValue(Number(a, b, static (x, y) => x % y, static (x, y) => x % y));
    }

    public static Items Concatenate(Items left, Items right) => Items.Of(Text(left) + Text(right));

    /// <summary>The quotient; what divides evenly stays short: 1 / 2 is 0.5.</summary>
    public static decimal Quotient(decimal a, decimal b) => a / b;

    private static string Text(Items items)
    {
        if (items.IsEmpty || items.First.IsValueless)
            return "";
        if (items.Count > 1)
            throw FhirPathException.Evaluation("'&' joins one text on each side; join() takes several.");
        return items.First.Text ?? throw FhirPathException.Evaluation("'&' joins texts.");
    }

    private static bool Take(Items left, Items right, [NotNullWhen(true)] out object? a, [NotNullWhen(true)] out object? b)
    {
        a = b = null;
        if (left.Count > 1 || right.Count > 1)
            throw FhirPathException.Evaluation("Arithmetic takes one item on each side.");
        if (left.IsEmpty || right.IsEmpty || left.First.IsValueless || right.First.IsValueless)
            return false;
        a = left.First.Value;
        b = right.First.Value;
        return a is null || b is null
            ? throw FhirPathException.Evaluation("This item is no number, text, date or quantity.")
            : true;
    }

    private static object? Number(object a, object b, Func<long, long, long>? whole, Func<decimal, decimal, decimal> broken)
    {
        try
        {
            if (whole is not null && a is int or long && b is int or long)
            {
                var result = whole(Convert.ToInt64(a), Convert.ToInt64(b));
                if (a is long || b is long)
                    return result;
                return result is >= int.MinValue and <= int.MaxValue ? (int)result : null;
            }

            if (Numbers.AsDecimal(a) is { } x && Numbers.AsDecimal(b) is { } y)
                return broken(x, y);
        }
        catch (ArithmeticException)
        {
            return null;
        }

        throw FhirPathException.Evaluation("This operator does not take values of these two types.");
    }

    private static Quantity? Parts(object a, object b, Func<decimal, decimal, decimal> apply)
    {
        var x = a as Quantity ?? (Numbers.AsDecimal(a) is { } left ? new(left, "1") : null);
        var y = b as Quantity ?? (Numbers.AsDecimal(b) is { } right ? new(right, "1") : null);
        if (x is null || y is null)
            throw FhirPathException.Evaluation("This operator does not take values of these two types.");
        try
        {
            return y.To(x.Unit, x.Kind) is { Value: not 0 } same ? x with { Value = apply(x.Value, same.Value) } : null;
        }
        catch (ArithmeticException)
        {
            return null;
        }
    }

    private static Moment? Move(Moment moment, Quantity by, int sign)
    {
        var unit = by.Kind switch
        {
            UnitKind.Calendar => CalendarUnit.Of(by.Unit),
            UnitKind.Either => CalendarUnit.OfUcum(by.Unit),
            _ => CalendarUnit.OfUcum(by.Unit) is { IsMonths: false } exact ? exact : CalendarUnit.Of(by.Unit),
        };
        return unit is null
            ? throw FhirPathException.Evaluation("A date moves by calendar durations, or by UCUM durations of fixed length.")
            : moment.Plus(sign * by.Value, unit);
    }
}
