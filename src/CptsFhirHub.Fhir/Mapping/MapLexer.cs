using System.Text;

namespace CptsFhirHub.Fhir.Mapping;

internal enum MapTokenKind
{
    End,
    Identifier,
    DelimitedIdentifier,
    String,
    DoubleString,
    Number,
    DateTime,
    Symbol,
    DocComment,
    Bad,
}

/// <summary>A token of a map's text. <paramref name="Text"/> is decoded: a string without its quotes and escapes.</summary>
internal readonly record struct MapToken(MapTokenKind Kind, string Text, int Start, int End, MapPlace Place)
{
    public bool IsSymbol(string symbol) => Kind == MapTokenKind.Symbol && Text == symbol;

    public bool IsWord(string word) => Kind == MapTokenKind.Identifier && Text == word;

    public bool IsName => Kind is MapTokenKind.Identifier or MapTokenKind.DelimitedIdentifier;

    public bool IsText => Kind is MapTokenKind.String or MapTokenKind.DoubleString;
}

/// <summary>
/// Cuts a map's text into tokens. FHIRPath has the same tokens, so that one lexer serves the conditions inside too.
/// Comments are left out and kept by line: they become the documentation of the rule they follow.
/// </summary>
internal sealed class MapLexer
{
    private static readonly string[] LongSymbols = ["->", "<<", ">>", "==", "!=", "<=", ">=", "!~", ".."];
    internal const string TripleQuote = "\"\"\"";
    private readonly string _text;
    private int _at;
    private int _line = 1;
    private int _lineStart;

    private MapLexer(string text) => _text = text;

    /// <summary>Comments by the line they stand on, without their slashes.</summary>
    private Dictionary<int, string> Comments { get; } = [];

    public static (List<MapToken> Tokens, IReadOnlyDictionary<int, string> Comments) Read(string text)
    {
        var lexer = new MapLexer(text);
        var tokens = new List<MapToken>();
        MapToken token;
        do
        {
            token = lexer.Next();
            tokens.Add(token);
        }
        while (token.Kind != MapTokenKind.End);
        return (tokens, lexer.Comments);
    }

    private char Peek(int ahead = 0) => _at + ahead < _text.Length ? _text[_at + ahead] : '\0';

    private MapPlace Place() => new(_line, _at - _lineStart + 1) { Start = _at };

    private MapToken Next()
    {
        if (SkipTrivia() is { } comment)
            return comment;

        var start = _at;
        var place = Place();
        if (_at >= _text.Length)
            return new(MapTokenKind.End, "", start, start, place);

        var c = Peek();
        if (char.IsAsciiLetter(c) || c == '_')
        {
            while (char.IsAsciiLetterOrDigit(Peek()) || Peek() == '_')
                _at++;
            return new(MapTokenKind.Identifier, _text[start.._at], start, _at, place);
        }

        if (char.IsAsciiDigit(c))
            return Number(start, place);
        if (c == '@')
            return Date(start, place);
        if (c is '\'' or '"' or '`')
            return Quoted(c, start, place);

        foreach (var symbol in LongSymbols)
        {
            if (!_text.AsSpan(_at).StartsWith(symbol, StringComparison.Ordinal))
                continue;
            _at += symbol.Length;
            return new(MapTokenKind.Symbol, symbol, start, _at, place);
        }

        _at++;
        return new("()[]{},;:.=<>+-*/|&%$~#".Contains(c, StringComparison.Ordinal) ? MapTokenKind.Symbol : MapTokenKind.Bad,
            c.ToString(), start, _at, place);
    }

