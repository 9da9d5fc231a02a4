using CptsFhirHub.Coordination.Identity;
using CptsFhirHub.Coordination.Intake;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Xml;

namespace CptsFhirHub.Server.Flows;

/// <summary>
/// A referral that comes as a FHIR message (event <c>signalement-mt</c>): it needs no map, since it speaks the hub's language already.
/// From here on it walks like any signalement. https://hl7.org/fhir/R4/messaging.html
/// </summary>
internal static class FhirReferral
{
    public const string SourceName = "fhir";
    public const string Event = "signalement-mt";

    private const int EntriesMax = 200;
    internal const string Profile = Vocabulary.Root + "/StructureDefinition/";

    /// <summary>What says something of the person or the need; professionals and places are named by their identifiers instead.</summary>
    internal static readonly IReadOnlyList<string> Facts =
    [
        "Encounter", "QuestionnaireResponse", "DocumentReference", "Consent", "Observation", "Condition", "Coverage", "RelatedPerson", "Communication",
    ];

    /// <summary>The source: no folder, since there is nothing to map.</summary>
    public static Source Source(ProfileCheck check) => new(SourceName, "Message FHIR", "FHIR message")
    {
        ContentTypes = ["application/fhir+json", "application/fhir+xml"],
        Reader = (bytes, _, sender) => Flows.Source.One(bytes, Read(bytes, sender)),
        Mapper = tree => tree.ResourceType == FhirEvent.Type ? FhirEvent.Map(tree) : Map(tree),
        Intent = tree => tree.ResourceType == FhirEvent.Type ? FhirEvent.Intent(tree) : Intent(tree),
        Checker = resources => [.. resources.SelectMany(resource => check(new Resource(resource)))
            .Where(issue => issue.IsError || issue is { Severity: Severity.Warning, Rule: not "binding" })],
        MapVersion = () => "fhir",
        Prepare = () => { },
    };

    /// <summary>
    /// True for the need of a person that a partner writes into the hub itself, as a resource of its own or in a transaction: a signalement as if it
    /// had come as a message. What the team writes is its own affair.
    /// </summary>
    public static bool IsWritten(AnnouncedResource written) => written is { IsNew: true, Resource.Type: "ServiceRequest", Caller.Policy.Sender: not null }
        && written.Caller.MayPost(SourceName) && written.Resource.Root.Text("status") == "active"
        && written.Resource.Root.All("category").ToArray().Any(category => category.CodeOf(Vocabulary.Root + "/CodeSystem/categorie-demande") == "recherche-medecin-traitant");

    /// <summary>The need and its person as a message, with what R4 does not ask of it and the hub does; null when the person is not to be seen by who writes.</summary>
    public static async Task<Element?> WholeAsync(AnnouncedResource written, DateTimeOffset now)
    {
        const string person = "urn:uuid:person", need = "urn:uuid:need";
        var request = written.Resource.Root.Copy();
        if (request.Child("subject") is not { } subject || subject.Text("reference") is not { } name || await written.Meant(name) is not { Resource.ResourceType: "Patient" } who)
            return null;
        subject.Put("reference", person);
        new OwnRecord(name, who.IsNew).NoteAt(subject);
        if (request.Child("authoredOn") is null)
            request.With("authoredOn", now.Instant());
        if (request.Child("requester") is null)
            request.Add("requester").With("display", written.Caller.ClientId);
        if (request.Child("reasonCode") is null)
            request.AddItem("reasonCode").With("text", "Motif non précisé");

        var header = Element.OfResource("MessageHeader").With("id", $"need-{Guid.CreateVersion7():N}");
        header.Add("eventCoding").With("system", Vocabulary.MessageEvent).With("code", Event);
        header.Add("source").With("endpoint", "urn:client:" + written.Caller.ClientId);
        header.AddItem("focus").With("reference", need);
        var message = Element.OfResource("Bundle").With("type", "message");
        foreach (var (url, resource) in new[] { ("urn:uuid:header", header), (person, who.Resource), (need, request) })
            message.AddItem("entry").With("fullUrl", url).Append(resource.Copy("resource", isListItem: false));
        return message;
    }

    /// <summary>Why the intake would refuse what is told in this message; nothing for a sound one.</summary>
    public static List<Issue> Faults(Source source, Element message)
    {
        var mapped = source.Map(message);
        List<Issue> issues = [.. mapped.Issues.Where(issue => issue.IsError)];
        if (issues.Count == 0)
            issues.AddRange(source.Check(mapped.Draft!.Resources).Where(issue => issue.IsError));
        return issues;
    }

