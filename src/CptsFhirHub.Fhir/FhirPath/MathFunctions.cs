namespace CptsFhirHub.Fhir.FhirPath;

/// <summary>Functions of numbers. What has no result (a root of a negative number) is empty. https://hl7.org/fhirpath/N1/#math</summary>
internal static class MathFunctions
{
    private const int DigitsMax = 28;

    public static Dictionary<string, Function> All { get; } = new(StringComparer.Ordinal)
    {
        ["abs"] = OfNumber(value => value switch
        {
            int number => number == int.MinValue ? null : Math.Abs(number),
            long number => number == long.MinValue ? null : Math.Abs(number),
            decimal number => Math.Abs(number),
            Quantity quantity => quantity with { Value = Math.Abs(quantity.Value) },
            _ => null,
        }),
        ["ceiling"] = OfNumber(value => Whole(value, decimal.Ceiling)),
        ["floor"] = OfNumber(value => Whole(value, decimal.Floor)),
        ["truncate"] = OfNumber(value => Whole(value, decimal.Truncate)),
        ["round"] = new(0, 1, Round),
        ["sqrt"] = OfReal(Math.Sqrt),
        ["exp"] = OfReal(Math.Exp),
        ["ln"] = OfReal(Math.Log),
        ["log"] = new(1, 1, call => Real(call.Value(), call.Decimal(0), (number, root) => Math.Log(number) / Math.Log(root))),
        ["power"] = new(1, 1, Power),
    };

    private static Function OfNumber(Func<object, object?> apply) => new(0, 0, call => call.Value() switch
    {
        null => default,
        Quantity or int or long or decimal => Items.OfValue(apply(call.Value()!)),
        _ => throw FhirPathException.Evaluation("The input is no number."),
    });

    private static Function OfReal(Func<double, double> apply) => new(0, 0, call => Real(call.Value(), 0, (number, _) => apply(number)));

    private static object Whole(object value, Func<decimal, decimal> apply) => value switch
    {
        decimal number => Numbers.WholeNumber(apply(number)),
        Quantity quantity => quantity with { Value = apply(quantity.Value) },
        _ => value,
    };

    private static Items Round(Call call)
    {
        var value = call.Value();
        var digits = call.Count == 0 ? 0 : call.Integer(0);
        if (value is null || digits is null)
            return default;
        if (digits < 0)
            throw FhirPathException.Evaluation("round() takes a number of digits from 0 on.");
        return value switch
        {
            Quantity quantity => new(Item.Of(quantity with { Value = Rounded(quantity.Value, digits.Value) })),
            _ when Numbers.AsDecimal(value) is { } number => Items.Of(Rounded(number, digits.Value)),
            _ => throw FhirPathException.Evaluation("The input is no number."),
        };
    }

    private static decimal Rounded(decimal number, int digits) =>
        decimal.Round(number, Math.Min(digits, DigitsMax), MidpointRounding.AwayFromZero);

    private static Items Power(Call call)
    {
        var value = call.Value();
        var exponent = Call.One(call.Argument(0), "An argument");
        if (value is null || exponent is null)
            return default;
        if (Numbers.AsDecimal(value) is not { } number || Numbers.AsDecimal(exponent) is not { } power)
            throw FhirPathException.Evaluation("power() takes numbers.");
        if (power != decimal.Truncate(power) || Math.Abs(power) > 1000)
            return Real(value, power, Math.Pow);

        try
        {
            var result = 1m;
            for (var i = 0; i < Math.Abs(power); i++)
                result *= number;
            if (power < 0)
                result = 1 / result;
            return value is decimal || power < 0 ? Items.Of(result) : Items.OfValue(Numbers.WholeNumber(result));
        }
        catch (ArithmeticException)
        {
            return default;
        }
    }

    private static Items Real(object? value, decimal? argument, Func<double, double, double> apply)
    {
        if (value is null || argument is null)
            return default;
        if (Numbers.AsDecimal(value) is not { } number)
            throw FhirPathException.Evaluation("The input is no number.");
        var result = apply((double)number, (double)argument);
        return double.IsFinite(result) && Math.Abs(result) < 7.9e28 ? Items.Of(Short(result)) : default;
    }

    // Fifteen digits are what a double is sure of; the conversion keeps just these.
    private static decimal Short(double number) => (decimal)number;
}
