using System.Buffers;
using System.Globalization;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Validation;

/// <summary>The primitive types by the text they allow.</summary>
internal enum Format : byte
{
    None,
    Boolean,
    Integer,
    PositiveInt,
    UnsignedInt,
    Decimal,
    String,
    Markdown,
    Code,
    Id,
    Uri,
    Oid,
    Uuid,
    Base64,
    Date,
    DateTime,
    Instant,
    Time,
    Xhtml,
}

/// <summary>The formats of primitive values. https://hl7.org/fhir/R4/datatypes.html#primitive</summary>
internal static class Formats
{
    private const int StringMax = 1024 * 1024;
    private const int IdMax = 64;
    private static readonly SearchValues<char> IdCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.");
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");
    private static readonly SearchValues<char> OidCharacters = SearchValues.Create("0123456789.");

    public static Format Of(string typeName) => typeName switch
    {
        "boolean" => Format.Boolean,
        "integer" => Format.Integer,
        "positiveInt" => Format.PositiveInt,
        "unsignedInt" => Format.UnsignedInt,
        "decimal" => Format.Decimal,
        "string" => Format.String,
        "markdown" => Format.Markdown,
        "code" => Format.Code,
        "id" => Format.Id,
        "uri" or "url" or "canonical" => Format.Uri,
        "oid" => Format.Oid,
        "uuid" => Format.Uuid,
        "base64Binary" => Format.Base64,
        "date" => Format.Date,
        "dateTime" => Format.DateTime,
        "instant" => Format.Instant,
        "time" => Format.Time,
        "xhtml" => Format.Xhtml,
        _ => Format.None,
    };

    /// <summary>The kind of JSON value that holds it.</summary>
    public static ElementKind KindOf(Format format) => format switch
    {
        Format.Boolean => ElementKind.Boolean,
        Format.Integer or Format.PositiveInt or Format.UnsignedInt or Format.Decimal => ElementKind.Number,
        _ => ElementKind.String,
    };

    /// <summary>What is wrong with the text, as a sentence; null when it is right.</summary>
    public static Phrase? Fault(Format format, string text) => format switch
    {
        Format.Boolean => text is "true" or "false" ? null : Phrases.FormatBoolean,
        Format.Integer => Integer(text, int.MinValue) ? null : Phrases.FormatInteger,
        Format.PositiveInt => Integer(text, 1) ? null : Phrases.FormatPositive,
        Format.UnsignedInt => Integer(text, 0) ? null : Phrases.FormatUnsigned,
        Format.Decimal => Decimal(text) ? null : Phrases.FormatDecimal,
        Format.String or Format.Markdown => text.Length > StringMax ? Phrases.FormatStringLong
            : text.AsSpan().Trim().Length == 0 ? Phrases.FormatStringBlank : null,
        Format.Code => Code(text) ? null : Phrases.FormatCode,
        Format.Id => IsId(text) ? null : Phrases.FormatId,
        Format.Uri => Uri(text),
        Format.Oid => Oid(text) ? null : Phrases.FormatOid,
        Format.Uuid => Uuid(text) ? null : Phrases.FormatUuid,
        Format.Base64 => Base64(text) ? null : Phrases.FormatBase64,
        Format.Date => Date(text) ? null : Phrases.FormatDate,
        Format.DateTime => DateTime(text) ? null
            : Phrases.FormatDateTime,
        Format.Instant => text.Length > 10 && DateTime(text) ? null : Phrases.FormatInstant,
        Format.Time => Time(text) ? null : Phrases.FormatTime,
        _ => null,
    };

    public static bool IsId(ReadOnlySpan<char> text) => text.Length is > 0 and <= IdMax && !text.ContainsAnyExcept(IdCharacters);

    private static bool Integer(string text, int least) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
        && number >= least
        && text[0] != '+'
        && !(text.Length > 1 && text[0] == '0')
        && !text.StartsWith("-0", StringComparison.Ordinal);