    /// <summary>A referral is taken back by sending it again with the status <c>revoked</c>.</summary>
    private static MessageIntent Intent(Element message)
    {
        foreach (var entry in message.All("entry"))
            if (entry.Child("resource") is { ResourceType: "ServiceRequest" } request && IsRevoked(request))
                return new(Wish.Withdraw, IsInferred: false, Event);
        return new(Wish.Signal, IsInferred: false, Event);
    }

    private static bool IsRevoked(Element request) => request.Text("status") is "revoked" or "entered-in-error";

    /// <summary>The message; its key is the id of its MessageHeader.</summary>
    private static SourceReading Read(ReadOnlyMemory<byte> bytes, string? sender)
    {
        var parsed = FhirXml.IsXml(bytes.Span) ? FhirXml.Parse(bytes) : FhirJson.Parse(bytes);
        if (parsed.Resource is { Type: FhirEvent.Type } announced)
            return new(announced.Root, FhirEvent.KeyOf(announced.Root), parsed.Issues);
        if (parsed.Resource is not { Type: "Bundle" } bundle || bundle.Root.Text("type") != "message")
            return new(null, null, [.. parsed.Issues, Issue.Error("structure", "Bundle", "A FHIR message is a Bundle of type message.")]);
        var header = bundle.Root.At("entry", "resource");
        if (header?.ResourceType != "MessageHeader")
            return new(null, null, [Issue.Error("structure", "Bundle.entry[0].resource", "The first entry of a message is its MessageHeader.")]);
        return SharedFile.IsOne(bundle.Root) && !SharedFile.IsSender(sender)
            ? new(null, null, [Issue.Error("forbidden", "MessageHeader.event", "Files are shared by another CPTS of this hub.")])
            : new(bundle.Root, header.Text("id"), parsed.Issues);
    }

    private static Mapped Map(Element bundle)
    {
        var issues = new List<Issue>();
        var entries = bundle.All("entry").ToArray();
        if (entries.Length > EntriesMax)
            return new(null, null, [Issue.Error("too-costly", "Bundle.entry", $"A message has at most {EntriesMax} entries.")]);

        var isShared = SharedFile.IsOne(bundle);
        var roles = new Dictionary<string, string>(StringComparer.Ordinal);
        var named = new Dictionary<string, Element>(StringComparer.Ordinal);
        var held = new List<(string Url, Element Resource)>();
        var subject = SubjectOf(entries);
        for (var i = 0; i < entries.Length; i++)
        {
            if (entries[i].Child("resource") is not { ResourceType: { } type } resource || type == "MessageHeader")
                continue;
            var url = type switch
            {
                "Patient" when i == subject => SignalementDraft.PatientUrl,
                "ServiceRequest" when held.TrueForAll(one => one.Resource.ResourceType != type) => SignalementDraft.RequestUrl,
                "Task" when held.TrueForAll(one => one.Resource.ResourceType != type) => SignalementDraft.TaskUrl,
                _ when Facts.Contains(type) || (isShared && type == "Flag") => $"urn:uuid:fact-{i}",
                _ => null,
            };
            foreach (var name in Names(entries[i], resource))
            {
                if (url is not null)
                    roles[name] = url;
                else
                    named[name] = resource;
            }

            if (url is not null)
                held.Add((url, resource));
        }

        if (!isShared)
            CheckFocus(entries[0].Child("resource"), name => roles.ContainsKey(name) || named.ContainsKey(name), issues);
        if (held.TrueForAll(one => one.Resource.ResourceType != "ServiceRequest"))
            return new(null, null, [Issue.Error("required", "Bundle.entry", "The message holds no ServiceRequest.")]);

        var normal = Element.OfResource("Bundle");
        foreach (var (url, resource) in held)
            normal.AddItem("entry").With("fullUrl", url).Append(Prepared(resource, roles, named, issues).Copy("resource", isListItem: false));
        var mapped = Mapped.Of(normal, issues);
        return mapped.Draft is { } draft
            ? mapped with { Draft = draft with { Own = held.Select(one => OwnRecord.At(one.Resource.Child("subject"))).FirstOrDefault(own => own is not null) } }
            : new(null, null, [Issue.Error("required", "Bundle.entry", "The message holds no Patient.")]);
    }

