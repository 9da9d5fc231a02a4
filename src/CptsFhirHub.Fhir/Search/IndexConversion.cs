using System.Collections.Concurrent;
using System.Globalization;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.FhirPath;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Search;

/// <summary>Datatypes as index values: the table of https://hl7.org/fhir/R4/search.html#ptypes in code.</summary>
internal static class IndexConversion
{
    private static readonly ConcurrentDictionary<ElementDefinition, string> ImpliedSystems = new();

    public static void Add(SearchParameter parameter, Item item, string? ownBase, List<IndexValue> values)
    {
        if (item.Element is not { } element)
        {
            // A value that the expression worked out: "has died" from deceased[x].
            if (parameter.Type == SearchParameterType.Token && item.Text is { } text)
                values.Add(new IndexValue.Token(parameter, null, text, null));
            return;
        }

        Add(parameter, new IndexNode(element, item.Shape?.Node), ownBase, values);
    }

    private static void Add(SearchParameter parameter, IndexNode node, string? ownBase, List<IndexValue> values)
    {
        switch (parameter.Type)
        {
            case SearchParameterType.Token:
                AddToken(parameter, node, values);
                break;
            case SearchParameterType.String:
                AddString(parameter, node, values);
                break;
            case SearchParameterType.Date:
                if (Interval(node) is var (low, high))
                    values.Add(new IndexValue.Date(parameter, low, high));
                break;
            case SearchParameterType.Reference:
                AddReference(parameter, node, ownBase, values);
                break;
            case SearchParameterType.Number:
                if (Decimal(node.Element.Value) is { } number)
                    values.Add(new IndexValue.Number(parameter, number, number));
                break;
            case SearchParameterType.Quantity:
                AddQuantity(parameter, node, values);
                break;
            case SearchParameterType.Special:
                AddPlace(parameter, node.Element, values);
                break;
            case SearchParameterType.Uri:
                if (node.Element.Value is { } uri)
                    values.Add(new IndexValue.Uri(parameter, uri));
                break;
        }
    }

    private static void AddToken(SearchParameter parameter, IndexNode node, List<IndexValue> values)
    {
        var element = node.Element;
        switch (node.TypeName)
        {
            case "CodeableConcept":
                foreach (var coding in element.All("coding"))
                    values.Add(new IndexValue.Token(parameter, coding.Text("system"), coding.Text("code"), coding.Text("display")));
                if (element.Text("text") is { } text)
                    values.Add(TextOnly(parameter, text));
                break;
            case "Coding":
                values.Add(new IndexValue.Token(parameter, element.Text("system"), element.Text("code"), element.Text("display")));
                break;
            case "Identifier":
                AddIdentifier(parameter, element, values);
                break;
            case "ContactPoint" when element.Text("value") is { } contact:
                values.Add(new IndexValue.Token(parameter, element.Text("system"), contact, null));
                break;
            case "code" when element.Value is { } code:
                values.Add(new IndexValue.Token(parameter, ImpliedSystem(node), code, null));
                break;
            default:
                if (element.Value is { } value)
                    values.Add(new IndexValue.Token(parameter, null, value, null));
                break;
        }
    }

    private static void AddIdentifier(SearchParameter parameter, Element identifier, List<IndexValue> values)
    {
        var value = identifier.Text("value");
        var type = identifier.Child("type");
        if (value is not null)
            values.Add(new IndexValue.Token(parameter, identifier.Text("system"), value, type?.Text("text")));
        if (value is null || type is null)
            return;

        // identifier:of-type=system|type|value
        var ofType = parameter with { Code = parameter.Code + ":of-type" };
        foreach (var coding in type.All("coding"))
            values.Add(new IndexValue.Token(ofType, coding.Text("system"), $"{coding.Text("code")}|{value}", null));
    }

    private static void AddString(SearchParameter parameter, IndexNode node, List<IndexValue> values)
    {
        switch (node.TypeName)
        {
            case "HumanName":
                AddTexts(parameter, node.Element, ["family", "given", "text", "prefix", "suffix"], values);
                break;
            case "Address":
                AddTexts(parameter, node.Element, ["line", "city", "district", "state", "postalCode", "country", "text"], values);
                break;
            case "CodeableConcept":
                AddTexts(parameter, node.Element, ["text"], values);
                foreach (var coding in node.Element.All("coding"))
                    AddTexts(parameter, coding, ["display"], values);
                break;
            default:
                AddText(parameter, node.Element.Value, values);
                break;
        }
    }

    private static void AddTexts(SearchParameter parameter, Element element, ReadOnlySpan<string> names, List<IndexValue> values)
    {
        foreach (var name in names)
            foreach (var part in element.All(name))
                AddText(parameter, part.Value, values);
    }

    private static void AddText(SearchParameter parameter, string? text, List<IndexValue> values)
    {
        if (!string.IsNullOrEmpty(text))
            values.Add(new IndexValue.String(parameter, SearchText.Fold(text), text));
    }

    private static (long Low, long High)? Interval(IndexNode node)
    {
        var element = node.Element;
        switch (node.TypeName)
        {
            case "Period":
                return Period(element);
            case "Timing":
                return Timing(element);
            default:
                return PartialDate.Read(element.Value) is { } date ? date.UtcTicks(SearchZone.Paris) : null;
        }
    }

