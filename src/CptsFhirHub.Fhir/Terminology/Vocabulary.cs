using System.Collections.Concurrent;
using CptsFhirHub.Fhir.Definitions;

namespace CptsFhirHub.Fhir.Terminology;

/// <summary>Whether a code belongs to a set, as far as it can be told here.</summary>
public enum Membership
{
    /// <summary>It does not.</summary>
    No,

    /// <summary>It does.</summary>
    Yes,

    /// <summary>The set or the code system is not at hand: SNOMED CT, LOINC and others that are held elsewhere.</summary>
    Unknown,
}

/// <summary>
/// The code systems, value sets and concept maps of a <see cref="DefinitionSet"/>, each prepared once when it is
/// first asked for. Safe to share.
/// https://hl7.org/fhir/R4/terminology-module.html
/// </summary>
public sealed class Vocabulary
{
    private readonly ConcurrentDictionary<string, CodeSystemContent> _codeSystems = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, ValueSetContent> _valueSets = new(StringComparer.Ordinal);

    /// <summary>The vocabulary of these definitions.</summary>
    public Vocabulary(DefinitionSet definitions) => Definitions = definitions;

    /// <summary>The vocabulary of the core specification alone.</summary>
    public static Vocabulary Core { get; } = new(R4.Definitions);

    /// <summary>Where it comes from.</summary>
    public DefinitionSet Definitions { get; }

    /// <summary>The code system with that canonical URL; null when it is not at hand.</summary>
    public CodeSystemContent? CodeSystem(string canonical)
    {
        // Only what exists is kept: systems come from data, and made-up ones must not fill the memory.
        if (_codeSystems.TryGetValue(canonical, out var known))
            return known;
        return Definitions.Find("CodeSystem", canonical) is { } found
            ? _codeSystems.GetOrAdd(canonical, CodeSystemContent.Read(found))
            : null;
    }

    /// <summary>The value set with that canonical URL; null when it is not at hand.</summary>
    public ValueSetContent? ValueSet(string canonical)
    {
        if (_valueSets.TryGetValue(canonical, out var known))
            return known;
        return Definitions.Find("ValueSet", canonical) is { } found
            ? _valueSets.GetOrAdd(canonical, ValueSetContent.Read(this, found.Content))
            : null;
    }

    /// <summary>Is the code in the value set?</summary>
    /// <param name="valueSet">The canonical URL of the value set.</param>
    /// <param name="system">The code's system; null for an element of type <c>code</c>, whose system the value set implies.</param>
    /// <param name="code">The code.</param>
    public Membership Contains(string valueSet, string? system, string code) =>
        ValueSet(valueSet)?.Contains(system, code) ?? Membership.Unknown;

    /// <summary>Is the code in the code system? Unknown when the system is not at hand in full.</summary>
    public Membership IsCodeOf(string system, string code)
    {
        if (GrammarSystems.Check(system, code) is { } told)
            return told ? Membership.Yes : Membership.No;
        if (CodeSystem(system) is not { } known)
            return Membership.Unknown;
        return known.Find(code) is not null ? Membership.Yes : known.IsComplete ? Membership.No : Membership.Unknown;
    }

    /// <summary>Does the first code subsume the second? Null when it cannot be told.</summary>
    public bool? Subsumes(string system, string code, string other)
    {
        if (string.Equals(code, other, StringComparison.Ordinal))
            return true;
        return CodeSystem(system) is { IsComplete: true } known && known.Find(code) is not null && known.Find(other) is not null
            ? known.IsA(other, code)
            : null;
    }
}
