using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.FhirPath;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Validation;

namespace CptsFhirHub.Tests.FhirPath;

/// <summary>What expressions ask of types, definitions and profiles. https://hl7.org/fhirpath/N1/#reflection and https://hl7.org/fhir/R4/fhirpath.html#functions</summary>
public class Reflection_and_structures
{
    [Theory]
    [InlineData("('John' | 'Mary').type().name", "String, String")]
    [InlineData("'John'.type().namespace", "System")]
    [InlineData("'John'.type().baseType", "System.Any")]
    [InlineData("1.type() is SimpleTypeInfo", null)]
    [InlineData("1.type() is System.SimpleTypeInfo", "true")]
    [InlineData("active.type() is System.SimpleTypeInfo", "true")]
    [InlineData("active.type().baseType", "FHIR.Element")]
    [InlineData("name.use.type().baseType", "FHIR.string, FHIR.string")]
    [InlineData("name.first().type() is System.ClassInfo", "true")]
    [InlineData("name.first().type().baseType", "FHIR.Element")]
    [InlineData("type().name & ' of ' & type().baseType", "Patient of FHIR.DomainResource")]
    [InlineData("name.first().type().element.name.combine('').where($this = 'given').count()", "1")]
    [InlineData("name.first().type().element.where(name = 'given').type", "List<FHIR.string>")]
    [InlineData("name.first().type().element.where(name = 'family').type", "FHIR.string")]
    [InlineData("name.first().type().element.where(name = 'family').isOneBased", "false")]
    [InlineData("type().element.where(name = 'deceased').type", "System.Any")]
    [InlineData("name.type().distinct().count()", "1")]
    [InlineData("name.type().toString()", null)]
    [InlineData("{}.type()", "")]
    public void A_type_tells_its_name_its_base_and_its_elements(string expression, string? expected)
    {
        if (expected is null)
            Assert.Throws<FhirPathException>(() => Evaluation.Of(expression));
        else
            Evaluation.Gives(expression, expected);
    }

    [Fact]
    public void An_element_without_a_type_of_its_own_is_a_tuple()
    {
        var contact = Element.Named("contact", isListItem: true);
        contact.Add("name").With("family", "Durand");
        var item = Item.Of(contact, R4.Definitions.Type("Patient")!.Child("contact")!);
        Assert.True(FhirPathExpression.Parse("type() is System.TupleTypeInfo").IsTrue(item));
        Assert.Equal("FHIR.HumanName", FhirPathExpression.Parse("type().element.where(name = 'name').type").Evaluate(item)[0].Text);
        Assert.Equal("List<FHIR.ContactPoint>", FhirPathExpression.Parse("type().element.where(name = 'telecom').type").Evaluate(item)[0].Text);
    }

    [Theory]
    [InlineData("name.first().elementDefinition().path", "Patient.name")]
    [InlineData("name.first().elementDefinition().max", "*")]
    [InlineData("name.first().family.elementDefinition().path", "HumanName.family")]
    [InlineData("name.first().elementDefinition().type.code", "HumanName")]
    [InlineData("elementDefinition().path", "Patient")]
    [InlineData("elementDefinition() is ElementDefinition", "true")]
    [InlineData("1.elementDefinition()", "")]
    public void An_element_leads_to_its_definition(string expression, string expected) => Evaluation.Gives(expression, expected);

    [Fact]
    public void A_modifier_that_is_not_known_fails()
    {
        var patient = FhirJson.Parse("""
            {"resourceType":"Patient","modifierExtension":[{"url":"https://example.org/annule","valueBoolean":false}]}
            """).Resource!;
        Assert.Single(FhirPathExpression.Parse("checkModifiers('https://example.org/annule')").Evaluate(patient));
        Assert.Single(FhirPathExpression.Parse("checkModifiers('https://example.org/autre', 'https://example.org/annule')").Evaluate(patient));
        Assert.Throws<FhirPathException>(() => FhirPathExpression.Parse("checkModifiers('https://example.org/autre')").Evaluate(patient));
        Assert.Throws<FhirPathException>(() => FhirPathExpression.Parse("checkModifiers()").Evaluate(patient));
        Evaluation.Gives("name.checkModifiers('https://example.org/autre').count()", "2");
    }

    [Fact]
    public void A_slice_is_asked_of_who_knows_the_profile()
    {
        var context = new EvaluationContext
        {
            InSlice = (item, structure, name) => structure == "http://example.org/p" ? item.Element!.Text("use") == name : null,
        };
        Assert.Equal("Annie", Evaluation.Of("name.slice('http://example.org/p', 'usual').given", context));
        Assert.Equal("", Evaluation.Of("name.slice('http://example.org/p', 'unheard').given", context));
        Assert.Equal("", Evaluation.Of("name.slice('http://example.org/q', 'usual').given", context));
        Assert.Equal("", Evaluation.Of("name.slice({}, 'usual').given", context));
        Evaluation.Gives("name.slice('http://example.org/p', 'usual')", "");
    }

    [Theory]
    [InlineData("identifier.slice('http://example.org/fhir/StructureDefinition/tranches', 'ins').count() = 1", true)]
    [InlineData("identifier.slice('http://example.org/fhir/StructureDefinition/tranches', 'autre').count() = 1", false)]
    [InlineData("identifier.slice('http://example.org/fhir/StructureDefinition/tranches', 'unheard').empty()", true)]
    [InlineData("maritalStatus.coding.subsumes(%married)", true)]
    public void An_invariant_may_ask_for_slices_and_subsumption(string rule, bool holds)
    {
        rule = rule.Replace("%married", "%resource.maritalStatus.coding.first()", StringComparison.Ordinal);
        var profile = FhirJson.Parse($$$"""
            {"resourceType":"StructureDefinition","url":"http://example.org/fhir/StructureDefinition/tranches","name":"Tranches",
             "status":"draft","fhirVersion":"4.0.1","kind":"resource","abstract":false,"type":"Patient",
             "baseDefinition":"http://hl7.org/fhir/StructureDefinition/Patient","derivation":"constraint","differential":{"element":[
              {"id":"Patient","path":"Patient","constraint":[{"key":"t-1","severity":"error","human":"x","expression":"{{{rule}}}"}]},
              {"id":"Patient.identifier","path":"Patient.identifier",
               "slicing":{"discriminator":[{"type":"value","path":"system"}],"rules":"open"}},
              {"id":"Patient.identifier:ins","path":"Patient.identifier","sliceName":"ins"},
              {"id":"Patient.identifier:ins.system","path":"Patient.identifier.system","min":1,"fixedUri":"urn:oid:1.2.250.1.213.1.4.10"},
              {"id":"Patient.identifier:autre","path":"Patient.identifier","sliceName":"autre"},
              {"id":"Patient.identifier:autre.system","path":"Patient.identifier.system","min":1,"fixedUri":"https://example.org/autre"}]}}
            """).Resource!;
        var patient = FhirJson.Parse("""
            {"resourceType":"Patient","identifier":[{"system":"urn:oid:1.2.250.1.213.1.4.10","value":"1"},{"system":"https://example.org/x","value":"2"}],
             "maritalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-MaritalStatus","code":"M"}]}}
            """).Resource!;
        var issues = new Validator(R4.Definitions.With([profile.Root])).Check(patient, ["http://example.org/fhir/StructureDefinition/tranches"]);
        Assert.Equal(!holds, issues.Any(issue => issue.Rule == "t-1"));
    }
}
