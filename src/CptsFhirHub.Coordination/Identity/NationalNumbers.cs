using System.Globalization;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Coordination.Identity;

/// <summary>
/// The national numbers of a person as a resource bears them: what is doubtful about them, and which of them may not leave the hub. A doubtful
/// number is kept as it came. An INS travels with a qualified identity alone (RNIV). A NIR of type NH is no INS but a number for bills, perhaps a
/// parent's, under the same OID: it is kept to find a person by, and goes to nobody.
/// </summary>
public static class NationalNumbers
{
    private const int DepthMax = 64;

    /// <summary>False when these bytes bear no number of a national authority: most resources need not be read for it.</summary>
    public static bool MayStandIn(ReadOnlySpan<byte> json) =>
        json.IndexOf("1.2.250.1.213.1.4."u8) >= 0 || json.IndexOf("\\u00"u8) >= 0;

    /// <summary>A warning for each number with a wrong key, and for each that contradicts the record's own sex or birth date.</summary>
    public static IReadOnlyList<Issue> Check(Element patient)
    {
        if (patient.ResourceType != "Patient")
            return [];
        List<Issue> issues = [];
        var identifiers = patient.All("identifier");
        for (var i = 0; i < identifiers.Length; i++)
        {
            if (!Canon.IsInsSystem(identifiers[i].Text("system")) || identifiers[i].Text("value") is not { } value)
                continue;
            var number = Nir.Read(value);
            var path = string.Create(CultureInfo.InvariantCulture, $"Patient.identifier[{i}].value");
            if (number.Form == NirForm.WrongKey)
                issues.Add(Issue.Warning("value", path, Nir.WrongKeyText));
            if (number.ContradictsOwner(patient.Text("gender"), patient.Text("birthDate")))
                issues.Add(Issue.Warning("business-rule", path, Nir.ForeignText));
        }

        return issues;
    }

    /// <summary>
    /// The resource without the INS of identities that are not qualified, without numbers for bills, and without the narrative that may repeat
    /// them; null when it bears none. Where no Patient says how far a number is trusted, it is not.
    /// </summary>
    public static Element? WithoutUnqualified(Element resource)
    {
        var copy = resource.Copy(resource.ResourceType, isListItem: false);
        return Take(copy, IsTrusted(copy), depth: 0) ? copy : null;
    }

    private static bool IsTrusted(Element resource) => resource.ResourceType == "Patient" && Traits.IsSaidQualified(resource);

    private static bool Take(Element element, bool isTrusted, int depth)
    {
        if (depth > DepthMax)
            return false;
        var isTaken = false;
        foreach (var child in element.Children.ToArray())
        {
            if (IsNational(child))
            {
                if (isTrusted && child.At("type", "coding")?.Text("code") is not "NH")
                    continue;
                element.Remove(child);
                isTaken = true;
            }
            else if (child.Count > 0 && Take(child, child.ResourceType is null ? isTrusted : IsTrusted(child), depth + 1))
            {
                // A reference by that number alone refers to nobody now.
                if (child.Count == 0)
                    element.Remove(child);
                isTaken = true;
            }
        }

        if (isTaken && element.ResourceType is not null)
            element.Remove("text");
        return isTaken;
    }

    // Without a type the number would be read as what its OID says.
    private static bool IsNational(Element element) =>
        element.Text("system") is Canon.InsNir or Canon.InsNia && element.Text("value") is not null;
}
