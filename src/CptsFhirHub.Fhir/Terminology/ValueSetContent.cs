using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Terminology;

/// <summary>One code of an expansion. https://hl7.org/fhir/R4/valueset-definitions.html#ValueSet.expansion.contains</summary>
/// <param name="System">The code system.</param>
/// <param name="Code">The code.</param>
/// <param name="Display">Its text, or null.</param>
public sealed record ExpandedCode(string System, string Code, string? Display)
{
    /// <summary>True for a grouper.</summary>
    public bool IsAbstract { get; init; }

    /// <summary>True for a code no longer used.</summary>
    public bool IsInactive { get; init; }
}

/// <summary>The codes of one value set, by its rules rather than as a list. https://hl7.org/fhir/R4/valueset.html</summary>
public sealed class ValueSetContent
{
    private const int DepthMax = 12;

    // Codes of one expansion; beyond, nobody reads the list.
    private const int ExpansionMax = 50_000;

    private readonly Vocabulary _vocabulary;
    private readonly Dictionary<string, ValueSetContent> _contained = new(StringComparer.Ordinal);
    private readonly Part[] _includes;
    private readonly Part[] _excludes;
    private readonly Dictionary<string, List<ExpandedCode>>? _expansion;

    private ValueSetContent(Vocabulary vocabulary, Element content)
    {
        _vocabulary = vocabulary;
        Url = content.Text("url") ?? "";
        Version = content.Text("version");
        Source = content;
        foreach (var contained in content.All("contained"))
            if (contained.ResourceType == "ValueSet" && contained.Text("id") is { } id)
                _contained[$"#{id}"] = new(vocabulary, contained);
        var compose = content.Child("compose");
        _includes = compose is null ? [] : Part.ReadAll(vocabulary, compose.All("include"));
        _excludes = compose is null ? [] : Part.ReadAll(vocabulary, compose.All("exclude"));
        if (_includes.Length == 0 && content.Child("expansion") is { } expansion)
        {
            _expansion = new(StringComparer.Ordinal);
            AddExpanded(expansion, 0);
        }
    }

    /// <summary>The canonical URL.</summary>
    public string Url { get; }

    /// <summary>The business version, or null.</summary>
    public string? Version { get; }

    /// <summary>The resource.</summary>
    internal Element Source { get; }

    /// <summary>The place of the first filter that says too little to be used; null when there is none.</summary>
    internal string? BrokenFilter
    {
        get
        {
            for (var i = 0; i < _includes.Length; i++)
                if (_includes[i].BrokenFilter is { } at)
                    return $"ValueSet.compose.include[{i}].filter[{at}]";
            for (var i = 0; i < _excludes.Length; i++)
                if (_excludes[i].BrokenFilter is { } at)
                    return $"ValueSet.compose.exclude[{i}].filter[{at}]";
            return null;
        }
    }

    /// <summary>The value sets it names that are not at hand.</summary>
    internal IEnumerable<string> Missing =>
        _includes.Concat(_excludes).SelectMany(part => part.ValueSets).Where(url => Named(url) is null).Distinct(StringComparer.Ordinal);

    /// <summary>The code systems it draws from, in the version used, with those of the value sets it names.</summary>
    internal IReadOnlyList<CodeSystemContent> CodeSystems
    {
        get
        {
            var found = new List<CodeSystemContent>();
            Gather(this, 0);
            return found;

            void Gather(ValueSetContent set, int depth)
            {
                foreach (var part in set._includes)
                {
                    if (part.CodeSystem is { } system && !found.Contains(system))
                        found.Add(system);
                    foreach (var url in depth < DepthMax ? part.ValueSets : [])
                        if (set.Named(url) is { } inner)
                            Gather(inner, depth + 1);
                }
            }
        }
    }

    /// <summary>The element that lists a code, with the value set's own texts for it; null when it is not listed.</summary>
    internal Element? Listed(string system, string code) =>
        _includes.Where(part => part.System == system).Select(part => part.Listed?.GetValueOrDefault(code)).FirstOrDefault(listed => listed is not null);

    /// <summary>Is the code in the set? With <paramref name="system"/> null, in any system of the set.</summary>
    public Membership Contains(string? system, string code) => Contains(system, code, 0);

