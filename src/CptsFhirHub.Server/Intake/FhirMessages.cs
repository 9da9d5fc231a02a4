using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Server.Flows;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Intake;

/// <summary>Lets FHIR messages in: each event of <c>$process-message</c> that the intake takes, into the same walk as every other source.</summary>
internal static class FhirMessages
{
    public static MessageHandler Referral(Func<ReceiveSignalement> receive, Func<Journal> journal) => new(FhirReferral.Event, async (message, cancellationToken) =>
    {
        if (!message.Caller.MayPost(FhirReferral.SourceName))
            throw new Refusal(403, "forbidden", "This client may not send referrals.");
        var (key, said) = ($"{message.Caller.ClientId}|{message.Id}", Said(message.Bundle.Root));
        if (await SaidOtherwiseAsync(journal(), message.Caller.Tenant, key, said, cancellationToken))
            throw new Refusal(409, "duplicate", "A message of this id was taken before and said something else: a new message has an id of its own.");
        var reception = await receive().Handle(
            new(message.Caller.Tenant, FhirReferral.SourceName, "http", message.Caller.ClientId, "application/fhir+json", key, message.Bundle.Json) { Same = said },
            rowsInAnswer: 1, cancellationToken);
        if (reception.Kind == ReceptionKind.Rejected || reception.State == MessageState.Rejected)
            throw new Refusal(422, reception.Issues.Count > 0 ? reception.Issues : [Issue.Error("processing", "Bundle", "The message was refused before.")]);
        if (reception.State == MessageState.Received)
            return new("transient-error", [Issue.Warning("transient", "", "The message is kept and not finished yet; ask again with the same id.")], []);
        return new("ok", Told(reception), [.. new[] { reception.Signalement, reception.Patient }.OfType<string>()]);
    })
    {
        System = Vocabulary.MessageEvent,
        Definitions = MessageDefinitions.Served,
    };

    /// <summary>
    /// A <c>CommunicationRequest</c> that announces a discharge (event <c>SOR</c> of the French event notification) is a signalement, written
    /// over FHIR, alone or in a Bundle, as well as sent to the intake; any other resource announces nothing. What the intake would refuse is
    /// refused before anything is written; the message of a sound one is committed with the resource and walked afterwards.
    /// </summary>
    public static EventAnnouncement Announced(Func<ReceiveSignalement> receive, Func<Journal> journal, Func<Sources> sources, Func<DateTimeOffset> time) => new(
        async written =>
        {
            var isReferral = FhirReferral.IsWritten(written);
            if (!isReferral && !FhirEvent.IsDischarge(written.Resource.Root))
                return null;
            if (!written.Caller.MayPost(FhirReferral.SourceName))
                throw new Refusal(403, "forbidden", "This client may not announce discharges.");
            var told = isReferral ? await FhirReferral.WholeAsync(written, time()) : await FhirEvent.WholeAsync(written.Resource.Root, written.Meant);
            if (told is null)
                return null;
            var faults = FhirReferral.Faults(sources().Find(FhirReferral.SourceName)!, told);
            // A need is sound R4 all the same: it is kept as it is, for who works with it over FHIR.
            if (faults.Count > 0)
                return isReferral ? null : throw new Refusal(422, faults);
            var key = isReferral ? $"{written.Caller.ClientId}|{told.At("entry", "resource")!.Text("id")}" : FhirEvent.KeyOf(told);
            return journal().Receiving(new(
                written.Caller.Tenant, FhirReferral.SourceName, FhirEvent.Channel, written.Caller.ClientId, "application/fhir+json", key, FhirJson.Write(told)));
        },
        receipt => receive().TakeUpAsync(receipt));

    /// <summary>
    /// What the message says: its entries. A sender that got no answer may send them again in a Bundle with a new id and a new time, and gets
    /// the answer of then. https://hl7.org/fhir/R4/messaging.html#reliable
    /// </summary>
    private static ReadOnlyMemory<byte> Said(Element bundle)
    {
        var said = Element.OfResource("Bundle");
        foreach (var entry in bundle.All("entry"))
            said.Append(entry.Copy());
        return FhirJson.Write(said);
    }

    /// <summary>True when the same sender's message of this id was taken and held other entries. One that was refused may be sent again, mended.</summary>
    private static async Task<bool> SaidOtherwiseAsync(
        Journal journal, string tenant, string key, ReadOnlyMemory<byte> said, CancellationToken cancellationToken)
    {
        var earlier = await journal.FindAsync(new(tenant) { Source = FhirReferral.SourceName, Key = key }, cancellationToken);
        foreach (var message in earlier.Where(message => message.State is not (MessageState.Rejected or MessageState.Duplicate)))
            if (await journal.RawAsync(tenant, message.Id, cancellationToken) is { } raw
                && FhirJson.Parse(raw).Resource is { } taken && !Said(taken.Root).Span.SequenceEqual(said.Span))
                return true;
        return false;
    }

    private static List<Issue> Told(Reception reception)
    {
        var issues = reception.Issues.ToList();
        issues.Add(new(Severity.Information, "informational", "", $"Message {reception.MessageId} is taken."
            + (reception.Tracking is { } tracking ? $" Tracking number {tracking}." : "")));
        if (reception.State == MessageState.Waiting)
            issues.Add(Issue.Warning("incomplete", "", "A person looks at it before it goes on."));
        return issues;
    }
}
