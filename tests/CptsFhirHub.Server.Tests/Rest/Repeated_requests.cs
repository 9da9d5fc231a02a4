using CptsFhirHub.Server.Rest;
using CptsFhirHub.Tests.Intake;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace CptsFhirHub.Tests.Rest;

/// <summary>Requests under an Idempotency-Key: sent again, they have no second effect and the first answer.</summary>
public sealed class Repeated_requests(HubHost hub)
{
    private const string Somewhere = """{"resourceType":"Patient","name":[{"family":"Répété"}]}""";

    private static (string, string) NewKey() => ("Idempotency-Key", Guid.NewGuid().ToString());

    private static bool IsReplayed(Reply reply) => reply.Headers.TryGetValues("Idempotency-Replayed", out var values) && values.Single() == "true";

    /// <summary>Status, headers and bytes are those of the first time.</summary>
    private static void AssertReplayed(Reply first, Reply second)
    {
        Assert.Equal(first.Status, second.Status);
        Assert.Equal(first.Text, second.Text);
        Assert.Equal(first.Headers.Location, second.Headers.Location);
        Assert.Equal(first.ETag, second.ETag);
        Assert.Equal(first.ContentHeaders.LastModified, second.ContentHeaders.LastModified);
        Assert.False(IsReplayed(first));
        Assert.True(IsReplayed(second));
    }

    private static async Task<int> VersionsAsync(HttpClient client, string location) =>
        int.Parse((await client.GetFhirAsync($"{location}/_history")).Resource.Text("total")!, System.Globalization.CultureInfo.InvariantCulture);

