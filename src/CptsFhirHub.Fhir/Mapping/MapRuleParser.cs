using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Mapping;

/// <summary>
/// Reads groups and rules. https://hl7.org/fhir/R4/mapping-language.html#grammar
/// </summary>
/// <remarks>
/// <code>
/// group     : 'group' name '(' input (',' input)* ')' ('extends' name)? ('&lt;&lt;' ('types' | 'type+') '&gt;&gt;')? '{' rule* '}'
/// input     : ('source' | 'target') name (':' name)?
/// rule      : name '->' name ':' name (',' name)* ';'
///           | source (',' source)* ('->' target (',' target)*)? ('then' dependent)? text? ';'
/// source    : name ('.' name)? (':' name)? (number '..' (number | '*'))? ('default' (text | '(' fhirPath ')'))? listMode?
///             ('as' name)? ('where' fhirPath)? ('check' fhirPath)? ('log' fhirPath)?
/// target    : (name ('.' name)? ('=' transform)? | call | '(' fhirPath ')') ('as' name)? listMode*
/// transform : literal | name | call | '(' fhirPath ')'
/// dependent : (call (',' call)*)? ('{' rule* '}')?
/// </code>
/// </remarks>
internal sealed class MapRuleParser(MapCursor cursor, IReadOnlyDictionary<int, string> comments, List<Issue> issues)
{
    private const int DepthMax = 32;

    private static readonly string[] Transforms =
    [
        "create", "copy", "truncate", "escape", "cast", "append", "translate", "reference", "dateOp", "uuid", "pointer",
        "evaluate", "cc", "c", "qty", "id", "cp",
    ];

    private int _depth;

    public MapGroup Group()
    {
        _depth = 0;
        var place = cursor.Current.Place;
        cursor.Word("group", "the map's head");
        var name = cursor.Name("the group's name");
        cursor.Symbol("(", $"the name of the group '{name}'");
        var parameters = new List<MapParameter>();
        do
            parameters.Add(Parameter(name));
        while (cursor.TrySymbol(","));
        cursor.Symbol(")", $"the inputs of the group '{name}'");

        var extends = cursor.TryWord("extends") ? cursor.Name("the group that it extends") : null;
        var mode = cursor.TrySymbol("<<") ? TypeMode() : MapTypeMode.None;
        var line = cursor.Current.Place.Line;
        var rules = Rules($"the head of the group '{name}'");
        // A comment behind the brace is the group's; on the line of a rule that ends there it is that rule's.
        return new(name, parameters, rules, extends, mode, place with { End = cursor.End })
        {
            Documentation = rules.Exists(rule => rule.Place.Line == line) ? null : comments.GetValueOrDefault(line),
        };
    }

    private MapParameter Parameter(string group)
    {
        var place = cursor.Current.Place;
        var isTarget = cursor.TryWord("target");
        if (!isTarget)
            cursor.Word("source", $"the bracket: an input of the group '{group}' is a source or a target, and");
        var name = cursor.Name("the input's name");
        return new(name, cursor.TrySymbol(":") ? cursor.Name("the input's type") : null, isTarget, place);
    }

    private MapTypeMode TypeMode()
    {
        var word = cursor.Name("'types' or 'type+'");
        var plus = cursor.TrySymbol("+");
        if (plus)
            cursor.TryWord("types");
        cursor.Symbol(">>", "the type mode");
        return (word, plus) switch
        {
            ("types", false) => MapTypeMode.Types,
            ("type", true) => MapTypeMode.TypeAndTypes,
            _ => throw cursor.Fault("The type mode is 'types' or 'type+'."),
        };
    }

    private List<MapRule> Rules(string after)
    {
        cursor.Symbol("{", after);
        if (++_depth > DepthMax)
            throw cursor.Fault($"Rules are nested at most {DepthMax} deep.");
        var rules = new List<MapRule>();
        while (!cursor.TrySymbol("}"))
        {
            if (cursor.Current.Kind == MapTokenKind.End)
                throw cursor.Expected("'}'", "the rules");
            var start = cursor.At;
            try
            {
                if (cursor.Ahead(1).IsSymbol("->") && cursor.Ahead(3).IsSymbol(":"))
                    rules.AddRange(Batch());
                else
                    rules.Add(Rule());
            }
            catch (MapSyntaxException fault)
            {
                issues.Add(Issue.Error("structure", fault.Place.ToString(), fault.Message));
                if (issues.Count >= MapParser.IssuesMax)
                    throw;
                cursor.Recover(start);
            }
        }

        _depth--;
        return rules;
    }

