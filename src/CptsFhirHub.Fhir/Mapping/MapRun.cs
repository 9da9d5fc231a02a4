using CptsFhirHub.Fhir.FhirPath;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Mapping;

/// <summary>A limit of <see cref="MapLimits"/> was reached: the run ends.</summary>
internal sealed class MapLimitException(string message) : Exception(message);

/// <summary>One run of a map: what it has made and what it has spent. <see cref="MapWriter"/> writes the targets.</summary>
internal sealed class MapRun
{
    private static readonly FhirPathFault[] Fatal = [FhirPathFault.Limit];

    private readonly CompiledMap _map;
    private readonly Element _source;
    private readonly Element _target;
    private readonly List<Issue> _issues = [];
    private readonly MapWriter _writer;
    private readonly FrameVariables _variables;
    private readonly Items?[] _constants;
    private readonly EvaluationContext _evaluation;
    private int _depth;
    private int _steps;

    public MapRun(CompiledMap map, MapContext context, Element source, Element target)
    {
        _map = map;
        Context = context;
        _source = source;
        _target = target;
        _constants = new Items?[map.Constants.Length];
        _variables = new(Constant);
        _evaluation = new() { Now = context.Now, Resource = source, RootResource = source, ConformsTo = IsOfType, Variables = _variables, Cancellation = context.Cancellation };
        _writer = new(this);
    }

    public MapContext Context { get; }

    public CompiledMap Map => _map;

    public MapResult Go()
    {
        var entry = _map.Entry;
        var frame = new Item[entry.Slots];
        for (var i = 0; i < entry.Parameters.Length; i++)
        {
            var parameter = entry.Parameters[i];
            frame[i] = new(parameter.IsTarget ? _target : _source, parameter.Shape ?? (parameter.IsTarget ? null : ShapeOf(_source)));
        }

        try
        {
            Group(null, entry, frame);
        }
        catch (MapLimitException limit)
        {
            _issues.Add(new(Severity.Fatal, "too-costly", _target.Name, limit.Message));
            Context.Trace?.Say("error", limit.Message);
            return new(null, _issues);
        }

        MapWriter.Prune(_target);
        ElementOrder.Apply(_target, _map.Target.Shape?.Node ?? _map.Library.Definitions.Type(_target.ResourceType!)?.Node);
        return new(_target, _issues);
    }

    /// <summary>Tells a fault of a rule at a node of the source or the target.</summary>
    public void Fault(RuleCode rule, Element? at, string text, string code = "processing", Severity severity = Severity.Error)
    {
        if (_issues.Count >= MapLimits.IssuesMax)
            return;
        var path = at is null ? null : NodePath.Find(_target, at) ?? NodePath.Find(_source, at);
        _issues.Add(new(severity, code, path ?? _source.Name, $"{rule.Label}: {text}") { Rule = rule.Name });
        Context.Trace?.Say(severity >= Severity.Error ? "error" : "warning", text);
    }

    /// <summary>The value of a constant, found out when it is first asked for.</summary>
    public Items Constant(int slot)
    {
        var at = ConstantCode.IndexOf(slot);
        if (_constants[at] is { } known)
            return known;
        _constants[at] = Items.Empty;
        var code = _map.Constants[at];
        if (code.Expression is not { } expression)
            return Items.Empty;
        try
        {
            // It may be asked for while an expression that uses it is being evaluated: its variables are its own.
            var variables = new FrameVariables(Constant);
            var value = expression.Evaluate(Items.Empty, [], variables, _evaluation with { Resource = null, RootResource = null, Variables = variables });
            _constants[at] = value;
            return value;
        }
        catch (FhirPathException exception) when (!Fatal.Contains(exception.Fault))
        {
            _issues.Add(Issue.Error("processing", $"{code.Map.Name}, {code.Constant.Place}", $"The constant '{code.Constant.Name}' failed: {exception.Reason}"));
            return Items.Empty;
        }
        catch (FhirPathException exception)
        {
            throw new MapLimitException($"The constant '{code.Constant.Name}' ({code.Map.Name}, {code.Constant.Place}): {exception.Reason}");
        }
    }

    /// <summary>The item of a variable, or of a constant that has one.</summary>
    public Item At(int slot, Item[] frame) =>
        slot >= 0 ? frame[slot] : Constant(slot) is { Count: 1 } one ? one[0] : default;

