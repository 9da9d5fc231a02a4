using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

internal static class JournalReading
{
    private const int PageSize = 1_000;

    /// <summary>The messages of a file's rows, in the order of the file.</summary>
    public static async Task<IReadOnlyList<JournalMessage>> RowsAsync(
        this Journal journal, JournalMessage file, CancellationToken cancellationToken)
    {
        var rows = new List<JournalMessage>();
        var filter = new JournalFilter(file.Tenant) { ParentId = file.Id, Count = PageSize };
        while (true)
        {
            var page = await journal.FindAsync(filter, cancellationToken);
            rows.AddRange(page);
            if (page.Count < PageSize)
                break;
            filter = filter with { Before = page[^1].Sequence };
        }

        rows.Sort((one, other) => (one.Line ?? 0).CompareTo(other.Line ?? 0));
        return rows;
    }
}
