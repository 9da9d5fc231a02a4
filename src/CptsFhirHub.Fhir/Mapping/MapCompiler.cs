using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.FhirPath;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Mapping;

/// <summary>What compiling a map and those it imports gave; without an entry it cannot be run.</summary>
internal sealed record MapProgram(GroupCode? Entry, GroupTable Groups, ConstantCode[] Constants, List<Issue> Issues);

/// <summary>
/// Makes a map ready to run, with the maps it imports. Every name is checked here, as far as the declared types reach, so that a
/// typing error in a map is found when it is loaded and not when a patient's message comes in.
/// </summary>
internal sealed class MapCompiler
{
    private readonly DefinitionSet _definitions;
    private readonly List<Issue> _issues = [];
    private int _faults;
    private readonly Dictionary<StructureMap, Dictionary<string, GroupCode>> _groups = [];
    private readonly Dictionary<StructureMap, Dictionary<string, int>> _constantSlots = [];
    private readonly List<ConstantCode> _constants = [];

    private MapCompiler(DefinitionSet definitions) => _definitions = definitions;

    /// <param name="maps">The map, then those it imports, directly or not.</param>
    /// <param name="definitions">Types and models.</param>
    public static MapProgram Compile(IReadOnlyList<StructureMap> maps, DefinitionSet definitions)
    {
        var compiler = new MapCompiler(definitions);
        foreach (var map in maps)
            compiler.Declare(map);
        compiler.FillConstants();
        foreach (var map in maps)
            foreach (var group in map.Groups)
                if (compiler._groups[map].TryGetValue(group.Name, out var code) && ReferenceEquals(code.Group, group))
                    compiler.Fill(maps, map, code);

        compiler.CheckExtends();
        var faults = compiler._faults;
        var entry = maps[0].Groups.Count == 0 ? null : compiler._groups[maps[0]][maps[0].Groups[0].Name];
        if (entry is not null && (entry.Parameters.Count(p => !p.IsTarget) != 1 || entry.Parameters.Count(p => p.IsTarget) != 1))
            compiler.Fault(maps[0], entry.Group.Place, $"A run starts with the first group, '{entry.Group.Name}': it takes one source and one target.");
        if (compiler._faults > faults)
            entry = null;
        return new(entry, new(compiler._groups.Values.SelectMany(groups => groups.Values)), [.. compiler._constants], compiler._issues);
    }

    private void Declare(StructureMap map)
    {
        var groups = new Dictionary<string, GroupCode>(StringComparer.Ordinal);
        _groups[map] = groups;
        foreach (var group in map.Groups)
        {
            var code = new GroupCode(group, map)
            {
                Parameters = [.. group.Parameters.Select(parameter => Parameter(map, parameter))],
            };
            if (!groups.TryAdd(group.Name, code))
                Fault(map, group.Place, $"The group '{group.Name}' is there twice.");
        }

        var slots = new Dictionary<string, int>(StringComparer.Ordinal);
        _constantSlots[map] = slots;
        foreach (var constant in map.Constants)
        {
            if (!slots.TryAdd(constant.Name, ConstantCode.SlotOf(_constants.Count)))
                Fault(map, constant.Place, $"The constant '{constant.Name}' is there twice.");
            _constants.Add(new(constant, map));
        }
    }

    /// <summary>Constants may name each other in any order, but not in a circle. They see no source and no target.</summary>
    private void FillConstants()
    {
        foreach (var code in _constants)
        {
            var slots = _constantSlots[code.Map];
            code.Expression = MapExpression.Compile(code.Constant.Expression, name => slots.GetValueOrDefault(name, MapScope.None), out var fault);
            if (fault is not null)
                Fault(code.Map, code.Constant.Place, $"The constant '{code.Constant.Name}': the expression \"{code.Constant.Expression}\" is not FHIRPath: {fault}");
        }

        // 1: being walked, 2: known to end.
        var states = new Dictionary<ConstantCode, int>();
        foreach (var code in _constants)
            if (!Ends(code, 0))
                Fault(code.Map, code.Constant.Place, $"The constant '{code.Constant.Name}' names itself, directly or through others.");

        bool Ends(ConstantCode code, int depth)
        {
            if (depth > MapLimits.DepthMax || states.TryGetValue(code, out var state) && state == 1)
                return false;
            if (states.ContainsKey(code))
                return true;
            states[code] = 1;
            var ends = code.Expression is null || code.Expression.Slots.All(slot => Ends(_constants[ConstantCode.IndexOf(slot)], depth + 1));
            states[code] = 2;
            return ends;
        }
    }

