using System.Globalization;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Mapping;

/// <summary>A map as a StructureMap resource, and back. https://hl7.org/fhir/R4/structuremap.html</summary>
public static class StructureMapResource
{
    private const int DepthMax = 32;

    /// <summary>R4 has no place for constants; R5 has, and this is how R4 carries what R5 has.</summary>
    private const string ConstantUrl = "http://hl7.org/fhir/5.0/StructureDefinition/extension-StructureMap.const";

    /// <summary>The resource of a map. Where R4 asks for what a text leaves out (a rule's name, a structure's mode), it is there.</summary>
    public static Element Write(StructureMap map)
    {
        var root = Element.OfResource("StructureMap").With("id", Id(map.Name));
        foreach (var conceptMap in map.ConceptMaps)
            root.Append(conceptMap.Copy("contained", isListItem: true));
        foreach (var constant in map.Constants)
        {
            var extension = root.AddItem("extension");
            extension.AddItem("extension").With("url", "name").With("valueId", constant.Name);
            extension.AddItem("extension").With("url", "value").With("valueString", constant.Expression);
            extension.With("url", ConstantUrl);
        }

        root.With("url", map.Url).With("version", map.Version).With("name", map.Name).With("title", map.Title)
            .With("status", map.Status).With("description", map.Description);
        foreach (var line in map.Metadata)
            MapMetadataPath.Write(root, line);
        foreach (var structure in map.Structures)
            root.AddItem("structure").With("url", structure.Url).With("mode", structure.Mode).With("alias", structure.Alias)
                .With("documentation", structure.Documentation);
        foreach (var import in map.Imports)
            root.WithItem("import", import);
        foreach (var group in map.Groups)
            Group(root.AddItem("group"), group);
        ElementOrder.Apply(root, R4.Definitions.Type("StructureMap")!.Node);
        return root;
    }

    /// <summary>Reads a StructureMap resource. Never throws: the issues name the element.</summary>
    public static ParsedMap Read(Element resource)
    {
        var issues = new List<Issue>();
        if (resource.ResourceType != "StructureMap")
            return new(null, [Issue.Error("structure", resource.Name, "The resource is no StructureMap.")]);
        if (resource.Text("url") is not { } url)
        {
            issues.Add(Issue.Error("required", "StructureMap.url", "A map has a url."));
            url = "";
        }

        var conceptMaps = new List<Element>();
        foreach (var contained in resource.All("contained"))
            if (contained.ResourceType == "ConceptMap")
                conceptMaps.Add(contained);
        var reader = new Reader(issues);
        var groups = Reader.List(resource, "group", "StructureMap", reader.Group);
        if (groups.Count == 0)
            issues.Add(Issue.Error("required", "StructureMap.group", "A map has a group."));
        var map = new StructureMap
        {
            Url = url,
            Name = resource.Text("name") ?? url[(url.LastIndexOf('/') + 1)..],
            Version = resource.Text("version"),
            Title = resource.Text("title"),
            Status = resource.Text("status") ?? "draft",
            Description = resource.Text("description"),
            Metadata = MapMetadataPath.Read(resource),
            Structures = Reader.List(resource, "structure", "StructureMap", (element, _) =>
                new MapStructure(element.Text("url") ?? "", element.Text("mode") ?? "source", element.Text("alias"))
                {
                    Documentation = element.Text("documentation"),
                }),
            Imports = Reader.List(resource, "import", "StructureMap", (element, _) => element.Value ?? ""),
            Constants = Reader.List(resource, "extension", "StructureMap", Reader.Constant).OfType<MapConstant>().ToList(),
            Groups = groups,
            ConceptMaps = conceptMaps,
        };
        return new(map, issues);
    }

    private static void Group(Element node, MapGroup group)
    {
        node.With("name", group.Name).With("extends", group.Extends).With("typeMode", group.TypeMode switch
        {
            MapTypeMode.Types => "types",
            MapTypeMode.TypeAndTypes => "type-and-types",
            _ => "none",
        }).With("documentation", group.Documentation);
        foreach (var parameter in group.Parameters)
            node.AddItem("input").With("name", parameter.Name).With("type", parameter.Type).With("mode", parameter.IsTarget ? "target" : "source");
        foreach (var rule in group.Rules)
            Rule(node.AddItem("rule"), rule);
    }

