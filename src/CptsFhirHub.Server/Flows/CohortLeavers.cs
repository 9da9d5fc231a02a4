using System.Collections.Frozen;
using System.Globalization;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <summary>Whom a later file of a cohort does not name any more.</summary>
/// <param name="Gone">The members, by reference.</param>
/// <param name="Held">Why none of those who are missing is taken out; null when nothing speaks against it.</param>
internal sealed record Leavers(IReadOnlySet<string> Gone, string? Held)
{
    public static readonly Leavers None = new(FrozenSet<string>.Empty, null);
    public static readonly Leavers Late = Nobody("A later file has told who belongs to the cohort: nobody is taken out or back by this one.");

    public static Leavers Nobody(string why) => new(FrozenSet<string>.Empty, why);
}

/// <summary>
/// Members whom the insurer has taken off the list. They stay in the Group, marked <c>inactive</c> with the day and the reason, and count no more: who is
/// listed again counts again. A file that came late, that is cut short or that does not tell whom it names takes nobody out.
/// </summary>
internal sealed class CohortLeavers(ResourceStore store, Sources sources)
{
    /// <summary>How the table of a cohort and its report call them.</summary>
    public const string Code = "retire-de-la-liste";

    /// <summary>The share of the members that one file may take out: a list may also come in several files.</summary>
    private const double GoneAtMost = 0.2;

    private static readonly string[] ForgottenBefore =
    [
        Vocabulary.MemberEvidenceExtension, Vocabulary.MemberReviewExtension, Vocabulary.MemberStateSinceExtension, Vocabulary.MemberStateExtension,
    ];

    public static bool IsInactive(Element member) => member.Text("inactive") == "true";

    /// <summary>True when a later file has told who belongs to the cohort: this one was held up, or one of its rows has only now gone on.</summary>
    public async Task<bool> IsLateAsync(JournalMessage file, Stored group, CancellationToken cancellationToken)
    {
        var told = await store.FindAllAsync(file.Tenant, Queries.By("Provenance", Queries.Refers("Provenance", "target", group.Reference)), cancellationToken);
        foreach (var provenance in told)
            if (provenance.Resource.Root.At("entity", "what", "identifier") is { } source && source.Text("system") == Vocabulary.Message
                && source.Text("value") is { } message && string.CompareOrdinal(message, file.Id) > 0)
                return true;
        return false;
    }

    /// <param name="named">The persons of the file.</param>
    /// <param name="unread">Lines of the file of which nobody knows whom they name.</param>
    public async Task<Leavers> FindAsync(
        Stored group, string number, IReadOnlyCollection<string> named, int unread, CancellationToken cancellationToken)
    {
        var active = group.Resource.Root.All("member").ToArray().Where(member => !IsInactive(member))
            .Select(member => member.Child("entity")?.Text("reference")).OfType<string>().ToHashSet(StringComparer.Ordinal);
        var most = Math.Max(1, GoneAtMost * active.Count);
        var gone = new HashSet<string>(StringComparer.Ordinal);
        foreach (var person in active.Except(named))
        {
            if (!await IsListedAsync(group.Tenant, number, person, cancellationToken))
                continue;
            if (unread > 0)
                return Leavers.Nobody($"{unread} lines of the file do not tell whom they name, and members are missing: none of them was taken out. Mend the lines and send the file again.");

            // A part of a list names hardly any of them: they need not all be looked for.
            gone.Add(person);
            if (gone.Count > most)
                return Leavers.Nobody($"More than a fifth of the {active.Count} members are missing in the file: it seems to be a part of the list, and none of them was taken out.");
        }

        return gone.Count == 0 ? Leavers.None : new(gone, null);
    }

    /// <summary>Whom the team added by hand no list takes out.</summary>
    private async Task<bool> IsListedAsync(string tenant, string number, string person, CancellationToken cancellationToken)
    {
        var lines = Queries.By("QuestionnaireResponse",
            Queries.InOneOf("QuestionnaireResponse", "identifier", sources.CohortLists, number), Queries.Refers("QuestionnaireResponse", "subject", person));
        return (await store.SearchAsync(tenant, lines with { Count = 1 }, cancellationToken)).Matches.Count > 0;
    }

    /// <summary>Marks a member, in place, as no longer listed.</summary>
    public static void Mark(Element member, DateOnly day)
    {
        member.Remove("inactive");
        member.With("inactive", true);
        member.Remove("period");
        member.Add("period").With("end", day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));

        // Who objected objects still, should the person be listed again.
        foreach (var url in ForgottenBefore)
            if (member.ExtensionOf(url) is { } old && old.Text("valueCode") != "oppose")
                member.Remove(old);
        member.AddItem("extension").With("url", Vocabulary.MemberEvidenceExtension)
            .Add("valueReference").With("display", $"Absent de la liste reçue le {day.ToString("dd/MM/yyyy", CultureInfo.InvariantCulture)}");
    }

    /// <summary>Takes a member, in place, as listed again.</summary>
    public static void Unmark(Element member)
    {
        member.Remove("inactive");
        member.Remove("period");
        if (member.ExtensionOf(Vocabulary.MemberEvidenceExtension) is { } reason)
            member.Remove(reason);
    }
}
