using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Coordination.Intake.Hl7v2;

/// <summary>
/// What a movement of a stay and its cancellation have in common, so that either is known by the other, whichever comes first.
/// </summary>
/// <param name="Key">The facility, the stay (else the patient) and the number of the movement (ZBE-1), else the event that is told or cancelled; null when too little is told.</param>
/// <param name="RecordedAt">When it was recorded (EVN-2), else sent (MSH-7). A cancellation is recorded after what it cancels, of which it repeats the time.</param>
public sealed record Hl7v2Movement(string? Key, string? RecordedAt)
{
    /// <summary>The facility and the stay; null when the stay has no number.</summary>
    public string? Stay { get; init; }

    /// <summary>True when the movement bears a number of its own (ZBE-1).</summary>
    public bool IsNumbered { get; init; }

    /// <summary>What it tells of the stay, or what it cancels.</summary>
    public StayStep Step { get; init; }

    /// <summary>The movement of a message; null for one that is not about a stay.</summary>
    public static Hl7v2Movement? Of(Element tree)
    {
        if (tree.Child("facts") is not { } facts || facts.Text("messageType") is not "ADT")
            return null;
        var facility = facts.Text("sendingFacility");
        var visit = facts.Text("visitNumber");

        // Some hospitals number the movements of each stay from one on: the number alone would lead to somebody else's.
        var key = facts.Child("movement")?.Text("id") is { } number
            ? (visit ?? facts.Child("localId")?.Text("value")) is { } stay ? $"{facility}|{stay}|ZBE|{number}" : null
            : visit is not null && EventOf(facts) is { } opened ? $"{facility}|{visit}|{opened}"
            : null;
        var recorded = Hl7v2Reader.Part(tree.Child("EVN"), 2);
        return new(key, (recorded is null ? null : Hl7v2Facts.Time(recorded)) ?? facts.Text("sentAt"))
        {
            IsNumbered = facts.Child("movement")?.Text("id") is not null,
            Stay = visit is null ? null : $"{facility}|{visit}",
            Step = EventOf(facts) switch
            {
                "A01" or "A05" or "A14" => StayStep.Arrival,
                "A03" or "A16" => StayStep.Departure,
                _ => StayStep.Update,
            },
        };
    }

    /// <summary>The event, or the one that it cancels: A04 is an admission as A01 is, and A11 cancels both.</summary>
    private static string? EventOf(Element facts)
    {
        var trigger = facts.Text("event");
        var cancelled = facts.Text("action") is not "retire" ? trigger
            : facts.Child("movement")?.Text("originalEvent") ?? trigger switch
            {
                "A11" => "A01",
                "A13" => "A03",
                "A25" => "A16",
                "A27" => "A14",
                "A38" => "A05",
                "A01" or "A03" or "A04" or "A05" or "A14" or "A16" => trigger,
                _ => null,
            };
        return cancelled is "A04" ? "A01" : cancelled;
    }
}

/// <summary>What a movement is in the course of a stay.</summary>
public enum StayStep
{
    /// <summary>News of a stay as it stands: a correction, another class, a transfer.</summary>
    Update,

    /// <summary>An admission, or one that is to come.</summary>
    Arrival,

    /// <summary>A discharge, or one that is to come.</summary>
    Departure,
}
