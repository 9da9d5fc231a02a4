using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Mapping;

/// <summary>A place in a map's text, both counted from 1. Zero when the map was read from a resource.</summary>
public readonly record struct MapPlace(int Line, int Column)
{
    /// <summary>Where in the text it begins, counted from 0 in UTF-16 units.</summary>
    public int Start { get; init; }

    /// <summary>Where it ends, the first unit behind it; 0 when only the beginning is known.</summary>
    public int End { get; init; }

    /// <summary><c>line 3, column 5</c>, or <c>resource</c>.</summary>
    public override string ToString() => Line == 0 ? "resource" : $"line {Line}, column {Column}";
}

/// <summary>
/// A map of the FHIR Mapping Language, read from its text or from a StructureMap resource.
/// https://hl7.org/fhir/R4/mapping-language.html and https://hl7.org/fhir/R4/structuremap.html
/// </summary>
public sealed record StructureMap
{
    /// <summary>The canonical URL.</summary>
    public required string Url { get; init; }

    /// <summary>The name for machines.</summary>
    public required string Name { get; init; }

    /// <summary>The business version, when one is given.</summary>
    public string? Version { get; init; }

    /// <summary>The name for people.</summary>
    public string? Title { get; init; }

    /// <summary>draft, active or retired.</summary>
    public string Status { get; init; } = "draft";

    /// <summary>What the map is for.</summary>
    public string? Description { get; init; }

    /// <summary>What its head says besides: experimental, publisher, jurisdiction and so on, in the order of the text.</summary>
    public IReadOnlyList<MapMetadata> Metadata { get; init; } = [];

    /// <summary>The models it reads and writes.</summary>
    public IReadOnlyList<MapStructure> Structures { get; init; } = [];

    /// <summary>The canonical URLs of the maps whose groups it uses; <c>*</c> stands for any text.</summary>
    public IReadOnlyList<string> Imports { get; init; } = [];

    /// <summary>Named FHIRPath expressions that every rule may use.</summary>
    public IReadOnlyList<MapConstant> Constants { get; init; } = [];

    /// <summary>The groups; a run starts with the first.</summary>
    public IReadOnlyList<MapGroup> Groups { get; init; } = [];

    /// <summary>The ConceptMap resources written inside the map; <c>translate</c> names them with <c>#id</c>.</summary>
    public IReadOnlyList<Element> ConceptMaps { get; init; } = [];
}

/// <summary>A model that the map uses, and the alias its groups give it.</summary>
/// <param name="Url">The canonical URL of the StructureDefinition.</param>
/// <param name="Mode">source, queried, target or produced.</param>
/// <param name="Alias">The type name in the map's groups.</param>
public sealed record MapStructure(string Url, string Mode, string? Alias)
{
    /// <summary>The comment that stands with it.</summary>
    public string? Documentation { get; init; }
}

/// <summary>One <c>/// path = value</c> of a map's head, such as <c>jurisdiction.coding.code</c>.</summary>
/// <param name="Path">The names of the elements below StructureMap, with points between them.</param>
/// <param name="Value">The primitive's text; null for a complex element, which begins there.</param>
public sealed record MapMetadata(string Path, string? Value);

/// <summary>A named expression, <c>let name = expression;</c>.</summary>
public sealed record MapConstant(string Name, string Expression, MapPlace Place);

/// <summary>For which pairs of types a group is taken when none is named.</summary>
public enum MapTypeMode
{
    /// <summary>Only when it is named.</summary>
    None,

    /// <summary>For its source and target types: <c>&lt;&lt;types&gt;&gt;</c>.</summary>
    Types,

    /// <summary>Also for its source type alone, which then decides the target's: <c>&lt;&lt;type+&gt;&gt;</c>.</summary>
    TypeAndTypes,
}

/// <summary>A group of rules with its inputs.</summary>
public sealed record MapGroup(
    string Name,
    IReadOnlyList<MapParameter> Parameters,
    IReadOnlyList<MapRule> Rules,
    string? Extends,
    MapTypeMode TypeMode,
    MapPlace Place)
{
    /// <summary>The comment that stands with it.</summary>
    public string? Documentation { get; init; }
}

/// <summary>An input of a group.</summary>
public sealed record MapParameter(string Name, string? Type, bool IsTarget, MapPlace Place);

