using System.Globalization;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Server.Flows;

/// <summary>
/// When a sender made the message from which a resource was last taken (<c>meta.extension</c> <c>dit-le</c>), by its own clock. Messages overtake each
/// other on their way: what an older one says does not replace what a newer one of the same sender has said.
/// </summary>
internal static class SaidAt
{
    private const string Url = Vocabulary.Root + "/StructureDefinition/dit-le";

    /// <summary>Writes the time into a tree that is still being built; null leaves what stands there.</summary>
    public static void Stamp(Element root, DateTimeOffset? time)
    {
        if (time is not { } said)
            return;
        var meta = root.Child("meta") ?? root.Add("meta");
        if (meta.ExtensionOf(Url) is { } old)
            meta.Remove(old);
        meta.AddItem("extension").With("url", Url).With("valueDateTime", said.Instant());
    }

    /// <summary>The time that stands in a resource; null when none does.</summary>
    public static DateTimeOffset? Of(Element root) => Parse(root.Child("meta")?.ExtensionOf(Url)?.Text("valueDateTime"));

    /// <summary>True when a message of that time is older than the one from which the resource was taken. Unknown is never older.</summary>
    public static bool IsLate(Element known, DateTimeOffset? said) => said < Of(known);

    /// <summary>The changed tree with the time of what changed it; the tree that stood there when nothing did.</summary>
    public static Element Changed(Element before, Element after, DateTimeOffset? time)
    {
        if (!after.SameAs(before))
            Stamp(after, time);
        return after;
    }

    /// <summary>A dateTime with its hours; null for a day, which orders nothing.</summary>
    public static DateTimeOffset? Parse(string? text) =>
        text is { Length: > 10 } && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.None, out var instant) ? instant : null;
}
