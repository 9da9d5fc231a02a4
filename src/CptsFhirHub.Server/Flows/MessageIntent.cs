using CptsFhirHub.Coordination.Intake.Hl7v2;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Server.Flows;

/// <summary>What a message wants of the hub.</summary>
internal enum Wish
{
    /// <summary>Somebody looks for a GP, or says more about it.</summary>
    Signal,

    /// <summary>Something is known about a person who is perhaps ours: complete what stands here, open nothing.</summary>
    Inform,

    /// <summary>What this sender signalled is withdrawn.</summary>
    Withdraw,

    /// <summary>Two numbers of the sender turn out to be one person.</summary>
    Merge,

    /// <summary>Two numbers of the sender turn out to be two persons: a merge is taken back.</summary>
    Separate,

    /// <summary>Something that only a person may decide: it is kept and shown.</summary>
    Ask,

    /// <summary>Nothing: an acknowledgement that was sent as a message. It is answered, lest its sender repeat it.</summary>
    Nothing,

    /// <summary>A person to know of, who has asked for nothing yet: a line of a cohort.</summary>
    Enrol,

    /// <summary>Resources that are not about a person of ours: a GP's answers, a call, a line of a directory.</summary>
    Record,
}

/// <summary>The wish of a message and how sure it is.</summary>
/// <param name="IsInferred">True when nobody asked: the hub concluded it from a movement, and must ask first (state <c>a-confirmer</c>).</param>
internal sealed record MessageIntent(Wish Wish, bool IsInferred, string Event)
{
    /// <summary>The movement of a stay that it tells or cancels; null when it is no such message.</summary>
    public Hl7v2Movement? Movement { get; init; }

    /// <summary>The intent of a source tree whose folder does not say it: the trigger and the derived facts of HL7v2, else a signalement.</summary>
    public static MessageIntent Of(Element tree) => tree.ResourceType == "Hl7v2Message"
        ? OfAdt(tree.Child("facts")) with { Movement = Hl7v2Movement.Of(tree) }
        : new(Wish.Signal, IsInferred: false, "created");

    private static MessageIntent OfAdt(Element? facts)
    {
        var trigger = facts?.Text("event") ?? "";
        return new(facts?.Text("action") switch
        {
            "retire" => Wish.Withdraw,
            "fusionne" => Wish.Merge,
            "a-examiner" => trigger is "A37" ? Wish.Separate : Wish.Ask,
            "signale" when facts.Child("referral") is not null => Wish.Signal,

            // A stay of somebody without a declared GP is a signalement; of somebody who has one, news at most.
            "signale" or "met-a-jour" when facts.Text("noDeclaredGp") == "true" && facts.Text("deceased") != "true" => Wish.Signal,
            _ => facts?.Text("messageType") is "ACK" ? Wish.Nothing : Wish.Inform,
        }, IsInferred: facts?.Child("referral") is null, trigger);
    }
}
