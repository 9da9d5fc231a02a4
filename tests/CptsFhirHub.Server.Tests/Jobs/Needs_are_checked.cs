using System.Text;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Server.Flows;
using CptsFhirHub.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace CptsFhirHub.Tests.Jobs;

/// <summary>Flow M16: a GP of the territory closes the file, with a reason, and a coordinator may open it again; one far away does not.</summary>
public sealed class Needs_are_checked(HubHost host)
{
    private const string Nantes = """
        ,"position":{"latitude":47.218,"longitude":-1.553}
        """;

    private readonly Territory _territory = new("needs-" + Guid.NewGuid().ToString("N")) { Communes = new HashSet<string>(["85003", "85191"], StringComparer.Ordinal) };

    [Fact]
    public async Task A_gp_of_the_territory_closes_the_file_until_a_coordinator_opens_it_again()
    {
        await DoctorAsync("near", "85191", "85000");
        await FileAsync("near");
        await AddAsync("""{"resourceType":"Task","id":"dac","status":"requested","intent":"order","focus":{"reference":"ServiceRequest/near"},"for":{"reference":"Patient/near"}}""");

        Assert.Equal((1, 1, 0), await RunAsync());

        var file = await ReadAsync("Task/near");
        Assert.Equal("clos-deja-mt", file.At("businessStatus", "coding", "code")!.Value);
        Assert.Equal("A déjà un médecin traitant dans le territoire", file.At("statusReason", "text")!.Value);
        Assert.Equal("revoked", (await ReadAsync("ServiceRequest/near")).Text("status"));
        Assert.Equal("cancelled", (await ReadAsync("Task/dac")).Text("status"));

        var again = FileSteps.Moved(file, "a-qualifier", DateTimeOffset.UtcNow);
        await WriteAsync(new Write.Update(new(again), "near"));
        Assert.Equal((1, 0, 1), await RunAsync());
        Assert.Equal(["mt-a-verifier"], Remarks(await ReadAsync("Task/near")));
        Assert.Equal((1, 0, 0), await RunAsync());
    }

    [Fact]
    public async Task A_gp_far_away_leaves_the_person_eligible_with_that_reason()
    {
        await CommuneAsync("85003", "85190", 46.739, -1.627);
        await DoctorAsync("paris", "75114", "75014");
        await FileAsync("paris");
        await DoctorAsync("nantes", "44109", "44000", Nantes);
        await FileAsync("nantes");

        Assert.Equal((2, 0, 2), await RunAsync());

        var far = await ReadAsync("Task/paris");
        Assert.Equal("a-qualifier", far.At("businessStatus", "coding", "code")!.Value);
        Assert.Equal(["mt-eloigne"], Remarks(far));
        Assert.Equal("Médecin traitant à 54 km", (await ReadAsync("Task/nantes")).At("reasonCode", "text")!.Value);
    }

    [Fact]
    public async Task What_nobody_has_touched_is_not_read_again_until_the_next_day_or_a_gps_change()
    {
        await DoctorAsync("near", "85191", "85000");
        await FileAsync("near");
        var time = new Clock();
        var needs = ActivatorUtilities.CreateInstance<CheckNeeds>(host.Services, host.Services.GetRequiredService<HubStore>().Registry, time);
        Task<(int Files, int Closed, int Remarked)> DueAsync() => needs.RunDueAsync(_territory, TestContext.Current.CancellationToken);
        Assert.Equal((1, 1, 0), await DueAsync());
        await WriteAsync(new Write.Update(new(FileSteps.Moved(await ReadAsync("Task/near"), "a-qualifier", DateTimeOffset.UtcNow)), "near"));

        time.Later = TimeSpan.FromMinutes(1);
        Assert.Equal((1, 0, 1), await DueAsync());
        time.Later = TimeSpan.FromHours(1);
        await DueAsync();
        time.Later = TimeSpan.FromHours(2);
        Assert.Equal((0, 0, 0), await DueAsync());
        time.Later = TimeSpan.FromHours(25);
        Assert.Equal((1, 0, 0), await DueAsync());
    }

