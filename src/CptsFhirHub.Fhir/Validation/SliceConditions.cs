using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Validation;

/// <summary>Whether an item belongs to a slice, by its discriminators. https://hl7.org/fhir/R4/profiling.html#discriminator</summary>
internal static class SliceConditions
{
    private const int DepthMax = 10;

    public static SliceCondition Build(DefinitionSet set, ProfileNode slice, Discriminator discriminator)
    {
        var steps = Steps(discriminator.Path);
        var nodes = new List<ProfileNode>();
        Find(set, slice, steps, 0, nodes, 0);
        return new(discriminator.Type, steps, [.. nodes]);
    }

    /// <summary>True when the item is of the slice: every condition that says something holds.</summary>
    public static bool Match(Run run, Element node, ChildDefinition definition, ProfileNode slice)
    {
        run.Step();
        if (run.IsExhausted)
            return false;
        var says = false;
        foreach (var condition in slice.Conditions)
        {
            if (IsExtensionUrl(condition, slice, out var urls))
            {
                says = true;
                if (!urls.Contains(node.Text("url") ?? "", StringComparer.Ordinal))
                    return false;
                continue;
            }

            if (condition.Rules.Length == 0)
                continue;
            says = true;
            if (!Holds(run, node, definition, condition))
                return false;
        }

        // Slices that nothing tells apart take what meets all their rules.
        return says || run.Passes(() => ProfileCheck.Node(run, node, definition, slice));
    }

    private static bool IsExtensionUrl(SliceCondition condition, ProfileNode slice, out List<string> urls)
    {
        urls = [];
        if (condition.Steps is not ["url"] || slice.Types is not [{ Code: "Extension", Profiles.Count: > 0 } type])
            return false;
        urls.AddRange(type.Profiles.Select(profile => Canonical.Parse(profile).Url));
        return true;
    }

    private static bool Holds(Run run, Element node, ChildDefinition definition, SliceCondition condition)
    {
        var found = new List<(Element Node, ChildDefinition? Definition)>();
        Take(run, node, definition, condition.Steps, 0, found);
        switch (condition.Kind)
        {
            case "exists":
                return condition.Rules.Any(rule => rule.Max == 0 ? found.Count == 0 : rule.Min == 0 || found.Count > 0);
            case "type":
                return found.Exists(one => condition.Rules.Any(rule => IsOfType(run, one.Node, one.Definition, rule)));
            case "profile":
                return found.Exists(one => condition.Rules.Any(rule => MeetsProfile(run, one.Node, one.Definition, rule)));
            // A slice may be told by what it does not have.
            case "value" or "pattern" when Array.TrueForAll(condition.Rules, rule => rule.Max == 0):
                return found.Count == 0;
            default:
                return found.Exists(one => one.Definition is { } at && condition.Rules.Any(rule => Meets(run, one.Node, at, rule)));
        }
    }

    private static bool Meets(Run run, Element node, ChildDefinition definition, ProfileNode rule)
    {
        if (rule.Values is { } values)
        {
            return (values.Fixed is null || ValueCheck.IsEqual(node, values.Fixed, 0))
                && (values.Pattern is null || ValueCheck.Contains(node, values.Pattern, 0));
        }

        return run.Passes(() => ProfileCheck.Node(run, node, definition, rule));
    }

    private static bool IsOfType(Run run, Element node, ChildDefinition? definition, ProfileNode rule)
    {
        var actual = node.ResourceType ?? definition?.TypeName;
        return actual is not null && rule.Types.Any(type => ProfileCheck.IsOfType(run.Validator, actual, type));
    }

    private static bool MeetsProfile(Run run, Element node, ChildDefinition? definition, ProfileNode rule)
    {
        var profiles = rule.Types
            .SelectMany(type => type.Code == "Reference" && node.ResourceType is not null ? type.TargetProfiles : type.Profiles)
            .ToList();
        var at = node.ResourceType is { } name ? run.Validator.Definitions.Type(name)?.Node : definition;
        if (at is null)
            return false;
        if (profiles.Count == 0)
            return IsOfType(run, node, definition, rule);
        return profiles.Exists(profile => run.Meets(node, at, profile));
    }