    private static (long Low, long High)? Period(Element period)
    {
        var start = PartialDate.Read(period.Text("start"));
        var end = PartialDate.Read(period.Text("end"));
        if (start is null && end is null)
            return null;
        return (start?.UtcTicks(SearchZone.Paris).LowTicks ?? long.MinValue, end?.UtcTicks(SearchZone.Paris).HighTicks ?? long.MaxValue);
    }

    private static (long Low, long High)? Timing(Element timing)
    {
        if (timing.At("repeat", "boundsPeriod") is { } bounds && Period(bounds) is { } period)
            return period;
        (long Low, long High)? whole = null;
        foreach (var item in timing.All("event"))
        {
            if (PartialDate.Read(item.Value) is not { } date)
                continue;
            var (low, high) = date.UtcTicks(SearchZone.Paris);
            whole = whole is var (from, to) ? (Math.Min(from, low), Math.Max(to, high)) : (low, high);
        }

        return whole;
    }

    private static void AddReference(SearchParameter parameter, IndexNode node, string? ownBase, List<IndexValue> values)
    {
        var element = node.Element;
        if (node.TypeName != "Reference")
        {
            // A canonical or uri: found with and without its version.
            if (element.Value is not { } url)
                return;
            values.Add(ReferenceOf(parameter, url, ownBase));
            if (url.IndexOf('|', StringComparison.Ordinal) is var bar and > 0)
                values.Add(new IndexValue.Reference(parameter, null, null, url[..bar]));
            return;
        }

        if (element.Text("reference") is { } literal && literal[0] != '#')
            values.Add(ReferenceOf(parameter, literal, ownBase));
        if (element.Child("identifier") is { } identifier && identifier.Text("value") is { } value)
            values.Add(new IndexValue.Token(parameter, identifier.Text("system"), value, null));
    }

    private static IndexValue.Reference ReferenceOf(SearchParameter parameter, string text, string? ownBase)
    {
        if (ResourceReference.TryParse(text, out var reference) && reference.Type is not null
            && (reference.Base is null || string.Equals(reference.Base, ownBase?.TrimEnd('/'), StringComparison.OrdinalIgnoreCase)))
        {
            return new(parameter, reference.Type, reference.Id, null);
        }

        return new(parameter, null, null, text);
    }

    private static void AddPlace(SearchParameter parameter, Element position, List<IndexValue> values)
    {
        if (Decimal(position.Text("latitude")) is { } latitude && Decimal(position.Text("longitude")) is { } longitude)
            values.Add(new IndexValue.Place(parameter, (double)latitude, (double)longitude));
    }

    private static void AddQuantity(SearchParameter parameter, IndexNode node, List<IndexValue> values)
    {
        var element = node.Element;
        switch (node.TypeName)
        {
            case "Money":
                if (Decimal(element.Text("value")) is { } amount)
                    values.Add(new IndexValue.Quantity(parameter, amount, amount, "urn:iso:std:iso:4217", element.Text("currency")));
                break;
            case "Range":
                var low = element.Child("low");
                var high = element.Child("high");
                if (low is not null || high is not null)
                {
                    AddQuantity(
                        parameter,
                        low ?? high!,
                        Decimal(low?.Text("value")) ?? decimal.MinValue,
                        Decimal(high?.Text("value")) ?? decimal.MaxValue,
                        values);
                }

                break;
            default:
                if (Decimal(element.Text("value")) is { } value)
                    AddQuantity(parameter, element, value, value, values);
                break;
        }
    }

    private static void AddQuantity(SearchParameter parameter, Element unit, decimal low, decimal high, List<IndexValue> values)
    {
        var code = unit.Text("code");
        values.Add(new IndexValue.Quantity(parameter, low, high, unit.Text("system"), code));
        if (ComparableUnits.Find(unit.Text("system"), code) is { } common
            && (low == decimal.MinValue ? double.NegativeInfinity : common.Of(low)) is { } from
            && (high == decimal.MaxValue ? double.PositiveInfinity : common.Of(high)) is { } to)
            values.Add(new IndexValue.Measure(parameter, from, to, common.Dimensions));

        // "5.4||mg" finds the unit as it is written too.
        if (unit.Text("unit") is { } written && written != code)
            values.Add(new IndexValue.Quantity(parameter, low, high, unit.Text("system"), written));
    }

    private static IndexValue.Token TextOnly(SearchParameter parameter, string text) => new(parameter, null, null, text);

    // A zero below zero is written as one, but a database gives back another zero than it was given.
    private static decimal? Decimal(string? text)
    {
        if (!decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value))
            return null;
        return value == 0 ? 0 : value;
    }

    /// <summary>The code system that a required binding implies: <c>gender=http://hl7.org/fhir/administrative-gender|male</c>.</summary>
    private static string? ImpliedSystem(IndexNode node) =>
        node.Definition is { } definition && ImpliedSystems.GetOrAdd(definition.Element, FindImpliedSystem) is { Length: > 0 } system
            ? system
            : null;

    private static string FindImpliedSystem(ElementDefinition element)
    {
        if (element.Binding is not { Strength: BindingStrength.Required, ValueSet: { } valueSet }
            || element.Set.Find("ValueSet", valueSet) is not { } definition)
        {
            return "";
        }

        var includes = definition.Content.Child("compose") is { } compose ? compose.All("include") : [];
        return includes.Length == 1 ? includes[0].Text("system") ?? "" : "";
    }

    /// <summary>A node and what is known of it.</summary>
    private readonly record struct IndexNode(Element Element, ChildDefinition? Definition)
    {
        public string? TypeName => Definition?.TypeName;
    }
}
