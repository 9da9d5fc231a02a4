using System.Globalization;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Server.Access;

namespace CptsFhirHub.Server.Rest;

/// <summary>One entry of a batch or transaction, read but not yet run.</summary>
internal sealed record BatchEntry(int Index, FhirRequest Request, Route Route, string? FullUrl)
{
    public string Path => string.Create(CultureInfo.InvariantCulture, $"Bundle.entry[{Index}]");
}

/// <summary>FHIR batch and transaction: POST of a Bundle to the base. https://hl7.org/fhir/R4/http.html#transaction</summary>
internal static class Batch
{
    public static async Task<Answer> Handle(FhirRequest request, Collaborators hub, CancellationToken cancellationToken)
    {
        if (request.Body is not { Type: "Bundle" } bundle)
            return Answer.Refused(400, "invalid", "The base takes a Bundle of type batch or transaction.");
        var entries = bundle.Root.All("entry");
        if (entries.Length > hub.Settings.Limits.BundleEntries)
            return Answer.Refused(413, "too-costly", $"A Bundle has at most {hub.Settings.Limits.BundleEntries} entries here.");

        switch (bundle.Root.Text("type"))
        {
            case "transaction":
                return await Transaction.Handle(request, bundle, hub, cancellationToken);
            case "batch":
                var answers = new List<Answer>(entries.Length);
                for (var index = 0; index < bundle.Root.All("entry").Length; index++)
                    answers.Add(await RunAsync(request, bundle.Root.All("entry")[index], index, hub, cancellationToken));
                var isRepeated = answers.Exists(answer => answer.Headers.Any(header => header.Name == RepeatKey.ReplayedHeader));
                return Answer.Ok(Write("batch-response", answers, request.Caller, hub)) with { Headers = isRepeated ? [(RepeatKey.ReplayedHeader, "true")] : [] };
            default:
                return Answer.Refused(400, "value", "The base takes a Bundle of type batch or transaction.", "Bundle.type");
        }
    }

    /// <summary>Reads entry.request. Refuses what no interaction answers.</summary>
    public static BatchEntry Read(FhirRequest batch, Element entry, int index, Func<string, string>? rewrite = null)
    {
        var path = string.Create(CultureInfo.InvariantCulture, $"Bundle.entry[{index}]");
        if (entry.Child("request") is not { } wanted || wanted.Text("method") is not { } method || wanted.Text("url") is not { } url)
            throw new Refusal(400, "required", "Each entry has a request with method and url.", $"{path}.request");

        url = rewrite?.Invoke(url) ?? url;
        var question = url.IndexOf('?', StringComparison.Ordinal);
        var parameters = question < 0 ? [] : QueryText.Read(url[question..]);
        if (Routes.Find(method, question < 0 ? url : url[..question]) is not var (route, type, id, version) || route.Name == "batch")
            throw new Refusal(400, "not-supported", "No interaction answers this method and url.", $"{path}.request.url");
        var resource = entry.Child("resource");
        return new(
            index,
            batch with
            {
                Method = route.Method,
                Type = type,
                Id = id,
                Version = version,
                Path = question < 0 ? url : url[..question],
                View = View.Take(parameters),
                Parameters = parameters,
                Body = resource is null ? null : new(resource.Copy(resource.ResourceType, isListItem: false)),
                IfMatch = wanted.Text("ifMatch"),
                IfNoneMatch = wanted.Text("ifNoneMatch"),
                IfNoneExist = wanted.Text("ifNoneExist"),
                IfModifiedSince = DateTimeOffset.TryParse(wanted.Text("ifModifiedSince"), CultureInfo.InvariantCulture, out var since) ? since : null,
                IsEntry = true,
                Once = null,
            },
            route,
            entry.Text("fullUrl"));
    }

    public static ReadOnlyMemory<byte> Write(string type, IReadOnlyList<Answer> answers, Caller caller, Collaborators hub)
    {
        using var bundle = new BundleBytes(type, hub.Url.Fhir);
        bundle.BeginEntries();
        foreach (var answer in answers)
            bundle.Response(answer, caller);
        return bundle.End();
    }

    /// <summary>Runs one entry by itself: a refusal is its answer and hinders no other.</summary>
    private static async Task<Answer> RunAsync(
        FhirRequest batch, Element entry, int index, Collaborators hub, CancellationToken cancellationToken)
    {
        try
        {
            var read = Read(batch, entry, index);
            read.Route.Admit(read.Request);
            return await hub.Repeats.RunAsync(
                read.Route, read.Request with { Once = Repeats.OfEntry(batch.Once, read.Route, index) }, hub, cancellationToken);
        }
        catch (Refusal refusal)
        {
            return Answer.Refused(refusal.Status, refusal.Issues);
        }
    }
}
