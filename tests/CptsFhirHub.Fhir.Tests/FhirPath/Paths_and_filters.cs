using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.FhirPath;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Tests.FhirPath;

public class Paths_and_filters
{
    [Theory]
    [InlineData("Patient.name.given", "Anne, Marie, Annie")]
    [InlineData("name.given", "Anne, Marie, Annie")]
    [InlineData("Resource.id", "p1")]
    [InlineData("DomainResource.id", "p1")]
    [InlineData("Practitioner.name.family", "")]
    [InlineData("name.`given`[1]", "Marie")]
    [InlineData("name[7].given", "")]
    [InlineData("name.nickname", "")]
    [InlineData("contained.name.family", "Roux")]
    public void A_path_goes_from_the_resource_down(string path, string expected) => Evaluation.Gives(path, expected);

    [Theory]
    [InlineData("deceased", "2026-01-02T03:04:05+01:00")]
    [InlineData("deceased is dateTime", "true")]
    [InlineData("deceased.ofType(boolean)", "")]
    [InlineData("extension.value", "1.50")]
    [InlineData("extension('https://example.org/rang').value + 1", "2.50")]
    [InlineData("birthDate.extension('https://example.org/doubt').value", "true")]
    public void A_choice_element_is_named_without_its_type(string path, string expected) => Evaluation.Gives(path, expected);

    [Theory]
    [InlineData("telecom.where(system = 'email').value", "anne@example.org")]
    [InlineData("telecom.where(system = 'fax').value", "")]
    [InlineData("telecom.where(value)", "{ContactPoint}, {ContactPoint}")]
    [InlineData("name.where(given = 'Annie').use", "usual")]
    [InlineData("name.where(given = 'Anne').use", "")]
    [InlineData("name.exists(use = 'usual')", "true")]
    [InlineData("name.all(family.exists())", "false")]
    [InlineData("name.given.where($index > 0)", "Marie, Annie")]
    [InlineData("name.select(given.first() & '/' & use)", "Anne/official, Annie/usual")]
    public void Criteria_look_at_each_item(string expression, string expected) => Evaluation.Gives(expression, expected);

    [Theory]
    [InlineData("active is boolean", "true")]
    [InlineData("active is Boolean", "false")]
    [InlineData("active is FHIR.boolean", "true")]
    [InlineData("true is System.Boolean", "true")]
    [InlineData("id is id", "true")]
    [InlineData("id is System.String", "true")]
    [InlineData("name.first() is Element", "true")]
    [InlineData("$this is Resource", "true")]
    [InlineData("$this is System.Patient", "false")]
    [InlineData("name.first().type().name", "HumanName")]
    [InlineData("1.type().namespace & '.' & 1.type().name", "System.Integer")]
    [InlineData("name.use.as(string)", null)]
    public void Types_of_FHIR_and_System_are_told_apart(string expression, string? expected)
    {
        if (expected is null)
            Assert.Equal(FhirPathFault.Evaluation, Evaluation.Fails(expression));
        else
            Evaluation.Gives(expression, expected);
    }

    [Fact]
    public void An_as_over_several_items_fails_unless_the_caller_lets_it_filter()
    {
        const string Expression = "(identifier | telecom) as ContactPoint";
        Assert.Equal(FhirPathFault.Evaluation, Evaluation.Fails(Expression));
        Assert.Equal("{ContactPoint}, {ContactPoint}", Evaluation.Of(Expression, new() { AsKeepsMany = true }));
    }

    [Theory]
    [InlineData("generalPractitioner.resolve().name.family", "Roux")]
    [InlineData("generalPractitioner.where(resolve() is Practitioner).reference", "#gp")]
    [InlineData("generalPractitioner.where(resolve() is Organization).reference", "Organization/cpts")]
    [InlineData("generalPractitioner[1].resolve()", "")]
    public void A_reference_is_resolved_in_the_resource_and_its_type_read_from_its_text(string expression, string expected) =>
        Evaluation.Gives(expression, expected);

    [Fact]
    public void A_reference_is_resolved_in_the_bundle_at_hand_then_by_the_resolver()
    {
        var bundle = FhirJson.Parse("""
            {"resourceType":"Bundle","type":"collection","entry":[
              {"fullUrl":"urn:uuid:a","resource":{"resourceType":"Patient","id":"in"}},
              {"fullUrl":"urn:uuid:t","resource":{"resourceType":"Task","status":"requested","intent":"order",
                "for":{"reference":"urn:uuid:a"},"owner":{"reference":"Organization/dac"}}}]}
            """).Resource!;
        var context = new EvaluationContext
        {
            Resolve = target => target == "Organization/dac" ? Element.OfResource("Organization").With("id", "dac") : null,
        };
        var expression = FhirPathExpression.Parse("Bundle.entry.resource.ofType(Task).select(for.resolve().id & owner.resolve().id)");
        Assert.Equal("indac", expression.Evaluate(bundle, context)[0].Text);
    }

