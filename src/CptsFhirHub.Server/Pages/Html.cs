using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;

namespace CptsFhirHub.Server.Pages;

/// <summary>
/// A piece of HTML. Everything put in a hole of <see cref="Of"/> is encoded, unless it is itself <see cref="Html"/>:
/// there is no other way to make one, so that no text of a message can become markup.
/// </summary>
internal readonly struct Html
{
    private static readonly HtmlEncoder Encoder = HtmlEncoder.Create(UnicodeRanges.All);
    private readonly string? _text;

    private Html(string text) => _text = text;

    public static Html Nothing => default;

    public static Html Of(ref Builder html) => new(html.Text());

    /// <summary>The pieces one after the other.</summary>
    public static Html Join(IEnumerable<Html> pieces) => new(string.Concat(pieces.Select(piece => piece._text)));

    /// <summary>The piece when the condition holds, else nothing.</summary>
    public static Html When(bool condition, Func<Html> piece) => condition ? piece() : Nothing;

    public override string ToString() => _text ?? "";

    /// <summary>Collects literal markup as it is and encodes each hole.</summary>
    [InterpolatedStringHandler]
    internal readonly ref struct Builder(int literalLength, int formattedCount)
    {
        private readonly StringBuilder _html = new(literalLength + formattedCount * 16);

        public void AppendLiteral(string markup) => _html.Append(markup);

        public void AppendFormatted(Html piece) => _html.Append(piece._text);

        public void AppendFormatted(IEnumerable<Html> pieces)
        {
            foreach (var piece in pieces)
                _html.Append(piece._text);
        }

        public void AppendFormatted(string? text)
        {
            if (text is not null)
                _html.Append(Encoder.Encode(text));
        }

        public void AppendFormatted(long number) => _html.Append(number);

        public string Text() => _html.ToString();
    }
}
