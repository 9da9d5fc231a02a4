using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Access;

/// <summary>What a partner may not change in a Task given to it: whose it is, for whom, about what. It changes state, notes and outcome.</summary>
internal static class PartnerFields
{
    private static readonly string[] TaskFields =
        ["identifier", "basedOn", "partOf", "intent", "code", "focus", "for", "encounter", "authoredOn", "requester", "owner"];

    public static WriteVerdict Check(Stored? current, Resource next, Caller caller)
    {
        if (caller.Policy.Sender is null || next.Type != "Task" || current is null)
            return WriteVerdict.Fine;
        var before = current.Resource.Root;
        var issues = TaskFields
            .Where(field => !Same(before.All(field), next.Root.All(field), depth: 0))
            .Select(field => Issue.Error("forbidden", $"Task.{field}", $"A partner does not change Task.{field}."))
            .ToList();
        return issues.Count == 0 ? WriteVerdict.Fine : new(issues, []);
    }

    private static bool Same(Element left, Element right, int depth)
    {
        const int DepthMax = 64;
        if (depth > DepthMax || left.Name != right.Name || left.Value != right.Value || left.Count != right.Count)
            return false;
        for (var i = 0; i < left.Count; i++)
        {
            // The order of members is free, so each child is looked up by its place among those of its name.
            var name = left[i].Name;
            if (!Same(left.All(name), right.All(name), depth + 1))
                return false;
        }

        return true;
    }

    /// <summary>True when two lists of elements say the same in the same order.</summary>
    public static bool Same(ReadOnlySpan<Element> left, ReadOnlySpan<Element> right) => Same(left, right, depth: 0);

    private static bool Same(ReadOnlySpan<Element> left, ReadOnlySpan<Element> right, int depth)
    {
        if (left.Length != right.Length)
            return false;
        for (var i = 0; i < left.Length; i++)
            if (!Same(left[i], right[i], depth))
                return false;
        return true;
    }
}
