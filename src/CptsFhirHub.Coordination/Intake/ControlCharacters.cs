using System.Buffers;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Coordination.Intake;

/// <summary>
/// What no string of FHIR may hold (R4, string: nothing below 32 but tab and line breaks), and no database of ours takes in a text: left out
/// of what a message says, and said, whatever its format. Its bytes stay in the journal as they came.
/// </summary>
public static class ControlCharacters
{
    private static readonly SearchValues<char> All = SearchValues.Create(
        [.. Enumerable.Range(0, 32).Select(code => (char)code).Where(code => code is not ('\t' or '\n' or '\r'))]);

    /// <summary>The reading without them; the same one when there were none.</summary>
    public static SourceReading Without(SourceReading reading) =>
        reading.Tree is { } tree && Take(tree)
            ? reading with
            {
                Issues = [.. reading.Issues, Issue.Warning("value", "", "The message holds control characters, which no text may hold: they were left out.")],
            }
            : reading;

    private static bool Take(Element element)
    {
        var isTaken = false;
        foreach (var child in element.Children.ToArray())
        {
            if (child is { Kind: ElementKind.String, Value: { } text } && text.AsSpan().ContainsAny(All))
            {
                isTaken = true;
                if (string.Concat(text.Where(letter => !All.Contains(letter))) is { Length: > 0 } left)
                    child.SetValue(ElementKind.String, left);
                else
                    element.Remove(child);
            }

            isTaken |= child.Count > 0 && Take(child);
        }

        return isTaken;
    }
}
