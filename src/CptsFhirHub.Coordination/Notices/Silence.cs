namespace CptsFhirHub.Coordination.Notices;

/// <summary>What a look at a source asks for.</summary>
public enum SilenceStep
{
    /// <summary>Nothing has changed since the last look.</summary>
    None,

    /// <summary>It should have spoken: tell once.</summary>
    Begins,

    /// <summary>It speaks again: tell once.</summary>
    Ends,
}

/// <summary>When a source that should speak has fallen silent, from the moments at which it was heard.</summary>
public static class Silence
{
    /// <summary>Fewer times than this teach no rhythm.</summary>
    private const int HeardMin = 12;

    private static readonly TimeSpan SpanMin = TimeSpan.FromDays(3);

    /// <summary>What comes within this time is one delivery: the lines of a file, a queue that was let go.</summary>
    private static readonly TimeSpan OneDelivery = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan RhythmMin = TimeSpan.FromHours(1);

    /// <summary>A source that pauses longer than this has no rhythm to be held to.</summary>
    private static readonly TimeSpan PauseMax = TimeSpan.FromDays(7);

    /// <summary>
    /// The silence beyond which something is wrong, learnt from the past: twice the longest pause, nights and week-ends being in it. Null
    /// when too little was heard, or too irregularly. The order of the moments does not matter.
    /// </summary>
    public static TimeSpan? Learn(IEnumerable<DateTimeOffset> heard)
    {
        var moments = heard.Order().ToList();
        var deliveries = 0;
        var longest = TimeSpan.Zero;
        DateTimeOffset? before = null;
        foreach (var moment in moments)
        {
            if (before is { } last && moment - last < OneDelivery)
                continue;
            if (before is { } earlier && moment - earlier > longest)
                longest = moment - earlier;
            before = moment;
            deliveries++;
        }

        if (deliveries < HeardMin || moments[^1] - moments[0] < SpanMin || longest > PauseMax)
            return null;
        var rhythm = 2 * longest;
        return rhythm < RhythmMin ? RhythmMin : rhythm;
    }

    /// <summary>True when the source has been heard once and for longer than its rhythm no more. One that never spoke has not begun.</summary>
    public static bool IsSilent(DateTimeOffset? last, TimeSpan? rhythm, DateTimeOffset now) =>
        rhythm is { } expected && last is { } heard && now - heard > expected;

    /// <summary>What is to be told, given whether the beginning of a silence has been told already.</summary>
    public static SilenceStep Step(bool isSilent, bool isTold) =>
        isSilent == isTold ? SilenceStep.None : isSilent ? SilenceStep.Begins : SilenceStep.Ends;
}
