using System.Collections.Frozen;
using CptsFhirHub.Fhir.Search;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Server.Rest;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Subscriptions;

/// <summary>A subscription that is followed, with its criteria read once. The criteria carry the rights of its client.</summary>
internal sealed record Followed(string Tenant, string Id, SubscriptionWish Wish, Topic? Topic, SearchQuery Query)
{
    public string Reference => $"Subscription/{Id}";

    /// <summary>One equality that a resource must have to be followed; null when there is none to look up by.</summary>
    public FollowKey? Key { get; } = Query.Criteria.Select(FollowKey.Of).FirstOrDefault(key => key is not null);
}

/// <summary>A parameter and a value that is looked up: of a thousand subscriptions on tasks, a change looks at those for its owner.</summary>
internal sealed record FollowKey(string Parameter, string Value)
{
    public static FollowKey? Of(Criterion criterion) => criterion is not Criterion.Match { Modifier: null, Values: [var only] } match ? null : only switch
    {
        SearchValue.Reference { Id: { } id } => new(match.Parameter.Code, id),
        SearchValue.Token { Code: { } code } when match.Parameter.Code is not ("_id" or "_lastUpdated") => new(match.Parameter.Code, SearchText.FoldCase(code)),
        _ => null,
    };

    public static FollowKey? Of(IndexValue value) => value switch
    {
        IndexValue.Reference { Id: { } id } => new(value.Parameter.Code, id),
        IndexValue.Token { Code: { } code } => new(value.Parameter.Code, SearchText.FoldCase(code)),
        _ => null,
    };
}

/// <summary>The subscriptions of one type in one tenant.</summary>
internal sealed class FollowersOfType
{
    private readonly FrozenDictionary<FollowKey, Followed[]> _keyed;
    private readonly FrozenSet<string> _parameters;
    private readonly Followed[] _others;

    public FollowersOfType(IEnumerable<Followed> followers)
    {
        var byKey = followers.ToLookup(follower => follower.Key);
        _others = [.. byKey[null]];
        _keyed = byKey.Where(group => group.Key is not null).ToFrozenDictionary(group => group.Key!, group => group.ToArray());
        _parameters = _keyed.Keys.Select(key => key.Parameter).ToFrozenSet(StringComparer.Ordinal);
    }

    /// <summary>Those that may follow a resource with these values: the others need not be looked at.</summary>
    public IEnumerable<Followed> Candidates(IReadOnlyList<IndexValue> values)
    {
        foreach (var follower in _others)
            yield return follower;
        if (_parameters.Count == 0)
            yield break;
        HashSet<FollowKey> seen = [];
        foreach (var value in values)
            if (_parameters.Contains(value.Parameter.Code) && FollowKey.Of(value) is { } key && seen.Add(key)
                && _keyed.TryGetValue(key, out var found))
                foreach (var follower in found)
                    yield return follower;
    }
}

/// <summary>
/// The subscriptions that are live, in memory, by tenant and type. A change to a Subscription enters when its commit is durable; changes
/// that share that very commit are not yet followed.
/// </summary>
internal sealed class SubscriptionBook
{
    private readonly CriteriaReading _reading;
    private readonly ClientRegistry _clients;
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Tenant, string Id), (Followed Followed, long Version)> _all = [];

    /// <summary>Those whose criteria cannot be read now: a search parameter that they ask by is not in force yet.</summary>
    private readonly Dictionary<(string Tenant, string Id), Stored> _unread = [];

    private volatile FrozenDictionary<(string Tenant, string Type), FollowersOfType> _byType =
        FrozenDictionary<(string, string), FollowersOfType>.Empty;

    public SubscriptionBook(CriteriaReading reading, ClientRegistry clients, OwnParameters own)
    {
        (_reading, _clients) = (reading, clients);
        own.OnChanged += ReadAgain;
    }

    public FollowersOfType? Of(string tenant, string type) => _byType.GetValueOrDefault((tenant, type));

    public IReadOnlyList<Followed> All()
    {
        lock (_gate)
            return [.. _all.Values.Select(entry => entry.Followed)];
    }

    /// <summary>How many subscriptions of a client are not off.</summary>
    public int CountOf(string tenant, string owner, string exceptId)
    {
        lock (_gate)
            return _all.Values.Count(entry => entry.Followed.Tenant == tenant && entry.Followed.Wish.Owner == owner && entry.Followed.Id != exceptId);
    }

    /// <summary>Takes a version of a Subscription; an older one than is known is passed over.</summary>
    public void Put(Stored stored)
    {
        var key = (stored.Tenant, stored.Id);
        lock (_gate)
        {
            if (_all.TryGetValue(key, out var known) && known.Version >= stored.Version)
                return;
            var changes = stored.IsDeleted ? null : Compile(stored);
            _unread.Remove(key);
            if (changes is null && !stored.IsDeleted && SubscriptionWish.Read(stored.Resource).Status != "off")
                _unread[key] = stored;
            if (changes is null ? !_all.Remove(key) : !Set(key, changes, stored.Version))
                return;
            _byType = _all.Values.Select(entry => entry.Followed).Where(follower => follower.Wish.IsLive)
                .GroupBy(follower => (follower.Tenant, follower.Query.ResourceType))
                .ToFrozenDictionary(group => group.Key, group => new FollowersOfType(group));
        }
    }

    private void ReadAgain()
    {
        List<Stored> unread;
        lock (_gate)
            unread = [.. _unread.Values];
        foreach (var stored in unread)
            Put(stored);
    }

    private bool Set((string Tenant, string Id) key, Followed followed, long version)
    {
        _all[key] = (followed, version);
        return true;
    }

    /// <summary>Null for one that is off, or can no longer be read; one beyond its client's right follows nothing.</summary>
    private Followed? Compile(Stored stored)
    {
        var wish = SubscriptionWish.Read(stored.Resource);
        if (wish.Status == "off" || wish.Owner is not { } owner || _reading.Read(wish) is not { Query: { } query, Topic: var topic })
            return null;
        return new(stored.Tenant, stored.Id, wish, topic, Narrow(query, stored.Tenant, owner));
    }

    private SearchQuery Narrow(SearchQuery query, string tenant, string owner)
    {
        if (_clients.Find(owner) is { } client && client.Tenant == tenant && client.FullPolicy is var policy
            && policy.Allows(query.ResourceType, Deeds.Read | Deeds.Search))
        {
            try
            {
                return Sight.Narrow(query, policy);
            }
            catch (Refusal)
            {
                // A type it searches by is no longer within the client's right.
            }
        }

        return query with { Criteria = [new Criterion.Never()] };
    }
}
