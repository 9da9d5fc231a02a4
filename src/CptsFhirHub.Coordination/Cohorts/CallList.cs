namespace CptsFhirHub.Coordination.Cohorts;

/// <summary>A call-back that was once asked for.</summary>
/// <param name="Reference">Its Task.</param>
/// <param name="Patient">Whom to call.</param>
/// <param name="Number">The first call-back of a person in a cohort is 1.</param>
/// <param name="Ended">The day it was closed; null while it is open.</param>
/// <param name="WasReached">True when somebody answered.</param>
public sealed record CallBack(string Reference, string Patient, int Number, DateOnly? Ended, bool WasReached);

/// <summary>A call-back to ask for.</summary>
public sealed record NewCall(string Patient, int Number);

/// <summary>What changes in the call list: who is to be called from now on, and which calls nobody need make any more.</summary>
public sealed record CallPlan(IReadOnlyList<NewCall> Ask, IReadOnlyList<CallBack> Withdraw);

/// <summary>
/// The call list of a cohort: one open call-back for each fragile person of whom nothing is heard, none for the others. A pure function:
/// with its own plan carried out it plans nothing more.
/// </summary>
public static class CallList
{
    /// <summary>What changes today.</summary>
    public static CallPlan Plan(CohortRun run, IEnumerable<CallBack> known, DateOnly today, CohortRules rules)
    {
        var callsOf = known.ToLookup(call => call.Patient, StringComparer.Ordinal);
        var ask = new List<NewCall>();
        var withdraw = new List<CallBack>();
        foreach (var member in run.Members)
        {
            var calls = callsOf[member.Patient].OrderBy(call => call.Number).ThenBy(call => call.Reference, StringComparer.Ordinal).ToList();
            var open = calls.FindAll(call => call.Ended is null);
            if (!member.IsFragileAndSilent)
                withdraw.AddRange(open);
            // Two members were found to be one person: one call is enough.
            else if (open.Count > 1)
                withdraw.AddRange(open.Skip(1));
            else if (open.Count == 0 && IsDue(member, calls, today, rules))
                ask.Add(new(member.Patient, calls.Count == 0 ? 1 : calls[^1].Number + 1));
        }

        return new(ask, withdraw);
    }

    // Nobody is called every day: after a talk, or after all attempts failed, much time passes.
    private static bool IsDue(Reconciled member, List<CallBack> calls, DateOnly today, CohortRules rules)
    {
        if (calls.Count == 0)
            return true;
        var last = calls.MaxBy(call => call.Ended)!;
        var pause = last.WasReached ? rules.DaysAfterTalk
            : member.State == MemberState.Unreachable ? rules.DaysWhenUnreachable
            : rules.DaysBetweenAttempts;
        return last.Ended!.Value.AddDays(pause) <= today;
    }
}
