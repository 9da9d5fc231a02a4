using CptsFhirHub.Coordination.Identity;
using CptsFhirHub.Coordination.Signalements;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Coordination.Tests.Signalements;

public sealed class Reports_of_one_person
{
    private const string SignUp = """
        {"resourceType":"ServiceRequest","id":"r","status":"active","intent":"proposal","priority":"routine","authoredOn":"2025-06-01",
         "identifier":[{"system":"{b}/NamingSystem/cle-source/doctolib","value":"e1"}],
         "extension":[{"url":"{b}/StructureDefinition/source-signalement","valueCodeableConcept":{"coding":[{"code":"doctolib"}]}},
                      {"url":"{b}/StructureDefinition/rang-priorite","valueDecimal":10}],
         "subject":{"reference":"Patient/o"},"requester":{"reference":"Patient/o"},
         "reasonCode":[{"coding":[{"code":"medecin-parti"}]}]}
        """;

    private const string Discharge = """
        {"resourceType":"ServiceRequest","status":"active","intent":"order","priority":"urgent","authoredOn":"2025-06-19",
         "identifier":[{"system":"{b}/NamingSystem/cle-source/hospital","value":"v9"}],
         "extension":[{"url":"{b}/StructureDefinition/source-signalement","valueCodeableConcept":{"coding":[{"code":"hospital"}]}},
                      {"url":"{b}/StructureDefinition/rang-priorite","valueDecimal":20}],
         "subject":{"reference":"Patient/x"},"requester":{"reference":"Organization/ch"},
         "reasonCode":[{"coding":[{"code":"medecin-parti"}]},{"coding":[{"code":"sortie-hospitalisation"}]}],
         "encounter":{"reference":"Encounter/e"}}
        """;

    private static Element Read(string json) =>
        FhirJson.Parse(json.Replace("{b}", Canon.Base, StringComparison.Ordinal)).Resource!.Root;

    [Fact]
    public void The_adviser_inside_a_second_report_is_kept_and_referred_to()
    {
        var prado = Read(Discharge.Replace(
            "\"requester\":{\"reference\":\"Organization/ch\"}",
            "\"contained\":[{\"resourceType\":\"PractitionerRole\",\"id\":\"conseiller\"}],\"requester\":{\"reference\":\"#conseiller\"}",
            StringComparison.Ordinal));
        var merged = SecondReport.Merge(Read(SignUp), prado);
        Assert.Equal("conseiller", merged.Child("contained")!.Text("id"));
        Assert.Equal("Patient/o", merged.Child("requester")!.Text("reference"));
        Assert.Equal("#conseiller", merged.Child("supportingInfo")!.Text("reference"));
        Assert.True(SecondReport.Same(merged, SecondReport.Merge(merged, prado)));

        var other = SecondReport.Merge(prado, prado);
        Assert.Equal(("#conseiller", 1), (other.Child("requester")!.Text("reference"), other.All("contained").Length));
        Assert.Null(other.Child("supportingInfo"));
    }

    [Fact]
    public void A_second_source_adds_and_the_wait_does_not_start_again()
    {
        var merged = SecondReport.Merge(Read(SignUp), Read(Discharge));
        Assert.Equal("r", merged.Text("id"));
        Assert.Equal("2025-06-01", merged.Text("authoredOn"));
        Assert.Equal("Patient/o", merged.Child("subject")!.Text("reference"));
        Assert.Equal("Patient/o", merged.Child("requester")!.Text("reference"));
        Assert.Equal(("order", "urgent"), (merged.Text("intent"), merged.Text("priority")));
        Assert.Equal(2, merged.All("identifier").Length);
        Assert.Equal(2, merged.All("reasonCode").Length);
        Assert.Equal(3, merged.All("extension").Length);
        Assert.Equal("Encounter/e", merged.Child("encounter")!.Text("reference"));
    }

    [Fact]
    public void The_same_report_twice_changes_nothing()
    {
        var once = SecondReport.Merge(Read(SignUp), Read(Discharge));
        Assert.True(SecondReport.Same(once, SecondReport.Merge(once, Read(Discharge))));
    }

    [Fact]
    public void An_older_report_that_comes_late_brings_its_date() =>
        Assert.Equal("2025-06-01", SecondReport.Merge(Read(Discharge), Read(SignUp)).Text("authoredOn"));

