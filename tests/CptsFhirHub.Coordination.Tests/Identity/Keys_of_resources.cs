using CptsFhirHub.Coordination.Identity;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Coordination.Tests.Identity;

public sealed class Keys_of_resources
{
    private const string Odette = """
        {"resourceType":"Patient","id":"o",
         "extension":[{"url":"https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-identity-reliability","extension":[
            {"url":"identityStatus","valueCoding":{"system":"https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-identity-status","code":"QUAL"}}]},
          {"url":"http://hl7.org/fhir/StructureDefinition/patient-birthPlace","valueAddress":{"extension":[
            {"url":"https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-address-insee-code","valueCoding":{"code":"85191"}}]}}],
         "identifier":[
          {"use":"official","type":{"coding":[{"code":"INS-NIR-TEST"}]},"system":"urn:oid:1.2.250.1.213.1.4.10","value":"247038519104254"},
          {"use":"official","type":{"coding":[{"code":"NH"}]},"system":"urn:oid:1.2.250.1.213.1.4.8","value":"247038519104254"},
          {"use":"usual","type":{"coding":[{"code":"PI"}]},"system":"urn:oid:1.2.3","value":"778812"}],
         "name":[{"use":"usual","family":"Guérin","given":["Odette"]},{"use":"official","family":"Mar-Tineau","given":["Odette"]}],
         "telecom":[{"system":"phone","value":"02 51 00 00 01"},{"system":"email","value":"a@b.fr"}],
         "gender":"female","birthDate":"1947-03-09",
         "address":[{"city":"AIZENAY","postalCode":"85190"}]}
        """;

    private static Resource Read(string json) => FhirJson.Parse(json).Resource!;

    private static string Keys(string json) =>
        string.Join('\n', IdentityKeys.Of(Read(json)).Select(key => $"{key.Kind} {key.Value}").Order(StringComparer.Ordinal));

    [Fact]
    public void Traits_are_read_in_their_plain_form()
    {
        var traits = Traits.Of(Read(Odette).Root);
        Assert.Equal(("MARTINEAU", "GUERIN", "ODETTE"), (traits.BirthName, traits.UsedName, traits.FirstName));
        Assert.Equal(("1947-03-09", "female", "85191"), (traits.BirthDate, traits.Sex, traits.BirthPlace));
        Assert.Equal(("85190", "AIZENAY", null), (traits.PostalCode, traits.City, traits.Commune));
        Assert.Equal([new(Canon.InsTest, "2470385191042", false)], traits.Ins);
        Assert.Equal(["2470385191042"], traits.Nirs);
        Assert.Equal(["+33251000001"], traits.Phones);
        Assert.True(traits.IsQualified);
    }

    [Fact]
    public void A_patient_is_found_by_numbers_names_and_phone() =>
        Assert.Equal(
            """
            local urn:oid:1.2.3|778812
            near date-first|19470309|ODET
            near date-surname|19470309|GER1
            near date-surname|19470309|MARTINO
            near date-surname|19470309|TINO
            near email|a@b.fr
            near names-day|GER1|ODET|0309
            near names-day|MARTINO|ODET|0309
            near names-home|MARTINO|ODET|AIZENAY
            near names-year|GER1|ODET|1947
            near names-year|MARTINO|ODET|1947
            near phone|+33251000001
            nir 2470385191042
            """.ReplaceLineEndings("\n"),
            Keys(Odette));

    [Theory]
    [InlineData("Mar-Tineau", "Dupont")]
    [InlineData("\"given\":[\"Odette\"]", "\"given\":[\"Simone\"]")]
    [InlineData("1947-03-09", "1947-09-03")]
    [InlineData("1947-03-09", "1947-03-11")]
    [InlineData("1947-03-09", "1974-03-09")]
    [InlineData("1947-03-09", "1947")]
    [InlineData("\"birthDate\":\"1947-03-09\",", "")]
    public void One_slip_in_any_trait_leaves_a_key_in_common(string what, string by)
    {
        // Neither number nor phone nor e-mail, and one name only.
        var plain = Odette.Replace("\"identifier\":", "\"_\":", StringComparison.Ordinal).Replace("\"telecom\":", "\"__\":", StringComparison.Ordinal)
            .Replace("{\"use\":\"usual\",\"family\":\"Guérin\",\"given\":[\"Odette\"]},", "", StringComparison.Ordinal);
        Assert.NotEqual(plain, plain.Replace(what, by, StringComparison.Ordinal));
        Assert.NotEmpty(Keys(plain).Split('\n').Intersect(Keys(plain.Replace(what, by, StringComparison.Ordinal)).Split('\n')));
    }

