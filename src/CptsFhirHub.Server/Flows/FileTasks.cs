using CptsFhirHub.Coordination.Signalements;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <summary>What a child task of a file hangs on.</summary>
internal sealed record FilePlace(string Patient, Draft Request, string File, string? Owner, string? Requester);

/// <summary>The child tasks of a file as a message writes them.</summary>
internal static class FileTasks
{
    /// <summary>A task that is asked of its owner.</summary>
    public static Element Child(string kind, string display, FilePlace place, DateTimeOffset now)
    {
        var task = Element.OfResource("Task");
        task.ReferItem("partOf", place.File);
        task.With("status", "requested").With("intent", "order").With("priority", place.Request.Root.Text("priority"));
        task.Concept("code", Vocabulary.TaskKind, kind, display);
        task.Refer("focus", place.Request.Reference);
        task.Refer("for", place.Patient);
        task.With("authoredOn", now.Instant()).With("lastModified", now.Instant());
        task.Refer("requester", place.Requester);
        task.Refer("owner", place.Owner);
        return task;
    }

    /// <summary>
    /// True when a message's day of the first visit is news for the file: none stands there, or the one that stands there is what the request says, and
    /// nobody has set another.
    /// </summary>
    public static bool Moves(Element due, Element file, Stored? request) =>
        file.Child("restriction")?.Child("period") is not { } stands
        || (DaysOf(stands) != DaysOf(due.Child("period")) && DaysOf(stands) == DaysOf(request?.Resource.Root.Child("occurrencePeriod")));

    private static (string? Start, string? End) DaysOf(Element? period) => (period?.Text("start"), period?.Text("end"));

    /// <summary>The live tasks of the kind that the source's messages end, completed, with the message's answers as their output.</summary>
    public static List<Draft> Answered(KnownPerson? known, SignalementCase signalement, Dictionary<string, string> urls, DateTimeOffset now)
    {
        var ended = new List<Draft>();
        if (signalement.Source.Answers is not { } kind)
            return ended;
        foreach (var child in known?.Children ?? [])
        {
            if (KnownPerson.KindOf(child) != kind || ChildTasks.IsOver(child.Resource.Root.Text("status") ?? ""))
                continue;
            var task = new Draft(child) { Root = child.Resource.Root.Copy() };
            task.Root.Put("status", "completed");
            task.Root.Put("lastModified", now.Instant());
            foreach (var (url, resource) in signalement.Draft.Facts)
            {
                if (resource.ResourceType != "QuestionnaireResponse")
                    continue;
                var output = task.Root.AddItem("output");
                output.Concept("type", Vocabulary.TaskInput, "compte-rendu", "Compte rendu");
                output.Refer("valueReference", urls[url]);
            }

            ended.Add(task);
        }

        return ended;
    }
}
