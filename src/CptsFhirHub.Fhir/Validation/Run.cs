using CptsFhirHub.Fhir.FhirPath;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Validation;

/// <summary>One check of one resource: where it stands, what it found, and the resources around.</summary>
internal sealed class Run
{
    // Profiles that refer to each other's types and targets could go round for ever.
    private const int ProfilesDeepMax = 12;

    private readonly List<Issue> _issues = [];
    private int _profilesDeep;
    private Element? _indexed;
    private BundleIndex? _index;
    private EvaluationContext? _evaluation;

    public Run(Validator validator, Element root)
    {
        Validator = validator;
        Resource = RootResource = root;
    }

    public Validator Validator { get; }

    public Location Location { get; } = new();

    public IReadOnlyList<Issue> Issues => _issues;

    /// <summary>The resource being looked at: %resource.</summary>
    public Element Resource { get; private set; }

    /// <summary>The resource that holds it when it is contained, else itself: %rootResource.</summary>
    public Element RootResource { get; private set; }

    /// <summary>The innermost Bundle around, or null.</summary>
    public Element? Bundle { get; private set; }

    /// <summary>The fullUrl of the entry that holds the resource, or null.</summary>
    public string? FullUrl { get; private set; }

    /// <summary>What invariants of the resource being looked at are evaluated with.</summary>
    public EvaluationContext Evaluation => _evaluation ??= new()
    {
        Now = Validator.Options.Now?.Invoke(),
        Resource = Resource,
        RootResource = RootResource,
        Resolve = Resolve,
        MemberOf = MemberOf,
        ConformsTo = ConformsTo,
    };

    public bool IsFull => _issues.Count >= Validator.Options.IssuesMax;

    public void Error(string code, string text, string rule) => Report(Severity.Error, code, text, rule);

    public void Warning(string code, string text, string rule) => Report(Severity.Warning, code, text, rule);

    public void Report(Severity severity, string code, string text, string rule)
    {
        if (_issues.Count < Validator.Options.IssuesMax)
            _issues.Add(new(severity, code, Location.ToString(), text) { Rule = rule });
    }

    /// <summary>Enters a resource; give back what it returns to <see cref="Leave"/>.</summary>
    public Surroundings Enter(Element resource, bool isContained, string? fullUrl)
    {
        var before = new Surroundings(Resource, RootResource, Bundle, FullUrl);
        if (!isContained)
        {
            if (Resource.ResourceType == "Bundle" && !ReferenceEquals(Resource, resource))
                Bundle = Resource;
            RootResource = resource;
            FullUrl = fullUrl;
        }

        Resource = resource;
        _evaluation = null;
        return before;
    }

    public void Leave(Surroundings before)
    {
        (Resource, RootResource, Bundle, FullUrl) = before;
        _evaluation = null;
    }

    /// <summary>True when the check adds no error; what it reports is forgotten.</summary>
    public bool Passes(Action check)
    {
        var before = _issues.Count;
        if (IsFull)
            return true;
        check();
        var passes = true;
        for (var i = before; i < _issues.Count && passes; i++)
            passes = !_issues[i].IsError;
        _issues.RemoveRange(before, _issues.Count - before);
        return passes;
    }

    /// <summary>Runs a check of another profile unless profiles already lead too deep into each other.</summary>
    public void Deeper(Action check)
    {
        if (_profilesDeep >= ProfilesDeepMax)
            return;
        _profilesDeep++;
        check();
        _profilesDeep--;
    }

    /// <summary>The resource a reference points to: contained, in the Bundle around, or fetched by the caller. Null when unknown.</summary>
    public Element? Resolve(string reference)
    {
        if (reference.StartsWith('#'))
            return reference.Length == 1 ? RootResource : Contained(reference[1..]);
        if (Bundle is { } bundle)
        {
            if (!ReferenceEquals(_indexed, bundle))
                (_indexed, _index) = (bundle, new(bundle));
            if (_index!.Find(reference, FullUrl) is { } found)
                return found;
        }

        return Validator.Options.Resolve?.Invoke(reference);
    }

    private bool? MemberOf(Item item, string valueSet) => BindingCheck.MemberOf(Validator.Vocabulary, item.Element, item.Text, valueSet);

    // FHIRPath's conformsTo: null for a profile that is not at hand.
    private bool? ConformsTo(Item item, string profile)
    {
        if (item.Element is not { } element || item.Shape is not { } shape)
            return null;
        if (Validator.Definitions.Type(profile) is null && Validator.Profile(profile) is null)
            return null;
        var definition = element.ResourceType is { } type ? Validator.Definitions.Type(type)?.Node : shape.Node;
        if (definition is null)
            return null;
        var passes = true;
        Deeper(() => passes = Passes(() => ProfileCheck.Conforms(this, element, definition, profile)));
        return passes;
    }

    private Element? Contained(string id)
    {
        foreach (var contained in RootResource.All("contained"))
            if (contained.Text("id") == id)
                return contained;
        return null;
    }
}

/// <summary>The resources around a place, to go back to.</summary>
internal readonly record struct Surroundings(Element Resource, Element RootResource, Element? Bundle, string? FullUrl);
