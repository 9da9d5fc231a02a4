using System.Text;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Search;
using CptsFhirHub.Server.Subscriptions;
using CptsFhirHub.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace CptsFhirHub.Tests.Subscriptions;

/// <summary>What is told from a resource's own values is what the store's search says; what cannot be told is left open.</summary>
public sealed class Matching_of_criteria(HubHost hub)
{
    private static readonly string[] Resources =
    [
        """{"resourceType":"Task","id":"m1","status":"requested","intent":"order","owner":{"reference":"Organization/a"},"authoredOn":"2026-03-04T10:00:00+01:00","code":{"coding":[{"system":"urn:c","code":"X"}],"text":"Appui"}}""",
        """{"resourceType":"Task","id":"m2","status":"completed","intent":"order","owner":{"reference":"Organization/b"},"authoredOn":"2026-03","code":{"coding":[{"system":"urn:d","code":"x"},{"code":"Y"}]},"identifier":[{"system":"urn:i","value":"Ab"}]}""",
        """{"resourceType":"Task","id":"m3","status":"draft","intent":"plan","meta":{"tag":[{"system":"urn:t","code":"z"}]},"owner":{"identifier":{"system":"urn:o","value":"1"}},"focus":{"reference":"urn:uuid:5"}}""",
        """{"resourceType":"Task","id":"m4","status":"requested","intent":"order","for":{"reference":"Patient/p"},"authoredOn":"2026-03-05","businessStatus":{"coding":[{"system":"urn:b","code":"recu"}]}}""",
    ];

    private static readonly string[] Queries =
    [
        "status=requested", "status=requested,draft", "status:not=requested", "status=REQUESTED", "owner=Organization/a", "owner=a", "owner=Patient/a",
        "owner:missing=true", "owner:missing=false", "owner:Organization=a", "owner:identifier=urn:o|1", "code=urn:c|X", "code=urn:c|x", "code=|Y", "code=urn:d|",
        "code=x", "code:not=x", "code:text=app", "identifier=Ab", "identifier=ab", "identifier=urn:i|Ab", "authored-on=2026-03-04", "authored-on=2026-03",
        "authored-on=ge2026-03-05", "authored-on=gt2026-03-04", "authored-on=lt2026-03-05", "authored-on=le2026-03-04", "authored-on=sa2026-03-04",
        "authored-on=eb2026-03-05", "authored-on=ne2026-03-04", "_tag=urn:t|z", "_tag=z", "_id=m1", "_id=m1,m3", "patient=p", "patient=Patient/p",
        "business-status=recu", "business-status:missing=true", "focus:missing=false", "patient.family=x", "_has:Provenance:target:_id=x", "_lastUpdated=ge2000-01-01",
        "status=requested&owner=a", "status:not=draft&code:not=x", "intent=plan",
    ];

    [Fact]
    public async Task Memory_and_store_agree_on_every_criterion()
    {
        var store = hub.Services.GetRequiredService<ResourceStore>();
        var definitions = hub.Services.GetRequiredService<DefinitionSet>();
        var tenant = $"matching-{Guid.NewGuid():N}";
        var parsed = Resources.Select(json => FhirJson.Parse(Encoding.UTF8.GetBytes(json)).Resource!).ToList();
        await store.CommitAsync(tenant, [.. parsed.Select(resource => new Write.Create(resource, Id: resource.Id))], CancellationToken.None);
        var extraction = new SearchExtraction(definitions);
        var parser = new SearchQueryParser(definitions);
        var told = 0;
        foreach (var text in Queries)
        {
            var read = parser.Parse("Task", text.Split('&').Select(pair => KeyValuePair.Create(pair[..pair.IndexOf('=')], pair[(pair.IndexOf('=') + 1)..])));
            Assert.True(read.IsSound, $"{text}: {string.Join("; ", read.Issues.Select(issue => issue.Text))}");
            var found = (await store.SearchAsync(tenant, read.Query, CancellationToken.None)).Matches.Select(match => match.Id).ToHashSet();
            foreach (var resource in parsed)
            {
                var open = new List<Criterion>();
                var met = Matching.Test(read.Query.Criteria, resource.Id!, extraction.Extract(resource), open);
                if (open.Count > 0 && met)
                    continue;
                told++;
                Assert.True(met == found.Contains(resource.Id!), $"{text} on {resource.Id}: memory says {met}, the store {!met}.");
            }
        }

        // Most of it is told without the store; else nothing would be gained.
        Assert.True(told > Queries.Length * Resources.Length * 0.8, $"Only {told} are told.");
    }

    [Fact]
    public void An_owners_change_looks_at_the_owners_subscriptions_alone()
    {
        var owner = R4.Definitions.SearchParameter("Task", "owner")!;
        Followed Of(string id, params Criterion[] criteria) => new("t", id, new SubscriptionWish { Status = "active", Criteria = "Task" }, null, new("Task", criteria));
        var followers = new FollowersOfType(
        [
            Of("all"), .. Enumerable.Range(0, 1_000).Select(n => Of($"{n}", new Criterion.Match(owner, null, [new SearchValue.Reference("Organization", $"o{n}", null)]))),
        ]);
        Assert.Equal(["all", "7"], followers.Candidates([new IndexValue.Reference(owner, "Organization", "o7", null)]).Select(follower => follower.Id));
        Assert.Equal(["all"], followers.Candidates([]).Select(follower => follower.Id));
    }
}
