using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Definitions;

/// <summary>One type that an element may have. https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.type</summary>
/// <param name="Code">The type's name: <c>Reference</c>.</param>
/// <param name="Profiles">Profiles of which the value meets one; empty for none.</param>
/// <param name="TargetProfiles">For a Reference or canonical, what it may point to; empty for anything.</param>
public sealed record TypeReference(string Code, IReadOnlyList<string> Profiles, IReadOnlyList<string> TargetProfiles)
{
    private const string Core = "http://hl7.org/fhir/StructureDefinition/";

    /// <summary>The names of the core types among <see cref="TargetProfiles"/>: <c>Patient</c>; a profile's URL stays whole.</summary>
    public IReadOnlyList<string> Targets { get; } =
        [.. TargetProfiles.Select(url => url.StartsWith(Core, StringComparison.Ordinal) ? url[Core.Length..] : url)];
}

/// <summary>How strictly a binding holds. https://hl7.org/fhir/R4/valueset-binding-strength.html</summary>
public enum BindingStrength
{
    /// <summary>Only an illustration.</summary>
    Example,

    /// <summary>Encouraged.</summary>
    Preferred,

    /// <summary>A code of the set if one fits.</summary>
    Extensible,

    /// <summary>A code of the set, always.</summary>
    Required,
}

/// <summary>The value set an element's code comes from. https://hl7.org/fhir/R4/terminologies.html#binding</summary>
/// <param name="Strength">How strictly.</param>
/// <param name="ValueSet">The canonical reference, version included; null when the set is only described.</param>
public sealed record Binding(BindingStrength Strength, string? ValueSet)
{
    /// <summary>Further value sets that the code must be in, from extensions; null for none.</summary>
    public IReadOnlyList<string>? Additional { get; init; }
}

/// <summary>A rule over several elements. https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.constraint</summary>
/// <param name="Key">Its name: <c>pat-1</c>.</param>
/// <param name="IsError">True when breaking it is an error, false for a warning.</param>
/// <param name="Expression">The FHIRPath that must hold; null when the rule is not executable.</param>
/// <param name="Source">The URL of the structure that states it.</param>
public sealed record Invariant(string Key, bool IsError, string? Expression, string Source)
{
    /// <summary>The rule in words, where the definition has them; the core definitions are without.</summary>
    public string? Human { get; init; }

    /// <summary>The same in French, from the translation extension; null where there is none.</summary>
    public string? HumanFrench { get; init; }
}

/// <summary>How the items of a list are told apart in a profile. https://hl7.org/fhir/R4/profiling.html#slicing</summary>
/// <param name="Discriminators">What tells the slices apart; empty when nothing but the order does.</param>
/// <param name="Rules"><c>open</c>, <c>closed</c> or <c>openAtEnd</c>.</param>
/// <param name="IsOrdered">True when items come in the order of the slices.</param>
public sealed record Slicing(IReadOnlyList<Discriminator> Discriminators, string Rules, bool IsOrdered);

/// <summary>One discriminator. https://hl7.org/fhir/R4/profiling.html#discriminator</summary>
/// <param name="Type"><c>value</c>, <c>pattern</c>, <c>exists</c>, <c>type</c> or <c>profile</c>.</param>
/// <param name="Path">The simple path from the sliced element.</param>
public sealed record Discriminator(string Type, string Path);

/// <summary>The value rules that a profile, seldom a base type, puts on an element.</summary>
/// <param name="Fixed">The value that must be equal, or null.</param>
/// <param name="Pattern">The value that must be contained, or null.</param>
/// <param name="MinValue">The least value, or null.</param>
/// <param name="MaxValue">The greatest value, or null.</param>
/// <param name="MaxLength">The greatest length of a text, or null.</param>
public sealed record ValueRules(Element? Fixed, Element? Pattern, Element? MinValue, Element? MaxValue, int? MaxLength)
{
    /// <summary>The least length of a text, from an extension, or null.</summary>
    public int? MinLength { get; init; }

    /// <summary>The regular expression that the whole text meets, from an extension, or null.</summary>
    public string? Regex { get; init; }

    /// <summary>True when the element has a value, and no extension in its place.</summary>
    public bool MustHaveValue { get; init; }

    /// <summary>The extensions of which one stands in the place of a value that is absent; null for any.</summary>
    public IReadOnlyList<string>? Alternatives { get; init; }

    /// <summary>Whether a narrative has parts that state their language: <c>_yes</c>, <c>_no</c>, or null for either.</summary>
    public string? NarrativeLanguages { get; init; }
}
