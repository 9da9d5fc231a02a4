using System.Globalization;
using System.Runtime.CompilerServices;
using CptsFhirHub.Coordination.Signalements;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <summary>An open file with its request and its person.</summary>
internal sealed record FileOfPerson(Stored File, Stored Request, Stored Person)
{
    public string? State => KnownPerson.StateOf(File.Resource.Root);

    /// <summary>True while nobody has said whether the person is one whom the hub knew already.</summary>
    public bool IsInDoubt => State == FileStates.DuplicateToCheck;

    public bool IsFragile => Priority is "urgent" or "asap" or "stat";

    public string Priority => Request.Resource.Root.Text("priority") ?? "routine";

    public decimal Rank => RankOf(Request.Resource.Root);

    /// <summary>The rank of a request; nothing when it has none.</summary>
    public static decimal RankOf(Element request) => decimal.TryParse(
        request.ExtensionOf(Vocabulary.RankExtension)?.Text("valueDecimal"), NumberStyles.Float, CultureInfo.InvariantCulture, out var rank) ? rank : 0;

    /// <summary>Where the person lives: the first address that is neither old nor for a time.</summary>
    public Element? Home
    {
        get
        {
            foreach (var address in Person.Resource.Root.All("address"))
                if (address.Text("use") is not ("old" or "temp"))
                    return address;
            return null;
        }
    }
}

/// <summary>All open files of a tenant, page after page.</summary>
internal sealed class OpenFiles(ResourceStore store)
{
    private static readonly string[] Open = ["requested", "received", "accepted", "ready", "in-progress", "on-hold"];

    /// <param name="tenant">Whose files.</param>
    /// <param name="source">Those alone that this source signalled, perhaps beside others; null for all.</param>
    /// <param name="cancellationToken">The caller's patience.</param>
    public async IAsyncEnumerable<FileOfPerson> WalkAsync(string tenant, string? source, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var query = Queries.By("Task",
            Queries.Token("Task", "code", Vocabulary.TaskKind, Vocabulary.ParcoursTask), Queries.Token("Task", "status", null, Open));
        while (true)
        {
            var page = await store.SearchAsync(tenant, query, cancellationToken);
            foreach (var file in page.Matches)
                if (file.Resource.Root.Child("focus")?.Text("reference") is { } focus && file.Resource.Root.Child("for")?.Text("reference") is { } subject
                    && await store.ReadAsync(tenant, focus, cancellationToken) is { } request
                    && (source is null || KnownPerson.SourcesOf(request.Resource.Root).Contains(source))
                    && await store.ReadAsync(tenant, subject, cancellationToken) is { } person)
                    yield return new(file, request, person);
            if (page.NextCursor is not { } next)
                yield break;
            query = query with { Cursor = next };
        }
    }
}
