using System.Collections.Frozen;

namespace CptsFhirHub.Coordination.Signalements;

/// <summary>A state of a patient's file, the parent Task <c>parcours-medecin-traitant</c>.</summary>
/// <param name="Code">The code of <c>Task.businessStatus</c>.</param>
/// <param name="TaskStatus">The R4 status that stands beside it.</param>
/// <param name="French">What the team reads.</param>
/// <param name="English">What partners read.</param>
public sealed record FileState(string Code, string TaskStatus, string French, string English)
{
    /// <summary>True when the file is closed, with success or not.</summary>
    public bool IsClosed => TaskStatus is "completed" or "cancelled" or "entered-in-error";

    /// <summary>True when nobody searches a GP any more although none was declared through us.</summary>
    public bool IsClosedWithoutGp => TaskStatus is "cancelled";

    /// <summary>The status of the ServiceRequest while the file is in this state.</summary>
    public string RequestStatus => TaskStatus switch
    {
        "completed" => "completed",
        "cancelled" => "revoked",
        "entered-in-error" => "entered-in-error",
        _ => "active",
    };
}

/// <summary>
/// The life of a file, as one table: a step that is not in it does not exist. A refusal by a GP sends the file back to the list, and a
/// closed file may be opened again with a reason, its history kept.
/// </summary>
public static class FileStates
{
    public const string Received = "recu";
    public const string ToConfirm = "a-confirmer";
    public const string DuplicateToCheck = "doublon-a-verifier";
    public const string ToQualify = "a-qualifier";
    public const string Incomplete = "incomplet";
    public const string MasStudy = "etude-mas";
    public const string Qualified = "qualifie";
    public const string Waiting = "en-attente-medecin";
    public const string RedirectedToSnp = "oriente-snp";
    public const string Proposed = "propose";
    public const string Accepted = "accepte";
    public const string FirstVisit = "premier-rdv";
    public const string Declared = "mt-declare";
    public const string ClosedHasGp = "clos-deja-mt";
    public const string ClosedOutside = "clos-hors-territoire";
    public const string ClosedUnreachable = "clos-injoignable";
    public const string ClosedDeceased = "clos-decede";
    public const string ClosedOpposed = "clos-oppose";
    public const string ClosedDuplicate = "clos-doublon";
    public const string ClosedNotConfirmed = "clos-non-confirme";
    public const string ClosedOnRequest = "clos-a-la-demande";
    public const string EnteredInError = "erreur-saisie";

    /// <summary>All states, in the order of a file's life.</summary>
    public static IReadOnlyList<FileState> All { get; } =
    [
        new(Received, "received", "Reçu", "Received"),
        new(ToConfirm, "received", "À confirmer auprès du patient", "To be confirmed with the patient"),
        new(DuplicateToCheck, "on-hold", "Doublon à vérifier", "Possible duplicate, to be checked"),
        new(ToQualify, "accepted", "À qualifier", "To be qualified"),
        new(Incomplete, "on-hold", "Incomplet, pièce demandée", "Incomplete, a piece was asked for"),
        new(MasStudy, "in-progress", "Étudié par la MAS de la CPAM", "Studied by the health insurance (MAS)"),
        new(Qualified, "ready", "Qualifié", "Qualified"),
        new(Waiting, "ready", "En attente d'un médecin", "Waiting for a GP"),
        new(RedirectedToSnp, "ready", "Orienté vers les soins non programmés", "Redirected to unscheduled care"),
        new(Proposed, "in-progress", "Proposé à un médecin", "Proposed to a GP"),
        new(Accepted, "in-progress", "Accepté par un médecin", "Accepted by a GP"),
        new(FirstVisit, "in-progress", "Premier rendez-vous pris", "First visit booked"),
        new(Declared, "completed", "Médecin traitant déclaré", "GP declared"),
        new(ClosedHasGp, "cancelled", "Clos : a déjà un médecin traitant", "Closed: has a GP already"),
        new(ClosedOutside, "cancelled", "Clos : hors du territoire", "Closed: outside the territory"),
        new(ClosedUnreachable, "cancelled", "Clos : injoignable", "Closed: unreachable"),
        new(ClosedDeceased, "cancelled", "Clos : décédé", "Closed: deceased"),
        new(ClosedOpposed, "cancelled", "Clos : opposition du patient", "Closed: the patient objects"),
        new(ClosedDuplicate, "cancelled", "Clos : doublon", "Closed: duplicate"),
        new(ClosedNotConfirmed, "cancelled", "Clos : non confirmé", "Closed: not confirmed"),
        new(ClosedOnRequest, "cancelled", "Clos : à la demande du patient", "Closed at the patient's request"),
        new(EnteredInError, "entered-in-error", "Erreur de saisie", "Entered in error"),
    ];