    [Fact]
    public async Task A_run_that_was_cut_off_is_begun_anew_and_writes_what_is_left_alone()
    {
        for (var n = 0; n < 4; n++)
        {
            await DoctorAsync($"cut{n}", "85191", "85000");
            await FileAsync($"cut{n}");
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var time = new Clock { Stop = stop, Looks = 3 };
        var needs = ActivatorUtilities.CreateInstance<CheckNeeds>(host.Services, host.Services.GetRequiredService<HubStore>().Registry, time);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => needs.RunDueAsync(_territory, stop.Token));
        var closed = await ClosedAsync();
        Assert.InRange(closed.Count, 1, 3);

        time.Stop = null;
        Assert.Equal((4 - closed.Count, 4 - closed.Count, 0), await needs.RunDueAsync(_territory, TestContext.Current.CancellationToken));
        var all = await ClosedAsync();
        Assert.Equal(4, all.Count);
        Assert.All(closed, one => Assert.Equal(one.Value, all[one.Key]));

        async Task<Dictionary<int, string?>> ClosedAsync()
        {
            var files = new Dictionary<int, string?>();
            for (var n = 0; n < 4; n++)
                if (await ReadAsync($"Task/cut{n}") is var file && file.At("businessStatus", "coding", "code")!.Value == "clos-deja-mt")
                    files[n] = file.At("meta", "versionId")!.Value;
            return files;
        }
    }

    private sealed class Clock : TimeProvider
    {
        public TimeSpan Later { get; set; }

        /// <summary>What is stopped when the clock has been looked at so often.</summary>
        public CancellationTokenSource? Stop { get; set; }

        public int Looks { get; set; }

        public override DateTimeOffset GetUtcNow()
        {
            if (--Looks == 0)
                Stop?.Cancel();
            return DateTimeOffset.UtcNow + Later;
        }
    }

    private static List<string?> Remarks(Element file)
    {
        List<string?> codes = [];
        foreach (var coding in file.Child("reasonCode")!.All("coding"))
            if (coding.Text("system") == CheckNeeds.Remarks)
                codes.Add(coding.Text("code"));
        return codes;
    }

    private Task<(int Files, int Closed, int Remarked)> RunAsync() =>
        host.Services.GetRequiredService<CheckNeeds>().RunAsync(_territory, TestContext.Current.CancellationToken);

    /// <summary>A GP of that commune, and a person who has declared that GP and lives in 85003.</summary>
    private async Task DoctorAsync(string id, string commune, string code, string position = "")
    {
        await AddAsync($$"""{"resourceType":"Location","id":"{{id}}"{{position}},"address":{{Address(commune, code)}} }""");
        await AddAsync($$"""{"resourceType":"Practitioner","id":"{{id}}","active":true}""");
        await AddAsync($$"""{"resourceType":"PractitionerRole","id":"{{id}}","practitioner":{"reference":"Practitioner/{{id}}"},"location":[{"reference":"Location/{{id}}"}]}""");
        await AddAsync($$"""{"resourceType":"Patient","id":"{{id}}","birthDate":"1950-01-02","address":[{{Address("85003", "85190")}}],"generalPractitioner":[{"reference":"Practitioner/{{id}}"}]}""");
    }

    private Task CommuneAsync(string commune, string code, double latitude, double longitude) => AddAsync(FormattableString.Invariant($$"""
        {"resourceType":"Location","id":"commune-{{commune}}","mode":"kind","address":{{Address(commune, code)}},
         "physicalType":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/location-physical-type","code":"jdn"}]},
         "position":{"latitude":{{latitude}},"longitude":{{longitude}}} }
        """));

    private async Task FileAsync(string id)
    {
        await AddAsync($$"""{"resourceType":"ServiceRequest","id":"{{id}}","status":"active","intent":"order","subject":{"reference":"Patient/{{id}}"} }""");
        await AddAsync($$"""
            {"resourceType":"Task","id":"{{id}}","status":"accepted","intent":"order","for":{"reference":"Patient/{{id}}"},"focus":{"reference":"ServiceRequest/{{id}}"},
             "code":{"coding":[{"system":"https://cpts-fhir-hub.example/fhir/CodeSystem/type-tache","code":"parcours-medecin-traitant"}]},
             "businessStatus":{"coding":[{"system":"https://cpts-fhir-hub.example/fhir/CodeSystem/etat-parcours","code":"a-qualifier"}]} }
            """);
    }

    private static string Address(string commune, string code) => $$"""
        {"postalCode":"{{code}}","extension":[{"url":"https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-address-insee-code",
         "valueCoding":{"system":"https://mos.esante.gouv.fr/NOS/TRE_R13-CommuneOM/FHIR/TRE-R13-CommuneOM","code":"{{commune}}"} }]}
        """;

    private Task AddAsync(string json)
    {
        var resource = FhirJson.Parse(Encoding.UTF8.GetBytes(json)).Resource!;
        return WriteAsync(new Write.Create(resource, Id: resource.Id));
    }

    private async Task WriteAsync(Write write) => Assert.True((await host.Services.GetRequiredService<ResourceStore>()
        .CommitAsync(_territory.Tenant, [write], TestContext.Current.CancellationToken)).Committed);

    private async Task<Element> ReadAsync(string reference) =>
        (await host.Services.GetRequiredService<ResourceStore>().ReadAsync(_territory.Tenant, reference, TestContext.Current.CancellationToken))!.Resource.Root;
}
