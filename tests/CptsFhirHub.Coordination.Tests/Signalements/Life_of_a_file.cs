using CptsFhirHub.Coordination.Signalements;

namespace CptsFhirHub.Coordination.Tests.Signalements;

public sealed class Life_of_a_file
{
    /// <summary>The table as the design states it, closing steps (*) apart.</summary>
    private const string Table = """
        recu: a-confirmer doublon-a-verifier a-qualifier incomplet *
        a-confirmer: a-qualifier doublon-a-verifier clos-non-confirme *
        doublon-a-verifier: recu a-confirmer a-qualifier *
        a-qualifier: doublon-a-verifier incomplet etude-mas qualifie clos-non-confirme *
        incomplet: doublon-a-verifier a-qualifier clos-non-confirme *
        etude-mas: a-qualifier incomplet qualifie *
        qualifie: a-qualifier en-attente-medecin oriente-snp clos-non-confirme *
        en-attente-medecin: a-qualifier oriente-snp propose clos-non-confirme *
        oriente-snp: a-qualifier en-attente-medecin clos-non-confirme *
        propose: en-attente-medecin accepte *
        accepte: en-attente-medecin premier-rdv *
        premier-rdv: en-attente-medecin accepte mt-declare *
        mt-declare: a-qualifier
        clos-deja-mt: a-qualifier
        clos-hors-territoire: a-qualifier
        clos-injoignable: a-qualifier
        clos-decede: a-qualifier
        clos-oppose: a-qualifier
        clos-doublon: doublon-a-verifier a-qualifier
        clos-non-confirme: a-confirmer a-qualifier
        clos-a-la-demande: a-qualifier
        erreur-saisie:
        """;

    private const string Closing =
        "clos-deja-mt clos-hors-territoire clos-injoignable clos-decede clos-oppose clos-doublon clos-a-la-demande erreur-saisie";

    private static readonly Dictionary<string, HashSet<string>> Expected = Table
        .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        .Select(line => line.Split(':'))
        .ToDictionary(
            parts => parts[0],
            parts => parts[1].Replace("*", Closing, StringComparison.Ordinal).Split(' ', StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.Ordinal));

    [Fact]
    public void Every_pair_of_states_is_allowed_or_refused_as_the_table_says()
    {
        Assert.Equal(Expected.Keys.Order(StringComparer.Ordinal), FileStates.All.Select(state => state.Code).Order(StringComparer.Ordinal));
        foreach (var from in FileStates.All)
            foreach (var to in FileStates.All)
                Assert.True(
                    Expected[from.Code].Contains(to.Code) == FileStates.Next(from.Code, to.Code) is not null,
                    $"{from.Code} -> {to.Code}");
    }

    [Theory]
    [InlineData("recu", "received", "active")]
    [InlineData("incomplet", "on-hold", "active")]
    [InlineData("en-attente-medecin", "ready", "active")]
    [InlineData("propose", "in-progress", "active")]
    [InlineData("mt-declare", "completed", "completed")]
    [InlineData("clos-oppose", "cancelled", "revoked")]
    [InlineData("erreur-saisie", "entered-in-error", "entered-in-error")]
    public void A_state_has_its_statuses(string code, string task, string request)
    {
        Assert.Equal(task, FileStates.Find(code)!.TaskStatus);
        Assert.Equal(request, FileStates.Find(code)!.RequestStatus);
    }

    [Theory]
    [InlineData("propose", "en-attente-medecin", false)]
    [InlineData("accepte", "en-attente-medecin", true)]
    [InlineData("a-qualifier", "clos-injoignable", true)]
    [InlineData("clos-injoignable", "a-qualifier", true)]
    [InlineData("mt-declare", "a-qualifier", true)]
    [InlineData("a-qualifier", "qualifie", false)]
    public void Closing_reopening_and_taking_back_say_why(string from, string to, bool needsReason) =>
        Assert.Equal(needsReason, FileStates.NeedsReason(from, to));

    [Fact]
    public void A_refusal_lists_what_is_allowed()
    {
        Assert.StartsWith("From 'propose' a file does not go to 'mt-declare'. Allowed: en-attente-medecin, accepte,",
            FileStates.Refusal("propose", "mt-declare"), StringComparison.Ordinal);
        Assert.Equal("From 'erreur-saisie' a file goes nowhere.", FileStates.Refusal("erreur-saisie", "recu"));
        Assert.Null(FileStates.Next("inconnu", "recu"));
    }

    [Theory]
    [InlineData(true, true, true, "doublon-a-verifier")]
    [InlineData(false, true, true, "a-confirmer")]
    [InlineData(false, false, true, "a-qualifier")]
    [InlineData(false, false, false, "incomplet")]
    public void A_file_starts_where_its_first_question_is(bool isDoubtful, bool isPresumed, bool isComplete, string state) =>
        Assert.Equal(state, FileStates.Start(isDoubtful, isPresumed, isComplete));

    [Theory]
    [InlineData("appui-dac", "requested", "accepted", true)]
    [InlineData("appui-dac", "requested", "rejected", true)]
    [InlineData("appui-dac", "accepted", "in-progress", true)]
    [InlineData("appui-dac", "in-progress", "completed", true)]
    [InlineData("appui-dac", "requested", "completed", false)]
    [InlineData("appui-dac", "requested", "in-progress", false)]
    [InlineData("appui-dac", "completed", "in-progress", false)]
    [InlineData("appui-dac", "rejected", "accepted", false)]
    [InlineData("appui-dac", "accepted", "accepted", true)]
    [InlineData("proposition-medecin", "requested", "failed", true)]
    [InlineData("proposition-medecin", "accepted", "rejected", false)]
    [InlineData("rappel", "requested", "completed", true)]
    [InlineData("rappel", "requested", "rejected", false)]
    [InlineData("autre-tache", "requested", "completed", true)]
    public void A_child_task_follows_its_table(string kind, string from, string to, bool isAllowed) =>
        Assert.Equal(isAllowed, ChildTasks.Allows(kind, from, to));

    [Fact]
    public void No_child_task_leaves_its_end() =>
        Assert.All(ChildTasks.Kinds, kind => Assert.All(
            ["completed", "rejected", "cancelled", "failed", "entered-in-error"], status => Assert.Empty(ChildTasks.Next(kind, status))));

    [Theory]
    [InlineData("accepted", false, "accepte")]
    [InlineData("rejected", false, "en-attente-medecin")]
    [InlineData("rejected", true, null)]
    [InlineData("requested", false, null)]
    public void A_gps_no_sends_the_file_back_when_nobody_else_considers_it(string status, bool hasOthers, string? state) =>
        Assert.Equal(state, ChildTasks.FileAfterProposal(status, hasOthers));
}
