using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Search;
using CptsFhirHub.Server.Rest;

namespace CptsFhirHub.Server.Subscriptions;

/// <summary>What a subscription follows, read and checked; with issues it follows nothing.</summary>
/// <param name="Topic">Null for a plain R4 criteria.</param>
/// <param name="Query">Type and criteria; null when they could not be read.</param>
internal sealed record ReadCriteria(Topic? Topic, SearchQuery? Query, IReadOnlyList<Issue> Issues);

/// <summary>Reads <c>Subscription.criteria</c> and its filters as the search they are.</summary>
internal sealed class CriteriaReading(OwnParameters own, HubSettings settings, IConfiguration configuration)
{
    /// <summary>In the demo also the root of the examples that partners try their clients with.</summary>
    private readonly List<string> _topicRoots =
    [
        .. configuration.GetSection("Hub:Subscriptions:TopicRoots").GetChildren().Select(root => root.Value!.TrimEnd('/')),
        .. settings.PublicBaseUrl is { } url ? [url + "/fhir"] : (string[])[],
        .. settings.Demo ? ["https://cpts.example.test/fhir"] : (string[])[],
    ];

    private (object State, SearchQueryParser Parser)? _parser;

    public ReadCriteria Read(SubscriptionWish wish)
    {
        if (wish.Criteria.Length == 0)
            return Refused("required", "Subscription.criteria", "A subscription says what it follows.");
        return wish.IsTopic ? ReadTopic(wish) : ReadSearch(wish);
    }

    private ReadCriteria ReadTopic(SubscriptionWish wish)
    {
        if (Topics.Find(wish.Criteria, _topicRoots) is not { } topic)
            return Refused("not-supported", "Subscription.criteria", "This topic is not offered here; /fhir/metadata names those that are.");
        var criteria = new List<Criterion>();
        var issues = new List<Issue>();
        foreach (var filter in wish.Filters)
        {
            var question = filter.IndexOf('?', StringComparison.Ordinal);
            if (question >= 0 && filter[..question] != topic.ResourceType)
                issues.Add(Issue.Error("invalid", "Subscription.criteria.extension", $"A filter of this topic is a search on {topic.ResourceType}."));
            else if (Parse(topic.ResourceType, question < 0 ? filter : filter[question..], "Subscription.criteria.extension", issues) is { } query)
                criteria.AddRange(query.Criteria);
        }

        return new(topic, issues.Count > 0 ? null : new(topic.ResourceType, criteria), issues);
    }

    private ReadCriteria ReadSearch(SubscriptionWish wish)
    {
        var question = wish.Criteria.IndexOf('?', StringComparison.Ordinal);
        var type = question < 0 ? wish.Criteria : wish.Criteria[..question];
        if (!ServedTypes.All.Contains(type))
            return Refused("invalid", "Subscription.criteria", "A criteria is a search such as Task?status=requested, on a type that is served here.");
        var issues = new List<Issue>();
        var query = question < 0 ? new(type, []) : Parse(type, wish.Criteria[question..], "Subscription.criteria", issues);
        return new(null, query, issues);
    }

    private SearchQuery? Parse(string type, string text, string path, List<Issue> issues)
    {
        var parsed = Parser().Parse(type, QueryText.Read(text));
        issues.AddRange(parsed.Issues.Where(issue => issue.IsError).Select(issue => issue with { Path = path }));
        if (parsed.Query.Includes.Count > 0)
            issues.Add(Issue.Error("not-supported", path, "What is sent is the resource itself: a criteria includes no others."));
        return issues.Count > 0 ? null : new(type, parsed.Query.Criteria);
    }

    /// <summary>Reads by the search parameters in force, those taken in at run time included.</summary>
    private SearchQueryParser Parser()
    {
        var state = own.State;
        if (_parser is { } known && ReferenceEquals(known.State, state))
            return known.Parser;
        var parser = Searches.Parser(own.Definitions, settings.PublicBaseUrl is { } url ? url + "/fhir" : "", settings.Limits, own.IsReady);
        _parser = (state, parser);
        return parser;
    }

    private static ReadCriteria Refused(string code, string path, string text) => new(null, null, [Issue.Error(code, path, text)]);
}
