using System.Text;

namespace CptsFhirHub.Fhir.Mapping;

/// <summary>A fault that stops reading one statement; the parser turns it into an issue and goes on with the next.</summary>
internal sealed class MapSyntaxException(MapPlace place, string message) : Exception(message)
{
    public MapPlace Place { get; } = place;
}

/// <summary>The tokens of a map and a place among them.</summary>
internal sealed class MapCursor(string text, IReadOnlyList<MapToken> tokens)
{
    private static readonly string[] Operators =
        ["and", "or", "xor", "implies", "in", "contains", "is", "as", "div", "mod"];

    private static readonly string[] ClauseWords = ["then", "check", "log"];

    public int At { get; private set; }

    public MapToken Current => tokens[At];

    /// <summary>Where the token before this one ends.</summary>
    public int End => At == 0 ? 0 : tokens[At - 1].End;

    public MapToken Ahead(int count) => tokens[Math.Clamp(At + count, 0, tokens.Count - 1)];

    public MapToken Take()
    {
        var token = Current;
        if (token.Kind == MapTokenKind.Bad)
            throw Fault(token.Text.Length == 1 ? $"'{token.Text}' means nothing here." : $"{Capital(token.Text)}.");
        if (token.Kind != MapTokenKind.End)
            At++;
        return token;
    }

    public bool TrySymbol(string symbol)
    {
        if (!Current.IsSymbol(symbol))
            return false;
        At++;
        return true;
    }

    public bool TryWord(string word)
    {
        if (!Current.IsWord(word))
            return false;
        At++;
        return true;
    }

    public void Symbol(string symbol, string after)
    {
        if (!TrySymbol(symbol))
            throw Expected($"'{symbol}'", after);
    }

    public void Word(string word, string after)
    {
        if (!TryWord(word))
            throw Expected($"'{word}'", after);
    }

    public string Name(string what) =>
        Current.IsName ? Take().Text : throw Expected(what, after: null);

    public string QuotedText(string what) =>
        Current.IsText ? Take().Text : throw Expected($"{what} in quotes", after: null);

    public MapSyntaxException Fault(string message) => new(Current.Place, message);

    public MapSyntaxException Expected(string what, string? after)
    {
        var found = Current.Kind switch
        {
            MapTokenKind.End => "the end of the text",
            MapTokenKind.Bad when Current.Text.Length > 1 => Current.Text,
            _ => $"'{text[Current.Start..Current.End]}'",
        };
        return Fault(after is null ? $"{Capital(what)} was expected, {found} was found." : $"{Capital(what)} was expected after {after}, {found} was found.");
    }

    /// <summary>Goes to the end of the statement that began at <paramref name="start"/> and could not be read.</summary>
    public void Recover(int start)
    {
        var depth = 0;
        for (var at = start; at < tokens.Count; at++)
        {
            var token = tokens[at];
            if (token.IsSymbol("{"))
            {
                depth++;
            }
            else if (token.IsSymbol("}"))
            {
                if (--depth < 0)
                {
                    At = at;
                    return;
                }
            }
            else if (token.IsSymbol(";") && depth == 0 && at >= At)
            {
                At = at + 1;
                return;
            }
        }

        At = tokens.Count - 1;
    }

    /// <summary>Goes to the next word that may begin a statement of the map's head or a group.</summary>
    public void RecoverTo(params ReadOnlySpan<string> words)
    {
        while (Current.Kind != MapTokenKind.End)
        {
            At++;
            foreach (var word in words)
                if (Current.IsWord(word) && Current.Place.Column == 1)
                    return;
        }
    }

    /// <summary>
    /// Takes the tokens of a FHIRPath expression and returns its text. The expression ends before <c>-></c>, <c>;</c>, a comma or a
    /// closing bracket that it did not open, and, once it could be complete, before the next clause or the rule's name.
    /// </summary>
    public string FhirPath(string what)
    {
        var first = At;
        var opened = new Stack<string>();
        while (Current.Kind is not MapTokenKind.End)
        {
            var token = Current;
            if (token.IsSymbol("(") || token.IsSymbol("[") || token.IsSymbol("{"))
            {
                opened.Push(token.Text);
            }
            else if (token.IsSymbol(")") || token.IsSymbol("]") || token.IsSymbol("}"))
            {
                if (!opened.TryPop(out var open))
                    break;
                if ((open, token.Text) is not (("(", ")") or ("[", "]") or ("{", "}")))
                    throw Fault("A bracket of the expression is not closed.");
            }
            else if (opened.Count == 0 && At > first && EndsBefore(token))
            {
                break;
            }
            else if (token.IsSymbol(";") || token.IsSymbol("->"))
            {
                break;
            }

            Take();
        }

        if (opened.Count > 0)
            throw Fault("A bracket of the expression is not closed.");
        if (At == first)
            throw Expected(what, after: null);
        return Text(first, At);
    }

    private bool EndsBefore(MapToken token)
    {
        if (token.IsSymbol(","))
            return true;
        var previous = tokens[At - 1];
        var complete = previous.Kind switch
        {
            MapTokenKind.Symbol => previous.Text is ")" or "]" or "}",
            MapTokenKind.Identifier => !Operators.Contains(previous.Text) || tokens[At - 2].IsSymbol("."),
            _ => true,
        };
        return complete
            && (token.Kind == MapTokenKind.DoubleString
                || (token.Kind == MapTokenKind.Identifier && ClauseWords.Contains(token.Text)));
    }

    /// <summary>The text of tokens, with the brackets around it left out and texts in FHIRPath's own quotes.</summary>
    private string Text(int first, int end)
    {
        var around = BracketsAround(first, end);
        (first, end) = (first + around, end - around);
        var result = new StringBuilder();
        for (var at = first; at < end; at++)
        {
            var token = tokens[at];
            if (at > first)
                result.Append(text[tokens[at - 1].End..token.Start]);
            if (token.Kind == MapTokenKind.DoubleString)
                result.Append('\'').Append(text[(token.Start + 1)..(token.End - 1)].Replace("'", "\\'", StringComparison.Ordinal)).Append('\'');
            else
                result.Append(text[token.Start..token.End]);
        }

        return result.ToString();
    }

    /// <summary>How many pairs of brackets stand around all of it. One pass: a map may hold any number of them.</summary>
    private int BracketsAround(int first, int end)
    {
        var opened = new Stack<int>();
        var pairs = new Dictionary<int, int>();
        for (var at = first; at < end; at++)
        {
            if (tokens[at].IsSymbol("("))
                opened.Push(at);
            else if (tokens[at].IsSymbol(")") && opened.TryPop(out var start))
                pairs[start] = at;
        }

        var count = 0;
        while (pairs.TryGetValue(first + count, out var close) && close == end - 1 - count && close - (first + count) > 1)
            count++;
        return count;
    }

    private static string Capital(string text) => text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..];
}
