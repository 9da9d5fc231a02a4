namespace CptsFhirHub.Tests.Intake;

/// <summary>A record that says that it is never to be compared: somebody whom nobody can name, in an emergency.</summary>
public sealed class Persons_never_matched(HubHost host)
{
    private const string Tag = """{"system":"https://cpts-fhir-hub.example/fhir/CodeSystem/rapprochement","code":"jamais"}""";

    private static string Patient(Somebody who, string? id = null, bool isTagged = false) => $$"""
        {"resourceType":"Patient",{{(id is null ? "" : $"\"id\":\"{id}\",")}}{{(isTagged ? $$"""
        "meta":{"tag":[{{Tag}}]},
        """ : "")}}"name":[{"use":"official","family":"{{who.Family}}","given":["{{who.Given}}"]}],"gender":"female","birthDate":"{{who.Born}}",
         "telecom":[{"system":"phone","value":"{{who.Phone}}"}],"address":[{"line":["4 rue du Four"],"city":"AIZENAY","postalCode":"85190"}]}
        """;

    private static string Ask(string patient) => $$"""{"resourceType":"Parameters","parameter":[{"name":"resource","resource":{{patient}} }]}""";

    [Fact]
    public async Task It_is_nobodys_candidate_and_has_none_until_the_tag_is_taken_away()
    {
        using var team = await host.ClientAsync("demo-cpts");
        using var booking = await host.ClientAsync("demo-booking");
        var who = Somebody.New("1926-03-14");
        var tagged = await team.CreateAsync("Patient", Patient(who, isTagged: true));
        Assert.DoesNotContain(tagged, (await team.PostFhirAsync("Patient/$match", Ask(Patient(who)))).Ids());

        var (_, signedUp) = await booking.PostMessageAsync("doctolib", Messages.SignUp(who), Messages.Json);
        Assert.NotEqual($"Patient/{tagged}", signedUp.Text("patient"));
        Assert.Equal("0", (await team.GetFhirAsync($"Task?code=verification-identite&patient={signedUp.Text("patient")}")).Resource.Text("total"));

        // Asked about, such a record has no candidates either.
        Assert.Empty((await team.PostFhirAsync("Patient/$match", Ask(Patient(who, isTagged: true)))).Ids());

        var bare = await team.PostFhirAsync($"Patient/{tagged}/$meta-delete",
            $$"""{"resourceType":"Parameters","parameter":[{"name":"meta","valueMeta":{"tag":[{{Tag}}]} }]}""");
        Assert.True(bare.Status == 200, bare.Text);
        Assert.Contains(tagged, (await team.PostFhirAsync("Patient/$match", Ask(Patient(who)))).Ids());

        // And with the tag again, nobody finds it.
        var put = await team.PutFhirAsync($"Patient/{tagged}", Patient(who, tagged, isTagged: true));
        Assert.True(put.Status == 200, put.Text);
        Assert.DoesNotContain(tagged, (await team.PostFhirAsync("Patient/$match", Ask(Patient(who)))).Ids());
    }

    [Fact]
    public async Task A_hospitals_anonymous_patient_is_taken_for_nobody_even_under_the_same_number()
    {
        using var team = await host.ClientAsync("demo-cpts");
        using var hospital = await host.ClientAsync("demo-hospital");
        var who = Somebody.New("1927-04-15");
        var (_, known) = await hospital.PostMessageAsync("hospital", Messages.Adt(who, "A01"), Messages.Hl7);
        Assert.StartsWith("Patient/", known.Text("patient"), StringComparison.Ordinal);

        var unknown = Messages.Adt(who, "A01").Replace("||PROV", "|||PROV~ANOM", StringComparison.Ordinal);
        Assert.Contains("PROV~ANOM", unknown, StringComparison.Ordinal);
        var (_, anonymous) = await hospital.PostMessageAsync("hospital", unknown, Messages.Hl7);
        Assert.StartsWith("Patient/", anonymous.Text("patient"), StringComparison.Ordinal);
        Assert.NotEqual(known.Text("patient"), anonymous.Text("patient"));
        Assert.Contains("\"jamais\"", (await team.GetFhirAsync(anonymous.Text("patient")!)).Text, StringComparison.Ordinal);
        Assert.Equal("0", (await team.GetFhirAsync($"Task?code=verification-identite&patient={anonymous.Text("patient")}")).Resource.Text("total"));

        // The hospital's key of the request leads each to its own.
        var (_, still) = await hospital.PostMessageAsync("hospital", Messages.Adt(who, "A01").Replace("||PROV", "|||PROV~ANOM", StringComparison.Ordinal), Messages.Hl7);
        Assert.Equal(anonymous.Text("patient"), still.Text("patient"));
        var (_, again) = await hospital.PostMessageAsync("hospital", Messages.Adt(who, "A01"), Messages.Hl7);
        Assert.Equal(known.Text("patient"), again.Text("patient"));
    }

    [Fact]
    public async Task A_partner_that_writes_one_with_its_need_has_a_file_apart()
    {
        using var team = await host.ClientAsync("demo-cpts");
        using var booking = await host.ClientAsync("demo-booking");
        using var hospital = await host.ClientAsync("demo-hospital");
        var who = Somebody.New("1925-02-13");
        var (_, known) = await booking.PostMessageAsync("doctolib", Messages.SignUp(who), Messages.Json);
        var reply = await hospital.SendAsync(HttpMethod.Post, "/fhir", $$"""
            {"resourceType":"Bundle","type":"transaction","entry":[
             {"fullUrl":"urn:uuid:00000000-0000-4000-8000-000000000001","resource":{{Patient(who, isTagged: true)}},"request":{"method":"POST","url":"Patient"} },
             {"fullUrl":"urn:uuid:00000000-0000-4000-8000-000000000003","request":{"method":"POST","url":"ServiceRequest"},
              "resource":{"resourceType":"ServiceRequest","status":"active","intent":"order",
              "category":[{"coding":[{"system":"https://cpts-fhir-hub.example/fhir/CodeSystem/categorie-demande","code":"recherche-medecin-traitant"}]}],
              "subject":{"reference":"urn:uuid:00000000-0000-4000-8000-000000000001"},"authoredOn":"2026-06-20T10:00:00+02:00","requester":{"display":"CH TEST"},
              "reasonCode":[{"coding":[{"system":"https://cpts-fhir-hub.example/fhir/CodeSystem/motif-demande","code":"sortie-hospitalisation"}]}]} }]}
            """);
        Assert.True(reply.Status == 200, reply.Text);

        var open = (await team.GetFhirAsync($"ServiceRequest?patient.family={who.Family}&status=active")).Resource.All("entry").ToArray()
            .Select(entry => entry.At("resource", "subject")!.Text("reference")).ToList();
        Assert.Equal(2, open.Distinct().Count());
        Assert.Contains(known.Text("patient"), open);
        Assert.Equal("0", (await team.GetFhirAsync($"Task?code=verification-identite&patient={known.Text("patient")}")).Resource.Text("total"));
    }
}
