using System.Globalization;
using CptsFhirHub.Fhir.FhirPath;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Mapping;

/// <summary>
/// Writes what rules make into the target tree. The definitions decide whether an element is a list, which suffix a choice gets
/// (<c>value</c> with a Quantity is <c>valueQuantity</c>) and how a primitive is written.
/// </summary>
internal sealed class MapWriter(MapRun run)
{
    private static readonly string[] TextTypes = ["string", "code", "uri", "markdown", "id", "dateTime", "date"];
    private static readonly string[] NumberTypes = ["integer", "decimal", "positiveInt", "unsignedInt"];

    private readonly MapTransforms _transforms = new(run);
    private readonly Dictionary<(Element Parent, string Id, string Element), Item> _shared = [];
    private readonly HashSet<Element> _loose = [];
    private int _nodes;

    /// <summary>Removes what was opened and stayed empty: FHIR allows no empty element. True when the node itself is one.</summary>
    public static bool Prune(Element node)
    {
        for (var i = node.Count - 1; i >= 0; i--)
            if (Prune(node[i]))
                node.Remove(node[i]);
        return node.IsEmpty;
    }

    public void Write(RuleCode rule, TargetCode target, Item[] frame)
    {
        if (target.Slot >= 0)
            frame[target.Slot] = default;
        if (target.Context < 0)
        {
            Loose(rule, target, frame);
            return;
        }

        var parent = frame[target.Context];
        if (parent.Content is null)
            return;
        if (parent.Element is not { } node)
        {
            run.Fault(rule, null, $"'{target.Target.Context}' is a value, nothing can be written into it.");
            return;
        }

        var made = default(Item);
        if (target.Target.Element is null && target.Target.Transform is null)
            made = parent;
        else if (target.Target.Element is null || IsOwnValue(target, parent))
            made = Each(rule, target, frame, parent, null, isInto: true);
        else if (parent.Shape is not { } shape)
            made = Make(rule, target, frame, parent, null);
        else if (target.StepUnder(shape) is { } step)
            made = Make(rule, target, frame, parent, step);
        else
            run.Fault(rule, node, $"{Described(shape)} has no element '{target.Target.Element}'.", "structure");
        if (target.Slot >= 0)
            frame[target.Slot] = made;
    }

    /// <summary>A rule <c>src.a -> tgt.b</c>: a group for the types, else a copy when the types allow one.</summary>
    public void Infer(RuleCode rule, TargetCode target, Item source, Item[] frame)
    {
        var parent = frame[target.Context];
        if (parent.Element is not { } node)
            return;
        if (IsOwnValue(target, parent))
        {
            Into(rule, target, parent, new(source));
            return;
        }

        var step = parent.Shape is { } shape ? target.StepUnder(shape) : null;
        if (parent.Shape is not null && step is null)
        {
            run.Fault(rule, node, $"{Described(parent.Shape)} has no element '{target.Target.Element}'.", "structure");
            return;
        }

        var value = new MapValue(source);
        if (run.Map.Groups.Find(value.TypeName, step?.Only?.Type) is not { } group)
        {
            if (source.Element is { Value: null, Count: > 0 } && source.Shape is null)
                run.Fault(rule, source.Element, $"no group maps it to '{target.Target.Spelled}', and its type is not known: name a group with 'then'.");
            else
                Put(rule, target, node, step, value);
            return;
        }

        // The group's type decides a choice; an element of one type is simply opened.
        var made = step is { Only: null } && group.Parameters[1] is { TypeName: { } type } parameter
            ? Put(rule, target, node, step, Created(new(type, parameter.Shape, parameter.Shape?.Node.Type?.IsResource == true)))
            : Open(rule, target, node, step);
        if (made.Content is not null)
            run.Call(rule, group, source, made);
    }

    private static bool IsOwnValue(TargetCode target, Item parent) =>
        target.Target.Element == "value" && parent.Shape is { } shape && IsPrimitive(shape);