    private static void Rule(Element node, MapRule rule)
    {
        node.With("name", rule.Name);
        foreach (var source in rule.Sources)
            Source(node.AddItem("source"), source);
        foreach (var target in rule.Targets)
            Target(node.AddItem("target"), target);
        foreach (var inner in rule.Rules)
            Rule(node.AddItem("rule"), inner);
        foreach (var dependent in rule.Dependents)
        {
            var call = node.AddItem("dependent").With("name", dependent.Group);
            foreach (var argument in dependent.Arguments)
                call.WithItem("variable", argument.Kind == MapArgumentKind.String ? $"'{argument.Text}'" : argument.Text);
        }

        node.With("documentation", rule.Documentation);
    }

    private static void Source(Element node, MapSource source)
    {
        node.With("context", source.Context);
        if (source.Min is { } min)
            node.With("min", (decimal)min);
        node.With("max", source.Max).With("type", source.Type).With("defaultValueString", Default(source.Default)).With("element", source.Element)
            .With("listMode", source.ListMode switch
            {
                MapListMode.First => "first",
                MapListMode.NotFirst => "not_first",
                MapListMode.Last => "last",
                MapListMode.NotLast => "not_last",
                MapListMode.OnlyOne => "only_one",
                _ => null,
            })
            .With("variable", source.Variable).With("condition", source.Condition).With("check", source.Check).With("logMessage", source.LogMessage);
    }

    private static void Target(Element node, MapTarget target)
    {
        node.With("context", target.Context);
        if (target.Context is not null)
            node.With("contextType", "variable");
        node.With("element", target.Element).With("variable", target.Variable);
        foreach (var mode in target.ListModes)
            node.WithItem("listMode", mode);
        node.With("listRuleId", target.ListRuleId).With("transform", target.Transform);
        foreach (var argument in target.Arguments)
        {
            var parameter = node.AddItem("parameter");
            var (name, kind) = argument.Kind switch
            {
                MapArgumentKind.Id => ("valueId", ElementKind.String),
                MapArgumentKind.Boolean => ("valueBoolean", ElementKind.Boolean),
                MapArgumentKind.Integer => ("valueInteger", ElementKind.Number),
                MapArgumentKind.Decimal => ("valueDecimal", ElementKind.Number),
                _ => ("valueString", ElementKind.String),
            };
            parameter.Append(Element.Primitive(name, kind, argument.Text));
        }
    }

    /// <summary>R4 has a value where the text may have an expression: an expression other than a plain text keeps its brackets.</summary>
    private static string? Default(string? expression) =>
        expression is ['\'', .., '\''] && !expression.AsSpan(1, expression.Length - 2).ContainsAny('\'', '\\') ? expression[1..^1]
        : expression is null ? null : $"({expression})";

    /// <summary>A FHIR id has no other signs than these.</summary>
    private static string Id(string name)
    {
        var id = string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' ? c : '-'));
        return id.Length > 64 ? id[..64] : id;
    }

    private sealed class Reader(List<Issue> issues)
    {
        private int _depth;

        public static List<T> List<T>(Element parent, string name, string path, Func<Element, string, T> read)
        {
            var list = new List<T>();
            foreach (var item in parent.All(name))
                list.Add(read(item, $"{path}.{name}[{list.Count}]"));
            return list;
        }

        public static MapConstant? Constant(Element extension, string path)
        {
            if (extension.Text("url") != ConstantUrl)
                return null;
            string? name = null;
            string? value = null;
            foreach (var inner in extension.All("extension"))
            {
                switch (inner.Text("url"))
                {
                    case "name": name = inner.Text("valueId"); break;
                    case "value": value = inner.Text("valueString"); break;
                }
            }

            return name is null || value is null ? null : new(name, value, default);
        }

        public MapGroup Group(Element node, string path) => new(
            Required(node, "name", path),
            List(node, "input", path, (input, at) =>
                new MapParameter(Required(input, "name", at), input.Text("type"), input.Text("mode") == "target", default)),
            List(node, "rule", path, Rule),
            node.Text("extends"),
            node.Text("typeMode") switch { "types" => MapTypeMode.Types, "type-and-types" => MapTypeMode.TypeAndTypes, _ => MapTypeMode.None },
            default)
        {
            Documentation = node.Text("documentation"),
        };

