using System.Text.Json;
using CptsFhirHub.Coordination;

namespace CptsFhirHub.Tests.Intake;

/// <summary>A national number with a wrong key, or one that is not its bearer's, is told at every door, kept, and quoted nowhere.</summary>
public sealed class Doubtful_numbers(HubHost hub)
{
    private const string Sound = "247038519104254";
    private const string Wrong = "247038519104255";

    private static string Born(bool isForeign) => isForeign ? "1952-03-09" : "1947-03-09";

    public static TheoryData<string, bool> Doors()
    {
        var doors = new TheoryData<string, bool>();
        foreach (var door in (string[])["doctolib json", "doctolib csv", "prado csv", "mas json", "hospital", "fhir message", "fhir event"])
        {
            doors.Add(door, true);
            doors.Add(door, false);
        }

        return doors;
    }

    private static (string Source, string Text, string Type) Message(string door, string number, string born, Somebody who)
    {
        var day = born.Replace("-", "", StringComparison.Ordinal);
        return door switch
        {
            "doctolib json" => ("doctolib", Messages.SignUp(who with { Born = born }).Replace("\"sex\":", $"\"nir\":\"{number}\",\"sex\":", StringComparison.Ordinal), Messages.Json),
            "doctolib csv" => ("doctolib", $"identifiant;date;statut;nom_naissance;prenoms;date_naissance;sexe;nir;telephone;motif\n{Guid.NewGuid()};18/06/2026;Nouveau;{who.Family};Odette;{born};F;{number};{who.Phone};Médecin parti\n", Messages.Csv),
            "prado csv" => ("prado", $"dossier_prado;volet;nir;nom_naissance;prenoms;date_naissance;sexe;telephone;commune_insee;etablissement_finess;adhesion;evenement;medecin_traitant_statut\n{Guid.NewGuid()};bpco;{number};{who.Family};Odette;{born};F;{who.Phone};85003;859900011;O;sortie;absent\n", Messages.Csv),
            "mas json" => ("mas", File.ReadAllText(Path.Combine(Repository.Root, "mappings", "mas", "examples", "quatre-axes.in.json"))
                .Replace(Sound, number, StringComparison.Ordinal).Replace("1947-03-09", born, StringComparison.Ordinal)
                .Replace("MARTINEAU", who.Family, StringComparison.Ordinal).Replace("MAS-85-00017", who.Ipp, StringComparison.Ordinal), Messages.Json),
            "hospital" => ("hospital", Messages.Adt(who with { Born = born }, "A03").Replace("&N^PI||", $"&N^PI~{number}^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.8&ISO^INS||", StringComparison.Ordinal), Messages.Hl7),
            "fhir event" => ("fhir", $$"""
                {"resourceType":"CommunicationRequest","id":"{{who.Ipp}}","status":"active",
                 "extension":[{"url":"https://interop.esante.gouv.fr/ig/fhir/nde/StructureDefinition/event-type","valueCodeableConcept":{"coding":[
                   {"system":"https://mos.esante.gouv.fr/NOS/TRE_R254-TypeEvenement/FHIR/TRE-R254-TypeEvenement","code":"SOR"}]} },
                   {"url":"https://interop.esante.gouv.fr/ig/fhir/nde/StructureDefinition/event-time","valueDateTime":"2026-11-20T10:00:00+01:00"}],
                 "contained":[{{Patient("\"id\":\"p\",")}}],"subject":{"reference":"#p"} }
                """, "application/fhir+json"),
            _ => ("fhir", $$"""
                {"resourceType":"Bundle","type":"message","entry":[
                 {"fullUrl":"urn:uuid:11111111-1111-4111-8111-111111111111","resource":{"resourceType":"MessageHeader","id":"{{Guid.NewGuid()}}",
                  "eventCoding":{"system":"https://cpts-fhir-hub.example/fhir/CodeSystem/evenement-message","code":"signalement-mt"},"source":{"endpoint":"https://ch.example"} } },
                 {"fullUrl":"urn:uuid:22222222-2222-4222-8222-222222222222","resource":{{Patient("")}} },
                 {"fullUrl":"urn:uuid:33333333-3333-4333-8333-333333333333","resource":{"resourceType":"ServiceRequest","status":"active","intent":"order",
                  "category":[{"coding":[{"system":"https://cpts-fhir-hub.example/fhir/CodeSystem/categorie-demande","code":"recherche-medecin-traitant"}]}],
                  "reasonCode":[{"coding":[{"system":"https://cpts-fhir-hub.example/fhir/CodeSystem/motif-demande","code":"sans-mt-declare"}]}],
                  "authoredOn":"2026-11-20T10:00:00+01:00","requester":{"display":"Centre hospitalier"},
                  "subject":{"reference":"urn:uuid:22222222-2222-4222-8222-222222222222"} } }]}
                """, "application/fhir+json"),
        };

        string Patient(string id) => $$"""
            {"resourceType":"Patient",{{id}}"gender":"female","birthDate":"{{born}}","name":[{"use":"official","family":"{{who.Family}}","given":["Odette"]}],
             "telecom":[{"system":"phone","value":"{{who.Phone}}"}],
             "identifier":[{"use":"official","type":{"coding":[{"system":"https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0203","code":"INS-NIR"}]},
              "system":"urn:oid:1.2.250.1.213.1.4.8","value":"{{number}}"}]}
            """;
    }

