namespace CptsFhirHub.Fhir.FhirPath;

/// <summary>
/// Quantities converted, compared and computed with. A calendar year or month has no fixed length and meets no UCUM unit;
/// weeks and less are the same on both sides. https://hl7.org/fhirpath/N1/#quantity-equality
/// </summary>
public sealed partial record Quantity
{
    private const int RoundingDigits = 20;

    /// <summary>Below 0, 0 or above; null when the units do not compare.</summary>
    internal int? CompareTo(Quantity other)
    {
        if (Unit == other.Unit && (Kind == UnitKind.Calendar) == (other.Kind == UnitKind.Calendar))
            return Value.CompareTo(other.Value);
        if (Measure(other) is not { } ours || other.Measure(this) is not { } theirs || ours.Dimensions != theirs.Dimensions)
            return null;
        try
        {
            var exponent = Math.Min(ours.Exponent, theirs.Exponent);
            var left = decimal.Round(ours.Base(Value, exponent), RoundingDigits);
            return left.CompareTo(decimal.Round(theirs.Base(other.Value, exponent), RoundingDigits));
        }
        catch (ArithmeticException)
        {
            return null;
        }
    }

    /// <summary>Equal after both are written in the finer unit and rounded to the digits of the less precise.</summary>
    internal bool IsEquivalent(Quantity other)
    {
        if (Unit == other.Unit && Kind == other.Kind)
            return Numbers.AreEquivalent(Value, other.Value);
        try
        {
            var (left, right) = IsFinerThan(other) ? (this, other.To(Unit, Kind)) : (To(other.Unit, other.Kind), other);
            return left is not null && right is not null && Numbers.AreEquivalent(left.Value, right.Value);
        }
        catch (ArithmeticException)
        {
            return false;
        }
    }

    /// <summary>True when the two have a common measure.</summary>
    internal bool IsComparable(Quantity other) =>
        (Unit == other.Unit && (Kind == UnitKind.Calendar) == (other.Kind == UnitKind.Calendar))
        || (Measure(other) is { } ours && other.Measure(this) is { } theirs && ours.Dimensions == theirs.Dimensions);

    /// <summary>The same quantity in another unit; null when there is none.</summary>
    internal Quantity? To(string unit, UnitKind kind)
    {
        var target = new Quantity(1, unit, kind);
        if (Unit == unit && (Kind == UnitKind.Calendar) == (kind == UnitKind.Calendar))
            return Known(this) ? this with { Kind = kind } : null;
        if (Measure(target) is not { } ours || target.Measure(this) is not { } theirs || ours.Dimensions != theirs.Dimensions)
            return null;
        try
        {
            var value = ours.Base(Value, theirs.Exponent) * theirs.Denominator / theirs.Numerator;
            return new(Numbers.Stripped(decimal.Round(value - theirs.Offset, RoundingDigits)), unit, kind);
        }
        catch (ArithmeticException)
        {
            return null;
        }

        static bool Known(Quantity quantity) => quantity.Kind == UnitKind.Calendar || Ucum.Find(quantity.Unit) is not null;
    }

    /// <summary>The sum (or, with sign -1, the difference) in the finer of the two units; null when they have none in common.</summary>
    internal Quantity? Plus(Quantity other, int sign)
    {
        if (Ucum.Find(Unit) is { IsSpecial: true } && Kind != UnitKind.Calendar)
            return null;
        try
        {
            if (Unit == other.Unit && (Kind == UnitKind.Calendar) == (other.Kind == UnitKind.Calendar))
                return new(Value + (sign * other.Value), Unit, Mixed(other));
            if (!IsComparable(other))
                return null;
            return IsFinerThan(other)
                ? other.To(Unit, Kind) is { } theirs ? new(Value + (sign * theirs.Value), Unit, Mixed(other)) : null
                : To(other.Unit, other.Kind) is { } ours ? new(ours.Value + (sign * other.Value), other.Unit, other.Mixed(this)) : null;
        }
        catch (ArithmeticException)
        {
            return null;
        }
    }

