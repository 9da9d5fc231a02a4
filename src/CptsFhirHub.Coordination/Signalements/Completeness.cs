using System.Collections.Frozen;

namespace CptsFhirHub.Coordination.Signalements;

/// <summary>A piece that a file lacks: a code for programs, words for the team.</summary>
public sealed record MissingPiece(string Code, string French, string English);

/// <summary>Whether a file has what its CPTS asks for before a GP sees it. Which pieces those are is the tenant's choice.</summary>
public static class Completeness
{
    private static readonly FrozenDictionary<string, (MissingPiece Piece, Func<Dossier, bool> IsThere)> Pieces =
        new (MissingPiece Piece, Func<Dossier, bool> IsThere)[]
        {
            (new("nom", "Nom", "Name"), dossier => dossier.HasName),
            (new("date-naissance", "Date de naissance complète", "Full birth date"), dossier => dossier.BirthDate is { Length: 10 }),
            (new("contact", "Téléphone ou courriel", "Phone or e-mail"), dossier => dossier.HasPhone || dossier.HasEmail),
            (new("adresse", "Commune de résidence", "Place of residence"), dossier => dossier.HasAddress),
            (new("motif", "Motif de la demande", "Reason of the request"), dossier => dossier.Reasons.Count > 0),
            (new("ald", "ALD : oui ou non", "Long-term condition: yes or no"), dossier => dossier.Says("ald") != Told.Unknown),
            (new("mobilite", "Peut se rendre au cabinet : oui ou non", "Can travel to the practice: yes or no"),
                dossier => dossier.Mobility is not null),
            (new("accord-medecins", "Accord pour transmettre aux médecins", "Consent to share with GPs"),
                dossier => dossier.Consent("partage-medecins") != Told.Unknown),
            (new("accord-dac", "Accord pour transmettre au DAC", "Consent to share with the DAC"),
                dossier => dossier.Consent("partage-dac") != Told.Unknown),
        }.ToFrozenDictionary(piece => piece.Piece.Code);

    /// <summary>
    /// The pieces a CPTS asks for unless it says otherwise: who it is and how to call back. The rest is asked on the phone.
    /// </summary>
    public static IReadOnlyList<string> Default { get; } = ["nom", "date-naissance", "contact"];

    /// <summary>All pieces a tenant may ask for.</summary>
    public static IReadOnlyList<string> Known { get; } = [.. Pieces.Keys.Order(StringComparer.Ordinal)];

    /// <summary>What is missing of the <paramref name="required"/> pieces, in their order; a code nobody knows is ignored.</summary>
    public static IReadOnlyList<MissingPiece> Missing(Dossier dossier, IEnumerable<string> required) => required
        .Where(code => Pieces.TryGetValue(code, out var piece) && !piece.IsThere(dossier))
        .Select(code => Pieces[code].Piece)
        .ToList();
}