    /// <summary>The systems the set draws from, as far as it names them.</summary>
    public IEnumerable<string> Systems => _includes.Select(part => part.System).OfType<string>().Distinct(StringComparer.Ordinal);

    /// <summary>The text the value set itself gives for a code, or null.</summary>
    public string? Display(string system, string code) =>
        _includes
            .Where(part => part.System == system)
            .Select(part => part.Listed?.GetValueOrDefault(code)?.Text("display"))
            .FirstOrDefault(text => text is not null);

    /// <summary>Every code of the set; null when a part of it is not at hand or it has too many.</summary>
    public IReadOnlyList<ExpandedCode>? Expand() => Expand(0);

    internal static ValueSetContent Read(Vocabulary vocabulary, Element content) => new(vocabulary, content);

    /// <summary>A value set that this one names: one inside it, by <c>#id</c>, or one at hand.</summary>
    private ValueSetContent? Named(string url) => url.StartsWith('#') ? _contained.GetValueOrDefault(url) : _vocabulary.ValueSet(url);

    private Membership Contains(string? system, string code, int depth)
    {
        if (depth > DepthMax)
            return Membership.Unknown;
        if (_expansion is not null)
            return _expansion.TryGetValue(code, out var found) && (system is null || found.Exists(one => one.System == system))
                ? Membership.Yes
                : Membership.No;

        var result = Any(_includes, system, code, depth);
        if (result == Membership.No || _excludes.Length == 0)
            return result;
        return Any(_excludes, system, code, depth) switch
        {
            Membership.Yes => Membership.No,
            Membership.Unknown => Membership.Unknown,
            _ => result,
        };
    }

    private Membership Any(Part[] parts, string? system, string code, int depth)
    {
        var result = Membership.No;
        foreach (var part in parts)
        {
            var one = InPart(part, system, code, depth);
            if (one == Membership.Yes)
                return Membership.Yes;
            if (one == Membership.Unknown)
                result = Membership.Unknown;
        }

        return result;
    }

    private Membership InPart(Part part, string? system, string code, int depth)
    {
        var result = part.System is null ? Membership.Yes : part.Contains(system, code);
        foreach (var valueSet in part.ValueSets)
        {
            if (result == Membership.No)
                break;
            var inside = Named(valueSet)?.Contains(system, code, depth + 1) ?? Membership.Unknown;
            if (inside != Membership.Yes)
                result = inside;
        }

        return part.System is null && part.ValueSets.Length == 0 ? Membership.No : result;
    }

    private List<ExpandedCode>? Expand(int depth)
    {
        if (depth > DepthMax)
            return null;
        if (_expansion is not null)
            return [.. _expansion.Values.SelectMany(codes => codes)];

        var found = new List<ExpandedCode>();
        var seen = new HashSet<(string, string)>();
        foreach (var part in _includes)
        {
            var codes = part.System is not null ? part.Enumerate()
                : part.ValueSets.Length == 0 ? []
                : Named(part.ValueSets[0])?.Expand(depth + 1);
            if (codes is null)
                return null;
            foreach (var code in codes)
            {
                // What cannot be told must not be left out silently: then there is no expansion.
                var isIn = InPart(part, code.System, code.Code, depth);
                var isOut = Any(_excludes, code.System, code.Code, depth);
                if (isIn == Membership.Unknown || isIn == Membership.Yes && isOut == Membership.Unknown)
                    return null;
                if (isIn != Membership.Yes || isOut == Membership.Yes || !seen.Add((code.System, code.Code)))
                    continue;

                if (found.Count == ExpansionMax)
                    return null;
                found.Add(code);
            }
        }

        return found;
    }

    private void AddExpanded(Element holder, int depth)
    {
        if (depth > DepthMax)
            return;
        foreach (var one in holder.All("contains"))
        {
            if (one.Text("code") is { } code && one.Text("system") is { } system)
            {
                if (!_expansion!.TryGetValue(code, out var list))
                    _expansion[code] = list = [];
                list.Add(new(system, code, one.Text("display"))
                {
                    IsAbstract = one.Text("abstract") == "true",
                    IsInactive = one.Text("inactive") == "true",
                });
            }

            AddExpanded(one, depth + 1);
        }
    }