    private static bool IsPrimitive(Shape shape) => shape.Form is not (ValueForm.None or ValueForm.Quantity) || shape.Node.Type?.IsPrimitive == true;

    private static string Described(Shape shape) => shape.Type is "BackboneElement" or "Element" ? shape.Node.Element.Path : shape.Type;

    /// <summary>A target without a place: it becomes a variable, and is moved where it is assigned first.</summary>
    private void Loose(RuleCode rule, TargetCode target, Item[] frame)
    {
        if (target.Slot < 0)
            return;
        var value = target.Target.Transform == "create" && target.Create is { } type ? Created(type) : Single(rule, target, frame);
        frame[target.Slot] = value.Item;
        if (value is { IsFresh: true, Item.Element: { } element })
            _loose.Add(element);
    }

    private MapValue Single(RuleCode rule, TargetCode target, Item[] frame)
    {
        if (target.Expression is null)
            return _transforms.Apply(rule, target, frame);
        var items = Evaluated(rule, target, frame);
        if (items.Count > 1)
            run.Fault(rule, null, $"the expression \"{target.Expression.Text}\" gives {items.Count} items where one is asked for.");
        return items.Count == 1 ? new(items[0]) : default;
    }

    private Items Evaluated(RuleCode rule, TargetCode target, Item[] frame)
    {
        // Without a source of its own an expression stands on the first input of the group.
        var input = target.Arguments.Length == 0 ? frame[0] : run.At(target.Arguments[0], frame);
        return input.Content is null ? Items.Empty : run.Evaluate(rule, target.Expression!, input, frame);
    }

    private static MapValue Created(NamedType type)
    {
        var element = type.IsResource ? Element.OfResource(type.Name) : Element.Named(type.Name);
        return new(new(element, type.Shape), type.Name) { IsFresh = true };
    }

    private Item Make(RuleCode rule, TargetCode target, Item[] frame, Item parent, Step? step)
    {
        var node = parent.Element!;
        switch (target.Target.Transform)
        {
            case null:
                return Open(rule, target, node, step);
            case "create" when target.Create is { } type:
                return Put(rule, target, node, step, Created(type));
            case "create":
                return Open(rule, target, node, step);
            default:
                return Each(rule, target, frame, parent, step, isInto: false);
        }
    }

    /// <summary>Writes each value of the transform: below the parent, or into the parent itself.</summary>
    private Item Each(RuleCode rule, TargetCode target, Item[] frame, Item parent, Step? step, bool isInto)
    {
        if (target.Expression is null)
            return One(_transforms.Apply(rule, target, frame));

        var items = Evaluated(rule, target, frame);
        if (items.Count > 1 && (isInto || step is { IsList: false }))
        {
            run.Fault(rule, null, $"the expression \"{target.Expression.Text}\" gives {items.Count} items, '{target.Target.Spelled}' takes one.");
            return default;
        }

        var made = default(Item);
        foreach (var item in items)
            made = One(new(item));
        return made;

        Item One(MapValue value) =>
            value.IsNothing ? default
            : isInto ? Into(rule, target, parent, value)
            : Put(rule, target, parent.Element!, step, value);
    }

    /// <summary>An element to be filled: a new item of a list, the one element otherwise.</summary>
    private Item Open(RuleCode rule, TargetCode target, Element node, Step? step)
    {
        var name = target.Target.Element!;
        if (target.IsShared && _shared.TryGetValue((node, target.Target.ListRuleId!, name), out var shared))
            return shared;
        if (step is { Only: null })
        {
            run.Fault(rule, node, $"'{target.Target.Spelled}' has a choice of types: name one with create('Type').", "structure");
            return default;
        }

        var shape = step?.Only;
        if (shape is { Type: "Resource" or "DomainResource" })
        {
            run.Fault(rule, node, $"'{target.Target.Spelled}' is a resource: name its type with create('Type').", "structure");
            return default;
        }

        var isList = step?.IsList == true;
        if ((!isList || target.IsCollated) && node.Child(name) is { } there && (step is not null || target.IsCollated))
            return new(there, shape);

        var element = shape?.Node.Type?.IsResource == true ? Element.OfResource(shape.Type, name, isList) : Element.Named(name, isList);
        Attach(target, node, element, step);
        var made = new Item(element, shape);
        if (target.IsShared)
            _shared[(node, target.Target.ListRuleId!, name)] = made;
        return made;
    }

