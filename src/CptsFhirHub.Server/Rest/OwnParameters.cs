using System.Collections.Frozen;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.FhirPath;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Search;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Rest;

/// <summary>
/// The search parameters in force: those of R4 and of the hub's files, and those that were loaded over FHIR while it runs. A parameter holds
/// for the whole hub; until what is stored has been indexed by it, it is known but not searched by.
/// https://hl7.org/fhir/R4/searchparameter.html
/// </summary>
internal sealed class OwnParameters(DefinitionSet definitions, HubAddress url, HubSettings settings) : IDisposable
{
    private const int CodeLengthMax = 64;
    private const int LoadedMax = 200;

    private static readonly FrozenSet<string> Kinds =
        new[] { "token", "string", "date", "reference", "number", "quantity", "uri" }.ToFrozenSet(StringComparer.Ordinal);

    private readonly SemaphoreSlim _changed = new(0);
    private volatile Shelf _shelf = new(definitions, FrozenSet<string>.Empty, FrozenSet<string>.Empty);

    /// <summary>R4, the hub's files and what was loaded.</summary>
    public DefinitionSet Definitions => _shelf.Definitions;

    /// <summary>Another object each time that parameters come, go or become ready.</summary>
    public object State => _shelf;

    /// <summary>Reads searches by what is in force; made when first asked for, since our own address is known only once the server listens.</summary>
    public SearchQueryParser Parser => _shelf.Parser ??= Searches.Parser(_shelf.Definitions, url.Fhir, settings.Limits, IsReady);

    /// <summary>Told when parameters came, went or became ready.</summary>
    public Action OnChanged { get; set; } = static () => { };

    public bool IsReady(SearchParameter parameter) => !_shelf.Pending.Contains(parameter.Url);

    /// <summary>Puts what was loaded in force; <paramref name="pending"/> are the URLs of those whose index is not filled yet.</summary>
    public void Use(IReadOnlyList<Resource> loaded, IEnumerable<string> pending)
    {
        var urls = loaded.Select(resource => resource.Root.Text("url")!).ToFrozenSet(StringComparer.Ordinal);
        var all = urls.SetEquals(_shelf.Loaded) && loaded.Count == 0 ? definitions : definitions.With(loaded);
        _shelf = new(all, urls, pending.ToFrozenSet(StringComparer.Ordinal));
        OnChanged();
    }

    /// <summary>The same parameters; fewer of them wait.</summary>
    public void Ready(string parameter)
    {
        var now = _shelf;
        _shelf = new(now.Definitions, now.Loaded, now.Pending.Where(pending => pending != parameter).ToFrozenSet(StringComparer.Ordinal));
        OnChanged();
    }

    /// <summary>Waits until somebody has written a SearchParameter, or for a while.</summary>
    public Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken) => _changed.WaitAsync(atMost, cancellationToken);

    /// <summary>The rule on SearchParameters that clients write: one that cannot be served is refused, not kept and passed over.</summary>
    public ValueTask<WriteVerdict> Judge(Stored? current, Resource next, Caller caller, CancellationToken cancellationToken)
    {
        if (next.Type != "SearchParameter")
            return new(WriteVerdict.Fine);
        _changed.Release();
        var root = next.Root;
        if (root.Text("status") != "active" || (root.Text("url") is { } known && definitions.Find("SearchParameter", known) is not null))
            return new(WriteVerdict.Fine);
        var faults = Faults(root).Select(fault => Issue.Error("not-supported", $"SearchParameter.{fault.Element}", fault.Text)).ToList();
        return new(faults.Count == 0 ? WriteVerdict.Fine : new(faults, []));
    }

    public void Dispose() => _changed.Dispose();

    private IEnumerable<(string Element, string Text)> Faults(Element root)
    {
        var code = root.Text("code") ?? "";
        if (code.Length is 0 or > CodeLengthMax || !char.IsAsciiLetterLower(code[0]) || !code.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'))
            yield return ("code", "The code begins with a small letter and has letters, digits and hyphens.");
        if (!Kinds.Contains(root.Text("type") ?? ""))
            yield return ("type", "The type is one of " + string.Join(", ", Kinds.Order(StringComparer.Ordinal)) + ".");
        if (root.Text("expression") is not { } expression)
            yield return ("expression", "The parameter has an expression.");
        else if (!FhirPathExpression.TryParse(expression, out _, out var fault))
            yield return ("expression", $"The expression is no FHIRPath that can work: {fault.Message}");
        var address = root.Text("url");
        if (string.IsNullOrEmpty(address))
            yield return ("url", "The parameter has a url.");
        else if (!_shelf.Loaded.Contains(address) && _shelf.Loaded.Count >= LoadedMax)
            yield return ("url", $"At most {LoadedMax} search parameters are loaded.");
        var types = root.All("base").ToArray().Select(type => type.Value ?? "").ToList();
        if (types.Count == 0 || types.Exists(type => !ServedTypes.All.Contains(type)))
            yield return ("base", "The base names types that are served here.");
        else if (types.Exists(type => Definitions.SearchParameter(type, code) is { } taken && taken.Url != address))
            yield return ("code", "Another search parameter of the type has this code.");
    }

    private sealed record Shelf(DefinitionSet Definitions, FrozenSet<string> Loaded, FrozenSet<string> Pending)
    {
        public SearchQueryParser? Parser { get; set; }
    }
}
