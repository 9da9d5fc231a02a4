using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Snapshots;

namespace CptsFhirHub.Fhir.Validation;

/// <summary>Whether the differential of a StructureDefinition fits its base. What is not at hand is not held against it.</summary>
internal static class StructureDefinitionCheck
{
    public static void Check(Run run, Element structure)
    {
        if (structure.Child("differential") is not { } differential)
            return;
        if (structure.Text("derivation") == "constraint")
        {
            var made = SnapshotGenerator.Generate(structure, run.Validator.Definitions, acceptsAnyOrder: true);
            foreach (var issue in made.Issues)
                if (issue is { IsError: true, Code: not "not-found" })
                    run.Error(issue.Code, Phrases.Verbatim, "snapshot", issue.Text, issue.Path);
        }

        run.Location.Push(differential, null, -1);
        var elements = differential.All("element");
        for (var i = 0; i < elements.Length; i++)
            Discriminators(run, elements[i], i);
        run.Location.Pop();
    }

    private static void Discriminators(Run run, Element element, int index)
    {
        if (element.Child("slicing") is not { } slicing || element.Text("path") is not { } path || Place(run, path) is not { } sliced)
            return;
        run.Location.Push(element, null, index);
        run.Location.Push(slicing, null, -1);
        var discriminators = slicing.All("discriminator");
        for (var i = 0; i < discriminators.Length; i++)
        {
            if (discriminators[i].Text("path") is not { } steps || Leads(sliced, steps))
                continue;
            run.Location.Push(discriminators[i], null, i);
            run.Error("invalid", Phrases.DiscriminatorPath, "discriminator-path");
            run.Location.Pop();
        }

        run.Location.Pop();
        run.Location.Pop();
    }

    // Null where the base type does not tell: below a choice, or in a type that is not at hand.
    private static ChildDefinition? Place(Run run, string path)
    {
        var steps = path.Split('.');
        var at = run.Validator.Definitions.Type(steps[0])?.Node;
        for (var i = 1; i < steps.Length && at is not null; i++)
            at = at.Child(steps[i]);
        return at is { Type.IsAbstract: false, Shape: not null } ? at : null;
    }

    private static bool Leads(ChildDefinition from, string path)
    {
        var at = from;
        foreach (var step in path.Split('.'))
        {
            if (step == "$this")
                continue;
            // What lies behind a reference, a choice or an extension is told by the instance.
            if (!char.IsAsciiLetter(step[0..Math.Min(1, step.Length)].FirstOrDefault()) || step.Contains('(', StringComparison.Ordinal))
                return true;
            if (at.Child(step) is { } child)
                at = child;
            else
                return at.Shape?.Children.Any(one => one.IsChoice && one.Name == step) != false;
            if (at.Type is not { IsAbstract: false })
                return true;
        }

        return true;
    }
}
