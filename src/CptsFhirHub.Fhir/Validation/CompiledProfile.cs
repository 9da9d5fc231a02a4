using CptsFhirHub.Fhir.Definitions;

namespace CptsFhirHub.Fhir.Validation;

/// <summary>A profile as a tree of the rules it adds to its base type.</summary>
/// <param name="Url">The canonical URL.</param>
/// <param name="TypeName">The type it constrains.</param>
/// <param name="Root">The rules from the root down.</param>
/// <param name="IsModifier">For an extension, whether it modifies the meaning of what carries it.</param>
/// <param name="MissingBase">The URL of a base profile that is not at hand, so that its rules go unchecked; else null.</param>
internal sealed record CompiledProfile(string Url, string TypeName, ProfileNode Root, bool IsModifier, string? MissingBase)
{
    /// <summary>True when its bases lead back to itself.</summary>
    public bool IsCircular { get; init; }
}

/// <summary>What a profile says of one element or slice; null or empty where it says nothing beyond the base type.</summary>
internal sealed class ProfileNode(string name, string id, string rule)
{
    /// <summary>The element id within the profile, slices named: <c>Observation.category:vital</c>.</summary>
    public string Id { get; } = id;

    /// <summary>The element's name without <c>[x]</c>.</summary>
    public string Name { get; } = name;

    /// <summary>The profile and element id, for the issue.</summary>
    public string Rule { get; set; } = rule;

    public string? SliceName { get; set; }

    public int Min { get; set; }

    public int? Max { get; set; }

    public IReadOnlyList<TypeReference> Types { get; set; } = [];

    public ValueRules? Values { get; set; }

    public Binding? Binding { get; set; }

    public CompiledInvariant[] Invariants { get; set; } = [];

    public Slicing? Slicing { get; set; }

    public List<ProfileNode> Slices { get; } = [];

    public List<ProfileNode> Children { get; } = [];

    /// <summary>How an item is known to be of this slice; set when the profile is complete.</summary>
    public SliceCondition[] Conditions { get; set; } = [];

    /// <summary>True when nothing here or below needs a look.</summary>
    public bool IsIdle =>
        SliceName is null && Min == 0 && Max is null && Types.Count == 0 && Values is null && Binding is null && Invariants.Length == 0
        && Slices.Count == 0 && Slicing is not { Rules: "closed" } && Children.Count == 0;

    public ProfileNode? Child(string name)
    {
        foreach (var child in Children)
            if (child.Name == name)
                return child;
        return null;
    }

    public ProfileNode Copy()
    {
        var copy = new ProfileNode(Name, Id, Rule)
        {
            SliceName = SliceName,
            Min = Min,
            Max = Max,
            Types = Types,
            Values = Values,
            Binding = Binding,
            Invariants = Invariants,
            Slicing = Slicing,
        };
        copy.Slices.AddRange(Slices.Select(slice => slice.Copy()));
        copy.Children.AddRange(Children.Select(child => child.Copy()));
        return copy;
    }
}

/// <summary>One discriminator as it applies to one slice.</summary>
/// <param name="Kind">The discriminator's type.</param>
/// <param name="Steps">The path from the sliced element.</param>
/// <param name="Rules">What the slice says at the end of the path; empty when it says nothing.</param>
internal sealed record SliceCondition(string Kind, string[] Steps, ProfileNode[] Rules);
