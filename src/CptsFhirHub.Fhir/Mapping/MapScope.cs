using CptsFhirHub.Fhir.FhirPath;

namespace CptsFhirHub.Fhir.Mapping;

/// <summary>
/// The variables that may be used at a place of a map. A source and a target may have the same name: they are told apart by how they are used.
/// Scopes of one group share its frame; a name declared inside hides the one outside.
/// </summary>
internal sealed class MapScope
{
    /// <summary>No slot. Those below it are the map's constants, see <see cref="ConstantCode"/>.</summary>
    public const int None = -1;

    private readonly MapScope? _outer;
    private readonly Frame _frame;
    private readonly int _first;
    private readonly Dictionary<string, int> _sources = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _targets = new(StringComparer.Ordinal);

    private readonly IReadOnlyDictionary<string, int>? _constants;

    public MapScope(IReadOnlyDictionary<string, int>? constants = null)
    {
        _frame = new();
        _constants = constants;
    }

    private MapScope(MapScope outer)
    {
        _outer = outer;
        _frame = outer._frame;
        _constants = outer._constants;
        _first = _frame.Shapes.Count;
    }

    /// <summary>The most slots that were in use at once: the size of the group's frame.</summary>
    public int Slots => _frame.SlotsMax;

    public MapScope Inside() => new(this);

    /// <summary>Gives the scope's slots back. Rules side by side run one after the other, so the next may use them again.</summary>
    public void Leave() => _frame.Shapes.RemoveRange(_first, _frame.Shapes.Count - _first);

    /// <summary>Takes the next slot; a variable without a name has one too.</summary>
    public int Declare(string? name, bool isTarget, Shape? shape)
    {
        var slot = _frame.Shapes.Count;
        _frame.Shapes.Add(shape);
        _frame.SlotsMax = Math.Max(_frame.SlotsMax, _frame.Shapes.Count);
        if (name is not null)
            (isTarget ? _targets : _sources)[name] = slot;
        return slot;
    }

    /// <summary>The slot of a variable, or <see cref="None"/>; a source is looked for first when <paramref name="source"/>, else targets alone. The map's constants are hidden by both.</summary>
    public int Find(string name, bool source)
    {
        for (var scope = source ? this : null; scope is not null; scope = scope._outer)
            if (scope._sources.TryGetValue(name, out var slot))
                return slot;
        for (var scope = this; scope is not null; scope = scope._outer)
            if (scope._targets.TryGetValue(name, out var slot))
                return slot;
        return source && _constants is not null && _constants.TryGetValue(name, out var constant) ? constant : None;
    }

    public Shape? ShapeAt(int slot) => slot < 0 ? null : _frame.Shapes[slot];

    /// <summary>The names that could have been meant, for an error text.</summary>
    public string Known()
    {
        var names = new List<string>();
        for (var scope = this; scope is not null; scope = scope._outer)
            names.AddRange(scope._sources.Keys.Concat(scope._targets.Keys));
        names.AddRange(_constants?.Keys ?? []);
        return names.Count == 0 ? "" : $" (there are {string.Join(", ", names.Distinct(StringComparer.Ordinal))})";
    }

    private sealed class Frame
    {
        public List<Shape?> Shapes { get; } = [];

        public int SlotsMax { get; set; }
    }
}