    /// <summary>The item that an argument stands for.</summary>
    public Item At(ArgumentCode argument, Item[] frame) =>
        argument.Slot == MapScope.None ? argument.Literal : At(argument.Slot, frame);

    /// <param name="isCondition">A condition that does not hold has read nothing: the item is passed over.</param>
    public Items Evaluate(RuleCode rule, MapExpression expression, Item input, Item[] frame, bool isCondition = false)
    {
        try
        {
            var items = expression.Evaluate(new Items(input), frame, _variables, _evaluation);
            if (Context.Coverage is { } coverage && (!isCondition || IsTrue(items)))
                coverage.Read(expression, input, frame);
            return items;
        }
        catch (FhirPathException exception) when (!Fatal.Contains(exception.Fault))
        {
            Fault(rule, input.Element, $"the expression \"{expression.Text}\" failed: {exception.Reason}");
            return Items.Empty;
        }
        catch (FhirPathException exception)
        {
            throw new MapLimitException($"{rule.Label}: {exception.Reason}");
        }
    }

    /// <summary>Runs a group on two inputs.</summary>
    public void Call(RuleCode rule, GroupCode group, Item source, Item target)
    {
        var frame = new Item[group.Slots];
        (frame[0], frame[1]) = (source, target);
        Group(rule, group, frame);
    }

    /// <summary>Runs a group on a frame whose first slots hold the inputs.</summary>
    private void Group(RuleCode? caller, GroupCode group, Item[] frame)
    {
        if (_depth >= MapLimits.DepthMax)
            throw new MapLimitException($"{caller?.Label}: groups call each other at most {MapLimits.DepthMax} deep.");
        _depth++;
        if (group.Extended is { } extended)
        {
            var inherited = new Item[extended.Slots];
            for (var i = 0; i < group.Inherited.Length; i++)
                inherited[i] = frame[group.Inherited[i]];
            Group(caller, extended, inherited);
        }

        for (var i = 0; i < group.Parameters.Length; i++)
        {
            // A group may know more of an input than its caller did.
            if (frame[i].Element is { } node && frame[i].Shape is null && group.Parameters[i].Shape is { } shape)
                frame[i] = new(node, shape);
        }

        Context.Trace?.Enter(group, frame, _source);
        foreach (var rule in group.Rules)
            Rule(rule, frame);
        Context.Trace?.Leave(group);
        _depth--;
    }

    private void Rule(RuleCode rule, Item[] frame) => Sources(rule, 0, frame);

    /// <summary>Goes through the items of the rule's sources; with several sources, through their combinations.</summary>
    private void Sources(RuleCode rule, int at, Item[] frame)
    {
        if (at == rule.Sources.Length)
        {
            Fire(rule, frame);
            return;
        }

        var source = rule.Sources[at];
        var context = At(source.Context, frame);
        if (context.Content is null)
            return;

        if (source.Source.Element is null)
        {
            if (Passes(rule, source, context, frame))
                Sources(rule, at + 1, frame);
            return;
        }

        var found = Collect(rule, source, context, frame);
        for (var i = 0; i < found.Count; i++)
        {
            frame[source.Slot] = found[i];
            if (source.Check is null || Checks(rule, source, found[i], frame))
                Sources(rule, at + 1, frame);
        }
    }

    private bool Passes(RuleCode rule, SourceCode source, Item item, Item[] frame)
    {
        Step();
        frame[source.Slot] = item;
        if (source.Type is { } type && !IsOf(item, type))
            return false;
        if (source.Condition is { } condition && !IsTrue(Evaluate(rule, condition, item, frame, isCondition: true)))
            return false;
        if (source.Log is { } log && (Context.Log is not null || Context.Trace is not null))
            Tell(rule.Name, string.Join(", ", Evaluate(rule, log, item, frame).Texts));
        Context.Coverage?.Read(item);
        return source.Source.Element is not null || source.Check is null || Checks(rule, source, item, frame);
    }

    private void Tell(string rule, string message)
    {
        if (message.Length == 0)
            return;
        Context.Log?.Invoke(rule, message);
        Context.Trace?.Say("info", message);
    }

