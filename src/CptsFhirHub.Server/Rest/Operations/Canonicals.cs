using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Rest.Operations;

/// <summary>Conformance resources that clients have put into their tenant, found by canonical URL.</summary>
internal static class Canonicals
{
    /// <summary>The newest resource with that URL (and version, when it is named) that the caller may read; null when there is none.</summary>
    public static async Task<Element?> FindAsync(
        string type, string canonical, Caller caller, Collaborators hub, CancellationToken cancellationToken)
    {
        var wanted = Canonical.Parse(canonical);
        if (!caller.Policy.Allows(type, Deeds.Read) || wanted.Url.Length == 0)
            return null;
        var found = await ListAsync(type, [new("url", Escape(wanted.Url))], caller, hub, 20, cancellationToken);
        return found.Select(stored => stored.Resource.Root)
            .Where(root => wanted.Accepts(root.Text("version")))
            .OrderByDescending(root => root.Text("version"), StringComparer.Ordinal)
            .FirstOrDefault();
    }

    /// <summary>The resources of a type that meet the search, within the caller's right.</summary>
    public static async Task<IReadOnlyList<Stored>> ListAsync(
        string type, IReadOnlyList<KeyValuePair<string, string>> parameters, Caller caller, Collaborators hub, int countMax,
        CancellationToken cancellationToken)
    {
        var query = Searches.Parse(type, parameters, isLenient: false, hub).Query with { Count = countMax, WantsTotal = false };
        return (await hub.Sight.SearchAsync(caller, query, cancellationToken)).Matches;
    }

    /// <summary>A value as search text: what would part or join values stands for itself.</summary>
    public static string Escape(string value) => value
        .Replace("\\", "\\\\", StringComparison.Ordinal).Replace(",", "\\,", StringComparison.Ordinal)
        .Replace("|", "\\|", StringComparison.Ordinal).Replace("$", "\\$", StringComparison.Ordinal);
}
