using System.Security.Cryptography;
using System.Text;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Server.Rest.Operations;

/// <summary>
/// <c>$process-message</c>: takes a FHIR message and answers with one. The event of its MessageHeader says which handler takes it; what
/// the same sender sends under the same id gets the same answer. https://hl7.org/fhir/R4/messageheader-operation-process-message.html
/// </summary>
internal static class ProcessMessage
{
    public static async Task<Answer> Run(OperationCall call, Collaborators hub, CancellationToken cancellationToken)
    {
        if (call.Resource("content") is not { Type: "Bundle" } bundle || bundle.Root.Text("type") != "message")
            return Answer.Refused(400, "invalid", "$process-message takes a Bundle of type message.", "Bundle.type");
        if (call.Text("response-url") is not null)
            return Answer.Refused(422, "not-supported", "The hub calls no address that a message names: the answer comes with the request.", "response-url");
        if (bundle.Root.At("entry", "resource") is not { ResourceType: "MessageHeader" } header)
            return Answer.Refused(422, "structure", "The first entry of a message is its MessageHeader.", "Bundle.entry[0].resource");
        if (header.Text("id") is not { } id || !Conditions.IsId(id))
            return Answer.Refused(422, "required", "A message is known by the id of its MessageHeader.", "Bundle.entry[0].resource.id");
        if (header.Child("response") is not null)
            return Answer.Refused(422, "not-supported", "This is an answer to a message, and the hub has sent none that is answered here.", "Bundle.entry[0].resource.response");
        if (IsForAnother(header, hub.Url.Value))
            return Answer.Refused(422, "not-found", "The message is for another destination: none of those it names is at this hub's address.",
                "Bundle.entry[0].resource.destination");
        var code = header.At("eventCoding", "code")?.Value ?? header.Text("eventUri");
        var system = header.At("eventCoding", "system")?.Value;
        if (hub.Messages.FirstOrDefault(handler => handler.Event == code && (system is null || system == handler.System)) is not { } handler)
            return Answer.Refused(422, "not-supported", $"This event is not known here. Known are: {string.Join(", ", hub.Messages.Select(known => known.Event))}.",
                "Bundle.entry[0].resource.event");
        hub.CheckBody(bundle);
        return call.IsTrue("async") && !call.Request.IsLater
            ? await hub.Deferred.AcceptAsync((_, _, later) => AnswerAsync(handler, bundle, header, id, call, hub, later), call.Request, hub, cancellationToken)
            : await AnswerAsync(handler, bundle, header, id, call, hub, cancellationToken);
    }

    /// <summary>
    /// True when the message names destinations on the web and this hub is none of them. A destination of another kind (a name, a mailbox) is for
    /// whoever carries the message.
    /// </summary>
    public static bool IsForAnother(Element header, string own)
    {
        var (isNamed, at) = (false, new Uri(own));
        foreach (var destination in header.All("destination"))
        {
            if (!Uri.TryCreate(destination.Text("endpoint"), UriKind.Absolute, out var there) || there.Scheme is not ("http" or "https"))
                return false;
            if (string.Equals(there.Authority, at.Authority, StringComparison.OrdinalIgnoreCase))
                return false;
            isNamed = true;
        }

        return isNamed;
    }

    private static async Task<Answer> AnswerAsync(
        MessageHandler handler, Resource bundle, Element header, string id, OperationCall call, Collaborators hub, CancellationToken cancellationToken)
    {
        var reply = await handler.Handle(new(bundle, id, call.Request.Caller), cancellationToken);
        return Answer.Ok(FhirJson.Write(Response(header, id, reply, call.Request.Caller.ClientId, hub)));
    }

    /// <summary>The answer as a message. Its ids follow from the request's, so that a repetition is answered with the same bytes.</summary>
    private static Element Response(Element request, string id, MessageReply reply, string client, Collaborators hub)
    {
        var own = IdFor($"{client} {id} response");
        var outcomeId = IdFor($"{client} {id} outcome");
        var header = Element.OfResource("MessageHeader").With("id", own);
        foreach (var child in request.Children)
            if (child.Name is "eventCoding" or "eventUri")
                header.Append(child.Copy());
        if (request.Child("source") is { } sender)
        {
            var destination = header.AddItem("destination");
            foreach (var name in (ReadOnlySpan<string>)["name", "endpoint"])
                destination.With(name, sender.Text(name));
        }

        header.Add("source").With("name", "CptsFhirHub").With("endpoint", $"{hub.Url.Fhir}/$process-message");
        header.Add("response").With("identifier", id).With("code", reply.Code)
            .Add("details").With("reference", $"urn:uuid:{outcomeId}");
        foreach (var reference in reply.Focus)
            header.AddItem("focus").With("reference", $"{hub.Url.Fhir}/{reference}");

        var bundle = Element.OfResource("Bundle").With("id", own).With("type", "message");
        bundle.AddItem("entry").With("fullUrl", $"urn:uuid:{own}").Append(header.Copy("resource", isListItem: false));
        var outcome = FhirJson.Parse(Outcome.Write(reply.Issues)).Resource!.Root.Copy("resource", isListItem: false);
        bundle.AddItem("entry").With("fullUrl", $"urn:uuid:{outcomeId}").Append(outcome);
        return bundle;
    }

    private static string IdFor(string text) => new Guid(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 16)).ToString();
}