    [Fact]
    public void An_element_is_evaluated_at_its_place_in_the_definitions()
    {
        var contact = R4.Definitions.Type("Patient")!.Child("contact")!;
        var element = Element.Named("contact", isListItem: true);
        element.Add("name").With("family", "Durand");
        Assert.True(FhirPathExpression.Parse("name.exists() or telecom.exists()").IsTrue(Item.Of(element, contact)));
        Assert.Equal("HumanName", FhirPathExpression.Parse("name").Evaluate(Item.Of(element, contact))[0].TypeName);
    }

    [Theory]
    [InlineData("tablet", "tablet", true)]
    [InlineData("tablet", "capsule", null)]
    public void Quantities_without_UCUM_compare_when_their_units_are_written_alike(string low, string high, bool? expected)
    {
        var range = Element.Named("range");
        range.Add("low").With("value", 1m).With("unit", low);
        range.Add("high").With("value", 2m).With("unit", high);
        Assert.Equal(expected, FhirPathExpression.Parse("low <= high").Test(Item.Of(range, "Range")));
    }

    [Fact]
    public void One_expression_serves_many_threads_and_both_kinds_of_input()
    {
        var expression = FhirPathExpression.Parse("name.where(use = 'official').given.select($this & $index.toString()).join(' ')");
        var typed = Item.Of(Evaluation.Patient);
        var plain = Item.Plain(Evaluation.Patient.Root);
        var results = new string?[2_000];
        Parallel.For(0, results.Length, i => results[i] = expression.Evaluate(i % 2 == 0 ? typed : plain)[0].Text);
        Assert.All(results, result => Assert.Equal("Anne0 Marie1", result));
    }

    [Fact]
    public void Without_types_names_are_literal_and_types_those_of_JSON()
    {
        var plain = Item.Plain(Evaluation.Patient.Root);
        Assert.Empty(FhirPathExpression.Parse("deceased").Evaluate(plain));
        Assert.Single(FhirPathExpression.Parse("deceasedDateTime").Evaluate(plain));
        Assert.True(FhirPathExpression.Parse("Patient.active is System.Boolean").IsTrue(plain));
    }

    [Theory]
    [InlineData("name.descendants().count()", "6")]
    [InlineData("name[0].children()", "official, Durand, Anne, Marie")]
    [InlineData("birthDate.hasValue()", "true")]
    [InlineData("name.hasValue()", "false")]
    [InlineData("name.given.getValue()", "")]
    [InlineData("birthDate.value", "")]
    [InlineData("birthDate.getValue() is System.Date", "true")]
    [InlineData("name.use.memberOf('http://hl7.org/fhir/ValueSet/name-use')", null)]
    [InlineData("%resource.id & %rootResource.id & %context.id", "p1p1p1")]
    [InlineData("%`vs-name-use`", "http://hl7.org/fhir/ValueSet/name-use")]
    [InlineData("%ext-birthPlace", "http://hl7.org/fhir/StructureDefinition/birthPlace")]
    [InlineData("%unheard", null)]
    public void The_additions_of_FHIR_hold(string expression, string? expected)
    {
        if (expected is null)
            Assert.Equal(FhirPathFault.Evaluation, Evaluation.Fails(expression));
        else
            Evaluation.Gives(expression, expected);
    }

    [Theory]
    [InlineData("<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>Bonjour</p></div>", true)]
    [InlineData("<div xmlns=\"http://www.w3.org/1999/xhtml\">&agrave;&nbsp;&amp;</div>", true)]
    [InlineData("<div xmlns=\"http://www.w3.org/1999/xhtml\">&unheard;</div>", false)]
    [InlineData("<div xmlns=\"http://www.w3.org/1999/xhtml\"> </div>", false)]
    [InlineData("<div xmlns=\"http://www.w3.org/1999/xhtml\"><script>x</script></div>", false)]
    [InlineData("<div xmlns=\"http://www.w3.org/1999/xhtml\"><p onclick=\"x\">a</p></div>", false)]
    [InlineData("<p xmlns=\"http://www.w3.org/1999/xhtml\">a</p>", false)]
    [InlineData("<div>not closed", false)]
    public void A_narrative_holds_harmless_html_only(string html, bool isAllowed)
    {
        var context = new EvaluationContext { Variables = new Dictionary<string, Items> { ["html"] = Items.Of(Item.Of(html)) } };
        Assert.Equal(isAllowed ? "true" : "false", Evaluation.Of("%html.htmlChecks()", context));
    }
}
