using System.Collections.Frozen;

namespace CptsFhirHub.Coordination.Signalements;

/// <summary>
/// The child tasks of a file: work that one partner is asked to do. Their state is the R4 <c>Task.status</c> alone.
/// A step that is not in the table is refused with the allowed ones; leaving the status as it is is always allowed.
/// </summary>
public static class ChildTasks
{
    public const string GpProposal = "proposition-medecin";
    public const string MasStudy = "evaluation-mas";
    public const string DacSupport = "appui-dac";
    public const string CallBack = "rappel";
    public const string MissingPiece = "piece-manquante";
    public const string IdentityCheck = "verification-identite";
    public const string YearlyConfirmation = "confirmation-annuelle";
    public const string PreparatoryVisit = "bilan-preparatoire";

    private static readonly FrozenDictionary<string, string[]> Proposal = new Dictionary<string, string[]>
    {
        ["requested"] = ["received", "accepted", "rejected", "cancelled", "failed"],
        ["received"] = ["accepted", "rejected", "cancelled", "failed"],
        ["accepted"] = ["completed", "cancelled"],
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, string[]> Partner = new Dictionary<string, string[]>
    {
        ["requested"] = ["received", "accepted", "rejected", "cancelled"],
        ["received"] = ["accepted", "rejected", "cancelled"],
        ["accepted"] = ["in-progress", "completed", "rejected", "cancelled"],
        ["in-progress"] = ["on-hold", "completed", "rejected", "failed", "cancelled"],
        ["on-hold"] = ["in-progress", "completed", "failed", "cancelled"],
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, string[]> Simple = new Dictionary<string, string[]>
    {
        ["requested"] = ["accepted", "in-progress", "completed", "failed", "cancelled"],
        ["accepted"] = ["in-progress", "completed", "failed", "cancelled"],
        ["in-progress"] = ["completed", "failed", "cancelled"],
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, FrozenDictionary<string, string[]>> Tables =
        new Dictionary<string, FrozenDictionary<string, string[]>>
        {
            [GpProposal] = Proposal,
            [MasStudy] = Partner,
            [DacSupport] = Partner,
            [CallBack] = Simple,
            [MissingPiece] = Simple,
            [IdentityCheck] = Simple,
            [YearlyConfirmation] = Simple,
            [PreparatoryVisit] = Simple,
        }.ToFrozenDictionary();

    /// <summary>The kinds of child task.</summary>
    public static IReadOnlyList<string> Kinds { get; } = [.. Tables.Keys.Order(StringComparer.Ordinal)];

    /// <summary>The statuses that may follow; empty when the task is over or the kind unknown.</summary>
    public static IReadOnlyList<string> Next(string kind, string from) =>
        Tables.TryGetValue(kind, out var table) && table.TryGetValue(from, out var allowed) ? allowed : [];

    /// <summary>True when a task of that kind may go so; a kind that is not ours follows its owner.</summary>
    public static bool Allows(string kind, string from, string to) =>
        from == to || !Tables.ContainsKey(kind) || Next(kind, from).Contains(to);

    /// <summary>True when nothing follows any more.</summary>
    public static bool IsOver(string status) => status is "completed" or "rejected" or "cancelled" or "failed" or "entered-in-error";

    /// <summary>
    /// True when who was asked may take the step (accepts, works, answers, fails); false when it belongs to who asked (withdraws).
    /// </summary>
    public static bool IsOwners(string to) => to is not ("cancelled" or "entered-in-error");

    /// <summary>What to answer when a step is refused.</summary>
    public static string Refusal(string kind, string from, string to) => Next(kind, from) is { Count: > 0 } allowed
        ? $"A task '{kind}' does not go from '{from}' to '{to}'. Allowed: {string.Join(", ", allowed)}."
        : $"A task '{kind}' that is '{from}' is over and goes nowhere.";

    /// <summary>
    /// What a GP's answer does to the file: yes moves it on, a no is free and sends it back to the list when no other proposal lives.
    /// </summary>
    /// <param name="status">The new status of the proposal.</param>
    /// <param name="hasOtherLiveProposals">Another GP still considers the file.</param>
    /// <returns>The file's next state, or null when it stays where it is.</returns>
    public static string? FileAfterProposal(string status, bool hasOtherLiveProposals) => status switch
    {
        "accepted" => FileStates.Accepted,
        "rejected" or "failed" or "cancelled" when !hasOtherLiveProposals => FileStates.Waiting,
        _ => null,
    };
}
