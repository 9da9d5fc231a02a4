using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <summary>
/// What the hub answers when a fault of its own stopped a message, never the sender's. The message is kept. It is run again by itself, since a fault may be of
/// the moment or gone with the next release; one that stays is left to a person.
/// </summary>
internal static class OwnFault
{
    /// <summary>Runs that may end in a fault before the message is left to a person.</summary>
    public const int TriesMax = 5;

    private const string ToRunAgain = "transient";
    private const string LeftToAPerson = "exception";

    /// <summary>A message that has just stopped at a fault.</summary>
    public static Reception Of(JournalMessage message) =>
        message.Attempts + 1 < TriesMax ? Waiting(message, ToRunAgain, "The hub could not finish this message; it is kept and will be run again.") : SetAside(message);

    /// <summary>A message that is not run again unless a person asks for it.</summary>
    public static Reception SetAside(JournalMessage message) =>
        Waiting(message, LeftToAPerson, "The hub could not finish this message after several tries; it is kept for a person.");

    /// <summary>True when a fault stopped it.</summary>
    public static bool Stopped(Reception reception) => reception.Issues.Any(issue => issue.Code is ToRunAgain or LeftToAPerson);

    /// <summary>True for a line of the journal that is to be run again.</summary>
    public static bool IsToRunAgain(JournalMessage message) =>
        message.State == MessageState.Waiting && Reception.OfJournal(message).Issues.Any(issue => issue.Code == ToRunAgain);

    private static Reception Waiting(JournalMessage message, string code, string text) =>
        new(ReceptionKind.Waiting, message.Id, MessageState.Waiting) { Issues = [Issue.Warning(code, "", text)] };
}
