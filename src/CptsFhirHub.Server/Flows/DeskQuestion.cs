using CptsFhirHub.Coordination.Identity;
using CptsFhirHub.Coordination.Identity.Matching;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <summary>What a message leaves to a coordinator.</summary>
/// <param name="Text">What is to be decided, in French.</param>
/// <param name="Person">About whom.</param>
/// <param name="Compared">Records that may be the same person's: the answer is kept for ever.</param>
/// <param name="Named">Records that the question is about too, without being compared.</param>
internal sealed record Question(string Text, Stored Person, IEnumerable<Stored> Compared, IEnumerable<Stored> Named);

/// <summary>Puts a message that waits on the coordination's desk: a Task that says what is to be decided, about whom, and which message asks.</summary>
internal static class DeskQuestion
{
    /// <summary>What an input says of a record to compare with.</summary>
    public const string ToCompare = "Dossier à comparer";

    public static Element Of(SignalementCase signalement, Territory territory, Matcher matcher, Question question, DateTimeOffset now)
    {
        var task = Begun(
            question.Text, question.Person.Reference, question.Person.Reference,
            territory.OrganizationOf(signalement.Message.ClientId) ?? territory.Cpts, territory.Cpts, now);
        task.With("priority", "urgent");
        Note(task, $"Message {signalement.Message.Id} de la source « {signalement.Source.Title} ».", now);
        foreach (var other in question.Named)
            Note(task, $"Autre dossier concerné : {other.Reference}.", now);
        foreach (var other in question.Compared)
            Compare(task, matcher, question.Person.Resource.Root, other, now);
        return task;
    }

    /// <summary>A verification of identity, asked for.</summary>
    /// <param name="about">On whose list of tasks it stands; null for nobody's.</param>
    public static Element Begun(string text, string focus, string? about, string? requester, string? owner, DateTimeOffset now)
    {
        var task = Element.OfResource("Task");
        task.With("status", "requested").With("intent", "order");
        task.Concept("code", Vocabulary.TaskKind, Vocabulary.IdentityTask, "Vérification d'identité");
        task.With("description", text);
        task.Refer("focus", focus);
        if (about is not null)
            task.Refer("for", about);
        task.With("authoredOn", now.Instant()).With("lastModified", now.Instant());
        task.Refer("requester", requester);
        task.Refer("owner", owner);
        return task;
    }

    /// <summary>Names a resource that the task is about.</summary>
    public static void Name(Element task, string why, string reference)
    {
        var input = task.AddItem("input");
        input.Concept("type", Vocabulary.TaskInput, "commentaire", why);
        input.Refer("valueReference", reference);
    }

    /// <summary>Adds a record to compare with, and why the machine thinks of it.</summary>
    public static void Compare(Element task, Matcher matcher, Element person, Stored candidate, DateTimeOffset now)
    {
        Name(task, ToCompare, candidate.Reference);
        Note(task, IdentityReview.Explain(matcher, Traits.Of(person), Traits.Of(candidate.Resource.Root), candidate.Reference), now);
    }

    private static void Note(Element task, string text, DateTimeOffset now) =>
        task.AddItem("note").With("time", now.Instant()).With("text", text);
}
