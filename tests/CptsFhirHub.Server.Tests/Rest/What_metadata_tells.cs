using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Server.Flows;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace CptsFhirHub.Tests.Rest;

/// <summary>The CapabilityStatement held against the server: what it lists answers, what it does not list is refused.</summary>
public sealed class What_metadata_tells(HubHost hub) : IAsyncLifetime
{
    private const string Nowhere = "There is nothing at this address.";

    public async ValueTask InitializeAsync() =>
        await hub.Services.GetServices<IHostedService>().OfType<PublishDefinitions>().Single().ExecuteTask!;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static Element[] All(Element parent, string name) => parent.All(name).ToArray();

    [Fact]
    public async Task Each_interaction_listed_answers_and_each_other_is_refused()
    {
        using var client = await hub.ClientAsync("demo-admin");
        var rest = (await client.GetFhirAsync("metadata")).Resource.Child("rest")!;
        var wrong = new List<string>();
        foreach (var resource in All(rest, "resource"))
        {
            var type = resource.Text("type")!;
            var told = All(resource, "interaction").Select(interaction => interaction.Text("code")!).ToHashSet(StringComparer.Ordinal);
            foreach (var (code, reply) in await ProbesAsync(client, type))
            {
                var isServed = reply.Status is not (403 or 405 or 501) && (reply.Bytes.Length == 0 || reply.IssueCode != "not-supported");
                if (isServed != told.Contains(code))
                    wrong.Add($"{code} {type}: {reply.Status}");
            }

            Assert.Equal(told.Count, told.Intersect((await ProbesAsync(client, type)).Select(probe => probe.Code)).Count());
        }

        Assert.Empty(wrong);
        foreach (var (_, reply) in await ProbesAsync(client, "Account"))
            Assert.Contains(reply.Status, (int[])[404, 405]);
        Assert.Equal(
            ["batch", "history-system", "search-system", "transaction"],
            All(rest, "interaction").Select(interaction => interaction.Text("code")!).Order(StringComparer.Ordinal));
        Assert.Equal(200, (await client.GetFhirAsync("_history?_count=1")).Status);
        Assert.Equal(200, (await client.GetFhirAsync("?_type=Organization&_count=1")).Status);
        foreach (var kind in (string[])["batch", "transaction"])
            Assert.Equal(200, (await client.PostFhirAsync("", $$"""{"resourceType":"Bundle","type":"{{kind}}"}""")).Status);
    }

    private static async Task<List<(string Code, Reply Reply)>> ProbesAsync(HttpClient client, string type) =>
    [
        ("read", await client.GetFhirAsync($"{type}/not-there")),
        ("vread", await client.GetFhirAsync($"{type}/not-there/_history/1")),
        ("history-instance", await client.GetFhirAsync($"{type}/not-there/_history")),
        ("history-type", await client.GetFhirAsync($"{type}/_history?_count=1")),
        ("search-type", await client.GetFhirAsync($"{type}?_count=1")),
        ("create", await client.PostFhirAsync(type, "{}")),
        ("update", await client.PutFhirAsync($"{type}/not-there", "{}")),
        ("patch", await client.SendAsync(HttpMethod.Patch, $"/fhir/{type}/not-there", "[]", "application/json-patch+json")),
        ("delete", await client.DeleteFhirAsync($"{type}/not-there")),
    ];