    private bool Checks(RuleCode rule, SourceCode source, Item item, Item[] frame)
    {
        if (IsTrue(Evaluate(rule, source.Check!, item, frame)))
            return true;
        Fault(rule, item.Element, $"the check \"{source.Check!.Text}\" failed.", "business-rule");
        return false;
    }

    private Items Collect(RuleCode rule, SourceCode source, Item context, Item[] frame)
    {
        var all = Children(source, context);
        if (all.IsEmpty && source.Default is { } given)
            all = Evaluate(rule, given, context, frame);
        if (source.Source.Min is { } min && all.Count < min)
            Fault(rule, context.Element, $"'{source.Source.Element}' must be there at least {min} times, it is there {all.Count} times.", "required");
        if (source.Max is { } max && all.Count > max)
            Fault(rule, context.Element, $"'{source.Source.Element}' may be there at most {max} times, it is there {all.Count} times.", "structure");

        var kept = new Gathering();
        foreach (var item in all)
            if (Passes(rule, source, item, frame))
                kept.Add(item);
        var items = kept.Done();
        if (items.IsEmpty)
            return items;

        switch (source.Source.ListMode)
        {
            case MapListMode.First: return items.Slice(0, 1);
            case MapListMode.NotFirst: return items.Slice(1, items.Count - 1);
            case MapListMode.Last: return items.Slice(items.Count - 1, 1);
            case MapListMode.NotLast: return items.Slice(0, items.Count - 1);
            case MapListMode.OnlyOne when items.Count > 1:
                Fault(rule, context.Element, $"'{source.Source.Element}' may be there once only, it is there {items.Count} times.", "structure");
                return items;
            default: return items;
        }
    }

    private static Items Children(SourceCode source, Item context)
    {
        var element = source.Source.Element!;
        if (context.Element is not { } node)
            return element == "value" ? Items.Of(context) : Items.Empty;

        var gathered = new Gathering();
        if (context.Shape is not { } shape)
        {
            foreach (var child in node.All(element))
                gathered.Add(new(child, ShapeOf(child)));
        }
        else if (shape.Form == ValueForm.None || element != "value" || node.Value is null)
        {
            source.StepUnder(shape)?.Take(context, ref gathered);
        }

        // The value of a primitive: the node itself, read as a value.
        return gathered.Count == 0 && element == "value" && node.Value is not null ? Items.Of(context) : gathered.Done();
    }

    private void Fire(RuleCode rule, Item[] frame)
    {
        Context.Trace?.Enter(rule);
        if (rule.IsInferred)
        {
            Context.Trace?.Filled(rule, frame);
            _writer.Infer(rule, rule.Targets[0], frame[rule.Sources[0].Slot], frame);
            Context.Trace?.Leave(rule, _target);
            return;
        }

        foreach (var target in rule.Targets)
            _writer.Write(rule, target, frame);
        Context.Trace?.Filled(rule, frame);
        foreach (var call in rule.Calls)
        {
            var inner = new Item[call.Group.Slots];
            for (var i = 0; i < call.Arguments.Length; i++)
                inner[i] = At(call.Arguments[i], frame);
            Group(rule, call.Group, inner);
        }

        foreach (var inner in rule.Rules)
            Rule(inner, frame);
        Context.Trace?.Leave(rule, _target);
    }

    private void Step()
    {
        if (++_steps > MapLimits.StepsMax)
            throw new MapLimitException($"A run looks at most at {MapLimits.StepsMax} source items.");
    }

    private bool IsOf(Item item, string type) =>
        item.TypeName is { } known && (known == type || _map.Library.Definitions.IsSubtype(known, type));

    /// <summary><c>conformsTo</c> as far as a map needs it: the name of a type; profiles are checked on the result.</summary>
    private bool? IsOfType(Item item, string url)
    {
        if (_map.Library.Definitions.Type(url) is not { } type)
            return null;
        return IsOf(item, type.Name);
    }

    /// <summary>A condition holds when it gives true, or anything that is neither false nor nothing.</summary>
    private static bool IsTrue(Items items) =>
        items.Count > 1 || (items.Count == 1 && items[0].Value is not false);

    private static Shape? ShapeOf(Element node) => node.ResourceType is { } type ? Shape.OfType(type) : null;
}
