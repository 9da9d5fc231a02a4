using System.Globalization;
using CptsFhirHub.Coordination.Identity;
using CptsFhirHub.Coordination.Identity.Matching;
using CptsFhirHub.Server.Flows;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Jobs;

/// <summary>How common names are among the persons of each tenant: the larger it is, the more that counts beside the national files.</summary>
internal sealed class CountNames(ResourceStore store, MatchParameters parameters, IReadOnlyCollection<string> tenants)
{
    public const string Name = "count-names";

    public async Task<string> RunAllAsync(CancellationToken cancellationToken)
    {
        long persons = 0;
        foreach (var tenant in tenants)
        {
            var counts = await CountAsync(tenant, cancellationToken);
            await parameters.CountedAsync(tenant, counts, cancellationToken);
            persons += counts.SurnamesTotal;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{persons} persons counted.");
    }

    /// <summary>Counts the names of all persons of a tenant.</summary>
    public Task<NameCounts> CountAsync(string tenant, CancellationToken cancellationToken) => Task.Run(
        () => store.AtOneMoment(
            tenant,
            moment =>
            {
                var counts = new NameCounts();
                foreach (var patient in moment.All(Queries.By("Patient")))
                {
                    cancellationToken.ThrowIfCancellationRequested();

                    // A merged record is its survivor's.
                    if (patient.Resource.Root.Text("active") is not "false")
                        counts.Add(Traits.Of(patient.Resource.Root));
                }

                return counts;
            },
            cancellationToken),
        cancellationToken);
}
