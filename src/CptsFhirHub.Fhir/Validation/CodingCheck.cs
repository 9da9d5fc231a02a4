using System.Text;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Terminology;

namespace CptsFhirHub.Fhir.Validation;

/// <summary>
/// A Coding or Identifier by itself: its system is an absolute URI, its code exists in its system where that is at hand in full, its
/// display is one of the code's. https://hl7.org/fhir/R4/datatypes.html#Coding
/// </summary>
internal static class CodingCheck
{
    private const string Uris = "urn:ietf:rfc:3986";

    /// <summary>The location stands on the Coding.</summary>
    public static void Coding(Run run, Element coding)
    {
        if (coding.Child("system") is not { Value: { } system } place)
            return;
        if (!system.Contains(':', StringComparison.Ordinal))
        {
            run.ReportAt(place, Severity.Error, "invalid", Phrases.SystemRelative, "coding-system");
            return;
        }

        var vocabulary = run.Validator.Vocabulary;
        if (vocabulary.CodeSystem(system) is { IsSupplement: true })
        {
            run.ReportAt(place, Severity.Error, "not-found", Phrases.SystemSupplement, "coding-system");
            return;
        }

        if (coding.Child("code") is not { Value: { } code } codePlace)
            return;
        var membership = vocabulary.IsCodeOf(system, code);
        if (membership == Membership.No)
            run.ReportAt(codePlace, Severity.Error, "code-invalid", Phrases.CodeUnknown, "unknown-code");
        else if (membership == Membership.Unknown && run.Validator.Definitions.Find("ValueSet", system) is not null)
            run.ReportAt(place, Severity.Error, "invalid", Phrases.SystemValueSet, "coding-system");
        else if (membership == Membership.Yes && coding.Child("display") is { Value: { } display } displayPlace
                 && !IsDisplay(run, system, code, display))
            run.ReportAt(displayPlace, run.Validator.Options.WrongDisplay, "invalid", Phrases.DisplayWrong, "display");
    }

    /// <summary>An Identifier: its system is absolute, and a value that is a URI reads as one. The location stands on it.</summary>
    public static void Identifier(Run run, Element identifier)
    {
        if (identifier.Text("system") is not { } system)
            return;
        if (!system.Contains(':', StringComparison.Ordinal))
            run.Error("code-invalid", Phrases.IdentifierSystemRelative, "identifier-system");
        else if (system == Uris && identifier.Text("value") is { } value && !value.Contains(':', StringComparison.Ordinal))
            run.Error("code-invalid", Phrases.IdentifierNoUri, "identifier-system");
    }

    /// <summary>True when the text is one that the system, or a value set's own list, knows for the code; true where none is known.</summary>
    public static bool IsDisplay(Run run, string system, string code, string display)
    {
        if (run.Validator.Vocabulary.CodeSystem(system) is not { } content || content.Find(code) is not { Display: { } known } concept)
            return true;
        // Texts in a language that the system does not have cannot be judged.
        if (run.Resource.Text("language") is { Length: >= 2 } language && !IsOf(language, content.Language ?? "en")
            && !concept.Designations.Any(one => one.Language is { Length: >= 2 } other && IsOf(language, other)))
            return true;
        var given = Plain(display);
        if (given == Plain(known))
            return true;
        foreach (var (_, text) in concept.Designations)
            if (given == Plain(text))
                return true;
        return false;
    }

    private static bool IsOf(string language, string other) => string.Compare(language, 0, other, 0, 2, StringComparison.OrdinalIgnoreCase) == 0;

    // Case and runs of white space make no other text.
    private static string Plain(string text)
    {
        var plain = new StringBuilder(text.Length);
        foreach (var c in text.AsSpan().Trim())
        {
            if (!char.IsWhiteSpace(c))
                plain.Append(char.ToUpperInvariant(c));
            else if (plain.Length > 0 && plain[^1] != ' ')
                plain.Append(' ');
        }

        return plain.ToString();
    }
}
