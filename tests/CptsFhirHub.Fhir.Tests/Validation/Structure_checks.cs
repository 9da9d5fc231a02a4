using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Validation;

namespace CptsFhirHub.Fhir.Tests.Validation;

/// <summary>The rules of the base types: each refused resource has an accepted neighbour.</summary>
public sealed class Structure_checks
{
    private const string Ok = "";

    [Theory]
    [InlineData("""{"resourceType":"Patient"}""", Ok)]
    [InlineData("""{"resourceType":"Patien"}""", "structure Patien")]
    [InlineData("""{"resourceType":"DomainResource"}""", "structure DomainResource")]
    [InlineData("""{"resourceType":"Patient","nom":"x"}""", "structure Patient.nom")]
    [InlineData("""{"resourceType":"Patient","name":[{"given":["A"],"prenom":"x"}]}""", "structure Patient.name[0].prenom")]
    [InlineData("""{"resourceType":"Patient","name":{"family":"X"}}""", "structure Patient.name[0]")]
    [InlineData("""{"resourceType":"Patient","gender":["male"]}""", "structure Patient.gender")]
    [InlineData("""{"resourceType":"Patient","name":["X"]}""", "structure Patient.name[0]")]
    [InlineData("""{"resourceType":"Patient","active":"true"}""", "value Patient.active")]
    [InlineData("""{"resourceType":"Patient","active":true}""", Ok)]
    [InlineData("""{"resourceType":"Patient","multipleBirthInteger":2.0}""", "value Patient.multipleBirth.ofType(integer)")]
    [InlineData("""{"resourceType":"Patient","multipleBirthInteger":2}""", Ok)]
    [InlineData("""{"resourceType":"Patient","deceasedBoolean":true,"deceasedDateTime":"2020"}""", "structure Patient")]
    [InlineData("""{"resourceType":"Patient","deceasedString":"yes"}""", "structure Patient.deceasedString")]
    [InlineData("""{"resourceType":"Observation","status":"final"}""", "required Observation")]
    [InlineData("""{"resourceType":"Observation","status":"final","code":{"text":"x"}}""", Ok)]
    [InlineData("""{"resourceType":"MedicationRequest","status":"active","intent":"order","subject":{"display":"x"}}""", "required MedicationRequest")]
    [InlineData("""{"resourceType":"Patient","gender":"F"}""", "code-invalid Patient.gender")]
    [InlineData("""{"resourceType":"Patient","gender":"female"}""", Ok)]
    [InlineData("""{"resourceType":"Patient","_gender":{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","valueCode":"unknown"}]}}""", Ok)]
    [InlineData("""{"resourceType":"Patient","id":"a_b"}""", "value Patient.id")]
    [InlineData("""{"resourceType":"Patient","managingOrganization":{"reference":"Patient/1"}}""", "structure Patient.managingOrganization")]
    [InlineData("""{"resourceType":"Patient","managingOrganization":{"reference":"Organization/1"}}""", Ok)]
    [InlineData("""{"resourceType":"Patient","managingOrganization":{"reference":"Clinic/1"}}""", "structure Patient.managingOrganization")]
    [InlineData("""{"resourceType":"Patient","managingOrganization":{"reference":"#o"}}""", "not-found Patient.managingOrganization")]
    [InlineData("""{"resourceType":"Patient","contained":[{"resourceType":"Organization","id":"o","name":"X"}],"managingOrganization":{"reference":"#o"}}""", Ok)]
    [InlineData("""{"resourceType":"Patient","contained":[{"resourceType":"Organization","id":"o","name":"X"}]}""", "invariant Patient.contained[0]")]
    [InlineData("""{"resourceType":"Patient","contained":[{"resourceType":"Organization","id":"o","nom":"X"}],"managingOrganization":{"reference":"#o"}}""", "structure Patient.contained[0].nom invariant Patient.contained[0]")]
    [InlineData("""{"resourceType":"Patient","contact":[{"gender":"male"}]}""", "invariant Patient.contact[0]")]
    [InlineData("""{"resourceType":"Patient","identifier":[{"period":{"start":"2021","end":"2020"}}]}""", "invariant Patient.identifier[0].period")]
    [InlineData("""{"resourceType":"Patient","extension":[{"url":"x","valueString":"y"}]}""", "extension Patient.extension[0]")]
    [InlineData("""{"resourceType":"Patient","extension":[{"url":"https://example.org/e"}]}""", "invariant Patient.extension[0]")]
    [InlineData("""{"resourceType":"Patient","modifierExtension":[{"url":"https://example.org/e","valueCode":"y"}]}""", "extension Patient.modifierExtension[0]")]
    [InlineData("""{"resourceType":"Patient","extension":[{"url":"http://hl7.org/fhir/StructureDefinition/patient-birthPlace","valueAddress":{"city":"Lyon"}}]}""", Ok)]
    [InlineData("""{"resourceType":"Patient","extension":[{"url":"http://hl7.org/fhir/StructureDefinition/patient-birthPlace","valueString":"Lyon"}]}""", "structure Patient.extension[0].value.ofType(string)")]
    [InlineData("""{"resourceType":"Organization","name":"X","extension":[{"url":"http://hl7.org/fhir/StructureDefinition/patient-birthPlace","valueAddress":{"city":"Lyon"}}]}""", "extension Organization.extension[0]")]
    [InlineData("""{"resourceType":"Observation","status":"final","code":{"text":"x"},"referenceRange":[{"low":{"value":1,"comparator":"<"}}]}""", "invariant Observation.referenceRange[0].low structure Observation.referenceRange[0].low")]
    [InlineData("""{"resourceType":"QuestionnaireResponse","status":"completed","questionnaire":"http://hl7.org/fhir/ValueSet/languages"}""", "structure QuestionnaireResponse.questionnaire")]
    [InlineData("""{"resourceType":"QuestionnaireResponse","status":"completed","questionnaire":"https://example.org/q|1"}""", Ok)]
    [InlineData("""{"resourceType":"Attachment"}""", "structure Attachment")]
    public void A_fault_is_found_at_its_place(string json, string expected) => Check(json, expected);