    [Theory]
    [InlineData("")]
    [InlineData("return=minimal")]
    [InlineData("return=OperationOutcome")]
    public async Task A_create_happens_once(string prefer)
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var key = NewKey();
        var first = await client.PostFhirAsync("Patient", Somewhere, key, ("Prefer", prefer));
        Assert.Equal(201, first.Status);
        AssertReplayed(first, await client.PostFhirAsync("Patient", Somewhere, key, ("Prefer", prefer)));
    }

    [Fact]
    public async Task The_first_answer_is_given_even_when_the_resource_has_gone_on()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var key = NewKey();
        var first = await client.PostFhirAsync("Patient", Somewhere, key);
        await client.DeleteFhirAsync($"Patient/{first.Resource.Text("id")}");
        AssertReplayed(first, await client.PostFhirAsync("Patient", Somewhere, key));
    }

    [Fact]
    public async Task An_update_and_a_patch_make_one_version_each()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var id = await client.CreateAsync("Patient", Somewhere);
        var (updateKey, patchKey) = (NewKey(), NewKey());
        var body = $$"""{"resourceType":"Patient","id":"{{id}}","gender":"female"}""";
        var update = await client.PutFhirAsync($"Patient/{id}", body, updateKey, ("If-Match", "W/\"1\""));
        Assert.Equal(200, update.Status);

        // The version has moved on: without its key the repetition would be refused.
        AssertReplayed(update, await client.PutFhirAsync($"Patient/{id}", body, updateKey, ("If-Match", "W/\"1\"")));
        Assert.Equal(412, (await client.PutFhirAsync($"Patient/{id}", body, NewKey(), ("If-Match", "W/\"1\""))).Status);

        const string addName = """[{"op":"add","path":"/name","value":[{"family":"Ajouté"}]}]""";
        Task<Reply> PatchAsync() => client.SendAsync(HttpMethod.Patch, $"/fhir/Patient/{id}", addName, "application/json-patch+json", patchKey);
        var patch = await PatchAsync();
        Assert.Equal(200, patch.Status);
        AssertReplayed(patch, await PatchAsync());
        Assert.Equal(3, await VersionsAsync(client, $"Patient/{id}"));
    }

    [Fact]
    public async Task A_transaction_happens_once_and_reads_anew()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var key = NewKey();
        var family = "T" + Guid.NewGuid().ToString("N");
        var bundle = $$"""
            {"resourceType":"Bundle","type":"transaction","entry":[
              {"fullUrl":"urn:uuid:6c9b3a52-60a7-4a7b-9a55-0d9a1a40e001","request":{"method":"POST","url":"Patient"},"resource":{"resourceType":"Patient","name":[{"family":"{{family}}"}]} },
              {"request":{"method":"POST","url":"Flag"},"resource":{"resourceType":"Flag","status":"active","code":{"text":"x"},"subject":{"reference":"urn:uuid:6c9b3a52-60a7-4a7b-9a55-0d9a1a40e001"} } },
              {"request":{"method":"GET","url":"Patient?family={{family}}"} }]}
            """;
        var first = await client.PostFhirAsync("", bundle, key);
        Assert.True(first.Status == 200, first.Text);
        var second = await client.PostFhirAsync("", bundle, key);
        Assert.True(IsReplayed(second));
        Assert.Equal(first.Text, second.Text);
        Assert.Single((await client.GetFhirAsync($"Patient?family={family}")).Ids());
    }

    [Fact]
    public async Task The_entries_of_a_batch_happen_once_each()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var key = NewKey();
        var family = "B" + Guid.NewGuid().ToString("N");
        var bundle = $$"""
            {"resourceType":"Bundle","type":"batch","entry":[
              {"request":{"method":"POST","url":"Patient"},"resource":{"resourceType":"Patient","name":[{"family":"{{family}}"}]} },
              {"request":{"method":"POST","url":"Patient"},"resource":{"resourceType":"Patient","name":[{"family":"{{family}}"}]} },
              {"request":{"method":"POST","url":"Patient"},"resource":{"resourceType":"Flag"} }]}
            """;
        var first = await client.PostFhirAsync("", bundle, key);
        var second = await client.PostFhirAsync("", bundle, key);
        Assert.Equal(first.Text, second.Text);
        Assert.True(IsReplayed(second));
        Assert.Equal(2, (await client.GetFhirAsync($"Patient?family={family}")).Ids().Count);
    }

    [Fact]
    public async Task An_operation_answers_as_the_first_time()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var id = await client.CreateAsync("Patient", Somewhere);
        var key = NewKey();
        const string tag = """{"resourceType":"Parameters","parameter":[{"name":"meta","valueMeta":{"tag":[{"system":"urn:t","code":"a"}]} }]}""";
        var first = await client.PostFhirAsync($"Patient/{id}/$meta-add", tag, key);
        Assert.Equal((200, "Parameters"), (first.Status, first.Resource.ResourceType));
        AssertReplayed(first, await client.PostFhirAsync($"Patient/{id}/$meta-add", tag, key));
    }

    [Fact]
    public async Task Another_body_another_condition_or_another_query_under_the_same_key_is_refused()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var key = NewKey();
        Assert.Equal(201, (await client.PostFhirAsync("Patient", Somewhere, key)).Status);
        Assert.Equal(422, (await client.PostFhirAsync("Patient", Somewhere + " ", key)).Status);
        Assert.Equal(422, (await client.PostFhirAsync("Patient", Somewhere, key, ("If-None-Exist", "identifier=urn:s|1"))).Status);
        Assert.Equal(422, (await client.PostFhirAsync("Patient?_pretty=true", Somewhere, key)).Status);

        // The key is this client's, at this address.
        Assert.Equal(201, (await client.PostFhirAsync("Basic", """{"resourceType":"Basic","code":{"text":"x"}}""", key)).Status);
        using var other = await hub.ClientAsync("demo-admin");
        Assert.Equal(201, (await other.PostFhirAsync("Patient", Somewhere, key)).Status);
    }

    [Fact]
    public async Task A_refusal_is_not_kept()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var key = NewKey();
        var id = Guid.NewGuid().ToString();
        var body = $$"""{"resourceType":"Patient","id":"{{id}}"}""";
        Assert.Equal(412, (await client.PutFhirAsync($"Patient/{id}", body, key, ("If-Match", "W/\"1\""))).Status);
        Assert.Equal(201, (await client.PutFhirAsync($"Patient/{id}", body)).Status);
        var taken = await client.PutFhirAsync($"Patient/{id}", body, key, ("If-Match", "W/\"1\""));
        Assert.Equal(200, taken.Status);
        Assert.False(IsReplayed(taken));
    }

    [Fact]
    public async Task Fifty_at_once_have_one_effect()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var key = NewKey();
        var family = "P" + Guid.NewGuid().ToString("N");
        var body = $$"""{"resourceType":"Patient","name":[{"family":"{{family}}"}]}""";
        var replies = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => client.PostFhirAsync("Patient", body, key)));
        Assert.All(replies, reply => Assert.True(reply.Status is 201 or 409, $"{reply.Status}"));
        Assert.All(replies.Where(reply => reply.Status == 409), reply => Assert.NotNull(reply.Headers.RetryAfter));
        Assert.Single(replies.Where(reply => reply.Status == 201).Select(reply => reply.Resource.Text("id")).Distinct());
        Assert.Single((await client.GetFhirAsync($"Patient?family={family}")).Ids());
    }

    [Theory]
    [InlineData("with space", 201)]
    [InlineData("clé", 400)]
    [InlineData("256", 400)]
    [InlineData("255", 201)]
    [InlineData("!~", 201)]
    public async Task A_key_is_printable_and_of_bounded_length(string text, int status)
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var key = text.Length == 3 && char.IsDigit(text[0]) ? new string('k', int.Parse(text, System.Globalization.CultureInfo.InvariantCulture)) : text;
        using var request = new HttpRequestMessage(HttpMethod.Post, "/fhir/Patient") { Content = new StringContent(Somewhere, null, "application/fhir+json") };
        request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        using var sender = new HttpClient(new SocketsHttpHandler { RequestHeaderEncodingSelector = (_, _) => System.Text.Encoding.UTF8 }) { BaseAddress = client.BaseAddress };
        sender.DefaultRequestHeaders.Authorization = client.DefaultRequestHeaders.Authorization;
        using var response = await sender.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(status, (int)response.StatusCode);
    }

    [Fact]
    public async Task A_message_under_a_key_is_taken_in_once()
    {
        using var booking = await hub.ClientAsync("demo-booking");
        var key = NewKey();
        var body = Messages.SignUp(Somebody.New());
        var first = await booking.SendAsync(HttpMethod.Post, "/intake/doctolib", body, Messages.Json, key);
        Assert.True(first.Status == 201, first.Text);
        AssertReplayed(first, await booking.SendAsync(HttpMethod.Post, "/intake/doctolib", body, Messages.Json, key));
        Assert.Equal(422, (await booking.SendAsync(HttpMethod.Post, "/intake/doctolib", Messages.SignUp(Somebody.New()), Messages.Json, key)).Status);

        // Without its key it is a repetition by its own number, as ever.
        Assert.Equal(200, (await booking.SendAsync(HttpMethod.Post, "/intake/doctolib", body, Messages.Json)).Status);
    }

    [Fact]
    public async Task A_refused_message_is_looked_at_again()
    {
        using var booking = await hub.ClientAsync("demo-booking");
        var key = NewKey();
        var first = await booking.SendAsync(HttpMethod.Post, "/intake/doctolib", "{}", Messages.Json, key);
        var second = await booking.SendAsync(HttpMethod.Post, "/intake/doctolib", "{}", Messages.Json, key);
        Assert.Equal((422, 422), (first.Status, second.Status));
        Assert.False(IsReplayed(second));
    }

    [Fact]
    public async Task Old_answers_are_forgotten()
    {
        await using var brief = await HubHost.StartAsync(("Hub:Idempotency:KeptFor", "00:00:00.001"));
        using var client = await brief.ClientAsync("demo-cpts");
        var key = NewKey();
        var first = await client.PostFhirAsync("Patient", Somewhere, key);
        var forget = brief.Services.GetServices<IHostedService>().OfType<ForgetAnswers>().Single();
        await Task.Delay(10, TestContext.Current.CancellationToken);
        await forget.RunAsync(TestContext.Current.CancellationToken);
        var second = await client.PostFhirAsync("Patient", Somewhere, key);
        Assert.False(IsReplayed(second));
        Assert.NotEqual(first.Resource.Text("id"), second.Resource.Text("id"));
    }
}
