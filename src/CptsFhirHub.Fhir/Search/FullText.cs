using System.Collections.Frozen;
using System.Text;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Search;

/// <summary>The words of a resource, for <c>_text</c> and <c>_content</c>. https://hl7.org/fhir/R4/search.html#content</summary>
internal static class FullText
{
    /// <summary>Different words that one resource may bring: a longer text is found by those it begins with.</summary>
    private const int WordsMax = 1_000;

    /// <summary>Longer runs of letters and digits are no words anybody asks for, but data.</summary>
    private const int WordLengthMax = 40;

    private const int DepthMax = 64;

    /// <summary>
    /// The types whose every text is indexed, for <c>_content</c>: what people write to each other and what describes those who help. Of
    /// the others it would repeat what their own parameters find.
    /// </summary>
    private static readonly FrozenSet<string> TypesWithContent = FrozenSet.ToFrozenSet(
        [
            "CarePlan", "Communication", "CommunicationRequest", "Condition", "DocumentReference", "HealthcareService", "Questionnaire",
            "QuestionnaireResponse",
        ],
        StringComparer.Ordinal);

    /// <summary>True when a search may ask for these words of that type.</summary>
    public static bool IsServed(SearchParameter parameter, string resourceType) =>
        parameter.Code != "_content" || TypesWithContent.Contains(resourceType);

    public static void Add(SearchParameter parameter, IEnumerable<string> texts, List<IndexValue> values)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var text in texts)
        {
            foreach (var word in SearchText.Fold(text).Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                if (word.Length > WordLengthMax || !seen.Add(word))
                    continue;
                if (seen.Count > WordsMax)
                    return;
                values.Add(new IndexValue.String(parameter, word, ""));
            }
        }
    }

    /// <summary>What a person reads of a narrative.</summary>
    public static IEnumerable<string> OfNarrative(string xhtml)
    {
        var text = new StringBuilder(xhtml.Length);
        for (var i = 0; i < xhtml.Length; i++)
        {
            if (xhtml[i] != '<')
            {
                text.Append(xhtml[i]);
                continue;
            }

            // A tag parts words, as it does on the screen.
            text.Append(' ');
            var end = xhtml.IndexOf('>', i);
            if (end < 0)
                break;
            i = end;
        }

        return [System.Net.WebUtility.HtmlDecode(text.ToString())];
    }

    /// <summary>Every text of a resource: not what machines read, such as codes, links, dates and numbers.</summary>
    public static IEnumerable<string> OfResource(Element root)
    {
        var texts = new List<string>();
        Collect(root, texts, 0);
        return texts;
    }

    private static void Collect(Element element, List<string> texts, int depth)
    {
        if (depth > DepthMax)
            return;
        foreach (var child in element.Children)
        {
            if (child.Name is "meta" or "id" or "system" or "reference" or "url" or "data" or "contained" or "resourceType"
                or "linkId" or "status" or "questionnaire" || (child.Name == "code" && child.Value is not null) || child.Kind == ElementKind.Boolean)
                continue;
            if (child.Name == "div" && child.Value is { } narrative)
                texts.AddRange(OfNarrative(narrative));
            else if (child.Value is { } value && IsText(value))
                texts.Add(value);
            Collect(child, texts, depth + 1);
        }
    }

    private static bool IsText(string value) => value.Length > 1 && value.Any(char.IsLetter) && !IsInstant(value);

    private static bool IsInstant(string value) =>
        value.Length > 10 && value[4] == '-' && value[7] == '-' && value[10] == 'T' && value.AsSpan(0, 4).IndexOfAnyExceptInRange('0', '9') < 0;
}
