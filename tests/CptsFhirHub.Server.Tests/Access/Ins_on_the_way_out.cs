using CptsFhirHub.Tests.Bulk;
using CptsFhirHub.Tests.Subscriptions;

namespace CptsFhirHub.Tests.Access;

/// <summary>Only a qualified INS leaves the hub, whichever way a partner asks; the coordination sees all, and who sent it alone reads what it sent.</summary>
public sealed class Ins_on_the_way_out(HubHost hub)
{
    private const string Number = "247038519104254";
    private const string Dac = "Organization/demo-dac";

    private static string Patient(string family, string status, string extra = "") => $$"""
        {"resourceType":"Patient",{{extra}}
         "text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">{{Number}}</div>"},
         "extension":[{"url":"https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-identity-reliability","extension":[
            {"url":"identityStatus","valueCoding":{"system":"https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-identity-status","code":"{{status}}"} }]}],
         "identifier":[
           {"use":"official","type":{"coding":[{"system":"https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0203","code":"INS-NIR"}]},
            "system":"urn:oid:1.2.250.1.213.1.4.8","value":"{{Number}}"},
           {"use":"usual","system":"urn:oid:1.2.3","value":"K-{{family}}"}],
         "name":[{"use":"official","family":"{{family}}","given":["Odette"]}],"gender":"female","birthDate":"1947-03-09"}
        """;

    private static string Family() => "INS" + string.Concat(Guid.NewGuid().ToByteArray().Take(8).Select(b => (char)('A' + b % 26)));

