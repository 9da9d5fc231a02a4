using System.Text;

namespace CptsFhirHub.Tidy;

/// <summary>C# text without what is not code: strings, characters and comments become blanks, line by line in their place.</summary>
internal static class SourceText
{
    public static string CodeOf(string text)
    {
        var code = new StringBuilder(text);
        var at = 0;
        while (at < text.Length)
            at = Token(text, code, at);
        return code.ToString();
    }

    private static int Token(string text, StringBuilder code, int at)
    {
        if (Starts(text, at, "//"))
            return Blank(code, at, Until(text, at, "\n"));
        if (Starts(text, at, "/*"))
            return Blank(code, at, Until(text, at + 2, "*/") + 2);
        if (text[at] == '\'')
            return Blank(code, at, CharacterEnd(text, at));
        return text[at] is '"' or '@' or '$' ? Quoted(text, code, at) : at + 1;
    }

    private static int Quoted(string text, StringBuilder code, int at)
    {
        var quote = at;
        while (quote < text.Length && text[quote] is '@' or '$')
            quote++;
        if (quote >= text.Length || text[quote] != '"')
            return Math.Max(quote, at + 1);

        var quotes = 0;
        while (quote + quotes < text.Length && text[quote + quotes] == '"')
            quotes++;
        if (quotes >= 3)
        {
            var fence = new string('"', quotes);
            return Blank(code, at, Until(text, quote + quotes, fence) + quotes);
        }

        var verbatim = text.AsSpan(at, quote - at).Contains('@');
        var interpolated = text.AsSpan(at, quote - at).Contains('$');
        return StringEnd(text, code, quote + 1, verbatim, interpolated);
    }

    /// <summary>Goes to the end of a string. What stands in the holes of an interpolated one is code.</summary>
    private static int StringEnd(string text, StringBuilder code, int at, bool verbatim, bool interpolated)
    {
        while (at < text.Length)
        {
            var c = text[at];
            if (c == '"' && verbatim && Starts(text, at, "\"\""))
            {
                at = Blank(code, at, at + 2);
            }
            else if (c == '"' || (c == '\n' && !verbatim))
            {
                return at + 1;
            }
            else if (c == '\\' && !verbatim)
            {
                at = Blank(code, at, at + 2);
            }
            else if (interpolated && c == '{' && !Starts(text, at, "{{"))
            {
                at = Hole(text, code, at + 1);
            }
            else
            {
                at = Blank(code, at, at + (interpolated && Starts(text, at, "{{") ? 2 : 1));
            }
        }

        return at;
    }

    private static int Hole(string text, StringBuilder code, int at)
    {
        for (var depth = 1; at < text.Length;)
        {
            if (text[at] == '{')
                depth++;
            else if (text[at] == '}' && --depth == 0)
                return at + 1;
            at = Token(text, code, at);
        }

        return at;
    }

    private static int CharacterEnd(string text, int at)
    {
        var end = at + 1;
        while (end < text.Length && text[end] is not ('\'' or '\n'))
            end += text[end] == '\\' ? 2 : 1;
        return Math.Min(end + 1, text.Length);
    }

    private static bool Starts(string text, int at, string what) => text.AsSpan(at).StartsWith(what, StringComparison.Ordinal);

    private static int Until(string text, int from, string what) =>
        text.IndexOf(what, Math.Min(from, text.Length), StringComparison.Ordinal) is >= 0 and var end ? end : text.Length;

    private static int Blank(StringBuilder code, int from, int to)
    {
        to = Math.Min(to, code.Length);
        for (var i = from; i < to; i++)
            if (code[i] != '\n')
                code[i] = ' ';
        return to;
    }
}