    private Item Put(RuleCode rule, TargetCode target, Element node, Step? step, MapValue value)
    {
        if (value.IsNothing)
            return default;
        if (step is null)
            return Place(rule, target, node, target.Target.Element!, value.Item.Shape, null, value);
        if (step.Only is { } only)
            return Place(rule, target, node, step.Name, only, step, value);
        if (Choose(target, step, value) is { } chosen)
        {
            if (!step.IsList)
                RemoveOtherTypes(node, step, chosen.Name);
            return Place(rule, target, node, chosen.Name, chosen.Shape, step, value);
        }

        run.Fault(rule, node, $"'{target.Target.Spelled}' cannot be a {value.TypeName ?? "value of unknown type"}.", "structure");
        return default;
    }

    /// <summary>One choice, one type: an earlier one gives way.</summary>
    private static void RemoveOtherTypes(Element node, Step step, string name)
    {
        for (var i = node.Count - 1; i >= 0; i--)
        {
            var other = node[i].Name;
            if (other.Length > step.Name.Length && other != name && other.StartsWith(step.Name, StringComparison.Ordinal) && step.Choices!.ContainsKey(other))
                node.Remove(node[i]);
        }
    }

    private static SeenChoice? Choose(TargetCode target, Step step, MapValue value)
    {
        if (value.TypeName is not { Length: > 0 } type)
            return null;
        if (target.Choice(step, type) is { } exact)
            return exact;
        if (value.Item.Text is null)
            return null;
        foreach (var other in MapPrimitives.KindOf(type) == ElementKind.Number ? NumberTypes : TextTypes)
            if (target.Choice(step, other) is { } close)
                return close;
        return null;
    }

    private Item Place(RuleCode rule, TargetCode target, Element node, string name, Shape? shape, Step? step, MapValue value)
    {
        var isList = step?.IsList == true;
        if (Built(rule, target, node, name, shape, isList, value) is not { } element)
            return default;

        // An element that may occur once holds what was written last.
        if (step is not null && !isList && node.Child(name) is not null)
            node.Remove(name);
        Attach(target, node, element, step);
        var resourceShape = element.ResourceType is not null ? value.Item.Shape ?? shape?.OfResource(element.ResourceType) : null;
        return new(element, resourceShape ?? (shape is { Type: "Element" or "BackboneElement" } ? value.Item.Shape ?? shape : shape));
    }

    private Element? Built(RuleCode rule, TargetCode target, Element node, string name, Shape? shape, bool isList, MapValue value)
    {
        if (value.Item.Literal is Quantity quantity)
            return QuantityElement(name, isList, quantity);
        var given = value.Item.Element;
        if (given is { Value: null })
            return Complex(rule, target, node, name, shape, isList, value);
        if (value.Item.Text is not { Length: > 0 } text)
            return null;

        if (shape is not null && !IsPrimitive(shape))
        {
            if (value.IsReference && shape.Type == "Reference")
                return Element.Named(name, isList).With("reference", text);
            if (shape.Type is not ("Element" or "Base"))
            {
                run.Fault(rule, node, $"'{target.Target.Spelled}' is a {Described(shape)}, a {value.TypeName} cannot be written into it.", "structure");
                return null;
            }
        }

        var type = shape is null || !IsPrimitive(shape) ? value.TypeName ?? "string" : shape.Type;
        if (MapPrimitives.Convert(type, text) is not { } converted)
        {
            run.Fault(rule, given ?? node, $"the value is no {type}, as '{target.Target.Spelled}' must be.", "value");
            return null;
        }

        var element = Element.Primitive(name, MapPrimitives.KindOf(type), converted, isList);
        // What stands beside a primitive's value (its extensions) goes with it.
        if (given is { Count: > 0 })
            foreach (var child in given.Children)
                element.Append(Counted(child.Copy()));
        return element;
    }

