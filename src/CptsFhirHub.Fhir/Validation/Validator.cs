using System.Collections.Concurrent;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Terminology;

namespace CptsFhirHub.Fhir.Validation;

/// <summary>
/// Checks resources against R4 and against profiles: structure, formats, bindings, references, invariants. Profiles
/// are compiled to small checks
/// when first met and kept. Safe to share between threads. https://hl7.org/fhir/R4/validation.html
/// </summary>
public sealed class Validator
{
    private static readonly Lazy<Validator> CoreValidator = new(() => new(R4.Definitions));

    private readonly ConcurrentDictionary<Definition, CompiledProfile> _profiles = new();
    private readonly Lazy<Dictionary<string, List<string>>> _global;

    /// <summary>A validator over these definitions: <see cref="R4.Definitions"/>, with profiles and value sets laid over them.</summary>
    public Validator(DefinitionSet definitions, ValidatorOptions? options = null)
    {
        Definitions = definitions;
        _global = new(ReadGlobal);
        Options = options ?? ValidatorOptions.Default;
        Vocabulary = ReferenceEquals(definitions, R4.Definitions) ? Vocabulary.Core : new(definitions);
    }

    /// <summary>A validator that knows the core specification alone.</summary>
    public static Validator Core => CoreValidator.Value;

    /// <summary>The definitions checked against.</summary>
    public DefinitionSet Definitions { get; }

    /// <summary>What is checked and how strictly.</summary>
    public ValidatorOptions Options { get; }

    /// <summary>The code systems and value sets used.</summary>
    public Vocabulary Vocabulary { get; }

    /// <summary>
    /// Everything wrong with a resource, in document order; empty when it is sound. The profiles it claims in
    /// <c>meta.profile</c> are checked
    /// too. Never throws on bad data.
    /// </summary>
    /// <param name="resource">The resource.</param>
    /// <param name="profiles">Canonical URLs of profiles it must meet besides those it claims.</param>
    /// <param name="language">The language of the issues' texts, <c>fr</c> or <c>en</c>; null for <see cref="ValidatorOptions.Language"/>.</param>
    public IReadOnlyList<Issue> Check(Resource resource, IReadOnlyList<string>? profiles = null, string? language = null) =>
        Check(resource.Root, profiles, language);

    /// <summary>The same for a tree that begins with a resource.</summary>
    public IReadOnlyList<Issue> Check(Element root, IReadOnlyList<string>? profiles = null, string? language = null)
    {
        var run = new Run(this, root, language ?? Options.Language);
        ResourceCheck.Root(run, root, profiles ?? []);
        return run.IsExhausted ? [.. run.Issues, run.TooCostly(root)] : run.Issues;
    }

    /// <summary>
    /// The profiles that every resource of a type meets, by the implementation guides at hand.
    /// https://hl7.org/fhir/R4/implementationguide-definitions.html#ImplementationGuide.global
    /// </summary>
    internal IReadOnlyList<string> Global(string resourceType) => _global.Value.GetValueOrDefault(resourceType) ?? [];

    private Dictionary<string, List<string>> ReadGlobal()
    {
        var found = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (var guide in Definitions.OfKind("ImplementationGuide"))
        {
            foreach (var global in guide.Content.All("global"))
            {
                if (global.Text("type") is not { } type || global.Text("profile") is not { } profile)
                    continue;
                if (!found.TryGetValue(type, out var profiles))
                    found[type] = profiles = [];
                profiles.Add(profile);
            }
        }

        return found;
    }

    /// <summary>The compiled profile with that canonical URL; null when there is none.</summary>
    internal CompiledProfile? Profile(string canonical)
    {
        if (Definitions.Find("StructureDefinition", canonical) is not { } definition)
            return null;
        return _profiles.TryGetValue(definition, out var known)
            ? known
            : _profiles.GetOrAdd(definition, ProfileCompiler.Compile(Definitions, definition));
    }
}
