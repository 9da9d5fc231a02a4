using CptsFhirHub.Coordination.Cohorts;
using FsCheck;
using FsCheck.Fluent;

namespace CptsFhirHub.Coordination.Tests.Cohorts;

public sealed class Reconciling_a_cohort
{
    private static readonly DateOnly Today = new(2026, 11, 21);
    private static readonly Dictionary<string, MemberState> Never = [];
    private static readonly CohortRules Rules = CohortRules.Default with { LeavingGp = "10099000019", Communes = new HashSet<string> { "85003", "85191" } };
    private static readonly Member Odette = new("Patient/o") { BirthDate = "1947-03-09", Commune = "85003" };

    private static Reconciled One(Member member, FileFact[]? files = null, int attempts = 0) => Reconciliation.Compare(
        [member], files ?? [], Enumerable.Range(1, attempts).Select(day => new FailedAttempt("Patient/o", Today.AddDays(-day))), Never, Today, Rules)
        .Members.Single();

    private static FileFact File(string state, bool isCertain = true) => new("Patient/o", state, isCertain);

    [Theory]
    [InlineData("recu", "signale")]
    [InlineData("propose", "signale")]
    [InlineData("mt-declare", "mt-retrouve")]
    [InlineData("clos-deja-mt", "mt-retrouve")]
    [InlineData("clos-oppose", "oppose")]
    [InlineData("clos-injoignable", "injoignable")]
    [InlineData("clos-hors-territoire", "hors-territoire")]
    [InlineData("clos-decede", "hors-territoire")]
    [InlineData("clos-doublon", "invite-sans-reponse")]
    [InlineData("erreur-saisie", "invite-sans-reponse")]
    public void A_file_tells_where_the_person_stands(string state, string expected) =>
        Assert.Equal(expected, Reconciliation.CodeOf(One(Odette, [File(state)]).State));

    [Fact]
    public void Nothing_heard_of_a_fragile_person_is_the_first_call()
    {
        var silent = One(Odette);
        Assert.Equal(MemberState.InvitedWithoutAnswer, silent.State);
        Assert.True(silent.IsFragileAndSilent);
        Assert.False(One(Odette with { BirthDate = "1990-01-02" }).IsFragileAndSilent);
        Assert.True(One(Odette with { BirthDate = "1990-01-02", IsFragileByList = Told.Yes }).IsFragileAndSilent);
        Assert.False(One(Odette, [File("recu")]).IsFragileAndSilent);
    }

    [Theory]
    [InlineData("1955-11-21", true)]
    [InlineData("1955-11-22", false)]
    [InlineData("1955", false)]
    [InlineData("1954", true)]
    public void Fragile_begins_on_a_birthday(string born, bool isFragile) =>
        Assert.Equal(isFragile, One(Odette with { BirthDate = born }).IsFragileAndSilent);

    [Fact]
    public void A_probable_link_changes_nothing_but_asks_for_a_look()
    {
        var member = One(Odette, [File("mt-declare", isCertain: false)]);
        Assert.Equal(MemberState.InvitedWithoutAnswer, member.State);
        Assert.True(member.IsFragileAndSilent);
        Assert.True(member.NeedsReview);
    }

    [Theory]
    [InlineData(2, MemberState.InvitedWithoutAnswer)]
    [InlineData(3, MemberState.Unreachable)]
    public void Three_failed_attempts_make_unreachable(int attempts, MemberState expected) => Assert.Equal(expected, One(Odette, attempts: attempts).State);

    [Fact]
    public void The_leaving_gp_is_no_gp_found()
    {
        Assert.Equal(MemberState.InvitedWithoutAnswer, One(Odette with { DeclaredGp = "10099000019" }).State);
        Assert.Equal(MemberState.FoundGp, One(Odette with { DeclaredGp = "10099000027" }).State);
    }

    [Theory]
    [InlineData("85003", MemberState.InvitedWithoutAnswer)]
    [InlineData("75107", MemberState.OutsideTerritory)]
    [InlineData(null, MemberState.InvitedWithoutAnswer)]
    public void An_unknown_commune_is_not_outside(string? commune, MemberState expected) =>
        Assert.Equal(expected, One(Odette with { Commune = commune }).State);

    [Fact]
    public void A_state_says_what_it_rests_on()
    {
        Assert.Null(One(Odette).Evidence);
        Assert.Equal(new(null, "Courrier du 02/11/2026, sans réponse"), One(Odette with { InvitedOn = new(2026, 11, 2) }).Evidence);
        Assert.Equal(new("Task/7", "Dossier ouvert (propose)"), One(Odette, [new("Patient/o", "propose", Reference: "Task/7")]).Evidence);
        Assert.Equal(new("Patient/o", "Médecin traitant déclaré (RPPS 10099000027)"), One(Odette with { DeclaredGp = "10099000027" }).Evidence);
        Assert.Equal(new(null, "3 essais sans réponse, le dernier le 20/11/2026"), One(Odette, attempts: 3).Evidence);
        Assert.Equal(new("Patient/o", "Domicile hors du territoire (commune 75107)"), One(Odette with { Commune = "75107" }).Evidence);
    }

