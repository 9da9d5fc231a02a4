using System.Globalization;

namespace CptsFhirHub.Fhir.FhirPath;

/// <summary>
/// Reads an expression into a tree by precedence climbing. https://hl7.org/fhirpath/N1/grammar.html
/// <code>
/// 13 . []   12 unary + -   11 * / div mod   10 + - &amp;   9 is as   8 |   7 &lt;= &lt; > >=
/// 6 = ~ != !~   5 in contains   4 and   3 or xor   2 implies
/// </code>
/// </summary>
internal sealed class Parser
{
    private readonly List<Token> _tokens;
    private int _at;
    private int _depth;

    private Parser(List<Token> tokens) => _tokens = tokens;

    public static Syntax Read(string text)
    {
        var parser = new Parser(Lexer.Read(text));
        var tree = parser.Expression(0);
        if (parser.Current.Kind != TokenKind.End)
            throw FhirPathException.Syntax(parser.Current.Position, "An operator or the end of the expression is missing here.");
        return tree;
    }

    private Token Current => _tokens[_at];

    private Token Take() => _tokens[_at++];

    private void Expect(string symbol)
    {
        if (!Current.Is(symbol))
            throw FhirPathException.Syntax(Current.Position, $"'{symbol}' is missing here.");
        _at++;
    }

    private static int Power(Token token) => token.Kind switch
    {
        TokenKind.Symbol => token.Text switch
        {
            "*" or "/" => 11,
            "+" or "-" or "&" => 10,
            "|" => 8,
            "<=" or "<" or ">" or ">=" => 7,
            "=" or "~" or "!=" or "!~" => 6,
            _ => -1,
        },
        TokenKind.Identifier => token.Text switch
        {
            "div" or "mod" => 11,
            "is" or "as" => 9,
            "in" or "contains" => 5,
            "and" => 4,
            "or" or "xor" => 3,
            "implies" => 2,
            _ => -1,
        },
        _ => -1,
    };

    private Syntax Expression(int powerMin)
    {
        if (++_depth > FhirPathLimits.DepthMax)
            throw FhirPathException.Limit(Current.Position, $"An expression nests at most {FhirPathLimits.DepthMax} deep.");

        var left = Signed();
        while (true)
        {
            var power = Power(Current);
            if (power < powerMin || power < 0)
                break;
            var op = Take();
            left = op.Kind == TokenKind.Identifier && op.Text is "is" or "as"
                ? Grown(new Syntax.TypeOperation(op.Position, op.Text == "as", left, Type()))
                : Grown(new Syntax.Binary(op.Position, op.Text, left, Expression(power + 1)));
        }

        _depth--;
        return left;
    }

    private static Syntax Grown(Syntax tree) => tree.Height <= FhirPathLimits.HeightMax
        ? tree
        : throw FhirPathException.Limit(tree.Position, $"An expression chains at most {FhirPathLimits.HeightMax} operations.");

    private Syntax Signed()
    {
        if (!Current.Is("+") && !Current.Is("-"))
            return Postfix();
        var sign = Take();
        return Grown(new Syntax.Sign(sign.Position, sign.Text == "-", Expression(12)));
    }

    private Syntax Postfix()
    {
        var left = Term();
        while (true)
        {
            if (Current.Is("."))
            {
                _at++;
                left = Grown(Invocation(left));
            }
            else if (Current.Is("["))
            {
                var open = Take();
                var index = Expression(0);
                Expect("]");
                left = Grown(new Syntax.Indexer(open.Position, left, index));
            }
            else
            {
                return left;
            }
        }
    }

    private Syntax Invocation(Syntax? left)
    {
        var token = Take();
        if (token.Kind == TokenKind.Special)
            return left is null || token.Text == "this"
                ? new Syntax.Special(token.Position, token.Text)
                : throw FhirPathException.Syntax(token.Position, "After a dot stands a name or a function.");

        // Narrative has an element that bears the name of an operator. After a dot no operator can stand, and the official
        // patches write text.div without backticks.
        var isDiv = left is not null && token is { Kind: TokenKind.Identifier, Text: "div" };
        if (!isDiv && !IsName(token))
            throw FhirPathException.Syntax(token.Position, "The name of an element or a function is missing here.");
        if (!Current.Is("("))
            return new Syntax.Member(token.Position, left, token.Text);

        _at++;
        var arguments = new List<Syntax>();
        if (!Current.Is(")"))
        {
            arguments.Add(Argument(token.Text));
            while (Current.Is(","))
            {
                _at++;
                arguments.Add(Argument(token.Text));
            }
        }

        Expect(")");
        return new Syntax.Call(token.Position, left, token.Text, arguments);
    }

