using CptsFhirHub.Coordination.Identity;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Coordination.Tests.Identity;

public sealed class National_numbers
{
    private const string Number = "247038519104254";

    private static Element Patient(string system, string? type, string number = Number, string born = "1947-03-09", string status = "QUAL", string sex = "female") => FhirJson.Parse($$"""
        {"resourceType":"Patient","text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">x</div>"},
         "extension":[{"url":"https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-identity-reliability","extension":[
            {"url":"identityStatus","valueCoding":{"system":"https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-identity-status","code":"{{status}}"} }]}],
         "identifier":[{"use":"official",{{(type is null ? "" : $"\"type\":{{\"coding\":[{{\"code\":\"{type}\"}}]}},")}}"system":"{{system}}","value":"{{number}}"}],
         "name":[{"use":"official","family":"Martineau","given":["Odette"]}],"gender":"{{sex}}","birthDate":"{{born}}"}
        """).Resource!.Root;

    [Theory]
    [InlineData(Number, "1947-03-09", "female", "")]
    [InlineData(Number, "1947-03", "female", "")]
    [InlineData(Number, "1947-04-09", "female", "business-rule")]
    [InlineData(Number, "1948-03-09", "female", "business-rule")]
    [InlineData(Number, "1947-03-09", "male", "business-rule")]
    [InlineData(Number, "1947-03-09", "unknown", "")]
    [InlineData("247038519104255", "1947-03-09", "female", "value")]
    [InlineData("247038519104255", "1947-03-09", "male", "value business-rule")]
    [InlineData("2470385191042", "1947-03-09", "female", "")]
    public void What_is_doubtful_is_told_by_its_place_and_never_quoted(string number, string born, string sex, string codes)
    {
        var issues = NationalNumbers.Check(Patient(Canon.InsNir, "INS-NIR", number, born, sex: sex));
        Assert.Equal(codes, string.Join(' ', issues.Select(issue => issue.Code)));
        Assert.All(issues, issue =>
        {
            Assert.Equal((Severity.Warning, "Patient.identifier[0].value"), (issue.Severity, issue.Path));
            Assert.DoesNotContain(number, issue.Text, StringComparison.Ordinal);
        });
    }

    [Theory]
    [InlineData(Number, "1947-03-09", true)]
    [InlineData("247038519104255", "1947-03-09", false)]
    [InlineData(Number, "1948-03-09", false)]
    public void A_number_that_is_unsound_makes_nobody_certain(string number, string born, bool isCertain)
    {
        // Nothing else is common: neither name in use, phone nor place.
        var one = Traits.Of(Patient(Canon.InsNir, "INS-NIR", number, born));
        var other = one with { BirthName = null, BirthNameAsWritten = null, UsedName = "GUERIN", UsedNameAsWritten = "GUERIN" };
        Assert.Equal(isCertain, Identification.Compare(one, other).Grade == MatchGrade.Certain);
        Assert.Equal(isCertain, Identification.IsSameByNumber(Identification.Compare(other, one)));
    }

    [Theory]
    [InlineData(Canon.InsTest, "INS-NIR-TEST")]
    [InlineData(Canon.InsTest, "INS-NIR")]
    [InlineData(Canon.InsTest, "NH")]
    [InlineData(Canon.InsTest, null)]
    [InlineData(Canon.InsDemo, "INS-NIR-DEMO")]
    [InlineData(Canon.InsDemo, null)]
    [InlineData(Canon.InsNir, "INS-NIR-TEST")]
    [InlineData(Canon.InsNir, "INS-NIR-DEMO")]
    public void A_number_of_tests_is_nobodys_whatever_else_is_said_of_it(string system, string? type)
    {
        var test = Traits.Of(Patient(system, type));
        Assert.True(Assert.Single(test.Ins).IsFictive);
        Assert.Empty(test.Nirs);
        var real = Traits.Of(Patient(Canon.InsNir, "INS-NIR"));
        var hint = Traits.Of(Patient(Canon.InsNir, "NH"));
        Assert.Equal(MatchGrade.CertainlyNot, Identification.Compare(test, real).Grade);
        Assert.False(Identification.IsSameByNumber(Identification.Compare(test, real)));

        // Beside a bare NIR of the same digits the number says nothing for the two.
        var stranger = hint with { BirthName = "DURAND", BirthNameAsWritten = "DURAND", BirthDate = null, UsedName = null };
        Assert.DoesNotContain(Identification.Compare(test, stranger).Reasons, reason => reason.Text.Contains("numéro", StringComparison.Ordinal));
        Assert.Contains(Identification.Compare(real, stranger).Reasons, reason => reason.Text.Contains("numéro", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(Canon.InsNir, "INS-NIR", "PROV", true)]
    [InlineData(Canon.InsNir, "INS-NIR", "VALI", true)]
    [InlineData(Canon.InsNir, null, "RECUP", true)]
    [InlineData(Canon.InsNia, "INS-NIA", "PROV", true)]
    [InlineData(Canon.InsNir, "NH", "PROV", true)]
    [InlineData(Canon.InsNir, "NH", "QUAL", true)]
    [InlineData(Canon.InsNir, "INS-NIR", "QUAL", false)]
    [InlineData(Canon.InsTest, "INS-NIR-TEST", "PROV", false)]
    public void An_unqualified_INS_and_a_number_for_bills_are_taken_out_with_the_narrative(string system, string? type, string status, bool isTaken)
    {
        var patient = Patient(system, type, status: status);
        Assert.True(NationalNumbers.MayStandIn(FhirJson.Write(patient)));
        var shown = NationalNumbers.WithoutUnqualified(patient);
        Assert.Equal(isTaken, shown is not null);
        if (shown is not null)
        {
            Assert.Null(shown.Child("text"));
            Assert.DoesNotContain(Number, System.Text.Encoding.UTF8.GetString(FhirJson.Write(shown)), StringComparison.Ordinal);
            Assert.NotNull(patient.Child("identifier"));
        }
    }

    [Fact]
    public void It_is_taken_out_of_what_refers_to_the_person_and_of_contained_persons()
    {
        var request = FhirJson.Parse($$"""
            {"resourceType":"ServiceRequest","contained":[{"resourceType":"Patient","id":"p","identifier":[{"system":"{{Canon.InsNir}}","value":"{{Number}}"}]}],
             "subject":{"reference":"Patient/1","identifier":{"system":"{{Canon.InsNir}}","value":"{{Number}}"} },
             "performer":[{"identifier":{"system":"{{Canon.InsNia}}","value":"{{Number}}"} }],"status":"active"}
            """).Resource!.Root;
        var shown = NationalNumbers.WithoutUnqualified(request)!;
        Assert.Equal("Patient/1", shown.Child("subject")!.Text("reference"));
        Assert.Null(shown.Child("performer"));
        Assert.DoesNotContain(Number, System.Text.Encoding.UTF8.GetString(FhirJson.Write(shown)), StringComparison.Ordinal);
        Assert.False(NationalNumbers.MayStandIn("""{"resourceType":"Patient","identifier":[{"system":"urn:oid:1.2.3","value":"1"}]}"""u8));
    }
}