    [Theory]
    [InlineData("birthDate", "1951-11-21", true)]
    [InlineData("birthDate", "1951-11", true)]
    [InlineData("birthDate", "1951", true)]
    [InlineData("birthDate", "1951-02-29", false)]
    [InlineData("birthDate", "1952-02-29", true)]
    [InlineData("birthDate", "21/11/1951", false)]
    [InlineData("birthDate", "1951-11-21T10:00:00Z", false)]
    [InlineData("deceasedDateTime", "2020-01-01T10:00:00+01:00", true)]
    [InlineData("deceasedDateTime", "2020-01-01T10:00:00", false)]
    [InlineData("deceasedDateTime", "2020-01-01T10:00Z", false)]
    [InlineData("deceasedDateTime", "2016-12-31T23:59:60Z", true)]
    [InlineData("deceasedDateTime", "2020-01-01T24:00:00Z", false)]
    [InlineData("implicitRules", "https://example.org/a b", false)]
    [InlineData("implicitRules", "urn:uuid:68d043b5-9ecf-4559-a57a-396e0d452311", true)]
    [InlineData("implicitRules", "urn:uuid:68d043b5-9ecf-4559-a57a-396e0d45231", false)]
    [InlineData("implicitRules", "urn:oid:1.2.250.1", true)]
    [InlineData("implicitRules", "urn:oid:1.02.250", false)]
    [InlineData("language", "fr-FR", true)]
    [InlineData("language", " fr", false)]
    public void A_value_has_the_format_of_its_type(string name, string value, bool isRight)
    {
        var issues = Validator.Core.Check(Read($$"""{"resourceType":"Patient","{{name}}":"{{value}}"}"""));
        Assert.Equal(isRight, !issues.Any(issue => issue.IsError));
    }

    [Theory]
    [InlineData("<div xmlns='http://www.w3.org/1999/xhtml'><p>un&nbsp;texte</p></div>", true)]
    [InlineData("<div><p>x</p></div>", false)]
    [InlineData("<div xmlns='http://www.w3.org/1999/xhtml'><script>x</script></div>", false)]
    [InlineData("<div xmlns='http://www.w3.org/1999/xhtml'><p onclick='x'>x</p></div>", false)]
    [InlineData("<div xmlns='http://www.w3.org/1999/xhtml'><a href=' javascript:x'>x</a></div>", false)]
    [InlineData("<div xmlns='http://www.w3.org/1999/xhtml'><p>x</div>", false)]
    [InlineData("<div xmlns='http://www.w3.org/1999/xhtml'> </div>", false)]
    [InlineData("<!DOCTYPE d [<!ENTITY e 'x'>]><div xmlns='http://www.w3.org/1999/xhtml'>&e;</div>", false)]
    public void A_narrative_is_harmless_xhtml(string div, bool isRight)
    {
        var issues = Validator.Core.Check(Read($$"""{"resourceType":"Patient","text":{"status":"generated","div":"{{div}}"} }"""));
        Assert.Equal(isRight, !issues.Any(issue => issue.IsError));
    }

