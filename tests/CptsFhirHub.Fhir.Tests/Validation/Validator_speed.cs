using System.Diagnostics;
using System.Text;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Validation;
using CptsFhirHub.Tests;

namespace CptsFhirHub.Fhir.Tests.Validation;

/// <summary>What checking costs. The bounds are loose: other tests run beside; the figures are printed.</summary>
public sealed class Validator_speed
{
    private const string Patient = """
        {"resourceType":"Patient","id":"p1","meta":{"versionId":"1","lastUpdated":"2026-11-21T08:00:00Z"},
         "identifier":[{"use":"official","system":"urn:oid:1.2.250.1.213.1.4.8","value":"279035121518989"},
           {"use":"usual","system":"urn:oid:1.2.3.4","value":"0001","period":{"start":"2020-01-01"}}],
         "active":true,"name":[{"use":"official","family":"EXEMPLE","given":["JEANNE","MARIE"]},{"use":"usual","family":"TEST","given":["JEANNE"]}],
         "telecom":[{"system":"phone","value":"0600000000","use":"mobile"},{"system":"email","value":"jeanne@example.org"}],
         "gender":"female","birthDate":"1979-03-12",
         "address":[{"use":"home","line":["1 rue de l'Exemple"],"city":"Lyon","postalCode":"69001","country":"FRA"}],
         "maritalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-MaritalStatus","code":"M"}]},
         "contact":[{"relationship":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0131","code":"C"}]}],"name":{"family":"TEST","given":["PAUL"]},
           "telecom":[{"system":"phone","value":"0600000001"}]}],
         "generalPractitioner":[{"reference":"Practitioner/1","display":"Dr Test"}],"managingOrganization":{"reference":"Organization/1"}}
        """;

    [Fact]
    public void A_patient_is_checked_in_well_under_a_millisecond()
    {
        const int Rounds = 20_000;
        var resource = FhirJson.Parse(Encoding.UTF8.GetBytes(Patient)).Resource!;
        var validator = new Validator(R4.Definitions);
        var clock = Stopwatch.StartNew();
        Assert.Empty(validator.Check(resource));
        var first = clock.Elapsed;
        for (var i = 0; i < 2_000; i++)
            validator.Check(resource);

        // Processor time, since other tests share the machine.
        var before = Environment.CpuUsage.UserTime;
        for (var i = 0; i < Rounds; i++)
            validator.Check(resource);
        var each = (Environment.CpuUsage.UserTime - before) / Rounds;

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"first check {first.TotalMilliseconds:F0} ms, then {each.TotalMicroseconds:F1} us: {1 / each.TotalSeconds:F0} patients a second on one core");
        Assert.True(each < TimeSpan.FromMilliseconds(1), $"{each.TotalMicroseconds} us");
    }

    [Fact]
    public void A_bundle_costs_time_by_its_size_not_by_its_square()
    {
        Assert.True(Bundle(4_000) < (Bundle(1_000) * 16) + TimeSpan.FromMilliseconds(200), "four times the entries took sixteen times as long");

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

    [Fact]
    public void The_hubs_own_profiles_cost_little_more()
    {
        const int Rounds = 3_000;
        var folder = Repository.File("fhir-profiles", "compiled");
        var validator = new Validator(R4.Definitions.With(Read(folder)));
        foreach (var example in Read(Path.Combine(folder, "examples")).Where(example => example.Root.At("meta", "profile") is not null))
        {
            for (var i = 0; i < 300; i++)
                validator.Check(example);
            var before = Environment.CpuUsage.UserTime;
            for (var i = 0; i < Rounds; i++)
                validator.Check(example);
            var each = (Environment.CpuUsage.UserTime - before) / Rounds;
            TestContext.Current.TestOutputHelper?.WriteLine($"{example.Reference}: {each.TotalMicroseconds:F0} us");
            Assert.True(each < TimeSpan.FromMilliseconds(5), $"{example.Reference}: {each.TotalMicroseconds} us");
        }
    }

    private static List<Resource> Read(string folder) =>
        [.. Directory.EnumerateFiles(folder, "*.json").Select(path => FhirJson.Parse(File.ReadAllBytes(path)).Resource).OfType<Resource>()];
}
