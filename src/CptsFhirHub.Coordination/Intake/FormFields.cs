using System.Text;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Coordination.Intake;

/// <summary>The fields of a form in the order they came. https://url.spec.whatwg.org/#application/x-www-form-urlencoded</summary>
internal static class FormFields
{
    public const int BytesMax = 256 * 1024;
    public const int FieldsMax = 500;

    /// <summary>Names and texts; null, with the reason, when the bytes are no form.</summary>
    public static IReadOnlyList<(string Name, string Text)>? Read(ReadOnlySpan<byte> bytes, List<Issue> issues)
    {
        if (bytes.Length > BytesMax)
            return Refuse("too-long", $"More than {BytesMax} bytes.");
        var pairs = new List<(string, string)>();
        foreach (var pair in Encoding.ASCII.GetString(bytes).Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            if (pairs.Count == FieldsMax)
                return Refuse("too-long", $"More than {FieldsMax} fields.");
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            pairs.Add(equals < 0 ? (Plain(pair), "") : (Plain(pair[..equals]), Plain(pair[(equals + 1)..])));
        }

        return pairs.Count > 0 ? pairs : Refuse("required", "The form is empty.");

        List<(string, string)>? Refuse(string code, string text)
        {
            issues.Add(new(Severity.Fatal, code, "form", text));
            return null;
        }
    }

    private static string Plain(string text) => Uri.UnescapeDataString(text.Replace('+', ' '));
}
