using System.Globalization;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Search;
using CptsFhirHub.Tests;
using Npgsql;

namespace CptsFhirHub.Storage.Tests.Postgres;

/// <summary>
/// A criterion that checks what another yields is asked of that alone. Whatever the server thinks of its tables, a partner's right to ten resources is
/// not found out by collecting all that the right is about.
/// </summary>
public sealed class Plans_of_searches
{
    private const int Persons = 1_500;
    private const int OfOwner = 500;
    private const int Rounds = 60;
    private const int Asked = 10;

    /// <summary>What may be read for a resource that is checked; the references of the owner alone are fifty for each.</summary>
    private const int ReadsMax = 20;

    [Fact]
    public async Task A_right_is_checked_resource_by_resource()
    {
        var folder = Directory.CreateTempSubdirectory("hub-plans-").FullName;
        var settings = new NpgsqlConnectionStringBuilder(StorePlace.ConnectionString(folder));
        try
        {
            await using var source = NpgsqlDataSource.Create(settings.ConnectionString);
            await using (var store = await TempStore.OpenAsync(folder))
            {
                // With many kinds of references the server takes those of one kind, told by four columns, for a few.
                foreach (var tenant in (string[])[TempStore.Tenant, TempStore.OtherTenant])
                    foreach (var (type, n) in Others.Select((type, n) => (type, n)))
                        await store.AddAsync(Other(type, n), tenant);
                for (var n = 0; n < Persons; n += 100)
                    await store.CommitAsync([.. Enumerable.Range(n, 100).SelectMany(Person)]);
            }

            await AnalyzeAsync(source);
            var before = await ReadAsync(source, least: 1);
            await using (var store = await TempStore.OpenAsync(folder))
            {
                for (var round = 0; round < Rounds; round++)
                {
                    var first = round * Asked;
                    var ids = Enumerable.Range(first, Asked).Select(Id).ToList();
                    var seen = ids.Where((_, n) => IsOfOwner(first + n)).Reverse();
                    Assert.Equal(seen, await store.FindAsync(new("Patient", [ById(ids), Right()]) { Count = Asked, WantsTotal = false }));
                }
            }

            Assert.InRange(await ReadAsync(source, before + (Rounds * Asked)) - before, 0, Rounds * Asked * ReadsMax);
        }
        finally
        {
            StorePlace.Forget(folder);
            Directory.Delete(folder, recursive: true);
        }
    }

    private static readonly string[] Others =
    [
        "Observation:subject", "Condition:asserter", "Encounter:serviceProvider", "ServiceRequest:requester", "Procedure:encounter", "MedicationRequest:recorder",
        "CarePlan:author", "Flag:author", "Communication:sender", "DiagnosticReport:subject", "Immunization:location", "Slot:schedule", "Location:managingOrganization",
        "QuestionnaireResponse:source", "RiskAssessment:subject", "MedicationStatement:context", "Specimen:subject", "Invoice:issuer", "Device:owner", "Group:managingEntity",
    ];

    private static readonly string[] Targets = ["Group", "Device", "Practitioner", "Organization", "Encounter", "Location", "Schedule", "PractitionerRole", "RelatedPerson", "CareTeam"];

    private static string Other(string type, int n)
    {
        var parts = type.Split(':');
        return $$"""{"resourceType":"{{parts[0]}}","{{parts[1]}}":{"reference":"{{Targets[n % Targets.Length]}}/x"} }""";
    }

    private static bool IsOfOwner(int n) => n % (Persons / OfOwner) == 0;

    private static string Id(int n) => "p" + n.ToString(CultureInfo.InvariantCulture);

    private static Write[] Person(int n) =>
    [
        new Write.Create(TempStore.Read($$"""{"resourceType":"Patient","identifier":[{"system":"urn:n","value":"{{n}}"}]}"""), Id: Id(n)),
        new Write.Create(
            TempStore.Read($$$"""
                {"resourceType":"Task","status":"requested","intent":"order","for":{"reference":"Patient/{{{Id(n)}}}"},
                 "owner":{"reference":"Organization/{{{(IsOfOwner(n) ? "mine" : "other")}}}"}}
                """),
            Id: "t" + n.ToString(CultureInfo.InvariantCulture)),
    ];

    private static Criterion.Match ById(List<string> ids) =>
        new(R4.Definitions.SearchParameter("Patient", "_id")!, null, [.. ids.Select(id => new SearchValue.Token(null, id))]);

    /// <summary>As a partner's: to the patients of its tasks, and to those that it has sent itself.</summary>
    private static Criterion.Any Right() => new(
    [
        [
            new Criterion.Has(
                R4.Definitions.SearchParameter("Task", "patient")!,
                new("Task", [new Criterion.Match(R4.Definitions.SearchParameter("Task", "owner")!, null, [new SearchValue.Reference("Organization", "mine", null)])])),
        ],
        [new Criterion.Match(R4.Definitions.SearchParameter("Patient", "identifier")!, null, [new SearchValue.Token("urn:n", "none")])],
    ]);

    /// <summary>The rows read so far, once they are this many: the server counts what a connection has read when that has ended.</summary>
    private static async Task<long> ReadAsync(NpgsqlDataSource source, long least)
    {
        await using var command = source.CreateCommand(
            """
            SELECT (SELECT sum(seq_tup_read)::bigint FROM pg_stat_user_tables WHERE schemaname = current_schema())
                + (SELECT sum(idx_tup_read)::bigint FROM pg_stat_user_indexes WHERE schemaname = current_schema())
            """);
        var deadline = DateTime.UtcNow.AddMinutes(1);
        for (var last = -1L; ;)
        {
            var read = (long)(await command.ExecuteScalarAsync())!;
            if (read >= least && read == last)
                return read;
            last = read;
            Assert.True(DateTime.UtcNow < deadline, "The server does not tell what was read.");
            await Task.Delay(200);
        }
    }

    private static async Task AnalyzeAsync(NpgsqlDataSource source)
    {
        await using var command = source.CreateCommand("ANALYZE");
        await command.ExecuteNonQueryAsync();
    }
}
