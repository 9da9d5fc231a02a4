using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Patch;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Rest;

/// <summary>
/// FHIR patch: by JSON Patch or FHIRPath Patch, by id, with If-Match, and conditional. What comes out is written as an update is:
/// the same rights, checks and rules. https://hl7.org/fhir/R4/http.html#patch
/// </summary>
internal static class Patch
{
    public static Task<Answer> Handle(FhirRequest request, Collaborators hub, CancellationToken cancellationToken) =>
        Update.CommitAsync(request, () => PlanAsync(request, hub, cancellationToken), hub, cancellationToken);

    private static async Task<(IReadOnlyList<Write> Writes, int At)> PlanAsync(
        FhirRequest request, Collaborators hub, CancellationToken cancellationToken)
    {
        if (request.Id.Length > 0)
        {
            var known = await hub.Store.ReadAsync(request.Caller.Tenant, request.Type, request.Id, cancellationToken);
            return (await ReplaceAsync(request, known, hub, cancellationToken), 0);
        }

        var resolved = await Conditions.ResolveAsync(request.Type, request.Parameters, request.Caller, hub, cancellationToken);
        return ([resolved.Unchanged, .. await ReplaceAsync(request, resolved.Match, hub, cancellationToken)], 1);
    }

    /// <summary>The update that the patch makes of a known resource. It never creates one.</summary>
    public static async Task<IReadOnlyList<Write>> ReplaceAsync(
        FhirRequest request, Stored? known, Collaborators hub, CancellationToken cancellationToken)
    {
        // Its answers tell what stands there: who may not read may not patch.
        if (!request.Caller.Policy.Allows(request.Type, Deeds.Read))
            throw new Refusal(403, "forbidden", $"A patch needs the right to read {request.Type}.");
        if (known is null or { IsDeleted: true } || !await hub.Sight.SeesAsync(request.Caller, known, cancellationToken))
            throw new Refusal(404, "not-found", request.Id.Length > 0 ? $"There is no {request.Type}/{request.Id}." : "The condition matches nothing.");

        // A patch made for another version may not even fit this one: the version is the true reason.
        if (Conditions.Version(request.IfMatch, known.Version) is { } version && version != known.Version)
            throw new Refusal(412, "conflict", "If-Match names a version that is not the current one.");

        var next = Apply(request, known.Resource, hub, cancellationToken);
        return await Update.ReplaceAsync(request, next, known.Id, known, hub, cancellationToken);
    }

    private static Resource Apply(FhirRequest request, Resource current, Collaborators hub, CancellationToken cancellationToken)
    {
        var limits = BinaryContent.LimitsFor(current.Type, hub.Settings.Limits);
        var patched = JsonPatchOf(request) is { } json
            ? JsonPatch.Apply(current, json, limits)
            : request.Body is { Type: "Parameters" } parameters
                ? FhirPathPatch.Apply(current, parameters, hub.Time.GetUtcNow(), limits, cancellationToken)
                : throw new Refusal(400, "invalid", "A patch is a JSON Patch, or Parameters with a FHIRPath Patch.");
        if (patched.Resource is not { } next)
            throw new Refusal(patched.Issues.Any(issue => issue.Severity == Severity.Fatal) ? 400 : 422, patched.Issues);
        if (next.Type != current.Type || next.Id != current.Id)
            throw new Refusal(422, "business-rule", "A patch changes neither the type nor the id of a resource.", $"{current.Type}.id");
        hub.CheckBody(next);
        return next;
    }

    /// <summary>The JSON Patch over HTTP, or that of an entry: a Binary that names its media type.</summary>
    private static ReadOnlyMemory<byte>? JsonPatchOf(FhirRequest request)
    {
        if (request.JsonPatch is { } patch)
            return patch;
        if (request.Body is not { Type: "Binary" } binary || binary.Root.Text("contentType") != Negotiation.JsonPatch)
            return null;
        var bytes = new byte[(binary.Root.Text("data") ?? "").Length];
        return Convert.TryFromBase64String(binary.Root.Text("data") ?? "", bytes, out var written)
            ? bytes.AsMemory(0, written)
            : throw new Refusal(400, "value", "The data of the Binary are not base64.", "Binary.data");
    }
}