/// <summary>A rule: for each source item, make the targets, then go on with rules or groups inside.</summary>
public sealed record MapRule(
    string Name,
    IReadOnlyList<MapSource> Sources,
    IReadOnlyList<MapTarget> Targets,
    IReadOnlyList<MapRule> Rules,
    IReadOnlyList<MapDependent> Dependents,
    MapPlace Place)
{
    /// <summary>True when the map gave the name itself; else it is the name of the source's element.</summary>
    public bool HasOwnName { get; init; }

    /// <summary>The comment that stands with it.</summary>
    public string? Documentation { get; init; }
}

/// <summary>A call of another group: <c>then address(src, tgt)</c>.</summary>
public sealed record MapDependent(string Group, IReadOnlyList<MapArgument> Arguments, MapPlace Place);

/// <summary>Which items of a source list a rule takes.</summary>
public enum MapListMode
{
    /// <summary>All of them.</summary>
    All,

    /// <summary>The first.</summary>
    First,

    /// <summary>All but the first.</summary>
    NotFirst,

    /// <summary>The last.</summary>
    Last,

    /// <summary>All but the last.</summary>
    NotLast,

    /// <summary>There may be one at most.</summary>
    OnlyOne,
}

/// <summary>Where a rule takes its items from, and which of them count.</summary>
/// <param name="Context">The variable it starts from.</param>
/// <param name="Element">The child's name; null takes the variable itself.</param>
/// <param name="Place">Where it stands in the text.</param>
public sealed record MapSource(string Context, string? Element, MapPlace Place)
{
    /// <summary>Only items of this type count.</summary>
    public string? Type { get; init; }

    /// <summary>The fewest items there may be.</summary>
    public int? Min { get; init; }

    /// <summary>The most items there may be: a number or <c>*</c>.</summary>
    public string? Max { get; init; }

    /// <summary>The FHIRPath of the value taken when there is no item.</summary>
    public string? Default { get; init; }

    /// <summary>Which items of the list are taken.</summary>
    public MapListMode ListMode { get; init; }

    /// <summary>The name the item has in the rest of the rule.</summary>
    public string? Variable { get; init; }

    /// <summary>FHIRPath: an item for which it is not true is passed over.</summary>
    public string? Condition { get; init; }

    /// <summary>FHIRPath: an item for which it is not true is an error.</summary>
    public string? Check { get; init; }

    /// <summary>FHIRPath of a message for the person who tries the map.</summary>
    public string? LogMessage { get; init; }
}

/// <summary>What a rule makes.</summary>
/// <param name="Context">The variable it writes into; null when the value only becomes a variable.</param>
/// <param name="Element">The child it writes; null writes the variable itself.</param>
/// <param name="Place">Where it stands in the text.</param>
public sealed record MapTarget(string? Context, string? Element, MapPlace Place)
{
    /// <summary>The name what was made has in the rest of the rule.</summary>
    public string? Variable { get; init; }

    /// <summary>first, share, last or collate.</summary>
    public IReadOnlyList<string> ListModes { get; init; } = [];

    /// <summary>The name under which a shared item is found again.</summary>
    public string? ListRuleId { get; init; }

    /// <summary>A code of https://hl7.org/fhir/R4/valueset-map-transform.html; null opens an element to be filled.</summary>
    public string? Transform { get; init; }

    /// <summary>The transform's arguments.</summary>
    public IReadOnlyList<MapArgument> Arguments { get; init; } = [];

    /// <summary>How the map names the target: <c>tgt.name</c>.</summary>
    public string Spelled => Context is null ? Variable ?? "(value)" : Element is null ? Context : $"{Context}.{Element}";
}

/// <summary>What an argument of a transform is.</summary>
public enum MapArgumentKind
{
    /// <summary>The name of a variable.</summary>
    Id,

    /// <summary>A text; for <c>evaluate</c> a FHIRPath expression.</summary>
    String,

    /// <summary>A whole number.</summary>
    Integer,

    /// <summary>A number with a decimal point.</summary>
    Decimal,

    /// <summary>true or false.</summary>
    Boolean,
}

/// <summary>An argument of a transform or of a group.</summary>
public sealed record MapArgument(MapArgumentKind Kind, string Text);
