using System.Globalization;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.FhirPath;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Patch;

/// <summary>FHIRPath Patch: Parameters whose operations name elements by FHIRPath. https://hl7.org/fhir/R4/fhirpatch.html</summary>
public static class FhirPathPatch
{
    /// <summary>
    /// The resource after all operations, in order; the first that fails ends it. <paramref name="target"/> is not changed.
    /// <paramref name="now"/> is the instant of <c>now()</c> and <c>today()</c> in paths.
    /// </summary>
    public static Patched Apply(
        Resource target, Resource patch, DateTimeOffset? now = null, JsonLimits? limits = null, CancellationToken cancellationToken = default)
    {
        if (patch.Type != "Parameters")
            return Patched.Refused(new(Severity.Fatal, "invalid", patch.Type, "A FHIRPath Patch is a Parameters resource."));
        var parameters = patch.Root.All("parameter");
        if (parameters.Length > PatchLimits.OperationsMax)
            return Patched.Refused(new(Severity.Fatal, "too-costly", "Parameters", $"A patch has at most {PatchLimits.OperationsMax} operations."));

        var operations = new List<PatchOperation>(parameters.Length);
        for (var i = 0; i < parameters.Length; i++)
        {
            var (operation, fault) = PatchOperation.Read(parameters[i], string.Create(CultureInfo.InvariantCulture, $"Parameters.parameter[{i}]"));
            if (operation is null)
                return Patched.Refused(fault!);
            operations.Add(operation);
        }

        var root = target.Root.Copy();
        var context = new EvaluationContext { Now = now, StepsMax = PatchLimits.StepsMax, Cancellation = cancellationToken };
        foreach (var operation in operations)
            if (new Run(root, operation, context).Apply() is { } fault)
                return Patched.Refused(fault);

        // An element that lost its last child is none in FHIR. Only now: a later operation may have filled it again.
        RemoveEmpty(root);
        return Patched.Reread(FhirJson.Write(root), limits);
    }

    private static void RemoveEmpty(Element node)
    {
        foreach (var child in node.Children.ToArray())
        {
            RemoveEmpty(child);
            if (child.IsEmpty)
                node.Remove(child);
        }
    }

    /// <summary>One operation on its way. Each step gives the issue that ends it, or null.</summary>
    private sealed record Run(Element Root, PatchOperation Operation, EvaluationContext Context)
    {
        public Issue? Apply()
        {
            if (Evaluate(Operation.Path, out var found) is { } fault)
                return fault;
            return Operation.Type switch
            {
                "add" => found.Count == 1 ? Add(found[0], Operation.Name!) : NotOne(found.Count),
                "delete" => found.Count == 0 ? null : found.Count == 1 ? Delete(found[0]) : NotOne(found.Count),
                "replace" => found.Count == 1 ? Replace(found[0]) : NotOne(found.Count),
                "insert" => found.Count == 0 ? InsertFirst() : Insert(found),
                _ => Move(found),
            };
        }

        private Issue? Add(Element container, string name)
        {
            if (Spot.Find(Root, container)?.Definition is not { } definition)
                return Unknown();
            var (node, fault) = PatchValue.Build(definition, name, Operation.Value!);
            if (node is null)
                return Fault("value", fault!);
            if (!node.IsListItem && HasAny(container, definition, node.Name))
                return Fault("processing", "The element is there already and occurs once: replace it.");
            container.Append(node);
            return null;
        }

        private Issue? Delete(Element node)
        {
            if (Spot.Find(Root, node)?.Parent is not { } parent)
                return Unknown();
            parent.Node.Remove(node);
            return null;
        }

        private Issue? Replace(Element node)
        {
            if (Spot.Find(Root, node)?.Parent is not { Definition: { } definition } parent)
                return Unknown();
            var name = definition.Child(node.Name)?.Element.Name ?? node.Name;
            var (next, fault) = PatchValue.Build(definition, name, Operation.Value!);
            if (next is null)
                return Fault("value", fault!);
            parent.Node.Replace(parent.Node.IndexOf(node), next);
            return null;
        }

        private Issue? Insert(List<Element> list)
        {
            if (WholeList(list, out var parent) is { } broken)
                return broken;
            if (Operation.Index > list.Count)
                return Fault("value", "The index lies beyond the end of the list.");
            var (node, fault) = PatchValue.Build(parent!.Definition!, list[0].Name, Operation.Value!);
            if (node is null)
                return Fault("value", fault!);
            parent.Node.Insert(parent.Node.IndexOf(list[0]) + Operation.Index!.Value, node);
            return null;
        }

