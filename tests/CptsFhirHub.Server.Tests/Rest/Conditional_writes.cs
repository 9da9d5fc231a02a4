namespace CptsFhirHub.Tests.Rest;

public sealed class Conditional_writes(HubHost hub)
{
    private const string System = "http://example.org/numbers";

    private static string Numbered(string number, string family = "Durand", string? id = null) => $$"""
        {"resourceType":"Patient",{{(id is null ? "" : $"\"id\":\"{id}\",")}}"identifier":[{"system":"{{System}}","value":"{{number}}"}],"name":[{"family":"{{family}}"}]}
        """;

    private static string NewNumber() => Guid.NewGuid().ToString("N");

    [Fact]
    public async Task If_None_Exist_creates_once()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var number = NewNumber();
        var condition = ("If-None-Exist", $"identifier={System}|{number}");
        var first = await client.PostFhirAsync("Patient", Numbered(number), condition);
        var second = await client.PostFhirAsync("Patient", Numbered(number), condition);
        Assert.Equal((201, 200), (first.Status, second.Status));
        Assert.Equal(first.Resource.Text("id"), second.Resource.Text("id"));
    }

    [Fact]
    public async Task Eight_conditional_creates_at_once_make_one()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var number = NewNumber();
        var replies = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ =>
            client.PostFhirAsync("Patient", Numbered(number), ("If-None-Exist", $"identifier={System}|{number}"))));
        Assert.Equal(1, replies.Count(reply => reply.Status == 201));
        Assert.Equal(7, replies.Count(reply => reply.Status == 200));
        Assert.Single((await client.GetFhirAsync($"Patient?identifier={System}|{number}")).Ids());
    }

    [Fact]
    public async Task Two_hundred_conditional_creates_at_once_make_one_and_none_fails()
    {
        // On a crowded machine the queue may be slow: it is not what is tested.
        await using var patient = await HubHost.StartAsync(("Hub:Limits:QueueMilliseconds", "60000"), ("Hub:DemoTerritory", "false"));
        using var client = await patient.ClientAsync("demo-cpts");
        var number = NewNumber();
        var replies = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ =>
            client.PostFhirAsync("Patient", Numbered(number), ("If-None-Exist", $"identifier={System}|{number}"))));
        Assert.Equal((1, 199), (replies.Count(reply => reply.Status == 201), replies.Count(reply => reply.Status == 200)));
        Assert.Single(replies.Select(reply => reply.Resource.Text("id")).Distinct());
        Assert.Single((await client.GetFhirAsync($"Patient?identifier={System}|{number}")).Ids());
    }

    [Fact]
    public async Task Two_matches_are_refused_with_412()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var number = NewNumber();
        await client.CreateAsync("Patient", Numbered(number));
        await client.CreateAsync("Patient", Numbered(number));
        var query = $"identifier={System}|{number}";
        Assert.Equal(412, (await client.PostFhirAsync("Patient", Numbered(number), ("If-None-Exist", query))).Status);
        Assert.Equal(412, (await client.PutFhirAsync($"Patient?{query}", Numbered(number))).Status);
        Assert.Equal(412, (await client.DeleteFhirAsync($"Patient?{query}")).Status);
        Assert.Equal(2, (await client.GetFhirAsync($"Patient?{query}")).Ids().Count);
    }

    [Fact]
    public async Task An_update_that_is_only_to_create_leaves_what_is_there()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var (number, id) = (NewNumber(), NewNumber());
        var onlyNew = ("If-None-Match", "*");
        Assert.Equal(201, (await client.PutFhirAsync($"Patient/{id}", Numbered(number, "Durand", id), onlyNew)).Status);
        Assert.Equal(412, (await client.PutFhirAsync($"Patient/{id}", Numbered(number, "Martin", id), onlyNew)).Status);
        Assert.Equal("Durand", (await client.GetFhirAsync($"Patient/{id}")).Resource.At("name")!.Text("family"));
        var at = $"Patient?identifier={System}|{number}";
        Assert.Equal(412, (await client.PutFhirAsync(at, Numbered(number, "Martin"), onlyNew)).Status);
    }

    [Fact]
    public async Task A_conditional_update_creates_then_updates()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var number = NewNumber();
        var url = $"Patient?identifier={System}|{number}";
        var created = await client.PutFhirAsync(url, Numbered(number));
        var updated = await client.PutFhirAsync(url, Numbered(number, "Dupont"));
        Assert.Equal((201, 200), (created.Status, updated.Status));
        Assert.Equal(created.Resource.Text("id"), updated.Resource.Text("id"));
        Assert.Equal("W/\"2\"", updated.ETag);
        Assert.Equal(400, (await client.PutFhirAsync(url, Numbered(number, "Dupont", "another"))).Status);
    }

    [Fact]
    public async Task A_conditional_delete_takes_the_one_match()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var number = NewNumber();
        var id = await client.CreateAsync("Patient", Numbered(number));
        Assert.Equal(204, (await client.DeleteFhirAsync($"Patient?identifier={System}|{number}")).Status);
        Assert.Equal(410, (await client.GetFhirAsync($"Patient/{id}")).Status);
        Assert.Equal(204, (await client.DeleteFhirAsync($"Patient?identifier={System}|{number}")).Status);
    }

    [Theory]
    [InlineData("Patient")]
    [InlineData("Patient?_count=1")]
    [InlineData("Patient?_sort=birthdate")]
    public async Task Without_a_criterion_nothing_is_written(string url)
    {
        using var client = await hub.ClientAsync("demo-cpts");
        Assert.Equal(412, (await client.DeleteFhirAsync(url)).Status);
        Assert.Equal(412, (await client.PutFhirAsync(url, Numbered("x"))).Status);
    }

    [Fact]
    public async Task An_unknown_parameter_in_a_condition_is_refused_even_to_the_lenient()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        Assert.Equal(400, (await client.DeleteFhirAsync("Patient?nonsense=1&family=Nobody", ("Prefer", "handling=lenient"))).Status);
        Assert.Equal(400, (await client.PostFhirAsync("Patient", Numbered("x"), ("If-None-Exist", "nonsense=1"))).Status);
    }
}