    private static readonly FrozenDictionary<string, FileState> ByCode = All.ToFrozenDictionary(state => state.Code);

    /// <summary>The steps within a file's life; what closes it is added below, since it may happen at any moment.</summary>
    private static readonly FrozenDictionary<string, string[]> Steps = new Dictionary<string, string[]>
    {
        [Received] = [ToConfirm, DuplicateToCheck, ToQualify, Incomplete],
        [ToConfirm] = [ToQualify, DuplicateToCheck, ClosedNotConfirmed],
        [DuplicateToCheck] = [Received, ToConfirm, ToQualify],
        [ToQualify] = [DuplicateToCheck, Incomplete, MasStudy, Qualified, ClosedNotConfirmed],
        [Incomplete] = [DuplicateToCheck, ToQualify, ClosedNotConfirmed],
        [MasStudy] = [ToQualify, Incomplete, Qualified],
        [Qualified] = [ToQualify, Waiting, RedirectedToSnp, ClosedNotConfirmed],
        [Waiting] = [ToQualify, RedirectedToSnp, Proposed, ClosedNotConfirmed],
        [RedirectedToSnp] = [ToQualify, Waiting, ClosedNotConfirmed],
        [Proposed] = [Waiting, Accepted],
        [Accepted] = [Waiting, FirstVisit],
        // A missed first visit goes back to the team, which books again or looks for another GP.
        [FirstVisit] = [Waiting, Accepted, Declared],
        [Declared] = [ToQualify],
        [ClosedHasGp] = [ToQualify],
        [ClosedOutside] = [ToQualify],
        [ClosedUnreachable] = [ToQualify],
        [ClosedDeceased] = [ToQualify],
        [ClosedOpposed] = [ToQualify],
        [ClosedDuplicate] = [DuplicateToCheck, ToQualify],
        [ClosedNotConfirmed] = [ToConfirm, ToQualify],
        [ClosedOnRequest] = [ToQualify],
        [EnteredInError] = [],
    }.ToFrozenDictionary();

    private static readonly string[] AnyTime =
    [
        ClosedHasGp, ClosedOutside, ClosedUnreachable, ClosedDeceased, ClosedOpposed, ClosedDuplicate, ClosedOnRequest, EnteredInError,
    ];

    /// <summary>The state of that code, or null.</summary>
    public static FileState? Find(string? code) => code is not null && ByCode.TryGetValue(code, out var state) ? state : null;

    /// <summary>The codes that may follow; empty when none may or the code is unknown.</summary>
    public static IReadOnlyList<string> Next(string from)
    {
        if (Find(from) is not { } state)
            return [];
        return state.IsClosed ? Steps[from] : [.. Steps[from], .. AnyTime.Where(code => code != from)];
    }

    /// <summary>The state after the step, or null when that step is not allowed.</summary>
    public static FileState? Next(string from, string to) => Next(from).Contains(to) ? Find(to) : null;

    /// <summary>True when the step must say why: closing a file, opening it again, taking it back from a GP.</summary>
    public static bool NeedsReason(string from, string to) =>
        Find(from) is { } was && Find(to) is { } becomes
        && (becomes.IsClosedWithoutGp || was.IsClosed || from is Accepted or FirstVisit && to is Waiting || to is EnteredInError);

    /// <summary>What to answer when a step is refused: the rule and what is allowed.</summary>
    public static string Refusal(string from, string to) => Next(from) is { Count: > 0 } allowed
        ? $"From '{from}' a file does not go to '{to}'. Allowed: {string.Join(", ", allowed)}."
        : $"From '{from}' a file goes nowhere.";

    /// <summary>The state in which a newly mapped request starts.</summary>
    /// <param name="isDoubtful">The person resembles a known one.</param>
    /// <param name="isPresumed">Nobody said that the GP is missing, a movement lets us think so.</param>
    /// <param name="isComplete">No piece that the CPTS asks for is missing.</param>
    public static string Start(bool isDoubtful, bool isPresumed, bool isComplete) =>
        isDoubtful ? DuplicateToCheck : isPresumed ? ToConfirm : isComplete ? ToQualify : Incomplete;
}
