using CptsFhirHub.Fhir.FhirPath;

namespace CptsFhirHub.Fhir.Mapping;

// A map made ready to run: names have become slots of a frame, groups are linked, expressions are compiled.
// These nodes hold no state of a run and are shared between threads.

/// <summary>A group. A call of it has one frame: its inputs first, then the variables of its rules.</summary>
internal sealed class GroupCode(MapGroup group, StructureMap map)
{
    public MapGroup Group { get; } = group;

    /// <summary>The map it stands in.</summary>
    public StructureMap Map => map;

    public ParameterCode[] Parameters { get; set; } = [];

    public GroupCode? Extended { get; set; }

    /// <summary>For each input of <see cref="Extended"/>, which of this group's it is.</summary>
    public int[] Inherited { get; set; } = [];

    public RuleCode[] Rules { get; set; } = [];

    public int Slots { get; set; }
}

internal sealed record ParameterCode(bool IsTarget, string? TypeName, Shape? Shape);

internal sealed class RuleCode(MapRule rule, StructureMap map)
{
    public MapRule Rule => rule;

    public string Name => rule.Name;

    /// <summary>The map it stands in.</summary>
    public StructureMap Map => map;

    /// <summary><c>Rule 'name' (map, line 3, column 5)</c></summary>
    public string Label { get; } = $"Rule '{rule.Name}' ({map.Name}, {rule.Place})";

    public SourceCode[] Sources { get; set; } = [];

    public TargetCode[] Targets { get; set; } = [];

    public RuleCode[] Rules { get; set; } = [];

    public CallCode[] Calls { get; set; } = [];

    /// <summary>True for <c>src.a -> tgt.b</c>: what is done follows from the types.</summary>
    public bool IsInferred { get; set; }
}

internal sealed record SourceCode(MapSource Source, int Context, int Slot)
{
    public MapExpression? Condition { get; init; }

    public MapExpression? Check { get; init; }

    public MapExpression? Default { get; init; }

    public MapExpression? Log { get; init; }

    public int? Max { get; init; }

    /// <summary>The type an item must have, with the map's alias resolved.</summary>
    public string? Type { get; init; }

    private SeenStep? _step;

    /// <summary>The step from a shape to the source's element; null when the shape has none such.</summary>
    public Step? StepUnder(Shape shape) => SeenStep.Find(ref _step, shape, Source.Element!);
}

/// <param name="Target">As it was written.</param>
/// <param name="Context">The slot it writes into, or -1.</param>
/// <param name="Slot">The slot of what it made, or -1.</param>
internal sealed record TargetCode(MapTarget Target, int Context, int Slot)
{
    public required ArgumentCode[] Arguments { get; init; }

    /// <summary>The expression of evaluate.</summary>
    public MapExpression? Expression { get; init; }

    /// <summary>The type that create names, with the map's alias resolved.</summary>
    public NamedType? Create { get; init; }

    public bool IsShared { get; init; }

    public bool IsFirst { get; init; }

    public bool IsCollated { get; init; }

    private SeenStep? _step;
    private SeenChoice? _choice;

    public Step? StepUnder(Shape shape) => SeenStep.Find(ref _step, shape, Target.Element!);

    /// <summary>The JSON name and shape of one type of a choice; null when the choice has it not.</summary>
    public SeenChoice? Choice(Step step, string type)
    {
        var seen = _choice;
        if (seen is not null && ReferenceEquals(seen.Step, step) && seen.Type == type)
            return seen;
        var name = string.Concat(step.Name, char.ToUpperInvariant(type[0]).ToString(), type.AsSpan(1));
        return step.Choices!.TryGetValue(name, out var shape) ? _choice = new(step, type, name, shape) : null;
    }
}

/// <summary>The shape a rule met last and the step found there: maps meet the same ones again and again. A race writes one of two right answers.</summary>
internal sealed record SeenStep(Shape Shape, Step? Step)
{
    public static Step? Find(ref SeenStep? memory, Shape shape, string element)
    {
        var seen = memory;
        if (seen is null || !ReferenceEquals(seen.Shape, shape))
            memory = seen = new(shape, shape.Find(element));
        return seen.Step;
    }
}

internal sealed record SeenChoice(Step Step, string Type, string Name, Shape Shape);

/// <summary>A type that a map names.</summary>
internal sealed record NamedType(string Name, Shape? Shape, bool IsResource);

/// <summary>A constant of a map. Its slot is below <see cref="MapScope.None"/>: -2 is the first of all maps compiled together.</summary>
internal sealed class ConstantCode(MapConstant constant, StructureMap map)
{
    public MapConstant Constant => constant;

    public StructureMap Map => map;

    public MapExpression? Expression { get; set; }

    public static int IndexOf(int slot) => MapScope.None - 1 - slot;

    public static int SlotOf(int index) => MapScope.None - 1 - index;
}

/// <param name="Slot">The variable's or constant's slot, or -1 for a literal.</param>
/// <param name="Literal">The literal's value.</param>
internal readonly record struct ArgumentCode(int Slot, Item Literal);

internal sealed record CallCode(GroupCode Group, ArgumentCode[] Arguments);
