using System.Text;
using CptsFhirHub.Server.Flows;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace CptsFhirHub.Tests.Rest;

/// <summary>The operations of the FHIR interface, by GET and POST, on types and instances.</summary>
public sealed class Operations(HubHost hub) : IAsyncLifetime
{
    private const string Root = "https://cpts-fhir-hub.example/fhir";

    public async ValueTask InitializeAsync() =>
        await hub.Services.GetServices<IHostedService>().OfType<PublishDefinitions>().Single().ExecuteTask!;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static string Parameters(params string[] parameters) =>
        parameters.Length == 0 ? """{"resourceType":"Parameters"}""" : $$"""{"resourceType":"Parameters","parameter":[{{string.Join(',', parameters)}}]}""";

    private static string? Value(Reply reply, string name) => reply.Resource.All("parameter").ToArray()
        .FirstOrDefault(parameter => parameter.Text("name") == name)?.Children.ToArray().FirstOrDefault(child => child.Name.StartsWith("value", StringComparison.Ordinal))?.Value;

    private static bool HasError(Reply reply) => reply.Text.Contains("\"error\"", StringComparison.Ordinal);

    [Fact]
    public async Task Each_operation_told_has_its_definition_here_and_it_meets_R4()
    {
        using var client = await hub.ClientAsync("demo-hospital");
        var rest = (await client.GetFhirAsync("metadata")).Resource.Child("rest")!;
        var told = rest.All("operation").ToArray().Concat(rest.All("resource").ToArray().SelectMany(resource => resource.All("operation").ToArray()))
            .Select(operation => (Name: operation.Text("name")!, Url: operation.Text("definition")!)).Distinct().ToList();
        Assert.True(told.Count > 8);
        foreach (var (name, url) in told)
        {
            var found = await client.GetFhirAsync($"OperationDefinition?url={url}");
            Assert.True(found.Ids().Count == 1, url);
            var definition = found.Resource.At("entry", "resource")!;
            Assert.Equal((name, "active"), (definition.Text("code"), definition.Text("status")));
            Assert.False(HasError(await client.GetFhirAsync($"OperationDefinition/{definition.Text("id")}/$validate")), url);
        }
    }

    [Fact]
    public async Task Validate_takes_every_type_of_R4_and_keeps_to_what_is_served_for_a_write()
    {
        using var client = await hub.ClientAsync("demo-hospital");
        const string sound = """{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f0a","resource":{"resourceType":"Patient","gender":"female"}}]}""";
        var faulty = sound.Replace("female", "femme", StringComparison.Ordinal);
        foreach (var (body, isFaulty) in ((string, bool)[])[(sound, false), (faulty, true), (Parameters($$"""{"name":"resource","resource":{{faulty}} }"""), true)])
        {
            var reply = await client.PostFhirAsync("Bundle/$validate", body);
            Assert.Equal((200, isFaulty), (reply.Status, HasError(reply)));
            if (isFaulty)
                Assert.Contains("Bundle.entry[0].resource", reply.Text, StringComparison.Ordinal);
        }

        Assert.True(HasError(await client.PostFhirAsync("Bundle/$validate?mode=create", sound)));
        Assert.Equal(400, (await client.PostFhirAsync("Bundle/$validate", """{"resourceType":"Patient"}""")).Status);
        Assert.Equal(404, (await client.PostFhirAsync("Unheard/$validate", sound)).Status);
        Assert.Equal(404, (await client.GetFhirAsync("Bundle/x/$validate")).Status);
        Assert.Equal(404, (await client.PostFhirAsync("Bundle", sound)).Status);
    }

