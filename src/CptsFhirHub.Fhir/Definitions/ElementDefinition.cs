using System.Diagnostics;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Definitions;

/// <summary>What a structure says of one element. https://hl7.org/fhir/R4/elementdefinition.html</summary>
[DebuggerDisplay("{Id} {Min}..{Max}")]
public sealed class ElementDefinition
{
    private Dictionary<string, ChildDefinition>? _byJsonName;

    internal ElementDefinition(DefinitionSet set, string id, string path)
    {
        Set = set;
        Id = id;
        Path = path;
        var name = path[(path.LastIndexOf('.') + 1)..];
        IsChoice = name.EndsWith("[x]", StringComparison.Ordinal);
        Name = IsChoice ? name[..^3] : name;
    }

    /// <summary>The id within the structure, with slice names: <c>Patient.extension:birthPlace</c>.</summary>
    public string Id { get; }

    /// <summary>The path: <c>Observation.value[x]</c>.</summary>
    public string Path { get; }

    /// <summary>The last step of the path, without <c>[x]</c>.</summary>
    public string Name { get; }

    /// <summary>True when the JSON name carries the type: <c>valueQuantity</c>.</summary>
    public bool IsChoice { get; }

    /// <summary>The least number of occurrences; in a differential that is silent, 0.</summary>
    public int Min { get; internal init; }

    /// <summary>The greatest number of occurrences; null for <c>*</c>.</summary>
    public int? Max { get; internal init; }

    /// <summary>False when a differential is silent on <see cref="Min"/>.</summary>
    public bool StatesMin { get; internal init; }

    /// <summary>False when a differential is silent on <see cref="Max"/>.</summary>
    public bool StatesMax { get; internal init; }

    /// <summary>True when JSON writes an array: the type allows more than one.</summary>
    public bool IsList => Max is null or > 1;

    /// <summary>The types allowed; empty for a root or a content reference.</summary>
    public IReadOnlyList<TypeReference> Types { get; internal init; } = [];

    /// <summary>The id of the element whose children this one has: <c>Observation.referenceRange</c>, or null.</summary>
    public string? ContentReference { get; internal init; }

    /// <summary>The value set bound, or null.</summary>
    public Binding? Binding { get; internal init; }

    /// <summary>The rules stated here; those of the element's type are the type's.</summary>
    public IReadOnlyList<Invariant> Invariants { get; internal init; } = [];

    /// <summary>True when the element changes the meaning of what carries it.</summary>
    public bool IsModifier { get; internal init; }

    /// <summary>True when the element belongs to a summary.</summary>
    public bool IsSummary { get; internal init; }

    /// <summary>The slice this element defines, in a profile.</summary>
    public string? SliceName { get; internal init; }

    /// <summary>How the element is sliced, in a profile.</summary>
    public Slicing? Slicing { get; internal init; }

    /// <summary>Fixed values, patterns and bounds; null when there is none.</summary>
    public ValueRules? Values { get; internal init; }

    /// <summary>The elements written below this one in the same structure, in order.</summary>
    public IReadOnlyList<ElementDefinition> Children
    {
        get;
        internal set
        {
            field = value;
            for (var i = 0; i < value.Count; i++)
                value[i].Position = i;
        }
    }

    = [];

    /// <summary>Its place among the children of the element above, from 0.</summary>
    internal int Position { get; private set; }

    /// <summary>The element a <see cref="ContentReference"/> names; null when there is none.</summary>
    public ElementDefinition? ContentTarget { get; internal set; }

    internal DefinitionSet Set { get; }

    /// <summary>
    /// The child with that JSON name, with its concrete type: <c>valueQuantity</c> is <c>value[x]</c> as Quantity. Null
    /// when unknown.
    /// </summary>
    public ChildDefinition? Child(string jsonName)
    {
        if (Children.Count > 0)
            return (_byJsonName ??= Index()).GetValueOrDefault(jsonName);
        if (ContentTarget is { } target)
            return target.Child(jsonName);
        return Types.Count == 1 && Set.Type(Types[0].Code) is { } type ? type.Root.OwnChild(jsonName) : null;
    }

    /// <summary>The children under every JSON name they may have; empty when the children are the datatype's.</summary>
    internal IReadOnlyDictionary<string, ChildDefinition> OwnChildren => _byJsonName ??= Index();

    /// <summary>The ElementDefinition as it stands in its structure; null when the structure only inherits it.</summary>
    internal Element? Stated()
    {
        var dot = Path.IndexOf('.', StringComparison.Ordinal);
        if (Set.Type(dot < 0 ? Path : Path[..dot])?.Definition.Content is not { } structure)
            return null;
        foreach (var view in (ReadOnlySpan<string>)["snapshot", "differential"])
        {
            if (structure.Child(view) is not { } holder)
                continue;
            foreach (var element in holder.All("element"))
                if (element.Text("path") == Path && element.Text("sliceName") is null)
                    return element;
        }

        return null;
    }

    /// <summary>The same element below another root: for a model that inherits it.</summary>
    internal ElementDefinition Under(DefinitionSet set, string root)
    {
        var path = string.Concat(root, Path.AsSpan(Path.IndexOf('.', StringComparison.Ordinal)));
        return new(set, path, path)
        {
            Min = Min,
            Max = Max,
            StatesMin = StatesMin,
            StatesMax = StatesMax,
            Types = Types,
            Binding = Binding,
            Invariants = Invariants,
            IsModifier = IsModifier,
            IsSummary = IsSummary,
            Values = Values,
        };
    }

    internal ChildDefinition? OwnChild(string jsonName) => (_byJsonName ??= Index()).GetValueOrDefault(jsonName);

    private Dictionary<string, ChildDefinition> Index()
    {
        var index = new Dictionary<string, ChildDefinition>(Children.Count * 2, StringComparer.Ordinal);
        foreach (var child in Children)
        {
            if (!child.IsChoice)
            {
                index[child.Name] = new(child, child.Name, child.Types.Count > 0 ? child.Types[0] : null);
                continue;
            }

            foreach (var type in child.Types)
            {
                var jsonName = string.Concat(child.Name, char.ToUpperInvariant(type.Code[0]).ToString(), type.Code.AsSpan(1));
                index[jsonName] = new(child, jsonName, type);
            }
        }

        return index;
    }
}