    [Fact]
    public void A_second_first_name_leads_to_a_patient_by_the_birth_date_and_multiplies_no_other_key() =>
        Assert.Equal(["near date-first|19470309|MARI"],
            Keys(Odette.Replace("\"given\":[\"Odette\"]", "\"given\":[\"Odette\",\"Marie\"]", StringComparison.Ordinal)).Split('\n').Except(Keys(Odette).Split('\n')));

    [Theory]
    [InlineData("\"id\":\"o\"", "\"id\":\"o\",\"active\":false")]
    [InlineData("\"id\":\"o\"", "\"id\":\"o\",\"link\":[{\"other\":{\"reference\":\"Patient/p\"},\"type\":\"replaced-by\"}]")]
    public void A_merged_patient_is_not_found(string what, string by) => Assert.Equal("", Keys(Odette.Replace(what, by, StringComparison.Ordinal)));

    [Theory]
    [InlineData("fr-core-cs-identity-status", "QUAL", true)]
    [InlineData("fr-core-cs-identity-status", "VALI", false)]
    [InlineData("fr-core-cs-v2-0445", "VALI", true)]
    [InlineData("fr-core-cs-identity-status", "PROV", false)]
    public void Vali_means_qualified_in_the_former_table_only(string system, string code, bool isQualified) =>
        Assert.Equal(isQualified, Traits.Of(Read(Odette.Replace("fr-core-cs-identity-status", system, StringComparison.Ordinal)
            .Replace("\"QUAL\"", $"\"{code}\"", StringComparison.Ordinal)).Root).IsQualified);

    [Fact]
    public void A_number_that_contradicts_the_birth_date_is_no_hint() =>
        Assert.Empty(Traits.Of(Read(Odette.Replace("1947-03-09", "2012-03-09", StringComparison.Ordinal)).Root).Nirs);

    [Theory]
    [InlineData("active", "recherche-medecin-traitant", true)]
    [InlineData("completed", "recherche-medecin-traitant", false)]
    [InlineData("revoked", "recherche-medecin-traitant", false)]
    [InlineData("active", "soins-non-programmes", false)]
    public void An_open_request_is_found_by_its_patient(string status, string category, bool isFound)
    {
        var keys = Keys($$"""
            {"resourceType":"ServiceRequest","status":"{{status}}","subject":{"reference":"Patient/o"},
             "category":[{"coding":[{"system":"https://cpts-fhir-hub.example/fhir/CodeSystem/categorie-demande","code":"{{category}}"}]}],
             "identifier":[{"system":"https://cpts-fhir-hub.example/fhir/NamingSystem/cle-source/prado","value":"P-17"}]}
            """);
        Assert.Contains("source-key https://cpts-fhir-hub.example/fhir/NamingSystem/cle-source/prado|P-17", keys, StringComparison.Ordinal);
        Assert.Equal(isFound, keys.Contains("open-request Patient/o", StringComparison.Ordinal));
    }

    [Fact]
    public void A_person_who_is_never_matched_stands_under_no_key()
    {
        Assert.NotEqual("", Keys(Odette));
        Assert.Equal("", Keys(Odette.Replace("\"resourceType\":\"Patient\",", """
            "resourceType":"Patient","meta":{"tag":[{"system":"https://cpts-fhir-hub.example/fhir/CodeSystem/rapprochement","code":"jamais"}]},
            """, StringComparison.Ordinal)));
    }

    [Fact]
    public void A_remembered_withdrawal_is_found_by_what_its_report_has_in_common_with_it() =>
        Assert.Equal("withdrawn hk1:00ff", Keys("""
            {"resourceType":"Basic","code":{"coding":[{"code":"retrait"}]},
             "identifier":[{"system":"https://cpts-fhir-hub.example/fhir/NamingSystem/retrait","value":"hk1:00ff"},{"system":"urn:other","value":"1"}]}
            """).Trim());

    [Fact]
    public void A_number_that_was_replaced_before_it_was_known_leads_to_the_one_that_stays() =>
        Assert.Equal("retired-number hk1:00ff", Keys("""
            {"resourceType":"Basic","code":{"coding":[{"code":"numero-remplace"}]},
             "identifier":[{"system":"https://cpts-fhir-hub.example/fhir/NamingSystem/numero-remplace","value":"hk1:00ff"},{"system":"urn:oid:1.2","value":"1"}]}
            """).Trim());

    [Fact]
    public void A_file_is_found_by_search_and_stands_under_no_key() =>
        Assert.Equal("", Keys("""{"resourceType":"Task","status":"received","code":{"coding":[{"code":"parcours-medecin-traitant"}]},"for":{"reference":"Patient/o"} }"""));
}
