using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Search;

/// <summary>A node and what is known of it.</summary>
internal readonly record struct IndexNode(Element Element, ChildDefinition Definition);

/// <summary>
/// The shapes that nearly all search parameters have, walked directly: <c>Patient.name.given</c>, <c>(Observation.value as Quantity)</c>,
/// <c>Task.for.where(resolve() is Patient)</c>, <c>Patient.telecom.where(system='email')</c>, and unions of these.
/// </summary>
internal sealed class IndexPath
{
    private readonly Step[][] _branches;

    private IndexPath(Step[][] branches) => _branches = branches;

    /// <summary>Reads an expression; null when it has another shape.</summary>
    public static IndexPath? Compile(string expression, string resourceType)
    {
        var branches = new List<Step[]>();
        foreach (var branch in expression.Split('|', StringSplitOptions.TrimEntries))
        {
            if (Branch(branch, resourceType) is not { } steps)
                return null;
            branches.Add(steps);
        }

        return new([.. branches]);
    }

    public void Walk(IndexNode root, List<IndexNode> found)
    {
        foreach (var steps in _branches)
            Walk(root, steps, found);
    }

    private static void Walk(IndexNode node, ReadOnlySpan<Step> steps, List<IndexNode> found)
    {
        if (steps.IsEmpty)
        {
            found.Add(node);
            return;
        }

        var step = steps[0];
        if (step.Kind != StepKind.Child)
        {
            if (Holds(step, node))
                Walk(node, steps[1..], found);
            return;
        }

        foreach (var child in node.Element.Children)
        {
            if (!child.Name.StartsWith(step.Name, StringComparison.Ordinal) || node.Definition.Of(child) is not { } definition)
                continue;
            if (child.Name.Length == step.Name.Length || (definition.Element.IsChoice && definition.Element.Name == step.Name))
                Walk(new(child, definition), steps[1..], found);
        }
    }

    private static bool Holds(Step step, IndexNode node) => step.Kind switch
    {
        StepKind.Type => node.Definition.TypeName == step.Name,
        StepKind.Target => PointsTo(node.Element, step.Name),
        _ => node.Element.Text(step.Name) == step.Value,
    };

    /// <summary>What <c>resolve() is X</c> can know without fetching anything: the type that the reference names.</summary>
    private static bool PointsTo(Element reference, string type) =>
        reference.Text("type") is { } named
            ? named == type
            : ResourceReference.TryParse(reference.Text("reference"), out var literal) && literal.Type == type;

    private static Step[]? Branch(string text, string resourceType)
    {
        text = Unwrap(text);
        var steps = new List<Step>();
        if (text.IndexOf(" as ", StringComparison.Ordinal) is var at and > 0)
        {
            // "(A.b as Quantity)" and "(A.b as Quantity).code"
            var type = text[(at + 4)..].Trim();
            if (!type.All(char.IsAsciiLetter) || Branch(text[..at].TrimStart('(').Trim(), resourceType) is not { } before)
                return null;
            steps.AddRange(before);
            steps.Add(new(StepKind.Type, type));
            return [.. steps];
        }

        foreach (var part in Parts(text))
        {
            if (Read(part) is not { } step)
                return null;
            steps.Add(step);
        }

        if (steps is [{ Kind: StepKind.Child } first, ..] && (first.Name == resourceType || first.Name is "Resource" or "DomainResource"))
            steps.RemoveAt(0);
        return [.. steps];
    }

    private static string Unwrap(string text) =>
        text is ['(', .., ')'] && text.IndexOf(')', StringComparison.Ordinal) == text.Length - 1 ? text[1..^1].Trim() : text;

    private static List<string> Parts(string text)
    {
        var parts = new List<string>();
        int depth = 0, from = 0;
        var inText = false;
        for (var i = 0; i < text.Length; i++)
        {
            switch (text[i])
            {
                case '\'':
                    inText = !inText;
                    break;
                case '(' when !inText:
                    depth++;
                    break;
                case ')' when !inText:
                    depth--;
                    break;
                case '.' when depth == 0 && !inText:
                    parts.Add(text[from..i]);
                    from = i + 1;
                    break;
            }
        }

        parts.Add(text[from..]);
        return parts;
    }

    private static Step? Read(string part)
    {
        if (part.Length > 0 && part.All(char.IsAsciiLetterOrDigit))
            return new(StepKind.Child, part);
        if (Argument(part, "as") is { } type)
            return type.All(char.IsAsciiLetter) ? new(StepKind.Type, type) : null;
        if (Argument(part, "ofType") is { } ofType)
            return new(StepKind.Type, ofType);
        if (Argument(part, "where") is not { } condition)
            return null;
        const string resolves = "resolve() is ";
        if (condition.StartsWith(resolves, StringComparison.Ordinal))
            return new(StepKind.Target, condition[resolves.Length..].Trim());
        var sides = condition.Split('=', StringSplitOptions.TrimEntries);
        return sides is [var name, ['\'', .. var value, '\'']] && name.All(char.IsAsciiLetterOrDigit)
            ? new Step(StepKind.Text, name, value)
            : null;
    }

    private static string? Argument(string part, string function) =>
        part.Length > function.Length + 2 && part.StartsWith(function, StringComparison.Ordinal) && part[function.Length] == '(' && part[^1] == ')'
            ? part[(function.Length + 1)..^1].Trim()
            : null;

    private enum StepKind
    {
        Child,
        Type,
        Target,
        Text,
    }

    private readonly record struct Step(StepKind Kind, string Name, string? Value = null);
}