    // The nodes of an instance at the end of a discriminator's path.
    private static void Take(
        Run run, Element node, ChildDefinition? definition, string[] steps, int at, List<(Element, ChildDefinition?)> into)
    {
        if (at == steps.Length)
        {
            into.Add((node, definition));
            return;
        }

        var step = steps[at];
        if (step == "resolve()")
        {
            var text = node.Text("reference") ?? node.Value;
            if (text is not null && run.Resolve(text) is { } target)
                Take(run, target, run.Validator.Definitions.Type(target.ResourceType!)?.Node, steps, at + 1, into);
            else if (text is not null && ReferenceCheck.TargetType(run, node, report: false) is { } type)
                Take(run, Element.OfResource(type), run.Validator.Definitions.Type(type)?.Node, steps, at + 1, into);
            return;
        }

        if (Argument(step, "ofType(") is { } wanted)
        {
            if ((node.ResourceType ?? definition?.TypeName) == wanted)
                Take(run, node, definition, steps, at + 1, into);
            return;
        }

        var url = Argument(step, "extension(");
        foreach (var child in node.Children)
        {
            var childDefinition = definition?.Of(child);
            var isNamed = url is not null
                ? child.Name == "extension" && child.Text("url") == url.Trim('\'', '"')
                : child.Name == step || (childDefinition?.Element is { IsChoice: true } choice && choice.Name == step);
            if (isNamed)
                Take(run, child, childDefinition, steps, at + 1, into);
        }
    }

    // The rules of a slice at the end of a discriminator's path: its own, or those of the profile its type must meet.
    private static void Find(DefinitionSet set, ProfileNode node, string[] steps, int at, List<ProfileNode> into, int depth)
    {
        if (depth > DepthMax)
            return;
        if (at == steps.Length)
        {
            into.Add(node);
            return;
        }

        var step = steps[at];
        if (step == "resolve()")
        {
            // What the target must be stands at the reference: its target profiles.
            var targets = node.Types.SelectMany(type => type.TargetProfiles).ToList();
            if (at == steps.Length - 1 && targets.Count > 0)
                into.Add(new(node.Name, node.Id, node.Rule) { Types = [.. targets.Select(target => Target(set, target))] });
            else
                Through(set, targets, steps, at + 1, into, depth);
            return;
        }

        if (step.StartsWith("ofType(", StringComparison.Ordinal))
        {
            Find(set, node, steps, at + 1, into, depth + 1);
            return;
        }

        var before = into.Count;
        if (Argument(step, "extension(") is { } url)
        {
            foreach (var slice in node.Child("extension")?.Slices ?? [])
                if (slice.Types.Any(type => type.Profiles.Contains(url.Trim('\'', '"'), StringComparer.Ordinal)))
                    Find(set, slice, steps, at + 1, into, depth + 1);
            return;
        }

        if (node.Child(step) is { } child)
        {
            if (child.Slices.Count == 0 || child.Values is not null || child.Children.Count > 0)
                Find(set, child, steps, at + 1, into, depth + 1);
            foreach (var slice in child.Slices)
                Find(set, slice, steps, at + 1, into, depth + 1);
        }

        // A fixed or pattern value of the whole says the parts too.
        if (into.Count == before && node.Values is { } values
            && (Part(values.Fixed, steps, at) ?? Part(values.Pattern, steps, at)) is { } part)
            into.Add(new(step, node.Id, node.Rule) { Values = new(null, part, null, null, null) });
        if (into.Count == before)
            Through(set, [.. node.Types.SelectMany(type => type.Profiles)], steps, at, into, depth);
    }

    private static void Through(DefinitionSet set, List<string> profiles, string[] steps, int at, List<ProfileNode> into, int depth)
    {
        foreach (var profile in profiles)
            if (set.Find("StructureDefinition", profile) is { Traits: { IsConstraint: true } } definition && depth < DepthMax)
                Find(set, ProfileCompiler.Rules(set, definition), steps, at, into, depth + 3);
    }

    private static Element? Part(Element? value, string[] steps, int at)
    {
        for (; at < steps.Length && value is not null; at++)
            value = value.Child(steps[at]);
        return value;
    }

    private static TypeReference Target(DefinitionSet set, string url) =>
        set.Type(url) is { } type ? new(type.Name, [], [])
        : new(set.Find("StructureDefinition", url)?.Traits?.TypeName ?? "Resource", [url], []);

    private static string? Argument(string step, string function) =>
        step.StartsWith(function, StringComparison.Ordinal) && step.EndsWith(')') ? step[function.Length..^1] : null;

    private static string[] Steps(string path)
    {
        var steps = new List<string>();
        int depth = 0, from = 0;
        for (var i = 0; i <= path.Length; i++)
        {
            if (i < path.Length && path[i] == '(')
                depth++;
            else if (i < path.Length && path[i] == ')')
                depth--;
            if (i < path.Length && (path[i] != '.' || depth > 0))
                continue;
            var step = path[from..i].Trim();
            if (step.Length > 0 && step != "$this")
                steps.Add(step);
            from = i + 1;
        }

        return [.. steps];
    }
}