    [Theory]
    [InlineData("PROV", false)]
    [InlineData("VALI", false)]
    [InlineData("RECUP", false)]
    [InlineData("QUAL", true)]
    public async Task A_partner_is_shown_the_number_of_a_qualified_identity_alone(string status, bool isShown)
    {
        using var team = await hub.ClientAsync("demo-cpts");
        using var dac = await hub.ClientAsync("demo-dac");
        var family = Family();
        var id = await team.CreateAsync("Patient", Patient(family, status));
        var task = await team.CreateAsync("Task", SubscriptionCalls.Task(Dac, patient: $"Patient/{id}"));

        var whole = await team.GetFhirAsync($"Patient/{id}");
        Assert.Contains(Number, whole.Text, StringComparison.Ordinal);
        var read = await dac.GetFhirAsync($"Patient/{id}");
        Assert.Equal(whole.ETag, read.ETag);
        Assert.Equal(isShown, whole.Text == read.Text);
        var batch = $$"""{"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"GET","url":"Patient/{{id}}"} },{"request":{"method":"GET","url":"Patient?_id={{id}}"} }]}""";
        var match = $$"""{"resourceType":"Parameters","parameter":[{"name":"count","valueInteger":1},{"name":"resource","resource":{"resourceType":"Patient","name":[{"use":"official","family":"{{family}}","given":["Odette"]}],"birthDate":"1947-03-09","gender":"female"} }]}""";
        Reply[] answers =
        [
            read, await dac.GetFhirAsync($"Patient/{id}?_format=xml"), await dac.GetFhirAsync($"Patient/{id}?_elements=identifier,name"),
            await dac.GetFhirAsync($"Patient?_id={id}"), await dac.GetFhirAsync($"Task?_id={task}&_include=Task:patient"),
            await dac.GetFhirAsync($"Patient/{id}/_history"), await dac.GetFhirAsync($"Patient/{id}/_history/1"),
            await dac.GetFhirAsync($"Patient/{id}/$everything"), await dac.PostFhirAsync("", batch),
            await dac.PostFhirAsync("", batch.Replace("\"batch\"", "\"transaction\"", StringComparison.Ordinal)), await dac.PostFhirAsync("Patient/$match", match),
        ];
        Assert.All(answers, answer =>
        {
            Assert.True(answer.Status == 200, answer.Text);
            Assert.Contains("K-" + family, answer.Text, StringComparison.Ordinal);
            Assert.Equal(isShown, answer.Text.Contains(Number, StringComparison.Ordinal));
            Assert.Equal(isShown, answer.Text.Contains("213.1.4.8", StringComparison.Ordinal));
        });
        Assert.Equal(!isShown, read.Text.Contains("SUBSETTED", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Notifications_and_exports_leave_it_out_too()
    {
        await using var own = await SubscriptionCalls.HubAsync();
        await using var peer = await StubPeer.StartAsync();
        using var team = await own.ClientAsync("demo-cpts");
        using var dac = await own.ClientAsync("demo-dac");
        var family = Family();
        var id = await team.CreateAsync("Patient", Patient(family, "PROV"));
        await team.CreateAsync("Task", SubscriptionCalls.Task(Dac, patient: $"Patient/{id}"));
        await dac.SubscribeAsync(SubscriptionCalls.OfSearch(peer.Url, $"Patient?identifier=K-{family}", "application/fhir+json"));
        var changed = Patient(family, "PROV", $"\"id\":\"{id}\",\"active\":true,");
        Assert.Equal(200, (await team.PutFhirAsync($"Patient/{id}", changed)).Status);
        var told = (await peer.WaitAsync(1, call => call.Text.Contains(family, StringComparison.Ordinal)))[0];
        Assert.DoesNotContain(Number, told.Text, StringComparison.Ordinal);

        foreach (var (client, isShown) in new[] { (dac, false), (team, true) })
        {
            var exported = (await client.ReadAsync(await client.ExportAsync("Patient/$export?_type=Patient"))).Single(one => one.Text("id") == id);
            Assert.Equal(isShown, System.Text.Encoding.UTF8.GetString(Fhir.Model.FhirJson.Write(exported)).Contains(Number, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Who_sent_it_reads_it_back_and_nobody_else()
    {
        using var hospital = await hub.ClientAsync("demo-hospital");
        using var dac = await hub.ClientAsync("demo-dac");
        using var team = await hub.ClientAsync("demo-cpts");
        var created = await hospital.PostFhirAsync("Patient", Patient(Family(), "PROV"));
        Assert.Contains(Number, created.Text, StringComparison.Ordinal);
        var id = created.Resource.Text("id");
        Assert.Contains(Number, (await hospital.GetFhirAsync($"Patient/{id}")).Text, StringComparison.Ordinal);
        await team.CreateAsync("Task", SubscriptionCalls.Task(Dac, patient: $"Patient/{id}"));
        Assert.DoesNotContain(Number, (await dac.GetFhirAsync($"Patient/{id}")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_partner_was_not_shown_it_does_not_erase()
    {
        using var team = await hub.ClientAsync("demo-cpts");
        using var dac = await hub.ClientAsync("demo-dac");
        var id = await team.CreateAsync("Patient", Patient(Family(), "PROV"));
        var whole = SubscriptionCalls.Task(Dac, patient: $"Patient/{id}").Replace(
            $"\"Patient/{id}\"", $$"""
            "Patient/{{id}}","identifier":{"system":"urn:oid:1.2.250.1.213.1.4.8","value":"{{Number}}"}
            """, StringComparison.Ordinal);
        var task = await team.CreateAsync("Task", whole);
        Assert.Equal(403, (await dac.PutFhirAsync($"Patient/{id}", (await dac.GetFhirAsync($"Patient/{id}")).Text)).Status);

        var read = await dac.GetFhirAsync($"Task/{task}");
        Assert.DoesNotContain(Number, read.Text, StringComparison.Ordinal);
        var changed = read.Text.Replace("\"requested\"", "\"received\"", StringComparison.Ordinal);
        var written = await dac.PutFhirAsync($"Task/{task}", changed, ("If-Match", read.ETag));
        Assert.True(written.Status == 200, written.Text);
        Assert.DoesNotContain(Number, written.Text, StringComparison.Ordinal);
        var kept = await team.GetFhirAsync($"Task/{task}");
        Assert.Equal((Number, "received"), (kept.Resource.At("for", "identifier", "value")!.Value, kept.Resource.Text("status")));
        Assert.DoesNotContain("SUBSETTED", kept.Text, StringComparison.Ordinal);

        var patch = """[{"op":"replace","path":"/status","value":"accepted"}]""";
        var patched = await dac.SendAsync(HttpMethod.Patch, $"/fhir/Task/{task}", patch, "application/json-patch+json", ("If-Match", written.ETag));
        Assert.True(patched.Status == 200, patched.Text);
        Assert.Equal(Number, (await team.GetFhirAsync($"Task/{task}")).Resource.At("for", "identifier", "value")!.Value);
    }
}
