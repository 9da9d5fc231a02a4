using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Validation;

/// <summary>A resource as a whole, wherever it stands: its type, its elements, the profiles it claims.</summary>
internal static class ResourceCheck
{
    public static void Root(Run run, Element root, IReadOnlyList<string> profiles)
    {
        var before = run.Enter(root, isContained: false, fullUrl: null);
        run.Location.Push(root, run.Validator.Definitions.Type(root.ResourceType ?? "")?.Node, -1);
        Here(run, root, profiles);
        NarrativeCheck.Links(run, root);
        run.Location.Pop();
        run.Leave(before);
    }

    /// <summary>A resource inside another; the location stands on it.</summary>
    public static void Inside(Run run, Element node, bool isContained, string? fullUrl)
    {
        if (isContained && !run.Validator.Options.ChecksContained)
            return;
        var before = run.Enter(node, isContained, fullUrl);
        Here(run, node, []);
        run.Leave(before);
    }

    private static void Here(Run run, Element root, IReadOnlyList<string> profiles)
    {
        if (root.ResourceType is not { } name
            || run.Validator.Definitions.Type(name) is not { IsAbstract: false, Definition.Traits.Kind: "resource" or "logical" } type)
        {
            run.Error("structure", Phrases.ResourceUnknown, "resource-type");
            return;
        }

        StructureCheck.Node(run, root, type.Node);
        if (root.ResourceType == "Bundle")
            BundleCheck.Check(run, root);
        if (root.ResourceType == "Questionnaire")
            EnableWhen.Check(run, root);
        if (root.ResourceType == "QuestionnaireResponse")
            QuestionnaireCheck.Check(run, root, type.Node);
        if (root.ResourceType == "StructureDefinition")
            StructureDefinitionCheck.Check(run, root);

        foreach (var profile in profiles)
            ProfileCheck.Resource(run, root, type.Node, profile, Severity.Error);
        foreach (var profile in run.Validator.Global(name))
            if (!profiles.Contains(profile, StringComparer.Ordinal))
                ProfileCheck.Resource(run, root, type.Node, profile, run.Validator.Options.UnknownProfile);
        if (root.Child("meta") is not { } meta)
            return;
        foreach (var claimed in meta.All("profile"))
            if (claimed.Value is { } url && !profiles.Contains(url, StringComparer.Ordinal))
                ProfileCheck.Resource(run, root, type.Node, url, run.Validator.Options.UnknownProfile);
    }
}
