namespace CptsFhirHub.Coordination.Notices;

/// <summary>Something to tell somebody. It names no illness and no person: who receives it opens the file to read more.</summary>
/// <param name="Recipient">Whom: a reference.</param>
/// <param name="About">The Task it is about.</param>
/// <param name="Kind">A code for programs.</param>
/// <param name="French">The words.</param>
public sealed record Notice(string Recipient, string About, string Kind, string French);

/// <summary>What to tell whom.</summary>
public static class NoticeRules
{
    private static readonly (string Kind, string French)[] ToOwner =
    [
        ("appui-dac", "Une demande d'appui vous attend dans CptsFhirHub."),
        ("proposition-medecin", "Une proposition de patient vous attend dans CptsFhirHub."),
        ("evaluation-mas", "Un dossier à étudier vous attend dans CptsFhirHub."),
        ("piece-manquante", "Une pièce manque à l'un de vos signalements."),
        ("rappel", "Un rappel est à faire."),
        ("verification-identite", "Une identité est à vérifier."),
    ];

    /// <summary>A task was given to somebody, or taken back.</summary>
    public static Notice? OnTask(string kind, string status, string? owner, string task)
    {
        var known = Array.Find(ToOwner, pair => pair.Kind == kind);
        if (owner is null || known.Kind is null)
            return null;
        return status switch
        {
            "requested" => new(owner, task, $"{kind}-nouveau", known.French),
            "cancelled" or "failed" => new(owner, task, $"{kind}-retire", "Une demande qui vous était adressée est retirée."),
            _ => null,
        };
    }

    /// <summary>A file has moved: what its sender may know, or null when the step does not concern a sender.</summary>
    public static Notice? OnFile(string from, string to, string? sender, string task) =>
        sender is null || StatusFor(from) == StatusFor(to) ? null : new(sender, task, "etat", StatusFor(to));

    /// <summary>
    /// The state of a file in words for whoever reported it: a pharmacist, a town hall, a platform. Never why, never which GP, never an
    /// illness; not even that a person has died or has objected.
    /// </summary>
    public static string StatusFor(string state) => state switch
    {
        "recu" or "a-confirmer" or "doublon-a-verifier" or "a-qualifier" or "etude-mas" =>
            "Reçu, en cours d'étude par l'équipe de coordination.",
        "incomplet" => "Reçu, l'équipe de coordination attend un complément.",
        "qualifie" or "en-attente-medecin" or "oriente-snp" or "propose" => "En recherche d'un médecin traitant.",
        "accepte" or "premier-rdv" => "Un médecin a été trouvé, le premier rendez-vous s'organise.",
        "mt-declare" => "Terminé : un médecin traitant est déclaré.",
        "erreur-saisie" => "Clos.",
        _ when state.StartsWith("clos-", StringComparison.Ordinal) => "Clos.",
        _ => "En cours.",
    };
}
