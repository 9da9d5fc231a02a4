using System.Globalization;

namespace CptsFhirHub.Coordination.Notices;

/// <summary>How much of a file its reporter may know.</summary>
public enum FeedbackDetail
{
    /// <summary>That it is taken in charge: a town hall, an elected official.</summary>
    Charge,

    /// <summary>How far it is: a pharmacist, a nurse, a booking platform.</summary>
    Status,

    /// <summary>How far it is and when the first visit takes place: a hospital, PRADO, the DAC, who go on caring.</summary>
    Care,
}

/// <summary>What a reporter is told of a file. It names no person, no GP, no illness, and never why a file was closed.</summary>
/// <param name="State">A code for programs.</param>
/// <param name="French">The words.</param>
/// <param name="FirstVisit">When the first visit is, for those who may know it and when it is known.</param>
public sealed record Feedback(string State, string French, DateTimeOffset? FirstVisit)
{
    private const string Closed = "clos";
    private const string InCharge = "pris-en-charge";
    private const string Received = "recu";

    /// <summary>Closings that the reporter itself caused: they tell nothing of the person.</summary>
    private static readonly string[] OwnClosings = ["clos-a-la-demande", "clos-non-confirme"];

    /// <summary>What may be said of that state.</summary>
    public static Feedback Of(FeedbackDetail detail, string state, DateTimeOffset? firstVisit)
    {
        var isClosed = state.StartsWith("clos-", StringComparison.Ordinal) || state == "erreur-saisie";
        if (detail == FeedbackDetail.Charge)
            return isClosed ? new(Closed, "Clos.", null)
                : state is "recu" or "a-confirmer" or "doublon-a-verifier" ? new(Received, "Reçu.", null)
                : new(InCharge, "Pris en charge.", null);

        var code = isClosed && !OwnClosings.Contains(state) ? Closed : state;
        if (detail != FeedbackDetail.Care || state is not ("accepte" or "premier-rdv"))
            return new(code, NoticeRules.StatusFor(state), null);
        return new(code, firstVisit is { } visit
            ? string.Create(CultureInfo.InvariantCulture, $"Accepté par un médecin, premier rendez-vous le {visit:dd/MM/yyyy}.")
            : "Accepté par un médecin, le premier rendez-vous s'organise.", firstVisit);
    }
}
