namespace CptsFhirHub.Coordination.Identity.Matching;

/// <summary>What is said about levels and guards to the team, in French. No text quotes a trait.</summary>
public static class Texts
{
    private static readonly Dictionary<Field, string[]> Levels = new()
    {
        [Field.Surname] = ["Les noms diffèrent.", "Les noms se ressemblent un peu.", "Les noms sont proches.", "Le nom de naissance de l'un est le nom d'usage de l'autre.", "Même nom."],
        [Field.FirstName] = ["Les prénoms diffèrent.", "L'un des prénoms abrège l'autre.", "Les prénoms sont proches.", "Autre prénom de naissance, prénom composé ou nom et prénom inversés.", "Même prénom."],
        [Field.BirthDate] = ["Les dates de naissance diffèrent.", "Les dates de naissance ont une partie en commun.", "Les dates de naissance diffèrent d'un chiffre, ou jour et mois sont inversés.", "Même date de naissance, peut-être écrite faute de connaître la vraie.", "Même date de naissance."],
        [Field.Sex] = ["Le sexe diffère.", "Même sexe."],
        [Field.BirthPlace] = ["Les lieux de naissance diffèrent.", "Même lieu de naissance."],
        [Field.Commune] = ["Les communes diffèrent.", "Même code postal.", "Même commune."],
        [Field.Street] = ["Les adresses diffèrent.", "Même rue ou adresse proche.", "Même adresse."],
        [Field.Phone] = ["Les téléphones diffèrent.", "Même téléphone."],
        [Field.Email] = ["Les adresses électroniques diffèrent.", "Même adresse électronique."],
        [Field.Number] = ["Les numéros de sécurité sociale diffèrent.", "Les numéros de sécurité sociale diffèrent d'un chiffre.", "Même numéro de sécurité sociale."],
    };

    private static readonly (Guard Guard, string Code, string Text)[] OfGuards =
    [
        (Guard.OtherIns, "ins-different", "Deux INS qualifiés différents."),
        (Guard.Fictive, "ins-fictif", "L'une des identités est fictive, ou un INS de test est à côté d'un INS réel."),
        (Guard.Doubtful, "identite-douteuse", "L'une des identités est signalée douteuse."),
        (Guard.SaidNo, "refus", "Une personne a dit qu'il s'agit de deux personnes."),
        (Guard.Rival, "plusieurs-dossiers", "Plusieurs dossiers correspondent aussi bien."),
        (Guard.Untrusted, "source-non-sure", "L'un des dossiers vient d'une source à vérifier."),
        (Guard.Homonym, "homonyme", "Un homonyme est connu."),
        (Guard.ProvisionalNumber, "ins-provisoire", "L'un porte un NIA, l'autre un NIR."),
        (Guard.Number, "numero-different", "Les numéros de sécurité sociale diffèrent."),
        (Guard.Sex, "sexe-different", "Le sexe diffère."),
        (Guard.BirthPlace, "lieu-naissance-different", "Les lieux de naissance diffèrent."),
        (Guard.BirthDate, "naissance-inegale", "La date de naissance n'est pas exactement la même."),
        (Guard.Surname, "nom-different", "Les noms ont peu en commun."),
        (Guard.FirstName, "prenom-inegal", "Le prénom n'est pas exactement le même."),
        (Guard.DefaultDate, "naissance-par-defaut", "La date de naissance est de celles qu'on écrit faute de la connaître."),
        (Guard.NoEvidence, "preuve-insuffisante", "Rien d'autre que les noms et la date ne confirme qu'il s'agit de la même personne."),
    ];

    /// <summary>How a field agrees.</summary>
    public static string Of(Field field, int level) => Levels[field][level];

    /// <summary>What kept the machine from joining, the gravest first.</summary>
    public static IEnumerable<Reason> Of(Guard guards) =>
        OfGuards.Where(line => (guards & line.Guard) != Guard.None).Select(line => new Reason(line.Code, line.Text));
}