    /// <summary><c>src -> tgt : name, status;</c>: the same as <c>src.name -> tgt.name; src.status -> tgt.status;</c></summary>
    private List<MapRule> Batch()
    {
        var source = cursor.Name("a rule's source, a variable,");
        cursor.Symbol("->", "the rule's source");
        var target = cursor.Name("a rule's target, a variable,");
        cursor.Symbol(":", "the rule's target");
        var rules = new List<MapRule>();
        do
        {
            var place = cursor.Current.Place;
            var name = cursor.Name("the name of an element");
            rules.Add(new(name, [new(source, name, place)], [new(target, name, place)], [], [], place with { End = cursor.End }));
        }
        while (cursor.TrySymbol(","));
        cursor.Symbol(";", "the elements");
        return rules;
    }

    private MapRule Rule()
    {
        var depth = _depth;
        try
        {
            return RuleInside();
        }
        finally
        {
            _depth = depth;
        }
    }

    private MapRule RuleInside()
    {
        var place = cursor.Current.Place;
        var sources = new List<MapSource>();
        do
            sources.Add(Source());
        while (cursor.TrySymbol(","));

        var targets = new List<MapTarget>();
        if (cursor.TrySymbol("->"))
        {
            do
                targets.Add(Target());
            while (cursor.TrySymbol(","));
        }

        var dependents = new List<MapDependent>();
        List<MapRule> rules = [];
        if (cursor.TryWord("then"))
        {
            if (!cursor.Current.IsSymbol("{"))
            {
                do
                    dependents.Add(Dependent());
                while (cursor.TrySymbol(","));
            }

            if (cursor.Current.IsSymbol("{"))
                rules = Rules("'then'");
        }

        var ownName = cursor.Current.IsText ? cursor.Take().Text : null;
        var line = cursor.Current.Place.Line;
        cursor.Symbol(";", "the rule");
        var name = ownName ?? sources[0].Element ?? sources[0].Context;
        return new(name, sources, targets, rules, dependents, place with { End = cursor.End })
        {
            HasOwnName = ownName is not null,
            Documentation = comments.GetValueOrDefault(line),
        };
    }

    private MapSource Source()
    {
        var place = cursor.Current.Place;
        var context = cursor.Name("a rule's source, a variable,");
        var source = new MapSource(context, Step(context), place);
        if (cursor.TrySymbol(":"))
            source = source with { Type = cursor.Name("the item's type") };
        if (cursor.Current.Kind == MapTokenKind.Number)
            source = Cardinality(source);
        if (cursor.TryWord("default"))
            source = source with { Default = cursor.Current.IsText ? Literal(cursor.Take().Text) : Bracketed("'default'") };
        if (cursor.Current.Kind == MapTokenKind.Identifier && ListMode(cursor.Current.Text) is { } mode)
        {
            cursor.Take();
            source = source with { ListMode = mode };
        }

        if (cursor.TryWord("as"))
            source = source with { Variable = cursor.Name("the item's variable") };
        if (cursor.TryWord("where"))
            source = source with { Condition = cursor.FhirPath("a condition") };
        if (cursor.TryWord("check"))
            source = source with { Check = cursor.FhirPath("a condition") };
        if (cursor.TryWord("log"))
            source = source with { LogMessage = cursor.FhirPath("a message") };
        return source;
    }

    private string? Step(string context)
    {
        if (!cursor.TrySymbol("."))
            return null;
        var element = cursor.Name($"a child of '{context}'");
        return cursor.Current.IsSymbol(".")
            ? throw cursor.Fault($"A rule goes one step at a time: write '{context}.{element} as x then {{ x. ... }}', or an expression in brackets.")
            : element;
    }

    private MapSource Cardinality(MapSource source)
    {
        var min = cursor.Take().Text;
        cursor.Symbol("..", "the lower bound");
        var max = cursor.TrySymbol("*") ? "*"
            : cursor.Current.Kind == MapTokenKind.Number ? cursor.Take().Text
            : throw cursor.Expected("the upper bound", after: null);
        return int.TryParse(min, out var lower) && (max == "*" || int.TryParse(max, out _))
            ? source with { Min = lower, Max = max }
            : throw cursor.Fault("A cardinality is made of whole numbers, such as 0..1 or 1..*.");
    }

    private static MapListMode? ListMode(string word) => word switch
    {
        "first" => MapListMode.First,
        "not_first" => MapListMode.NotFirst,
        "last" => MapListMode.Last,
        "not_last" => MapListMode.NotLast,
        "only_one" => MapListMode.OnlyOne,
        _ => null,
    };

    private MapTarget Target()
    {
        var place = cursor.Current.Place;
        MapTarget target;
        if (cursor.Current.IsSymbol("("))
        {
            target = new(null, null, place) { Transform = "evaluate", Arguments = [new(MapArgumentKind.String, Bracketed())] };
        }
        else if (cursor.Current.IsName && cursor.Ahead(1).IsSymbol("("))
        {
            target = Transform(new(null, null, place));
        }
        else
        {
            var context = cursor.Name("a rule's target, a variable,");
            target = new(context, Step(context), place);
            if (cursor.TrySymbol("="))
                target = Transform(target);
        }

        if (cursor.TryWord("as"))
            target = target with { Variable = cursor.Name("the target's variable") };
        return TargetModes(target);
    }