    private MapToken? SkipTrivia()
    {
        while (_at < _text.Length)
        {
            var c = Peek();
            if (c == '\n')
            {
                _at++;
                _line++;
                _lineStart = _at;
            }
            else if (char.IsWhiteSpace(c) || c == '\uFEFF')
            {
                _at++;
            }
            else if (c == '/' && Peek(1) == '/')
            {
                if (LineComment() is { } doc)
                    return doc;
            }
            else if (c == '/' && Peek(1) == '*')
            {
                var end = _text.IndexOf("*/", _at + 2, StringComparison.Ordinal);
                var stop = end < 0 ? _text.Length : end + 2;
                for (; _at < stop; _at++)
                    if (_text[_at] == '\n')
                        (_line, _lineStart) = (_line + 1, _at + 1);
            }
            else
            {
                return null;
            }
        }

        return null;
    }

    /// <summary>Passes a comment; <c>///</c> is a token, since it carries the map's metadata.</summary>
    private MapToken? LineComment()
    {
        var start = _at;
        var place = Place();
        while (_at < _text.Length && _text[_at] != '\n')
            _at++;
        if (_text.AsSpan(start, _at - start).StartsWith("///", StringComparison.Ordinal))
        {
            Markdown(start);
            return new MapToken(MapTokenKind.DocComment, _text[(start + 3).._at].Trim(), start, _at, place);
        }

        Comments[place.Line] = _text[(start + 2).._at].Trim();
        return null;
    }

    /// <summary>A metadata line that ends by opening three quotes goes on to the three that close them.</summary>
    private void Markdown(int start)
    {
        var line = _text.AsSpan(start, _at - start).TrimEnd();
        var equals = line.IndexOf('=');
        if (equals < 0 || !line[(equals + 1)..].Trim().SequenceEqual(TripleQuote))
            return;
        var close = _text.IndexOf(TripleQuote, _at, StringComparison.Ordinal);
        if (close < 0)
            return;
        for (; _at < close + TripleQuote.Length; _at++)
            if (_text[_at] == '\n')
                (_line, _lineStart) = (_line + 1, _at + 1);
    }

    private MapToken Number(int start, MapPlace place)
    {
        while (char.IsAsciiDigit(Peek()))
            _at++;
        if (Peek() == '.' && char.IsAsciiDigit(Peek(1)))
        {
            _at++;
            while (char.IsAsciiDigit(Peek()))
                _at++;
        }

        return new(MapTokenKind.Number, _text[start.._at], start, _at, place);
    }

    private MapToken Date(int start, MapPlace place)
    {
        _at++;
        while (char.IsAsciiLetterOrDigit(Peek()) || Peek() is ':' or '+'
            || (Peek() == '-' && char.IsAsciiDigit(Peek(1))) || (Peek() == '.' && char.IsAsciiDigit(Peek(1))))
            _at++;
        return new(MapTokenKind.DateTime, _text[start.._at], start, _at, place);
    }

    private MapToken Quoted(char quote, int start, MapPlace place)
    {
        var decoded = new StringBuilder();
        _at++;
        while (_at < _text.Length && _text[_at] != quote)
        {
            if (_text[_at] == '\n')
                return new(MapTokenKind.Bad, $"the text that begins with {quote} is not closed on its line", start, _at, place);
            if (_text[_at] == '\\' && _at + 1 < _text.Length)
                Escape(decoded);
            else
                decoded.Append(_text[_at++]);
        }

        if (_at >= _text.Length)
            return new(MapTokenKind.Bad, $"the text that begins with {quote} is not closed", start, _at, place);
        _at++;
        var kind = quote switch
        {
            '\'' => MapTokenKind.String,
            '"' => MapTokenKind.DoubleString,
            _ => MapTokenKind.DelimitedIdentifier,
        };
        return new(kind, decoded.ToString(), start, _at, place);
    }

    private void Escape(StringBuilder decoded)
    {
        var code = _text[_at + 1];
        _at += 2;
        if (code == 'u' && _at + 4 <= _text.Length
            && ushort.TryParse(_text.AsSpan(_at, 4), System.Globalization.NumberStyles.AllowHexSpecifier, null, out var unit))
        {
            decoded.Append((char)unit);
            _at += 4;
            return;
        }

        decoded.Append(code switch { 'n' => '\n', 'r' => '\r', 't' => '\t', 'f' => '\f', _ => code });
    }
}
