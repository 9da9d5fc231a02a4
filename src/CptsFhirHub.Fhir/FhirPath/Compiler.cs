namespace CptsFhirHub.Fhir.FhirPath;

/// <summary>
/// Turns the tree of an expression into code, once: names become steps, common shapes get a node of their own, what is
/// constant is evaluated here.
/// </summary>
internal static class Compiler
{
    private static readonly ThisCode This = new();

    public static Code Compile(Syntax tree) => tree switch
    {
        Syntax.Literal literal => new ConstantCode(new(literal.Value)),
        Syntax.Nothing => new ConstantCode(default),
        Syntax.Special { Name: "this" } => This,
        Syntax.Special { Name: "index" } => new IndexCode { Position = tree.Position },
        Syntax.Special => new TotalCode(),
        Syntax.Variable variable => new VariableCode(variable.Name) { Position = tree.Position },
        Syntax.Member member => Member(member),
        Syntax.Indexer indexer => new IndexerCode(Compile(indexer.Left), Enclosed(indexer.Index)) { Position = tree.Position },
        Syntax.Sign sign => Folded(new SignCode(Compile(sign.Operand), sign.IsMinus) { Position = tree.Position }, sign.Operand),
        Syntax.Binary binary => Folded(Binary(binary), binary.Left, binary.Right),
        Syntax.TypeOperation operation =>
            Type(operation.IsAs ? "as" : "is", Compile(operation.Left), operation.Left, operation.Type, tree.Position),
        Syntax.Call call => Call(call),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static Code Enclosed(Syntax tree)
    {
        var code = Compile(tree);
        return Defines(tree) ? new EnclosedCode(code) : code;
    }

    // Only the chain counts: what operands and arguments define is enclosed already.
    private static bool Defines(Syntax tree) => tree switch
    {
        Syntax.Call call => call.Name == "defineVariable" || (call.Left is not null && Defines(call.Left)),
        Syntax.Member { Left: { } left } => Defines(left),
        Syntax.Indexer indexer => Defines(indexer.Left),
        Syntax.TypeOperation operation => Defines(operation.Left),
        Syntax.Sign sign => Defines(sign.Operand),
        _ => false,
    };

    private static Code Member(Syntax.Member member)
    {
        if (member.Left is null)
        {
            return member.Name.Length > 0 && char.IsAsciiLetterUpper(member.Name[0])
                ? new TypeRootCode(member.Name)
                : new PathCode(This, [member.Name]) { Position = member.Position };
        }

        var left = Compile(member.Left);
        return left is PathCode path
            ? new PathCode(path.Source, [.. path.Names, member.Name]) { Position = member.Position }
            : new PathCode(left, [member.Name]) { Position = member.Position };
    }

    private static Code Binary(Syntax.Binary binary)
    {
        var left = Enclosed(binary.Left);
        var right = Enclosed(binary.Right);
        var at = binary.Position;
        return binary.Operator switch
        {
            "and" or "or" or "xor" or "implies" => new LogicCode(left, right, binary.Operator) { Position = at },
            "=" or "!=" => new EqualCode(left, right, binary.Operator == "!=") { Position = at },
            "~" or "!~" => new EquivalentCode(left, right, binary.Operator == "!~") { Position = at },
            "<" => Compared(static order => order < 0),
            ">" => Compared(static order => order > 0),
            "<=" => Compared(static order => order <= 0),
            ">=" => Compared(static order => order >= 0),
            "|" => Operator(static (run, a, b) => Sets.Union(run, a, b)),
            "in" => Operator(static (run, a, b) => Sets.In(run, a, b)),
            "contains" => Operator(static (run, a, b) => Sets.In(run, b, a)),
            "+" => Operator(static (_, a, b) => Arithmetic.Add(a, b)),
            "-" => Operator(static (_, a, b) => Arithmetic.Subtract(a, b)),
            "*" => Operator(static (_, a, b) => Arithmetic.Multiply(a, b)),
            "/" => Operator(static (_, a, b) => Arithmetic.Divide(a, b)),
            "div" => Operator(static (_, a, b) => Arithmetic.WholeDivide(a, b)),
            "mod" => Operator(static (_, a, b) => Arithmetic.Remainder(a, b)),
            _ => Operator(static (_, a, b) => Arithmetic.Concatenate(a, b)),
        };

        BinaryCode Operator(Func<Run, Items, Items, Items> apply) => new(left, right, apply) { Position = at };

        BinaryCode Compared(Func<int, bool> test) =>
            Operator((_, a, b) => Ordering.Compare(a, b) is { } order ? Items.Of(test(order)) : default);
    }

    private static Code Type(string operation, Code left, Syntax? source, TypeSpecifier type, int position)
    {
        var test = TypeTest.Of(type, position);
        if (operation == "is" && source is Syntax.Call { Name: "resolve", Arguments.Count: 0 } resolve)
            return new ReferenceTypeCode(resolve.Left is null ? This : Compile(resolve.Left), left, test) { Position = position };
        return operation switch
        {
            "is" => new IsCode(left, test) { Position = position },
            "as" => new AsCode(left, test) { Position = position },
            _ => new OfTypeCode(left, test) { Position = position },
        };
    }

    private static Code Call(Syntax.Call call)
    {
        var source = call.Left is null ? This : Compile(call.Left);
        if (call.Name is "is" or "as" or "ofType")
        {
            if (call.Arguments.Count != 1 || Parser.AsType(call.Arguments[0]) is not { } type)
                throw FhirPathException.Semantic(call.Position, $"{call.Name}() takes the name of a type.");
            return Type(call.Name, source, call.Left, type, call.Position);
        }

        if (!Functions.Table.TryGetValue(call.Name, out var function))
            throw FhirPathException.Semantic(call.Position, $"There is no function {call.Name}().");
        var count = call.Arguments.Count;
        if (count < function.ArgumentsMin || count > function.ArgumentsMax)
            throw FhirPathException.Semantic(call.Position, $"{call.Name}() takes {Functions.Wanted(function)}.");

        var arguments = call.Name == "sort" ? [.. call.Arguments.Select(SortKey)] : call.Arguments.Select(Enclosed).ToArray();
        return call.Name switch
        {
            "where" => new WhereCode(source, arguments[0]) { Position = call.Position },
            "exists" => new ExistsCode(source, arguments.Length == 0 ? null : arguments[0]) { Position = call.Position },
            "empty" => new EmptyCode(source) { Position = call.Position },
            "first" => new FirstCode(source) { Position = call.Position },
            _ => new CallCode(function, source, arguments) { Position = call.Position },
        };
    }

    /// <summary>A minus before a sort key turns the order round; the key itself need not be a number.</summary>
    private static Code SortKey(Syntax argument) =>
        argument is Syntax.Sign { IsMinus: true } sign ? new DescendingCode(Enclosed(sign.Operand)) : Enclosed(argument);

    /// <summary>Evaluates at once what depends on nothing. A failure is left for the evaluation to report.</summary>
    private static Code Folded(Code code, params ReadOnlySpan<Syntax> operands)
    {
        foreach (var operand in operands)
            if (!IsConstant(operand))
                return code;
        try
        {
            var run = Run.Begin(EvaluationContext.Default, default, out var scope);
            var value = code.Eval(run, scope);
            run.Done();
            return new ConstantCode(value);
        }
        catch (FhirPathException)
        {
            return code;
        }
    }

    private static bool IsConstant(Syntax tree) => tree switch
    {
        Syntax.Literal or Syntax.Nothing => true,
        Syntax.Sign sign => IsConstant(sign.Operand),
        Syntax.Binary binary => IsConstant(binary.Left) && IsConstant(binary.Right),
        _ => false,
    };
}
