using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Coordination.Identity;

/// <summary>
/// What a known Patient keeps and what a newer report of the same person brings. Traits of a qualified identity win over others; among
/// equals the known ones stay. Contacts: the newest is used, the former stay as old. Names of two sources are never mixed.
/// </summary>
public static class Survivorship
{
    private static readonly string[] Identity = ["name", "birthDate", "gender"];

    /// <summary>What has a rule of its own here, or belongs to the stored record alone. The rest is filled in where it was missing.</summary>
    private static readonly string[] Handled =
    [
        .. Identity, "id", "meta", "text", "active", "link", "extension", "identifier", "telecom", "address",
        "deceasedBoolean", "deceasedDateTime", "generalPractitioner", "contact",
    ];

    /// <summary>The known Patient with what the newer one brings. Merging the same twice changes nothing.</summary>
    public static Element Merge(Element known, Element newer)
    {
        var merged = known.Copy();
        var takesTraits = Traits.Of(newer).IsQualified && !Traits.Of(known).IsQualified;
        foreach (var name in Identity)
        {
            if (newer.Child(name) is null || !takesTraits && merged.Child(name) is not null)
                continue;
            merged.Remove(name);
            foreach (var item in newer.All(name))
                merged.Append(item.Copy());
        }

        MergeExtensions(merged, newer, takesTraits);
        MergeIdentifiers(merged, newer);
        foreach (var telecom in newer.All("telecom"))
            if (!Has(merged, "telecom", other => AgreeOnSystemAndValue(other, telecom)))
                merged.Append(telecom.Copy());
        MergeAddress(merged, newer);
        foreach (var single in (ReadOnlySpan<string>)["deceasedBoolean", "deceasedDateTime"])
            if (newer.Child(single) is { } death && death.Value is not "false" && merged.Child("deceasedDateTime") is null)
            {
                merged.Remove("deceasedBoolean");
                merged.Append(death.Copy());
            }

        // A person declares one GP: the newest word replaces the former.
        if (newer.Child("generalPractitioner") is not null)
        {
            merged.Remove("generalPractitioner");
            foreach (var gp in newer.All("generalPractitioner"))
                merged.Append(gp.Copy());
        }

        foreach (var contact in newer.All("contact"))
            if (!Has(merged, "contact", other => AreEqual(other, contact)))
                merged.Append(contact.Copy());
        foreach (var child in newer.Children)
            if (!Handled.Contains(child.Name) && known.Child(child.Name) is null)
                merged.Append(child.Copy());
        return merged;
    }

    /// <summary>
    /// The known Patient with what an older report of the same sender, which comes late, says beside it: where the person lived, what number it had,
    /// or whom it had declared, before is not what it has now.
    /// </summary>
    public static Element Complete(Element known, Element late)
    {
        var older = late.Copy();
        if (known.Child("generalPractitioner") is not null)
            older.Remove("generalPractitioner");
        if (Has(known, "address", IsHome))
            foreach (var address in older.All("address"))
                if (IsHome(address) && !Has(known, "address", other => AreEqual(other, address)))
                    address.Put("use", "old");
        foreach (var telecom in older.All("telecom"))
            if (!Has(known, "telecom", other => AgreeOnSystemAndValue(other, telecom))
                && Has(known, "telecom", other => other.Text("system") == telecom.Text("system") && other.Text("use") is not "old"))
                telecom.Put("use", "old");
        return Merge(known, older);
    }

    private static bool IsHome(Element address) => address.Text("use") is "home" or null;

    private static void MergeIdentifiers(Element merged, Element newer)
    {
        foreach (var identifier in newer.All("identifier"))
        {
            Element? same = null;
            foreach (var other in merged.All("identifier"))
                if (AgreeOnSystemAndValue(other, identifier)
                    && other.At("type", "coding")?.Text("code") == identifier.At("type", "coding")?.Text("code"))
                    same = other;
            if (same is null)
                merged.Append(identifier.Copy());
            // A merge at the hospital: its number is no longer in use, and still finds the person.
            else if (identifier.Text("use") is "old")
                same.Put("use", "old");
        }
    }

    private static void MergeExtensions(Element merged, Element newer, bool takesTraits)
    {
        foreach (var extension in newer.All("extension"))
        {
            var url = extension.Text("url");
            if (Has(merged, "extension", other => other.Text("url") == url))
            {
                if (!takesTraits)
                    continue;
                foreach (var old in merged.All("extension").ToArray())
                    if (old.Text("url") == url)
                        merged.Remove(old);
            }

            merged.Append(extension.Copy());
        }
    }

    private static void MergeAddress(Element merged, Element newer)
    {
        foreach (var address in newer.All("address"))
        {
            if (Has(merged, "address", other => AreEqual(other, address)))
                continue;
            foreach (var old in merged.All("address"))
                if (IsHome(old) && IsHome(address))
                    old.Put("use", "old");
            merged.Append(address.Copy());
        }
    }

    private static bool Has(Element element, string name, Func<Element, bool> holds)
    {
        foreach (var item in element.All(name))
            if (holds(item))
                return true;
        return false;
    }

    private static bool AgreeOnSystemAndValue(Element a, Element b) =>
        a.Text("system") == b.Text("system") && a.Text("value") == b.Text("value");

    private static bool AreEqual(Element a, Element b)
    {
        if (a.Value != b.Value || a.Count != b.Count)
            return false;
        for (var i = 0; i < a.Count; i++)
            if (a[i].Name != b[i].Name || !AreEqual(a[i], b[i]))
                return false;
        return true;
    }
}
