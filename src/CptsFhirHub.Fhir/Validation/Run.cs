using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.FhirPath;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Terminology;

namespace CptsFhirHub.Fhir.Validation;

/// <summary>One check of one resource: where it stands, what it found, and the resources around.</summary>
internal sealed class Run
{
    // Profiles that refer to each other's types and targets could go round for ever.
    private const int ProfilesDeepMax = 12;

    // A step is a rule of a profile held against a node, or an item held against a slice: some seconds in all.
    private const int StepsMax = 3_000_000;

    // Evaluations given up, each of which may have taken its whole time.
    private const int FailuresMax = 20;

    private readonly List<Issue> _issues = [];
    private int _profilesDeep;
    private bool _isTrying;
    private bool _hasFailed;
    private Dictionary<string, HashSet<Element>?>? _selections;
    private HashSet<string>? _ids;
    private HashSet<string>? _untold;
    private Dictionary<(Element, string), bool>? _met;
    private int _steps;
    private int _failures;
    private Element? _indexed;
    private BundleIndex? _index;
    private EvaluationContext? _evaluation;

    public Run(Validator validator, Element root, string language)
    {
        Validator = validator;
        Language = language;
        Resource = RootResource = root;
    }

    public Validator Validator { get; }

    public Location Location { get; } = new();

    public IReadOnlyList<Issue> Issues => _issues;

    /// <summary>The resource being looked at: %resource.</summary>
    public Element Resource { get; private set; }

    /// <summary>The resource that holds it when it is contained, else itself: %rootResource.</summary>
    public Element RootResource { get; private set; }