    [Theory]
    [InlineData("""{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"Patient/1","resource":{"resourceType":"Patient"}}]}""", "invalid Bundle.entry[0]")]
    [InlineData("""{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"https://example.org/Patient/1","resource":{"resourceType":"Patient","id":"2"}}]}""", "invalid Bundle.entry[0]")]
    [InlineData("""{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"urn:uuid:68d043b5-9ecf-4559-a57a-396e0d452311","resource":{"resourceType":"Patient","id":"2"}}]}""", Ok)]
    [InlineData("""{"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"Patient","nom":"x"}}]}""", "structure Bundle.entry[0].resource.nom")]
    [InlineData("""{"resourceType":"Bundle","type":"message","entry":[{"fullUrl":"urn:uuid:68d043b5-9ecf-4559-a57a-396e0d452311","resource":{"resourceType":"Patient"}}]}""", "invariant Bundle")]
    [InlineData("""{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"https://example.org/Group/1","resource":{"resourceType":"Patient","id":"1"}}]}""", "invalid Bundle.entry[0]")]
    [InlineData("""{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"https://example.org/Patient/1","resource":{"resourceType":"Patient"}}]}""", "invalid Bundle.entry[0]")]
    [InlineData("""{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"https://example.org/Patient/1","resource":{"resourceType":"Patient","id":"1"}}]}""", Ok)]
    [InlineData("""{"resourceType":"Bundle","type":"transaction","entry":[{"fullUrl":"https://example.org/Patient/1","resource":{"resourceType":"Patient"},"request":{"method":"POST","url":"Patient"}}]}""", Ok)]
    public void A_bundle_has_rules_of_its_own(string json, string expected) => Check(json, expected);

    [Fact]
    public void A_reference_finds_its_target_in_the_bundle_by_full_url()
    {
        // The target is a Group, which a Patient's managing organization may not be.
        const string Json = """
            {"resourceType":"Bundle","type":"collection","entry":[
              {"fullUrl":"urn:uuid:68d043b5-9ecf-4559-a57a-396e0d452311","resource":{"resourceType":"Group","type":"person","actual":true}},
              {"resource":{"resourceType":"Patient","managingOrganization":{"reference":"urn:uuid:68d043b5-9ecf-4559-a57a-396e0d452311"}}}]}
            """;
        Check(Json, "structure Bundle.entry[1].resource.managingOrganization");
    }

    [Fact]
    public void Every_invariant_of_the_core_can_be_run()
    {
        var unreadable = CptsFhirHub.Fhir.Definitions.R4.Definitions.Types
            .SelectMany(type => type.Elements.SelectMany(element => element.Invariants))
            .Select(InvariantCheck.Compile)
            .OfType<CompiledInvariant>()
            .Where(invariant => invariant is { Expression: null, Native: null })
            .Select(invariant => invariant.Invariant.Key)
            .Distinct()
            .ToList();
        Assert.Empty(unreadable);
    }

    [Fact]
    public void No_text_of_an_issue_repeats_the_value()
    {
        var issues = Validator.Core.Check(Read("""{"resourceType":"Patient","gender":"SECRET","birthDate":"SECRET","active":"SECRET","name":[{"family":{"x":"SECRET"}}]}"""));
        Assert.True(issues.Count >= 4);
        Assert.DoesNotContain(issues, issue => issue.ToString().Contains("SECRET", StringComparison.Ordinal));
    }

    [Fact]
    public void The_number_of_issues_has_a_limit()
    {
        var items = string.Join(',', Enumerable.Repeat("""{"x":"y"}""", 700));
        var issues = Validator.Core.Check(Read($$"""{"resourceType":"Patient","name":[{{items}}]}"""));
        Assert.Equal(ValidatorOptions.Default.IssuesMax, issues.Count);
    }

    internal static Resource Read(string json) => FhirJson.Parse(json).Resource ?? throw new Xunit.Sdk.XunitException("The test's own JSON is broken.");

    private static void Check(string json, string expected)
    {
        var errors = Validator.Core.Check(Read(json)).Where(issue => issue.IsError).ToList();
        var found = string.Join(' ', errors.Select(issue => $"{issue.Code} {issue.Path}"));
        Assert.True(expected == found, $"expected '{expected}', found:\n" + string.Join('\n', errors));
    }
}
