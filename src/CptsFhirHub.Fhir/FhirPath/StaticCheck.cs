using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.FhirPath;

/// <summary>
/// Finds what can never work against the R4 definitions, without data: unknown elements, choice elements written with their
/// type, the order of what has none. What is not known is not complained of. https://hl7.org/fhirpath/N1/#type-safety-and-strict-evaluation
/// </summary>
public sealed class StaticCheck
{
    private readonly List<Issue> _issues = [];
    private readonly Kinds _context;
    private readonly string _text;

    private StaticCheck(string text, Kinds context)
    {
        _text = text;
        _context = context;
    }

    /// <summary>The faults of an expression that is evaluated on <paramref name="contextType"/> (null: on anything).</summary>
    public static IReadOnlyList<Issue> Of(FhirPathExpression expression, string? contextType = null)
    {
        var context = contextType is not null && Shape.OfType(contextType) is { } shape ? Kinds.Of(shape) : Kinds.Unknown;
        var check = new StaticCheck(expression.Text, context);
        check.Infer(expression.Tree, context);
        return check._issues;
    }

    /// <summary>The faults of an expression that is evaluated on elements at that place of the definitions, as a profile's rule is.</summary>
    public static IReadOnlyList<Issue> Of(FhirPathExpression expression, ChildDefinition place)
    {
        var context = Kinds.Of(Shape.Of(place));
        var check = new StaticCheck(expression.Text, context);
        check.Infer(expression.Tree, context);
        return check._issues;
    }

    /// <summary>What an expression may give: FHIR places, System types, or nothing known.</summary>
    private sealed record Kinds(IReadOnlyList<Shape> Shapes, IReadOnlyList<string> System, bool IsKnown, bool IsOrdered = true)
    {
        public static Kinds Unknown { get; } = new([], [], IsKnown: false);

        public static Kinds Boolean { get; } = OfSystem("Boolean");

        public static Kinds Of(Shape shape) => new([shape], [], IsKnown: true);

        public static Kinds OfSystem(string type) => new([], [type], IsKnown: true);

        // Any resource may stand there: its children are not known.
        public bool IsOpen => !IsKnown || Shapes.Any(shape =>
            shape.Type is "Resource" or "DomainResource" or "Element" && shape.Node.Shape?.Path == shape.Type);

        public Kinds With(Kinds other) => IsKnown && other.IsKnown
            ? new([.. Shapes.Union(other.Shapes)], [.. System.Union(other.System)], IsKnown: true, IsOrdered: false)
            : Unknown;
    }

    private void Fault(Syntax at, string text) =>
        _issues.Add(Issue.Error("invalid", TextPlace.Of(_text, at.Position).ToString(), text));

    private Kinds Infer(Syntax tree, Kinds self) => tree switch
    {
        Syntax.Literal literal => Kinds.OfSystem(Item.SystemType(literal.Value.Literal)!),
        Syntax.Nothing => new([], [], IsKnown: true),
        Syntax.Special { Name: "this" } => self,
        Syntax.Special { Name: "index" } => Kinds.OfSystem("Integer"),
        Syntax.Variable { Name: "context" } => _context,
        Syntax.Member member => member.Left is null ? Start(member, self) : Member(member, Infer(member.Left, self)),
        Syntax.Indexer indexer => Index(indexer, self),
        Syntax.Sign sign => Infer(sign.Operand, self),
        Syntax.Binary binary => Binary(binary, self),
        Syntax.TypeOperation operation => Typed(Infer(operation.Left, self), operation.IsAs, operation.Type),
        Syntax.Call call => Call(call, self),
        _ => Kinds.Unknown,
    };

    private Kinds Start(Syntax.Member member, Kinds self)
    {
        if (member.Name.Length > 0 && char.IsAsciiLetterUpper(member.Name[0]) && R4.Definitions.Type(member.Name) is { } type)
        {
            if (!self.IsKnown)
                return Shape.OfType(type.Name) is { } shape ? Kinds.Of(shape) : Kinds.Unknown;
            if (self.Shapes.Any(shape => shape.Is(type.Name)) || self.IsOpen)
                return self;
            Fault(member, $"The input is never a {type.Name}.");
            return Kinds.Unknown;
        }

        return Member(member, self);
    }

    private Kinds Member(Syntax.Member member, Kinds parent)
    {
        if (parent.IsOpen || member.Name == "resourceType" || (parent.Shapes.Count == 0 && parent.System.Count == 0))
            return Kinds.Unknown;
        if (parent.System.Contains("Quantity") && member.Name is "value" or "unit" or "code")
            return Kinds.Unknown;

        var found = new List<Shape>();
        foreach (var shape in parent.Shapes)
        {
            if (shape.Node.Child(member.Name) is { Element: { IsChoice: true } choice } && choice.Name != member.Name)
            {
                Fault(member, $"The choice element is written without its type: {choice.Name}.");
                return Kinds.Unknown;
            }

            if (shape.Find(member.Name) is not { } step)
                continue;
            if (step.Only is not null)
                found.Add(step.Only);
            else
                found.AddRange(step.Choices!.Values);
        }

        if (found.Count > 0)
            return new(found, [], IsKnown: true, parent.IsOrdered);
        var owner = parent.Shapes.Count > 0 ? parent.Shapes[0].Node.Shape?.Path ?? parent.Shapes[0].Type : "System." + parent.System[0];
        Fault(member, $"{owner} has no element {member.Name}.");
        return Kinds.Unknown;
    }

