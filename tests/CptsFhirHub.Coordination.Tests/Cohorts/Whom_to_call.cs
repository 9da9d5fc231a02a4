using CptsFhirHub.Coordination.Cohorts;

namespace CptsFhirHub.Coordination.Tests.Cohorts;

/// <summary>Fragile and silent members are called back, each by one open call.</summary>
public sealed class Whom_to_call
{
    private static readonly DateOnly Today = new(2026, 11, 21);

    private static CallPlan Plan(bool isFragileAndSilent, MemberState state, params CallBack[] known) => CallList.Plan(
        new([new("Patient/o", state, isFragileAndSilent, NeedsReview: false)], new Dictionary<MemberState, int>(), []), known, Today, CohortRules.Default);

    private static CallBack Call(int number, int? endedDaysAgo, bool wasReached = false) =>
        new($"Task/{number}", "Patient/o", number, endedDaysAgo is { } days ? Today.AddDays(-days) : null, wasReached);

    [Fact]
    public void The_first_call_is_asked_for_once()
    {
        Assert.Equal([new NewCall("Patient/o", 1)], Plan(true, MemberState.InvitedWithoutAnswer).Ask);
        var again = Plan(true, MemberState.InvitedWithoutAnswer, Call(1, endedDaysAgo: null));
        Assert.Empty(again.Ask);
        Assert.Empty(again.Withdraw);
    }

    [Theory]
    [InlineData(MemberState.InvitedWithoutAnswer, false, 1, false)]
    [InlineData(MemberState.InvitedWithoutAnswer, false, 2, true)]
    [InlineData(MemberState.InvitedWithoutAnswer, true, 89, false)]
    [InlineData(MemberState.InvitedWithoutAnswer, true, 90, true)]
    [InlineData(MemberState.Unreachable, false, 29, false)]
    [InlineData(MemberState.Unreachable, false, 30, true)]
    public void The_next_call_comes_after_a_pause(MemberState state, bool wasReached, int daysAgo, bool isDue)
    {
        var plan = Plan(true, state, Call(1, endedDaysAgo: 200), Call(2, daysAgo, wasReached));
        Assert.Equal(isDue ? [new NewCall("Patient/o", 3)] : [], plan.Ask);
    }

    [Fact]
    public void Of_two_open_calls_of_members_that_became_one_the_first_is_left()
    {
        var (first, second) = (Call(1, endedDaysAgo: null), Call(1, endedDaysAgo: null) with { Reference = "Task/2" });
        foreach (var known in (CallBack[][])[[first, second], [second, first]])
        {
            var plan = Plan(true, MemberState.InvitedWithoutAnswer, known);
            Assert.Equal([second], plan.Withdraw);
            Assert.Empty(plan.Ask);
        }
    }

    [Fact]
    public void A_call_that_is_not_needed_any_more_is_withdrawn()
    {
        var open = Call(2, endedDaysAgo: null);
        var plan = Plan(false, MemberState.FoundGp, Call(1, endedDaysAgo: 5), open);
        Assert.Equal([open], plan.Withdraw);
        Assert.Empty(plan.Ask);
    }
}
