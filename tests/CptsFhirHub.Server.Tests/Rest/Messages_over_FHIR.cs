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
    public async Task The_same_message_in_another_bundle_is_answered_as_before()
    {
        using var client = await hub.ClientAsync("demo-hospital");
        var message = Message($"m-{Guid.NewGuid():N}", "ESNAULT");
        var first = await client.PostFhirAsync("$process-message", message);
        var again = await client.PostFhirAsync("$process-message", message.Replace(
            "\"type\":\"message\"", $"\"id\":\"{Guid.NewGuid()}\",\"type\":\"message\",\"timestamp\":\"2026-11-22T10:00:00Z\"", StringComparison.Ordinal));
        Assert.Equal((200, first.Text), (again.Status, again.Text));
    }

    [Fact]
    public async Task An_answer_that_comes_later_is_the_message_that_would_have_come_at_once()
    {
        using var client = await hub.ClientAsync("demo-hospital");
        var id = $"m-{Guid.NewGuid():N}";
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("/fhir/$process-message?async=true", UriKind.Relative))
        {
            Content = new StringContent(Message(id, "FOUCAULT"), System.Text.Encoding.UTF8, "application/fhir+json"),
        };
        using var accepted = await client.SendAsync(request);
        Assert.Equal(202, (int)accepted.StatusCode);
        var status = accepted.Content.Headers.ContentLocation ?? new Uri(accepted.Headers.GetValues("Content-Location").Single());
        string told;
        for (var until = DateTime.UtcNow.AddSeconds(30); ;)
        {
            using var answer = await client.GetAsync(status);
            told = await answer.Content.ReadAsStringAsync();
            if ((int)answer.StatusCode != 202)
                break;
            Assert.True(DateTime.UtcNow < until, "The answer did not come.");
            await Task.Delay(20);
        }

        var entry = FhirJson.Parse(System.Text.Encoding.UTF8.GetBytes(told)).Resource!.Root.At("entry", "resource")!;
        var header = entry.ResourceType == "MessageHeader" ? entry : entry.At("entry", "resource")!;
        Assert.Equal((id, "ok"), (header.At("response", "identifier")!.Value, header.At("response", "code")!.Value));
    }

    [Fact]
    public async Task What_may_be_sent_is_told_by_the_statement_and_by_its_definitions()
    {
        using var client = await hub.ClientAsync("demo-hospital");
        var messaging = (await client.GetFhirAsync("metadata")).Resource.Child("messaging")!;
        Assert.EndsWith("/fhir/$process-message", messaging.At("endpoint", "address")!.Value, StringComparison.Ordinal);
        foreach (var supported in messaging.All("supportedMessage").ToArray())
        {
            var found = await client.GetFhirAsync($"MessageDefinition?url={supported.Text("definition")}");
            var definition = found.Resource.At("entry", "resource")!;
            Assert.Equal("signalement-mt", definition.At("eventCoding", "code")!.Value);
        }

        var asked = (await client.GetFhirAsync(
            "MessageDefinition?context=https://cpts-fhir-hub.example/fhir/CodeSystem/categorie-demande|recherche-medecin-traitant")).Resource;
        var sent = asked.At("entry", "resource")!;
        Assert.Equal("signalement-mt", sent.Text("id"));
        Assert.Contains(sent.All("focus").ToArray(), focus => focus.Text("code") == "ServiceRequest" && focus.Text("min") == "1"
            && focus.Text("profile") == "https://cpts-fhir-hub.example/fhir/StructureDefinition/hub-signalement");
        Assert.Equal(200, (await client.GetFhirAsync("CodeSystem?url=https://cpts-fhir-hub.example/fhir/CodeSystem/evenement-message")).Status);
        var judged = await client.SendAsync(HttpMethod.Post, "/fhir/MessageDefinition/$validate", System.Text.Encoding.UTF8.GetString(FhirJson.Write(sent.Copy("MessageDefinition", isListItem: false))), "application/fhir+json");
        Assert.DoesNotContain("\"severity\":\"error\"", judged.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_message_that_is_not_for_this_hub_or_says_otherwise_under_its_id_is_refused()
    {
        using var client = await hub.ClientAsync("demo-hospital");
        var message = Message($"m-{Guid.NewGuid():N}", "HAMEL");
        Task<Reply> Sent(string old, string other) => client.PostFhirAsync("$process-message", message.Replace(old, other, StringComparison.Ordinal));
        const string focus = "\"focus\":[{\"reference\":\"urn:uuid:33333333-3333-4333-8333-333333333333\"}]";

        var answer = await Sent(focus, $"\"response\":{{\"identifier\":\"x\",\"code\":\"ok\"}},{focus}");
        Assert.Equal((422, "not-supported"), (answer.Status, answer.IssueCode));
        var elsewhere = await Sent(focus, $"\"destination\":[{{\"endpoint\":\"https://autre.example/fhir\"}}],{focus}");
        Assert.Equal((422, "not-found"), (elsewhere.Status, elsewhere.IssueCode));
        var foreign = await Sent("https://cpts-fhir-hub.example/fhir/CodeSystem/evenement-message", "https://fhir.nhs.uk/CodeSystem/message-events-bars");
        Assert.Equal((422, "not-supported"), (foreign.Status, foreign.IssueCode));
        var lost = await Sent(focus, focus.Replace("3333\"", "9999\"", StringComparison.Ordinal));
        Assert.Equal((422, "not-found"), (lost.Status, lost.IssueCode));

        // Refused messages were not taken: the same id is free, and from then on it is this message's.
        var taken = await Sent($",{focus}", $",\"destination\":[{{\"endpoint\":\"{hub.Address}fhir/$process-message\"}}]");
        Assert.True(taken.Status == 200, taken.Text);
        Assert.Contains("The header names no focus", taken.Text, StringComparison.Ordinal);
        var otherwise = await Sent("Lucienne", "Lucien");
        Assert.Equal((409, "duplicate"), (otherwise.Status, otherwise.IssueCode));
        Assert.Contains("REC_CONFLICT", otherwise.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("urn:oid:1.2.3", false)]
    [InlineData("mllp:autre.example:2575", false)]
    [InlineData("https://hub.example/fhir", false)]
    [InlineData("https://HUB.example/fhir/$process-message", false)]
    [InlineData("https://autre.example/fhir", true)]
    [InlineData("http://hub.example:8080/fhir", true)]
    public void A_destination_is_ours_or_anothers(string endpoint, bool isAnothers)
    {
        var header = FhirJson.Parse($$"""{"resourceType":"MessageHeader","destination":[{"endpoint":"{{endpoint}}"}]}""").Resource!.Root;
        Assert.Equal(isAnothers, Server.Rest.Operations.ProcessMessage.IsForAnother(header, "https://hub.example"));
    }

    /// <summary>The examples of the British booking and referral standard are no messages of ours: each is refused with a typed error, none is kept.</summary>
    [Fact]
    public async Task Public_examples_of_BaRS_are_answered_with_typed_errors()
    {
        var folder = Repository.RequireCorpus(Path.Combine("..", "intl", "bars"));
        using var client = await hub.ClientAsync("demo-hospital");
        var known = new HashSet<string>(StringComparer.Ordinal);
        var files = Directory.GetFiles(folder, "*.json", SearchOption.AllDirectories);
        Assert.NotEmpty(files);
        foreach (var file in files)
        {
            var text = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
            var direct = await client.PostFhirAsync("$process-message", text);
            Assert.True(direct.Status == 400, $"{file}: {direct.Status}");
            Assert.Equal("REC_BAD_REQUEST", direct.Resource.At("issue", "details", "coding")!.Text("code"));

            // The codes that their receivers answer with are those that ours answers with.
            if (Path.GetFileName(file).Split('-') is [_, ['R', 'E', 'C', '_', ..] code, ..])
                known.Add($"{Path.GetFileName(file)[..3]} {code}");

            // The same resource as what a message of their event is about.
            if (FhirJson.Parse(text).Resource is not { Type: "ServiceRequest" or "HealthcareService" } resource)
                continue;
            var message = $$$"""
                {"resourceType":"Bundle","type":"message","entry":[{"fullUrl":"urn:uuid:1","resource":{"resourceType":"MessageHeader","id":"bars-1",
                 "eventCoding":{"system":"https://fhir.nhs.uk/CodeSystem/message-events-bars","code":"servicerequest-request"},"source":{"endpoint":"https://a.example"} } },
                 {"fullUrl":"urn:uuid:2","resource":{{{System.Text.Encoding.UTF8.GetString(resource.Json.Span)}}} }]}
                """;
            var sent = await client.PostFhirAsync("$process-message", message);
            Assert.True(sent.Status == 422 && sent.Text.Contains("REC_UNPROCESSABLE_ENTITY", StringComparison.Ordinal), $"{file}: {sent.Status} {sent.Text}");
        }

        foreach (var told in known)
            Assert.Equal(told[4..], Server.MessageErrors.CodeAt("/fhir/$process-message", int.Parse(told[..3], System.Globalization.CultureInfo.InvariantCulture)));
    }

    [Theory]
    [InlineData("demo-hospital", """{"resourceType":"Bundle","type":"collection"}""", 400, "REC_BAD_REQUEST")]
    [InlineData("demo-hospital", """{"resourceType":"Bundle","type":"message"}""", 422, "REC_UNPROCESSABLE_ENTITY")]
    [InlineData("demo-hospital", "{", 400, "REC_BAD_REQUEST")]
    [InlineData("demo-sas", "", 403, "REC_FORBIDDEN")]
    public async Task A_refusal_is_typed(string who, string body, int status, string code)
    {
        using var client = await hub.ClientAsync(who);
        var refused = await client.PostFhirAsync("$process-message", body.Length > 0 ? body : Message($"m-{Guid.NewGuid():N}", "GARREC"));
        Assert.Equal(status, refused.Status);
        var coding = refused.Resource.At("issue", "details", "coding")!;
        Assert.Equal(("https://fhir.nhs.uk/Codesystem/http-error-codes", code), (coding.Text("system"), coding.Text("code")));
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
