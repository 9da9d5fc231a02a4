using System.Globalization;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.FhirPath;

/// <summary>
/// One item of a FHIRPath collection: an element of a resource together with its FHIR type (when it is known), or a value
/// of the System model. https://hl7.org/fhirpath/N1/#type-safety-and-strict-evaluation
/// </summary>
public readonly struct Item
{
    private static readonly object True = true;
    private static readonly object False = false;

    private readonly object? _content;

    internal Item(object content, Shape? shape)
    {
        _content = content;
        Shape = shape;
    }

    internal Shape? Shape { get; }

    /// <summary>The element, or null when the item is a System value.</summary>
    public Element? Element => _content as Element;

    /// <summary>The System value, or null when the item is an element.</summary>
    internal object? Literal => _content is Element ? null : _content;

    /// <summary>
    /// The name of the type: <c>Patient</c>, <c>code</c>, <c>System.Integer</c>; null for an element whose type is not known.
    /// </summary>
    public string? TypeName => _content is Element ? Shape?.Type : SystemType(_content) is { } name ? "System." + name : null;

    /// <summary>
    /// The value as a System value: bool, string, int, long, decimal, <see cref="Moment"/> or <see cref="Quantity"/>. FHIR primitives
    /// and quantities are converted. Null when the item has children but no value, or a value that does not fit its type.
    /// </summary>
    public object? Value => _content is Element element ? Shape is { } shape ? shape.ValueOf(element) : Untyped(element) : _content;

    /// <summary>
    /// The text of a primitive, as it stands in the resource or as FHIRPath writes the System value; null for a complex element.
    /// </summary>
    public string? Text => _content is Element element ? element.Value : Write(_content);

    /// <summary>An element whose FHIR type is known by name; null when it is not known.</summary>
    public static Item Of(Element element, string? typeName) => new(element, typeName is null ? null : Shape.OfType(typeName));

    /// <summary>An element at that place of the definitions, as a walk down a tree finds it; a resource is typed by its own type.</summary>
    public static Item Of(Element element, ChildDefinition? definition)
    {
        var shape = definition is null ? null : Shape.Of(definition);
        return new(element, shape is not null && element.ResourceType is { } type ? shape.OfResource(type) : shape);
    }

    /// <summary>A resource, typed by its resource type; any other element without a type.</summary>
    public static Item Of(Element element) => new(element, element.ResourceType is { } type ? Shape.OfType(type) : null);

    /// <summary>A resource, typed by its resource type.</summary>
    public static Item Of(Resource resource) => Of(resource.Root);

    /// <summary>An element taken as plain JSON: names are literal, types are those of JSON.</summary>
    public static Item Plain(Element element) => new(element, null);

    /// <summary>A System.Boolean.</summary>
    public static Item Of(bool value) => new(value ? True : False, null);

    /// <summary>A System.String.</summary>
    public static Item Of(string value) => new(value, null);

    /// <summary>A System.Integer.</summary>
    public static Item Of(int value) => new(value, null);

    /// <summary>A System.Long.</summary>
    public static Item Of(long value) => new(value, null);

    /// <summary>A System.Decimal; trailing zeros are kept.</summary>
    public static Item Of(decimal value) => new(value, null);

    /// <summary>A System.Date, DateTime or Time.</summary>
    public static Item Of(Moment value) => new(value, null);

    /// <summary>A System.Quantity.</summary>
    public static Item Of(Quantity value) => new(value, null);

    internal static Item OfValue(object value) => value is bool flag ? Of(flag) : new(value, null);

    /// <summary>True when this is that very element, or the very same value.</summary>
    internal bool IsSame(Item other) => ReferenceEquals(_content, other._content);

    internal object Content => _content!;

    /// <summary>True for a primitive that has an id or extensions but no value.</summary>
    internal bool IsValueless
    {
        get
        {
            if (_content is not Element { Kind: ElementKind.None } element)
                return false;
            if (Shape is { } shape)
                return shape.Form is not (ValueForm.None or ValueForm.Quantity);
            foreach (var child in element.Children)
                if (child.Name is not ("id" or "extension"))
                    return false;
            return true;
        }
    }

    /// <inheritdoc/>
    public override string ToString() => Text ?? TypeName ?? "";

    internal static string? SystemType(object? value) => value switch
    {
        bool => "Boolean",
        string => "String",
        int => "Integer",
        long => "Long",
        decimal => "Decimal",
        Moment moment => moment.Kind.ToString(),
        FhirPath.Quantity => "Quantity",
        Reflected type => type.Kind,
        Reflected.Part part => part.Kind,
        _ => null,
    };

    internal static string? Write(object? value) => value switch
    {
        bool flag => flag ? "true" : "false",
        string text => text,
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        null => null,
        _ => value.ToString(),
    };

    /// <summary>What plain JSON says of a value: a number without point or exponent is an Integer.</summary>
    internal static object? Untyped(Element element)
    {
        var text = element.Value;
        return element.Kind switch
        {
            ElementKind.String => text,
            ElementKind.Boolean => text == "true" ? True : False,
            ElementKind.Number => Number(text!),
            _ => null,
        };
    }

    internal static object Boxed(bool value) => value ? True : False;

    private static object? Number(string text)
    {
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var small))
            return small;
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var large))
            return large;
        return decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;
    }
}