    /// <summary>One include or exclude: a system, its codes listed or filtered, and value sets to intersect with.</summary>
    private sealed class Part
    {
        private readonly CodeSystemContent? _codeSystem;
        private readonly (string Property, string Op, string Value)[] _filters;

        private Part(Vocabulary vocabulary, Element element)
        {
            System = element.Text("system");
            var sets = new List<string>();
            foreach (var set in element.All("valueSet"))
                if (set.Value is { } url)
                    sets.Add(url);
            ValueSets = [.. sets];

            if (element.Child("concept") is not null)
            {
                Listed = new(StringComparer.Ordinal);
                foreach (var concept in element.All("concept"))
                    if (concept.Text("code") is { } code)
                        Listed[code] = concept;
            }

            var filters = new List<(string, string, string)>();
            foreach (var filter in element.All("filter"))
                filters.Add((filter.Text("property") ?? "", filter.Text("op") ?? "", filter.Text("value") ?? ""));
            _filters = [.. filters];
            if (System is not null)
            {
                var version = element.Text("version");
                _codeSystem = (version is null ? null : vocabulary.CodeSystem(System + "|" + version)) ?? vocabulary.CodeSystem(System);
            }
        }

        public string? System { get; }

        public string[] ValueSets { get; }

        /// <summary>The codes listed, each with its element; null when the part is not a list.</summary>
        public Dictionary<string, Element>? Listed { get; }

        public CodeSystemContent? CodeSystem => _codeSystem;

        /// <summary>The index of a filter without a property, an operator or a value.</summary>
        public int? BrokenFilter
        {
            get
            {
                var at = Array.FindIndex(_filters, filter => filter.Property.Length == 0 || filter.Op.Length == 0 || filter.Value.Length == 0);
                return at < 0 ? null : at;
            }
        }

        public static Part[] ReadAll(Vocabulary vocabulary, ReadOnlySpan<Element> elements)
        {
            var parts = new Part[elements.Length];
            for (var i = 0; i < parts.Length; i++)
                parts[i] = new(vocabulary, elements[i]);
            return parts;
        }

        public Membership Contains(string? system, string code)
        {
            if (system is not null && !string.Equals(system, System, StringComparison.Ordinal))
                return Membership.No;
            if (Listed is not null)
                return Listed.ContainsKey(code) ? Membership.Yes : Membership.No;
            if (_filters.Length == 0 && GrammarSystems.Check(System!, code) is { } told)
                return told ? Membership.Yes : Membership.No;
            if (_codeSystem?.Find(code) is not { } concept)
                return _codeSystem is { IsComplete: true } ? Membership.No : Membership.Unknown;
            return Filtered(concept);
        }

        public IEnumerable<ExpandedCode>? Enumerate()
        {
            // A code that its own code system does not have is none: the list is wrong there.
            if (Listed is not null)
                return Listed.Where(pair => _codeSystem is not { IsComplete: true } known || known.Find(pair.Key) is not null)
                    .Select(pair => Expanded(pair.Key, pair.Value.Text("display")));
            // Of a fragment the codes at hand are given; what asks must say that there may be more.
            if (_codeSystem is not ({ IsComplete: true } or { IsFragment: true }) || _codeSystem.Concepts.Any(concept => Filtered(concept) == Membership.Unknown))
                return null;
            return _codeSystem.Concepts
                .Where(concept => Filtered(concept) == Membership.Yes)
                .Select(concept => Expanded(concept.Code, null));
        }

        private ExpandedCode Expanded(string code, string? display)
        {
            var concept = _codeSystem?.Find(code);
            return new(System!, code, display ?? concept?.Display)
            {
                IsAbstract = concept?.IsAbstract == true,
                IsInactive = concept?.IsInactive == true,
            };
        }

        private Membership Filtered(Concept concept)
        {
            foreach (var (property, op, value) in _filters)
            {
                switch (_codeSystem!.Passes(concept, property, op, value))
                {
                    case null:
                        return Membership.Unknown;
                    case false:
                        return Membership.No;
                }
            }

            return Membership.Yes;
        }
    }
}
