using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Validation;

namespace CptsFhirHub.Fhir.Tests.Validation;

/// <summary>Profiles by differential: what they restrict is checked, what they leave alone is not.</summary>
public sealed class Profile_checks
{
    private const string Url = "https://example.org/StructureDefinition/p";

    [Theory]
    [InlineData("""{"id":"Patient.name","path":"Patient.name","min":1}""", """{}""", "required Patient")]
    [InlineData("""{"id":"Patient.name","path":"Patient.name","min":1}""", """{"name":[{"family":"X"}]}""", "")]
    [InlineData("""{"id":"Patient.photo","path":"Patient.photo","max":"0"}""", """{"photo":[{"title":"x"}]}""", "structure Patient")]
    [InlineData("""{"id":"Patient.name.family","path":"Patient.name.family","min":1}""", """{"name":[{"family":"X"},{"given":["Y"]}]}""", "required Patient.name[1]")]
    [InlineData("""{"id":"Patient.gender","path":"Patient.gender","fixedCode":"female"}""", """{"gender":"male"}""", "value Patient.gender")]
    [InlineData("""{"id":"Patient.deceased[x]","path":"Patient.deceased[x]","type":[{"code":"boolean"}]}""", """{"deceasedDateTime":"2020"}""", "structure Patient.deceased.ofType(dateTime)")]
    [InlineData("""{"id":"Patient.deceasedBoolean","path":"Patient.deceasedBoolean","min":1}""", """{"deceasedDateTime":"2020"}""", "required Patient")]
    [InlineData("""{"id":"Patient.deceased[x]","path":"Patient.deceased[x]","type":[{"code":"boolean"}]}""", """{"deceasedBoolean":true}""", "")]
    [InlineData("""{"id":"Patient.maritalStatus","path":"Patient.maritalStatus","patternCodeableConcept":{"coding":[{"code":"M"}]}}""",
        """{"maritalStatus":{"coding":[{"code":"S"},{"code":"M","display":"x"}]}}""", "")]
    [InlineData("""{"id":"Patient.maritalStatus","path":"Patient.maritalStatus","patternCodeableConcept":{"coding":[{"code":"M"}]}}""",
        """{"maritalStatus":{"coding":[{"code":"S"}]}}""", "value Patient.maritalStatus")]
    [InlineData("""{"id":"Patient","path":"Patient","constraint":[{"key":"x-1","severity":"error","human":"A name or an identifier.","expression":"name.exists() or identifier.exists()"}]}""",
        """{"active":true}""", "invariant Patient")]
    [InlineData("""{"id":"Patient.language","path":"Patient.language","binding":{"strength":"required","valueSet":"https://example.org/vs"}}""", """{"language":"fr"}""", "")]
    [InlineData("""{"id":"Patient.language","path":"Patient.language","binding":{"strength":"required","valueSet":"https://example.org/vs"}}""", """{"language":"en"}""", "code-invalid Patient.language")]
    [InlineData("""{"id":"Patient.generalPractitioner","path":"Patient.generalPractitioner","type":[{"code":"Reference","targetProfile":["http://hl7.org/fhir/StructureDefinition/Practitioner"]}]}""",
        """{"generalPractitioner":[{"reference":"Organization/1"}]}""", "structure Patient.generalPractitioner[0]")]
    [InlineData("""{"id":"Patient.birthDate","path":"Patient.birthDate","maxValueDate":"2020-01-01"}""", """{"birthDate":"2021-01-01"}""", "value Patient.birthDate")]
    public void A_restriction_is_checked(string element, string members, string expected) => Check(Profile(element), members, expected);

