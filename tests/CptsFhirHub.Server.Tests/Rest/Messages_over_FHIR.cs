using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Tests.Rest;

/// <summary><c>$process-message</c>: a referral as a FHIR message walks like any signalement, and is answered with a message.</summary>
public sealed class Messages_over_FHIR(HubHost hub)
{
    private static string Message(string id, string family, string code = "signalement-mt", string request = "", string status = "active") => $$"""
        {"resourceType":"Bundle","type":"message","entry":[
          {"fullUrl":"urn:uuid:11111111-1111-4111-8111-111111111111","resource":{"resourceType":"MessageHeader","id":"{{id}}",
            "eventCoding":{"system":"https://cpts-fhir-hub.example/fhir/CodeSystem/evenement-message","code":"{{code}}"},
            "source":{"name":"CH","endpoint":"https://ch.example/fhir"},"focus":[{"reference":"urn:uuid:33333333-3333-4333-8333-333333333333"}]} },
          {"fullUrl":"urn:uuid:22222222-2222-4222-8222-222222222222","resource":{"resourceType":"Patient","gender":"female","birthDate":"1944-03-02",
            "name":[{"use":"official","family":"{{family}}","given":["Lucienne"]}],"telecom":[{"system":"phone","value":"+33612{{Math.Abs(id.GetHashCode(StringComparison.Ordinal)) % 900000 + 100000}}"}]} },
          {"fullUrl":"urn:uuid:33333333-3333-4333-8333-333333333333","resource":{"resourceType":"ServiceRequest","status":"{{status}}","intent":"order",
            "category":[{"coding":[{"system":"https://cpts-fhir-hub.example/fhir/CodeSystem/categorie-demande","code":"recherche-medecin-traitant"}]}],
            "subject":{"reference":"urn:uuid:22222222-2222-4222-8222-222222222222"},"authoredOn":"2026-11-20T10:00:00+01:00",
            "requester":{"reference":"urn:uuid:44444444-4444-4444-8444-444444444444"},{{request}}
            "reasonCode":[{"coding":[{"system":"https://cpts-fhir-hub.example/fhir/CodeSystem/motif-demande","code":"sans-mt-declare"}]}]} },
          {"fullUrl":"urn:uuid:44444444-4444-4444-8444-444444444444","resource":{"resourceType":"Organization","name":"Centre hospitalier",
            "identifier":[{"system":"urn:oid:1.2.250.1.71.4.2.2","value":"1859900011"}]} }]}
        """;

    [Fact]
    public async Task A_referral_is_taken_once_and_answered_with_a_message()
    {
        using var client = await hub.ClientAsync("demo-hospital");
        var (id, family) = ($"m-{Guid.NewGuid():N}", "DURANDAL");
        var reply = await client.PostFhirAsync("$process-message", Message(id, family));
        Assert.True(reply.Status == 200, reply.Text);
        var header = reply.Resource.At("entry", "resource")!;
        Assert.Equal(("message", "MessageHeader"), (reply.Resource.Text("type"), header.ResourceType));
        Assert.Equal((id, "ok"), (header.At("response", "identifier")!.Value, header.At("response", "code")!.Value));
        Assert.Equal("https://ch.example/fhir", header.At("destination", "endpoint")!.Value);
        Assert.Equal("signalement-mt", header.At("eventCoding", "code")!.Value);

        var focus = header.All("focus").ToArray().Select(one => one.Text("reference")!).ToList();
        var request = (await client.SendAsync(HttpMethod.Get, focus.Single(one => one.Contains("ServiceRequest", StringComparison.Ordinal)))).Resource;
        Assert.Equal("1859900011", request.At("requester", "identifier", "value")!.Value);
        var patient = (await client.SendAsync(HttpMethod.Get, focus.Single(one => one.Contains("Patient", StringComparison.Ordinal)))).Resource;
        Assert.Equal(family, patient.At("name", "family")!.Value);
        using var team = await hub.ClientAsync("demo-cpts");
        Assert.NotEmpty((await team.GetFhirAsync($"Task?focus=ServiceRequest/{request.Text("id")}")).Ids());

        var again = await client.PostFhirAsync("$process-message", Message(id, family));
        Assert.Equal((200, reply.Text), (again.Status, again.Text));
        Assert.Single((await team.GetFhirAsync($"ServiceRequest?patient=Patient/{patient.Text("id")}")).Ids());
    }

    [Fact]
    public async Task A_message_as_a_parameter_or_in_XML_or_later_is_taken_too()
    {
        using var client = await hub.ClientAsync("demo-hospital");
        var wrapped = $$"""{"resourceType":"Parameters","parameter":[{"name":"content","resource":{{Message($"m-{Guid.NewGuid():N}", "ARDANT")}} }]}""";
        Assert.Equal(200, (await client.PostFhirAsync("$process-message", wrapped)).Status);
        var xml = System.Text.Encoding.UTF8.GetString(Fhir.Xml.FhirXml.Write(FhirJson.Parse(Message($"m-{Guid.NewGuid():N}", "BRUNET")).Resource!.Root));
        Assert.Equal(200, (await client.SendAsync(HttpMethod.Post, "/fhir/$process-message", xml, "application/fhir+xml")).Status);
        Assert.Equal(202, (await client.PostFhirAsync("$process-message?async=true", Message($"m-{Guid.NewGuid():N}", "CHARDON"))).Status);
    }

    [Fact]
    public async Task What_is_no_message_of_ours_is_refused_with_a_reason()
    {
        using var client = await hub.ClientAsync("demo-hospital");
        var id = $"m-{Guid.NewGuid():N}";
        var unknown = await client.PostFhirAsync("$process-message", Message(id, "DUBOIS", code: "something-else"));
        Assert.Equal((422, "not-supported"), (unknown.Status, unknown.IssueCode));
        var faulty = await client.PostFhirAsync("$process-message", Message(id, "DUBOIS", request: "\"priority\":\"never\","));
        Assert.Equal(422, faulty.Status);
        Assert.Contains("priority", faulty.Text, StringComparison.Ordinal);
        var unprofiled = await client.PostFhirAsync("$process-message", Message(id, "DUBOIS").Replace("\"authoredOn\":\"2026-11-20T10:00:00+01:00\",", "", StringComparison.Ordinal));
        Assert.Equal(422, unprofiled.Status);
        Assert.Contains("ServiceRequest.authoredOn", unprofiled.Text, StringComparison.Ordinal);
        Assert.Equal(400, (await client.PostFhirAsync("$process-message", """{"resourceType":"Bundle","type":"collection"}""")).Status);
        Assert.Equal(400, (await client.PostFhirAsync("$process-message", """{"resourceType":"Parameters"}""")).Status);
        Assert.Equal(422, (await client.PostFhirAsync("$process-message", """{"resourceType":"Bundle","type":"message"}""")).Status);
        Assert.Equal(422, (await client.PostFhirAsync("$process-message?response-url=http://evil.example/", Message(id, "DUBOIS"))).Status);
        Assert.Equal(405, (await client.GetFhirAsync("$process-message")).Status);
        using var sas = await hub.ClientAsync("demo-sas");
        Assert.Equal(403, (await sas.PostFhirAsync("$process-message", Message(id, "DUBOIS"))).Status);
    }
}
