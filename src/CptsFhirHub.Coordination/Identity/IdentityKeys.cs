using CptsFhirHub.Coordination.Identity.Matching;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Coordination.Identity;

/// <summary>A value under which a resource is found before a decision. The store keeps it hashed.</summary>
public readonly record struct IdentityKey(string Kind, string Value);

/// <summary>
/// The keys of a resource. Two patients that <see cref="Identification"/> could join, or that a person should compare, share one at least;
/// a key proves nothing by itself.
/// </summary>
public static class IdentityKeys
{
    /// <summary>A national number, wherever it came from and whatever its authority: the comparison tells them apart.</summary>
    public const string NirHint = "nir";

    /// <summary>The number of one institution.</summary>
    public const string Local = "local";

    /// <summary>Two traits together, names by their sound, or a phone or an e-mail: finds a person whose record differs in another trait.</summary>
    public const string Near = "near";

    /// <summary>
    /// Changes when the keys of a patient do: a store that was written under another version gets its keys anew.
    /// </summary>
    public const string Version = "8";

    /// <summary>The patient of an active request for a médecin traitant.</summary>
    public const string OpenRequest = "open-request";

    /// <summary>The key that a source gave to its own report.</summary>
    public const string SourceKey = "source-key";

    /// <summary>A record that a verification of identity compares.</summary>
    public const string Compared = "compared";

    /// <summary>Two records of which a person has said that they are two persons.</summary>
    public const string Apart = "apart";

    /// <summary>The person of a sender's record.</summary>
    public const string Records = "records";

    /// <summary>What a report has in common with the withdrawal that came before it.</summary>
    public const string Withdrawn = "withdrawn";

    /// <summary>A number that its institution has replaced before anybody bore it here.</summary>
    public const string Retired = "retired-number";

    /// <summary>All kinds of keys.</summary>
    public static IReadOnlyList<string> Kinds { get; } =
        [NirHint, Local, Near, OpenRequest, SourceKey, Compared, Apart, Records, Withdrawn, Retired];

    private const string PhonePrefix = "phone|";

    private static readonly string SourceKeyPrefix = Canon.SourceKey("");

    /// <summary>The keys of a resource; none for a type that is never looked up so.</summary>
    public static IEnumerable<IdentityKey> Of(Resource resource) => resource.Type switch
    {
        "Patient" => OfPatient(resource.Root),
        "ServiceRequest" => OfRequest(resource.Root),
        "Task" => OfTask(resource.Root),
        "Basic" => OfRecord(resource.Root),
        _ => [],
    };

    /// <summary>The keys of a person's traits.</summary>
    public static IEnumerable<IdentityKey> Of(Traits traits)
    {
        List<IdentityKey> keys = [];
        foreach (var ins in traits.Ins)
            Add(NirHint, ins.Number);
        foreach (var nir in traits.Nirs)
            Add(NirHint, nir);
        foreach (var id in traits.LocalIds)
            Add(Local, $"{id.System}|{id.Value}");
        foreach (var (kind, value) in KeptKeys.Of(traits))
            Add(Near, $"{kind}|{value}");
        return keys;

        void Add(string kind, string value)
        {
            if (!keys.Contains(new(kind, value)))
                keys.Add(new(kind, value));
        }
    }

    /// <summary>The phone of which a key is; null for another key.</summary>
    public static string? PhoneOf(string kind, string value) =>
        kind == Near && value.StartsWith(PhonePrefix, StringComparison.Ordinal) ? value[PhonePrefix.Length..] : null;

    private static IEnumerable<IdentityKey> OfPatient(Element patient)
    {
        if (MatchMarks.IsNeverMatched(patient))
            return [];
        // A merged or disabled record leads to its survivor by its link, not by its traits.
        if (patient.Text("active") is "false")
            return [];
        foreach (var link in patient.All("link"))
            if (link.Text("type") is "replaced-by")
                return [];
        return Of(Traits.Of(patient));
    }

    private static List<IdentityKey> OfRequest(Element request)
    {
        List<IdentityKey> keys = [];
        foreach (var identifier in request.All("identifier"))
            if (identifier.Text("system") is { } system && identifier.Text("value") is { } value
                && system.StartsWith(SourceKeyPrefix, StringComparison.Ordinal))
                keys.Add(new(SourceKey, $"{system}|{value}"));

        if (request.Text("status") is "active" or "on-hold"
            && request.Child("subject")?.Text("reference") is { } patient && SeeksGp(request))
            keys.Add(new(OpenRequest, patient));
        return keys;
    }

    private static IEnumerable<IdentityKey> OfTask(Element task)
    {
        if (!Verification.IsOne(task))
            yield break;
        foreach (var record in Verification.Others(task).Append(Verification.Subject(task)).OfType<string>().Distinct())
            yield return new(Compared, record);
        if (Verification.Of(task) == Verdict.Apart)
            foreach (var pair in Verification.Pairs(task).Distinct())
                yield return new(Apart, pair);
    }

    private static List<IdentityKey> OfRecord(Element basic)
    {
        List<IdentityKey> keys = [];
        if (basic.At("code", "coding")?.Text("code") is "dossier-source" && basic.Child("subject")?.Text("reference") is { } person)
            keys.Add(new(Records, person));
        foreach (var identifier in basic.All("identifier"))
            if (identifier.Text("system") is { } system and (Canon.Withdrawal or Canon.RetiredNumber) && identifier.Text("value") is { } hash)
                keys.Add(new(system is Canon.Withdrawal ? Withdrawn : Retired, hash));
        return keys;
    }

    // A request without category comes from a system that knows one kind only.
    private static bool SeeksGp(Element request)
    {
        foreach (var category in request.All("category"))
            foreach (var coding in category.All("coding"))
                if (coding.Text("system") == Canon.RequestCategory)
                    return coding.Text("code") is "recherche-medecin-traitant";
        return true;
    }
}