    /// <summary>A group that extends itself, directly or through others, would never begin.</summary>
    private void CheckExtends()
    {
        foreach (var (map, groups) in _groups)
        {
            foreach (var group in groups.Values)
            {
                var seen = new HashSet<GroupCode>();
                for (var at = group; at.Extended is { } extended; at = extended)
                {
                    if (seen.Add(at))
                        continue;
                    Fault(map, group.Group.Place, $"The group '{group.Group.Name}' extends itself, directly or through others.");
                    group.Extended = null;
                    break;
                }
            }
        }
    }

    private ParameterCode Parameter(StructureMap map, MapParameter parameter)
    {
        if (parameter.Type is null)
            return new(parameter.IsTarget, null, null);
        var type = Type(map, parameter.Type, parameter.Place);
        return new(parameter.IsTarget, type.Name, type.Shape);
    }

    /// <summary>A type named by a map: by the alias of a structure it uses, or by its own name.</summary>
    private NamedType Type(StructureMap map, string name, MapPlace place)
    {
        var structure = map.Structures.FirstOrDefault(structure => structure.Alias == name);
        var type = structure is null ? _definitions.Type(name) : _definitions.Type(Canonical.Parse(structure.Url).Url);
        if (type is not null)
            return new(type.Name, Shape.Of(type.Node), type.IsResource);
        if (structure is null && !map.Structures.Any(candidate => candidate.Url.EndsWith("/" + name, StringComparison.Ordinal)))
            Fault(map, place, $"The type '{name}' is unknown: it is no FHIR type and no 'uses' names it.");
        // A model that is used but not at hand: its elements cannot be checked.
        return new(structure is null ? name : structure.Url[(structure.Url.LastIndexOf('/') + 1)..], null, IsResource: true);
    }

    private void Fill(IReadOnlyList<StructureMap> maps, StructureMap map, GroupCode code)
    {
        var scope = new MapScope(_constantSlots[map]);
        for (var i = 0; i < code.Parameters.Length; i++)
        {
            var parameter = code.Group.Parameters[i];
            scope.Declare(parameter.Name, code.Parameters[i].IsTarget, code.Parameters[i].Shape);
        }

        if (code.Group.Extends is { } extended)
        {
            code.Extended = Find(maps, map, extended);
            if (code.Extended is null)
                Fault(map, code.Group.Place, $"The group '{code.Group.Name}' extends '{extended}', which is not there.");
            else if (Inherited(code.Group, code.Extended.Group) is { } inputs)
                code.Inherited = inputs;
            else
                Fault(map, code.Group.Place, $"The group '{code.Group.Name}' has not the inputs of '{extended}', which it extends.");
            if (code.Inherited.Length == 0)
                code.Extended = null;
        }

        code.Rules = Rules(maps, map, code.Group.Rules, scope);
        code.Slots = scope.Slots;
    }

    /// <summary>For each input of the group extended, which of this one's it is: the one of its name and mode, else the one in its place.</summary>
    private static int[]? Inherited(MapGroup group, MapGroup extended)
    {
        var inputs = new int[extended.Parameters.Count];
        for (var i = 0; i < inputs.Length; i++)
        {
            var wanted = extended.Parameters[i];
            inputs[i] = -1;
            for (var at = 0; at < group.Parameters.Count && inputs[i] < 0; at++)
                if (group.Parameters[at].Name == wanted.Name && group.Parameters[at].IsTarget == wanted.IsTarget)
                    inputs[i] = at;
            if (inputs[i] < 0 && i < group.Parameters.Count && group.Parameters[i].IsTarget == wanted.IsTarget)
                inputs[i] = i;
            if (inputs[i] < 0)
                return null;
        }

        return inputs;
    }

    private GroupCode? Find(IReadOnlyList<StructureMap> maps, StructureMap map, string name) =>
        _groups[map].GetValueOrDefault(name)
        ?? maps.Where(other => map.Imports.Any(import => MappingLibrary.Matches(import, other.Url)))
            .Select(other => _groups[other].GetValueOrDefault(name))
            .FirstOrDefault(group => group is not null);

