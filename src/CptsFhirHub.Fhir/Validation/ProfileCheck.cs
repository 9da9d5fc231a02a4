using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Validation;

/// <summary>Runs the rules of compiled profiles. The location stands on the node checked. https://hl7.org/fhir/R4/profiling.html</summary>
internal static class ProfileCheck
{
    /// <summary>
    /// A resource against a profile it claims or must meet; an unknown profile is reported as <paramref
    /// name="unknown"/>.
    /// </summary>
    public static void Resource(Run run, Element root, ChildDefinition definition, string profile, Severity unknown)
    {
        // The base type itself is no profile: its rules have been checked.
        if (run.Validator.Definitions.Type(Canonical.Parse(profile).Url) is { } type)
        {
            if (!run.Validator.Definitions.IsSubtype(root.ResourceType!, type.Name))
                run.Error("structure", $"The profile is for {type.Name}.", profile);
            return;
        }

        if (run.Validator.Profile(profile) is not { } compiled)
        {
            run.Report(unknown, "not-found", "The profile is not known here: the resource was not checked against it.", profile);
            return;
        }

        if (compiled.MissingBase is not null)
            run.Report(unknown, "not-found", "The profile's base is not known here: its rules were not checked.", profile);
        Conforms(run, root, definition, profile);
    }

    /// <summary>A value against a profile of its datatype; one that is not at hand is passed over.</summary>
    public static void Datatype(Run run, Element node, ChildDefinition definition, string profile) =>
        Conforms(run, node, definition, profile);

    /// <summary>The rules of a profile, where it is known.</summary>
    public static void Conforms(Run run, Element node, ChildDefinition definition, string profile)
    {
        if (run.Validator.Definitions.Type(profile) is { } type)
        {
            if (!run.Validator.Definitions.IsSubtype(node.ResourceType ?? definition.TypeName, type.Name))
                run.Error("structure", $"A {type.Name} is required here.", profile);
            return;
        }

        if (run.Validator.Profile(profile) is not { } compiled)
            return;
        var actual = node.ResourceType ?? definition.TypeName;
        if (!run.Validator.Definitions.IsSubtype(actual, compiled.TypeName))
            run.Error("structure", $"The profile is for {compiled.TypeName}.", profile);
        else
            run.Deeper(() => Node(run, node, definition, compiled.Root));
    }

    /// <summary>The rules of one node of a profile, and of what lies below.</summary>
    public static void Node(Run run, Element node, ChildDefinition definition, ProfileNode rule)
    {
        if (run.IsFull)
            return;
        if (rule.Invariants.Length > 0)
            InvariantCheck.Check(run, node, definition, rule.Invariants);
        Rest(run, node, definition, rule);
    }

    private static void Rest(Run run, Element node, ChildDefinition definition, ProfileNode rule)
    {
        if (rule.Types.Count > 0)
            Type(run, node, definition, rule);
        if (rule.Values is { } values)
            ValueCheck.Check(run, node, values, rule.Rule);
        if (rule.Binding is { } binding)
            BindingCheck.Check(run, node, definition.TypeName, binding, rule.Rule);
        foreach (var child in rule.Children)
            Child(run, node, definition, child);
    }

    /// <summary>True when a node of that actual type is one the rule allows; a resource type also by its profile's type.</summary>
    public static bool IsOfType(Validator validator, string actual, TypeReference allowed) =>
        allowed.Code == "Resource" && allowed.Profiles.Count > 0
            ? allowed.Profiles.Any(profile =>
                validator.Definitions.Find("StructureDefinition", profile)?.Traits is not { } traits
                || validator.Definitions.IsSubtype(actual, traits.TypeName))
            : validator.Definitions.IsSubtype(actual, allowed.Code);

    private static void Child(Run run, Element node, ChildDefinition definition, ProfileNode rule)
    {
        var found = new List<Found>();
        var index = 0;
        foreach (var child in node.Children)
        {
            if (child.Name.Length < rule.Name.Length || !child.Name.StartsWith(rule.Name, StringComparison.Ordinal))
                continue;
            if (definition.Child(child.Name) is not { } childDefinition || childDefinition.Element.Name != rule.Name)
                continue;
            var place = childDefinition.Element.IsList ? index++ : -1;
            var own = child.ResourceType is null ? childDefinition : definition.Of(child) ?? childDefinition;
            found.Add(new(child, own, childDefinition, place));
        }

        Group(run, found, rule);
    }