        /// <summary>The list is not there yet: its last step names it, what stands before says where.</summary>
        private Issue? InsertFirst()
        {
            var dot = Operation.Path.LastIndexOf('.');
            var name = Operation.Path[(dot + 1)..];
            if (dot < 0 || name.Length == 0 || !name.All(char.IsAsciiLetterOrDigit))
                return NotOne(0);
            if (Operation.Index != 0)
                return Fault("value", "The index lies beyond the end of the list.");
            if (Evaluate(Operation.Path[..dot], out var containers) is { } fault)
                return fault;
            if (containers.Count != 1)
                return NotOne(containers.Count);
            return Spot.Find(Root, containers[0])?.Definition?.Child(name) is { Element.IsList: true }
                ? Add(containers[0], name)
                : Fault("processing", "The path does not name a list.");
        }

        private Issue? Move(List<Element> list)
        {
            if (list.Count == 0)
                return NotOne(0);
            if (WholeList(list, out var parent) is { } broken)
                return broken;
            if (Operation.Source >= list.Count || Operation.Destination >= list.Count)
                return Fault("value", "The source or destination lies beyond the end of the list.");
            var first = parent!.Node.IndexOf(list[0]);
            var moved = list[Operation.Source!.Value];
            parent.Node.Remove(moved);
            parent.Node.Insert(first + Operation.Destination!.Value, moved);
            return null;
        }

        /// <summary>An index counts in the whole list of one parent: a selection from it, or from several, is refused.</summary>
        private Issue? WholeList(List<Element> list, out Spot? parent)
        {
            parent = Spot.Find(Root, list[0])?.Parent;
            if (parent?.Definition is not { } definition)
                return Unknown();
            if (!list[0].IsListItem && definition.Child(list[0].Name) is not { Element.IsList: true })
                return Fault("processing", "The path does not name a list.");
            var all = parent.Node.All(list[0].Name);
            if (all.Length != list.Count)
                return Fault("processing", "The path names one whole list.");
            for (var i = 0; i < all.Length; i++)
                if (!ReferenceEquals(all[i], list[i]))
                    return Fault("processing", "The path names one whole list.");
            return null;
        }

        private Issue? Evaluate(string path, out List<Element> found)
        {
            found = [];
            try
            {
                foreach (var item in FhirPathExpression.Parse(path).Evaluate(new Resource(Root), Context))
                {
                    if (item.Element is not { } element)
                        return Fault("processing", "The path gives a value, not an element of the resource.");
                    found.Add(element);
                }

                return null;
            }
            catch (FhirPathException exception)
            {
                return exception.Fault is FhirPathFault.Syntax or FhirPathFault.Semantic
                    ? new(Severity.Fatal, "value", Operation.Place, $"The path is no FHIRPath that can work: {exception.Message}")
                    : Fault(exception.Fault == FhirPathFault.Limit ? "too-costly" : "processing", $"The path could not be evaluated: {exception.Message}");
            }
        }

        /// <summary>True when the element is there, under that name or as another type of the same choice.</summary>
        private static bool HasAny(Element container, ChildDefinition definition, string name)
        {
            var wanted = definition.Child(name)?.Element;
            foreach (var child in container.Children)
                if (child.Name == name || wanted is { IsChoice: true } && ReferenceEquals(definition.Child(child.Name)?.Element, wanted))
                    return true;
            return false;
        }

        private Issue NotOne(int count) => Fault("processing", count == 0
            ? "The path names no element of the resource."
            : "The path names several elements; it must name one.");

        private Issue Unknown() => Fault("processing", "The path names no element below the resource that can be changed.");

        private Issue Fault(string code, string text) => Issue.Error(code, Operation.Place, text);
    }

    /// <summary>A node with its definition (null when unknown) and what it stands in (null for the root).</summary>
    private sealed record Spot(Element Node, ChildDefinition? Definition, Spot? Parent)
    {
        /// <summary>The spot of that very node; null when it is no part of the tree.</summary>
        public static Spot? Find(Element root, Element wanted) =>
            new Spot(root, R4.Definitions.Type(root.ResourceType!)?.Node, null).Find(wanted, PatchLimits.DepthMax);

        private Spot? Find(Element wanted, int depth)
        {
            if (ReferenceEquals(Node, wanted))
                return this;
            if (depth == 0)
                return null;
            foreach (var child in Node.Children)
                if (new Spot(child, Definition?.Of(child), this).Find(wanted, depth - 1) is { } found)
                    return found;
            return null;
        }
    }
}
