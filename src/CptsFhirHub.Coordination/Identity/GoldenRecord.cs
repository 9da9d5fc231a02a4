using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Coordination.Identity;

/// <summary>What one sender says of a person, under the number by which it knows the person.</summary>
/// <param name="Sender">Who says it; empty for the team.</param>
/// <param name="Number">The sender's own number of the person; empty when it has none.</param>
/// <param name="Origin">The person whose record it was when it began: where it goes back when a merge is undone.</param>
/// <param name="Since">When the sender first spoke of the person.</param>
/// <param name="Said">When it last did.</param>
/// <param name="Patient">The traits, and nothing else.</param>
public sealed record SourceRecord(string Sender, string Number, string Origin, DateTimeOffset Since, DateTimeOffset Said, Element Patient);

/// <summary>A value of a person and who says it.</summary>
/// <param name="Path">Where it stands in the Patient.</param>
/// <param name="From">The records that say it, the one it was taken from first; none when a person has written it here.</param>
public sealed record ValueOrigin(string Path, IReadOnlyList<SourceRecord> From);

/// <summary>
/// The person as computed from what each sender says: never a mixture of names, and never less than a person has corrected by hand.
/// </summary>
public static class GoldenRecord
{
    private static readonly string[] Contacts = ["telecom", "address", "generalPractitioner"];
    private static readonly string[] NoTraits = ["id", "meta", "text", "link", "active", "contained", "implicitRules"];

    /// <summary>The traits of a Patient: what a sender says, without what the hub keeps beside it.</summary>
    public static Element TraitsOf(Element patient)
    {
        var traits = Element.OfResource("Patient");
        foreach (var child in patient.Children)
            if (!NoTraits.Contains(child.Name))
                traits.Append(child.Copy());
        return traits;
    }

    /// <summary>
    /// The person by all records. Traits come whole from one: a qualified identity before others, then the person's own record before one that
    /// a merge brought, then who spoke first. Of contacts the newest is used, the former stay as old. The rest is filled in where it is missing.
    /// </summary>
    /// <param name="records">The records; their order does not matter.</param>
    /// <param name="person">The person's reference.</param>
    public static Element Of(IReadOnlyList<SourceRecord> records, string person)
    {
        if (records.Count == 0)
            return Element.OfResource("Patient");
        var ranked = Ranked(records, person);
        var golden = ranked[0].Patient.Copy();
        foreach (var record in ranked.Skip(1))
            golden = Survivorship.Merge(golden, record.Patient);

        var contacts = Element.OfResource("Patient");
        foreach (var record in records.OrderBy(record => record.Said).ThenBy(record => record.Sender, StringComparer.Ordinal).ThenBy(record => record.Number, StringComparer.Ordinal))
            contacts = Survivorship.Merge(contacts, record.Patient);
        foreach (var name in Contacts)
        {
            golden.Remove(name);
            foreach (var contact in contacts.All(name))
                golden.Append(contact.Copy());
        }

        return golden;
    }

    /// <summary>
    /// The stored person after its records changed. What stands there by hand, and not by the records of before, stays.
    /// </summary>
    public static Element Recomputed(Element stored, IReadOnlyList<SourceRecord> before, IReadOnlyList<SourceRecord> after, string person)
    {
        var (was, becomes) = (Of(before, person), Of(after, person));
        return was.HasSameContent(becomes) ? stored.Copy() : PersonMerge.Undo(becomes, was, stored, "", "").Root;
    }

    /// <summary>
    /// What a sender says now under its own number. A newer word replaces the former, unless the former is of a qualified identity and the
    /// newer is not; a sender without numbers may speak of the person in several ways, and nothing of it is lost.
    /// </summary>
    public static Element Renewed(SourceRecord known, Element said)
    {
        if (known.Number.Length == 0)
            return Survivorship.Merge(known.Patient, said);
        var renewed = known.Patient.Copy();
        var isLess = Traits.Of(known.Patient).IsQualified && !Traits.Of(said).IsQualified;
        foreach (var name in said.Children.ToArray().Select(child => child.Name).Distinct(StringComparer.Ordinal))
            if (name is not "identifier" and not "extension" && !(isLess && name is "name" or "birthDate" or "gender"))
                renewed.Remove(name);

        return Survivorship.Merge(isLess ? renewed : WithoutReplaced(renewed, said), said);
    }

    /// <summary>Each value of the person with the records that say it.</summary>
    public static IReadOnlyList<ValueOrigin> Origins(Element golden, IReadOnlyList<SourceRecord> records, string person)
    {
        var ranked = Ranked(records, person);
        List<ValueOrigin> origins = [];
        Dictionary<string, int> seen = new(StringComparer.Ordinal);
        foreach (var value in golden.Children)
        {
            if (NoTraits.Contains(value.Name))
                continue;
            var at = seen[value.Name] = seen.GetValueOrDefault(value.Name, -1) + 1;
            var path = value.IsListItem ? $"Patient.{value.Name}[{at}]" : $"Patient.{value.Name}";
            var by = Contacts.Contains(value.Name) ? ranked.OrderByDescending(record => record.Said) : (IEnumerable<SourceRecord>)ranked;
            origins.Add(new(path, [.. by.Where(record => Says(record.Patient, value))]));
        }

        return origins;
    }

    private static List<SourceRecord> Ranked(IReadOnlyList<SourceRecord> records, string person) =>
    [
        .. records.OrderByDescending(record => Traits.Of(record.Patient).IsQualified).ThenByDescending(record => record.Origin == person)
            .ThenBy(record => record.Since).ThenBy(record => record.Sender, StringComparer.Ordinal).ThenBy(record => record.Number, StringComparer.Ordinal),
    ];

    private static Element WithoutReplaced(Element record, Element said)
    {
        foreach (var extension in said.All("extension"))
            foreach (var old in record.All("extension").ToArray())
                if (old.Text("url") == extension.Text("url"))
                    record.Remove(old);
        return record;
    }

    private static bool Says(Element record, Element value)
    {
        foreach (var said in record.All(value.Name))
            if (PersonMerge.SayTheSame(said, value))
                return true;
        return false;
    }
}