    /// <summary>The entry of the person whom the need is about; the first one of a message whose need names none of them.</summary>
    private static int SubjectOf(Element[] entries)
    {
        var need = Array.Find(entries, entry => entry.Child("resource")?.ResourceType == "ServiceRequest")?.Child("resource");
        var named = need?.Child("subject")?.Text("reference");
        var persons = Array.FindAll(entries, entry => entry.Child("resource")?.ResourceType == "Patient");
        var about = Array.Find(persons, entry => Names(entry, entry.Child("resource")!).Contains(named, StringComparer.Ordinal));
        return Array.IndexOf(entries, about ?? persons.FirstOrDefault());
    }

    /// <summary>What the event is about stands in the message. Where the header does not say it, the need is the one request that it holds.</summary>
    private static void CheckFocus(Element? header, Func<string, bool> isHeld, List<Issue> issues)
    {
        var count = 0;
        foreach (var focus in header is null ? [] : header.All("focus"))
        {
            count++;
            if (focus.Text("reference") is not { } name || !isHeld(name))
                issues.Add(Issue.Error("not-found", "MessageHeader.focus", "The focus names an entry that the message does not hold."));
        }

        if (count == 0)
            issues.Add(Issue.Warning("required", "MessageHeader.focus", "The header names no focus: the ServiceRequest of the message was taken."));
    }

    private static IEnumerable<string> Names(Element entry, Element resource)
    {
        if (entry.Text("fullUrl") is { } fullUrl)
            yield return fullUrl;
        if (resource.Text("id") is { } id)
            yield return $"{resource.ResourceType}/{id}";
    }

    /// <summary>The resource without the sender's id, with the profile it is judged by and with references by role.</summary>
    private static Element Prepared(
        Element resource, Dictionary<string, string> roles, Dictionary<string, Element> named, List<Issue> issues)
    {
        var root = resource.Copy(resource.ResourceType, isListItem: false);
        root.Remove("id");
        root.Remove("meta");
        OwnRecord.ForgetAt(root.Child("subject"));
        var profile = root.ResourceType switch
        {
            "Patient" => "hub-patient",
            "ServiceRequest" => "hub-signalement",
            _ => null,
        };
        if (profile is not null)
            root.Add("meta").WithItem("profile", Profile + profile);
        if (root.ResourceType == "Patient" && MatchMarks.IsNeverMatched(resource))
            MatchMarks.Mark(root, MatchMarks.Never);
        if (root.ResourceType == "ServiceRequest" && root.ExtensionOf(Vocabulary.SourceExtension) is null)
            root.AddItem("extension").With("url", Vocabulary.SourceExtension)
                .Concept("valueCodeableConcept", Vocabulary.Root + "/CodeSystem/source-signalement", SourceName, null);
        Refer(root, root.ResourceType!, roles, named, issues, depth: 0);
        return root;
    }

    private static void Refer(
        Element element, string path, Dictionary<string, string> roles, Dictionary<string, Element> named, List<Issue> issues, int depth)
    {
        const int DepthMax = 64;
        if (depth > DepthMax)
            return;
        foreach (var child in element.Children.ToArray())
        {
            if (child is { Name: "reference", Value: { } text })
            {
                if (roles.TryGetValue(text, out var role))
                {
                    child.SetValue(ElementKind.String, role);
                }
                else if (named.TryGetValue(text, out var professional))
                {
                    element.Remove(child);
                    Name(element, professional);
                }
                else if (text.StartsWith("urn:", StringComparison.Ordinal))
                {
                    issues.Add(Issue.Error("not-found", $"{path}.reference", "The reference names an entry that the message does not hold."));
                }
            }
            else if (child.Count > 0)
            {
                Refer(child, $"{path}.{child.Name}", roles, named, issues, depth + 1);
            }
        }
    }

    /// <summary>A reference to somebody by number and name: the directory is not written by messages.</summary>
    private static void Name(Element reference, Element professional)
    {
        if (reference.Child("identifier") is null && professional.Child("identifier") is { } identifier)
            reference.Append(identifier.Copy("identifier", isListItem: false));
        var name = professional.Child("name");
        var text = name?.Value ?? name?.Text("text")
            ?? string.Join(' ', new[] { name?.At("given")?.Value, name?.Text("family") }.OfType<string>());
        if (reference.Child("display") is null)
            reference.With("display", text.Length > 0 ? text : professional.ResourceType);
    }
}