    private static bool Decimal(string text)
    {
        var rest = text.AsSpan();
        if (rest.StartsWith("-"))
            rest = rest[1..];
        var whole = Digits(rest);
        if (whole == 0 || (whole > 1 && rest[0] == '0'))
            return false;
        rest = rest[whole..];
        if (rest.StartsWith("."))
        {
            var fraction = Digits(rest[1..]);
            if (fraction == 0)
                return false;
            rest = rest[(fraction + 1)..];
        }

        if (rest.Length > 0 && rest[0] is 'e' or 'E')
        {
            rest = rest[1..];
            if (rest.Length > 0 && rest[0] is '+' or '-')
                rest = rest[1..];
            var exponent = Digits(rest);
            return exponent > 0 && exponent == rest.Length;
        }

        return rest.Length == 0;
    }

    private static int Digits(ReadOnlySpan<char> text)
    {
        var end = text.IndexOfAnyExceptInRange('0', '9');
        return end < 0 ? text.Length : end;
    }

    private static bool Code(string text)
    {
        if (text.Length == 0 || char.IsWhiteSpace(text[0]) || char.IsWhiteSpace(text[^1]))
            return false;
        for (var i = 1; i < text.Length; i++)
            if (char.IsWhiteSpace(text[i]) && char.IsWhiteSpace(text[i - 1]))
                return false;
        return true;
    }

    private static Phrase? Uri(string text)
    {
        foreach (var c in text)
            if (char.IsWhiteSpace(c))
                return Phrases.FormatUri;
        if (text.StartsWith("urn:oid:", StringComparison.Ordinal) && !Oid(text))
            return Phrases.FormatOid;
        // Elsewhere than in an element of type uuid, upper case is common and harmless.
        if (text.StartsWith("urn:uuid:", StringComparison.Ordinal) && !Uuid(text.ToLowerInvariant()))
            return Phrases.FormatUuidAnyCase;
        return null;
    }

    private static bool Oid(string text)
    {
        const string Prefix = "urn:oid:";
        if (!text.StartsWith(Prefix, StringComparison.Ordinal))
            return false;
        var rest = text.AsSpan(Prefix.Length);
        if (rest.Length == 0 || rest[0] is < '0' or > '2' || rest.ContainsAnyExcept(OidCharacters))
            return false;
        var parts = 0;
        foreach (var range in rest.Split('.'))
        {
            var part = rest[range];
            if (part.Length == 0 || (part.Length > 1 && part[0] == '0'))
                return false;
            parts++;
        }

        return parts > 1;
    }

    private static bool Uuid(string text)
    {
        const string Prefix = "urn:uuid:";
        if (text.Length != Prefix.Length + 36 || !text.StartsWith(Prefix, StringComparison.Ordinal))
            return false;
        for (var i = 0; i < 36; i++)
        {
            var c = text[Prefix.Length + i];
            if (i is 8 or 13 or 18 or 23 ? c != '-' : !HexDigits.Contains(c))
                return false;
        }

        return true;
    }

    private static bool Base64(string text)
    {
        foreach (var c in text)
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('+' or '/' or '=') && !char.IsWhiteSpace(c))
                return false;
        return System.Buffers.Text.Base64.IsValid(text.AsSpan());
    }

    private static bool Date(string text) => text.Length is 4 or 7 or 10 && PartialDate.TryParse(text, out _);

    private static bool DateTime(string text)
    {
        if (!PartialDate.TryParse(WithoutLeapSecond(text), out var value))
            return false;
        return value.Precision <= DatePrecision.Day || (value.Precision >= DatePrecision.Second && value.Offset is not null);
    }

    // A leap second is allowed; the calendar here has none, so the second before stands for it.
    private static string WithoutLeapSecond(string text) =>
        text.Length > 19 && text[17] == '6' && text[18] == '0' ? string.Concat(text.AsSpan(0, 17), "59", text.AsSpan(19)) : text;

    private static bool Time(string text)
    {
        if (text.Length < 8 || text[2] != ':' || text[5] != ':')
            return false;
        if (!Within(text.AsSpan(0, 2), 23) || !Within(text.AsSpan(3, 2), 59) || !Within(text.AsSpan(6, 2), 60))
            return false;
        return text.Length == 8 || (text[8] == '.' && text.Length > 9 && Digits(text.AsSpan(9)) == text.Length - 9);
    }

    private static bool Within(ReadOnlySpan<char> text, int most) =>
        char.IsAsciiDigit(text[0]) && char.IsAsciiDigit(text[1]) && ((text[0] - '0') * 10) + (text[1] - '0') <= most;
}
