using System.Reflection;

namespace CptsFhirHub.Fhir.Validation;

/// <summary>Every sentence that the checks of resources say, in both languages: what was said in one can be told in the other. <c>{0}</c> stands for a name or a number.</summary>
public static class CheckTexts
{
    /// <summary>The sentences.</summary>
    public static IReadOnlyList<(string English, string French)> Sentences { get; } =
    [
        .. typeof(Phrases).GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => field.GetValue(null)).OfType<Phrase>()
            .Select(phrase => (phrase.English, phrase.French)),
    ];
}
