using System.Text;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Mapping;

/// <summary>
/// Writes a map as text, one rule a line, comments at their end. Read again it is the same map. Of a ConceptMap inside, the text can
/// only say codes and how close they are. https://hl7.org/fhir/R4/mapping-language.html
/// </summary>
public static class MapText
{
    /// <summary>The text of a map, with line feeds.</summary>
    public static string Write(StructureMap map)
    {
        var text = new StringBuilder();
        Line("url", map.Url);
        Line("name", map.Name);
        Line("version", map.Version);
        Line("title", map.Title);
        Line("status", map.Status);
        Line("description", map.Description);
        foreach (var line in map.Metadata)
            text.Append("/// ").Append(line.Path).Append(" =").Append(line.Value is null ? "" : " " + Quoted(line.Value)).Append('\n');
        text.Append('\n');
        foreach (var conceptMap in map.ConceptMaps)
            Concepts(text, conceptMap);
        foreach (var structure in map.Structures)
            text.Append("uses ").Append(DoubleQuoted(structure.Url)).Append(structure.Alias is null ? "" : " alias " + Name(structure.Alias))
                .Append(" as ").Append(structure.Mode).Append(Comment(structure.Documentation)).Append('\n');
        foreach (var import in map.Imports)
            text.Append("imports ").Append(DoubleQuoted(import)).Append('\n');
        foreach (var constant in map.Constants)
            text.Append("let ").Append(Name(constant.Name)).Append(" = ").Append(constant.Expression).Append(";\n");
        foreach (var group in map.Groups)
            Group(text, group);
        return text.ToString();

        void Line(string name, string? value)
        {
            if (value is not null)
                text.Append("/// ").Append(name).Append(" = ").Append(Quoted(value)).Append('\n');
        }
    }

    private static void Group(StringBuilder text, MapGroup group)
    {
        text.Append("\ngroup ").Append(Name(group.Name)).Append('(').AppendJoin(", ", group.Parameters.Select(parameter =>
            $"{(parameter.IsTarget ? "target" : "source")} {Name(parameter.Name)}{(parameter.Type is null ? "" : " : " + Name(parameter.Type))}")).Append(')');
        if (group.Extends is { } extended)
            text.Append(" extends ").Append(Name(extended));
        text.Append(group.TypeMode switch
        {
            MapTypeMode.Types => " <<types>>",
            MapTypeMode.TypeAndTypes => " <<type+>>",
            _ => "",
        });
        text.Append(" {").Append(Comment(group.Documentation)).Append('\n');
        foreach (var rule in group.Rules)
            Rule(text, rule, 1);
        text.Append("}\n");
    }

    private static void Rule(StringBuilder text, MapRule rule, int depth)
    {
        var margin = new string(' ', 2 * depth);
        text.Append(margin).AppendJoin(", ", rule.Sources.Select(Source));
        if (rule.Targets.Count > 0)
            text.Append(" -> ").AppendJoin(", ", rule.Targets.Select(Target));
        if (rule.Rules.Count > 0 || rule.Dependents.Count > 0)
            text.Append(" then");
        if (rule.Dependents.Count > 0)
            text.Append(' ').AppendJoin(", ", rule.Dependents.Select(call => $"{Name(call.Group)}({string.Join(", ", call.Arguments.Select(Argument))})"));
        if (rule.Rules.Count > 0)
        {
            text.Append(" {\n");
            foreach (var inner in rule.Rules)
                Rule(text, inner, depth + 1);
            text.Append(margin).Append('}');
        }

        if (rule.HasOwnName)
            text.Append(' ').Append(DoubleQuoted(rule.Name));
        text.Append(';').Append(Comment(rule.Documentation)).Append('\n');
    }

    private static string Source(MapSource source)
    {
        var text = new StringBuilder(Name(source.Context));
        if (source.Element is { } element)
            text.Append('.').Append(Name(element));
        if (source.Type is { } type)
            text.Append(" : ").Append(Name(type));
        if (source.Min is not null || source.Max is not null)
            text.Append(' ').Append(source.Min ?? 0).Append("..").Append(source.Max ?? "*");
        Clause("default", source.Default);
        text.Append(source.ListMode switch
        {
            MapListMode.First => " first",
            MapListMode.NotFirst => " not_first",
            MapListMode.Last => " last",
            MapListMode.NotLast => " not_last",
            MapListMode.OnlyOne => " only_one",
            _ => "",
        });
        if (source.Variable is { } variable)
            text.Append(" as ").Append(Name(variable));
        Clause("where", source.Condition);
        Clause("check", source.Check);
        Clause("log", source.LogMessage);
        return text.ToString();

        void Clause(string word, string? expression)
        {
            if (expression is not null)
                text.Append(' ').Append(word).Append(" (").Append(expression).Append(')');
        }
    }

