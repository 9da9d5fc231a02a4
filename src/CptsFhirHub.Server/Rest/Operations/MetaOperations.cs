using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Rest.Operations;

/// <summary>
/// <c>$meta</c>, <c>$meta-add</c>, <c>$meta-delete</c>: profiles, tags and security labels of a resource.
/// https://hl7.org/fhir/R4/resource-operation-meta.html
/// </summary>
/// <remarks>A change is written as an update is, by the same rights and rules, and makes a version: nothing here is ever changed in place.</remarks>
internal static class MetaOperations
{
    private static readonly string[] Lists = ["profile", "security", "tag"];

    public static async Task<Answer> Show(OperationCall call, Collaborators hub, CancellationToken cancellationToken)
    {
        var request = call.Request;
        var stored = await hub.Sight.ReadAsync(request.Caller, request.Type, request.Id, cancellationToken);
        return stored is null or { IsDeleted: true } ? Answer.Missing(request.Type, request.Id) : Told(stored);
    }

    public static Task<Answer> Add(OperationCall call, Collaborators hub, CancellationToken cancellationToken) =>
        ChangeAsync(call, hub, Joined, cancellationToken);

    public static Task<Answer> Delete(OperationCall call, Collaborators hub, CancellationToken cancellationToken) =>
        ChangeAsync(call, hub, Parted, cancellationToken);

    private static async Task<Answer> ChangeAsync(
        OperationCall call, Collaborators hub, Action<Element, Element> change, CancellationToken cancellationToken)
    {
        var request = call.Request;
        var given = call.Complex("meta") ?? throw new Refusal(400, "required", "meta is a Meta.", "meta");
        Stored? written = null;
        var answer = await Update.CommitAsync(request, async () =>
        {
            var known = await hub.Sight.ReadAsync(request.Caller, request.Type, request.Id, cancellationToken);
            if (known is null or { IsDeleted: true })
                throw new Refusal(404, "not-found", $"There is no {request.Type}/{request.Id}.");
            var root = known.Resource.Root.Copy();
            change(root.Child("meta") ?? root.Add("meta"), given);
            var next = new Resource(root);
            hub.CheckBody(next);
            return (await Update.ReplaceAsync(request, next, known.Id, known, hub, cancellationToken), 0);
        }, hub, cancellationToken);
        written = answer.Stored;
        return answer.Succeeded && written is not null ? Told(written) : answer;
    }

    private static Answer Told(Stored stored)
    {
        var parameters = Element.OfResource("Parameters");
        var item = parameters.AddItem("parameter").With("name", "return");
        if (stored.Resource.Root.Child("meta") is { } meta)
            item.Append(meta.Copy("valueMeta", isListItem: false));
        return Answer.Ok(FhirJson.Write(parameters)) with { ETag = stored.ETag };
    }

    private static void Joined(Element meta, Element given)
    {
        foreach (var name in Lists)
            foreach (var item in given.All(name).ToArray())
                if (!meta.All(name).ToArray().Any(known => Same(known, item)))
                    meta.Append(item.Copy());
    }

    private static void Parted(Element meta, Element given)
    {
        foreach (var name in Lists)
            foreach (var item in given.All(name).ToArray())
                foreach (var known in meta.All(name).ToArray())
                    if (Same(known, item))
                        meta.Remove(known);
    }

    /// <summary>A profile is its URL; a label or tag is its system and code, whatever it is displayed as.</summary>
    private static bool Same(Element left, Element right) => left.IsPrimitive
        ? left.Value == right.Value
        : left.Text("system") == right.Text("system") && left.Text("code") == right.Text("code");
}
