using System.Text.Json;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server;

/// <summary>How far the index of a search parameter is that was taken in while the hub runs.</summary>
/// <param name="Digest">A hash of what the index depends on.</param>
/// <param name="Row">Every resource up to here has been looked at.</param>
internal sealed record IndexState(string Digest, long Row, bool IsDone)
{
    /// <summary>The newest resource there was at the last look.</summary>
    public long LastRow { get; init; }

    public string Code { get; init; } = "";

    /// <summary>The id of the SearchParameter; null for what the hub itself indexes anew.</summary>
    public string? Id { get; init; }
}

/// <summary>The progress of all of them, by URL, as it is kept: every hub on the database sees the same.</summary>
internal sealed class IndexProgress(RegistryStore registry)
{
    public const string Setting = "search-parameters";

    public Dictionary<string, IndexState> All() =>
        registry.FindSetting("", Setting) is { } json ? JsonSerializer.Deserialize<Dictionary<string, IndexState>>(json)! : [];
}
