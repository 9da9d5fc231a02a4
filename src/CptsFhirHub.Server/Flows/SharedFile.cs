using System.Security.Cryptography;
using System.Text;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <summary>What one CPTS tells another of a person: a referral as FHIR message, with nothing in it that belongs to the first CPTS alone.</summary>
/// <param name="Number">The number of the sharing: the same file of the same CPTS has the same one.</param>
internal sealed record SharedFile(string Number, Resource Message)
{
    private const string Event = Vocabulary.Root + "/evenement/partage-cpts";
    private const string Senders = "cpts:";
    private const int DepthMax = 64;

    /// <summary>What goes beside the person, the need and the file: what the other CPTS needs to decide by its own rules.</summary>
    public static IReadOnlyList<string> Facts { get; } =
        ["Condition", "Consent", "Coverage", "Flag", "Observation", "QuestionnaireResponse", "RelatedPerson"];

    /// <summary>True for a message by which a CPTS shares a file.</summary>
    public static bool IsOne(Element message) =>
        message.At("entry", "resource")?.Text("eventUri") == Event;

    /// <summary>The sender as which a CPTS of this hub shares files with another.</summary>
    public static string SenderOf(string tenant) => Senders + tenant;

    /// <summary>True for a CPTS of this hub.</summary>
    public static bool IsSender(string? sender) => sender?.StartsWith(Senders, StringComparison.Ordinal) == true;

    public static string NumberOf(string tenant, Stored file) => $"partage/{tenant}/{file.Id}";

    /// <summary>The number as an id of FHIR.</summary>
    public static string IdOf(string number) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(number)));

    /// <summary>
    /// The message. The same knowledge gives the same bytes: whoever sends it again, after a crash too, sends the same message.
    /// </summary>
    public static async Task<SharedFile> OfAsync(ResourceStore store, Territory from, KnownPerson known, CancellationToken cancellationToken)
    {
        var (request, file) = (known.Request!, known.File!);
        List<Stored> facts = [.. known.Facts.Where(MayGo).OrderBy(fact => fact.Reference, StringComparer.Ordinal)];
        HashSet<string> told = [known.Patient.Reference, request.Reference, .. facts.Select(fact => fact.Reference)];
        Dictionary<string, Element?> professionals = new(StringComparer.Ordinal);
        var number = NumberOf(from.Tenant, file);

        var message = Element.OfResource("Bundle").With("type", "message");
        var header = Element.OfResource("MessageHeader").With("id", IdOf(number));
        header.With("eventUri", Event);
        header.Add("source").With("name", from.Name).With("endpoint", $"urn:cpts:{from.Tenant}");
        Add(header);
        foreach (var stored in (IEnumerable<Stored>)[known.Patient, request, .. facts])
        {
            var root = stored.Resource.Root.Copy();
            foreach (var own in (ReadOnlySpan<string>)["meta", "text", "link"])
                while (root.Remove(own))
                {
                    // A list has as many children of that name as it has items.
                }

            if (stored.Type == "ServiceRequest")
                Numbered(root, number);
            await CleanAsync(root, 0);
            Add(root);
        }

        Add(FileOf(file.Resource.Root));
        return new(number, new(message));

        void Add(Element resource) => message.AddItem("entry").With("fullUrl", $"{resource.ResourceType}/{resource.Text("id") ?? "file"}")
            .Append(resource.Copy("resource", isListItem: false));

        // References to what does not go are said in words, or not at all.
        async Task CleanAsync(Element element, int depth)
        {
            foreach (var child in element.Children.ToArray())
            {
                if (child.Name == "url" && child.Value?.StartsWith("Binary/", StringComparison.Ordinal) == true)
                    element.Remove(child);
                if (child.Text("reference") is { } reference && reference[0] != '#' && !told.Contains(reference))
                {
                    child.Remove("reference");
                    if (!professionals.TryGetValue(reference, out var professional))
                        professionals[reference] = professional = await ProfessionalAsync(store, from.Tenant, reference, cancellationToken);
                    if (professional is not null)
                        Name(child, professional);
                    if (child.IsEmpty || (child.Child("display") is null && child.Child("identifier") is null))
                        element.Remove(child);
                }
                else if (child.Count > 0 && depth < DepthMax)
                {
                    await CleanAsync(child, depth + 1);
                }
            }
        }
    }

    /// <summary>What bears a security label was given under a condition: it stays where it was given. What was a mistake stays too.</summary>
    private static bool MayGo(Stored fact) => Facts.Contains(fact.Type)
        && fact.Resource.Root.Child("meta")?.Child("security") is null
        && fact.Resource.Root.Text("status") is not "entered-in-error"
        && (fact.Type != "Flag" || Qualification.IsSetByPeople(fact.Resource.Root));

    /// <summary>The need under the number of the sharing instead of those of this CPTS; its rank is for the other one to compute, and who holds it here is nothing there.</summary>
    private static void Numbered(Element request, string number)
    {
        foreach (var identifier in request.All("identifier").ToArray())
            if (identifier.Text("system") is { } system
                && (system == Vocabulary.Tracking || system.StartsWith(Vocabulary.SourceKeyPrefix, StringComparison.Ordinal)))
                request.Remove(identifier);
        request.AddItem("identifier").With("system", Vocabulary.SourceKeyPrefix + "partage").With("value", number);
        if (request.ExtensionOf(Vocabulary.RankExtension) is { } rank)
            request.Remove(rank);
        HoldingReports.RemoveFrom(request);
    }

    private static Element FileOf(Element file)
    {
        var task = Element.OfResource("Task").With("status", "requested").With("intent", "order");
        if (file.Child("code") is { } code)
            task.Append(code.Copy());
        if (file.Child("restriction")?.Child("period") is { } period)
            task.Add("restriction").Append(period.Copy());
        return task;
    }

    /// <summary>The professional or organisation; for a role the one who has it.</summary>
    private static async Task<Element?> ProfessionalAsync(ResourceStore store, string tenant, string reference, CancellationToken cancellationToken)
    {
        if (reference.Split('/')[0] is not ("Organization" or "Practitioner" or "PractitionerRole")
            || await store.ReadAsync(tenant, reference, cancellationToken) is not { } found)
            return null;
        if (found.Type == "PractitionerRole")
            return found.Resource.Root.Child("practitioner")?.Text("reference") is { } who
                ? (await store.ReadAsync(tenant, who, cancellationToken))?.Resource.Root
                : null;
        return found.Resource.Root;
    }

    private static void Name(Element reference, Element professional)
    {
        if (reference.Child("identifier") is null && professional.Child("identifier") is { } identifier)
            reference.Append(identifier.Copy("identifier", isListItem: false));
        var name = professional.Child("name");
        var text = name?.Value ?? name?.Text("text") ?? string.Join(' ', new[] { name?.At("given")?.Value, name?.Text("family") }.OfType<string>());
        if (reference.Child("display") is null && text.Length > 0)
            reference.With("display", text);
    }
}
