using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Tests.Mappings;

/// <summary>The profiles accept their examples, are sound themselves, and refuse what they are there to refuse.</summary>
public sealed class Profiles_of_the_hub
{
    private static readonly string Folder = Repository.File("fhir-profiles", "compiled");

    public static TheoryData<string> Definitions => new(Directory.GetFiles(Folder, "*.json").Select(path => Path.GetFileName(path)!));

    public static TheoryData<string> Examples =>
        new(Directory.GetFiles(Path.Combine(Folder, "examples"), "*.json").Select(path => Path.GetFileName(path)!));

    [Theory]
    [MemberData(nameof(Examples))]
    public void Accept_their_examples(string file) => HubProfiles.Check(HubProfiles.ReadFile(Path.Combine(Folder, "examples", file)));

    [Theory]
    [MemberData(nameof(Definitions))]
    public void Are_sound_resources_themselves(string file)
    {
        var issues = HubProfiles.Validator.Check(HubProfiles.ReadFile(Path.Combine(Folder, file)));

        Assert.DoesNotContain(issues, issue => issue.IsError);
    }

    [Theory]
    [InlineData("Patient-exemple-patient.json", "\"system\":\"urn:oid:1.2.250.1.213.1.4.10\"", "\"system\":\"urn:oid:1.2.250.1.213.1.4.8\"")] // a test matricule is not a real one
    [InlineData("Patient-exemple-patient.json", "\"value\":\"247038519104254\"", "\"value\":\"2470385191042\"")] // a matricule has its key
    [InlineData("Patient-exemple-patient.json", "\"code\":\"INS-NIR-TEST\"", "\"code\":\"XX\"")] // qualified without INS
    [InlineData("Patient-exemple-patient.json", "\"family\":\"MARTINEAU\",", "")] // a birth name has a family name
    [InlineData("Patient-exemple-patient.json", "\"valueCode\":\"telephone\"", "\"valueCode\":\"pigeon\"")]
    [InlineData("ServiceRequest-exemple-signalement.json", "\"authoredOn\":\"2025-06-18T09:12:44+02:00\",", "")]
    [InlineData("ServiceRequest-exemple-signalement.json", "/CodeSystem/categorie-demande", "/CodeSystem/autre")]
    [InlineData("ServiceRequest-exemple-signalement.json", "\"code\":\"prado\"", "\"code\":\"rumeur\"")]
    [InlineData("Task-exemple-dossier.json", "\"status\":\"accepted\"", "\"status\":\"completed\"")] // a-qualifier is not completed
    [InlineData("Task-exemple-dossier.json", "\"code\":\"a-qualifier\"", "\"code\":\"perdu\"")]
    [InlineData("Task-exemple-dossier.json", "\"code\":\"parcours-medecin-traitant\"", "\"code\":\"autre-chose\"")]
    [InlineData("Task-exemple-appui-dac.json", "\"owner\":{\"reference\":\"Organization/demo-dac\"},", "")]
    [InlineData("Slot-exemple-creneau.json", "\"end\":\"2025-06-20T09:15:00.000+02:00\"", "\"end\":\"2025-06-20T08:15:00.000+02:00\"")]
    [InlineData("Slot-exemple-creneau.json", "\"code\":\"PUBLIC\"", "\"code\":\"SECRET\"")]
    [InlineData("Schedule-exemple-agenda.json", "\"value\":\"agenda-1001\"", "\"use\":\"usual\"")]
    [InlineData("Group-exemple-cohorte.json", "Patient/demo-cohorte-02", "Patient/exemple-patient")] // a person is in the cohort once
    [InlineData("Group-exemple-cohorte.json", "\"valueCode\":\"signale\"", "\"valueCode\":\"perdu\"")]
    public void Refuse_the_neighbour_of_an_example(string file, string said, string instead)
    {
        var json = System.Text.Encoding.UTF8.GetString(FhirJson.Write(HubProfiles.ReadFile(Path.Combine(Folder, "examples", file))));
        Assert.Contains(said, json, StringComparison.Ordinal);

        var changed = FhirJson.Parse(json.Replace(said, instead, StringComparison.Ordinal));

        Assert.NotNull(changed.Resource);
        Assert.Contains(HubProfiles.Validator.Check(changed.Resource.Root), issue => issue.IsError);
    }
}