    [Fact]
    public async Task Each_operation_answers_at_the_levels_of_its_definition_and_at_no_other()
    {
        using var client = await hub.ClientAsync("demo-admin");
        var rest = (await client.GetFhirAsync("metadata")).Resource.Child("rest")!;
        var told = All(rest, "operation").Select(operation => (Type: "", Operation: operation))
            .Concat(All(rest, "resource").SelectMany(resource => All(resource, "operation").Select(operation => (Type: resource.Text("type")!, Operation: operation))));
        var defined = new List<(string Type, string Name, Element Definition)>();
        foreach (var (type, operation) in told)
            defined.Add((type, operation.Text("name")!,
                (await client.GetFhirAsync($"OperationDefinition?url={operation.Text("definition")}")).Resource.At("entry", "resource")!));
        var wrong = new List<string>();
        foreach (var (type, name, definition) in defined)
        {
            var owner = type.Length > 0 ? type : "Patient";
            foreach (var (level, path) in ((string, string)[])[("system", $"${name}"), ("type", $"{owner}/${name}"), ("instance", $"{owner}/not-there/${name}")])
            {
                var reply = await client.PostFhirAsync(path, """{"resourceType":"Parameters"}""");
                // 415: it is there, and takes another kind of body.
                var isThere = reply.Status == 415 || (reply.Status != 405 && reply.IssueCode != "not-supported" && !reply.Text.Contains(Nowhere, StringComparison.Ordinal));
                // Several operations may share a name: $export is one for the system, one for patients and one for groups.
                var isDefined = defined.Any(other => other.Name == name && (other.Type.Length == 0 || other.Type == owner) && other.Definition.Text(level) == "true");
                if (isThere != isDefined)
                    wrong.Add($"POST {path}: {reply.Status}");
                if (definition.Text("affectsState") == "true" && isThere && (await client.GetFhirAsync(path)).Status != 405)
                    wrong.Add($"GET {path}");
            }
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public async Task Each_search_parameter_and_include_listed_is_understood()
    {
        using var client = await hub.ClientAsync("demo-admin");
        var rest = (await client.GetFhirAsync("metadata")).Resource.Child("rest")!;
        var wrong = new List<string>();
        foreach (var resource in All(rest, "resource"))
        {
            var type = resource.Text("type")!;
            foreach (var parameter in All(resource, "searchParam"))
            {
                var value = parameter.Text("type") switch
                {
                    "date" => "2020",
                    "number" or "quantity" => "1",
                    "reference" => "Organization/x",
                    "uri" => "urn:x",
                    "token" or "string" => "x",
                    _ => null,
                };
                if (value is not null && parameter.Text("name") is not ("_filter" or "_query") && (await client.GetFhirAsync($"{type}?{parameter.Text("name")}={value}&_count=1")).Status != 200)
                    wrong.Add($"{type}?{parameter.Text("name")}");
            }

            foreach (var include in All(resource, "searchInclude"))
                if ((await client.GetFhirAsync($"{type}?_id=none&_include={include.Value}")).Status != 200)
                    wrong.Add($"{type} _include {include.Value}");
        }

        Assert.Empty(wrong);
        Assert.Equal(400, (await client.GetFhirAsync("Patient?nonsense=1")).Status);
    }

    [Fact]
    public async Task Every_format_listed_is_spoken_and_every_patch_taken()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var statement = (await client.GetFhirAsync("metadata")).Resource;
        foreach (var format in All(statement, "format"))
            Assert.Equal(200, (await client.GetFhirAsync("metadata?_format=" + format.Value!.Replace("+", "%2B", StringComparison.Ordinal))).Status);
        foreach (var format in All(statement, "patchFormat"))
            Assert.NotEqual(415, (await client.SendAsync(HttpMethod.Patch, "/fhir/Patient/not-there", "{}", format.Value!)).Status);
        Assert.Equal(415, (await client.SendAsync(HttpMethod.Patch, "/fhir/Patient/not-there", "{}", "application/xml-patch+xml")).Status);
    }

    [Fact]
    public async Task Terminology_has_a_statement_of_its_own()
    {
        using var client = hub.Anonymous();
        var reply = await client.GetFhirAsync("metadata?mode=terminology");
        Assert.Equal((200, "TerminologyCapabilities"), (reply.Status, reply.Resource.ResourceType));
        Assert.Contains("https://cpts-fhir-hub.example/fhir/CodeSystem/etat-parcours", reply.Text, StringComparison.Ordinal);
        Assert.Equal(304, (await client.GetFhirAsync("metadata?mode=terminology", ("If-None-Match", reply.ETag))).Status);
        Assert.Equal("CapabilityStatement", (await client.GetFhirAsync("metadata?mode=normative")).Resource.ResourceType);
        Assert.Equal("CapabilityStatement", (await client.GetFhirAsync("metadata?mode=full")).Resource.ResourceType);
        Assert.Equal(400, (await client.GetFhirAsync("metadata?mode=sung")).Status);
        using var team = await hub.ClientAsync("demo-cpts");
        var outcome = await team.PostFhirAsync("TerminologyCapabilities/$validate", reply.Text);
        Assert.Equal(200, outcome.Status);
        Assert.False(outcome.Text.Contains("\"error\"", StringComparison.Ordinal), outcome.Text);
    }
}