    [Theory]
    [InlineData("", false)]
    [InlineData(""","gender":"X" """, true)]
    [InlineData(""","nonsense":1""", true)]
    [InlineData(""","name":[]""", true)]
    public async Task Validate_tells_faults_with_200(string more, bool isFaulty)
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var patient = $$"""{"resourceType":"Patient"{{more}}}""";
        foreach (var body in (string[])[patient, Parameters($$"""{"name":"resource","resource":{{patient}} }""")])
        {
            var reply = await client.PostFhirAsync("Patient/$validate", body);
            Assert.Equal((200, "OperationOutcome", isFaulty), (reply.Status, reply.Resource.ResourceType, HasError(reply)));
        }
    }

    [Fact]
    public async Task Validate_looks_at_a_profile_and_at_the_write_itself()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var unknown = await client.PostFhirAsync("Patient/$validate?profile=http://example.org/none", """{"resourceType":"Patient"}""");
        Assert.True(HasError(unknown));
        var slot = """{"resourceType":"Slot","identifier":[{"value":"1"}],"schedule":{"display":"x"},"status":"free","start":"2026-12-01T09:00:00Z","end":"2026-12-01T09:15:00Z"}""";
        Assert.False(HasError(await client.PostFhirAsync("Slot/$validate", slot)));
        Assert.True(HasError(await client.PostFhirAsync($"Slot/$validate?profile={Root}/StructureDefinition/hub-slot", slot)));

        var id = await client.CreateAsync("Patient", """{"resourceType":"Patient"}""");
        Assert.False(HasError(await client.GetFhirAsync($"Patient/{id}/$validate")));
        Assert.False(HasError(await client.GetFhirAsync($"Patient/{id}/$validate?mode=delete")));
        Assert.True(HasError(await client.PostFhirAsync("Patient/$validate?mode=update", """{"resourceType":"Patient"}""")));
        Assert.False(HasError(await client.PostFhirAsync($"Patient/{id}/$validate?mode=update", $$"""{"resourceType":"Patient","id":"{{id}}"}""")));
        Assert.Equal(400, (await client.PostFhirAsync("Patient/$validate?mode=sing", """{"resourceType":"Patient"}""")).Status);
        Assert.Equal(400, (await client.GetFhirAsync("Patient/$validate")).Status);
        Assert.Equal(404, (await client.GetFhirAsync("Patient/none/$validate")).Status);
        using var dac = await hub.ClientAsync("demo-dac");
        Assert.True(HasError(await dac.PostFhirAsync("Flag/$validate?mode=update", """{"resourceType":"Flag","id":"x","status":"active","code":{"text":"x"},"subject":{"display":"x"}}""")));
    }

    [Fact]
    public async Task A_profile_that_a_client_has_put_here_is_known()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var url = $"http://example.org/StructureDefinition/{Guid.NewGuid():N}";
        await client.CreateAsync("StructureDefinition", $$"""
            {"resourceType":"StructureDefinition","url":"{{url}}","name":"Named","status":"active","fhirVersion":"4.0.1","kind":"resource","abstract":false,
             "type":"Patient","baseDefinition":"http://hl7.org/fhir/StructureDefinition/Patient","derivation":"constraint",
             "differential":{"element":[{"id":"Patient.name","path":"Patient.name","min":1}]} }
            """);
        var with = $$"""{"resourceType":"Patient","meta":{"profile":["{{url}}"]},"name":[{"family":"Durand"}]}""";
        Assert.False(HasError(await client.PostFhirAsync("Patient/$validate", with)));
        Assert.True(HasError(await client.PostFhirAsync("Patient/$validate", with.Replace(",\"name\":[{\"family\":\"Durand\"}]", "", StringComparison.Ordinal))));
    }

    [Fact]
    public async Task Everything_is_the_patients_record_page_by_page_and_nobody_elses()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var gp = await client.CreateAsync("Practitioner", """{"resourceType":"Practitioner","name":[{"family":"Soin"}]}""");
        var id = await client.CreateAsync("Patient", $$"""{"resourceType":"Patient","generalPractitioner":[{"reference":"Practitioner/{{gp}}"}]}""");
        var other = await client.CreateAsync("Patient", """{"resourceType":"Patient"}""");
        async Task<string> FlagAsync(string patient) => "Flag/" + await client.CreateAsync("Flag", $$"""
            {"resourceType":"Flag","status":"active","code":{"text":"isolé"},"subject":{"reference":"Patient/{{patient}}"} }
            """);
        List<string> expected = [$"Patient/{id}", await FlagAsync(id), await FlagAsync(id), await FlagAsync(id)];
        var foreign = await FlagAsync(other);
        expected.Add("Encounter/" + await client.CreateAsync("Encounter", $$"""
            {"resourceType":"Encounter","status":"finished","class":{"code":"IMP"},"subject":{"reference":"Patient/{{id}}"},"period":{"start":"2026-01-10","end":"2026-01-12"} }
            """));

        var whole = await client.GetFhirAsync($"Patient/{id}/$everything");
        Assert.Equal(200, whole.Status);
        Assert.Equal(expected.Order(StringComparer.Ordinal), References(whole, "match").Order(StringComparer.Ordinal));
        Assert.Contains($"Practitioner/{gp}", References(whole, "include"));
        Assert.Equal("5", whole.Resource.Text("total"));

        var paged = new List<string>();
        var link = $"{hub.Address}fhir/Patient/{id}/$everything?_count=2";
        for (var pages = 0; link is not null; pages++)
        {
            Assert.True(pages < 10);
            var page = await client.SendAsync(HttpMethod.Get, link);
            Assert.True(References(page, "match").Count <= 2);
            paged.AddRange(References(page, "match"));
            link = Searches_over_HTTP.Link(page.Resource, "next");
        }

        Assert.Equal(expected.Order(StringComparer.Ordinal), paged.Order(StringComparer.Ordinal));
        Assert.Equal(3, References(await client.GetFhirAsync($"Patient/{id}/$everything?_type=Flag"), "match").Count);
        Assert.DoesNotContain(References(await client.GetFhirAsync($"Patient/{id}/$everything?start=2026-02-01"), "match"), reference => reference.StartsWith("Encounter", StringComparison.Ordinal));
        Assert.Equal(5, References(await client.GetFhirAsync($"Patient/{id}/$everything?start=2026-01-01&end=2026-01-31"), "match").Count);
        Assert.Empty(References(await client.GetFhirAsync($"Patient/{id}/$everything?_since=2099-01-01T00:00:00Z"), "match"));
        var posted = await client.PostFhirAsync($"Patient/{id}/$everything", Parameters("""{"name":"_type","valueCode":"Flag"}"""));
        Assert.Equal(3, References(posted, "match").Count);
        Assert.Contains(foreign, References(await client.GetFhirAsync("Patient/$everything?_type=Flag&_count=1000"), "match"));
        Assert.Equal(404, (await client.GetFhirAsync("Patient/none/$everything")).Status);
        Assert.Equal(400, (await client.GetFhirAsync($"Patient/{id}/$everything?_type=Nothing")).Status);
        Assert.Equal(400, (await client.GetFhirAsync($"Patient/{id}/$everything?start=soon")).Status);
        Assert.Equal(400, (await client.GetFhirAsync($"Patient/{id}/$everything?nonsense=1")).Status);
    }

    [Fact]
    public async Task Everything_stops_at_the_callers_right()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var id = await client.CreateAsync("Patient", """{"resourceType":"Patient"}""");
        using var hospital = await hub.ClientAsync("demo-hospital");
        Assert.Equal(404, (await hospital.GetFhirAsync($"Patient/{id}/$everything")).Status);
        var all = await hospital.GetFhirAsync("Patient/$everything?_count=1000");
        Assert.Equal(200, all.Status);
        Assert.DoesNotContain(id, all.Text, StringComparison.Ordinal);
        using var sas = await hub.ClientAsync("demo-sas");
        Assert.Equal(403, (await sas.GetFhirAsync("Patient/$everything")).Status);
    }

    [Fact]
    public async Task Codes_are_expanded_and_checked_by_url_by_id_and_in_place()
    {
        using var client = await hub.ClientAsync("demo-hospital");
        const string url = $"{Root}/ValueSet/etat-parcours";
        var byUrl = await client.GetFhirAsync($"ValueSet/$expand?url={url}&count=3");
        Assert.Equal((200, 3), (byUrl.Status, byUrl.Resource.Child("expansion")!.All("contains").Length));
        var byId = await client.GetFhirAsync("ValueSet/etat-parcours/$expand?filter=qualifier");
        Assert.Contains("a-qualifier", byId.Text, StringComparison.Ordinal);
        var inPlace = await client.PostFhirAsync("ValueSet/$expand", """
            {"resourceType":"ValueSet","status":"active","compose":{"include":[{"system":"http://hl7.org/fhir/administrative-gender","concept":[{"code":"male"}]}]} }
            """);
        Assert.Equal("male", inPlace.Resource.At("expansion", "contains", "code")!.Value);
        Assert.Equal(404, (await client.GetFhirAsync("ValueSet/$expand?url=http://example.org/none")).Status);
        Assert.Equal(404, (await client.GetFhirAsync("ValueSet/none/$expand")).Status);
        Assert.Equal(400, (await client.GetFhirAsync($"ValueSet/$expand?url={url}&count=many")).Status);

        var good = await client.GetFhirAsync($"ValueSet/$validate-code?url={url}&system={Root}/CodeSystem/etat-parcours&code=a-qualifier");
        Assert.Equal((200, "true"), (good.Status, Value(good, "result")));
        var bad = await client.PostFhirAsync("ValueSet/etat-parcours/$validate-code", Parameters($$"""
            {"name":"coding","valueCoding":{"system":"{{Root}}/CodeSystem/etat-parcours","code":"nonsense"} }
            """));
        Assert.Equal("false", Value(bad, "result"));
        Assert.Equal("true", Value(await client.GetFhirAsync($"CodeSystem/$validate-code?url={Root}/CodeSystem/etat-parcours&code=a-qualifier"), "result"));
        Assert.Equal("false", Value(await client.GetFhirAsync("CodeSystem/etat-parcours/$validate-code?code=nonsense"), "result"));
        Assert.Equal(400, (await client.GetFhirAsync("CodeSystem/etat-parcours/$validate-code")).Status);

        var lookUp = await client.GetFhirAsync($"CodeSystem/$lookup?system={Root}/CodeSystem/etat-parcours&code=a-qualifier&property=definition");
        Assert.Equal(200, lookUp.Status);
        Assert.NotNull(Value(lookUp, "display"));
        Assert.Equal(404, (await client.GetFhirAsync($"CodeSystem/$lookup?system={Root}/CodeSystem/etat-parcours&code=nonsense")).Status);
        const string act = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
        var above = await client.GetFhirAsync($"CodeSystem/$subsumes?system={act}&codeA=_ActEncounterCode&codeB=IMP");
        Assert.Equal((200, "subsumes"), (above.Status, Value(above, "outcome")));
        var same = await client.GetFhirAsync("CodeSystem/etat-parcours/$subsumes?codeA=a-qualifier&codeB=a-qualifier");
        Assert.Equal("equivalent", Value(same, "outcome"));
        var translated = await client.GetFhirAsync("ConceptMap/doctolib-sexe/$translate?code=F");
        Assert.Equal((200, "true"), (translated.Status, Value(translated, "result")));
        Assert.Equal("true", Value(await client.GetFhirAsync($"ConceptMap/$translate?url={Root}/ConceptMap/doctolib-sexe&code=F"), "result"));
        Assert.Equal(404, (await client.GetFhirAsync("ConceptMap/$translate?url=http://example.org/none&code=F")).Status);
    }

    [Fact]
    public async Task A_value_set_and_a_code_system_that_a_client_has_put_here_are_known()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var name = Guid.NewGuid().ToString("N");
        string System(string code) => $$"""
            {"resourceType":"CodeSystem","id":"{{name}}","url":"http://example.org/cs/{{name}}","name":"Own","status":"active","content":"complete","concept":[{"code":"{{code}}","display":"Un"}]}
            """;
        await client.PutFhirAsync($"CodeSystem/{name}", System("un"));
        await client.CreateAsync("ValueSet", $$"""
            {"resourceType":"ValueSet","url":"http://example.org/vs/{{name}}","name":"Own","status":"active","compose":{"include":[{"system":"http://example.org/cs/{{name}}"}]} }
            """);
        var expand = $"ValueSet/$expand?url=http://example.org/vs/{name}";
        Assert.Equal("un", (await client.GetFhirAsync(expand)).Resource.At("expansion", "contains", "code")!.Value);
        await client.PutFhirAsync($"CodeSystem/{name}", System("deux"));
        Assert.Equal("deux", (await client.GetFhirAsync(expand)).Resource.At("expansion", "contains", "code")!.Value);
        using var other = await hub.ClientAsync("demo-admin");
        Assert.Equal(404, (await other.GetFhirAsync(expand, ("X-Tenant", "demo-cpts-2"))).Status);
    }

    [Fact]
    public async Task A_stored_map_runs_on_content_that_comes_with_the_call()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        const string signUp = """{"event":"signup.created","eventId":"e-1","lastName":"DURAND","birthDate":"1950-01-01"}""";
        var content = $$"""{"name":"content","resource":{"resourceType":"Binary","contentType":"application/json","data":"{{Convert.ToBase64String(Encoding.UTF8.GetBytes(signUp))}}"} }""";
        var byId = await client.PostFhirAsync("StructureMap/doctolib/$transform", Parameters(content));
        Assert.Equal((200, "Bundle"), (byId.Status, byId.Resource.ResourceType));
        var byUrl = await client.PostFhirAsync("StructureMap/$transform", Parameters($$"""{"name":"source","valueUri":"{{Root}}/StructureMap/doctolib"}""", content));
        Assert.Equal(200, byUrl.Status);

        var url = $"http://example.org/map/{Guid.NewGuid():N}";
        var id = await client.CreateAsync("StructureMap", $$"""
            {"resourceType":"StructureMap","url":"{{url}}","name":"Own","status":"active",
             "structure":[{"url":"http://hl7.org/fhir/StructureDefinition/Patient","mode":"source"},{"url":"http://hl7.org/fhir/StructureDefinition/Basic","mode":"target"}],
             "group":[{"name":"main","typeMode":"none","input":[{"name":"s","type":"Patient","mode":"source"},{"name":"t","type":"Basic","mode":"target"}],
              "rule":[{"name":"born","source":[{"context":"s","element":"birthDate","variable":"d"}],
               "target":[{"context":"t","contextType":"variable","element":"created","transform":"copy","parameter":[{"valueId":"d"}]}]}]}]}
            """);
        const string patient = """{"resourceType":"Patient","birthDate":"1950-01-01"}""";
        var made = await client.PostFhirAsync($"StructureMap/{id}/$transform", patient);
        Assert.Equal((200, "1950-01-01"), (made.Status, made.Resource.Text("created")));
        var traced = await client.PostFhirAsync($"StructureMap/{id}/$transform?debug=true", patient);
        Assert.Equal((200, "Parameters"), (traced.Status, traced.Resource.ResourceType));
        Assert.Contains("rule : born", traced.Text, StringComparison.Ordinal);
        Assert.Equal(404, (await client.PostFhirAsync("StructureMap/none/$transform", patient)).Status);
        Assert.Equal(404, (await client.PostFhirAsync("StructureMap/$transform?source=http://example.org/none", patient)).Status);
        Assert.Equal(400, (await client.PostFhirAsync("StructureMap/$transform", patient)).Status);
        Assert.Equal(400, (await client.PostFhirAsync($"StructureMap/{id}/$transform", Parameters())).Status);
        Assert.Equal(422, (await client.PostFhirAsync($"StructureMap/{id}/$transform", """{"resourceType":"Organization","name":"x"}""")).Status);
    }

    [Fact]
    public async Task Tags_come_and_go_by_themselves()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var id = await client.CreateAsync("Patient", """{"resourceType":"Patient","meta":{"tag":[{"system":"urn:t","code":"a"}]},"active":true}""");
        static string Meta(string code) => Parameters($$"""{"name":"meta","valueMeta":{"tag":[{"system":"urn:t","code":"{{code}}"}]} }""");
        var added = await client.PostFhirAsync($"Patient/{id}/$meta-add", Meta("b"));
        Assert.Equal(200, added.Status);
        Assert.Equal(["a", "b"], Tags(added));
        Assert.Equal(["a", "b"], Tags(await client.PostFhirAsync($"Patient/{id}/$meta-add", Meta("b"))));
        Assert.Equal(["b"], Tags(await client.PostFhirAsync($"Patient/{id}/$meta-delete", Meta("a"))));
        Assert.Equal(["b"], Tags(await client.GetFhirAsync($"Patient/{id}/$meta")));
        Assert.Equal("true", (await client.GetFhirAsync($"Patient/{id}")).Resource.Text("active"));
        Assert.Single((await client.GetFhirAsync($"Patient?_id={id}&_tag=urn:t|b")).Ids());
        Assert.Equal(412, (await client.PostFhirAsync($"Patient/{id}/$meta-add", Meta("c"), ("If-Match", "W/\"1\""))).Status);
        Assert.Equal(404, (await client.PostFhirAsync("Patient/none/$meta-add", Meta("c"))).Status);
        Assert.Equal(400, (await client.PostFhirAsync($"Patient/{id}/$meta-add", Parameters())).Status);
        Assert.Equal(405, (await client.GetFhirAsync($"Patient/{id}/$meta-add")).Status);

        static IEnumerable<string> Tags(Reply reply) =>
            reply.Resource.At("parameter", "valueMeta")!.All("tag").ToArray().Select(tag => tag.Text("code")!).Order(StringComparer.Ordinal);
    }

    private static List<string> References(Reply reply, string mode) => [.. reply.Resource.All("entry").ToArray()
        .Where(entry => entry.At("search", "mode")?.Value == mode)
        .Select(entry => $"{entry.Child("resource")!.ResourceType}/{entry.At("resource", "id")!.Value}")];
}
