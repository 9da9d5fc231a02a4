using System.Globalization;
using System.Text;

namespace CptsFhirHub.Fhir.FhirPath;

internal enum TokenKind
{
    End,
    Identifier,
    Delimited,
    String,
    Number,
    LongNumber,
    Date,
    DateTime,
    Time,
    Variable,
    Special,
    Symbol,
}

/// <summary>
/// One token: its kind, its text (escapes resolved, marks such as <c>@</c>, <c>%</c> or quotes removed) and where it begins.
/// </summary>
internal readonly record struct Token(TokenKind Kind, string Text, int Position)
{
    public bool Is(string symbol) => Kind == TokenKind.Symbol && Text == symbol;

    public bool IsWord(string word) => Kind == TokenKind.Identifier && Text == word;
}

/// <summary>Cuts FHIRPath into tokens. https://hl7.org/fhirpath/N1/grammar.html</summary>
internal sealed class Lexer(string text)
{
    private readonly List<Token> _tokens = [];
    private int _at;

    public static List<Token> Read(string text)
    {
        if (text.Length > FhirPathLimits.LengthMax)
            throw FhirPathException.Limit(FhirPathLimits.LengthMax, $"An expression has at most {FhirPathLimits.LengthMax} characters.");
        var lexer = new Lexer(text);
        lexer.ReadAll();
        return lexer._tokens;
    }

    private char Current => _at < text.Length ? text[_at] : '\0';

    private char Ahead(int count) => _at + count < text.Length ? text[_at + count] : '\0';

    private void ReadAll()
    {
        while (SkipBlanksAndComments())
            ReadOne();
        _tokens.Add(new(TokenKind.End, "", text.Length));
    }

    private bool SkipBlanksAndComments()
    {
        while (_at < text.Length)
        {
            if (Current is ' ' or '\t' or '\r' or '\n')
            {
                _at++;
            }
            else if (Current == '/' && Ahead(1) == '/')
            {
                while (_at < text.Length && Current is not ('\n' or '\r'))
                    _at++;
            }
            else if (Current == '/' && Ahead(1) == '*')
            {
                var end = text.IndexOf("*/", _at + 2, StringComparison.Ordinal);
                if (end < 0)
                    throw FhirPathException.Syntax(_at, "The comment is not closed.");
                _at = end + 2;
            }
            else
            {
                return true;
            }
        }

        return false;
    }

    private void ReadOne()
    {
        var start = _at;
        switch (Current)
        {
            case '\'':
                Add(TokenKind.String, Quoted('\''), start);
                break;
            case '`':
                Add(TokenKind.Delimited, Quoted('`'), start);
                break;
            case '@':
                ReadMoment();
                break;
            case '%':
                ReadVariable();
                break;
            case '$':
                _at++;
                var special = Word();
                if (special is not ("this" or "index" or "total"))
                    throw FhirPathException.Syntax(start, "After $ stands this, index or total.");
                Add(TokenKind.Special, special, start);
                break;
            case >= '0' and <= '9':
                ReadNumber();
                break;
            case '_' or (>= 'A' and <= 'Z') or (>= 'a' and <= 'z'):
                Add(TokenKind.Identifier, Word(), start);
                break;
            default:
                ReadSymbol();
                break;
        }
    }

    private void Add(TokenKind kind, string value, int start) => _tokens.Add(new(kind, value, start));

    private void ReadSymbol()
    {
        var start = _at;
        var two = _at + 1 < text.Length ? text.Substring(_at, 2) : "";
        if (two is "<=" or ">=" or "!=" or "!~")
        {
            _at += 2;
            Add(TokenKind.Symbol, two, start);
        }
        else if (".,()[]{}+-*/&|<>=~".Contains(Current, StringComparison.Ordinal))
        {
            _at++;
            Add(TokenKind.Symbol, text[start].ToString(), start);
        }
        else
        {
            throw FhirPathException.Syntax(start, "This character has no meaning in FHIRPath.");
        }
    }

    private string Word()
    {
        var start = _at;
        while (char.IsAsciiLetterOrDigit(Current) || Current == '_')
            _at++;
        return text[start.._at];
    }

