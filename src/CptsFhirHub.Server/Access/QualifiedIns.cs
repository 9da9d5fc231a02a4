using CptsFhirHub.Coordination.Identity;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Access;

/// <summary>
/// Only a qualified INS leaves the hub: a partner is shown a resource without the others, marked as a part. Its version is the same. Who alone
/// sent a resource reads what it sent, and the coordination all there is.
/// </summary>
internal static class QualifiedIns
{
    private const string Observed = "http://terminology.hl7.org/CodeSystem/v3-ObservationValue";
    private const string Subsetted = "SUBSETTED";

    /// <summary>The bytes of a resource as they may leave for that caller: those that are stored, unless an INS is taken out of them.</summary>
    public static ReadOnlyMemory<byte> For(Caller caller, ReadOnlyMemory<byte> json)
    {
        if (Hidden(caller, json) is not var (_, shown))
            return json;
        (shown.Child("meta") ?? shown.Add("meta")).AddItem("tag").With("system", Observed).With("code", Subsetted);
        return FhirJson.Write(shown);
    }

    /// <summary>
    /// What a partner writes over a resource of which it was shown a part: the members that it left as it was shown them stay as they are stored.
    /// </summary>
    public static Resource Restored(Caller caller, Stored? current, Resource next)
    {
        if (current is null || Hidden(caller, current.Json) is not var (stored, shown))
            return next;
        var whole = next.Root.Copy(next.Type, isListItem: false);
        foreach (var name in stored.Children.ToArray().Select(child => child.Name).Distinct())
        {
            if (name is "id" or "meta" || PartnerFields.Same(stored.All(name), shown.All(name)) || !PartnerFields.Same(shown.All(name), whole.All(name)))
                continue;
            whole.Remove(name);
            foreach (var child in stored.All(name))
                whole.Append(child.Copy());
        }

        foreach (var tag in whole.Child("meta") is { } meta ? meta.All("tag").ToArray() : [])
            if (tag.Text("system") == Observed && tag.Text("code") == Subsetted)
                whole.Child("meta")!.Remove(tag);
        if (whole.Child("meta") is { IsEmpty: true })
            whole.Remove("meta");
        return new(whole);
    }

    /// <summary>A resource as it is stored and as it is shown; null when both are the same.</summary>
    private static (Element Stored, Element Shown)? Hidden(Caller caller, ReadOnlyMemory<byte> json)
    {
        if (caller.Policy.Sender is not { } client || !NationalNumbers.MayStandIn(json.Span))
            return null;
        var stored = FhirJson.Parse(json, JsonLimits.AsKept).Resource?.Root ?? throw new InvalidDataException("The stored bytes are not readable.");
        return SentBy.Senders(stored).SetEquals([client]) || NationalNumbers.WithoutUnqualified(stored) is not { } shown ? null : (stored, shown);
    }
}
