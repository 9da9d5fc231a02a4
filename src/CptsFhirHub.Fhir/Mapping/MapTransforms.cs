using System.Globalization;
using System.Net;
using System.Text.Encodings.Web;
using System.Text.Json;
using CptsFhirHub.Fhir.FhirPath;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Mapping;

/// <summary>What a transform gives: an item, and its FHIR type where the item does not know it itself.</summary>
internal readonly record struct MapValue(Item Item, string? Type = null)
{
    /// <summary>True for what reference() gives: it goes into a Reference as well as into a text.</summary>
    public bool IsReference { get; init; }

    /// <summary>True when the element was made for this place: it need not be copied.</summary>
    public bool IsFresh { get; init; }

    public bool IsNothing => Item.Content is null;

    public string? TypeName => Type ?? Item.TypeName switch
    {
        null => Item.Element?.Kind switch
        {
            ElementKind.String => "string",
            ElementKind.Boolean => "boolean",
            ElementKind.Number => Item.Element.Value!.AsSpan().ContainsAny('.', 'e', 'E') ? "decimal" : "integer",
            _ => null,
        },
        "System.String" => "string",
        "System.Boolean" => "boolean",
        "System.Integer" or "System.Long" => "integer",
        "System.Decimal" => "decimal",
        "System.Date" => "date",
        "System.DateTime" => "dateTime",
        "System.Time" => "time",
        "System.Quantity" => "Quantity",
        var fhir => fhir,
    };
}

/// <summary>Runs the transforms that give one value. https://hl7.org/fhir/R4/valueset-map-transform.html</summary>
internal sealed class MapTransforms(MapRun run)
{
    public MapValue Apply(RuleCode rule, TargetCode target, Item[] frame)
    {
        var call = new Arguments(run, target.Arguments, frame);
        return target.Target.Transform switch
        {
            "copy" => new(call.Item(0)),
            "truncate" => Truncate(rule, call),
            "escape" => Escape(rule, call),
            "cast" => Cast(rule, call),
            "append" => Append(call),
            "translate" => Translate(rule, call),
            "reference" => Reference(rule, call, "{0}/{1}") with { IsReference = true },
            "pointer" => Reference(rule, call, "urn:uuid:{1}"),
            "dateOp" => DateOp(rule, call),
            "uuid" => new(Item.Of(run.Context.NewId()), "id"),
            "cc" => CodeableConcept(call),
            "c" => Complex("Coding", Coding(call.Text(0), call.Text(1), call.Text(2))),
            "qty" => Quantity(rule, call),
            "id" => Identifier(call),
            "cp" => ContactPoint(call),
            _ => default,
        };
    }

    private static MapValue Text(string? text, string type = "string") =>
        string.IsNullOrEmpty(text) ? default : new(Item.Of(text), type);

    private static MapValue Complex(string type, Element element) =>
        element.Count == 0 ? default : new(new Item(element, Shape.OfType(type)), type) { IsFresh = true };

    private MapValue Truncate(RuleCode rule, Arguments call)
    {
        if (!int.TryParse(call.Text(1), NumberStyles.None, CultureInfo.InvariantCulture, out var length))
        {
            run.Fault(rule, null, "truncate takes a whole number of characters.");
            return default;
        }

        var text = call.Text(0);
        if (text is null || text.Length <= length)
            return Text(text);
        // Never between the two halves of one character.
        return Text(text[..(length > 0 && char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)]);
    }

    private MapValue Escape(RuleCode rule, Arguments call)
    {
        var (from, to) = call.Count == 3 ? (call.Text(1), call.Text(2)) : ("none", call.Text(1));
        if (call.Text(0) is not { } text)
            return default;
        try
        {
            var plain = from switch
            {
                "xml" or "html" => WebUtility.HtmlDecode(text),
                "url" or "uri" => Uri.UnescapeDataString(text),
                "json" => JsonSerializer.Deserialize<string>($"\"{text}\""),
                "none" => text,
                _ => null,
            };
            var result = plain is null ? null : to switch
            {
                "xml" => System.Security.SecurityElement.Escape(plain),
                "html" => WebUtility.HtmlEncode(plain),
                "url" or "uri" => Uri.EscapeDataString(plain),
                "json" => JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(plain),
                "none" => plain,
                _ => null,
            };
            if (result is not null)
                return Text(result);
        }
        catch (JsonException)
        {
            run.Fault(rule, call.Item(0).Element, "the text is not escaped as JSON.");
            return default;
        }

        run.Fault(rule, null, "escape knows xml, html, url, json and none.");
        return default;
    }

    private MapValue Cast(RuleCode rule, Arguments call)
    {
        if (call.Count == 1)
            return new(call.Item(0));
        var type = call.Text(1)!;
        if (call.Text(0) is not { } text)
            return default;
        if (MapPrimitives.Convert(type, text) is { } converted)
            return new(Item.Of(converted), type);
        run.Fault(rule, call.Item(0).Element, $"the value cannot be cast to {type}.", "value");
        return default;
    }

    private static MapValue Append(Arguments call)
    {
        var parts = new string?[call.Count];
        for (var i = 0; i < parts.Length; i++)
            parts[i] = call.Text(i);
        return Text(string.Concat(parts));
    }