        private MapRule Rule(Element node, string path)
        {
            if (++_depth > DepthMax)
            {
                issues.Add(Issue.Error("too-costly", path, $"Rules are nested at most {DepthMax} deep."));
                _depth--;
                return new("", [], [], [], [], default);
            }

            var rule = new MapRule(
                node.Text("name") ?? "rule",
                List(node, "source", path, Source),
                List(node, "target", path, Target),
                List(node, "rule", path, Rule),
                List(node, "dependent", path, (call, at) => new MapDependent(
                    Required(call, "name", at),
                    List(call, "variable", at, (variable, _) => Input(variable.Value ?? "")),
                    default)),
                default)
            {
                HasOwnName = node.Text("name") is not null,
                Documentation = node.Text("documentation"),
            };
            if (rule.Sources.Count == 0)
                issues.Add(Issue.Error("required", $"{path}.source", "A rule has a source."));
            _depth--;
            return rule;
        }

        /// <summary>The expression of a default, whatever its type; see <see cref="StructureMapResource.Default"/>.</summary>
        private static string? Default(Element node)
        {
            foreach (var child in node.Children)
            {
                if (!child.Name.StartsWith("defaultValue", StringComparison.Ordinal) || child.Value is not { } value)
                    continue;
                return child.Kind != ElementKind.String ? value
                    : value is ['(', .., ')'] ? value[1..^1]
                    : $"'{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}'";
            }

            return null;
        }

        private MapSource Source(Element node, string path) => new(Required(node, "context", path), node.Text("element"), default)
        {
            Type = node.Text("type"),
            Min = int.TryParse(node.Text("min"), NumberStyles.None, CultureInfo.InvariantCulture, out var min) ? min : null,
            Max = node.Text("max"),
            Default = Default(node),
            ListMode = node.Text("listMode") switch
            {
                "first" => MapListMode.First,
                "not_first" => MapListMode.NotFirst,
                "last" => MapListMode.Last,
                "not_last" => MapListMode.NotLast,
                "only_one" => MapListMode.OnlyOne,
                _ => MapListMode.All,
            },
            Variable = node.Text("variable"),
            Condition = node.Text("condition"),
            Check = node.Text("check"),
            LogMessage = node.Text("logMessage"),
        };

        private MapTarget Target(Element node, string path)
        {
            var target = new MapTarget(node.Text("context"), node.Text("element"), default)
            {
                Variable = node.Text("variable"),
                ListModes = List(node, "listMode", path, (mode, _) => mode.Value ?? ""),
                ListRuleId = node.Text("listRuleId"),
                Transform = node.Text("transform"),
                Arguments = List(node, "parameter", path, Argument),
            };
            // Other tools write a path as if it were a variable.
            return target is { Transform: "copy", Arguments: [{ Kind: MapArgumentKind.Id, Text: var way }] } && way.Contains('.', StringComparison.Ordinal)
                ? target with { Transform = "evaluate", Arguments = [new(MapArgumentKind.String, way)] }
                : target;
        }

        /// <summary>
        /// R4 knows only variables as a group's inputs. A literal, which the text may have, is written as in the text: no variable
        /// begins with a quote or a digit.
        /// </summary>
        private static MapArgument Input(string text) =>
            text is ['\'', .., '\''] ? new(MapArgumentKind.String, text[1..^1])
            : text is "true" or "false" ? new(MapArgumentKind.Boolean, text)
            : text.Length == 0 || !(char.IsAsciiDigit(text[0]) || text[0] == '-') ? new(MapArgumentKind.Id, text)
            : new(text.Contains('.', StringComparison.Ordinal) ? MapArgumentKind.Decimal : MapArgumentKind.Integer, text);

        private MapArgument Argument(Element node, string path)
        {
            foreach (var child in node.Children)
            {
                if (child.Value is not { } text)
                    continue;
                switch (child.Name)
                {
                    case "valueId": return new(MapArgumentKind.Id, text);
                    case "valueString": return new(MapArgumentKind.String, text);
                    case "valueBoolean": return new(MapArgumentKind.Boolean, text);
                    case "valueInteger": return new(MapArgumentKind.Integer, text);
                    case "valueDecimal": return new(MapArgumentKind.Decimal, text);
                }
            }

            issues.Add(Issue.Error("required", path, "An argument has a value."));
            return new(MapArgumentKind.String, "");
        }

        private string Required(Element node, string name, string path)
        {
            if (node.Text(name) is { } text)
                return text;
            issues.Add(Issue.Error("required", $"{path}.{name}", "The element is missing."));
            return "";
        }
    }
}
