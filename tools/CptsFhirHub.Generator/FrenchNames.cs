using System.Globalization;
using System.Text;

namespace CptsFhirHub.Generator;

/// <summary>
/// Names that are common in France, by the years in which they were given. Source of the tables: INSEE, "fichier des prénoms" 2022 and
/// "fichier des noms" 2008, Licence Ouverte 2.0; the spelling with accents is ours. <see cref="Read"/> takes the whole files instead.
/// </summary>
public sealed class FrenchNames
{
    private static readonly (int Until, string[] Women, string[] Men)[] ByYear =
    [
        (1955, Words(
            "Monique Jacqueline Jeannine Yvette Denise Jeanne Paulette Simone Christiane Colette Nicole Ginette Madeleine Andrée Josette Odette Thérèse " +
            "Suzanne Renée Françoise Micheline Yvonne Marie-Thérèse Marie-Claude Geneviève Lucette Huguette Marcelle Germaine Henriette Raymonde Éliane"), Words(
            "Michel André Pierre Claude Jacques René Roger Robert Bernard Marcel Georges Guy Maurice Henri Louis Joseph Gérard Raymond Paul Gilbert Daniel " +
            "François Yves Jean-Claude Jean-Pierre Serge Lucien Gaston Émile Marc Noël Fernand")),
        (1975, Words(
            "Sylvie Nathalie Isabelle Catherine Christine Véronique Valérie Corinne Patricia Laurence Martine Florence Brigitte Pascale Béatrice Sandrine " +
            "Fabienne Sophie Nadine Chantal Dominique Marie-Christine Agnès Élisabeth Hélène Joëlle Maryse Évelyne"), Words(
            "Philippe Éric Pascal Thierry Patrick Christophe Laurent Alain Bruno Didier Frédéric Dominique Stéphane Christian Olivier Franck Gilles Hervé " +
            "Jean-Luc Jean-Marc Jean-Michel Joël Benoît Rémi Xavier Régis")),
        (1996, Words(
            "Aurélie Émilie Céline Élodie Julie Stéphanie Audrey Laetitia Virginie Mélanie Sabrina Vanessa Caroline Marion Jennifer Amandine Delphine Claire " +
            "Cécile Anne-Sophie Aïcha Fatima Awa Marie-Laure Noémie Justine"), Words(
            "Nicolas Julien Sébastien Guillaume Alexandre David Romain Thomas Anthony Vincent Jonathan Mathieu Cédric Jérémy Damien Mickaël Jérôme Benjamin " +
            "Kévin Ludovic Karim Mehdi Loïc Jean-Baptiste Gaël Yoann")),
        (2100, Words(
            "Léa Emma Manon Chloé Camille Clara Sarah Inès Océane Jade Anaïs Lucie Mathilde Éva Lola Pauline Louise Juliette Romane Zoé Maëlle Lilou"), Words(
            "Lucas Enzo Théo Hugo Nathan Maxime Mathis Clément Antoine Tom Léo Quentin Alexis Arthur Baptiste Raphaël Valentin Jules Noé Gabin")),
    ];

    private static readonly string[] CommonSurnames = Words(
        "MARTIN BERNARD PETIT RICHARD DUBOIS DURAND MOREAU LEFÈBVRE LEROY ROUX MOREL BERTRAND FOURNIER GIRARD FONTAINE LAMBERT DUPONT BONNET ROUSSEAU MULLER " +
        "FAURE MERCIER GUÉRIN GARCIA BOYER BLANC GARNIER CHEVALIER LEGRAND GAUTHIER PERRIN ROBIN MORIN HENRY ROUSSEL GAUTIER MASSON DUVAL MARCHAND LEMAIRE " +
        "DUMONT NOËL MEYER DUFOUR MEUNIER MARTINEZ BLANCHARD BRUN RIVIÈRE JOLY GIRAUD BRUNET GAILLARD BARBIER ARNAUD RENARD ROCHE SCHMITT ROY LEROUX CARON " +
        "COLIN VIDAL PICARD FABRE AUBERT LEMOINE RENAUD DUMAS LACROIX BOURGEOIS LOPEZ BENOÎT LECLERC SANCHEZ LECOMTE ROLLAND HUBERT DUPUY CARPENTIER GUILLOT " +
        "BERGER PEREZ MOULIN DESCHAMPS VASSEUR HUET BOUCHER FLEURY ROYER JACQUET KLEIN POIRIER AUBRY GUYOT CARRÉ RENAULT MÉNARD MAILLARD CHARPENTIER MARTY " +
        "BERTIN BARON BAILLY HERVÉ LE_GALL COLLET LÉGER BOUVIER PRÉVOST MILLET LE_ROUX PERROT COUSIN PÉRAUDEAU RABILLER TRAORÉ DIALLO N'DIAYE BEN_AMAR " +
        "DE_LA_FUENTE SAINT-MARTIN DUPONT-MOREL D'HAUTEVILLE NGUYEN EL_AMRANI");

    private readonly (int Until, string[] Women, string[] Men)[] _byYear;
    private readonly string[] _surnames;

    private FrenchNames((int Until, string[] Women, string[] Men)[] byYear, string[] surnames) => (_byYear, _surnames) = (byYear, surnames);

    /// <summary>The short tables of this file.</summary>
    public static FrenchNames Short { get; } = new(ByYear, CommonSurnames);

    /// <summary>Names from <c>given_names.csv</c> and <c>surnames.csv</c>, the hundred most given of each time and the two thousand most borne.</summary>
    public static FrenchNames Read(string folder)
    {
        var given = File.ReadLines(Path.Combine(folder, "given_names.csv"), Encoding.UTF8).Select(line => line.Split(',')).ToList();
        (int Until, string Column)[] times = [(1955, "d1940"), (1975, "d1960"), (1996, "d1980"), (2100, "d2000")];
        var byYear = times.Select(time =>
        {
            var column = Array.IndexOf(given[0], time.Column);
            string[] Of(string sex) => [.. given.Skip(1).Where(row => row[1] == sex)
                .OrderByDescending(row => long.Parse(row[column], CultureInfo.InvariantCulture)).ThenBy(row => row[0], StringComparer.Ordinal)
                .Take(100).Select(row => Capital(row[0]))];
            return (time.Until, Of("F"), Of("M"));
        });
        var surnames = File.ReadLines(Path.Combine(folder, "surnames.csv"), Encoding.UTF8).Skip(1).Take(2_000).Select(line => line.Split(',')[0]);
        return new([.. byYear], [.. surnames]);
    }

    internal string Given(Chance chance, bool isWoman, int year)
    {
        var time = _byYear.First(time => year < time.Until);
        return chance.Pick(isWoman ? time.Women : time.Men);
    }

    internal string Surname(Chance chance) => chance.Pick(_surnames);

    private static string Capital(string name) =>
        string.Join('-', name.Split('-').Select(part => part.Length == 0 ? part : part[..1] + part[1..].ToLowerInvariant()));

    private static string[] Words(string text) => [.. text.Split(' ').Select(word => word.Replace('_', ' '))];
}
