using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Globalization;
using System.Runtime.CompilerServices;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.FhirPath;

/// <summary>How the text of a FHIR type becomes a System value.</summary>
internal enum ValueForm
{
    None,
    Boolean,
    String,
    Integer,
    Decimal,
    Date,
    DateTime,
    Time,
    Quantity,
}

/// <summary>
/// A place in the definitions as evaluation needs it: the type there, its ancestors, and prepared steps to its children.
/// Invariant: one shape per <see cref="ChildDefinition"/>, so that steps are found by identity.
/// </summary>
internal sealed class Shape
{
    private static readonly ConditionalWeakTable<ChildDefinition, Shape> Known = [];
    private static readonly ConcurrentDictionary<string, Shape?> CoreTypes = new(StringComparer.Ordinal);

    private readonly ConcurrentDictionary<string, Step> _steps = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Shape> _children = new(StringComparer.Ordinal);

    private Shape(ChildDefinition node)
    {
        Node = node;
        Type = node.TypeName;
        var lineage = new List<string> { Type };
        for (var type = node.Type?.Base; type is not null; type = type.Base)
            lineage.Add(type.Name);
        Lineage = lineage.ToFrozenSet(StringComparer.Ordinal);
        Form = FormOf(Type, Lineage);
        IsSystem = node.Reference is not null
            && Type is "string" or "id" or "uri"
            && (node.Element.Name == "id" || node.Element.Path == "Extension.url");
    }

    public ChildDefinition Node { get; }

    /// <summary>The FHIR type: <c>HumanName</c>, <c>BackboneElement</c>, <c>code</c>.</summary>
    public string Type { get; }

    public ValueForm Form { get; }

    /// <summary>True for the few elements that R4 defines as System.String: ids, and the url of an extension.</summary>
    public bool IsSystem { get; }

    private FrozenSet<string> Lineage { get; }

    public static Shape Of(ChildDefinition node) => Known.GetValue(node, static key => new(key));

    /// <summary>The root of a core type; null when there is none of that name.</summary>
    public static Shape? OfType(string name) => CoreTypes.TryGetValue(name, out var known) ? known : Open(name);

    /// <summary>True when the type is that one or derives from it.</summary>
    public bool Is(string type) => Lineage.Contains(type);

    /// <summary>The step to the children of that name, a choice's base name included; null when the type has none such.</summary>
    public Step? Find(string name)
    {
        if (_steps.TryGetValue(name, out var step))
            return step;
        return Prepare(name) is { } prepared ? _steps.GetOrAdd(name, prepared) : null;
    }

    /// <summary>The shape of a child element; null when it is unknown.</summary>
    public Shape? OfChild(Element child)
    {
        if (child.ResourceType is { } resourceType)
            return OfResource(resourceType);
        if (_children.TryGetValue(child.Name, out var known))
            return known;

        // Names come from data: only those of the definition are kept.
        return Node.Child(child.Name) is { } node ? _children.GetOrAdd(child.Name, Of(node)) : null;
    }

    public Shape? OfResource(string resourceType) => Node.Element.Set.Type(resourceType) is { } type ? Of(type.Node) : null;

    public object? ValueOf(Element element)
    {
        if (Form == ValueForm.Quantity)
            return FhirQuantity.Read(element);
        if (element.Value is not { } text)
            return null;
        return Form switch
        {
            ValueForm.Boolean => text switch { "true" => Item.Boxed(true), "false" => Item.Boxed(false), _ => null },
            ValueForm.Integer => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null,
            ValueForm.Decimal => decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null,
            ValueForm.Date => Moment.TryDate(text),
            ValueForm.DateTime => Moment.TryDateTime(text),
            ValueForm.Time => Moment.TryTime(text),
            ValueForm.None => Item.Untyped(element),
            _ => text,
        };
    }

    private static Shape? Open(string name) =>
        R4.Definitions.Type(name) is { } type ? CoreTypes.GetOrAdd(name, Of(type.Node)) : null;