    private MapTarget TargetModes(MapTarget target)
    {
        var modes = new List<string>();
        var listRuleId = target.ListRuleId;
        while (cursor.Current.Kind == MapTokenKind.Identifier
            && cursor.Current.Text is "first" or "share" or "last" or "collate" or "single")
        {
            var mode = cursor.Take().Text;
            modes.Add(mode == "single" ? "collate" : mode);
            if (mode == "share")
                listRuleId = cursor.Name("the name that the shared item has");
        }

        return modes.Count == 0 ? target : target with { ListModes = modes, ListRuleId = listRuleId };
    }

    private MapTarget Transform(MapTarget target)
    {
        var token = cursor.Current;
        if (token.IsSymbol("("))
            return target with { Transform = "evaluate", Arguments = [new(MapArgumentKind.String, Bracketed())] };
        if (!token.IsName || token.Text is "true" or "false")
            return target with { Transform = "copy", Arguments = [Argument()] };

        if (cursor.Ahead(1).IsSymbol("("))
        {
            if (!Transforms.Contains(token.Text))
                throw cursor.Fault($"'{token.Text}' is no transform: {string.Join(", ", Transforms)}.");
            cursor.Take();
            cursor.Symbol("(", $"'{token.Text}'");
            var arguments = token.Text == "evaluate" ? Evaluated() : Arguments();
            cursor.Symbol(")", $"the arguments of '{token.Text}'");
            return target with { Transform = token.Text, Arguments = arguments };
        }

        // A path such as item.code is not a variable: it is an expression that came without its brackets.
        return cursor.Ahead(1).IsSymbol(".")
            ? target with { Transform = "evaluate", Arguments = [new(MapArgumentKind.String, cursor.FhirPath("an expression"))] }
            : target with { Transform = "copy", Arguments = [Argument()] };
    }

    private string Bracketed(string after = "'='")
    {
        cursor.Symbol("(", after);
        var expression = cursor.FhirPath("an expression");
        cursor.Symbol(")", "the expression");
        return expression;
    }

    /// <summary>The arguments of evaluate: what it is evaluated on, when given, and the expression, bare or in quotes.</summary>
    private List<MapArgument> Evaluated()
    {
        var arguments = new List<MapArgument>();
        if (cursor.Current.IsName && cursor.Ahead(1).IsSymbol(","))
        {
            arguments.Add(new(MapArgumentKind.Id, cursor.Take().Text));
            cursor.Symbol(",", "the variable");
        }

        arguments.Add(new(MapArgumentKind.String, cursor.Current.IsText && cursor.Ahead(1).IsSymbol(")")
            ? cursor.Take().Text
            : cursor.FhirPath("an expression")));
        return arguments;
    }

    private List<MapArgument> Arguments()
    {
        var arguments = new List<MapArgument>();
        if (cursor.Current.IsSymbol(")"))
            return arguments;
        do
            arguments.Add(Argument());
        while (cursor.TrySymbol(","));
        return arguments;
    }

    private MapArgument Argument()
    {
        var sign = cursor.TrySymbol("-") ? "-" : "";
        var token = cursor.Current;
        if (sign.Length > 0 && token.Kind != MapTokenKind.Number)
            throw cursor.Expected("a number", "'-'");
        switch (token.Kind)
        {
            case MapTokenKind.String or MapTokenKind.DoubleString:
                return new(MapArgumentKind.String, cursor.Take().Text);
            case MapTokenKind.Number:
                var text = sign + cursor.Take().Text;
                return new(text.Contains('.', StringComparison.Ordinal) ? MapArgumentKind.Decimal : MapArgumentKind.Integer, text);
            case MapTokenKind.DateTime:
                return new(MapArgumentKind.String, cursor.Take().Text.TrimStart('@').TrimStart('T'));
            case MapTokenKind.Identifier when token.Text is "true" or "false":
                return new(MapArgumentKind.Boolean, cursor.Take().Text);
            case MapTokenKind.Identifier or MapTokenKind.DelimitedIdentifier:
                return new(MapArgumentKind.Id, cursor.Take().Text);
            default:
                throw cursor.Expected("a variable, a text in quotes, a number, true or false", after: null);
        }
    }

    private MapDependent Dependent()
    {
        var place = cursor.Current.Place;
        var name = cursor.Name("the group to go on with, or '{',");
        cursor.Symbol("(", $"'{name}'");
        var arguments = Arguments();
        cursor.Symbol(")", $"the arguments of '{name}'");
        return new(name, arguments, place);
    }

    private static string Literal(string text) =>
        $"'{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}'";
}