    private Element? Complex(RuleCode rule, TargetCode target, Element node, string name, Shape? shape, bool isList, MapValue value)
    {
        var given = value.Item.Element!;
        if (shape is not null && !Fits(shape, value))
        {
            run.Fault(rule, node, $"'{target.Target.Spelled}' is a {Described(shape)}, a {value.TypeName} cannot be written into it.", "structure");
            return null;
        }

        if (!value.IsFresh && !_loose.Remove(given))
        {
            run.Context.Coverage?.ReadAll(given);
            return Counted(given.Copy(name, isList));
        }

        given.Name = name;
        given.IsListItem = isList;
        return given;
    }

    private static bool Fits(Shape shape, MapValue value)
    {
        if (shape.Type is "Element" or "BackboneElement" or "Base" || value.TypeName is not { } type || type is "BackboneElement" or "Element")
            return true;
        if (shape.Type is "Resource" or "DomainResource")
            return value.Item.Element?.ResourceType is not null;
        return type == shape.Type || value.Item.Shape?.Is(shape.Type) == true;
    }

    private static Element QuantityElement(string name, bool isList, Quantity quantity)
    {
        var element = Element.Named(name, isList);
        element.Append(Element.Primitive("value", ElementKind.Number, quantity.Value.ToString(CultureInfo.InvariantCulture)));
        return quantity.Unit == "1" ? element
            : element.With("unit", quantity.Unit).With("system", "http://unitsofmeasure.org").With("code", quantity.Unit);
    }

    /// <summary>Writes a value into the variable itself: a primitive's value, or the children of a complex one.</summary>
    private Item Into(RuleCode rule, TargetCode target, Item parent, MapValue value)
    {
        var node = parent.Element!;
        if (value.Item.Element is { Value: null } complex)
        {
            run.Context.Coverage?.ReadAll(complex);
            foreach (var child in complex.Children)
            {
                if (!child.IsListItem)
                    node.Remove(child.Name);
                node.Append(Counted(child.Copy()));
            }

            return parent;
        }

        if (value.Item.Text is not { Length: > 0 } text)
            return parent;
        if (parent.Shape is { } known && !IsPrimitive(known))
        {
            run.Fault(rule, node, $"'{target.Target.Spelled}' is a {Described(known)}, a {value.TypeName} cannot be written into it.", "structure");
            return parent;
        }

        var type = parent.Shape?.Type ?? value.TypeName ?? "string";
        if (MapPrimitives.Convert(type, text) is { } converted)
            node.SetValue(MapPrimitives.KindOf(type), converted);
        else
            run.Fault(rule, node, $"the value is no {type}, as '{target.Target.Spelled}' must be.", "value");
        return parent;
    }

    private void Attach(TargetCode target, Element node, Element element, Step? step)
    {
        if (++_nodes > MapLimits.NodesMax)
            throw new MapLimitException($"A target has at most {MapLimits.NodesMax} elements.");

        // Without a definition a name that comes twice must be a list: there is no other way to write it.
        if (step is null && node.Child(element.Name) is { } there)
            there.IsListItem = element.IsListItem = true;

        var before = target.IsFirst ? node.All(element.Name).ToArray() : [];
        if (before.Length > 0)
            node.Remove(element.Name);
        node.Append(element);
        foreach (var item in before)
            node.Append(item);
    }

    private Element Counted(Element copy)
    {
        _nodes += Size(copy);
        return _nodes > MapLimits.NodesMax ? throw new MapLimitException($"A target has at most {MapLimits.NodesMax} elements.") : copy;
    }

    private static int Size(Element element)
    {
        var size = 1;
        foreach (var child in element.Children)
            size += Size(child);
        return size;
    }
}
