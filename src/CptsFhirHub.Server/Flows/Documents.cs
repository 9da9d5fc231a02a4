using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Server.Flows;

/// <summary>Letters and reports that come after a request: they hang on it, and one that replaces another says so on both.</summary>
internal static class Documents
{
    /// <summary>The request with the documents of a message among what supports it; null when none is new to it.</summary>
    public static Element? Attach(Element request, IReadOnlyList<(string Url, Element Resource)> facts, Dictionary<string, string> urls)
    {
        var known = new HashSet<string?>(StringComparer.Ordinal);
        foreach (var about in request.All("supportingInfo"))
            known.Add(about.Text("reference"));
        var added = facts.Where(fact => fact.Resource.ResourceType == "DocumentReference")
            .Select(fact => urls[fact.Url]).Where(known.Add).ToList();
        if (added.Count == 0)
            return null;
        var attached = request.Copy();
        foreach (var reference in added)
            attached.ReferItem("supportingInfo", reference);
        return attached;
    }

    /// <summary>The documents whose place one of the message takes: from then on they are superseded.</summary>
    public static IEnumerable<Draft> Replaced(IEnumerable<Element> written, IEnumerable<Draft> known)
    {
        var numbers = new HashSet<string?>(StringComparer.Ordinal);
        foreach (var document in written.Where(fact => fact.ResourceType == "DocumentReference"))
            foreach (var relation in document.All("relatesTo"))
                if (relation.Text("code") == "replaces" && NumberOf(relation.Child("target")?.Child("identifier")) is { } number)
                    numbers.Add(number);
        foreach (var older in known.Where(fact => fact.Type == "DocumentReference"
            && (numbers.Contains(NumberOf(fact.Root.Child("identifier"))) || numbers.Contains(NumberOf(fact.Root.Child("masterIdentifier"))))))
        {
            if (older.Root.Text("status") == "superseded")
                continue;
            older.Root = older.Root.Copy();
            older.Root.Put("status", "superseded");
            yield return older;
        }
    }

    private static string? NumberOf(Element? identifier) => identifier is null ? null : $"{identifier.Text("system")}|{identifier.Text("value")}";
}