    private Step? Prepare(string name)
    {
        if (Node.Child(name) is { } child)
            return new(name, Of(child), null, child.Element.IsList);
        var choices = new Dictionary<string, Shape>(StringComparer.Ordinal);
        var isList = false;
        foreach (var (jsonName, choice) in Node.Shape?.OwnChildren ?? FrozenDictionary<string, ChildDefinition>.Empty)
        {
            if (choice.Element.IsChoice && choice.Element.Name == name)
            {
                choices[jsonName] = Of(choice);
                isList |= choice.Element.IsList;
            }
        }

        return choices.Count == 0 ? null : new(name, null, choices.ToFrozenDictionary(StringComparer.Ordinal), isList);
    }

    private static ValueForm FormOf(string type, FrozenSet<string> lineage) => type switch
    {
        "boolean" => ValueForm.Boolean,
        "integer" or "positiveInt" or "unsignedInt" => ValueForm.Integer,
        "decimal" => ValueForm.Decimal,
        "date" => ValueForm.Date,
        "dateTime" or "instant" => ValueForm.DateTime,
        "time" => ValueForm.Time,
        "string" or "uri" or "code" or "id" or "markdown" or "canonical" or "url" or "uuid" or "oid" or "base64Binary" or "xhtml"
            => ValueForm.String,
        _ when lineage.Contains("Quantity") => ValueForm.Quantity,
        _ => ValueForm.None,
    };
}

/// <summary>The way from a shape to its children of one name.</summary>
/// <param name="Name">The name as an expression writes it.</param>
/// <param name="Only">The shape of the children; null for a choice.</param>
/// <param name="Choices">For a choice written without its type: each JSON name with its shape.</param>
/// <param name="IsList">True when there may be several.</param>
internal sealed record Step(string Name, Shape? Only, FrozenDictionary<string, Shape>? Choices, bool IsList)
{
    public void Take(Item parent, ref Gathering into)
    {
        var element = parent.Element!;
        if (Only is { } only)
        {
            foreach (var child in element.All(Name))
                into.Add(new(child, child.ResourceType is { } type ? only.OfResource(type) : only));
            return;
        }

        foreach (var child in element.Children)
            if (child.Name.Length > Name.Length && child.Name.StartsWith(Name, StringComparison.Ordinal)
                && Choices!.TryGetValue(child.Name, out var shape))
            {
                into.Add(new(child, shape));
            }
    }
}

/// <summary>A FHIR Quantity as a System.Quantity. https://hl7.org/fhir/R4/fhirpath.html#quantity</summary>
internal static class FhirQuantity
{
    private const string UcumSystem = "http://unitsofmeasure.org";

    /// <summary>The order of two quantities that are not UCUM; null unless their units are written alike.</summary>
    public static int? Compare(Element left, Element right)
    {
        foreach (var element in (ReadOnlySpan<Element>)[left, right])
            if (element.Child("comparator") is not null)
                return null;
        var isAlike = left.Text("system") == right.Text("system") && left.Text("code") == right.Text("code")
            && (left.Text("code") is not null || left.Text("unit") == right.Text("unit"));
        return isAlike && Number(left) is { } a && Number(right) is { } b ? a.CompareTo(b) : null;

        static decimal? Number(Element element) =>
            decimal.TryParse(element.Text("value"), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;
    }

    /// <summary>The quantity; null when it has a comparator, no value, or a unit that is not UCUM.</summary>
    public static Quantity? Read(Element element)
    {
        if (element.Child("comparator") is not null
            || !decimal.TryParse(element.Text("value"), NumberStyles.Float, CultureInfo.InvariantCulture, out var value))
        {
            return null;
        }

        var code = element.Text("code");
        var system = element.Text("system");
        if (system is null && code is null)
            return element.Text("unit") is null ? new(value, "1") : null;
        if (system != UcumSystem || code is null)
            return null;
        return new(value, code, CalendarUnit.OfUcum(code) is null ? UnitKind.Ucum : UnitKind.Either);
    }
}
