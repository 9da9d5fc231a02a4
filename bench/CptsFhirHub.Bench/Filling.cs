using System.Globalization;
using System.Text;
using CptsFhirHub.Coordination.Identity;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Server;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Storage;
using Microsoft.Extensions.Configuration;

namespace CptsFhirHub.Bench;

/// <summary>
/// A store of a given size: seven resources in ten are patients, the others a request and a task for some of them, the tasks shared out
/// over fifty owners. Written through the store, as the server writes, but without its door. Ids are told by their number.
/// </summary>
internal static class Filling
{
    public const string IdentifierSystem = "https://bench.example/ipp";
    public const int Owners = 50;
    private const int TasksPerHundred = 15;
    private const int WritesPerCommit = 200;
    private const int CommitsAtOnce = 4;

    public static int PatientsOf(int resources) => resources - (2 * TasksOf(resources));

    public static int TasksOf(int resources) => resources * TasksPerHundred / 100;

    /// <summary>Fills the database of that folder, which a hub has opened before and closed again.</summary>
    public static async Task FillAsync(StoreOptions options, int resources)
    {
        await using var store = await HubStore.OpenAsync(
            options with
            {
                Definitions = Profiles.Load(Profiles.Folder(new ConfigurationBuilder().Build()), SourceCodes.Folder(new ConfigurationBuilder().Build())),
                LookupKeysOf = resource => IdentityKeys.Of(resource).Select(key => new LookupKey(key.Kind, key.Value)),
            },
            CancellationToken.None);

        var groups = Resources(resources).Select(item => new Write.Create(item.Resource, Id: item.Id)).Chunk(WritesPerCommit);
        await Parallel.ForEachAsync(groups, new ParallelOptions { MaxDegreeOfParallelism = CommitsAtOnce }, async (group, cancellationToken) =>
        {
            var result = await store.Resources.CommitAsync(DemoAccounts.Tenant, group, cancellationToken);
            if (!result.Committed)
                throw new InvalidOperationException("The store did not take the filling.");
        });
    }

    private static IEnumerable<(string Id, Resource Resource)> Resources(int resources)
    {
        for (var n = 0; n < PatientsOf(resources); n++)
            yield return (PatientId(n), Parsed(People.Patient(n)));
        for (var n = 0; n < TasksOf(resources); n++)
        {
            yield return ($"bench-r{n}", Parsed($$"""
                {"resourceType":"ServiceRequest","status":"active","intent":"proposal","subject":{"reference":"Patient/{{PatientId(n)}}"},"authoredOn":"2026-01-18"}
                """));
            yield return ($"bench-t{n}", Parsed($$"""
                {"resourceType":"Task","status":"{{(n % 4 == 0 ? "requested" : "completed")}}","intent":"order","focus":{"reference":"ServiceRequest/bench-r{{n}}"},
                 "for":{"reference":"Patient/{{PatientId(n)}}"},"owner":{"reference":"{{Owner(n)}}"},"authoredOn":"2026-01-{{(n % 28) + 1:00}}T09:00:00+01:00"}
                """));
        }
    }

    public static string PatientId(int n) => string.Create(CultureInfo.InvariantCulture, $"bench-p{n}");

    /// <summary>One owner in fifty is the DAC of the demo.</summary>
    public static string Owner(int n) => (n / 4 % Owners) is var owner and > 0 ? $"Organization/bench-{owner}" : "Organization/demo-dac";

    private static Resource Parsed(string json) =>
        FhirJson.Parse(Encoding.UTF8.GetBytes(json)).Resource ?? throw new InvalidOperationException("The bench's own resource is not readable.");
}
