using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Server.Pages;

/// <summary>The traits by which a coordinator tells persons apart, in words.</summary>
internal static class PersonTraits
{
    public static readonly IReadOnlyList<(string Name, Func<Element, string> Of)> All =
    [
        ("Nom", French.NameOf),
        ("Prénoms", person => Joined(person, "name", name => string.Join(' ', name.All("given").ToArray().Select(given => given.Value)))),
        ("Naissance", person => French.Day(person.Text("birthDate"))),
        ("Sexe", person => person.Text("gender") switch { "female" => "Féminin", "male" => "Masculin", null => "–", _ => "Autre" }),
        ("Commune", French.CommuneOf),
        ("Téléphone, courriel", person => Joined(person, "telecom", telecom => telecom.Text("value"))),
        ("Numéros", person => Joined(person, "identifier", identifier => identifier.Text("value"))),
        ("Décès", person => person.Text("deceasedBoolean") == "true" || person.Child("deceasedDateTime") is not null ? "Décès connu" : "–"),
    ];

    private static string Joined(Element person, string name, Func<Element, string?> text)
    {
        var words = new List<string>();
        foreach (var item in person.All(name))
            if (text(item) is { Length: > 0 } said && !words.Contains(said))
                words.Add(said);
        return words.Count == 0 ? "–" : string.Join(", ", words);
    }
}
