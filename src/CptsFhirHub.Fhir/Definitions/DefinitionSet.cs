using System.Collections.Concurrent;
using System.Collections.Frozen;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Definitions;

/// <summary>
/// Definitions that belong together: <see cref="R4.Definitions"/>, or those with profiles, value sets and models laid over them.
/// Immutable and safe to share between threads; definitions are opened when first asked for.
/// </summary>
public sealed class DefinitionSet
{
    private const string CoreStructure = "http://hl7.org/fhir/StructureDefinition/";

    private readonly DefinitionSet? _below;
    private readonly FrozenDictionary<string, Definition[]> _byUrl;
    private readonly FrozenDictionary<string, Definition> _typesByName;
    private readonly ConcurrentDictionary<string, TypeDefinition> _types = new(StringComparer.Ordinal);
    private readonly Lazy<SearchParameterTable> _searchParameters;

    internal DefinitionSet(IReadOnlyList<Definition> definitions, DefinitionSet? below)
    {
        _below = below;
        Own = definitions;
        _byUrl = definitions
            .GroupBy(definition => definition.Url, StringComparer.Ordinal)
            .ToFrozenDictionary(group => group.Key, group => group.ToArray(), StringComparer.Ordinal);

        var types = new Dictionary<string, Definition>(StringComparer.Ordinal);
        foreach (var definition in definitions)
        {
            if (definition.Traits is not { IsConstraint: false })
                continue;
            types[definition.Url] = definition;
            types[definition.Name] = definition;
        }

        _typesByName = types.ToFrozenDictionary(StringComparer.Ordinal);
        _searchParameters = new(() => SearchParameterTable.Build(this));

        ResourceTypes =
        [
            .. TypeDefinitions(traits => traits is { Kind: "resource", IsAbstract: false })
                .Select(definition => definition.Name)
                .Distinct(StringComparer.Ordinal)
                .Order(StringComparer.Ordinal),
        ];
        ResourceTypeSet = ResourceTypes.ToFrozenSet(StringComparer.Ordinal);
    }

    /// <summary>The concrete resource types in alphabetical order: 146 in R4.</summary>
    public IReadOnlyList<string> ResourceTypes { get; }

    /// <summary>Every type: resources, datatypes, primitives, abstract types, logical models. Opening them all takes a moment.</summary>
    public IEnumerable<TypeDefinition> Types => TypeDefinitions(_ => true).Select(definition => Type(definition.Name)!);

    /// <summary>The definitions of this layer alone.</summary>
    public IReadOnlyList<Definition> Own { get; }

    /// <summary>Every definition, the upper layer first.</summary>
    public IEnumerable<Definition> All => _below is null ? Own : Own.Concat(_below.All);

    private FrozenSet<string> ResourceTypeSet { get; }

    /// <summary>This set with more conformance resources laid over it; what is not one is passed over.</summary>
    public DefinitionSet With(IEnumerable<Element> resources) =>
        new([.. resources.Select(Definition.Of).OfType<Definition>()], this);

    /// <summary>This set with more conformance resources laid over it; what is not one is passed over.</summary>
    public DefinitionSet With(IEnumerable<Resource> resources) => With(resources.Select(resource => resource.Root));

    /// <summary>The type with that name or canonical URL; null when unknown. Profiles are not types: see <see cref="Find"/>.</summary>
    public TypeDefinition? Type(string name)
    {
        if (!_typesByName.TryGetValue(name, out var definition))
            return _below?.Type(name);
        return _types.TryGetValue(name, out var type) ? type : _types.GetOrAdd(name, Open(definition));
    }

    /// <summary>True when that is the name of a concrete resource type.</summary>
    public bool IsResourceType(string name) => ResourceTypeSet.Contains(name);

    /// <summary>
    /// True when <paramref name="type"/> is <paramref name="ofType"/> or derives from it: Age is Quantity, Patient is
    /// Resource.
    /// </summary>
    public bool IsSubtype(string type, string ofType)
    {
        const int DepthMax = 16;
        for (var depth = 0; depth < DepthMax; depth++)
        {
            if (string.Equals(type, ofType, StringComparison.Ordinal))
                return true;
            if (TypeEntry(type)?.Traits?.BaseUrl is not { } baseUrl || TypeEntry(baseUrl) is not { } parent)
                return false;
            type = parent.Name;
        }

        return false;
    }

