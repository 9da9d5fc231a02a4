using System.Text;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Search;

namespace CptsFhirHub.Fhir.Tests.Search;

public sealed class Extracting_index_values
{
    private static readonly SearchExtraction Extraction = new(R4.Definitions, "https://hub.example/fhir");

    [Fact]
    public void A_patient_offers_names_identifiers_dates_and_codes() => Check(
        """
        {"resourceType":"Patient","meta":{"tag":[{"system":"urn:t","code":"x"}],"profile":["https://p"],"source":"urn:src"},
         "identifier":[{"type":{"coding":[{"system":"urn:types","code":"INS"}]},"system":"urn:ins","value":"1AB"}],"active":true,
         "name":[{"family":"D'Été","given":["Jean-Marc","Noël"]}],"telecom":[{"system":"phone","value":"0612"},{"system":"email","value":"a@b"}],
         "gender":"male","birthDate":"1951-11","deceasedBoolean":false,"managingOrganization":{"reference":"Organization/o"}}
        """,
        """
        _profile uri https://p
        _source uri urn:src
        _tag token urn:t|x
        active token |true
        birthdate date 1951-10-31T23:00:00Z 1951-11-30T23:00:00Z
        email token email|a@b
        family string d ete (D'Été)
        gender token http://hl7.org/fhir/administrative-gender|male
        given string jean marc (Jean-Marc)
        given string noel (Noël)
        identifier token urn:ins|1AB
        identifier:of-type token urn:types|INS|1AB
        name string d ete (D'Été)
        name string jean marc (Jean-Marc)
        name string noel (Noël)
        organization reference Organization/o
        phone token phone|0612
        telecom token email|a@b
        telecom token phone|0612
        """,
        but: ["deceased"]);

    [Fact]
    public void A_reference_to_a_contained_resource_is_there_and_names_nothing() => Check(
        """
        {"resourceType":"Patient","managingOrganization":{"reference":"#o"},"generalPractitioner":[{"reference":"#none"}],
         "contained":[{"resourceType":"Organization","id":"o","name":"X"}]}
        """,
        """
        organization reference #
        """,
        but: ["deceased"]);

    [Fact]
    public void A_task_offers_what_it_is_about_also_by_logical_identifier() => Check(
        """
        {"resourceType":"Task","status":"requested","intent":"order","code":{"coding":[{"system":"urn:c","code":"a","display":"Été"}],"text":"Texte"},
         "focus":{"reference":"https://hub.example/fhir/ServiceRequest/s/_history/2"},"for":{"reference":"Patient/p"},
         "owner":{"identifier":{"system":"urn:finess","value":"1"}},"requester":{"reference":"https://other.example/Practitioner/x"},
         "basedOn":[{"reference":"#inside"}],"executionPeriod":{"start":"2026-11-22T08:00:00Z"},"authoredOn":"2026-11-22T08:00:00.500Z"}
        """,
        """
        authored-on date 2026-11-22T08:00:00.5000000Z 2026-11-22T08:00:00.5010000Z
        code token urn:c|a 'Été'
        code token | 'Texte'
        focus reference ServiceRequest/s
        intent token http://hl7.org/fhir/request-intent|order
        owner token urn:finess|1
        patient reference Patient/p
        period date 2026-11-22T08:00:00Z ...
        requester reference https://other.example/Practitioner/x
        status token http://hl7.org/fhir/task-status|requested
        subject reference Patient/p
        """,
        but: ["intent"]);

    [Fact]
    public void Quantities_ranges_and_numbers_are_intervals() => Check(
        """
        {"resourceType":"RiskAssessment","prediction":[{"probabilityDecimal":0.25,"outcome":{"text":"x"}},
         {"probabilityRange":{"low":{"value":1,"unit":"kg"},"high":{"value":2}}}]}
        """,
        """
        probability number 0.25 0.25
        """);

    [Fact]
    public void A_quantity_is_found_by_its_code_and_by_its_unit_as_written() => Check(
        """{"resourceType":"Observation","valueQuantity":{"value":185,"unit":"lbs","system":"urn:u","code":"[lb]"}}""",
        """
        combo-value-quantity quantity 185 185 urn:u|[lb]
        combo-value-quantity quantity 185 185 urn:u|lbs
        value-quantity quantity 185 185 urn:u|[lb]
        value-quantity quantity 185 185 urn:u|lbs
        """);