    /// <summary>The innermost Bundle or Parameters around, or null.</summary>
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
        InSlice = InSlice,
        Subsumes = Subsumes,
    };

    /// <summary>True when nothing more needs to be looked for.</summary>
    public bool IsFull => _issues.Count >= Validator.Options.IssuesMax || (_isTrying && _hasFailed) || IsExhausted;

    /// <summary>True when the check has cost all that it may.</summary>
    public bool IsExhausted => _steps > StepsMax || _failures > FailuresMax;

    /// <summary>The language of the issues' texts.</summary>
    public string Language { get; }

    /// <summary>What narratives hold that links can lead to, and the links not yet followed.</summary>
    public NarrativeLinks Links { get; } = new();

    public void Error(string code, Phrase phrase, string rule, params ReadOnlySpan<object?> parts) =>
        Report(Severity.Error, code, phrase, rule, parts);

    public void Warning(string code, Phrase phrase, string rule, params ReadOnlySpan<object?> parts) =>
        Report(Severity.Warning, code, phrase, rule, parts);

    public void Report(Severity severity, string code, Phrase phrase, string rule, params ReadOnlySpan<object?> parts)
    {
        if (_isTrying)
            _hasFailed |= severity >= Severity.Error;
        else if (_issues.Count < Validator.Options.IssuesMax)
            _issues.Add(new(severity, code, Location.ToString(), phrase.In(Language, parts)) { Rule = rule });
    }

    /// <summary>The same for a child of the place where the check stands.</summary>
    public void ReportAt(Element child, Severity severity, string code, Phrase phrase, string rule, params ReadOnlySpan<object?> parts)
    {
        Location.Push(child, null, -1);
        Report(severity, code, phrase, rule, parts);
        Location.Pop();
    }

    /// <summary>The same for a place that was noted before.</summary>
    public void ReportPlace(Severity severity, string code, string place, Phrase phrase, string rule)
    {
        if (_issues.Count < Validator.Options.IssuesMax)
            _issues.Add(new(severity, code, place, phrase.In(Language)) { Rule = rule });
    }

    /// <summary>
    /// What an expression selects in the resource being looked at, evaluated once however often it is asked; null when it cannot be
    /// told. Thousands of extensions may share a context.
    /// </summary>
    public HashSet<Element>? Selected(string expression)
    {
        if (_selections?.TryGetValue(expression, out var known) == true)
            return known;
        HashSet<Element>? found = null;
        if (InvariantCheck.Expression(expression) is { } selection)
        {
            try
            {
                found = new(ReferenceEqualityComparer.Instance);
                foreach (var item in selection.Evaluate(Item.Of(Resource), Evaluation))
                    if (item.Element is { } element)
                        found.Add(element);
            }
            catch (FhirPathException)
            {
                found = null;
            }
        }

        (_selections ??= new(StringComparer.Ordinal))[expression] = found;
        return found;
    }

    /// <summary>False when the id of an element was met before in the resource.</summary>
    public bool IsNewId(string id) => (_ids ??= new(StringComparer.Ordinal)).Add(id);

    /// <summary>Enters a resource; give back what it returns to <see cref="Leave"/>.</summary>
    public Surroundings Enter(Element resource, bool isContained, string? fullUrl)
    {
        var before = new Surroundings(Resource, RootResource, Bundle, FullUrl, _selections, _ids);
        if (!isContained)
        {
            if (Resource.ResourceType is "Bundle" or "Parameters" && !ReferenceEquals(Resource, resource))
                Bundle = Resource;
            RootResource = resource;
            FullUrl = fullUrl;
            _ids = null;
        }

        Resource = resource;
        (_evaluation, _selections) = (null, null);
        return before;
    }

    public void Leave(Surroundings before)
    {
        (Resource, RootResource, Bundle, FullUrl, _selections, _ids) = before;
        _evaluation = null;
    }

    /// <summary>True when the check finds no error; what it finds is forgotten, and it ends at the first error.</summary>
    public bool Passes(Action check)
    {
        if (IsFull)
            return true;
        var (wasTrying, hadFailed) = (_isTrying, _hasFailed);
        (_isTrying, _hasFailed) = (true, false);
        check();
        var passes = !_hasFailed;
        (_isTrying, _hasFailed) = (wasTrying, hadFailed);
        return passes;
    }

    /// <summary>
    /// True when a node meets a profile, each asked once: profiles and resources may lead back to each other, and a node that is being
    /// looked at counts as meeting it.
    /// </summary>
    public bool Meets(Element node, ChildDefinition definition, string profile)
    {
        _met ??= [];
        if (_met.TryGetValue((node, profile), out var known))
            return known;
        _met[(node, profile)] = true;
        return _met[(node, profile)] = Passes(() => ProfileCheck.Conforms(this, node, definition, profile));
    }

    /// <summary>What is said when the check has cost all that it may: the rest is not known to be right.</summary>
    public Issue TooCostly(Element root) =>
        new(Severity.Error, "too-costly", root.ResourceType ?? "", Phrases.TooCostly.In(Language)) { Rule = "cost" };

    /// <summary>Counts one step of work.</summary>
    public void Step() => _steps++;

    /// <summary>Counts an evaluation given up.</summary>
    public void Fail() => _failures++;

    /// <summary>Whether the whole text matches; null when that cannot be told, or could not be of an earlier text.</summary>
    public bool? Matches(string text, string pattern)
    {
        if (_untold?.Contains(pattern) == true)
            return null;
        if (Patterns.Matches(text, pattern) is { } told)
            return told;
        (_untold ??= new(StringComparer.Ordinal)).Add(pattern);
        Fail();
        return null;
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
                (_indexed, _index) = (bundle, BundleIndex.Of(bundle));
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
        // A base type is met with all its own rules, not by name alone.
        if (Validator.Definitions.Type(profile) is not null)
        {
            var passes = true;
            Deeper(() => passes = Passes(() => StructureCheck.Node(this, element, definition)));
            return passes && Meets(element, definition, profile);
        }

        return Meets(element, definition, profile);
    }

    // FHIRPath's slice(): null for a structure or a slice that is not at hand.
    private bool? InSlice(Item item, string structure, string name)
    {
        if (item.Element is not { } element || item.Shape is not { Node: var definition } || Validator.Profile(structure) is not { } profile)
            return null;
        return Slice(profile.Root, definition.Element.Name, name) is { } slice ? SliceConditions.Match(this, element, definition, slice) : null;
    }

    private static ProfileNode? Slice(ProfileNode node, string element, string name)
    {
        foreach (var slice in node.Slices)
            if (slice.Name == element && slice.SliceName == name)
                return slice;
        foreach (var below in node.Children.Concat(node.Slices))
            if (Slice(below, element, name) is { } found)
                return found;
        return null;
    }

    // FHIRPath's subsumes(): a Coding, or any coding of a CodeableConcept, subsumes one of the other.
    private bool? Subsumes(Item one, Item other)
    {
        bool? answer = null;
        foreach (var (system, code) in Codings(one))
        {
            foreach (var (otherSystem, otherCode) in Codings(other))
            {
                if (system != otherSystem || Validator.Vocabulary.Subsumes(system, code, otherCode) is not { } told)
                    continue;
                if (told)
                    return true;
                answer = false;
            }
        }

        return answer;
    }

    private static IEnumerable<(string System, string Code)> Codings(Item item)
    {
        if (item.Element is not { } element)
            yield break;
        if (element.Text("system") is { } system && element.Text("code") is { } code)
            yield return (system, code);
        for (var i = 0; i < element.Count; i++)
            if (element[i].Name == "coding" && element[i].Text("system") is { } of && element[i].Text("code") is { } given)
                yield return (of, given);
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
internal readonly record struct Surroundings(
    Element Resource, Element RootResource, Element? Bundle, string? FullUrl,
    Dictionary<string, HashSet<Element>?>? Selections, HashSet<string>? Ids);
