using System.Globalization;
using CptsFhirHub.Coordination.Identity;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <summary>
/// The records of a person, one for each sender and the number that it gave: a Basic <c>dossier-source</c> that holds the traits as this
/// sender says them. A person of whom one sender alone has spoken is that sender's record itself: records begin when a second one speaks, or
/// when two persons are merged.
/// </summary>
internal static class PersonRecords
{
    private const string Kind = "dossier-source";
    private const string Url = Vocabulary.Root + "/StructureDefinition/dossier-source";
    private const string Held = "dossier";

    /// <summary>The stored records of a person.</summary>
    public static async Task<IReadOnlyList<Stored>> LoadAsync(ResourceStore store, string tenant, string person, CancellationToken cancellationToken) =>
        [.. (await store.BearersAsync(tenant, [Key(person)], cancellationToken)).Select(record => record.Resource).OrderBy(record => record.Id, StringComparer.Ordinal)];

    /// <summary>The key under which a person's records stand.</summary>
    public static LookupKey Key(string person) => new(IdentityKeys.Records, person);

    /// <summary>True for a resource that is a record of a person.</summary>
    public static bool IsOne(Element resource) => resource.ResourceType == "Basic" && resource.Child("code").CodeOf(Vocabulary.RecordKind) == Kind;

    /// <summary>Reads a record.</summary>
    public static SourceRecord Of(Element basic)
    {
        var about = basic.ExtensionOf(Url);
        string? Part(string name, string value) => about?.ExtensionOf(name)?.Text(value);
        var held = basic.Child("contained")?.Copy("Patient", isListItem: false);
        return new(
            Part("emetteur", "valueString") ?? "", Part("numero", "valueString") ?? "", Part("origine", "valueString") ?? "",
            InstantOf(Part("depuis", "valueInstant")), InstantOf(Part("dit", "valueInstant")),
            held is null ? Element.OfResource("Patient") : GoldenRecord.TraitsOf(held));
    }

    /// <summary>A record as it is stored, about that person.</summary>
    public static Element Written(SourceRecord record, string person)
    {
        var basic = Element.OfResource("Basic");
        if (record.Sender.Length > 0)
            SentBy.Mark(basic, record.Sender);
        var held = record.Patient.Copy("contained", isListItem: true);
        held.With("id", Held);
        basic.Append(held);
        var about = basic.AddItem("extension").With("url", Url);
        Part("dossier").Add("valueReference").With("reference", "#" + Held);
        if (record.Sender.Length > 0)
            Part("emetteur").With("valueString", record.Sender);
        if (record.Number.Length > 0)
            Part("numero").With("valueString", record.Number);
        Part("origine").With("valueString", record.Origin);
        Part("depuis").With("valueInstant", record.Since.Instant());
        Part("dit").With("valueInstant", record.Said.Instant());
        basic.Concept("code", Vocabulary.RecordKind, Kind, "Dossier d'une source");
        basic.Refer("subject", person);
        basic.With("created", Days.Text(record.Since));
        return basic;

        Element Part(string name) => about.AddItem("extension").With("url", name);
    }

    /// <summary>The record that a person is as long as one sender alone has spoken of it.</summary>
    public static SourceRecord First(Stored person)
    {
        var traits = GoldenRecord.TraitsOf(person.Resource.Root);
        return new(SentBy.Senders(person.Resource.Root).FirstOrDefault(""), NumberOf(traits), person.Reference, person.LastUpdated, person.LastUpdated, traits);
    }

    /// <summary>
    /// What a sender's words about a known person make of the person and of its records; the records to write are put into
    /// <paramref name="writes"/>. Words that are older than the sender's last ones complete them and replace nothing.
    /// </summary>
    public static Element Take(Stored person, IReadOnlyList<Stored> stored, Element said, Speaker speaker, WriteList writes)
    {
        var (sender, saidAt, now) = (speaker.Sender, speaker.SaidAt, speaker.Now);
        var traits = GoldenRecord.TraitsOf(said);
        var root = person.Resource.Root;
        if (stored.Count == 0 && SentBy.Senders(root) is { Count: 1 } only && only.Contains(sender))
            return SaidAt.IsLate(root, saidAt) || saidAt < speaker.LastSaid
                ? Survivorship.Complete(root, said)
                : SaidAt.Changed(root, Survivorship.Merge(root, said), saidAt);

        List<SourceRecord> before = [.. stored.Select(record => Of(record.Resource.Root))];
        Draft? first = null;
        if (before.Count == 0)
        {
            before.Add(First(person));
            first = writes.New(Timed(before[0], SaidAt.Of(root)));
            writes.Put(first);
        }

        var number = NumberOf(traits);
        List<SourceRecord> after = [.. before];
        var at = before.FindIndex(record => record.Sender == sender && record.Number == number);
        if (at < 0)
            at = before.FindIndex(record => record.Sender == sender && Bears(record.Patient, number));
        if (at < 0)
        {
            after.Add(new(sender, number, person.Reference, now, now, traits));
            writes.Put(writes.New(Timed(after[^1], saidAt)));
            return GoldenRecord.Recomputed(root, before, after, person.Reference);
        }

        var last = SaidAt.Of(at < stored.Count ? stored[at].Resource.Root : root);
        var isLate = saidAt < last || saidAt < speaker.LastSaid;
        var renewed = isLate ? Survivorship.Complete(before[at].Patient, traits) : GoldenRecord.Renewed(before[at], traits);
        if (!renewed.SameAs(before[at].Patient))
        {
            after[at] = before[at] with { Said = isLate ? before[at].Said : now, Patient = renewed };
            var changed = first ?? new Draft(stored[at]);
            changed.Root = Timed(after[at], isLate ? last : saidAt ?? last);
            writes.Put(changed);
        }

        return GoldenRecord.Recomputed(root, before, after, person.Reference);

        Element Timed(SourceRecord record, DateTimeOffset? time)
        {
            var written = Written(record, person.Reference);
            SaidAt.Stamp(written, time);
            return written;
        }
    }

    private static string NumberOf(Element traits) =>
        Traits.Of(traits) is { LocalIds: [var id, ..] } read ? TextOf(read.LocalIds.FirstOrDefault(one => !read.OldLocalIds.Contains(one), id)) : "";

    private static bool Bears(Element traits, string number) => number.Length > 0 && Traits.Of(traits).LocalIds.Any(id => TextOf(id) == number);

    private static string TextOf(LocalId id) => $"{id.System}|{id.Value}";

    private static DateTimeOffset InstantOf(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant) ? instant : DateTimeOffset.MinValue;
}

/// <summary>Who speaks of a person.</summary>
/// <param name="Sender">The client.</param>
/// <param name="SaidAt">When it did, by its own clock; null when it does not say.</param>
/// <param name="Now">When it is heard.</param>
internal sealed record Speaker(string Sender, DateTimeOffset? SaidAt, DateTimeOffset Now)
{
    /// <summary>When it last spoke of the person's need: it may have said the same of the person once more, which leaves no trace there.</summary>
    public DateTimeOffset? LastSaid { get; init; }
}
