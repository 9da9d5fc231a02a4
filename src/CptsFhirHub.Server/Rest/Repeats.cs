using System.Security.Cryptography;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Rest;

/// <summary>
/// Requests under an <c>Idempotency-Key</c>: what is sent again under the same key has no second effect, and its answer is the first one.
/// https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
/// </summary>
/// <remarks>
/// A key belongs to one client and one address. The answer of a write is kept in the transaction of the write; that of an operation follows
/// it. A refusal had no effect and is not kept: the same request may succeed later. A batch is no unit, so each of its entries has a key of
/// its own, made of the batch's key and the entry's place.
/// </remarks>
internal sealed class Repeats(KeptAnswers answers, ResourceStore store, RepeatTurns turns)
{
    /// <summary>True for the routes on which a key means something: those that change what is stored.</summary>
    public static bool Takes(Route route) => route.Name is "create" or "update" or "patch" or "batch" || IsOperation(route);

    /// <summary>The request of an entry of a batch under the batch's key.</summary>
    public static Repeatable? OfEntry(Repeatable? batch, Route route, int index) => batch is not null && Takes(route) && route.Name != "batch"
        ? new(SHA256.HashData([.. batch.Scope, .. BitConverter.GetBytes(index)]), batch.Digest)
        : null;

    /// <summary>Carries a request out, or answers as the first time.</summary>
    public async Task<Answer> RunAsync(Route route, FhirRequest request, Collaborators hub, CancellationToken cancellationToken)
    {
        if (request.Once is not { } once)
            return await route.Run(request, hub, cancellationToken);
        using var turn = turns.Enter(request.Caller.Tenant, once);
        if (turn is null)
            return StillRunning();

        // The answer of a transaction is put together from its entries; an entry of a batch comes here by itself.
        if (route.Name == "batch")
            return await route.Run(request, hub, cancellationToken);
        if (Find(request) is { } kept)
            return (await ReplayAsync(request, kept, cancellationToken))[0]!;
        if (!IsOperation(route))
            return await route.Run(request, hub, cancellationToken);

        // What an operation writes is not yet its answer.
        var answer = await route.Run(request with { Once = null }, hub, cancellationToken);
        if (answer.Succeeded && await answers.KeepAsync(request.Caller.Tenant, once, AnswerMemory.Write([answer]), cancellationToken) is { } earlier)
            return (await ReplayAsync(request, earlier, cancellationToken))[0]!;
        return answer;
    }

    /// <summary>The answer given to this request before; null when there is none.</summary>
    public KeptAnswer? Find(FhirRequest request) => request.Once is { } once ? answers.Find(request.Caller.Tenant, once.Scope) : null;

    /// <summary>The answers as they were given, one for each entry of a transaction; null where it was a read. Refuses another request under the same key.</summary>
    public async Task<IReadOnlyList<Answer?>> ReplayAsync(FhirRequest request, KeptAnswer kept, CancellationToken cancellationToken)
    {
        RepeatKey.RequireSame(kept, request.Once!);
        return await AnswerMemory.ReadAsync(kept.Answer, store, request.Caller.Tenant, cancellationToken);
    }

    /// <summary>409: the first request under this key has no answer yet.</summary>
    public static Answer StillRunning() => Answer.Refused(409, "conflict", $"A request under this {RepeatKey.Header} is still running.") with
    {
        Headers = [("Retry-After", "1")],
    };

    private static bool IsOperation(Route route) => route.Name[0] == '$' && route.Method == "POST" && route.AffectsState;
}
