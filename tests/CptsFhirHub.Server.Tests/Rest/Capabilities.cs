using CptsFhirHub.Server;

namespace CptsFhirHub.Tests.Rest;

public sealed class Capabilities(HubHost hub)
{
    [Fact]
    public async Task The_capability_statement_is_open_and_names_what_is_served()
    {
        using var client = hub.Anonymous();
        var reply = await client.GetFhirAsync("metadata");
        Assert.Equal(200, reply.Status);
        var rest = reply.Resource.Child("rest")!;
        Assert.Equal("4.0.1", reply.Resource.Text("fhirVersion"));
        Assert.Equal(ServedTypes.All.Order(StringComparer.Ordinal), rest.All("resource").ToArray().Select(resource => resource.Text("type")));
        var slot = rest.All("resource").ToArray().Single(resource => resource.Text("type") == "Slot");
        Assert.Contains("schedule", slot.All("searchParam").ToArray().Select(parameter => parameter.Text("name")));
        Assert.Contains("Slot:schedule", slot.All("searchInclude").ToArray().Select(include => include.Value));
        var group = rest.All("resource").ToArray().Single(resource => resource.Text("type") == "Group");
        Assert.Contains("reconcile", group.All("operation").ToArray().Select(operation => operation.Text("name")));
        var audit = rest.All("resource").ToArray().Single(resource => resource.Text("type") == "AuditEvent");
        Assert.DoesNotContain("create", audit.All("interaction").ToArray().Select(interaction => interaction.Text("code")));
    }

    [Fact]
    public async Task Versions_tells_R4()
    {
        using var client = await hub.ClientAsync("demo-hospital");
        var reply = await client.GetFhirAsync("$versions");
        Assert.Equal((200, "Parameters"), (reply.Status, reply.Resource.ResourceType));
        Assert.Equal(
            [("version", "4.0"), ("default", "4.0")],
            reply.Resource.All("parameter").ToArray().Select(part => (part.Text("name"), part.Text("valueString"))));
        var rest = (await client.GetFhirAsync("metadata")).Resource.Child("rest")!;
        Assert.Equal("versions", rest.Child("operation")!.Text("name"));
    }

    [Fact]
    public async Task It_is_sent_once_to_who_keeps_it()
    {
        using var client = hub.Anonymous();
        var first = await client.GetFhirAsync("metadata");
        Assert.Equal(304, (await client.GetFhirAsync("metadata", ("If-None-Match", first.ETag))).Status);
    }

    [Fact]
    public async Task It_meets_R4()
    {
        using var team = await hub.ClientAsync("demo-admin");
        var statement = await team.GetFhirAsync("metadata");
        var outcome = await team.PostFhirAsync("CapabilityStatement/$validate", statement.Text);
        Assert.Equal(200, outcome.Status);
        Assert.DoesNotContain("\"error\"", outcome.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_SMART_document_names_the_token_endpoint()
    {
        using var client = hub.Anonymous();
        var reply = await client.GetFhirAsync(".well-known/smart-configuration");
        Assert.Equal(200, reply.Status);
        Assert.Contains($"{hub.Address.ToString().TrimEnd('/')}/auth/token", reply.Text.Replace("localhost", "127.0.0.1", StringComparison.Ordinal),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Validate_tells_faults_without_refusing()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var good = await client.PostFhirAsync("Patient/$validate", """{"resourceType":"Patient","gender":"female"}""");
        Assert.Equal(200, good.Status);
        Assert.DoesNotContain("\"error\"", good.Text, StringComparison.Ordinal);
        var bad = await client.PostFhirAsync("Patient/$validate", """
            {"resourceType":"Parameters","parameter":[{"name":"resource","resource":{"resourceType":"Patient","gender":"X"}}]}
            """);
        Assert.Equal(200, bad.Status);
        Assert.Contains("\"error\"", bad.Text, StringComparison.Ordinal);
        Assert.Contains("Patient.gender", bad.Text, StringComparison.Ordinal);
        Assert.Equal(400, (await client.PostFhirAsync("Patient/$validate", """{"resourceType":"Organization","name":"x"}""")).Status);
    }
}
