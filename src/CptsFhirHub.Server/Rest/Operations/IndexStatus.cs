using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Server.Rest.Operations;

/// <summary>
/// <c>SearchParameter/$index-status</c>: how far each parameter that was taken in at run time is indexed. Until all is looked at, a search
/// by it is refused.
/// </summary>
internal static class IndexStatus
{
    public static async Task<Answer> Run(OperationCall call, Collaborators hub, CancellationToken cancellationToken)
    {
        var request = call.Request;
        if (request.Id.Length > 0 && await hub.Sight.ReadAsync(request.Caller, request.Type, request.Id, cancellationToken) is null or { IsDeleted: true })
            return Answer.Missing(request.Type, request.Id);
        var parameters = Element.OfResource("Parameters");
        foreach (var (url, state) in hub.Indexes.All().OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            if (request.Id.Length > 0 && state.Id != request.Id)
                continue;
            var item = parameters.AddItem("parameter").With("name", "searchParameter");
            Part(item, "url", "valueUri", url);
            Part(item, "code", "valueCode", state.Code);
            Part(item, "state", "valueCode", StateOf(state));
            Number(item, "done", state.IsDone ? state.LastRow : state.Row);
            Number(item, "total", state.LastRow);
        }

        return Answer.Ok(FhirJson.Write(parameters));
    }

    private static string StateOf(IndexState state) => state.IsDone ? "ready" : state.Row > 0 ? "indexing" : "waiting";

    private static void Part(Element item, string name, string member, string value) => item.AddItem("part").With("name", name).With(member, value);

    private static void Number(Element item, string name, long value) =>
        item.AddItem("part").With("name", name).With("valueDecimal", (decimal)value);
}
