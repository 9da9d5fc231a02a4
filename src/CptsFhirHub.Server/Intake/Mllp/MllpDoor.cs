using CptsFhirHub.Coordination.Intake.Hl7v2;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Server.Flows;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Intake.Mllp;

/// <summary>
/// Answers one HL7 v2 message. Plain MLLP knows no credentials: who may connect is the network's affair, and all that comes in counts as
/// sent by the client of <c>Hub:Mllp:Client</c>, within that client's rights. Over TLS a certificate may say whose message it is.
/// </summary>
internal sealed class MllpDoor(ReceiveSignalement receive, Journal journal, ClientRegistry clients, IConfiguration configuration, TimeProvider time)
{
    private const string SourceName = "hospital";
    private readonly string _clientId = configuration["Hub:Mllp:Client"] ?? "demo-hospital";

    /// <param name="message">The bytes between the framing bytes.</param>
    /// <param name="clientId">Whom the connection proved to be; null counts as the client of the settings.</param>
    public async Task<byte[]> AnswerAsync(byte[] message, string? clientId, CancellationToken cancellationToken)
    {
        if (clients.Find(clientId ?? _clientId) is not { } client || !(client.Sources.Contains("*") || client.Sources.Contains(SourceName)))
            return Answer(message, AcknowledgementCode.Rejected, [Issue.Error("forbidden", "MSH-3", "This sender may not post here.")]);

        try
        {
            var reception = await receive.Handle(
                new(client.Tenant, SourceName, "mllp", client.Id, Hl7v2Media.Type, Key: null, message), int.MaxValue, cancellationToken);
            return await AcknowledgeAsync(client.Tenant, message, reception, cancellationToken);
        }
        catch (Exception fault) when (fault is StoreUnavailableException or StoreBusyException)
        {
            // Nothing was kept: the sender must send again, and AE with "locked" says so.
            return Answer(message, AcknowledgementCode.Error, [Issue.Error("conflict", "MSH-10", "The message could not be kept; send it again later.")]);
        }
    }

    public byte[] RefuseTooLarge(byte[] beginning) => Answer(
        beginning, AcknowledgementCode.Rejected, [Issue.Error("too-long", "MSH", "The message is larger than this door takes.")]);

    /// <summary>The acknowledgement of a message that was kept; of a batch, a batch of them.</summary>
    public async Task<byte[]> AcknowledgeAsync(string tenant, ReadOnlyMemory<byte> message, Reception reception, CancellationToken cancellationToken)
    {
        if (Hl7v2Batch.Of(message) is not { } batch)
            return Acknowledge(message.Span, reception);
        var rows = reception.MessageId.Length > 0 && await journal.ReadAsync(tenant, reception.MessageId, cancellationToken) is { } file
            ? await journal.RowsAsync(file, cancellationToken) : [];
        var acknowledgements = new List<byte[]>(rows.Count);
        foreach (var row in rows.OrderBy(row => row.Line))
        {
            if (row.Line is not { } line || line > batch.Messages.Count)
                continue;
            var answer = await receive.AnswerOfAsync(row, cancellationToken);
            acknowledgements.Add(Acknowledge(batch.Messages[line - 1].Span, answer));
        }

        return Answer(batch, acknowledgements, reception.Issues.Where(issue => issue.IsError));
    }

    private byte[] Answer(Hl7v2Batch batch, List<byte[]> acknowledgements, IEnumerable<Issue> issues)
    {
        var now = time.GetUtcNow();
        return batch.Answer(acknowledgements, issues, Guid.CreateVersion7(now).ToString("N")[..20], now);
    }

    private byte[] Acknowledge(ReadOnlySpan<byte> message, Reception reception)
    {
        var code = reception.Kind != ReceptionKind.Rejected ? AcknowledgementCode.Accepted
            : reception.Issues.Any(issue => issue is { IsError: true, Code: "not-supported" }) ? AcknowledgementCode.Rejected
            : AcknowledgementCode.Error;
        return Write(message, code, code == AcknowledgementCode.Accepted ? [] : reception.Issues);
    }

    private byte[] Answer(ReadOnlySpan<byte> message, AcknowledgementCode code, IEnumerable<Issue> issues)
    {
        if (Hl7v2Batch.IsOne(message) && Hl7v2Batch.Of(message.ToArray()) is { } batch)
            return Answer(batch, batch.IsBare ? [.. batch.Messages.Select(one => Write(one.Span, code, issues))] : [], issues);
        return Write(message, code, issues);
    }

    private byte[] Write(ReadOnlySpan<byte> message, AcknowledgementCode code, IEnumerable<Issue> issues)
    {
        var now = time.GetUtcNow();
        return Acknowledgement.Write(message, code, issues, Guid.CreateVersion7(now).ToString("N")[..20], now);
    }
}

/// <summary>The media type of HL7 v2 in its pipe form.</summary>
internal static class Hl7v2Media
{
    public const string Type = "application/hl7-v2";

    public static readonly IReadOnlyList<string> Accepted = [Type, "x-application/hl7-v2+er7", "text/plain"];
}
