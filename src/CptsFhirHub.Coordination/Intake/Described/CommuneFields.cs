using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Coordination.Intake.Described;

/// <summary>
/// The fields of the kind <c>commune</c>: whatever people wrote there, the tree holds INSEE codes alone. A name of one commune becomes its code;
/// one that several bear is left out and told with those it may be.
/// </summary>
internal sealed class CommuneFields(IReadOnlyList<SourceField> fields, CommuneNames communes)
{
    private static readonly string[] Between = [" et ", " ET ", " Et ", "&", "\n", "\r"];

    private readonly List<SourceField> _fields = [.. fields.Where(field => field.Typed.Kind == ValueKind.Commune && !field.Member.Path.Contains('.', StringComparison.Ordinal))];

    public void Resolve(Element root, Func<string, string> place, List<Issue> issues)
    {
        foreach (var field in _fields)
        {
            var name = field.Member.Path.Replace("[]", "", StringComparison.Ordinal);
            var near = field.Near.Select(path => root.Text(path)).FirstOrDefault(text => text is { Length: >= 2 });
            var told = root.All(name).ToArray();
            var isList = field.Member.Path.EndsWith("[]", StringComparison.Ordinal);
            if (told.Length == 0 && field.From is { } from && root.Text(from) is { Length: > 0 } city)
            {
                // Told by its name alone elsewhere on the line: an ambiguous one costs nothing there.
                if (communes.Read(city, near) is { Insee: { } insee })
                    root.With(name, insee);
                continue;
            }

            while (root.Remove(name))
            {
                // Put back below, as codes.
            }

            HashSet<string> codes = new(StringComparer.Ordinal);
            for (var i = 0; i < told.Length; i++)
                foreach (var text in Parts(told[i].Value ?? "", near))
                    if (Read(text, near, place(isList ? $"{name}[{i}]" : name), issues) is { } code && codes.Add(code))
                        root.Append(Element.Primitive(name, ElementKind.String, code, isList));
        }
    }

    private string? Read(string text, string? near, string where, List<Issue> issues)
    {
        var reading = communes.Read(text, near);
        if (reading.Insee is not null)
            return reading.Insee;
        issues.Add(Issue.Warning("value", where, reading.Candidates.Count > 0
            ? $"Several communes may be meant: {string.Join(", ", reading.Candidates)}. Tell the INSEE code, or the post code beside the name. The value is left out."
            : "This commune is not in the table of communes: tell its INSEE code. The value is left out."));
        return null;
    }

    /// <summary>Codes that blanks part, and names that an "et" joins; a name with blanks of its own is one.</summary>
    private string[] Parts(string text, string? near)
    {
        var words = text.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        if (words.Length > 1 && Array.TrueForAll(words, CommuneNames.IsCode))
            return words;
        var named = communes.Read(text, near);
        return named.Insee is not null || named.Candidates.Count > 0
            ? [text]
            : text.Split(Between, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
    }
}
