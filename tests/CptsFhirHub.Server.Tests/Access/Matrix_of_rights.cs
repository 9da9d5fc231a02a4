using CptsFhirHub.Server;
using CptsFhirHub.Server.Access;

namespace CptsFhirHub.Tests.Access;

/// <summary>
/// Every demo client against every type: what the policy does not name is refused, and a planted patient outside the right shows nowhere.
/// </summary>
public sealed class Matrix_of_rights(HubHost hub)
{
    private const string Planted = "Qwyjibo";

    public static TheoryData<string> Accounts => [.. DemoAccounts.Clients.Select(client => client.Id)];

    [Theory]
    [MemberData(nameof(Accounts))]
    public async Task Each_type_answers_as_the_policy_says(string account)
    {
        var policy = DemoAccounts.Clients.Single(client => client.Id == account).FullPolicy;
        using var client = await hub.ClientAsync(account);
        var wrong = new List<string>();
        foreach (var type in ServedTypes.All.Order(StringComparer.Ordinal))
        {
            Expect(policy.Allows(type, Deeds.Search), 200, await client.GetFhirAsync($"{type}?_count=1"), $"search {type}");
            Expect(policy.Allows(type, Deeds.Read), 404, await client.GetFhirAsync($"{type}/not-there"), $"read {type}");
            Expect(policy.Allows(type, Deeds.Create), 400, await client.PostFhirAsync(type, "{}"), $"create {type}");
            Expect(policy.Allows(type, Deeds.Update), 400, await client.PutFhirAsync($"{type}/not-there", "{}"), $"update {type}");
            var delete = await client.DeleteFhirAsync($"{type}/not-there");
            Expect(policy.Allows(type, Deeds.Delete), policy.RowsOf(type) is null ? 204 : 404, delete, $"delete {type}");
        }

        Assert.Empty(wrong);

        void Expect(bool allowed, int status, Reply reply, string what)
        {
            if (reply.Status != (allowed ? status : 403))
                wrong.Add($"{what}: {reply.Status}");
        }
    }

    [Theory]
    [MemberData(nameof(Accounts))]
    public async Task A_planted_patient_shows_to_the_tenant_alone(string account)
    {
        using var team = await hub.ClientAsync("demo-cpts");
        var id = await team.CreateAsync("Patient", $$"""{"resourceType":"Patient","name":[{"family":"{{Planted}}"}]}""");
        await team.CreateAsync("Flag", $$"""
            {"resourceType":"Flag","status":"active","code":{"text":"{{Planted}}"},"subject":{"reference":"Patient/{{id}}","display":"{{Planted}}"} }
            """);
        var seesAll = DemoAccounts.Clients.Single(client => client.Id == account).FullPolicy.Sender is null;
        using var client = await hub.ClientAsync(account);
        string[] ways =
        [
            $"Patient/{id}", $"Patient/{id}/_history", $"Patient?family={Planted}", $"Patient?_id={id}", "Patient?_count=1000", "Patient/_history",
            $"Flag?patient=Patient/{id}", $"Flag?patient.family={Planted}", "Flag?_count=1000&_include=Flag:patient", "_history?_count=1000",
            $"Task?patient.family={Planted}&_include=Task:patient", $"Patient?_revinclude=Flag:patient&family={Planted}", "Flag/_history",
        ];
        foreach (var way in ways)
        {
            var text = (await client.GetFhirAsync(way)).Text;
            if (!seesAll)
                Assert.DoesNotContain("\"" + Planted, text, StringComparison.Ordinal);
        }

        Assert.Equal(seesAll ? 200 : 403, (await client.GetFhirAsync("_history")).Status);
        var count = await client.GetFhirAsync($"Patient?family={Planted}&_summary=count");
        if (!seesAll)
            Assert.True(count.Status == 403 || count.Resource.Text("total") == "0", "A count told about rows outside the right.");
    }
}
