using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Server;

/// <summary>
/// A request refused deep inside an interaction; the one exception of its kind, turned into an OperationOutcome in one place.
/// </summary>
internal sealed class Refusal(int status, IReadOnlyList<Issue> issues) : Exception($"Refused with {status}.")
{
    public Refusal(int status, string code, string text, string path = "")
        : this(status, [Issue.Error(code, path, text)])
    {
    }

    public int Status { get; } = status;

    public IReadOnlyList<Issue> Issues { get; } = issues;
}
