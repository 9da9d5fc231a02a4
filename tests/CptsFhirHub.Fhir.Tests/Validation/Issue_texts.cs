using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Validation;

namespace CptsFhirHub.Fhir.Tests.Validation;

/// <summary>What an issue says: in the language asked for, and whatever the kind of rule.</summary>
public sealed class Issue_texts
{
    private const string Profile = """
        {"resourceType":"StructureDefinition","url":"https://example.org/p","name":"P","status":"active","kind":"resource","abstract":false,
         "type":"Patient","baseDefinition":"http://hl7.org/fhir/StructureDefinition/Patient","derivation":"constraint",
         "differential":{"element":[{"id":"Patient","path":"Patient","constraint":[{"key":"p-1","severity":"error","human":"A patient is active.",
            "_human":{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/translation","extension":[{"url":"lang","valueCode":"fr"},
              {"url":"content","valueString":"Un patient est actif."}]}]},"expression":"active.exists()"}]},
          {"id":"Patient.name","path":"Patient.name","min":1},
          {"id":"Patient.gender","path":"Patient.gender","fixedCode":"female"},
          {"id":"Patient.maritalStatus","path":"Patient.maritalStatus","binding":{"strength":"required",
            "valueSet":"http://hl7.org/fhir/ValueSet/administrative-gender"}},
          {"id":"Patient.telecom","path":"Patient.telecom","slicing":{"discriminator":[{"type":"value","path":"system"}],"rules":"closed"}},
          {"id":"Patient.telecom:phone","path":"Patient.telecom","sliceName":"phone","min":1},
          {"id":"Patient.telecom:phone.system","path":"Patient.telecom.system","min":1,"fixedCode":"phone"}]}}
        """;

    private const string Patient = """
        {"resourceType":"Patient","gender":"male","telecom":[{"system":"email","value":"x"}],
         "maritalStatus":{"coding":[{"system":"http://hl7.org/fhir/administrative-gender","code":"nothing"}]}}
        """;

    private static readonly Validator Over = new(R4.Definitions.With([Structure_checks.Read(Profile)]));

    [Theory]
    [InlineData("required Patient", "L'élément « name » est présent 0 fois : le profil en demande au moins 1.")]
    [InlineData("required Patient", "La tranche « phone » de « telecom » est présente 0 fois : le profil en demande au moins 1.")]
    [InlineData("value Patient.gender", "La valeur n'est pas celle que le profil fixe.")]
    [InlineData("code-invalid Patient.maritalStatus",
        "Le code n'est pas dans le jeu de valeurs http://hl7.org/fhir/ValueSet/administrative-gender, qui est obligatoire.")]
    [InlineData("structure Patient.telecom[0]", "L'élément ne correspond à aucune tranche, et la liste est fermée aux autres.")]
    [InlineData("invariant Patient", "La règle p-1 n'est pas respectée : Un patient est actif.")]
    public void A_rule_of_a_profile_is_told_in_French(string place, string text) => Told("fr-FR", place, text);

    [Theory]
    [InlineData("required Patient", "The element 'name' occurs 0 times: at least 1 is required by the profile.")]
    [InlineData("invariant Patient", "The rule p-1 is broken: A patient is active.")]
    public void And_in_English_otherwise(string place, string text) => Told("de", place, text);

    private static void Told(string language, string place, string text)
    {
        var issues = Over.Check(Structure_checks.Read(Patient), ["https://example.org/p"], language);
        Assert.Contains((place, text), issues.Select(issue => ($"{issue.Code} {issue.Path}", issue.Text)));
    }
}
