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
            run.Error("value", Phrases.NotFixed, rule);
        if (rules.Pattern is { } pattern && !Contains(node, pattern, 0))
            run.Error("value", Phrases.NotPattern, rule);
        if (rules.MaxLength is { } maxLength && node.Value?.Length > maxLength)
            run.Error("value", Phrases.TooLong, rule, maxLength);
        if (rules.MinLength is { } minLength && node.Value?.Length < minLength)
            run.Error("value", Phrases.TooShort, rule, minLength);
        if (rules.MinValue is { } least && Compare(run, node, least, sign: -1) < 0)
            run.Error("value", Phrases.Below, rule);
        if (rules.MaxValue is { } most && Compare(run, node, most, sign: 1) > 0)
            run.Error("value", Phrases.Above, rule);
        if (rules.Regex is { } form && node.Value is { } text)
            Form(run, text, form, rule);
        if (node.Kind == ElementKind.ExtensionsOnly)
            Absent(run, node, rules, rule);
        if (rules.NarrativeLanguages is { } languages && node.Text("div") is { } div)
            Languages(run, Narrative.Read(div).HasLanguages, languages, rule);
    }

    private static void Form(Run run, string text, string pattern, string rule)
    {
        switch (run.Matches(text, pattern))
        {
            case null:
                run.Warning("not-supported", Phrases.RegexFailed, rule);
                break;
            case false:
                run.Error("value", Phrases.NotRegex, rule);
                break;
        }
    }

    private static void Absent(Run run, Element node, ValueRules rules, string rule)
    {
        if (rules.MustHaveValue)
        {
            run.Error("invalid", Phrases.ValueAbsent, rule);
            return;
        }

        if (rules.Alternatives is not { } alternatives)
            return;
        foreach (var extension in node.All("extension"))
            if (alternatives.Contains(extension.Text("url"), StringComparer.Ordinal))
                return;
        run.Error("invalid", Phrases.ValueAlternative, rule);
    }

    private static void Languages(Run run, bool has, string asked, string rule)
    {
        if (asked == "_yes" && !has)
            run.Error("business-rule", Phrases.NarrativeLanguages, rule);
        else if (asked == "_no" && has)
            run.Error("business-rule", Phrases.NarrativeNoLanguages, rule);
    }

    // A duration bounds a date by the present instant: so much before it at least, so much after it at most.
    private static int? Compare(Run run, Element node, Element bound, int sign)
    {
        if (bound.Value is not null || PartialDate.Read(node.Value) is not { } date)
            return Compare(node, bound);
        if (run.Validator.Options.Now?.Invoke() is not { } now || Later(now, bound, sign) is not { } limit)
            return null;
        return date.UtcTicks(TimeZoneInfo.Utc).LowTicks.CompareTo(limit.UtcTicks);
    }

    private static DateTimeOffset? Later(DateTimeOffset now, Element duration, int sign)
    {
        const int YearsMax = 1000;
        if (Number(duration.Text("value")) is not { } amount || amount is < 0 or > YearsMax * 366m * 24 * 60)
            return null;
        var count = (int)amount * sign;
        try
        {
            return duration.Text("code") switch
            {
                "a" => now.AddYears(count),
                "mo" => now.AddMonths(count),
                "wk" => now.AddDays(7L * count),
                "d" => now.AddDays(count),
                "h" => now.AddHours(count),
                "min" => now.AddMinutes(count),
                "s" => now.AddSeconds(count),
                _ => null,
            };
        }
        catch (ArgumentOutOfRangeException)
        {
            return null;
        }
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