    private const string Sliced = """
        {"id":"Patient.identifier","path":"Patient.identifier","slicing":{"discriminator":[{"type":"value","path":"system"}],"rules":"RULES"},"min":1},
        {"id":"Patient.identifier:ins","path":"Patient.identifier","sliceName":"ins","min":1,"max":"1"},
        {"id":"Patient.identifier:ins.system","path":"Patient.identifier.system","min":1,"fixedUri":"urn:oid:1.2"},
        {"id":"Patient.identifier:ins.value","path":"Patient.identifier.value","min":1,"maxLength":15},
        {"id":"Patient.identifier:local","path":"Patient.identifier","sliceName":"local","max":"1"},
        {"id":"Patient.identifier:local.system","path":"Patient.identifier.system","min":1,"fixedUri":"urn:oid:1.3"}
        """;

    [Theory]
    [InlineData("open", """{"identifier":[{"system":"urn:oid:1.2","value":"1"}]}""", "")]
    [InlineData("open", """{"identifier":[{"system":"urn:oid:1.3","value":"1"}]}""", "required Patient")]
    [InlineData("open", """{"identifier":[{"system":"urn:oid:1.2","value":"1"},{"system":"urn:oid:1.2","value":"2"}]}""", "structure Patient")]
    [InlineData("open", """{"identifier":[{"system":"urn:oid:1.2"}]}""", "required Patient.identifier[0]")]
    [InlineData("open", """{"identifier":[{"system":"urn:oid:2.9","value":"x"},{"system":"urn:oid:1.2","value":"1234567890123456"}]}""", "value Patient.identifier[1].value")]
    [InlineData("closed", """{"identifier":[{"system":"urn:oid:1.2","value":"1"},{"system":"urn:oid:2.9","value":"x"}]}""", "structure Patient.identifier[1]")]
    [InlineData("open", """{"identifier":[{"system":"urn:oid:1.2","value":"1"},{"system":"urn:oid:2.9","value":"x"}]}""", "")]
    [InlineData("openAtEnd", """{"identifier":[{"system":"urn:oid:2.9","value":"x"},{"system":"urn:oid:1.2","value":"1"}]}""", "structure Patient.identifier[1]")]
    public void Items_fall_into_their_slices(string rules, string members, string expected) =>
        Check(Profile(Sliced.Replace("RULES", rules, StringComparison.Ordinal)), members, expected);

    [Fact]
    public void An_extension_slice_counts_by_the_url_of_its_definition()
    {
        const string Element = """
            {"id":"Patient.extension:birthPlace","path":"Patient.extension","sliceName":"birthPlace","min":1,"max":"1",
             "type":[{"code":"Extension","profile":["http://hl7.org/fhir/StructureDefinition/patient-birthPlace"]}]}
            """;
        Check(Profile(Element), """{"active":true}""", "required Patient");
        Check(Profile(Element), """{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/patient-birthPlace","valueAddress":{"city":"Lyon"}}]}""", "");
    }

    [Fact]
    public void A_profile_inherits_the_rules_of_its_base_profile()
    {
        var parent = Profile("""{"id":"Patient.name","path":"Patient.name","min":1}""");
        var child = Profile("""{"id":"Patient.birthDate","path":"Patient.birthDate","min":1}""", Url + "-2", Url);
        var validator = new Validator(R4.Definitions.With([Structure_checks.Read(parent), Structure_checks.Read(child)]));

        var errors = validator.Check(Structure_checks.Read("""{"resourceType":"Patient","active":true}"""), [Url + "-2"]);

        Assert.Equal(2, errors.Count(issue => issue is { IsError: true, Code: "required" }));
    }

    [Fact]
    public void An_invariant_may_ask_whether_something_meets_a_profile()
    {
        const string Named = "https://example.org/StructureDefinition/named";
        var named = Profile("""{"id":"Patient.name","path":"Patient.name","min":1}""", Named);
        var asks = Profile("""{"id":"Patient","path":"Patient","constraint":[{"key":"x-2","severity":"error","human":"Named.","expression":"conformsTo('https://example.org/StructureDefinition/named')"}]}""");
        var validator = new Validator(R4.Definitions.With([Structure_checks.Read(named), Structure_checks.Read(asks)]));

        Assert.Contains(validator.Check(Structure_checks.Read("""{"resourceType":"Patient","active":true}"""), [Url]), issue => issue.Rule == "x-2");
        Assert.DoesNotContain(validator.Check(Structure_checks.Read("""{"resourceType":"Patient","name":[{"text":"x"}]}"""), [Url]), issue => issue.IsError);
    }

