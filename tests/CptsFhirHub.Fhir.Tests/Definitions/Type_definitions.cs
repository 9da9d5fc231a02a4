using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Tests.Definitions;

/// <summary>Walking from a type to its elements.</summary>
public sealed class Type_definitions
{
    [Theory]
    [InlineData("Patient", "name", "HumanName")]
    [InlineData("Patient", "contact.name.family", "string")]
    [InlineData("Patient", "birthDate.extension.valueDateTime", "dateTime")]
    [InlineData("Patient", "deceasedBoolean", "boolean")]
    [InlineData("Patient", "id", "id")]
    [InlineData("Observation", "component.referenceRange.low.value", "decimal")]
    [InlineData("Observation", "valueQuantity.code", "code")]
    [InlineData("Questionnaire", "item.item.item.item.linkId", "string")]
    [InlineData("Bundle", "entry.resource", "Resource")]
    [InlineData("Bundle", "entry.link.relation", "string")]
    [InlineData("Patient", "text.div", "xhtml")]
    [InlineData("Extension", "url", "uri")]
    [InlineData("Timing", "repeat.boundsPeriod.start", "dateTime")]
    public void A_path_leads_to_its_type(string type, string path, string expected)
    {
        var at = R4.Definitions.Type(type)!.Node;
        foreach (var step in path.Split('.'))
            at = at.Child(step) ?? throw new Xunit.Sdk.XunitException($"{step} is unknown");
        Assert.Equal(expected, at.TypeName);
    }

    [Theory]
    [InlineData("Patient", "nom")]
    [InlineData("Patient", "deceased")]
    [InlineData("Patient", "deceasedString")]
    [InlineData("Observation", "valueAddress")]
    public void An_unknown_name_has_no_definition(string type, string name) =>
        Assert.Null(R4.Definitions.Type(type)!.Child(name));

    [Theory]
    [InlineData("Patient", "Resource", true)]
    [InlineData("Patient", "DomainResource", true)]
    [InlineData("Bundle", "DomainResource", false)]
    [InlineData("Age", "Quantity", true)]
    [InlineData("Quantity", "Age", false)]
    [InlineData("code", "string", true)]
    [InlineData("nothing", "Resource", false)]
    public void Types_derive_from_their_bases(string type, string from, bool expected) =>
        Assert.Equal(expected, R4.Definitions.IsSubtype(type, from));

    [Fact]
    public void There_are_146_concrete_resource_types()
    {
        Assert.Equal(146, R4.Definitions.ResourceTypes.Count);
        Assert.True(R4.Definitions.IsResourceType("Patient"));
        Assert.False(R4.Definitions.IsResourceType("DomainResource"));
        Assert.False(R4.Definitions.IsResourceType("HumanName"));
    }

    [Theory]
    [InlineData("Patient", "birthdate", "Patient.birthDate")]
    [InlineData("Condition", "patient", "Condition.subject.where(resolve() is Patient)")]
    [InlineData("Patient", "_id", "Resource.id")]
    [InlineData("Observation", "code", "Observation.code")]
    [InlineData("Patient", "phone", "Patient.telecom.where(system='phone')")]
    public void A_search_parameter_is_cut_down_to_its_type(string type, string code, string expression) =>
        Assert.Equal(expression, R4.Definitions.SearchParameter(type, code)!.Expression);

    [Fact]
    public void A_layer_adds_a_logical_model_and_leaves_the_core_as_it_is()
    {
        const string Model = """
            {"resourceType":"StructureDefinition","url":"https://example.org/Demande","name":"Demande","kind":"logical","abstract":false,
             "type":"Demande","baseDefinition":"http://hl7.org/fhir/StructureDefinition/Element","derivation":"specialization",
             "differential":{"element":[{"id":"Demande","path":"Demande"},
               {"id":"Demande.nom","path":"Demande.nom","min":1,"max":"1","type":[{"code":"string"}]},
               {"id":"Demande.adresse","path":"Demande.adresse","min":0,"max":"*","type":[{"code":"Address"}]}]}}
            """;
        var set = R4.Definitions.With([FhirJson.Parse(Model).Resource!]);

        Assert.Equal("city", set.Type("Demande")!.Child("adresse")!.Child("city")!.JsonName);
        Assert.True(set.Type("Demande")!.Child("adresse")!.Element.IsList);
        Assert.NotNull(set.Type("Patient"));
        Assert.NotNull(set.SearchParameter("Patient", "family"));
        Assert.Null(R4.Definitions.Type("Demande"));
    }
}
