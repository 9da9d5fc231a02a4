using CptsFhirHub.Fhir.Definitions;

namespace CptsFhirHub.Fhir.Validation;

/// <summary>
/// Turns a StructureDefinition, snapshot or differential, into the rules it adds to its base type. Rules equal to those of the
/// base type are left out: the structure checks have them already.
/// </summary>
internal sealed class ProfileCompiler
{
    private const int BasesMax = 12;

    private static readonly Slicing ByUrl = new([new("value", "url")], "open", IsOrdered: false);
    private static readonly Slicing ByType = new([new("type", "$this")], "open", IsOrdered: false);

    private readonly DefinitionSet _set;
    private readonly string _url;
    private readonly TypeDefinition? _type;

    private ProfileCompiler(DefinitionSet set, Definition definition)
    {
        _set = set;
        _url = definition.Url;
        _type = set.Type(definition.Traits!.TypeName);
    }

    public static CompiledProfile Compile(DefinitionSet set, Definition definition)
    {
        var (root, isModifier, missing) = Tree(set, definition, 0);
        Complete(set, root, 0);
        Prune(root);
        return new(definition.Url, definition.Traits!.TypeName, root, isModifier, missing) { IsCircular = IsCircular(set, definition) };
    }

    private static bool IsCircular(DefinitionSet set, Definition definition)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var at = definition; seen.Add(at.Url);)
        {
            if (at.Traits?.BaseUrl is not { } url || set.Type(url) is not null || set.Find("StructureDefinition", url) is not { } parent)
                return false;
            at = parent;
        }

        return true;
    }

    /// <summary>The rules alone, without the conditions of slices: a profile whose slices lead back to itself ends here.</summary>
    public static ProfileNode Rules(DefinitionSet set, Definition definition) => Tree(set, definition, 0).Root;

    private static (ProfileNode Root, bool IsModifier, string? MissingBase) Tree(DefinitionSet set, Definition definition, int depth)
    {
        var elements = StructureReader.Elements(set, definition, "snapshot");
        ProfileNode? root = null;
        string? missing = null;
        var isModifier = false;
        if (elements.Count == 0)
        {
            elements = StructureReader.Elements(set, definition, "differential");
            if (definition.Traits!.BaseUrl is { } baseUrl && set.Type(baseUrl) is null)
            {
                if (set.Find("StructureDefinition", baseUrl) is { } parent && depth < BasesMax)
                    (root, isModifier, missing) = Tree(set, parent, depth + 1);
                else
                    missing = baseUrl;
            }
        }

        root ??= new(definition.Traits!.TypeName, definition.Traits.TypeName, definition.Url);
        // A type is no profile: nothing to add to it.
        if (definition.Traits!.IsConstraint)
        {
            var compiler = new ProfileCompiler(set, definition);
            var current = new Dictionary<string, ProfileNode>(StringComparer.Ordinal);
            foreach (var element in elements)
            {
                compiler.Apply(compiler.Locate(root, element, current), element);
                isModifier |= element.IsModifier && !element.Path.Contains('.', StringComparison.Ordinal);
            }
        }

        return (root, isModifier, missing);
    }

    /// <summary>The node an element speaks of, made where it is new.</summary>
    private ProfileNode Locate(ProfileNode root, ElementDefinition element, Dictionary<string, ProfileNode> current)
    {
        if (!element.Path.Contains('.', StringComparison.Ordinal))
            return current[element.Path] = root;

        // With an id each step names its slice; without, the slice begun last on that path is meant.
        var isPlain = element.Id == element.Path && element.SliceName is null && !HasSliceAbove(element.Path, current);
        if (isPlain || element.Id.Contains(':', StringComparison.Ordinal))
        {
            var at = root;
            var steps = element.Id.Split('.');
            for (var i = 1; i < steps.Length; i++)
                at = Step(at, steps[i]);
            return current[element.Path] = at;
        }

        var dot = element.Path.LastIndexOf('.');
        var child = Step(Above(root, element.Path[..dot], current), element.Path[(dot + 1)..]);
        if (element.SliceName is { } sliceName)
            child = Slice(child, sliceName);
        // What was said below an earlier slice of this path is not meant any more.
        foreach (var below in current.Keys.Where(path => path.StartsWith(element.Path + ".", StringComparison.Ordinal)).ToList())
            current.Remove(below);
        return current[element.Path] = child;
    }

    private ProfileNode Above(ProfileNode root, string path, Dictionary<string, ProfileNode> current)
    {
        if (current.TryGetValue(path, out var known))
            return known;
        var dot = path.LastIndexOf('.');
        return dot < 0 ? root : current[path] = Step(Above(root, path[..dot], current), path[(dot + 1)..]);
    }

    private static bool HasSliceAbove(string path, Dictionary<string, ProfileNode> current)
    {
        for (var dot = path.LastIndexOf('.'); dot > 0; dot = path.LastIndexOf('.', dot - 1))
            if (current.TryGetValue(path[..dot], out var node) && node.SliceName is not null)
                return true;
        return false;
    }

    private ProfileNode Step(ProfileNode at, string step)
    {
        var colon = step.IndexOf(':', StringComparison.Ordinal);
        var name = colon < 0 ? step : step[..colon];
        var sliceName = colon < 0 ? null : step[(colon + 1)..];
        if (name.EndsWith("[x]", StringComparison.Ordinal))
            name = name[..^3];
        else if (sliceName is null && at.Child(name) is null && ChoiceOf(at, name) is { } choice)
            return TypeSlice(at, name, choice);

        var child = at.Child(name);
        if (child is null)
            at.Children.Add(child = New(name, $"{at.Id}.{name}"));
        return sliceName is null ? child : Slice(child, sliceName);
    }

    // valueQuantity in a path is the slice of value[x] that is a Quantity.
    private ProfileNode TypeSlice(ProfileNode at, string jsonName, ChildDefinition choice)
    {
        var child = at.Child(choice.Element.Name);
        if (child is null)
            at.Children.Add(child = New(choice.Element.Name, $"{at.Id}.{choice.Element.Name}[x]"));
        var slice = Slice(child, jsonName);
        if (slice.Types.Count == 0)
            slice.Types = [new(choice.TypeName, [], [])];
        return slice;
    }

    private ProfileNode Slice(ProfileNode child, string sliceName)
    {
        // A reslice 'a/b' lies inside slice 'a'.
        var slash = sliceName.LastIndexOf('/');
        if (slash > 0)
            child = Slice(child, sliceName[..slash]);
        foreach (var slice in child.Slices)
            if (slice.SliceName == sliceName)
                return slice;
        var made = New(child.Name, $"{child.Id}:{sliceName}");
        made.SliceName = sliceName;
        child.Slices.Add(made);
        return made;
    }

    private ProfileNode New(string name, string id) => new(name, id, $"{_url}#{id}");

    private ChildDefinition? ChoiceOf(ProfileNode at, string jsonName) =>
        Walk(at.Id)?.Child(jsonName) is { Element.IsChoice: true } choice ? choice : null;

    // The base type's place of a node; null below a choice, whose type is known only at run time.
    private ChildDefinition? Walk(string id)
    {
        var at = _type?.Node;
        var steps = id.Split('.');
        for (var i = 1; i < steps.Length && at is not null; i++)
        {
            var name = steps[i].Split(':')[0];
            at = name.EndsWith("[x]", StringComparison.Ordinal) ? null : at.Child(name);
        }

        return at;
    }

    private void Apply(ProfileNode node, ElementDefinition element)
    {
        node.Rule = $"{_url}#{element.Id}";
        var known = BaseElement(element);
        var isSlice = node.SliceName is not null;

        if (element.StatesMin && element.Min > 0 && (isSlice || element.Min != known?.Min))
            node.Min = element.Min;
        if (element.StatesMax && element.Max is { } max && (isSlice || known is null || known.Max != max))
            node.Max = max;
        if (element.Types.Count > 0 && (isSlice || known is null || !AreSame(element.Types, known.Types)))
            node.Types = element.Types;
        if (element.Values is { } values)
            node.Values = values;
        if (element.Binding is { } binding && (binding.Additional is not null
            || (binding is { ValueSet: not null, Strength: >= BindingStrength.Extensible } && binding != known?.Binding)))
            node.Binding = binding;
        if (element.Slicing is { } slicing)
            node.Slicing = slicing;
        if (element.Invariants.Count > 0)
            node.Invariants = [.. node.Invariants.Concat(Added(element, known)).DistinctBy(one => one.Invariant.Key)];
    }

    private IEnumerable<CompiledInvariant> Added(ElementDefinition element, ElementDefinition? known)
    {
        foreach (var invariant in element.Invariants)
        {
            // Snapshots repeat the rules of base types.
            if (invariant.Key is "ele-1" or "ext-1" || _set.Type(invariant.Source) is not null)
                continue;
            if (known?.Invariants.Any(one => one.Key == invariant.Key) == true
                || _type?.Invariants.Any(one => one.Key == invariant.Key) == true)
                continue;
            if (InvariantCheck.Compile(invariant) is { } compiled)
                yield return compiled;
        }
    }

    private ElementDefinition? BaseElement(ElementDefinition element)
    {
        if (_type is null)
            return null;
        if (!element.Path.Contains('.', StringComparison.Ordinal))
            return _type.Root;
        var steps = element.Path.Split('.');
        var at = _type.Node;
        for (var i = 1; i < steps.Length; i++)
        {
            if (steps[i].EndsWith("[x]", StringComparison.Ordinal))
            {
                var name = steps[i][..^3];
                // Below a choice the type is known only at run time.
                return i == steps.Length - 1 ? at.Shape?.Children.FirstOrDefault(child => child.IsChoice && child.Name == name) : null;
            }

            if (at.Child(steps[i]) is not { } child)
                return null;
            if (i == steps.Length - 1)
                return child.Element;
            at = child;
        }

        return null;
    }

    private static bool AreSame(IReadOnlyList<TypeReference> mine, IReadOnlyList<TypeReference> theirs)
    {
        if (mine.Count != theirs.Count)
            return false;
        foreach (var one in mine)
        {
            var isThere = false;
            foreach (var other in theirs)
            {
                isThere |= one.Code == other.Code && one.Profiles.SequenceEqual(other.Profiles, StringComparer.Ordinal)
                    && one.TargetProfiles.SequenceEqual(other.TargetProfiles, StringComparer.Ordinal);
            }

            if (!isThere)
                return false;
        }

        return true;
    }

    /// <summary>Gives every slice the conditions that its discriminators mean.</summary>
    private static void Complete(DefinitionSet set, ProfileNode node, int depth)
    {
        const int DepthMax = 50;
        if (depth > DepthMax)
            return;
        if (node.Slices.Count > 0)
        {
            node.Slicing ??= Implied(node);
            foreach (var slice in node.Slices)
                slice.Conditions = [.. node.Slicing?.Discriminators.Select(one => SliceConditions.Build(set, slice, one)) ?? []];
        }

        foreach (var child in node.Children)
            Complete(set, child, depth + 1);
        foreach (var slice in node.Slices)
        {
            // A reslice is told apart as its slice is, unless it says otherwise.
            if (slice.Slices.Count > 0)
                slice.Slicing ??= node.Slicing;
            Complete(set, slice, depth + 1);
        }
    }

    private static Slicing? Implied(ProfileNode node) =>
        node.Name is "extension" or "modifierExtension" ? ByUrl
        : node.Slices.TrueForAll(slice => slice.Types.Count > 0) ? ByType
        : null;

    private static void Prune(ProfileNode node)
    {
        foreach (var child in node.Children)
            Prune(child);
        foreach (var slice in node.Slices)
            Prune(slice);
        node.Children.RemoveAll(child => child.IsIdle);
    }
}