    /// <summary>The definition of that kind that a canonical reference names; null when unknown or of another version.</summary>
    /// <param name="kind">The resource type: <c>ValueSet</c>.</param>
    /// <param name="canonical">The URL, with or without <c>|version</c>.</param>
    public Definition? Find(string kind, string canonical)
    {
        var wanted = Canonical.Parse(canonical);
        if (_byUrl.TryGetValue(wanted.Url, out var candidates))
        {
            Definition? best = null;
            foreach (var candidate in candidates)
            {
                if (candidate.Kind != kind || !wanted.Accepts(candidate.Version))
                    continue;
                // Without a version the newest wins; versions compare as text of equal shape.
                if (best is null || string.CompareOrdinal(candidate.Version, best.Version) > 0)
                    best = candidate;
            }

            if (best is not null)
                return best;
        }

        return _below?.Find(kind, canonical);
    }

    /// <summary>Any definition with that canonical URL, of whatever kind and version; null when unknown.</summary>
    internal Definition? FindAny(string url) => _byUrl.TryGetValue(url, out var found) ? found[0] : _below?.FindAny(url);

    /// <summary>The search parameters of a resource type, those of Resource and DomainResource included, by code.</summary>
    public IReadOnlyList<SearchParameter> SearchParameters(string resourceType) => _searchParameters.Value.Of(resourceType);

    /// <summary>One search parameter of a resource type, or null.</summary>
    public SearchParameter? SearchParameter(string resourceType, string code) => _searchParameters.Value.Find(resourceType, code);

    /// <summary>The definitions of one kind, the upper layer first; a URL that both have comes once.</summary>
    internal IEnumerable<Definition> OfKind(string kind) =>
        All.Where(definition => definition.Kind == kind).DistinctBy(definition => (definition.Url, definition.Version));

    private Definition? TypeEntry(string name) =>
        _typesByName.TryGetValue(name, out var definition) ? definition
        : _below is { } below ? below.TypeEntry(name)
        : null;

    private IEnumerable<Definition> TypeDefinitions(Func<StructureTraits, bool> wanted) =>
        All.Where(definition => definition.Traits is { IsConstraint: false } traits && wanted(traits));

    private TypeDefinition Open(Definition definition)
    {
        var elements = StructureReader.Elements(this, definition, "snapshot");
        var baseUrl = definition.Traits!.BaseUrl;
        var parent = baseUrl is null || IsCircular(definition) ? null : Type(baseUrl);
        if (elements.Count == 0)
            elements = FromDifferential(definition, parent);
        StructureReader.Link(elements);
        return new(definition, parent, elements);
    }

    private bool IsCircular(Definition definition)
    {
        const int DepthMax = 16;
        var at = definition;
        for (var depth = 0; depth < DepthMax; depth++)
        {
            if (at.Traits?.BaseUrl is not { } baseUrl || TypeEntry(baseUrl) is not { } parent)
                return false;
            if (ReferenceEquals(parent, definition))
                return true;
            at = parent;
        }

        return true;
    }

    // A logical model may come with its differential alone: its own elements after those it inherits.
    private List<ElementDefinition> FromDifferential(Definition definition, TypeDefinition? parent)
    {
        var own = StructureReader.Elements(this, definition, "differential");
        if (own.Count == 0)
            own.Add(new(this, definition.Name, definition.Name));
        var root = own[0].Path;
        var stated = own.Select(element => element.Path).ToHashSet(StringComparer.Ordinal);
        var inherited = (parent?.Elements ?? [])
            .Where(element => element.Path.Contains('.', StringComparison.Ordinal))
            .Select(element => element.Under(this, root))
            .Where(element => !stated.Contains(element.Path));
        return [own[0], .. inherited, .. own.Skip(1)];
    }
}
