using System.Globalization;

namespace CptsFhirHub.Fhir.FhirPath;

/// <summary><c>toX()</c> and <c>convertsToX()</c>. https://hl7.org/fhirpath/N1/#conversion</summary>
internal static class ConversionFunctions
{
    private const NumberStyles Signed = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint;

    private static readonly (string Type, Func<object, object?> Convert)[] Conversions =
    [
        ("Boolean", ToBoolean),
        ("Integer", ToInteger),
        ("Long", ToLong),
        ("Decimal", value => ToDecimal(value)),
        ("String", ToText),
        ("Date", ToDate),
        ("DateTime", ToDateTime),
        ("Time", ToTime),
    ];

    public static Dictionary<string, Function> All { get; } = Make();

    private static Dictionary<string, Function> Make()
    {
        var all = new Dictionary<string, Function>(StringComparer.Ordinal)
        {
            ["toQuantity"] = new(0, 1, call => Items.OfValue(ToQuantity(call))),
            ["convertsToQuantity"] = new(0, 1, call => call.Value() is null ? default : Items.Of(ToQuantity(call) is not null)),
        };
        foreach (var (type, convert) in Conversions)
        {
            all["to" + type] = new(0, 0, call => call.Value() is { } value ? Items.OfValue(convert(value)) : default);
            all["convertsTo" + type] = new(0, 0, call => call.Value() is { } value ? Items.Of(convert(value) is not null) : default);
        }

        return all;
    }

    private static object? ToBoolean(object value) => value switch
    {
        bool => value,
        string text => text.ToLowerInvariant() switch
        {
            "true" or "t" or "yes" or "y" or "1" or "1.0" => true,
            "false" or "f" or "no" or "n" or "0" or "0.0" => false,
            _ => null,
        },
        _ => Numbers.AsDecimal(value) switch { 1 => true, 0 => false, _ => null },
    };

    private static object? ToInteger(object value) => value switch
    {
        int => value,
        long number => number is >= int.MinValue and <= int.MaxValue ? (int)number : null,
        bool flag => flag ? 1 : 0,
        string text => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null,
        _ => null,
    };

    private static object? ToLong(object value) => value switch
    {
        int number => (long)number,
        long => value,
        bool flag => flag ? 1L : 0L,
        string text => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null,
        _ => null,
    };

    private static decimal? ToDecimal(object value) => value switch
    {
        bool flag => flag ? 1.0m : 0.0m,
        string text => decimal.TryParse(text, Signed, CultureInfo.InvariantCulture, out var number)
            && char.IsAsciiDigit(text[^1]) ? number : null,
        _ => Numbers.AsDecimal(value),
    };

    private static string? ToText(object value) => value is Reflected or Reflected.Part ? null : Item.Write(value);

    private static Moment? ToDate(object value) => value switch
    {
        Moment { Kind: not MomentKind.Time } moment => moment.DatePart(),
        string text => Moment.TryDate(text) ?? Moment.TryDateTime(text)?.DatePart(),
        _ => null,
    };

    private static Moment? ToDateTime(object value) => value switch
    {
        Moment { Kind: not MomentKind.Time } moment => moment with { Kind = MomentKind.DateTime },
        string text => Moment.TryDateTime(text),
        _ => null,
    };

    private static object? ToTime(object value) => value switch
    {
        Moment { Kind: MomentKind.Time } => value,
        string text => Moment.TryTime(text),
        _ => null,
    };

    private static Quantity? ToQuantity(Call call)
    {
        if (call.Input.Count == 1 && call.Input.First.Element is { Kind: Model.ElementKind.None } element
            && call.Input.First.Shape is { Form: ValueForm.Quantity })
        {
            if (element.Child("comparator") is not null)
                throw FhirPathException.Evaluation("A quantity with a comparator is no single quantity.");
            if (call.Input.First.Value is null)
                return null;
        }

        var quantity = call.Value() switch
        {
            Quantity known => known,
            bool flag => new Quantity(flag ? 1.0m : 0.0m, "1"),
            string text => Quantity.TryParse(text),
            { } other when Numbers.AsDecimal(other) is { } number => new Quantity(number, "1"),
            _ => null,
        };
        if (quantity is null || call.Count == 0)
            return quantity;
        if (call.Text(0) is not { } unit)
            return null;
        return CalendarUnit.Of(unit) is { } calendar
            ? quantity.To(calendar.Name, UnitKind.Calendar)
            : quantity.To(unit, UnitKind.Ucum);
    }
}
