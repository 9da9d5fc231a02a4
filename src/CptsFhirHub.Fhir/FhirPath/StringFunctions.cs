using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace CptsFhirHub.Fhir.FhirPath;

/// <summary>Functions of texts. https://hl7.org/fhirpath/N1/#string-manipulation</summary>
internal static class StringFunctions
{
    private const int KnownPatternsMax = 500;
    private static readonly ConcurrentDictionary<(string Pattern, RegexOptions Options), Regex> Patterns = new();
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static Dictionary<string, Function> All { get; } = new(StringComparer.Ordinal)
    {
        ["indexOf"] = Two((text, part) => Items.Of(text.IndexOf(part, StringComparison.Ordinal))),
        ["lastIndexOf"] = Two((text, part) => Items.Of(part.Length == 0 ? text.Length : text.LastIndexOf(part, StringComparison.Ordinal))),
        ["substring"] = new(1, 2, Substring),
        ["startsWith"] = Two((text, part) => Items.Of(text.StartsWith(part, StringComparison.Ordinal))),
        ["endsWith"] = Two((text, part) => Items.Of(text.EndsWith(part, StringComparison.Ordinal))),
        ["contains"] = Two((text, part) => Items.Of(text.Contains(part, StringComparison.Ordinal))),
        ["upper"] = One(text => Items.Of(text.ToUpperInvariant())),
        ["lower"] = One(text => Items.Of(text.ToLowerInvariant())),
        ["replace"] = new(2, 2, Replace),
        ["matches"] = new(1, 2, call => Match(call, isFull: false)),
        ["matchesFull"] = new(1, 2, call => Match(call, isFull: true)),
        ["replaceMatches"] = new(2, 3, ReplaceMatches),
        ["length"] = One(text => Items.Of(text.Length)),
        ["toChars"] = One(text => Items.Gather(text.Select(c => c.ToString()))),
        ["trim"] = One(text => Items.Of(text.Trim())),
        ["split"] = Two((text, part) => Items.Gather(part.Length == 0 ? text.Select(c => c.ToString()) : text.Split(part))),
        ["join"] = new(0, 1, Join),
        ["encode"] = Two(Encode),
        ["decode"] = Two(Decode),
        ["escape"] = Two((text, format) => format switch
        {
            "html" => Items.Of(WebUtility.HtmlEncode(text)),
            "json" => Items.Of(JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).ToString()),
            _ => default,
        }),
        ["unescape"] = Two((text, format) => format switch
        {
            "html" => Items.Of(WebUtility.HtmlDecode(text)),
            "json" => UnescapeJson(text),
            _ => default,
        }),
    };

    private static Function One(Func<string, Items> apply) => new(0, 0, call => call.Text() is { } text ? apply(text) : default);

    private static Function Two(Func<string, string, Items> apply) => new(1, 1, call =>
    {
        var text = call.Text();
        var argument = call.Text(0);
        return text is null || argument is null ? default : apply(text, argument);
    });

    private static Items Substring(Call call)
    {
        var text = call.Text();
        var start = call.Integer(0);
        if (text is null || start is null || start < 0 || start >= text.Length)
            return default;
        if (call.Count == 1)
            return Items.Of(text[start.Value..]);
        var length = call.Integer(1) ?? text.Length;
        return Items.Of(length <= 0 ? "" : text.Substring(start.Value, Math.Min(length, text.Length - start.Value)));
    }

    private static Items Replace(Call call)
    {
        var text = call.Text();
        var pattern = call.Text(0);
        var substitution = call.Text(1);
        if (text is null || pattern is null || substitution is null)
            return default;
        if (pattern.Length > 0)
        {
            var growth = (long)text.AsSpan().Count(pattern) * (substitution.Length - pattern.Length);
            return text.Length + growth <= FhirPathLimits.TextMax
                ? Items.Of(text.Replace(pattern, substitution, StringComparison.Ordinal))
                : throw TooLong();
        }

        // An empty pattern is found before, between and after all characters.
        var result = new StringBuilder(substitution);
        foreach (var c in text)
        {
            if (result.Length + substitution.Length >= FhirPathLimits.TextMax)
                throw TooLong();
            result.Append(c).Append(substitution);
        }

        return Items.Of(result.ToString());
    }

    private static Items Match(Call call, bool isFull)
    {
        var text = call.Text();
        var pattern = call.Text(0);
        var flags = call.Count == 2 ? call.Text(1) : "";
        if (text is null || pattern is null)
            return default;
        Bound(text);
        var regex = Pattern(isFull ? $"\\A(?:{pattern})\\z" : pattern, flags ?? "");
        return Items.Of(Timed(() => regex.IsMatch(text)));
    }

    private static Items ReplaceMatches(Call call)
    {
        var text = call.Text();
        var pattern = call.Text(0);
        var substitution = call.Text(1);
        var flags = call.Count == 3 ? call.Text(2) : "";
        if (text is null || pattern is null || substitution is null)
            return default;
        if (pattern.Length == 0)
            return Items.Of(text);
        Bound(text);
        var regex = Pattern(pattern, flags ?? "");
        var length = text.Length;
        return Items.Of(Timed(() => regex.Replace(text, match =>
        {
            var result = match.Result(substitution);
            return (length += result.Length) <= FhirPathLimits.TextMax ? result : throw TooLong();
        })));
    }

    private static void Bound(string text)
    {
        if (text.Length > FhirPathLimits.RegexTextMax)
            throw FhirPathException.Limit(-1, $"A regular expression is held against at most {FhirPathLimits.RegexTextMax} characters.");
    }

    private static Regex Pattern(string pattern, string flags)
    {
        if (pattern.Length > FhirPathLimits.RegexLengthMax)
            throw FhirPathException.Limit(-1, $"A regular expression has at most {FhirPathLimits.RegexLengthMax} characters.");

        // FHIRPath matches in single-line mode: the dot takes line ends too.
        var options = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.Singleline;
        foreach (var flag in flags)
        {
            options |= flag switch
            {
                'i' => RegexOptions.IgnoreCase,
                'm' => RegexOptions.Multiline,
                _ => throw FhirPathException.Evaluation("The flags of a regular expression are i and m."),
            };
        }

        if (Patterns.TryGetValue((pattern, options), out var known))
            return known;
        try
        {
            var regex = new Regex(pattern, options, FhirPathLimits.RegexTimeMax);
            if (Patterns.Count < KnownPatternsMax)
                Patterns[(pattern, options)] = regex;
            return regex;
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
        {
            throw FhirPathException.Evaluation("The regular expression is malformed, or looks around or back, which is not supported.");
        }
    }

    private static T Timed<T>(Func<T> match)
    {
        try
        {
            return match();
        }
        catch (RegexMatchTimeoutException)
        {
            throw FhirPathException.Limit(-1, "The regular expression takes too long.");
        }
    }

    private static FhirPathException TooLong() =>
        FhirPathException.Limit(-1, $"A text has at most {FhirPathLimits.TextMax} characters.");

    private static Items Join(Call call)
    {
        var separator = call.Count == 0 ? "" : call.Text(0);
        if (separator is null || call.Input.IsEmpty)
            return default;
        var result = new StringBuilder();
        var isFirst = true;
        foreach (var item in call.Input)
        {
            if (item.IsValueless)
                continue;
            if (item.Value is not string text)
                throw FhirPathException.Evaluation("join() takes Strings.");
            if (!isFirst)
                result.Append(separator);
            result.Append(text);
            isFirst = false;
            if (result.Length > FhirPathLimits.TextMax)
                throw TooLong();
        }

        return isFirst ? default : Items.Of(result.ToString());
    }

    private static Items Encode(string text, string format) => format switch
    {
        "hex" => Items.Of(Convert.ToHexStringLower(Encoding.UTF8.GetBytes(text))),
        "base64" => Items.Of(Convert.ToBase64String(Encoding.UTF8.GetBytes(text))),
        "urlbase64" => Items.Of(Convert.ToBase64String(Encoding.UTF8.GetBytes(text)).Replace('+', '-').Replace('/', '_')),
        _ => default,
    };

    private static Items Decode(string text, string format)
    {
        try
        {
            return format switch
            {
                "hex" => Items.Of(Utf8.GetString(Convert.FromHexString(text))),
                "base64" => Items.Of(Utf8.GetString(Convert.FromBase64String(text))),
                "urlbase64" => Items.Of(Utf8.GetString(Base64Url.DecodeFromChars(text.TrimEnd('=')))),
                _ => default,
            };
        }
        catch (Exception exception) when (exception is FormatException or DecoderFallbackException)
        {
            throw FhirPathException.Evaluation("The text is not encoded that way.");
        }
    }

    private static Items UnescapeJson(string text)
    {
        var result = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\' || i + 1 == text.Length)
            {
                result.Append(text[i]);
                continue;
            }

            var c = text[++i];
            if (c == 'u' && i + 4 < text.Length
                && ushort.TryParse(text.AsSpan(i + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code))
            {
                result.Append((char)code);
                i += 4;
                continue;
            }

            result.Append(c switch { 'n' => '\n', 'r' => '\r', 't' => '\t', 'b' => '\b', 'f' => '\f', _ => c });
        }

        return Items.Of(result.ToString());
    }
}