    private static void Group(Run run, List<Found> found, ProfileNode rule)
    {
        var what = rule.SliceName is null ? $"The element '{rule.Name}'" : $"The slice '{rule.SliceName}' of '{rule.Name}'";
        if (found.Count < rule.Min)
            run.Error("required", $"{what} occurs {found.Count} times: at least {rule.Min} is required by the profile.", rule.Rule);
        if (rule.Max is { } max && found.Count > max)
            run.Error("structure", $"{what} occurs {found.Count} times: at most {max} is allowed by the profile.", rule.Rule);

        foreach (var one in found)
        {
            run.Location.Push(one.Node, one.Place, one.Index);
            if (one.Node.ResourceType is null)
            {
                Node(run, one.Node, one.Definition, rule);
            }
            else
            {
                // An invariant on the element looks at the resource from outside; what lies below belongs to the resource inside.
                InvariantCheck.Check(run, one.Node, one.Definition, rule.Invariants);
                var fullUrl = run.Location.Up(1)?.Node.Text("fullUrl");
                var before = run.Enter(one.Node, one.Node.Name == "contained", fullUrl);
                Rest(run, one.Node, one.Definition, rule);
                run.Leave(before);
            }

            run.Location.Pop();
        }

        if (rule.Slices.Count > 0)
            Slices(run, found, rule);
        else if (rule.Slicing is { Rules: "closed" } && found.Count > 0 && rule.Slicing.Discriminators.Count > 0)
            run.Error("structure", $"{what} is closed and none of its slices matches.", rule.Rule);
    }

    private static void Slices(Run run, List<Found> found, ProfileNode rule)
    {
        var members = new List<Found>[rule.Slices.Count];
        for (var i = 0; i < members.Length; i++)
            members[i] = [];

        var last = -1;
        var sawOther = false;
        foreach (var one in found)
        {
            run.Location.Push(one.Node, one.Place, one.Index);
            var slice = rule.Slices.FindIndex(candidate =>
                candidate.SliceName != "@default" && SliceConditions.Match(run, one.Node, one.Definition, candidate));
            if (slice < 0)
                slice = rule.Slices.FindIndex(candidate => candidate.SliceName == "@default");
            if (slice < 0)
            {
                if (rule.Slicing is { Rules: "closed" })
                    run.Error("structure", "The element matches none of the slices, and the list is closed to others.", rule.Rule);
                sawOther = true;
            }
            else
            {
                if (rule.Slicing is { IsOrdered: true } && slice < last)
                    run.Error("structure", "The element is out of the order of the slices.", rule.Rule);
                if (rule.Slicing is { Rules: "openAtEnd" } && sawOther)
                    run.Error("structure", "Elements of no slice come after those of the slices.", rule.Rule);
                last = Math.Max(last, slice);
                members[slice].Add(one);
            }

            run.Location.Pop();
        }

        for (var i = 0; i < members.Length; i++)
            Group(run, members[i], rule.Slices[i]);
    }

    private static void Type(Run run, Element node, ChildDefinition definition, ProfileNode rule)
    {
        var actual = node.ResourceType ?? definition.TypeName;
        var allowed = rule.Types.Where(type => IsOfType(run.Validator, actual, type)).ToList();
        if (allowed.Count == 0)
        {
            run.Error("structure", $"The type {actual} is not allowed here by the profile.", rule.Rule);
            return;
        }

        // An extension is checked against its definition wherever it stands.
        if (actual != "Extension")
            Profiles(run, node, definition, rule, [.. allowed.SelectMany(type => type.Profiles)]);
        if (actual == "Reference")
            Targets(run, node, rule, [.. allowed.SelectMany(type => type.TargetProfiles)]);
    }

    private static void Profiles(Run run, Element node, ChildDefinition definition, ProfileNode rule, List<string> profiles)
    {
        if (profiles.Count == 1)
            Conforms(run, node, definition, profiles[0]);
        else if (profiles.Count > 1 && !profiles.Exists(profile => run.Passes(() => Conforms(run, node, definition, profile))))
            run.Error("structure", "The element meets none of the profiles of its type.", rule.Rule);
    }

    private static void Targets(Run run, Element node, ProfileNode rule, List<string> targets)
    {
        if (targets.Count == 0 || ReferenceCheck.TargetType(run, node, report: false) is not { } targetType)
            return;
        var possible = targets
            .Where(target => ReferenceCheck.IsAllowed(run.Validator, new("Reference", [], [target]), targetType))
            .ToList();
        if (possible.Count == 0)
        {
            run.Error("structure", $"A reference to a {targetType} is not allowed here by the profile.", rule.Rule);
            return;
        }

        if (node.Text("reference") is not { } text || run.Resolve(text) is not { } target
            || run.Validator.Definitions.Type(targetType)?.Node is not { } definition)
            return;
        // What is at hand is looked at: it meets one of the target profiles.
        var before = run.Enter(target, isContained: text.StartsWith('#'), run.FullUrl);
        var meets = possible.Exists(profile => run.Passes(() => Conforms(run, target, definition, profile)));
        run.Leave(before);
        if (!meets)
            run.Error("structure", "The resource referred to meets none of the target profiles.", rule.Rule);
    }

    private readonly record struct Found(Element Node, ChildDefinition Definition, ChildDefinition Place, int Index);
}