    [Fact]
    public void A_rule_names_its_profile_and_element()
    {
        var validator = new Validator(R4.Definitions.With([Structure_checks.Read(Profile("""{"id":"Patient.name","path":"Patient.name","min":1}"""))]));
        var issue = Assert.Single(validator.Check(Structure_checks.Read("""{"resourceType":"Patient","active":true}"""), [Url]));
        Assert.Equal(Url + "#Patient.name", issue.Rule);
    }

    [Fact]
    public void A_claimed_profile_is_checked_without_being_asked_for()
    {
        const string Claim = """{"resourceType":"Patient","meta":{"profile":["https://example.org/StructureDefinition/p"]},"active":true}""";
        var validator = new Validator(R4.Definitions.With([Structure_checks.Read(Profile("""{"id":"Patient.name","path":"Patient.name","min":1}"""))]));

        Assert.Contains(validator.Check(Structure_checks.Read(Claim)), issue => issue is { IsError: true, Code: "required" });
        // Where it is not at hand, that is said and nothing is refused.
        Assert.DoesNotContain(Validator.Core.Check(Structure_checks.Read(Claim)), issue => issue.IsError);
        Assert.Contains(Validator.Core.Check(Structure_checks.Read(Claim)), issue => issue.Code == "not-found");
    }

    [Fact]
    public void The_vital_signs_profile_of_the_core_is_checked()
    {
        const string Weight = """
            {"resourceType":"Observation","meta":{"profile":["http://hl7.org/fhir/StructureDefinition/bodyweight"]},"status":"final",
             "category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs"}]}],
             "code":{"coding":[{"system":"http://loinc.org","code":"29463-7"}]},"subject":{"reference":"Patient/1"},"effectiveDateTime":"2020-01-01",
             "valueQuantity":{"value":70,"unit":"kg","system":"http://unitsofmeasure.org","code":"UNIT"}}
            """;
        Assert.DoesNotContain(Validator.Core.Check(Structure_checks.Read(Weight.Replace("UNIT", "kg", StringComparison.Ordinal))), issue => issue.IsError);
        Assert.Contains(Validator.Core.Check(Structure_checks.Read(Weight.Replace("UNIT", "m", StringComparison.Ordinal))), issue => issue.IsError);
        Assert.Contains(Validator.Core.Check(Structure_checks.Read(Weight.Replace("29463-7", "8302-2", StringComparison.Ordinal))), issue => issue.IsError);
    }

    private static string Profile(string elements, string url = Url, string baseUrl = "http://hl7.org/fhir/StructureDefinition/Patient") => $$"""
        {"resourceType":"StructureDefinition","url":"{{url}}","name":"P","status":"active","kind":"resource","abstract":false,"type":"Patient",
         "baseDefinition":"{{baseUrl}}","derivation":"constraint","differential":{"element":[{{elements}}]} }
        """;

    private static void Check(string profile, string members, string expected)
    {
        const string ValueSet = """{"resourceType":"ValueSet","url":"https://example.org/vs","status":"active","compose":{"include":[{"system":"urn:ietf:bcp:47","concept":[{"code":"fr"}]}]}}""";
        var validator = new Validator(R4.Definitions.With([Structure_checks.Read(profile), Structure_checks.Read(ValueSet)]));
        var json = """{"resourceType":"Patient",""" + members[1..].Replace("""{}""", "", StringComparison.Ordinal);
        if (members == "{}")
            json = """{"resourceType":"Patient"}""";
        var errors = validator.Check(Structure_checks.Read(json), [Url]).Where(issue => issue.IsError).ToList();
        var found = string.Join(' ', errors.Select(issue => $"{issue.Code} {issue.Path}"));
        Assert.True(expected == found, $"expected '{expected}', found:\n" + string.Join('\n', errors));
    }
}
