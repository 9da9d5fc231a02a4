using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Server.Flows;

/// <summary>The few shapes of R4 that the flows write again and again.</summary>
internal static class ElementWriting
{
    /// <summary>The depth to which trees are walked: R4 resources of ours are far flatter.</summary>
    private const int DepthMax = 64;

    public static Element Coding(this Element concept, string system, string code, string? display = null)
    {
        concept.AddItem("coding").With("system", system).With("code", code).With("display", display);
        return concept;
    }

    /// <summary>Adds a CodeableConcept that occurs once.</summary>
    public static Element Concept(this Element parent, string name, string system, string code, string? display = null) =>
        parent.Add(name).Coding(system, code, display);

    /// <summary>Adds a Reference that occurs once; nothing when there is none.</summary>
    public static void Refer(this Element parent, string name, string? reference)
    {
        if (!string.IsNullOrEmpty(reference))
            parent.Add(name).With("reference", reference);
    }

    /// <summary>Adds an item to a list of References.</summary>
    public static void ReferItem(this Element parent, string name, string reference) =>
        parent.AddItem(name).With("reference", reference);

    /// <summary>The code of that system in a CodeableConcept, or null.</summary>
    public static string? CodeOf(this Element? concept, string system)
    {
        if (concept is null)
            return null;
        foreach (var coding in concept.All("coding"))
            if (coding.Text("system") == system)
                return coding.Text("code");
        return null;
    }

    /// <summary>The value of the first identifier of that system, or null.</summary>
    public static string? IdentifierOf(this Element resource, string system)
    {
        foreach (var identifier in resource.All("identifier"))
            if (identifier.Text("system") == system)
                return identifier.Text("value");
        return null;
    }

    /// <summary>The first extension of that URL, or null.</summary>
    public static Element? ExtensionOf(this Element element, string url)
    {
        foreach (var extension in element.All("extension"))
            if (extension.Text("url") == url)
                return extension;
        return null;
    }

    /// <summary>The same content: names, values and children in the same order.</summary>
    public static bool SameAs(this Element one, Element other, int depth = 0)
    {
        if (depth > DepthMax || one.Name != other.Name || one.Value != other.Value || one.Kind != other.Kind || one.Count != other.Count)
            return false;
        for (var i = 0; i < one.Count; i++)
            if (!one[i].SameAs(other[i], depth + 1))
                return false;
        return true;
    }

    /// <summary>Replaces each reference, and each URL of an attachment, that <paramref name="known"/> names, in place.</summary>
    public static void Resolve(this Element element, IReadOnlyDictionary<string, string> known, int depth = 0)
    {
        if (depth > DepthMax)
            return;
        foreach (var child in element.Children)
        {
            if (child is { Name: "reference" or "url", Value: { } reference } && known.TryGetValue(reference, out var replacement))
                child.SetValue(ElementKind.String, replacement);
            else if (child.Count > 0)
                child.Resolve(known, depth + 1);
        }
    }

    /// <summary>An instant as FHIR writes it.</summary>
    public static string Instant(this DateTimeOffset when) =>
        when.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture);
}
