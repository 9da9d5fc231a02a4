using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using CptsFhirHub.Fhir.FhirPath;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Mapping;

/// <summary>A variable as a step saw it.</summary>
/// <param name="Name">Its name in the map.</param>
/// <param name="IsTarget">True for what is being written.</param>
/// <param name="Path">Where it stands in the source; null for a target or a literal.</param>
/// <param name="Type">Its type, when it is known.</param>
/// <param name="Json">What it holds; null when that was too long to keep.</param>
public sealed record MapVariable(string Name, bool IsTarget, string? Path, string? Type, string? Json);

/// <summary>One step of a run: a group begun, a rule begun, or something said meanwhile.</summary>
/// <param name="Level">debug for a step, info for a <c>log</c> clause, warning or error for a fault.</param>
/// <param name="Depth">How many groups and rules it stands in.</param>
/// <param name="Text"><c>Group : name</c>, <c>rule : name</c>, or the message.</param>
/// <param name="Map">The URL of the map.</param>
/// <param name="Place">Where it stands in the map's text.</param>
public sealed record MapEvent(string Level, int Depth, string Text, string Map, MapPlace Place)
{
    /// <summary>The variables of the group and of the rules it stands in, once its targets were made.</summary>
    public IReadOnlyList<MapVariable> Variables { get; internal set; } = [];

    /// <summary>The target after a rule was done, with all inside it; null where it was not kept.</summary>
    public string? State { get; internal set; }
}

/// <summary>
/// What a run does, step by step. Bounded: a long run is told from its beginning as far as it fits.
/// </summary>
public sealed class MapTrace
{
    /// <summary>The steps that are kept.</summary>
    public const int EventsMax = 10_000;

    /// <summary>The characters of values and states that are kept, in all.</summary>
    public const int TextMax = 4_000_000;

    private readonly List<MapEvent> _events = [];
    private readonly Stack<(GroupCode? Group, RuleCode? Rule, MapEvent? Event)> _open = [];
    private Dictionary<Element, string>? _paths;
    private int _text;

    /// <summary>The steps in the order of the run.</summary>
    public IReadOnlyList<MapEvent> Events => _events;

    /// <summary>True when the run had more steps, or longer values, than are kept.</summary>
    public bool IsCut { get; private set; }

    internal void Enter(GroupCode group, Item[] frame, Element source)
    {
        _paths ??= NodePath.All(source);
        var entered = Add("debug", $"Group : {group.Group.Name}", group.Map.Url, group.Group.Place);
        _open.Push((group, null, entered));
        if (entered is not null)
            entered.Variables = Variables(frame);
    }

    internal void Enter(RuleCode rule) => _open.Push((null, rule, Add("debug", $"rule : {rule.Name}", rule.Map.Url, rule.Rule.Place)));

    internal void Filled(RuleCode rule, Item[] frame)
    {
        if (_open.Peek() is { Event: { } entered } top && ReferenceEquals(top.Rule, rule))
            entered.Variables = Variables(frame);
    }

    internal void Leave(GroupCode group)
    {
        if (ReferenceEquals(_open.Peek().Group, group))
            _open.Pop();
    }

    internal void Leave(RuleCode rule, Element target)
    {
        if (!ReferenceEquals(_open.Peek().Rule, rule))
            return;
        if (_open.Pop().Event is { } entered)
            entered.State = Json(new(target, null));
    }

    internal void Say(string level, string text)
    {
        var (map, place) = _open.Count == 0 ? ("", default)
            : _open.Peek() is { Rule: { } rule } ? (rule.Map.Url, rule.Rule.Place)
            : _open.Peek() is { Group: { } group } ? (group.Map.Url, group.Group.Place)
            : ("", default);
        Add(level, text, map, place);
    }

    private MapEvent? Add(string level, string text, string map, MapPlace place)
    {
        if (_events.Count == EventsMax)
        {
            IsCut = true;
            return null;
        }

        var added = new MapEvent(level, _open.Count, text, map, place);
        _events.Add(added);
        return added;
    }

    /// <summary>The variables of the group and of the rules begun in it.</summary>
    private List<MapVariable> Variables(Item[] frame)
    {
        var variables = new List<MapVariable>();
        foreach (var (group, rule, _) in _open)
        {
            foreach (var source in rule?.Sources ?? [])
                Add(source.Source.Variable, source.Slot, isTarget: false);
            foreach (var target in rule?.Targets ?? [])
                Add(target.Target.Variable, target.Slot, isTarget: true);
            if (group is null)
                continue;
            for (var i = 0; i < group.Parameters.Length; i++)
                Add(group.Group.Parameters[i].Name, i, group.Parameters[i].IsTarget);
            break;
        }

        return variables;

        void Add(string? name, int slot, bool isTarget)
        {
            if (name is null || slot < 0 || frame[slot] is not { Content: not null } item || variables.Exists(one => one.Name == name && one.IsTarget == isTarget))
                return;
            var path = item.Element is { } element ? _paths?.GetValueOrDefault(element) : null;
            variables.Add(new(name, isTarget, path, item.TypeName, Json(item)));
        }
    }

    private string? Json(Item item)
    {
        if (_text >= TextMax)
        {
            IsCut = true;
            return null;
        }

        var text = item.Element is { IsPrimitive: false } element ? Encoding.UTF8.GetString(FhirJson.Write(element))
            : item is { Text: { } value } && (item.Element is null or { Kind: ElementKind.String }) ? $"\"{JsonEncodedText.Encode(value, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\""
            : item.Text;
        _text += text?.Length ?? 0;
        return text;
    }
}
