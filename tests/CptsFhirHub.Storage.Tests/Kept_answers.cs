using System.Text;

namespace CptsFhirHub.Storage.Tests;

/// <summary>A request under a key is carried out once, and its answer is there with its effect or not at all.</summary>
public sealed class Kept_answers
{
    private static readonly DateTimeOffset Later = new(2100, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static Repeatable Request(string scope, string digest = "d") => new(Encoding.ASCII.GetBytes(scope), Encoding.ASCII.GetBytes(digest));

    private static Task<CommitResult> CreateAsync(TempStore store, string scope, string digest = "d") => store.Resources.CommitAsync(
        TempStore.Tenant, [new Write.Create(TempStore.Read("""{"resourceType":"Patient"}"""))],
        new(Request(scope, digest), commit => Encoding.ASCII.GetBytes(((Written.Created)commit[0]).Stored.Id)), CancellationToken.None);

    [Fact]
    public async Task A_hundred_at_once_have_one_effect_and_one_answer()
    {
        await using var store = await TempStore.OpenAsync();
        var commits = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Task.Run(() => CreateAsync(store, "a"))));
        var made = Assert.Single(commits, commit => commit.Committed);
        var id = ((Written.Created)made[0]).Stored.Id;
        Assert.All(commits.Where(commit => !commit.Committed), commit => Assert.Equal(id, Encoding.ASCII.GetString(commit.Repeated!.Answer)));
        Assert.Equal(1, (await store.Resources.HistoryAsync(TempStore.Tenant, "Patient", null, new(), CancellationToken.None)).Total);
    }

    [Fact]
    public async Task It_is_there_after_a_restart_for_its_tenant_alone()
    {
        var folder = Directory.CreateTempSubdirectory("hub-kept-").FullName;
        try
        {
            await using (var store = await TempStore.OpenAsync(folder))
                Assert.True((await CreateAsync(store, "a")).Committed);
            await using (var again = await TempStore.OpenAsync(folder))
            {
                Assert.Equal("d", Encoding.ASCII.GetString((await CreateAsync(again, "a", "another")).Repeated!.Digest));
                Assert.Null(again.Store.Answers.Find(TempStore.OtherTenant, Request("a").Scope));
                Assert.True((await CreateAsync(again, "b")).Committed);
            }
        }
        finally
        {
            TempStore.Forget(folder);
        }
    }

    [Fact]
    public async Task What_is_refused_keeps_nothing()
    {
        await using var store = await TempStore.OpenAsync();
        var refused = await store.Resources.CommitAsync(
            TempStore.Tenant, [new Write.Update(TempStore.Read("""{"resourceType":"Patient"}"""), "a", IfMatch: 3)],
            new(Request("a"), _ => throw new InvalidOperationException("There is nothing to answer.")), CancellationToken.None);
        Assert.False(refused.Committed);
        Assert.Null(refused.Repeated);
        Assert.Null(store.Store.Answers.Find(TempStore.Tenant, Request("a").Scope));
    }

    [Fact]
    public async Task The_first_of_two_answers_stays()
    {
        await using var store = await TempStore.OpenAsync();
        Assert.Null(await store.Store.Answers.KeepAsync(TempStore.Tenant, Request("a"), [1], CancellationToken.None));
        Assert.Equal([1], (await store.Store.Answers.KeepAsync(TempStore.Tenant, Request("a"), [2], CancellationToken.None))!.Answer);
    }

    [Fact]
    public async Task Old_answers_are_forgotten_some_at_a_time()
    {
        await using var store = await TempStore.OpenAsync();
        foreach (var scope in (string[])["a", "b", "c"])
            await CreateAsync(store, scope);
        Assert.Equal(0, await store.Store.Answers.ForgetAsync(DateTimeOffset.UnixEpoch, 10, CancellationToken.None));
        Assert.Equal(2, await store.Store.Answers.ForgetAsync(Later, 2, CancellationToken.None));
        Assert.Equal(1, await store.Store.Answers.ForgetAsync(Later, 2, CancellationToken.None));
        Assert.True((await CreateAsync(store, "a")).Committed);
    }

    [Fact]
    public async Task A_request_that_is_answered_later_waits_until_it_has_ended()
    {
        await using var store = await TempStore.OpenAsync();
        var deferred = store.Store.Deferred;
        var asked = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        await deferred.AddAsync(new("1", "me", asked, null, [1], []), CancellationToken.None);
        await deferred.AddAsync(new("2", "me", asked, null, [2], []), CancellationToken.None);
        await deferred.EndAsync("1", asked.AddMinutes(1), [7], CancellationToken.None);
        Assert.Equal(["2"], deferred.Open(10).Select(row => row.Id));
        var ended = deferred.Find("1")!;
        Assert.Equal([7], ended.Answer);
        Assert.Empty(ended.Request);
        Assert.Equal(asked.AddMinutes(1), ended.EndedAt);

        await deferred.ForgetAsync(Later, CancellationToken.None);
        Assert.Null(deferred.Find("1"));
        Assert.NotNull(deferred.Find("2"));
        await deferred.RemoveAsync("2", CancellationToken.None);
        Assert.Null(deferred.Find("2"));
    }
}