    [Fact]
    public void A_composite_pairs_what_stands_in_one_element() => Check(
        """
        {"resourceType":"Observation","status":"final","code":{"coding":[{"system":"urn:c","code":"a"},{"system":"urn:c","code":"b"}]},
         "component":[{"code":{"coding":[{"system":"urn:c","code":"one"}]},"valueQuantity":{"value":1,"system":"urn:u","code":"kg"}},
                      {"code":{"coding":[{"system":"urn:c","code":"two"}]},"valueString":"Deux"}],
         "valueQuantity":{"value":2,"system":"urn:u","code":"m"}}
        """,
        """
        code-value-quantity composite urn:c|a + 2 2 urn:u|m
        code-value-quantity composite urn:c|b + 2 2 urn:u|m
        combo-code-value-quantity composite urn:c|a + 2 2 urn:u|m
        combo-code-value-quantity composite urn:c|b + 2 2 urn:u|m
        combo-code-value-quantity composite urn:c|one + 1 1 urn:u|kg
        component-code-value-quantity composite urn:c|one + 1 1 urn:u|kg
        """,
        but: ["status", "code", "combo-code", "component-code", "value-quantity", "combo-value-quantity", "component-value-quantity"]);

    [Theory]
    [InlineData("Jean-François  d'Été", "jean francois d ete")]
    [InlineData("  L’Haÿ–les–Roses ", "l hay les roses")]
    [InlineData("Cœur Ægir STRASSE ß", "coeur aegir strasse ss")]
    [InlineData("e\u0301te\u0301", "ete")]
    [InlineData("--", "")]
    [InlineData("Łukasz Đorđe", "lukasz dorde")]
    [InlineData("NGUYỄN Thị Hồng Ánh", "nguyen thi hong anh")]
    [InlineData("Lǚ Ḥasan Ṣāliḥ", "lu hasan salih")]
    [InlineData("İpek", "ipek")]
    [InlineData("ΣΙΣΥΦΟΣ", "σισυφοσ")]
    [InlineData("σισυφος", "σισυφοσ")]
    public void Texts_are_folded(string text, string folded) => Assert.Equal(folded, SearchText.Fold(text));

    [Theory]
    [InlineData("gender", "MALE", "male")]
    [InlineData("identifier", "1aB", "1aB")]
    [InlineData("_id", "aB", "aB")]
    public void Codes_do_not_regard_case_and_identifiers_do(string parameter, string code, string kept) =>
        Assert.Equal(kept, SearchText.Code(R4.Definitions.SearchParameter("Patient", parameter)!, code));

    private static void Check(string json, string expected, string[]? but = null)
    {
        var parsed = FhirJson.Parse(Encoding.UTF8.GetBytes(json));
        Assert.True(parsed.IsSound, string.Join('\n', parsed.Issues));
        var lines = Extraction.Extract(parsed.Resource!).Where(value => but?.Contains(value.Parameter.Code) != true).Select(Show).Order(StringComparer.Ordinal);
        var wanted = expected.Split('\n').Where(line => but?.Contains(line.Split(' ')[0]) != true).Order(StringComparer.Ordinal);
        Assert.Equal(string.Join('\n', wanted), string.Join('\n', lines));
    }

    private static string Show(IndexValue value) => $"{value.Parameter.Code} " + value switch
    {
        IndexValue.Token token => $"token {token.System}|{token.Code}" + (token.Text is null ? "" : $" '{token.Text}'"),
        IndexValue.String text => $"string {text.Folded} ({text.Exact})",
        IndexValue.Date date => $"date {Show(date.LowTicks)} {Show(date.HighTicks)}",
        IndexValue.Reference reference => $"reference {reference.Url ?? $"{reference.Type}/{reference.Id}"}",
        IndexValue.Uri uri => $"uri {uri.Value}",
        IndexValue.Number number => $"number {number.Low} {number.High}",
        IndexValue.Quantity quantity => $"quantity {quantity.Low} {quantity.High} {quantity.System}|{quantity.Code}",
        IndexValue.Composite composite => "composite " + string.Join(" + ", composite.Parts.Select(part => Show(part).Split(' ', 3)[2])),
        _ => "?",
    };

    private static string Show(long ticks) => ticks is long.MinValue or long.MaxValue
        ? "..."
        : new DateTime(ticks, DateTimeKind.Utc).ToString(ticks % TimeSpan.TicksPerSecond == 0 ? "yyyy-MM-ddTHH:mm:ssK" : "O");
}
