using System.Collections.Concurrent;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <summary>How the rows of a file fared.</summary>
internal sealed class RowCount(int total)
{
    private readonly ConcurrentDictionary<string, int> _states = new(StringComparer.Ordinal);

    /// <summary>The answer for a file that is still being worked off.</summary>
    public static Reception Begun(string fileId, int total) => new(ReceptionKind.Waiting, fileId, MessageState.Received)
    {
        Rows = LinkOf(fileId),
        Issues = [new(Severity.Information, "informational", "file", $"{total} rows are being worked off.")],
    };

    /// <summary>How the file was read, in words for its sender.</summary>
    public string? Layout { get; init; }

    public static string LinkOf(string fileId) => $"/intake/messages/{fileId}/rows";

    public int Of(string state) => _states.GetValueOrDefault(state);

    /// <summary>Rows are settled side by side.</summary>
    public void Add(string state) => _states.AddOrUpdate(state, 1, (_, before) => before + 1);

    /// <summary>
    /// The answer for the file: refused when no row could be used, waiting when a row waits or was refused (a person looks at those),
    /// else processed.
    /// </summary>
    public Reception ToReception(string fileId, IReadOnlyList<Issue> fileIssues)
    {
        var (rejected, waiting, received) = (Of(MessageState.Rejected), Of(MessageState.Waiting), Of(MessageState.Received));
        // An envelope without messages asks for nothing, as a sender without news sends it every day.
        var kind = rejected == total && (total > 0 || fileIssues.Any(issue => issue.IsError)) ? ReceptionKind.Rejected
            : received > 0 ? ReceptionKind.Waiting
            : ReceptionKind.Created;
        var text = $"{total} rows: {Of(MessageState.Processed)} processed, {Of(MessageState.Duplicate)} duplicate, "
            + $"{waiting} waiting, {rejected} rejected.";
        return new(kind, fileId, kind switch
        {
            ReceptionKind.Rejected => MessageState.Rejected,
            ReceptionKind.Waiting => MessageState.Received,
            _ when waiting > 0 => MessageState.Waiting,
            _ => MessageState.Processed,
        })
        {
            Rows = LinkOf(fileId),
            Issues =
            [
                .. fileIssues.Where(issue => issue.Severity >= Severity.Warning), .. Remarks(fileIssues),
                .. Layout is null ? (Issue[])[] : [new(Severity.Information, "informational", "file", Layout)],
                new(rejected > 0 ? Severity.Warning : Severity.Information, "informational", "file", text),
            ],
        };
    }

    /// <summary>What is only worth knowing, a line for what is said of many columns.</summary>
    private static IEnumerable<Issue> Remarks(IReadOnlyList<Issue> fileIssues) => fileIssues.Where(issue => issue.Severity < Severity.Warning)
        .GroupBy(issue => issue.Text, StringComparer.Ordinal)
        .Select(same => same.Count() == 1 ? same.First() : same.First() with { Path = string.Join("; ", same.Select(issue => issue.Path)) });
}
