using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Rest;

/// <summary>
/// Turns what the entries of a transaction call each other into references by id: fullUrls, and searches that stand where a
/// reference should. https://hl7.org/fhir/R4/http.html#trules
/// </summary>
internal sealed class BundleReferences
{
    private const string TemporaryPrefix = "urn:";
    private const int DepthMax = 128;

    // A business identifier may well be a urn:uuid; it names something else than an entry.
    private static readonly HashSet<string> NeverLinks = new(StringComparer.Ordinal) { "value", "system", "id", "fullUrl", "profile", "code" };

    private readonly Dictionary<string, string> _targets = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Resolved> _searched = new(StringComparer.Ordinal);
    private readonly Caller _caller;
    private readonly Collaborators _hub;

    public BundleReferences(IEnumerable<TransactionEntry> entries, Caller caller, Collaborators hub)
    {
        _caller = caller;
        _hub = hub;
        foreach (var entry in entries)
            if (entry.Read.FullUrl is { } fullUrl && entry.Target is { } target)
                _targets[fullUrl] = target;
    }

    /// <summary>Rewrites the entry's resource in place; gives the preconditions under which its searched references hold.</summary>
    public async Task<IReadOnlyList<Write>> RewriteAsync(TransactionEntry entry, CancellationToken cancellationToken)
    {
        var searches = new List<Element>();
        Rewrite(entry.Request.Body!.Root, entry, searches, depth: 0);
        var expects = new List<Write>();
        foreach (var reference in searches)
        {
            var text = reference.Value!;
            if (!_searched.TryGetValue(text, out var resolved))
            {
                _searched[text] = resolved = await SearchAsync(text, entry, cancellationToken);
                expects.Add(resolved.Unchanged);
            }

            reference.SetValue(ElementKind.String, resolved.Match!.Reference);
        }

        return expects;
    }

    private void Rewrite(Element element, TransactionEntry entry, List<Element> searches, int depth)
    {
        if (depth > DepthMax)
            throw new Refusal(400, "too-costly", "The resource is nested too deeply.", $"{entry.Path}.resource");
        foreach (var child in element.Children)
        {
            if (child is { Kind: ElementKind.String, Value: { } text })
                Rewrite(child, text, entry, searches);
            if (child.Count > 0)
                Rewrite(child, entry, searches, depth + 1);
        }
    }

    private void Rewrite(Element element, string text, TransactionEntry entry, List<Element> searches)
    {
        if (element.Name == "reference")
        {
            if (_targets.TryGetValue(text, out var target))
                element.SetValue(ElementKind.String, target);
            else if (text.StartsWith(TemporaryPrefix, StringComparison.Ordinal))
                throw new Refusal(422, "not-found", "A reference names a fullUrl that no entry of the Bundle has.", $"{entry.Path}.resource");
            else if (text.Contains('?', StringComparison.Ordinal) && char.IsAsciiLetterUpper(text[0]))
                searches.Add(element);
        }
        else if (element.Name == "div")
        {
            if (text.Contains("\"" + TemporaryPrefix, StringComparison.Ordinal))
                element.SetValue(ElementKind.String, _targets.Aggregate(
                    text, (html, link) => html.Replace($"\"{link.Key}\"", $"\"{link.Value}\"", StringComparison.Ordinal)));
        }
        else if (text.StartsWith(TemporaryPrefix, StringComparison.Ordinal) && !NeverLinks.Contains(element.Name)
            && _targets.TryGetValue(text, out var link))
        {
            element.SetValue(ElementKind.String, link);
        }
    }

    private async Task<Resolved> SearchAsync(string text, TransactionEntry entry, CancellationToken cancellationToken)
    {
        var question = text.IndexOf('?', StringComparison.Ordinal);
        var type = text[..question];
        try
        {
            if (!Conditions.IsServed(type))
                throw new Refusal(400, "not-supported", "A conditional reference names a type that is not served here.");
            if (!_caller.Policy.Allows(type, Deeds.Search))
                throw new Refusal(403, "forbidden", $"This client may not search by {type}.");
            var resolved = await Conditions.ResolveAsync(type, QueryText.Read(text[question..]), _caller, _hub, cancellationToken);
            return resolved.Match is null
                ? throw new Refusal(412, "not-found", "A conditional reference matches nothing.")
                : resolved;
        }
        catch (Refusal refusal)
        {
            throw entry.At(refusal);
        }
    }
}
