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
                run.Error("structure", Phrases.ProfileType, profile, type.Name);
            return;
        }

        if (run.Validator.Profile(profile) is not { } compiled)
        {
            run.Report(unknown, "not-found", Phrases.ProfileUnknown, profile);
            return;
        }

        if (compiled.IsCircular)
        {
            run.Error("business-rule", Phrases.ProfileCircular, profile);
            return;
        }

        if (compiled.MissingBase is not null)
            run.Report(unknown, "not-found", Phrases.ProfileBase, profile);
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
                run.Error("structure", Phrases.TypeRequired, profile, type.Name);
            return;
        }

        if (run.Validator.Profile(profile) is not { } compiled)
            return;
        var actual = node.ResourceType ?? definition.TypeName;
        if (!run.Validator.Definitions.IsSubtype(actual, compiled.TypeName))
            run.Error("structure", Phrases.ProfileType, profile, compiled.TypeName);
        else
            run.Deeper(() => Node(run, node, definition, compiled.Root));
    }

    /// <summary>The rules of one node of a profile, and of what lies below.</summary>
    public static void Node(Run run, Element node, ChildDefinition definition, ProfileNode rule)
    {
        run.Step();
        if (run.IsFull)
            return;
        if (rule.Invariants.Length > 0)
            InvariantCheck.Check(run, node, definition, rule.Invariants);
        Rest(run, node, definition, rule);
    }

    private static void Rest(Run run, Element node, ChildDefinition definition, ProfileNode rule)
    {
        // What has not the right type breaks the other rules as a matter of course.
        if (rule.Types.Count > 0 && !Type(run, node, definition, rule))
            return;
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
        Cardinality(run, found.Count, rule);

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
            run.Error("structure", Phrases.SlicesClosed, rule.Rule, rule.Name);
    }

    private static void Cardinality(Run run, int count, ProfileNode rule)
    {
        if (count < rule.Min)
        {
            if (rule.SliceName is { } slice)
                run.Error("required", Phrases.SliceFew, rule.Rule, slice, rule.Name, count, rule.Min);
            else
                run.Error("required", Phrases.ElementFew, rule.Rule, rule.Name, count, rule.Min);
        }

        if (rule.Max is not { } max || count <= max)
            return;
        if (rule.SliceName is { } name)
            run.Error("structure", Phrases.SliceMany, rule.Rule, name, rule.Name, count, max);
        else
            run.Error("structure", Phrases.ElementMany, rule.Rule, rule.Name, count, max);
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
                    run.Error("structure", Phrases.SliceNone, rule.Rule);
                sawOther = true;
            }
            else
            {
                if (rule.Slicing is { IsOrdered: true } && slice < last)
                    run.Error("structure", Phrases.SliceOrder, rule.Rule);
                if (rule.Slicing is { Rules: "openAtEnd" } && sawOther)
                    run.Error("structure", Phrases.SliceEnd, rule.Rule);
                last = Math.Max(last, slice);
                members[slice].Add(one);
            }

            run.Location.Pop();
        }

        for (var i = 0; i < members.Length; i++)
            Group(run, members[i], rule.Slices[i]);
    }

    private static bool Type(Run run, Element node, ChildDefinition definition, ProfileNode rule)
    {
        var actual = node.ResourceType ?? definition.TypeName;
        var allowed = rule.Types.Where(type => IsOfType(run.Validator, actual, type)).ToList();
        if (allowed.Count == 0)
        {
            run.Error("structure", Phrases.TypeNotAllowed, rule.Rule, actual);
            return false;
        }

        // An extension is checked against its definition wherever it stands.
        if (actual != "Extension")
            Profiles(run, node, definition, rule, [.. allowed.SelectMany(type => type.Profiles)]);
        if (actual == "Reference")
            Targets(run, node, rule, [.. allowed.SelectMany(type => type.TargetProfiles)]);
        return true;
    }

    private static void Profiles(Run run, Element node, ChildDefinition definition, ProfileNode rule, List<string> profiles)
    {
        if (profiles.Count == 1)
            Conforms(run, node, definition, profiles[0]);
        else if (profiles.Count > 1 && !profiles.Exists(profile => run.Meets(node, definition, profile)))
            run.Error("structure", Phrases.ProfilesNone, rule.Rule);
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
            run.Error("structure", Phrases.TargetNotAllowed, rule.Rule, targetType);
            return;
        }

        if (node.Text("reference") is not { } text || run.Resolve(text) is not { } target
            || run.Validator.Definitions.Type(targetType)?.Node is not { } definition)
            return;
        // What is at hand is looked at: it meets one of the target profiles.
        var before = run.Enter(target, isContained: text.StartsWith('#'), run.FullUrl);
        var meets = possible.Exists(profile => run.Meets(target, definition, profile));
        run.Leave(before);
        if (!meets)
            run.Error("structure", Phrases.TargetProfiles, rule.Rule);
    }

    private readonly record struct Found(Element Node, ChildDefinition Definition, ChildDefinition Place, int Index);
}