    [Fact]
    public void States_go_both_ways_and_only_changes_are_told()
    {
        var first = Reconciliation.Compare([Odette], [File("propose")], [], Never, Today, Rules);
        Assert.Equal([new Change("Patient/o", null, MemberState.Reported)], first.Changes);
        var second = Reconciliation.Compare([Odette], [File("clos-doublon")], [], StatesOf(first), Today, Rules);
        Assert.Equal([new Change("Patient/o", MemberState.Reported, MemberState.InvitedWithoutAnswer)], second.Changes);
    }

    [Fact]
    public void Every_state_has_a_code_and_back() =>
        Assert.All(Enum.GetValues<MemberState>(), state => Assert.Equal(state, Reconciliation.StateOf(Reconciliation.CodeOf(state))));

    private static Dictionary<string, MemberState> StatesOf(CohortRun run) => run.Members.ToDictionary(member => member.Patient, member => member.State);

    private sealed record Facts(Member[] Members, FileFact[] Files, FailedAttempt[] Attempts);

    private static readonly string[] FileStates = ["recu", "propose", "mt-declare", "clos-deja-mt", "clos-oppose", "clos-injoignable", "clos-decede", "erreur-saisie"];

    private static Arbitrary<Facts> AnyFacts()
    {
        var patient = Gen.Choose(1, 40).Select(number => $"Patient/{number}");
        var member =
            from reference in patient
            from year in Gen.Choose(1930, 2010)
            from fragile in Gen.Elements(Told.Unknown, Told.No, Told.Yes)
            from bits in Gen.Choose(0, 63)
            select new Member(reference)
            {
                BirthDate = bits % 2 == 0 ? $"{year}-06-15" : null,
                IsFragileByList = fragile,
                HasOpposed = bits / 2 % 8 == 0,
                HasContact = bits / 4 % 4 != 0,
                DeclaredGp = bits % 5 == 0 ? "10099000027" : null,
                Commune = bits % 3 == 0 ? "85003" : bits % 7 == 0 ? "75107" : null,
            };
        var file =
            from reference in patient
            from state in Gen.Elements(FileStates)
            from certain in Gen.Elements(true, false)
            select new FileFact(reference, state, certain);
        var attempt = from reference in patient from day in Gen.Choose(0, 60) select new FailedAttempt(reference, Today.AddDays(-day));
        return Arb.From(from members in member.ArrayOf() from files in file.ArrayOf() from attempts in attempt.ArrayOf() select new Facts(members, files, attempts));
    }

    private static CohortRun Run(Facts facts, Dictionary<string, MemberState> before) =>
        Reconciliation.Compare(facts.Members, facts.Files, facts.Attempts, before, Today, Rules);

    [Fact]
    public void Each_member_is_in_exactly_one_state_and_the_counts_add_up() =>
        Check.QuickThrowOnFailure(Prop.ForAll(AnyFacts(), facts =>
        {
            var run = Run(facts, []);
            return run.Counts.Count == 6
                && run.Counts.Values.Sum() == run.Members.Count
                && run.Members.Count == facts.Members.Select(member => member.Patient).Distinct().Count()
                && run.Members.Select(member => member.Patient).Distinct().Count() == run.Members.Count;
        }));

    [Fact]
    public void A_second_run_changes_nothing() =>
        Check.QuickThrowOnFailure(Prop.ForAll(AnyFacts(), facts => Run(facts, StatesOf(Run(facts, []))).Changes.Count == 0));

    [Fact]
    public void The_order_of_the_facts_does_not_matter() =>
        Check.QuickThrowOnFailure(Prop.ForAll(AnyFacts(), facts =>
        {
            var reversed = new Facts([.. facts.Members.Reverse()], [.. facts.Files.Reverse()], [.. facts.Attempts.Reverse()]);
            return Run(facts, []).Members.SequenceEqual(Run(reversed, []).Members);
        }));

    [Fact]
    public void Members_compared_a_portion_at_a_time_come_to_what_all_at_once_do() =>
        Check.QuickThrowOnFailure(Prop.ForAll(AnyFacts(), facts =>
        {
            var whole = Run(facts, []);
            var portions = facts.Members.GroupBy(member => member.Patient).Chunk(3).SelectMany(some => Run(facts with { Members = [.. some.SelectMany(lines => lines)] }, []).Members);
            var united = Reconciliation.RunOf(portions, new Dictionary<string, MemberState>());
            return united.Members.SequenceEqual(whole.Members) && united.Changes.SequenceEqual(whole.Changes) && united.Counts.SequenceEqual(whole.Counts);
        }));

    [Fact]
    public void No_fragile_silent_person_is_settled_by_a_probable_link() =>
        Check.QuickThrowOnFailure(Prop.ForAll(AnyFacts(), facts =>
        {
            var certain = facts with { Files = [.. facts.Files.Where(file => file.IsCertain)] };
            return Run(facts, []).ToCall.SequenceEqual(Run(certain, []).ToCall);
        }));
}
