using CptsFhirHub.Coordination.Intake.Described;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <summary>A field with values that no rule has read.</summary>
/// <param name="Path">Where it stands below the root of the source's tree, without indexes.</param>
/// <param name="Unread">How many of its values were not read.</param>
/// <param name="Total">How many values it has.</param>
/// <param name="Why">The reason when it is not read on purpose.</param>
internal sealed record UncoveredField(string Path, int Unread, int Total, string? Why);

/// <summary>What a source says and nobody takes up, of so many messages.</summary>
internal sealed record CoverageReport(int Messages, IReadOnlyList<UncoveredField> Fields);

/// <summary>
/// Reads the newest messages of a source again and asks its map which of their fields no rule has read: a partner that begins to send
/// something new is seen here before anybody misses it. Nothing is written.
/// </summary>
internal sealed class SourceCoverage(Journal journal, MapsInForce maps)
{
    /// <summary>Rows of a file that are looked at: its header is the same for all.</summary>
    private const int RowsMax = 50;

    public async Task<CoverageReport> OfAsync(string tenant, Source source, int count, CancellationToken cancellationToken)
    {
        source = await maps.OfAsync(tenant, source, cancellationToken);
        var filter = new JournalFilter(tenant) { Source = source.Name, IsWhole = true, Count = count };
        var order = new List<string>();
        var sums = new Dictionary<string, (int Unread, int Total)>(StringComparer.Ordinal);
        var messages = 0;
        foreach (var message in await journal.FindAsync(filter, cancellationToken))
        {
            if (source.Uncovered is not { } uncovered || await journal.RawAsync(tenant, message.Id, cancellationToken) is not { Length: > 0 } bytes)
                continue;
            foreach (var line in source.Read(bytes, message.ContentType, message.ClientId).Lines.Take(RowsMax))
            {
                if (line.Reading.Tree is not { } tree)
                    continue;
                messages++;
                foreach (var field in uncovered(tree))
                {
                    var path = Below(field.Path);

                    // What the hub itself has written beside what was said.
                    if (path.StartsWith(DescribedSource.Sender + ".", StringComparison.Ordinal))
                        continue;
                    if (!sums.TryGetValue(path, out var sum))
                        order.Add(path);
                    sums[path] = (sum.Unread + field.Unread, sum.Total + field.Total);
                }
            }
        }

        return new(messages, [.. order.Select(path => new UncoveredField(path, sums[path].Unread, sums[path].Total, WhyIgnored(path, source.Ignored)))]);
    }

    /// <summary>The path without its root.</summary>
    public static string Below(string path) => path[(path.IndexOf('.', StringComparison.Ordinal) + 1)..];

    /// <summary>Why a field is not read on purpose; null when nobody said. A listed path speaks for all that stands below it.</summary>
    public static string? WhyIgnored(string path, IEnumerable<(string Path, string Why)> ignored)
    {
        foreach (var (listed, why) in ignored)
        {
            var isThere = listed.StartsWith("*.", StringComparison.Ordinal)
                ? path.EndsWith(listed[1..], StringComparison.Ordinal)
                : path == listed || path.StartsWith(listed + ".", StringComparison.Ordinal);
            if (isThere)
                return why;
        }

        return null;
    }
}
