using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Server.Flows;
using CptsFhirHub.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace CptsFhirHub.Tests.Rest;

/// <summary>What the hub works by can be read and searched like anything else.</summary>
public sealed class Published_definitions(HubHost host) : IAsyncLifetime
{
    private const string Root = "https://cpts-fhir-hub.example/fhir";

    private PublishDefinitions Publish => host.Services.GetServices<IHostedService>().OfType<PublishDefinitions>().Single();

    /// <summary>They are published beside the start.</summary>
    public async ValueTask InitializeAsync() => await Publish.ExecuteTask!;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Theory]
    [InlineData("StructureMap", "doctolib")]
    [InlineData("StructureMap", "communs")]
    [InlineData("StructureDefinition", "hub-signalement")]
    [InlineData("StructureDefinition", "DoctolibSignup")]
    [InlineData("CodeSystem", "etat-parcours")]
    [InlineData("ValueSet", "etat-parcours")]
    [InlineData("SearchParameter", "task-due")]
    [InlineData("ConceptMap", "doctolib-sexe")]
    [InlineData("Questionnaire", "inscription-sans-medecin")]
    [InlineData("Measure", "cohorte-medecin-sortant")]
    public async Task Each_is_read_by_id_and_found_by_url(string type, string id)
    {
        using var team = await host.ClientAsync("demo-cpts");
        var read = await team.GetFhirAsync($"{type}/{id}");
        Assert.Equal((200, $"{Root}/{type}/{id}", "active"), (read.Status, read.Resource.Text("url"), read.Resource.Text("status")));
        Assert.Equal([id], (await team.GetFhirAsync($"{type}?url={Root}/{type}/{id}")).Ids());
    }

    [Fact]
    public async Task A_partner_reads_them_too_and_changes_none()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        var map = await hospital.GetFhirAsync("StructureMap/hospital");
        Assert.Equal(200, map.Status);
        Assert.Equal(403, (await hospital.PutFhirAsync("StructureMap/hospital", map.Text)).Status);
    }

    [Fact]
    public async Task Each_meets_R4()
    {
        using var team = await host.ClientAsync("demo-cpts");
        foreach (var type in (string[])["StructureMap", "ConceptMap", "CodeSystem", "SearchParameter", "Questionnaire", "Measure"])
        {
            foreach (var id in (await team.GetFhirAsync($"{type}?url:below={Root}&_count=200")).Ids())
            {
                var outcome = await team.GetFhirAsync($"{type}/{id}/$validate");
                Assert.False(outcome.Text.Contains("\"error\"", StringComparison.Ordinal), $"{type}/{id}: {outcome.Text}");
            }
        }
    }

    [Fact]
    public async Task Publishing_again_changes_nothing_until_a_file_changes()
    {
        var store = host.Services.GetRequiredService<HubStore>();
        var files = Publish.Files().ToList();
        Assert.Equal(0, await Publish.PublishAsync(DemoAccounts.OtherTenant, files, TestContext.Current.CancellationToken));

        var file = files.Single(file => file.Name == "CodeSystem-issue-rappel.json");
        var other = file with { Digest = "another" };
        Assert.Equal(0, await Publish.PublishAsync(DemoAccounts.OtherTenant, [other], TestContext.Current.CancellationToken));

        var root = file.Read()!.Root.Copy();
        root.Put("description", "Changed.");
        Assert.Equal(1, await Publish.PublishAsync(
            DemoAccounts.OtherTenant, [file with { Digest = "a third", Bytes = FhirJson.Write(root) }], TestContext.Current.CancellationToken));
        var stored = await store.Resources.ReadAsync(DemoAccounts.OtherTenant, "CodeSystem", "issue-rappel", TestContext.Current.CancellationToken);
        Assert.Equal((2, "Changed."), (stored!.Version, stored.Resource.Root.Text("description")));
    }
}