    private RuleCode[] Rules(IReadOnlyList<StructureMap> maps, StructureMap map, IReadOnlyList<MapRule> rules, MapScope scope) =>
        [.. rules.Select(rule => Rule(maps, map, rule, scope)).OfType<RuleCode>()];

    /// <summary>A rule ready to run; null when something is wrong with its own sources or targets.</summary>
    private RuleCode? Rule(IReadOnlyList<StructureMap> maps, StructureMap map, MapRule rule, MapScope outer)
    {
        var faults = _faults;
        var scope = outer.Inside();
        var code = new RuleCode(rule, map)
        {
            Sources = [.. rule.Sources.Select(source => Source(map, rule, source, scope))],
            IsInferred = rule is { Sources: [{ Element: not null }], Targets: [{ Element: not null, Transform: null, ListModes: [] }], Rules: [], Dependents: [] },
        };
        code.Targets = [.. rule.Targets.Select(target => Target(map, rule, target, scope, code.IsInferred))];
        var isWhole = faults == _faults;
        code.Rules = Rules(maps, map, rule.Rules, scope);
        code.Calls = [.. rule.Dependents.Select(call => Call(maps, map, rule, call, scope)).OfType<CallCode>()];
        scope.Leave();
        return isWhole ? code : null;
    }

    private SourceCode Source(StructureMap map, MapRule rule, MapSource source, MapScope scope)
    {
        var context = scope.Find(source.Context, source: true);
        if (context == MapScope.None)
            Fault(map, source.Place, $"{Of(rule)} reads from '{source.Context}', which is no variable here{scope.Known()}.");

        var shape = context < 0 ? null : scope.ShapeAt(context);
        if (source.Element is { } element && shape is not null)
        {
            var step = shape.Find(element);
            if (step is null && !(element == "value" && IsPrimitive(shape)))
                Fault(map, source.Place, $"{Of(rule)}: {Described(shape)} has no element '{element}'.");
            shape = step?.Only is { Type: not ("Resource" or "DomainResource") } only ? only : null;
        }

        string? type = null;
        if (source.Type is { } named)
        {
            var found = Type(map, named, source.Place);
            (type, shape) = (found.Name, found.Shape);
        }

        var slot = scope.Declare(source.Variable, isTarget: false, shape);
        return new(source, context, slot)
        {
            Condition = Path(map, rule, source.Condition, source.Place, scope),
            Check = Path(map, rule, source.Check, source.Place, scope),
            Default = Path(map, rule, source.Default, source.Place, scope),
            Log = Path(map, rule, source.LogMessage, source.Place, scope),
            Max = int.TryParse(source.Max, System.Globalization.CultureInfo.InvariantCulture, out var max) ? max : null,
            Type = type,
        };
    }

    private TargetCode Target(StructureMap map, MapRule rule, MapTarget target, MapScope scope, bool isInferred)
    {
        var context = target.Context is null ? -1 : scope.Find(target.Context, source: false);
        if (target.Context is not null && context < 0)
            Fault(map, target.Place, $"{Of(rule)} writes into '{target.Context}', which is no target variable here{scope.Known()}.");

        Step? step = null;
        Shape? shape = context < 0 ? null : scope.ShapeAt(context);
        if (target.Element is { } element && shape is not null)
        {
            step = shape.Find(element);
            if (step is null && !(element == "value" && IsPrimitive(shape)))
                Fault(map, target.Place, $"{Of(rule)}: {Described(shape)} has no element '{element}'.");
            else if (step is { Only: null } && target.Transform is null && !isInferred)
                Fault(map, target.Place, $"{Of(rule)}: '{target.Spelled}' has a choice of types: name one, as in {target.Spelled} = create('{step.Choices!.Values[0].Type}').");
            shape = step?.Only is { Type: not ("Resource" or "DomainResource") } only ? only : null;
        }

        NamedType? create = null;
        if (target.Transform == "create" && target.Arguments.Count > 0)
        {
            create = Type(map, target.Arguments[0].Text, target.Place);
            shape = create.Shape;
        }

        var (arguments, path) = Arguments(map, rule, target, scope);
        return new(target, context, target.Variable is null ? -1 : scope.Declare(target.Variable, isTarget: true, shape))
        {
            Arguments = arguments,
            Expression = path,
            Create = create,
            IsShared = target.ListModes.Contains("share"),
            IsFirst = target.ListModes.Contains("first"),
            IsCollated = target.ListModes.Contains("collate"),
        };
    }