    [Fact]
    public void Urgency_is_never_lowered() => Assert.Equal("urgent", SecondReport.Merge(Read(Discharge), Read(SignUp)).Text("priority"));

    private const string Known = """
        {"resourceType":"Patient","id":"o","name":[{"use":"official","family":"MARTINEAU","given":["Odette"]}],"birthDate":"1947-03-09",
         "telecom":[{"system":"phone","value":"+33251000001"}],"address":[{"use":"home","city":"AIZENAY"}]}
        """;

    private const string Newer = """
        {"resourceType":"Patient","name":[{"use":"official","family":"MARTINAU","given":["Odette"]}],"gender":"female",
         "telecom":[{"system":"phone","value":"+33251000001"},{"system":"phone","value":"+33651000001"}],
         "identifier":[{"system":"urn:oid:1.2.3","value":"778812"}],"address":[{"use":"home","city":"CHALLANS"}]}
        """;

    [Fact]
    public void A_patient_keeps_the_known_name_and_takes_the_new_contacts()
    {
        var merged = Survivorship.Merge(Read(Known), Read(Newer));
        Assert.Equal("MARTINEAU", Assert.Single(merged.All("name").ToArray()).Text("family"));
        Assert.Equal("female", merged.Text("gender"));
        Assert.Equal(2, merged.All("telecom").Length);
        Assert.Equal(("old", "CHALLANS"), (merged.All("address")[0].Text("use"), merged.All("address")[1].Text("city")));
        Assert.Equal("778812", merged.Child("identifier")!.Text("value"));
        Assert.True(SecondReport.Same(merged, Survivorship.Merge(merged, Read(Newer))));
    }

    [Fact]
    public void The_newest_declared_gp_replaces_the_former_and_gaps_are_filled()
    {
        var known = Read("""
            {"resourceType":"Patient","generalPractitioner":[{"display":"Dr Ancien"}],"identifier":[{"use":"usual","system":"urn:oid:1.2.3","value":"7"}]}
            """);
        var merged = Survivorship.Merge(known, Read("""
            {"resourceType":"Patient","id":"x","generalPractitioner":[{"display":"Dr Nouveau"}],"maritalStatus":{"text":"veuve"},
             "identifier":[{"use":"old","system":"urn:oid:1.2.3","value":"7"}]}
            """));
        Assert.Equal("Dr Nouveau", Assert.Single(merged.All("generalPractitioner").ToArray()).Text("display"));
        Assert.Equal("old", Assert.Single(merged.All("identifier").ToArray()).Text("use"));
        Assert.Equal("veuve", merged.Child("maritalStatus")!.Text("text"));
        Assert.Null(merged.Text("id"));
    }

    [Fact]
    public void Traits_of_a_qualified_identity_win()
    {
        const string Trust = "\"extension\":[{\"url\":\"https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-identity-reliability\",\"extension\":["
            + "{\"url\":\"identityStatus\",\"valueCoding\":{\"system\":\"x/fr-core-cs-identity-status\",\"code\":\"QUAL\"}}]}],"
            + "\"identifier\":[{\"type\":{\"coding\":[{\"code\":\"INS-NIR\"}]},\"system\":\"urn:oid:1.2.250.1.213.1.4.8\",\"value\":\"247038519104254\"}],";
        var qualified = Read(Known.Replace("\"id\":\"o\",", Trust, StringComparison.Ordinal).Replace("Odette", "Odette Marie", StringComparison.Ordinal));
        Assert.Equal("Odette Marie", Survivorship.Merge(Read(Known), qualified).At("name", "given")!.Value);
        Assert.Equal("Odette Marie", Survivorship.Merge(qualified, Read(Known)).At("name", "given")!.Value);
    }

    [Fact]
    public void Missing_pieces_are_those_the_tenant_asks_for()
    {
        var dossier = Dossier.Of(Read(Known), Read(SignUp), []);
        Assert.Empty(Completeness.Missing(dossier, Completeness.Default));
        Assert.Equal(["ald", "mobilite"], Completeness.Missing(dossier, ["contact", "ald", "motif", "mobilite", "inconnu"]).Select(piece => piece.Code));
        var nobody = Dossier.Of(Element.OfResource("Patient"), null, []);
        Assert.Equal(Completeness.Known.Count, Completeness.Missing(nobody, Completeness.Known).Count);
    }
}
