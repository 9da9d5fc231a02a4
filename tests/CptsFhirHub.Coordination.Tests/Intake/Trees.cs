using System.Text;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Coordination.Tests.Intake;

/// <summary>Source trees as lines <c>path=value</c>, so that a test states what it expects in plain sight.</summary>
internal static class Trees
{
    public static ReadOnlyMemory<byte> Utf8(string text) => Encoding.UTF8.GetBytes(text);

    public static string? Value(this Element root, string path)
    {
        var at = root;
        foreach (var step in path.Split('.'))
        {
            var open = step.IndexOf('[', StringComparison.Ordinal);
            var items = at.All(open < 0 ? step : step[..open]);
            var index = open < 0 ? 0 : int.Parse(step[(open + 1)..^1]);
            if (index >= items.Length)
                return null;
            at = items[index];
        }

        return at.Value;
    }

    public static string Text(this IEnumerable<Issue> issues) =>
        string.Join('\n', issues.Select(issue => $"{issue.Severity.ToString().ToLowerInvariant()} {issue.Code} {issue.Path}"));
}