    /// <summary>An expression; in <c>sort()</c> it may be followed by <c>asc</c> or <c>desc</c>, the latter being a minus before the key.</summary>
    private Syntax Argument(string function)
    {
        var argument = Expression(0);
        if (function != "sort" || Current is not { Kind: TokenKind.Identifier, Text: "asc" or "desc" })
            return argument;
        var direction = Take();
        return direction.Text == "asc" ? argument : Grown(new Syntax.Sign(direction.Position, IsMinus: true, argument));
    }

    private static bool IsName(Token token) => token.Kind == TokenKind.Delimited
        || (token.Kind == TokenKind.Identifier
            && token.Text is not ("div" or "mod" or "and" or "or" or "xor" or "implies" or "true" or "false"));

    private Syntax Term()
    {
        var token = Current;
        switch (token.Kind)
        {
            case TokenKind.Identifier when token.Text is "true" or "false":
                _at++;
                return new Syntax.Literal(token.Position, Item.Of(token.Text == "true"));
            case TokenKind.Identifier or TokenKind.Delimited or TokenKind.Special:
                return Invocation(null);
            case TokenKind.String:
                _at++;
                return new Syntax.Literal(token.Position, Item.Of(token.Text));
            case TokenKind.Number or TokenKind.LongNumber:
                return Number();
            case TokenKind.Date or TokenKind.DateTime or TokenKind.Time:
                _at++;
                return new Syntax.Literal(token.Position, Item.Of(Moment(token)));
            case TokenKind.Variable:
                _at++;
                return new Syntax.Variable(token.Position, token.Text);
            case TokenKind.Symbol when token.Text == "(":
                _at++;
                var inner = Expression(0);
                Expect(")");
                return inner;
            case TokenKind.Symbol when token.Text == "{":
                _at++;
                Expect("}");
                return new Syntax.Nothing(token.Position);
            case TokenKind.End:
                throw FhirPathException.Syntax(token.Position, "The expression ends too soon.");
            default:
                throw FhirPathException.Syntax(token.Position, "A value, a name or '(' is missing here.");
        }
    }

    private static Moment Moment(Token token)
    {
        var moment = token.Kind switch
        {
            TokenKind.Date => FhirPath.Moment.TryDate(token.Text),
            TokenKind.Time => FhirPath.Moment.TryTime(token.Text),
            _ => FhirPath.Moment.TryDateTime(token.Text.TrimEnd('T')),
        };
        return moment ?? throw FhirPathException.Syntax(token.Position, "There is no such date or time.");
    }

    private Syntax.Literal Number()
    {
        var token = Take();
        if (!decimal.TryParse(token.Text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
            throw FhirPathException.Syntax(token.Position, "The number has too many digits.");

        if (Current.Kind == TokenKind.String)
            return new Syntax.Literal(token.Position, Item.Of(new Quantity(number, Take().Text)));
        if (Current.Kind == TokenKind.Identifier && CalendarUnit.Of(Current.Text) is { } unit)
        {
            _at++;
            return new Syntax.Literal(token.Position, Item.Of(new Quantity(number, unit.Name, UnitKind.Calendar)));
        }

        if (token.Kind == TokenKind.LongNumber)
        {
            return number <= long.MaxValue
                ? new Syntax.Literal(token.Position, Item.Of((long)number))
                : throw FhirPathException.Syntax(token.Position, "The number is too large for a Long.");
        }

        if (token.Text.Contains('.', StringComparison.Ordinal))
            return new Syntax.Literal(token.Position, Item.Of(number));
        return number <= int.MaxValue
            ? new Syntax.Literal(token.Position, Item.Of((int)number))
            : throw FhirPathException.Syntax(token.Position, "The number is too large for an Integer; write it with an L or a decimal point.");
    }

    private TypeSpecifier Type()
    {
        var first = TypeName();
        if (!Current.Is("."))
            return new(null, first);
        _at++;
        return new(first, TypeName());
    }

    private string TypeName()
    {
        var token = Take();
        return IsName(token)
            ? token.Text
            : throw FhirPathException.Syntax(token.Position, "The name of a type is missing here.");
    }

    /// <summary>The type an argument of <c>is()</c>, <c>as()</c> or <c>ofType()</c> names, or null when it is no name.</summary>
    public static TypeSpecifier? AsType(Syntax argument) => argument switch
    {
        Syntax.Member { Left: null, Name: var name } => new(null, name),
        Syntax.Member { Left: Syntax.Member { Left: null, Name: var space }, Name: var name } => new(space, name),
        _ => null,
    };
}
