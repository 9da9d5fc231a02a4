using CptsFhirHub.Coordination.Signalements;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Server.Flows;

/// <summary>The steps the machine takes a file by itself, and how a state is written in its Task.</summary>
internal static class FileSteps
{
    public static string DisplayOf(string? state) => FileStates.Find(state)?.French ?? state ?? "";

    /// <summary>
    /// Where one more voice takes a file: the person's own word confirms what was inferred, and the last missing piece lets it go on
    /// without a click. Everything else is for people to decide.
    /// </summary>
    /// <param name="isAnswered">A partner that was asked has answered: the team goes on with the file.</param>
    public static string? After(string? state, bool isInferred, bool isComplete, bool isAnswered) => state switch
    {
        FileStates.MasStudy when isAnswered => FileStates.ToQualify,

        // From "to be confirmed" the table knows one way on; what is missing then is asked for from there.
        FileStates.ToConfirm when !isInferred => FileStates.ToQualify,
        FileStates.Incomplete when isComplete => FileStates.ToQualify,
        _ => state,
    };

    /// <summary>The Task in another state: both of its statuses and the date move together.</summary>
    public static Element Moved(Element task, string state, DateTimeOffset now)
    {
        var moved = task.Copy();
        var to = FileStates.Find(state) ?? throw new ArgumentException("That is no state of a file.", nameof(state));
        moved.Put("status", to.TaskStatus);
        moved.Remove("businessStatus");
        moved.Concept("businessStatus", Vocabulary.ParcoursState, to.Code, to.French);
        moved.Put("lastModified", now.Instant());
        return moved;
    }
}
