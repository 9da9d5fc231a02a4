using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Tests.Mappings;

/// <summary>The committed demo territory is whole: what it refers to is there, and its promises hold.</summary>
public sealed class Demo_territory_files
{
    /// <summary>The files of each tenant, as <c>Demo/README.md</c> says.</summary>
    private static readonly string[][] Tenants = [["cpts.json", "cohorte.json"], ["cpts-2.json"]];

    public static IEnumerable<Element> Resources(IEnumerable<string> files) =>
        files.SelectMany(file =>
        {
            var parsed = FhirJson.Parse(File.ReadAllBytes(Repository.File("src", "CptsFhirHub.Server", "Demo", file)));
            Assert.Empty(parsed.Issues);
            return parsed.Resource!.Root.All("entry").ToArray().Select(entry => entry.Child("resource")!);
        });

    public static IEnumerable<Element> All() => Resources(Tenants.SelectMany(files => files));

    [Fact]
    public void Every_reference_resolves_in_its_tenant()
    {
        foreach (var files in Tenants)
        {
            var resources = Resources(files).ToList();
            var known = resources.Select(resource => $"{resource.ResourceType}/{resource.Text("id")}").ToList();
            Assert.Equal(known.Count, known.Distinct(StringComparer.Ordinal).Count());
            Assert.All(resources.SelectMany(References), reference => Assert.Contains(reference, known));
        }
    }

    [Fact]
    public void Every_resource_meets_R4_and_its_profile() => Assert.All(All(), HubProfiles.Check);

    [Theory]
    [InlineData("Organization/demo-cpts")]
    [InlineData("Organization/demo-dac")]
    [InlineData("Organization/demo-dac-2")]
    [InlineData("Organization/demo-hopital")]
    [InlineData("Group/demo-cohorte")]
    [InlineData("Practitioner/demo-medecin-1")]
    [InlineData("PractitionerRole/demo-medecin-1")]
    [InlineData("Practitioner/demo-medecin-6")]
    public void The_promised_ids_are_there(string reference) =>
        Assert.Contains(reference, Resources(Tenants[0]).Select(resource => $"{resource.ResourceType}/{resource.Text("id")}"));

    [Fact]
    public void The_cohort_has_as_many_members_as_it_says()
    {
        var group = Resources(Tenants[0]).Single(resource => resource.ResourceType == "Group");

        Assert.Equal(group.Text("quantity"), group.All("member").Length.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }

    [Fact]
    public void A_request_of_a_fragile_person_is_urgent_as_the_walk_makes_it()
    {
        var resources = Resources(Tenants[0]).ToList();
        var fragile = resources
            .Where(resource => resource.ResourceType == "RiskAssessment"
                && resource.At("prediction", "qualitativeRisk", "coding")!.Text("code") == "fragile")
            .Select(risk => risk.Child("subject")!.Text("reference")).ToHashSet(StringComparer.Ordinal);

        var requests = resources.Where(resource => resource.ResourceType == "ServiceRequest" && fragile.Contains(resource.Child("subject")!.Text("reference")));
        Assert.All(requests, request => Assert.Equal("urgent", request.Text("priority")));
    }

    internal static IEnumerable<string> References(Element node)
    {
        foreach (var child in node.Children.ToArray())
        {
            if (child.Name == "reference" && child.Value is { } reference)
                yield return reference;
            foreach (var inner in References(child))
                yield return inner;
        }
    }
}