    private MapValue Translate(RuleCode rule, Arguments call)
    {
        var url = call.Text(1) ?? "";
        if (run.Map.Library.Translation(url, rule.Map, run.Context) is not { } concepts)
        {
            run.Fault(rule, null, $"the concept map {url} is not there.", "not-found");
            return default;
        }

        var source = call.Item(0);
        if (source.Element is { } read)
            run.Context.Coverage?.ReadAll(read);
        if (Translated(concepts, source) is not { } found)
        {
            if (source.Content is not null)
                run.Fault(rule, source.Element, $"the concept map {url} has no translation for this code.", "code-invalid", Severity.Warning);
            return default;
        }

        return call.Text(2)?.ToLowerInvariant() switch
        {
            "system" => Text(found.System, "uri"),
            "display" => Text(found.Display),
            "coding" => Complex("Coding", Coding(found.System, found.Code, found.Display)),
            "codeableconcept" => Concept(Coding(found.System, found.Code, found.Display, isListItem: true)),
            _ => Text(found.Code, "code"),
        };
    }

    private static TranslatedCode? Translated(ConceptTranslation concepts, Item source)
    {
        if (source.Element is not { Value: null } complex)
            return source.Text is { } code ? concepts.Find(null, code) : null;
        if (complex.Text("code") is { } coded)
            return concepts.Find(complex.Text("system"), coded);
        foreach (var coding in complex.All("coding"))
            if (coding.Text("code") is { } code && concepts.Find(coding.Text("system"), code) is { } found)
                return found;
        return null;
    }

    private MapValue Reference(RuleCode rule, Arguments call, string form)
    {
        if (call.Item(0).Element is not { ResourceType: { } type } resource)
        {
            run.Fault(rule, call.Item(0).Element, "only a resource can be referred to.");
            return default;
        }

        if (resource.Text("id") is not { } id)
        {
            id = run.Context.NewId();
            resource.With("id", id);
        }

        return Text(string.Format(CultureInfo.InvariantCulture, form, type, id));
    }

    private MapValue DateOp(RuleCode rule, Arguments call)
    {
        if (call.Text(0) is not { } text)
            return default;
        var (value, fault) = MapDates.Read(text.Trim(), call.Text(1) ?? "", call.Text(2));
        if (fault is not null)
            run.Fault(rule, call.Item(0).Element, fault, "value");
        return value is null ? default : Text(value, value.Length > 10 ? "dateTime" : "date");
    }

    private static Element Coding(string? system, string? code, string? display, bool isListItem = false) =>
        Element.Named("coding", isListItem).With("system", system).With("code", code).With("display", display);

    private static MapValue Concept(Element coding)
    {
        var concept = Element.Named("concept");
        concept.Append(coding);
        return Complex("CodeableConcept", concept);
    }

    private static MapValue CodeableConcept(Arguments call) =>
        call.Count == 1
            ? Complex("CodeableConcept", Element.Named("concept").With("text", call.Text(0)))
            : Coding(call.Text(0), call.Text(1), call.Text(2), isListItem: true) is { Count: > 0 } coding ? Concept(coding) : default;

    private MapValue Quantity(RuleCode rule, Arguments call)
    {
        if (call.Text(0) is not { Length: > 0 } text)
            return default;
        var unit = call.Text(1);
        var (system, code) = (call.Text(2), call.Text(3));
        string? comparator = null;
        if (call.Count == 1)
        {
            comparator = Array.Find(["<=", ">=", "<", ">"], text.StartsWith);
            text = text[(comparator?.Length ?? 0)..].Trim();
            var space = text.IndexOf(' ', StringComparison.Ordinal);
            if (space > 0)
                (text, unit) = (text[..space], text[(space + 1)..].Trim());
        }

        if (MapPrimitives.Convert("decimal", text) is not { } number)
        {
            run.Fault(rule, call.Item(0).Element, "the quantity is no number with a unit.", "value");
            return default;
        }

        var quantity = Element.Named("quantity");
        quantity.Append(Element.Primitive("value", ElementKind.Number, number));
        return Complex("Quantity", quantity.With("comparator", comparator).With("unit", unit).With("system", system).With("code", code));
    }

    private static MapValue Identifier(Arguments call)
    {
        if (call.Text(1) is not { Length: > 0 } value)
            return default;
        var identifier = Element.Named("identifier");
        if (call.Text(2) is { Length: > 0 } type)
            identifier.Add("type").AddItem("coding").With("system", "http://terminology.hl7.org/CodeSystem/v2-0203").With("code", type);
        return Complex("Identifier", identifier.With("system", call.Text(0)).With("value", value));
    }

    private static MapValue ContactPoint(Arguments call)
    {
        var value = call.Text(call.Count - 1);
        if (string.IsNullOrEmpty(value))
            return default;
        var system = call.Count == 2 ? call.Text(0)
            : value.Contains('@', StringComparison.Ordinal) ? "email"
            : value.Contains("://", StringComparison.Ordinal) ? "url"
            : "phone";
        return Complex("ContactPoint", Element.Named("contact").With("system", system).With("value", value));
    }

    private readonly struct Arguments(MapRun run, ArgumentCode[] codes, Item[] frame)
    {
        public int Count => codes.Length;

        public Item Item(int at) => at >= codes.Length ? default : run.At(codes[at], frame);

        public string? Text(int at) => Item(at) is { Content: not null } item ? item.Text : null;
    }
}
