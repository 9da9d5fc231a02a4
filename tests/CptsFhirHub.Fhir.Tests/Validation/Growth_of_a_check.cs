using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Validation;

namespace CptsFhirHub.Fhir.Tests.Validation;

/// <summary>How the work of a check grows; how long it takes is for the bench.</summary>
public sealed class Growth_of_a_check
{
    [Fact]
    public void A_bundle_costs_time_by_its_size_not_by_its_square()
    {
        Assert.True(Bundle(2_000) < (Bundle(500) * 16) + TimeSpan.FromMilliseconds(200), "four times the entries took sixteen times as long");

        static TimeSpan Bundle(int entries)
        {
            var bundle = Element.OfResource("Bundle").With("type", "collection");
            for (var i = 0; i < entries; i++)
            {
                var entry = bundle.AddItem("entry").With("fullUrl", $"https://example.org/fhir/Patient/p{i}");
                var patient = Element.OfResource("Patient", "resource").With("id", $"p{i}");
                patient.AddItem("link").With("type", "seealso").Add("other").With("reference", $"Patient/p{entries - i - 1}");
                entry.Append(patient);
            }

            var before = Environment.CpuUsage.UserTime;
            Assert.DoesNotContain(Validator.Core.Check(bundle), issue => issue.IsError);
            var took = Environment.CpuUsage.UserTime - before;
            TestContext.Current.TestOutputHelper?.WriteLine($"{entries} entries: {took.TotalMilliseconds:F0} ms");
            return took;
        }
    }
}