    private Kinds Index(Syntax.Indexer indexer, Kinds self)
    {
        var left = Infer(indexer.Left, self);
        Infer(indexer.Index, self);
        Order(indexer, left);
        return left;
    }

    private Kinds Binary(Syntax.Binary binary, Kinds self)
    {
        var left = Infer(binary.Left, self);
        var right = Infer(binary.Right, self);
        return binary.Operator switch
        {
            "|" => left.With(right),
            "&" => Kinds.OfSystem("String"),
            "+" or "-" or "*" or "/" or "div" or "mod" => Kinds.Unknown,
            _ => Kinds.Boolean,
        };
    }

    private static Kinds Typed(Kinds input, bool isKept, TypeSpecifier type)
    {
        if (!isKept)
            return Kinds.Boolean;
        if (type.Namespace is not "System")
        {
            // A backbone element keeps its place; any other type begins anew.
            var same = input.Shapes.Where(shape => shape.Type == type.Name).ToList();
            if (same.Count > 0)
                return new(same, [], IsKnown: true, input.IsOrdered);
            if (Shape.OfType(type.Name) is { } shape)
                return Kinds.Of(shape) with { IsOrdered = input.IsOrdered };
        }

        return Kinds.OfSystem(type.Name);
    }

    private void Order(Syntax at, Kinds input)
    {
        if (!input.IsOrdered)
            Fault(at, "The items have no order here.");
    }

    private Kinds Call(Syntax.Call call, Kinds self)
    {
        var input = call.Left is null ? self : Infer(call.Left, self);
        if (call.Name is "is" or "as" or "ofType")
            return Parser.AsType(call.Arguments[0]) is { } type ? Typed(input, call.Name != "is", type) : Kinds.Unknown;

        var isProjection = call.Name is "where" or "exists" or "all" or "select" or "repeat" or "repeatAll" or "sort" or "aggregate"
            or "iif" or "trace" or "defineVariable";
        var arguments = new List<Kinds>(call.Arguments.Count);
        foreach (var argument in call.Arguments)
            arguments.Add(Infer(argument, !isProjection ? self : call.Name is "repeat" or "repeatAll" ? Kinds.Unknown : input));

        if (call.Name is "iif" or "where" or "exists" or "all" && arguments.Count > 0
            && arguments[0] is { IsKnown: true, Shapes.Count: 0, System: [not ("Boolean" or "Any")] })
        {
            Fault(call.Arguments[0], $"{call.Name}() takes a condition.");
        }

        switch (call.Name)
        {
            case "first" or "last" or "tail" or "skip" or "take":
                Order(call, input);
                return input;
            case "where" or "single" or "distinct" or "exclude" or "intersect" or "trace" or "defineVariable":
                return input;
            case "sort":
                return input with { IsOrdered = true };
            case "select":
                return arguments[0] with { IsOrdered = input.IsOrdered };
            case "union" or "combine":
                return input.With(arguments[0]);
            case "extension" or "slice" or "checkModifiers" when call.Name != "extension":
                return input;
            case "elementDefinition":
                return Shape.OfType("ElementDefinition") is { } definition ? Kinds.Of(definition) : Kinds.Unknown;
            case "extension":
                return Shape.OfType("Extension") is { } extension ? Kinds.Of(extension) : Kinds.Unknown;
            case "children" or "descendants":
                return Kinds.Unknown with { IsOrdered = false };
            case "exists" or "all" or "empty" or "not" or "hasValue" or "allTrue" or "anyTrue" or "allFalse" or "anyFalse" or "isDistinct"
                or "startsWith" or "endsWith" or "contains" or "matches" or "matchesFull" or "memberOf" or "conformsTo" or "htmlChecks":
                Texts(call, input);
                return Kinds.Boolean;
            case "count" or "length" or "indexOf":
                return Kinds.OfSystem("Integer");
            default:
                return Kinds.Unknown;
        }
    }

    private void Texts(Syntax.Call call, Kinds input)
    {
        if (call.Name is "startsWith" or "endsWith" or "contains" or "matches" or "matchesFull"
            && input.IsKnown && input.System.Count == 0 && input.Shapes.Count > 0 && input.Shapes.All(shape => shape.Form == ValueForm.None))
        {
            Fault(call, $"{call.Name}() takes a String, not a {input.Shapes[0].Type}.");
        }
    }
}
