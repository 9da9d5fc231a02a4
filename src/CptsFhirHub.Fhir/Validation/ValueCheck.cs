using System.Globalization;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.FhirPath;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Validation;

/// <summary>
/// Fixed values, patterns, bounds and lengths.
/// https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.fixed_x_
/// </summary>
internal static class ValueCheck
{
    private const int DepthMax = 50;

    public static void Check(Run run, Element node, ValueRules rules, string rule)
    {
        if (rules.Fixed is { } exact && !IsEqual(node, exact, 0))
            run.Error("value", "The value is not the fixed one.", rule);
        if (rules.Pattern is { } pattern && !Contains(node, pattern, 0))
            run.Error("value", "The value does not meet the pattern.", rule);
        if (rules.MaxLength is { } maxLength && node.Value?.Length > maxLength)
            run.Error("value", $"The value is longer than {maxLength} characters.", rule);
        if (rules.MinValue is { } least && Compare(node, least) < 0)
            run.Error("value", "The value is below the least allowed.", rule);
        if (rules.MaxValue is { } most && Compare(node, most) > 0)
            run.Error("value", "The value is above the greatest allowed.", rule);
    }

    /// <summary>The same value and the same children, the order of different names aside.</summary>
    public static bool IsEqual(Element one, Element other, int depth)
    {
        if (depth > DepthMax || one.Count != other.Count || !IsSameValue(one, other))
            return false;
        foreach (var child in one.Children)
        {
            var mine = one.All(child.Name);
            if (!ReferenceEquals(mine[0], child))
                continue;
            var theirs = other.All(child.Name);
            if (mine.Length != theirs.Length)
                return false;
            for (var i = 0; i < mine.Length; i++)
                if (!IsEqual(mine[i], theirs[i], depth + 1))
                    return false;
        }

        return true;
    }

    /// <summary>Everything the pattern says is there: each of its list items in some item, each of its members equal.</summary>
    public static bool Contains(Element node, Element pattern, int depth)
    {
        if (depth > DepthMax || (pattern.Value is not null && !IsSameValue(node, pattern)))
            return false;
        foreach (var wanted in pattern.Children)
        {
            var isThere = false;
            foreach (var candidate in node.All(wanted.Name))
                isThere = isThere || Contains(candidate, wanted, depth + 1);
            if (!isThere)
                return false;
        }

        return true;
    }

    private static bool IsSameValue(Element one, Element other)
    {
        if (string.Equals(one.Value, other.Value, StringComparison.Ordinal))
            return true;
        // Numbers are equal by value: 1.0 and 1.00.
        return one.Kind == ElementKind.Number && other.Kind == ElementKind.Number
            && Number(one.Value) is { } a && Number(other.Value) is { } b && a == b;
    }

    /// <summary>Below 0, 0 or above; null when the two cannot be compared, which breaks no bound.</summary>
    public static int? Compare(Element node, Element bound)
    {
        if (bound.Value is null)
        {
            // Quantities compare across units of one kind: 500 g and 1 kg.
            return FhirQuantity.Read(node) is { } mine && FhirQuantity.Read(bound) is { } theirs ? mine.CompareTo(theirs) : null;
        }

        if (bound.Kind == ElementKind.Number)
            return Number(node.Value) is { } a && Number(bound.Value) is { } b ? a.CompareTo(b) : null;
        if (PartialDate.Read(node.Value) is { } date && PartialDate.Read(bound.Value) is { } limit)
            return date.UtcTicks(TimeZoneInfo.Utc).LowTicks.CompareTo(limit.UtcTicks(TimeZoneInfo.Utc).LowTicks);
        return string.CompareOrdinal(node.Value, bound.Value);
    }

    private static decimal? Number(string? text) =>
        decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;
}