    internal Quantity? Times(decimal number) => Guarded(() => IsScale ? null : this with { Value = Value * number });

    internal Quantity? Over(decimal number) => Guarded(() => IsScale ? null : this with { Value = Value / number });

    internal Quantity? Times(Quantity other) => Guarded(() =>
        IsScale || other.IsScale ? null
        : other.Plain is { } factor ? this with { Value = Numbers.Stripped(Value * factor) }
        : Plain is { } own ? other with { Value = Numbers.Stripped(other.Value * own) }
        : Kind == UnitKind.Calendar || other.Kind == UnitKind.Calendar ? null
        : Product(Value * other.Value, $"{Grouped(Unit)}.{Grouped(other.Unit)}"));

    internal Quantity? Over(Quantity other) => Guarded(() =>
        IsScale || other.IsScale || (Kind == UnitKind.Calendar && other.Plain is null) || other.Kind == UnitKind.Calendar ? null
        : Unit == other.Unit && Unit != "1" ? new(Numbers.Stripped(Value / other.Value), "1")
        : other.Plain is { } divisor ? this with { Value = Numbers.Stripped(Value / divisor) }
        : Product(Value / other.Value, Plain is null || Unit != "1" ? $"{Grouped(Unit)}/{Grouped(other.Unit)}" : $"/{Grouped(other.Unit)}"));

    // A unit without dimension is a number: 2000 g/kg is 2.
    private decimal? Plain => Kind != UnitKind.Calendar && Ucum.Find(Unit) is { IsDimensionless: true } meaning ? meaning.Base(Value) : null;

    private bool IsScale => Kind != UnitKind.Calendar && Ucum.Find(Unit) is { IsSpecial: true };

    private static Quantity? Product(decimal value, string unit) =>
        Ucum.Find(unit) is null ? null : new(Numbers.Stripped(value), unit);

    private static string Grouped(string unit) => unit.AsSpan().ContainsAny('/', '.') ? $"({unit})" : unit;

    private static Quantity? Guarded(Func<Quantity?> compute)
    {
        try
        {
            return compute();
        }
        catch (ArithmeticException)
        {
            return null;
        }
    }

    private UnitKind Mixed(Quantity other) => Kind == UnitKind.Either ? other.Kind == UnitKind.Either ? UnitKind.Either : other.Kind : Kind;

    private bool IsFinerThan(Quantity other)
    {
        if (Measure(other) is not { } ours || other.Measure(this) is not { } theirs)
            return false;
        var difference = ours.Exponent - theirs.Exponent;
        return (double)(ours.Numerator / ours.Denominator) * Math.Pow(10, difference) < (double)(theirs.Numerator / theirs.Denominator);
    }

    /// <summary>The meaning of the unit when set against that other quantity.</summary>
    private UnitMeaning? Measure(Quantity other)
    {
        var isCalendar = Kind == UnitKind.Calendar || (Kind == UnitKind.Either && other.Kind == UnitKind.Calendar);
        if (!isCalendar)
            return Ucum.Find(Unit);
        var unit = Kind == UnitKind.Calendar ? CalendarUnit.Of(Unit)! : CalendarUnit.OfUcum(Unit)!;
        if (other.Kind == UnitKind.Ucum)
            return unit.IsMonths || CalendarUnit.OfUcum(other.Unit) is null or { IsMonths: true } ? null : Ucum.Find(unit.Ucum);
        var theirs = other.Kind == UnitKind.Calendar ? CalendarUnit.Of(other.Unit)! : CalendarUnit.OfUcum(other.Unit)!;
        return unit.IsMonths && theirs.IsMonths
            ? new(unit.Months, 1, 0, "month^1")
            : new(unit.Size, TimeSpan.TicksPerSecond, 0, "s^1");
    }
}
