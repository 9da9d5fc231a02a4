using System.Text;
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
    private readonly IReadOnlyList<TransactionEntry> _entries;
    private readonly IReadOnlySet<string> _deleted;
    private readonly Dictionary<string, string> _searched = new(StringComparer.Ordinal);
    private readonly Caller _caller;
    private readonly Collaborators _hub;

    public BundleReferences(IReadOnlyList<TransactionEntry> entries, IReadOnlySet<string> deleted, Caller caller, Collaborators hub)
    {
        _entries = entries;
        _deleted = deleted;
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
            if (!_searched.TryGetValue(text, out var found))
            {
                var (resolved, target) = await SearchAsync(text, entry, cancellationToken);
                _searched[text] = found = target;
                expects.Add(resolved.Unchanged);
            }

            reference.SetValue(ElementKind.String, found);
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
            if (Target(text, entry) is { } target)
                element.SetValue(ElementKind.String, target);
            else if (text.StartsWith(TemporaryPrefix, StringComparison.Ordinal))
                throw new Refusal(422, "not-found", "A reference names a fullUrl that no entry of the Bundle has.", $"{entry.Path}.resource");
            else if (text.Contains('?', StringComparison.Ordinal) && char.IsAsciiLetterUpper(text[0]))
                searches.Add(element);
        }
        else if (element.Name == "div")
        {
            if (Linked(text, entry) is { } html)
                element.SetValue(ElementKind.String, html);
        }
        else if (text.StartsWith(TemporaryPrefix, StringComparison.Ordinal) && !NeverLinks.Contains(element.Name)
            && _targets.TryGetValue(text, out var link))
        {
            element.SetValue(ElementKind.String, link);
        }
    }

    /// <summary>
    /// The resource an entry's reference means inside the Bundle: a fullUrl as it stands, or a relative reference below the base of the
    /// entry's own fullUrl. https://hl7.org/fhir/R4/bundle.html#references
    /// </summary>
    private string? Target(string text, TransactionEntry entry)
    {
        if (_targets.TryGetValue(text, out var exact))
            return exact;
        if (text.Contains(':', StringComparison.Ordinal) || text.Split('/') is not [{ Length: > 0 } type, { Length: > 0 } id] || !char.IsAsciiLetterUpper(type[0]))
            return null;
        return _targets.GetValueOrDefault($"{BaseOf(entry.Read.FullUrl) ?? _hub.Url.Fhir}/{type}/{id}");
    }

    /// <summary>What stands before <c>/Type/id</c> in a fullUrl of a FHIR server; null for any other.</summary>
    private static string? BaseOf(string? fullUrl)
    {
        if (fullUrl is null || !fullUrl.StartsWith("http", StringComparison.Ordinal))
            return null;
        var id = fullUrl.LastIndexOf('/');
        var type = id > 0 ? fullUrl.LastIndexOf('/', id - 1) : -1;
        return type > 0 && char.IsAsciiLetterUpper(fullUrl[type + 1]) ? fullUrl[..type] : null;
    }

    /// <summary>A narrative with the links and images that name entries turned into references by id; null when it has none.</summary>
    private string? Linked(string html, TransactionEntry entry)
    {
        StringBuilder? linked = null;
        var done = 0;
        for (var at = html.IndexOf('=', StringComparison.Ordinal); at >= 0 && at + 1 < html.Length; at = html.IndexOf('=', at + 1))
        {
            var quote = html[at + 1];
            var isLink = html.AsSpan(0, at).EndsWith("href", StringComparison.Ordinal) || html.AsSpan(0, at).EndsWith("src", StringComparison.Ordinal);
            if (!isLink || quote is not ('"' or '\'') || html.IndexOf(quote, at + 2) is not (var end and > 0))
                continue;
            if (Target(html[(at + 2)..end], entry) is { } target)
            {
                (linked ??= new()).Append(html, done, at + 2 - done).Append(target);
                done = end;
            }

            at = end;
        }

        return linked?.Append(html, done, html.Length - done).ToString();
    }

    /// <summary>
    /// The resources that this transaction is about to create and that the condition will match: references are resolved last.
    /// </summary>
    private HashSet<string> Written(string type, List<KeyValuePair<string, string>> criteria)
    {
        var condition = QueryText.Write(criteria);
        var written = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in _entries)
        {
            if (entry.Request.Type != type || entry.Kind is not (EntryKind.Create or EntryKind.Update) || entry.Target is not { } target
                || entry.Match is not null)
                continue;
            if (entry.Criteria is { } own && QueryText.Write(own) == condition || Bears(entry.Request.Body!.Root, criteria))
                written.Add(target);
        }

        return written;
    }

    /// <summary>True when the criteria are identifiers alone and the resource bears them all.</summary>
    private static bool Bears(Element resource, List<KeyValuePair<string, string>> criteria)
    {
        foreach (var (name, value) in criteria)
        {
            if (name != "identifier" || value.Contains(',', StringComparison.Ordinal))
                return false;
            var bar = value.IndexOf('|', StringComparison.Ordinal);
            var (system, code) = bar < 0 ? (null, value) : (value[..bar], value[(bar + 1)..]);
            var bears = false;
            foreach (var identifier in resource.All("identifier"))
                bears |= (identifier.Text("value") == code || code.Length == 0 && bar >= 0) && (system is null || (identifier.Text("system") ?? "") == system);
            if (!bears)
                return false;
        }

        return criteria.Count > 0;
    }

    private async Task<(Resolved Resolved, string Target)> SearchAsync(string text, TransactionEntry entry, CancellationToken cancellationToken)
    {
        var question = text.IndexOf('?', StringComparison.Ordinal);
        var type = text[..question];
        try
        {
            if (!Conditions.IsServed(type))
                throw new Refusal(400, "not-supported", "A conditional reference names a type that is not served here.");
            if (!_caller.Policy.Allows(type, Deeds.Search))
                throw new Refusal(403, "forbidden", $"This client may not search by {type}.");
            var criteria = QueryText.Read(text[question..]);
            var resolved = await Conditions.ResolveAsync(type, criteria, _caller, _hub, cancellationToken);
            var targets = Written(type, criteria);
            if (resolved.Match is { } match && !_deleted.Contains(match.Reference))
                targets.Add(match.Reference);
            return targets.Count switch
            {
                1 => (resolved, targets.First()),
                0 => throw new Refusal(412, "not-found", "A conditional reference matches nothing."),
                _ => throw new Refusal(412, "multiple-matches", "A conditional reference matches several resources."),
            };
        }
        catch (Refusal refusal)
        {
            throw entry.At(refusal);
        }
    }
}
