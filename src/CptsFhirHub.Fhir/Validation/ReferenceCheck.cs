using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Validation;

/// <summary>References: well formed, to a type allowed there, contained ones resolved. https://hl7.org/fhir/R4/references.html</summary>
internal static class ReferenceCheck
{
    public static void Check(Run run, Element node)
    {
        if (run.Location.Up(0)?.Definition?.Reference is not { } allowed)
            return;
        var target = TargetType(run, node, report: true);
        if (target is null || allowed.Targets.Count == 0)
            return;
        if (!IsAllowed(run.Validator, allowed, target))
            run.Error("structure", Phrases.TargetType, "reference-target", target);
    }

    /// <summary>A canonical reference to a definition that is at hand: of a kind allowed there.</summary>
    public static void Canonical(Run run, string text, TypeReference allowed)
    {
        if (allowed.Targets.Count == 0 || allowed.Targets.Contains("Resource", StringComparer.Ordinal))
            return;
        var url = Definitions.Canonical.Parse(text).Url;
        if (run.Validator.Definitions.FindAny(url) is not { } found)
            return;
        foreach (var target in allowed.Targets)
            if (run.Validator.Definitions.Find(target, url) is not null)
                return;
        run.Error("structure", Phrases.TargetKind, "reference-target", found.Kind);
    }

    /// <summary>True when that resource type is among the targets; a profile among them counts by the type it constrains.</summary>
    public static bool IsAllowed(Validator validator, TypeReference allowed, string targetType)
    {
        if (allowed.Targets.Count == 0)
            return true;
        foreach (var target in allowed.Targets)
        {
            if (target == "Resource" || target == targetType)
                return true;
            if (validator.Definitions.Type(target) is not null)
                continue;
            var url = target.Contains('/', StringComparison.Ordinal) ? target : "http://hl7.org/fhir/StructureDefinition/" + target;
            // A profile that is not at hand may constrain anything.
            var constrained = validator.Definitions.Find("StructureDefinition", url)?.Traits?.TypeName;
            if (constrained is null or "Resource" || constrained == targetType)
                return true;
        }

        return false;
    }

    /// <summary>
    /// The type of the resource referred to, from the resource itself, the text or <c>Reference.type</c>; null when it
    /// cannot be told.
    /// </summary>
    public static string? TargetType(Run run, Element node, bool report)
    {
        var stated = node.Text("type");
        if (node.Text("reference") is not { } text)
            return run.Validator.Definitions.IsResourceType(stated ?? "") ? stated : null;

        if (text.StartsWith('#'))
        {
            var contained = run.Resolve(text);
            if (contained is null && report)
                run.Error("not-found", Phrases.ContainedMissing, "ref-1");
            return contained?.ResourceType;
        }

        if (run.Resolve(text) is { } resolved)
            return resolved.ResourceType;
        if (text.AsSpan().ContainsAny(" \t\r\n"))
        {
            if (report)
                run.Error("value", Phrases.ReferenceSpace, "reference-format");
            return null;
        }

        // A search, such as Patient?identifier=x, stands for the one resource that it finds.
        if (!ResourceReference.TryParse(text, out var reference)
            || (reference.Uri is { } uri && uri.AsSpan().IndexOfAny(':', '?') < 0))
        {
            if (report)
                run.Error("value", Phrases.ReferenceForm, "reference-format");
            return null;
        }

        if (reference.Type is { } type && !run.Validator.Definitions.IsResourceType(type))
        {
            if (report && (reference.IsRelative || run.Validator.Options.AssumesRestReferences))
                run.Error("structure", Phrases.ReferenceType, "reference-type");
            return null;
        }

        if (report && run.Validator.Options.RequiresReferences && reference.IsRelative)
            run.Error("structure", Phrases.ReferenceNotFound, "reference-exists");
        if (report && stated is not null && reference.Type is not null && stated != reference.Type)
            run.Error("structure", Phrases.ReferenceTypes, "reference-type");
        return reference.Type ?? (run.Validator.Definitions.IsResourceType(stated ?? "") ? stated : null);
    }
}
