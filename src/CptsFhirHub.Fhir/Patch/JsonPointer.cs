using System.Globalization;
using System.Text.Json.Nodes;

namespace CptsFhirHub.Fhir.Patch;

/// <summary>A JSON Pointer: the steps to a place in a JSON document. https://www.rfc-editor.org/rfc/rfc6901</summary>
internal sealed record JsonPointer(IReadOnlyList<string> Steps)
{
    /// <summary>True for the whole document.</summary>
    public bool IsRoot => Steps.Count == 0;

    /// <summary>The last step; the pointer is not the root.</summary>
    public string Last => Steps[^1];

    /// <summary>Null when the text is no pointer, or reaches deeper than <see cref="PatchLimits.DepthMax"/>.</summary>
    public static JsonPointer? Read(string text)
    {
        if (text.Length == 0)
            return new([]);
        if (text[0] != '/')
            return null;
        var steps = text[1..].Split('/');
        if (steps.Length > PatchLimits.DepthMax)
            return null;
        for (var i = 0; i < steps.Length; i++)
        {
            if (!IsEscapedWell(steps[i]))
                return null;
            // In this order: ~01 is ~1, not a slash.
            steps[i] = steps[i].Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
        }

        return new(steps);
    }

    /// <summary>True when <paramref name="other"/> lies below this place.</summary>
    public bool Holds(JsonPointer other) => other.Steps.Count > Steps.Count && other.Steps.Take(Steps.Count).SequenceEqual(Steps);

    /// <summary>What stands there; false when there is nothing. JSON's null is a null node.</summary>
    public bool TryFind(JsonNode? root, out JsonNode? node) => TryFind(root, Steps.Count, out node);

    /// <summary>What the last step is a step of.</summary>
    public bool TryFindParent(JsonNode? root, out JsonNode? node) => TryFind(root, Steps.Count - 1, out node);

    /// <summary>The index that a step names in a list of that length; null when it names none. <c>-</c> is none either.</summary>
    public static int? IndexOf(string step, int length) =>
        step.Length > 0 && (step.Length == 1 || step[0] != '0')
        && int.TryParse(step, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < length
            ? index
            : null;

    private bool TryFind(JsonNode? root, int steps, out JsonNode? node)
    {
        node = root;
        for (var i = 0; i < steps; i++)
        {
            switch (node)
            {
                case JsonObject @object when @object.TryGetPropertyValue(Steps[i], out var member):
                    node = member;
                    break;
                case JsonArray array when IndexOf(Steps[i], array.Count) is { } index:
                    node = array[index];
                    break;
                default:
                    return false;
            }
        }

        return true;
    }

    private static bool IsEscapedWell(string step)
    {
        for (var at = step.IndexOf('~', StringComparison.Ordinal); at >= 0; at = step.IndexOf('~', at + 1))
            if (at + 1 == step.Length || step[at + 1] is not ('0' or '1'))
                return false;
        return true;
    }
}
