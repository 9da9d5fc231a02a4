using CptsFhirHub.Coordination.Identity;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <summary>
/// Why a person is who the hub takes it for: what each sender says, from whom each value comes, and every decision of the machine and of
/// people, field by field. <c>Patient/{id}/$identity</c>
/// </summary>
internal sealed class TellIdentity(ResourceStore store)
{
    private const string Lifecycle = "http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle";

    /// <summary>Parameters with the records, the values and the decisions.</summary>
    public async Task<Resource> RunAsync(Stored patient, string tenant, CancellationToken cancellationToken)
    {
        var answer = Element.OfResource("Parameters");
        var stored = await PersonRecords.LoadAsync(store, tenant, patient.Reference, cancellationToken);
        List<SourceRecord> records = stored.Count == 0 ? [PersonRecords.First(patient)] : [.. stored.Select(record => PersonRecords.Of(record.Resource.Root))];
        foreach (var record in records)
        {
            var told = Group(answer, "record");
            Value(told, "sender", "valueString", SenderOf(record));
            Value(told, "number", "valueString", record.Number);
            Value(told, "since", "valueInstant", record.Since.Instant());
            Value(told, "said", "valueInstant", record.Said.Instant());
            told.AddItem("part").With("name", "resource").Append(record.Patient.Copy("resource", isListItem: false));
        }

        foreach (var origin in GoldenRecord.Origins(patient.Resource.Root, records, patient.Reference))
        {
            var told = Group(answer, "value");
            Value(told, "path", "valueString", origin.Path);
            if (origin.From.Count == 0)
                Value(told, "sender", "valueString", "coordination");
            foreach (var record in origin.From)
                Value(told, "sender", "valueString", SenderOf(record));
            if (origin.From is [var first, ..])
                Value(told, "said", "valueInstant", first.Said.Instant());
        }

        var decided = await store.WalkAsync(tenant, Queries.By("Provenance", Queries.Refers("Provenance", "target", patient.Reference)), cancellationToken);
        foreach (var provenance in decided.OrderBy(one => one.LastUpdated).ThenBy(one => one.Id, StringComparer.Ordinal))
            Decision(answer, provenance);
        foreach (var (_, task) in await store.BearersAsync(tenant, [new(IdentityKeys.Compared, patient.Reference)], cancellationToken))
            if (Verification.Of(task.Resource.Root) is not Verdict.None and var verdict)
            {
                var told = Group(answer, "decision");
                Value(told, "date", "valueInstant", task.LastUpdated.Instant());
                Value(told, "by", "valueString", "coordination");
                Value(told, "outcome", "valueCode", verdict == Verdict.Apart ? "personnes-distinctes" : "meme-personne");
                told.AddItem("part").With("name", "source").Add("valueReference").With("reference", task.Reference);
            }

        return new(answer);
    }

    private static void Decision(Element answer, Stored provenance)
    {
        var root = provenance.Resource.Root;
        var activity = root.Child("activity").CodeOf(Lifecycle);
        if (IdentityDecision.In(root) is not { } decision)
        {
            if (activity is not ("merge" or "unmerge"))
                return;
            var said = Group(answer, "decision");
            Value(said, "date", "valueInstant", root.Text("recorded"));
            Value(said, "by", "valueString", root.At("agent", "who", "identifier")?.Text("value"));
            Value(said, "outcome", "valueCode", activity);
            said.AddItem("part").With("name", "source").Add("valueReference").With("reference", provenance.Reference);
            return;
        }

        var told = Group(answer, "decision");
        Value(told, "date", "valueInstant", root.Text("recorded"));
        Value(told, "by", "valueString", "machine");
        Value(told, "message", "valueString", root.At("entity", "what", "identifier")?.Text("value"));
        told.AddItem("part").With("name", "source").Add("valueReference").With("reference", provenance.Reference);
        foreach (var part in decision.All("extension"))
            Tell(told, part, 0);
    }

    /// <summary>The parts of the kept decision as parts of the answer, under names of the interface.</summary>
    private static void Tell(Element parent, Element part, int depth)
    {
        const int depthMax = 4;
        if (depth > depthMax || part.Text("url") is not { } url)
            return;
        var told = parent.AddItem("part").With("name", NameOf(url));
        foreach (var child in part.Children)
        {
            if (child.Name == "extension")
                Tell(told, child, depth + 1);
            else if (child.Name != "url")
                told.Append(child.Copy());
        }
    }

    private static string NameOf(string url) => url switch
    {
        "issue" => "outcome",
        "parametres" => "parameters",
        "compare" => "compared",
        "dossier" => "record",
        "probabilite" => "probability",
        "poids" => "weight",
        "motif" => "reason",
        "champ" => "field",
        "nom" => "name",
        "niveau" => "level",
        "texte" => "text",
        _ => url,
    };

    private static string SenderOf(SourceRecord record) => record.Sender.Length > 0 ? record.Sender : "coordination";

    private static Element Group(Element answer, string name) => answer.AddItem("parameter").With("name", name);

    private static void Value(Element group, string name, string type, string? value)
    {
        if (!string.IsNullOrEmpty(value))
            group.AddItem("part").With("name", name).With(type, value);
    }
}
