using System.Text.Json;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Search;
using CptsFhirHub.Tests;

namespace CptsFhirHub.Storage.Tests.Search;

/// <summary>The shared search cases over their fixtures, through the store.</summary>
public sealed class Shared_search_cases(ITestOutputHelper output)
{
    [Fact]
    public async Task The_cases_within_reach_give_the_expected_counts()
    {
        var corpus = Repository.RequireCorpus("rest");
        var fixtures = Directory.GetFiles(Path.Combine(corpus, "fixtures"), "*.json").Order(StringComparer.Ordinal)
            .Select(file => FhirJson.Parse(File.ReadAllBytes(file)).Resource!).ToList();
        var definitions = R4.Definitions.With(fixtures.Where(resource => resource.Type == "SearchParameter"));
        await using var store = await TempStore.OpenAsync(definitions: definitions);
        foreach (var resource in fixtures.Concat(fixtures.SelectMany(Posted)))
            await store.CommitAsync(new Write.Create(resource, Id: resource.Id));

        var parser = new SearchQueryParser(definitions);
        var failures = new List<string>();
        var passed = 0;
        using var cases = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(corpus, "search-cases.json")));
        foreach (var item in cases.RootElement.EnumerateArray())
        {
            if (await Check(store, parser, definitions, item) is { } failure)
                failures.Add(failure);
            else
                passed++;
        }

        Repository.Report($"corpus rest-search: {passed}/{passed + failures.Count}");
        foreach (var failure in failures)
            output.WriteLine(failure);
        Assert.True(failures.Count <= FailuresMax, $"{failures.Count} cases fail, {FailuresMax} did before:\n" + string.Join('\n', failures));
    }

    /// <summary>
    /// The one left asks for what the specification does not say: <c>|code</c> that finds a code with a system. This number may only shrink.
    /// </summary>
    private const int FailuresMax = 1;

    /// <summary>The resources that a transaction among the fixtures creates.</summary>
    private static IEnumerable<Resource> Posted(Resource resource)
    {
        if (resource.Type != "Bundle" || resource.Root.Text("type") != "transaction")
            yield break;
        foreach (var entry in resource.Root.All("entry").ToArray())
            if (entry.At("request", "method")?.Value == "POST" && entry.Child("resource") is { } posted)
                yield return new(posted.Copy(posted.ResourceType, isListItem: false));
    }

    private static async Task<string?> Check(TempStore store, SearchQueryParser parser, DefinitionSet definitions, JsonElement item)
    {
        var url = item.GetProperty("url").GetString()!;
        var question = url.IndexOf('?', StringComparison.Ordinal);
        var path = question < 0 ? url : url[..question];
        var pairs = (question < 0 ? "" : url[(question + 1)..]).Split('&', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=', 2))
            .Select(pair => new KeyValuePair<string, string>(Uri.UnescapeDataString(pair[0]), Uri.UnescapeDataString(pair[1]))).ToList();

        var queries = new List<SearchQuery>();
        foreach (var (type, within) in Types(path, pairs, definitions))
        {
            var parsed = parser.Parse(type, pairs.Where(pair => pair.Key != "_type"));
            if (!parsed.IsSound)
                return $"{url}: {parsed.Issues[0].Text}";
            var query = within is null ? parsed.Query : parsed.Query.And([within]);
            if (item.TryGetProperty("patientContext", out var context))
            {
                // "launch Patient/x, scope patient/*.*"
                var patient = context.GetString()!.Split(',')[0].Split('/')[^1];
                var rows = new SearchableRows(
                    named => Compartments.Of(definitions, "Patient", patient, named) ?? new Criterion.Never(), _ => true);
                query = QueryNarrowing.Narrow(query, rows, out _) with { IncludeCriteria = included => [rows.RowsOf(included)!] };
            }

            queries.Add(query with { Count = 1000 });
        }

        var page = await store.Resources.SearchAsync(TempStore.Tenant, queries, CancellationToken.None);
        if (item.TryGetProperty("total", out var total) && page.Total != total.GetInt32())
            return $"{url}: {page.Total} instead of {total.GetInt32()}";
        if (item.TryGetProperty("entries", out var entries) && page.Matches.Count + page.Included.Count != entries.GetInt32())
            return $"{url}: {page.Matches.Count + page.Included.Count} entries instead of {entries.GetInt32()}";
        return item.TryGetProperty("sorted", out var sorted) && !IsSorted(page, sorted.GetString()!) ? $"{url}: not sorted" : null;
    }

    /// <summary>The types that a path asks for, and the compartment they are sought in.</summary>
    private static IEnumerable<(string Type, Criterion? Within)> Types(
        string path, List<KeyValuePair<string, string>> pairs, DefinitionSet definitions)
    {
        switch (path.Split('/'))
        {
            case [""]:
                return pairs.Single(pair => pair.Key == "_type").Value.Split(',').Select(type => (type, (Criterion?)null));
            case [var owner, var id, var member]:
                return (member == "*" ? Compartments.Members(owner) : [member])
                    .Select(type => (type, (Criterion?)(Compartments.Of(definitions, owner, id, type, withOwner: false) ?? new Criterion.Never())));
            default:
                return [(path, null)];
        }
    }

    private static bool IsSorted(SearchPage page, string key)
    {
        var descending = key[0] == '-';
        var values = page.Matches.Select(match => key.TrimStart('-') switch
        {
            "_lastUpdated" => match.LastUpdated.ToString("O"),
            "birthdate" => match.Resource.Root.Text("birthDate"),
            "date" => match.Resource.Root.Text("effectiveDateTime"),
            var name => match.Resource.Root.Text(name),
        }).OfType<string>().ToList();
        var order = descending ? values.OrderDescending(StringComparer.Ordinal) : values.Order(StringComparer.Ordinal);
        return values.SequenceEqual(order);
    }
}
