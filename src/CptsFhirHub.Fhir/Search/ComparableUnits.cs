using System.Globalization;
using CptsFhirHub.Fhir.FhirPath;

namespace CptsFhirHub.Fhir.Search;

/// <summary>
/// Amounts with UCUM units in the base units of their dimension, so that 1 g is found as 1000 mg.
/// https://hl7.org/fhir/R4/search.html#quantity
/// </summary>
public sealed class ComparableUnits
{
    /// <summary>UCUM.</summary>
    public const string System = "http://unitsofmeasure.org";

    private readonly UnitMeaning _meaning;

    private ComparableUnits(UnitMeaning meaning) => _meaning = meaning;

    /// <summary>What the base units are: <c>g^1 m^-3</c>; empty for a pure number.</summary>
    public string Dimensions => _meaning.Dimensions;

    /// <summary>How amounts in that unit are converted; null when it is not UCUM, or not known here.</summary>
    public static ComparableUnits? Find(string? system, string? code) =>
        system == System && !string.IsNullOrEmpty(code) && Ucum.Find(code) is { Numerator: > 0, Denominator: > 0 } meaning ? new(meaning) : null;

    /// <summary>
    /// The amount in base units, to fourteen digits: two ways to the same amount give the same number. Null when it is out of reach.
    /// </summary>
    public double? Of(decimal value)
    {
        try
        {
            var exact = (double)((value + _meaning.Offset) * _meaning.Numerator / _meaning.Denominator) * Math.Pow(10, _meaning.Exponent);
            return double.IsFinite(exact)
                ? double.Parse(exact.ToString("E13", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture)
                : null;
        }
        catch (ArithmeticException)
        {
            return null;
        }
    }
}
