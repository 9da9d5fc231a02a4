using System.Text;
using CptsFhirHub.Coordination.Signalements;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Server.Flows;
using CptsFhirHub.Storage;
using CptsFhirHub.Tests.Intake;
using Microsoft.Extensions.DependencyInjection;

namespace CptsFhirHub.Tests.Flows;

/// <summary>Flow M25 and rule I6: what is erased at the retention date, or when the person asks, is gone, and a line says so.</summary>
public sealed class Erasure_of_persons(HubHost host)
{
    private const string Reason = """{"resourceType":"Parameters","parameter":[{"name":"reason","valueString":"Demande de la personne"}]}""";

    [Fact]
    public async Task Nothing_is_left_of_an_erased_person_but_that_somebody_was()
    {
        using var booking = await host.ClientAsync("demo-booking");
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New("1936-02-11");
        var (_, signed) = await booking.PostMessageAsync("doctolib", Messages.SignUp(who), Messages.Json);
        var (_, left) = await hospital.PostMessageAsync("hospital", Messages.Adt(who, "A03"), Messages.Hl7);
        var patient = signed.Text("patient");
        Assert.Equal(patient, left.Text("patient"));
        var member = $$"""{"resourceType":"Group","type":"person","actual":true,"member":[{"entity":{"reference":"{{patient}}"} }]}""";
        var group = await team.CreateAsync("Group", member);
        var journal = host.Services.GetRequiredService<Journal>();
        List<string> messages = [signed.Text("messageId"), left.Text("messageId")];
        List<string> written = [];
        foreach (var message in messages)
            foreach (var version in await journal.LineageAsync("demo-cpts", message, TestContext.Current.CancellationToken))
                if (version.IndexOf("/_history", StringComparison.Ordinal) is > 0 and var end)
                    written.Add(version[..end]);

        var purge = await team.PostFhirAsync($"{patient}/$purge", Reason);

        Assert.True(purge.Status == 200, purge.Text);
        Assert.Contains("\"name\":\"persons\",\"valueInteger\":1", purge.Text, StringComparison.Ordinal);
        Assert.Contains(patient, written);
        foreach (var reference in written.Distinct())
        {
            Assert.Equal(410, (await team.GetFhirAsync(reference)).Status);
            Assert.DoesNotContain(who.Family, (await team.GetFhirAsync($"{reference}/_history")).Text, StringComparison.OrdinalIgnoreCase);
            Assert.Equal(404, (await team.GetFhirAsync($"{reference}/_history/1")).Status);
        }

        foreach (var message in messages)
            Assert.Null(await journal.RawAsync("demo-cpts", message, TestContext.Current.CancellationToken));
        Assert.Null((await team.GetFhirAsync($"Group/{group}")).Resource.Child("member"));
        var named = StoredNames(host.Services.GetRequiredService<ResourceStore>(), patient);
        Assert.Equal(["AuditEvent"], named);
        var audit = Assert.Single((await team.GetFhirAsync($"AuditEvent?entity={patient}&action=D")).Resource.All("entry").ToArray()).Child("resource")!;
        Assert.Equal("Demande de la personne", audit.At("purposeOfEvent", "text")!.Value);
        Assert.Equal(404, (await team.PostFhirAsync($"{patient}/$purge", Reason)).Status);
    }

    [Fact]
    public async Task Only_the_coordination_erases_and_says_why()
    {
        using var booking = await host.ClientAsync("demo-booking");
        using var team = await host.ClientAsync("demo-cpts");
        var (_, signed) = await booking.PostMessageAsync("doctolib", Messages.SignUp(Somebody.New()), Messages.Json);
        var patient = signed.Text("patient");

        Assert.Equal(403, (await booking.PostFhirAsync($"{patient}/$purge", Reason)).Status);
        Assert.Equal(400, (await team.PostFhirAsync($"{patient}/$purge", """{"resourceType":"Parameters"}""")).Status);
        Assert.Equal(200, (await team.GetFhirAsync(patient)).Status);
    }

    [Fact]
    public async Task Files_closed_long_ago_are_erased_with_their_persons_and_the_others_stay()
    {
        var store = host.Services.GetRequiredService<ResourceStore>();
        var territory = new Territory("retention-" + Guid.NewGuid().ToString("N")) { FollowUp = FollowUpRules.Default };
        var now = DateTimeOffset.UtcNow.AddMonths(30);
        await PersonAsync("closed", "cancelled", now.AddMonths(-25));
        await PersonAsync("recent", "completed", now.AddMonths(-23));
        await PersonAsync("open", "on-hold", now.AddMonths(-29));
        await PersonAsync("passing", status: null, now);
        await AddAsync("""{"resourceType":"Patient","id":"merged","link":[{"other":{"reference":"Patient/open"},"type":"replaced-by"}]}""");
        await PersonAsync("member", "cancelled", now.AddMonths(-25));
        await AddAsync("""{"resourceType":"Group","id":"cohort","type":"person","actual":true,"active":true,"member":[{"entity":{"reference":"Patient/member"}}]}""");

        var erased = await host.Services.GetRequiredService<EraseExpired>().RunAsync(territory, now, TestContext.Current.CancellationToken);
        var again = await host.Services.GetRequiredService<EraseExpired>().RunAsync(territory, now, TestContext.Current.CancellationToken);

        Assert.Equal((2, 3), erased);
        Assert.Equal((0, 0), again);
        Assert.Equal(["member", "merged", "open", "recent"], await LeftAsync("Patient"));
        Assert.Equal(["member", "open", "recent"], await LeftAsync("Task"));
        Assert.Equal(2, (await LeftAsync("AuditEvent")).Count);

        async Task PersonAsync(string id, string? status, DateTimeOffset moved)
        {
            await AddAsync($$"""{"resourceType":"Patient","id":"{{id}}"}""");
            if (status is not null)
                await AddAsync($$"""
                    {"resourceType":"Task","id":"{{id}}","status":"{{status}}","intent":"order","for":{"reference":"Patient/{{id}}"},
                     "lastModified":"{{moved:yyyy-MM-dd'T'HH:mm:ss'Z'}}",
                     "code":{"coding":[{"system":"https://cpts-fhir-hub.example/fhir/CodeSystem/type-tache","code":"parcours-medecin-traitant"}]} }
                    """);
        }

        async Task AddAsync(string json)
        {
            var resource = FhirJson.Parse(Encoding.UTF8.GetBytes(json)).Resource!;
            Assert.True((await store.CommitAsync(territory.Tenant, [new Write.Create(resource, Id: resource.Id)], TestContext.Current.CancellationToken)).Committed);
        }

        async Task<List<string>> LeftAsync(string type) =>
            [.. (await store.SearchAsync(territory.Tenant, Queries.By(type), TestContext.Current.CancellationToken)).Matches.Select(match => match.Id).Order(StringComparer.Ordinal)];
    }

    /// <summary>The types of what names the patient.</summary>
    private static List<string> StoredNames(ResourceStore store, string patient) => store.AtOneMoment(
        "demo-cpts",
        moment => CptsFhirHub.Server.ServedTypes.All.Order(StringComparer.Ordinal).Where(type => moment.All(Queries.By(type))
            .Any(stored => Encoding.UTF8.GetString(stored.Json.Span).Contains(patient, StringComparison.Ordinal))).ToList(),
        TestContext.Current.CancellationToken);
}