    [Theory]
    [MemberData(nameof(Doors))]
    public async Task Each_door_warns_keeps_the_rest_and_quotes_nothing(string door, bool isForeign)
    {
        using var team = await hub.ClientAsync("demo-cpts");
        var number = isForeign ? Sound : Wrong;
        var (source, text, type) = Message(door, number, Born(isForeign), Somebody.New());
        var (status, answer) = await team.PostMessageAsync(source, text, type);
        Assert.True(status is 200 or 201 or 202, $"{status} {answer}");
        Assert.NotEqual("", answer.Text("patient"));

        var told = answer.GetProperty("issues").EnumerateArray().Where(issue => issue.Text("text") is Nir.WrongKeyText or Nir.ForeignText).ToList();
        var warning = Assert.Single(told);
        Assert.Equal(("warning", isForeign ? Nir.ForeignText : Nir.WrongKeyText), (warning.Text("severity"), warning.Text("text")));
        Assert.NotEqual("", warning.Text("where"));
        Assert.DoesNotContain(number, answer.ToString(), StringComparison.Ordinal);
        var kept = await team.GetJsonAsync($"/intake/messages/{answer.Text("messageId")}");
        Assert.Contains(warning.Text("text"), Unescaped(kept), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_person_written_over_FHIR_is_told_of_in_the_outcome()
    {
        using var team = await hub.ClientAsync("demo-cpts");
        var patient = $$"""
            {"resourceType":"Patient","gender":"male","birthDate":"1947-03-09","identifier":[{"system":"urn:oid:1.2.250.1.213.1.4.8","value":"{{Wrong}}"}]}
            """;
        var bundle = $$"""{"resourceType":"Bundle","type":"transaction","entry":[{"resource":{{patient}},"request":{"method":"POST","url":"Patient"} }]}""";
        foreach (var reply in (Reply[])[await team.PostFhirAsync("", bundle), await team.PostFhirAsync("Patient", patient, ("Prefer", "return=OperationOutcome"))])
        {
            Assert.True(reply.Status is 200 or 201, reply.Text);
            Assert.Contains("Patient.identifier[0].value", reply.Text, StringComparison.Ordinal);
            Assert.Contains("The key of the NIR does not match", reply.Text, StringComparison.Ordinal);
            Assert.Contains("The NIR contradicts the sex", reply.Text, StringComparison.Ordinal);
            Assert.DoesNotContain(Wrong, reply.Text, StringComparison.Ordinal);
        }
    }

    private static string Unescaped(JsonElement json) => json.ToString().Replace("\\u0027", "'", StringComparison.Ordinal);
}
