using System.Globalization;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Coordination.Slots;

/// <summary>A slot of a booking platform, as far as comparing needs it.</summary>
/// <param name="Key">The platform's identifier, <c>system|value</c>.</param>
/// <param name="Schedule">The agenda it belongs to.</param>
/// <param name="Start">When it begins.</param>
/// <param name="End">When it ends.</param>
/// <param name="Status"><c>free</c>, <c>busy</c>…</param>
/// <param name="Fingerprint">Changes when anything that is shown changes.</param>
public sealed record FeedSlot(
    string Key, string Schedule, DateTimeOffset Start, DateTimeOffset End, string Status, string Fingerprint = "");

/// <summary>What must change so that our slots say what the platform says.</summary>
public sealed record SlotDifference(
    IReadOnlyList<FeedSlot> Added, IReadOnlyList<FeedSlot> Changed, IReadOnlyList<FeedSlot> Gone, IReadOnlyList<Issue> Issues);

/// <summary>Slots of a platform: whether each can be true, and what differs from what we hold.</summary>
public static class SlotFeed
{
    /// <summary>Longer than this is an agenda, not a slot.</summary>
    public static TimeSpan LengthMax { get; } = TimeSpan.FromHours(24);

    /// <summary>
    /// The platform's whole window against ours. A slot that is wrong in itself is left out with its fault; of two that overlap in one
    /// agenda both stay, with a warning, since a group practice may mean it. Past slots of ours are left alone.
    /// </summary>
    public static SlotDifference Compare(IEnumerable<FeedSlot> theirs, IEnumerable<FeedSlot> ours, DateTimeOffset now)
    {
        List<Issue> issues = [];
        var known = ours.ToDictionary(slot => slot.Key, StringComparer.Ordinal);
        Dictionary<string, FeedSlot> sound = new(StringComparer.Ordinal);
        foreach (var slot in theirs)
        {
            if (FaultOf(slot.Start, slot.End) is { } fault)
                issues.Add(Issue.Error("value", slot.Key, fault));
            else if (!sound.TryAdd(slot.Key, slot))
                issues.Add(Issue.Warning("duplicate", slot.Key, "The platform sends this slot twice: the first one counts."));
        }

        foreach (var agenda in sound.Values.Where(slot => slot.Status == "free").GroupBy(slot => slot.Schedule, StringComparer.Ordinal))
            AddOverlaps(agenda, issues);
        return new(
            sound.Values.Where(slot => !known.ContainsKey(slot.Key)).ToList(),
            sound.Values.Where(slot => known.TryGetValue(slot.Key, out var old) && old != slot).ToList(),
            known.Values.Where(slot => slot.End > now && !sound.ContainsKey(slot.Key)).ToList(),
            issues);
    }

    /// <summary>Why a slot cannot be true, or null.</summary>
    public static string? FaultOf(DateTimeOffset start, DateTimeOffset end) =>
        end <= start ? "A slot ends after it begins."
        : end - start > LengthMax ? string.Create(CultureInfo.InvariantCulture, $"A slot lasts {LengthMax.TotalHours} hours at most.")
        : null;

    /// <summary>True when the two share a moment; a slot that begins when the other ends does not.</summary>
    public static bool Overlap(DateTimeOffset start, DateTimeOffset end, DateTimeOffset otherStart, DateTimeOffset otherEnd) =>
        start < otherEnd && otherStart < end;

    private static void AddOverlaps(IEnumerable<FeedSlot> agenda, List<Issue> issues)
    {
        FeedSlot? longest = null;
        foreach (var slot in agenda.OrderBy(slot => slot.Start).ThenBy(slot => slot.Key, StringComparer.Ordinal))
        {
            if (longest is not null && slot.Start < longest.End)
                issues.Add(Issue.Warning("conflict", slot.Key, "This slot overlaps another one of the same agenda."));
            if (longest is null || slot.End > longest.End)
                longest = slot;
        }
    }
}

/// <summary>Who may see a slot, by the codes of TRE_R314 it carries. French SAS guide, slot types.</summary>
public static class SlotDisclosure
{
    /// <summary>The codes a caller may see.</summary>
    /// <param name="isProfessional">A health professional or the coordination team.</param>
    /// <param name="isSas">The regulation platform (SAS, OSNP).</param>
    public static IReadOnlyList<string> Visible(bool isProfessional, bool isSas) =>
        isSas ? ["PUBLIC", "PRO", "SNP"] : isProfessional ? ["PUBLIC", "PRO"] : ["PUBLIC"];

    /// <summary>
    /// True when the caller may see it: one code suffices. CPTS slots are for members of that very CPTS; a slot without any code is the
    /// platform's own and is shown to no one.
    /// </summary>
    /// <param name="codes">The slot's codes.</param>
    /// <param name="isProfessional">A health professional or the coordination team.</param>
    /// <param name="isSas">The regulation platform.</param>
    /// <param name="isMemberOfItsCpts">The caller belongs to the CPTS for which the slot is meant.</param>
    public static bool IsVisible(IEnumerable<string> codes, bool isProfessional, bool isSas, bool isMemberOfItsCpts)
    {
        var visible = Visible(isProfessional, isSas);
        return codes.Any(code => code == "CPTS" ? isMemberOfItsCpts : visible.Contains(code));
    }

    /// <summary>The TRE_R314 codes that a Slot carries.</summary>
    public static IReadOnlyList<string> CodesOf(Element slot)
    {
        List<string> codes = [];
        foreach (var label in slot.Child("meta") is { } meta ? meta.All("security") : [])
            // Old senders write the system without its FHIR tail.
            if (label.Text("system")?.Contains("TRE_R314-TypeCreneau", StringComparison.Ordinal) is true && label.Text("code") is { } code)
                codes.Add(code);
        return codes;
    }
}