    private void ReadNumber()
    {
        var start = _at;
        SkipDigits();
        if (Current == '.' && char.IsAsciiDigit(Ahead(1)))
        {
            _at++;
            SkipDigits();
            Add(TokenKind.Number, text[start.._at], start);
            return;
        }

        var digits = text[start.._at];
        if (Current == 'L' && !char.IsAsciiLetterOrDigit(Ahead(1)) && Ahead(1) != '_')
        {
            _at++;
            Add(TokenKind.LongNumber, digits, start);
        }
        else
        {
            Add(TokenKind.Number, digits, start);
        }
    }

    private void SkipDigits()
    {
        while (char.IsAsciiDigit(Current))
            _at++;
    }

    private void ReadVariable()
    {
        var start = _at++;
        if (Current is '`' or '\'')
        {
            Add(TokenKind.Variable, Quoted(Current), start);
            return;
        }

        var nameStart = _at;
        var name = Word();
        if (name.Length == 0 || char.IsAsciiDigit(name[0]))
            throw FhirPathException.Syntax(start, "After % stands the name of a variable.");

        // R4 writes %vs-[name] and %ext-[name] without quotes as well.
        if (name is "vs" or "ext" && Current == '-' && char.IsAsciiLetter(Ahead(1)))
        {
            while (char.IsAsciiLetterOrDigit(Current) || Current is '-' or '_')
                _at++;
            name = text[nameStart.._at];
        }

        Add(TokenKind.Variable, name, start);
    }

    private void ReadMoment()
    {
        var start = _at++;
        if (Current == 'T')
        {
            _at++;
            var timeStart = _at;
            ReadTime(start);
            Add(TokenKind.Time, text[timeStart.._at], start);
            return;
        }

        var from = _at;
        Digits(4, start);
        if (Current == '-' && char.IsAsciiDigit(Ahead(1)) && char.IsAsciiDigit(Ahead(2)))
        {
            _at++;
            Digits(2, start);
            if (Current == '-' && char.IsAsciiDigit(Ahead(1)) && char.IsAsciiDigit(Ahead(2)))
            {
                _at++;
                Digits(2, start);
            }
        }

        if (Current != 'T')
        {
            Add(TokenKind.Date, text[from.._at], start);
            return;
        }

        _at++;
        if (char.IsAsciiDigit(Current))
        {
            ReadTime(start);
            ReadOffset(start);
        }

        Add(TokenKind.DateTime, text[from.._at], start);
    }

    private void ReadTime(int start)
    {
        Digits(2, start);
        if (Current != ':')
            return;
        _at++;
        Digits(2, start);
        if (Current != ':')
            return;
        _at++;
        Digits(2, start);
        if (Current == '.' && char.IsAsciiDigit(Ahead(1)))
        {
            _at++;
            SkipDigits();
        }
    }

    private void ReadOffset(int start)
    {
        if (Current == 'Z')
        {
            _at++;
        }
        else if (Current is '+' or '-' && char.IsAsciiDigit(Ahead(1)) && char.IsAsciiDigit(Ahead(2)) && Ahead(3) == ':')
        {
            _at++;
            Digits(2, start);
            _at++;
            Digits(2, start);
        }
    }

    private void Digits(int count, int start)
    {
        for (var i = 0; i < count; i++)
        {
            if (!char.IsAsciiDigit(Current))
                throw FhirPathException.Syntax(start, "This is neither a date nor a time.");
            _at++;
        }
    }

    private string Quoted(char quote)
    {
        var start = _at++;
        var value = new StringBuilder();
        while (_at < text.Length)
        {
            var c = text[_at++];
            if (c == quote)
                return value.ToString();
            if (c == '\\')
                Escape(value);
            else
                value.Append(c);
        }

        throw FhirPathException.Syntax(start, "The quote is not closed.");
    }

    private void Escape(StringBuilder value)
    {
        var c = Current;
        _at++;
        switch (c)
        {
            case 'r':
                value.Append('\r');
                break;
            case 'n':
                value.Append('\n');
                break;
            case 't':
                value.Append('\t');
                break;
            case 'f':
                value.Append('\f');
                break;
            case 'u' when _at + 4 <= text.Length
                && ushort.TryParse(text.AsSpan(_at, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code):
                value.Append((char)code);
                _at += 4;
                break;
            case '\0':
                break;
            default:
                // The backslash of an escape that means nothing is dropped.
                value.Append(c);
                break;
        }
    }
}