    private (ArgumentCode[] Arguments, MapExpression? Path) Arguments(StructureMap map, MapRule rule, MapTarget target, MapScope scope)
    {
        if (target.Transform is null)
            return ([], null);
        if (TransformTable.Complaint(target.Transform, target.Arguments.Count) is { } complaint)
            Fault(map, target.Place, $"{Of(rule)}: {complaint}");
        if (target.Transform != "evaluate")
            return ([.. target.Arguments.Select(argument => Argument(map, rule, argument, target.Place, scope))], null);

        var path = Path(map, rule, target.Arguments is [.., { Text: var expression }] ? expression : "{}", target.Place, scope);
        return (target.Arguments.Count > 1 ? [Argument(map, rule, target.Arguments[0], target.Place, scope)] : [], path);
    }

    private ArgumentCode Argument(StructureMap map, MapRule rule, MapArgument argument, MapPlace place, MapScope scope)
    {
        if (argument.Kind != MapArgumentKind.Id)
            return new(-1, Literal(argument));
        var slot = scope.Find(argument.Text, source: true);
        if (slot == MapScope.None)
            Fault(map, place, $"{Of(rule)} uses '{argument.Text}', which is no variable here{scope.Known()}.");
        return new(slot, default);
    }

    private static Item Literal(MapArgument argument) => argument.Kind switch
    {
        MapArgumentKind.Boolean => Item.Of(argument.Text == "true"),
        MapArgumentKind.Integer when int.TryParse(argument.Text, System.Globalization.CultureInfo.InvariantCulture, out var whole) => Item.Of(whole),
        MapArgumentKind.Integer or MapArgumentKind.Decimal
            when decimal.TryParse(argument.Text, System.Globalization.CultureInfo.InvariantCulture, out var number) => Item.Of(number),
        _ => Item.Of(argument.Text),
    };

    private CallCode? Call(IReadOnlyList<StructureMap> maps, StructureMap map, MapRule rule, MapDependent call, MapScope scope)
    {
        if (Find(maps, map, call.Group) is not { } group)
        {
            Fault(map, call.Place, $"{Of(rule)} goes on with the group '{call.Group}', which is neither here nor in the maps imported.");
            return null;
        }

        if (group.Parameters.Length != call.Arguments.Count)
        {
            Fault(map, call.Place, $"{Of(rule)}: the group '{call.Group}' takes {group.Parameters.Length} inputs, {call.Arguments.Count} are given.");
            return null;
        }

        var arguments = new ArgumentCode[call.Arguments.Count];
        for (var i = 0; i < arguments.Length; i++)
        {
            var given = call.Arguments[i];
            if (given.Kind != MapArgumentKind.Id)
            {
                arguments[i] = new(-1, Literal(given));
                continue;
            }

            var slot = scope.Find(given.Text, source: !group.Parameters[i].IsTarget);
            if (slot == MapScope.None)
                Fault(map, call.Place, $"{Of(rule)} passes '{given.Text}', which is no {(group.Parameters[i].IsTarget ? "target " : "")}variable here{scope.Known()}.");
            arguments[i] = new(slot, default);
        }

        return new(group, arguments);
    }

    private MapExpression? Path(StructureMap map, MapRule rule, string? text, MapPlace place, MapScope scope)
    {
        if (text is null)
            return null;
        var path = MapExpression.Compile(text, name => scope.Find(name, source: true), out var fault);
        if (fault is not null)
            Fault(map, place, $"{Of(rule)}: the expression \"{text}\" is not FHIRPath: {fault}");
        return path;
    }

    private static bool IsPrimitive(Shape shape) => shape.Node.Type?.IsPrimitive == true;

    private static string Described(Shape shape) =>
        shape.Type is "BackboneElement" or "Element" ? shape.Node.Element.Path : shape.Type;

    private static string Of(MapRule rule) => $"Rule '{rule.Name}'";

    private void Fault(StructureMap map, MapPlace place, string text)
    {
        _faults++;
        if (_issues.Count < MapLimits.IssuesMax)
            _issues.Add(Issue.Error("invalid", $"{map.Name}, {place}", text));
    }
}
