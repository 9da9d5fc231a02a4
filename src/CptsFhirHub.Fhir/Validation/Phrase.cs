using System.Globalization;

namespace CptsFhirHub.Fhir.Validation;

/// <summary>A sentence of an issue in the languages the hub speaks; <c>{0}</c> stands for a name or a number, never for a value.</summary>
/// <param name="English">In English.</param>
/// <param name="French">In French, as a sender reads it.</param>
internal sealed record Phrase(string English, string French)
{
    /// <summary>The sentence in a language; English where the language is none of ours.</summary>
    public string In(string language, params ReadOnlySpan<object?> parts) =>
        string.Format(CultureInfo.InvariantCulture, IsFrench(language) ? French : English, parts);

    /// <summary>True for <c>fr</c> and <c>fr-FR</c>.</summary>
    public static bool IsFrench(string language) =>
        language.StartsWith("fr", StringComparison.OrdinalIgnoreCase) && (language.Length == 2 || language[2] == '-');
}