    private static string Target(MapTarget target)
    {
        var text = new StringBuilder();
        if (target.Context is { } context)
            text.Append(Name(context)).Append(target.Element is null ? "" : "." + Name(target.Element)).Append(target.Transform is null ? "" : " = ");
        text.Append((target.Transform, target.Arguments) switch
        {
            (null, _) => "",
            ("copy", [var one]) when target.Context is not null => Argument(one),
            ("evaluate", [var one]) => $"({one.Text})",
            ("evaluate", [var on, var expression]) => $"evaluate({Argument(on)}, {expression.Text})",
            var (transform, arguments) => $"{transform}({string.Join(", ", arguments.Select(Argument))})",
        });
        if (target.Variable is { } variable)
            text.Append(" as ").Append(Name(variable));
        foreach (var mode in target.ListModes)
            if (mode != "share")
                text.Append(' ').Append(mode);
            else if (target.ListRuleId is { } shared)
                text.Append(" share ").Append(Name(shared));
        return text.ToString();
    }

    private static void Concepts(StringBuilder text, Element map)
    {
        var prefixes = new List<string>();
        var body = new StringBuilder();
        foreach (var group in map.All("group"))
        {
            var source = Prefix(group.Text("source"));
            foreach (var element in group.All("element"))
            {
                foreach (var target in element.All("target"))
                {
                    var equivalence = target.Text("equivalence");
                    body.Append("  ").Append(source).Append(':').Append(DoubleQuoted(element.Text("code") ?? "")).Append(' ').Append(MapEquivalence.Sign(equivalence));
                    if (target.Text("code") is { } code)
                        body.Append(' ').Append(Prefix(group.Text("target"))).Append(':').Append(DoubleQuoted(code));
                    body.Append('\n');
                }
            }
        }

        text.Append("conceptmap ").Append(DoubleQuoted(map.Text("id") ?? "")).Append(" {\n");
        for (var i = 0; i < prefixes.Count; i++)
            text.Append("  prefix p").Append(i).Append(" = ").Append(DoubleQuoted(prefixes[i])).Append('\n');
        foreach (var group in map.All("group"))
            if (group.At("unmapped", "mode")?.Value is { } mode)
                text.Append("  unmapped for ").Append(Prefix(group.Text("source"))).Append(" = ").Append(Name(mode)).Append('\n');
        text.Append(body).Append("}\n\n");

        string Prefix(string? system)
        {
            var at = prefixes.IndexOf(system ?? "");
            if (at < 0)
            {
                at = prefixes.Count;
                prefixes.Add(system ?? "");
            }

            return $"p{at}";
        }
    }

    private static string Argument(MapArgument argument) => argument.Kind switch
    {
        MapArgumentKind.String => Quoted(argument.Text),
        MapArgumentKind.Id => Name(argument.Text),
        _ => argument.Text,
    };

    private static string Name(string name)
    {
        var isPlain = name.Length > 0 && !char.IsAsciiDigit(name[0]) && name is not ("true" or "false");
        foreach (var c in name)
            isPlain &= char.IsAsciiLetterOrDigit(c) || c == '_';
        return isPlain ? name : Escaped(name, '`');
    }

    /// <summary>A comment ends with its line, and a line with a line feed alone: other signs that separate lines are part of what it says.</summary>
    private static string Comment(string? text) => string.IsNullOrWhiteSpace(text)
        ? ""
        : " // " + text.Replace("\r\n", " ", StringComparison.Ordinal).Replace('\n', ' ').Trim();

    private static string Quoted(string text) => Escaped(text, '\'');

    private static string DoubleQuoted(string text) => Escaped(text, '"');

    private static string Escaped(string text, char quote)
    {
        var escaped = new StringBuilder().Append(quote);
        foreach (var c in text)
        {
            if (c == quote || c == '\\')
                escaped.Append('\\').Append(c);
            else if (c < ' ')
                escaped.Append(c switch { '\n' => "\\n", '\r' => "\\r", '\t' => "\\t", _ => $"\\u{(int)c:x4}" });
            else
                escaped.Append(c);
        }

        return escaped.Append(quote).ToString();
    }
}
