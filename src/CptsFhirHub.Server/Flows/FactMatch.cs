using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <summary>What to do with one fact of a message, seen what the hub knows.</summary>
internal abstract record FactMatch
{
    private FactMatch()
    {
    }

    /// <summary>Nobody said it before.</summary>
    public sealed record New : FactMatch;

    /// <summary>It stands here with the same content: refer to it.</summary>
    public sealed record Known(Stored Fact) : FactMatch;

    /// <summary>The same sender said otherwise before: its fact gets a new version.</summary>
    public sealed record Newer(Stored Fact) : FactMatch;

    /// <summary>The same sender has said otherwise since: its fact stays, and gets what it lacks.</summary>
    public sealed record Older(Stored Fact) : FactMatch;

    /// <summary>Members that say when and by whom, not what: they do not make a fact another one.</summary>
    private static readonly HashSet<string> Circumstances = new(StringComparer.Ordinal)
    {
        "id", "meta", "text", "effectiveDateTime", "dateTime", "authored", "issued", "recordedDate", "subject", "patient", "encounter",
        "basedOn", "performer", "author", "recorder", "asserter", "source", "sourceReference", "questionnaire",
    };

    /// <summary>The members that say when something was so.</summary>
    private static readonly string[] Times = ["effectiveDateTime", "dateTime", "recordedDate", "authored"];

    /// <summary>
    /// The match of <paramref name="fact"/> among <paramref name="known"/>. Two senders who differ are both kept: the machine does not
    /// decide who is right. A stay and a consent are one thing, told again: the newest wins, in whatever order they come, and the history keeps the others.
    /// </summary>
    public static FactMatch Of(Element fact, string sender, IEnumerable<Stored> known)
    {
        var key = KeyOf(fact);
        Stored? older = null;
        foreach (var candidate in known)
        {
            if (candidate.Type != fact.ResourceType || KeyOf(candidate.Resource.Root) != key)
                continue;
            if (HasSameContent(candidate.Resource.Root, fact))
                return new Known(candidate);
            if (fact.ResourceType is "Encounter" or "Consent" || IsFrom(candidate.Resource.Root, sender))
                older = candidate;
        }

        return older is null ? new New() : IsLate(fact, older.Resource.Root, sender) ? new Older(older) : new Newer(older);
    }

    /// <summary>True when both say the same thing, whoever said it and whenever.</summary>
    public static bool HasSameContent(Element one, Element other)
    {
        var (a, b) = (Content(one), Content(other));
        return a.Count == b.Count && a.Zip(b).All(pair => pair.First.SameAs(pair.Second));
    }

    /// <summary>What the fact is about: two facts of one key are two statements about one thing.</summary>
    private static string KeyOf(Element fact)
    {
        var about = fact.ResourceType switch
        {
            "Observation" or "Flag" => fact.Child("code").CodeOf(Vocabulary.Fact)
                ?? fact.Child("code").CodeOf(Vocabulary.Criterion) ?? fact.At("code", "coding")?.Text("code"),
            "Condition" => fact.At("code", "coding")?.Text("code") ?? fact.Child("code")?.Text("text"),
            "Consent" => fact.Child("category").CodeOf(Vocabulary.ConsentSubject),
            "Coverage" => fact.At("type", "coding")?.Text("code"),
            "RelatedPerson" => fact.Child("name")?.Text("family") ?? fact.Child("name")?.Text("text"),
            _ => fact.Child("identifier")?.Text("value"),
        };
        return about ?? "";
    }

    /// <summary>
    /// True when both bear a time and what is told now is the older one. A consent is as old as it says, whoever tells of it; two senders' clocks
    /// order nothing else.
    /// </summary>
    private static bool IsLate(Element fact, Element known, string sender)
    {
        if (fact.ResourceType is not "Consent" && !IsFrom(known, sender))
            return false;
        if (SaidAt.Of(fact) is { } said)
            return SaidAt.IsLate(known, said);
        if (HasEndedSince(fact, known, sender))
            return true;
        foreach (var member in Times)
            if (SaidAt.Parse(fact.Text(member)) is { } at && SaidAt.Parse(known.Text(member)) is { } before)
                return at < before;
        return false;
    }

    /// <summary>True when the same sender, which tells no hours, has said since that the stay has ended.</summary>
    public static bool HasEndedSince(Element stay, Element known, string sender) => stay.ResourceType == "Encounter" && SaidAt.Of(stay) is null && SaidAt.Of(known) is null
        && KeyOf(stay) is { Length: > 0 } key && KeyOf(known) == key && IsFrom(known, sender)
        && known.Text("status") == "finished" && stay.Text("status") is not ("finished" or "cancelled" or "entered-in-error");

    private static bool IsFrom(Element fact, string sender) => Access.SentBy.Senders(fact).Contains(sender);

    private static List<Element> Content(Element fact)
    {
        var content = new List<Element>();
        foreach (var child in fact.Children)
            if (!Circumstances.Contains(child.Name))
                content.Add(child);
        return content;
    }
}
