using System.Globalization;
using System.Text.Json;
using CptsFhirHub.Server;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Server.Demo;
using CptsFhirHub.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace CptsFhirHub.Tests.Access;

/// <summary>
/// Every demo client, every type, every way of searching: of a patient outside the right, planted with a name and a number that stand
/// nowhere else, neither these nor the id nor a count ever shows.
/// </summary>
public sealed class Matrix_of_searches(Matrix_of_searches.Planted planted) : IClassFixture<Matrix_of_searches.Planted>
{
    private const string Name = "Zorglubienne";
    private const string Number = "299998800012345";

    /// <summary>All types; on PostgreSQL, where the gate is the same SQL, those of which something is planted and a few others.</summary>
    private IEnumerable<string> Types => (StorePlace.Provider == StoreOptions.Sqlite
        ? ServedTypes.All
        : planted.Resources.Select(one => one.Type).Concat(["Appointment", "Organization", "Practitioner", "Provenance", "Schedule", "Slot"])).Order(StringComparer.Ordinal);

    /// <summary>Everybody but the team; on PostgreSQL one of each kind of right.</summary>
    public static TheoryData<string> Partners => StorePlace.Provider == StoreOptions.Sqlite
        ? [.. DemoAccounts.Clients.Where(client => client.FullPolicy.Sender is not null).Select(client => client.Id), Planted.OtherTenantClient]
        : ["demo-dac", "demo-guichet", "demo-sas", Planted.OtherTenantClient];

    [Theory]
    [MemberData(nameof(Partners))]
    public async Task The_outside_patient_shows_in_no_search(string account)
    {
        using var client = await planted.Hub.ClientAsync(account);
        var wrong = new List<string>();
        foreach (var type in Types)
        {
            var allowed = (await client.GetFhirAsync($"{type}?_count=1")).Status == 200;
            foreach (var way in Ways(type))
            {
                // A type that is forbidden at all is asked once more, in a way that would touch data.
                await CheckAsync(client, way, wrong, byPost: account == "demo-dac");
                if (!allowed)
                    break;
            }

            await CheckAsync(client, $"?_type={type}&_count=1000", wrong, byPost: false);
            await CheckAsync(client, $"Patient/{planted.Outside}/{type}", wrong, byPost: false);
        }

        foreach (var way in (string[])["?_count=1000", $"Patient/{planted.Outside}/*", "_history?_count=1000", $"?_filter=_id eq {planted.Outside}"])
            await CheckAsync(client, way, wrong, byPost: true);
        Assert.Empty(wrong);
    }

    [Theory]
    [MemberData(nameof(Partners))]
    public async Task No_count_changes_when_the_outside_patient_comes(string account)
    {
        using var client = await planted.Hub.ClientAsync(account);
        foreach (var (type, before) in planted.CountsBefore[account])
            Assert.Equal((type, before), (type, await Planted.CountAsync(client, type)));
    }

    [Theory]
    [MemberData(nameof(Partners))]
    public async Task The_outside_patient_is_missing_in_the_very_words_of_one_that_never_was(string account)
    {
        using var client = await planted.Hub.ClientAsync(account);
        foreach (var (type, id) in planted.Resources)
        {
            var never = new string('0', id.Length);
            foreach (var suffix in (string[])["", "/_history", "/_history/1"])
            {
                var hidden = await client.GetFhirAsync($"{type}/{id}{suffix}");
                var missing = await client.GetFhirAsync($"{type}/{never}{suffix}");
                Assert.Equal((missing.Status, missing.Text), (hidden.Status, hidden.Text.Replace(id, never, StringComparison.Ordinal)));
                Assert.NotEqual(200, hidden.Status);
            }
        }
    }

    [Fact]
    public async Task The_team_finds_the_outside_patient_in_all_these_ways()
    {
        // Otherwise the tests above would find nothing because there is nothing.
        using var team = await planted.Hub.ClientAsync("demo-cpts");
        foreach (var way in (string[])
            [
                "Patient?_count=1000", $"Flag?patient.family={Name}", $"Task?patient.identifier={Number}", $"Patient?_has:Flag:patient:_id={planted.Of("Flag")}",
                $"Patient/{planted.Outside}/*", "Task?_count=1000&_include=Task:patient", $"Patient?family={Name}&_revinclude=*",
                $"Patient?_list={planted.Of("List")}", $"Patient?_filter=family sw \"{Name}\"",
            ])
            Assert.Contains(planted.Outside, Shown(await team.GetFhirAsync(way)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("demo-sas", "Slot?schedule.actor:Patient.family=x")]
    [InlineData("demo-guichet", "Organization?_has:Task:owner:patient.family=x")]
    [InlineData("demo-booking", "Slot?_list=x")]
    [InlineData("demo-dac", "Patient?_list=x")]
    [InlineData("demo-dac", "Patient?_filter=_id eq x or link:RelatedPerson._has:Provenance:target:_id eq x")]
    [InlineData("demo-booking", "Organization?_revinclude=Task:owner")]
    [InlineData("demo-guichet", "?_type=Organization,Patient")]
    [InlineData("demo-prado", "Patient")]
    public async Task A_query_that_touches_a_forbidden_type_is_refused_before_it_runs(string account, string way)
    {
        using var client = await planted.Hub.ClientAsync(account);
        var reply = await client.GetFhirAsync(way);
        Assert.Equal((403, "forbidden"), (reply.Status, reply.IssueCode));
    }

    [Fact]
    public async Task What_a_partner_finds_is_what_the_team_finds_of_what_the_partner_may_read()
    {
        using var team = await planted.Hub.ClientAsync("demo-cpts");
        using var dac = await planted.Hub.ClientAsync("demo-dac");
        var readable = new Dictionary<string, bool>(StringComparer.Ordinal);
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        for (var round = 0; round < 150; round++)
        {
            var (query, hasChain) = RandomQuery(random);
            var all = await team.GetFhirAsync(query);
            var own = await dac.GetFhirAsync(query);
            Assert.True((200, 200) == (all.Status, own.Status), $"seed {seed}: {query}: {all.Status}, {own.Status}");
            var type = query[..query.IndexOf('?', StringComparison.Ordinal)];
            var expected = new List<string>();
            foreach (var id in all.Ids())
            {
                if (!readable.TryGetValue($"{type}/{id}", out var mayRead))
                    readable[$"{type}/{id}"] = mayRead = (await dac.GetFhirAsync($"{type}/{id}")).Status == 200;
                if (mayRead)
                    expected.Add(id);
            }

            // What a chain passes must be visible as well: it may find less than the rows that can be read.
            if (hasChain)
                Assert.True(own.Ids().All(expected.Contains), $"seed {seed}: {query}");
            else
                Assert.True(expected.SequenceEqual(own.Ids()), $"seed {seed}: {query}: {expected.Count} expected, {own.Ids().Count} found");
        }
    }

    private static (string Query, bool HasChain) RandomQuery(Random random)
    {
        string[] types = ["Task", "Patient", "ServiceRequest", "Flag", "Condition"];
        var type = types[random.Next(types.Length)];
        (string Text, bool IsChain)[] some = type switch
        {
            "Task" => [("status=requested", false), ("owner=Organization/demo-dac", false), ("owner:missing=false", false), ("status:not=requested", false),
                ("patient.gender=female", true), ("_lastUpdated=ge2020-01-01", false), ("_filter=status eq requested or owner re Organization/demo-dac", false)],
            "Patient" => [("gender=female", false), ("birthdate=lt1960", false), ("birthdate=ge1930&birthdate=lt1980", false), ("family:contains=a", false),
                ("_has:Task:patient:status=requested", true), ("_filter=not (gender eq male)", false), ("gender:missing=true", false)],
            "ServiceRequest" => [("status=active", false), ("subject:Patient.gender=female", true), ("_sort=_lastUpdated", false)],
            _ => [("_lastUpdated=ge2020-01-01", false), ("patient.family:contains=a", true), ("_id:not=x", false), ("_sort=-_lastUpdated", false)],
        };
        var chosen = some.Where(_ => random.Next(3) == 0).ToList();
        return ($"{type}?{string.Join('&', chosen.Select(one => one.Text).Append("_count=1000"))}", chosen.Exists(one => one.IsChain));
    }

    private IEnumerable<string> Ways(string type)
    {
        yield return $"{type}?_count=1000&_include=*&_revinclude=*&_total=accurate";
        yield return $"{type}?_count=1000&_include:iterate=*";
        yield return $"{type}?_count=1000&_revinclude:iterate=*";
        yield return $"{type}?_sort=-_lastUpdated&_count=1000";
        yield return $"{type}?_text={Name}";
        yield return $"{type}?_list={planted.Of("List")}";
        yield return $"{type}?_id={planted.Outside}{string.Concat(planted.Resources.Select(one => "," + one.Id))}";
        yield return $"{type}?_tag=urn:planted|outside";
        yield return $"{type}/_history?_count=1000";
        yield return $"{type}?_has:Task:patient:patient.family={Name}";
        yield return $"{type}?_has:Flag:patient:_tag=urn:planted|outside";
        if (type == "Patient")
        {
            yield return $"Patient?family={Name}&_summary=count";
            yield return $"Patient?identifier={Number}&_total=accurate";
            yield return $"Patient?_filter=family eq \"{Name}\" or identifier eq {Number}";
            yield return "Patient?_sort=family&_count=1000";
        }

        if (!ServedTypes.PatientParameter.TryGetValue(type, out var patient))
            yield break;
        yield return $"{type}?{patient}=Patient/{planted.Outside}&_total=accurate";
        yield return $"{type}?{patient}.family={Name}&_summary=count";
        yield return $"{type}?{patient}.identifier={Number}&_include={type}:{patient}";
        yield return $"{type}?{patient}._has:Flag:patient:_tag=urn:planted|outside";
        yield return $"{type}?_filter={patient}.family sw \"{Name}\"";
        yield return $"{type}?_sort={patient}&_count=1000";
    }

    private async Task CheckAsync(HttpClient client, string way, List<string> wrong, bool byPost)
    {
        var reply = await client.GetFhirAsync(way);
        var namesIt = way.Contains(planted.Outside, StringComparison.Ordinal) || way.Contains(Name, StringComparison.Ordinal)
            || way.Contains(Number, StringComparison.Ordinal) || way.Contains("planted", StringComparison.Ordinal);
        if (reply.Status is not (200 or 400 or 403 or 404))
            wrong.Add($"{way}: {reply.Status}");
        if (reply.Status == 200 && namesIt && Total(reply) is { } total && total != 0)
            wrong.Add($"{way}: a total of {total}");
        Look(way, reply, wrong);

        // The same by POST, with the words of the query in the form alone. How they come has nothing to do with who asks: one partner tells it.
        if (byPost && way.IndexOf('?', StringComparison.Ordinal) is var question and >= 0 && !way.Contains("_history", StringComparison.Ordinal))
        {
            var path = way[..question];
            var posted = await client.SendAsync(
                HttpMethod.Post, $"/fhir/{path}{(path.Length > 0 ? "/" : "")}_search", way[(question + 1)..], "application/x-www-form-urlencoded");
            if (posted.Status != reply.Status || Shown(posted) != Shown(reply))
                wrong.Add($"{way}: another answer by POST");
        }
    }

    private void Look(string way, Reply reply, List<string> wrong)
    {
        var shown = Shown(reply);
        foreach (var secret in (string[])[Name, Number, .. planted.Resources.Select(one => one.Id)])
            if (shown.Contains(secret, StringComparison.OrdinalIgnoreCase))
                wrong.Add($"{way}: {secret} shows");
    }

    private static int? Total(Reply reply) => reply.Resource.Text("total") is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;

    /// <summary>What is shown but for the links, which repeat the question.</summary>
    private static string Shown(Reply reply)
    {
        using var json = JsonDocument.Parse(reply.Bytes);
        return json.RootElement.TryGetProperty("entry", out var entries) ? entries.GetRawText()
            : json.RootElement.TryGetProperty("issue", out var issues) ? issues.GetRawText()
            : "";
    }

    public sealed class Planted : IAsyncLifetime
    {
        public const string OtherTenantClient = "other-tenant";

        internal HubHost Hub { get; private set; } = null!;

        public string Outside { get; private set; } = "";

        internal List<(string Type, string Id)> Resources { get; } = [];

        internal Dictionary<string, List<(string Type, int Count)>> CountsBefore { get; } = new(StringComparer.Ordinal);

        public string Of(string type) => Resources.Find(one => one.Type == type).Id;

        internal static async Task<int> CountAsync(HttpClient client, string type)
        {
            var reply = await client.GetFhirAsync($"{type}?_summary=count");
            return reply.Status == 200 ? Total(reply)!.Value : -1;
        }

        public async ValueTask InitializeAsync()
        {
            Hub = await HubHost.StartAsync(
                ("Hub:Clients:0:Id", OtherTenantClient), ("Hub:Clients:0:Secret", OtherTenantClient), ("Hub:Clients:0:Role", "coordination"),
                ("Hub:Clients:0:Tenant", "demo-cpts-2"));
            // Its messages walk in after the start, and count.
            await Hub.Services.GetServices<IHostedService>().OfType<DemoTerritory>().Single().ExecuteTask!;
            using var team = await Hub.ClientAsync("demo-cpts");
            using var dac = await Hub.ClientAsync("demo-dac");

            // Something inside the right of the DAC, so that there is a result to hide things from.
            var inside = await team.CreateAsync("Patient", """{"resourceType":"Patient","gender":"female","birthDate":"1951-02-03","name":[{"family":"Dedans"}]}""");
            await team.CreateAsync("Task", TaskOf(inside, "Organization/demo-dac"));
            await dac.CreateAsync("Patient", """{"resourceType":"Patient","gender":"male","birthDate":"1941-02-03","name":[{"family":"Envoye"}]}""");
            foreach (var account in DemoAccounts.Clients.Where(client => client.FullPolicy.Sender is not null).Select(client => client.Id).Append(OtherTenantClient))
            {
                using var client = await Hub.ClientAsync(account);
                var counts = CountsBefore[account] = [];
                foreach (var type in ServedTypes.All.Order(StringComparer.Ordinal))
                    counts.Add((type, await CountAsync(client, type)));
            }

            await PlantAsync(team);
        }

        public ValueTask DisposeAsync() => Hub.DisposeAsync();

        private async Task PlantAsync(HttpClient team)
        {
            Outside = await AddAsync("Patient", $$"""
                "gender":"female","birthDate":"1950-01-01","name":[{"family":"{{Name}}"}],"identifier":[{"system":"urn:oid:1.2.250.1.213.1.4.8","value":"{{Number}}"}],
                "text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">{{Name}}</div>"}
                """);
            var subject = $$"""{"reference":"Patient/{{Outside}}","display":"{{Name}}"}""";
            await AddAsync("Flag", $$""" "status":"active","code":{"text":"{{Name}}"},"subject":{{subject}} """);
            await AddAsync("Condition", $$""" "code":{"text":"{{Name}}"},"subject":{{subject}} """);
            await AddAsync("Observation", $$""" "status":"final","code":{"text":"{{Name}}"},"subject":{{subject}} """);
            await AddAsync("Encounter", $$"""
                "status":"finished","class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"IMP"},"subject":{{subject}}
                """);
            await AddAsync("ServiceRequest", $$""" "status":"active","intent":"order","subject":{{subject}} """);
            await AddAsync("RelatedPerson", $$""" "patient":{{subject}},"name":[{"family":"{{Name}}"}] """);
            await AddAsync("Communication", $$""" "status":"completed","subject":{{subject}} """);
            await AddAsync("List", $$""" "status":"current","mode":"working","subject":{{subject}},"entry":[{"item":{{subject}}}] """);
            await AddAsync("Basic", $$""" "code":{"text":"x"},"subject":{{subject}} """);
            await AddAsync("Task", $$"""
                "status":"requested","intent":"order","for":{{subject}},"owner":{"reference":"Organization/demo-cpts"},"description":"{{Name}}"
                """);
            return;

            async Task<string> AddAsync(string type, string members)
            {
                var id = await team.CreateAsync(type, $$"""
                    {"resourceType":"{{type}}","meta":{"tag":[{"system":"urn:planted","code":"outside"}]},{{members}}}
                    """);
                Resources.Add((type, id));
                return id;
            }
        }

        private static string TaskOf(string patient, string owner) => $$"""
            {"resourceType":"Task","status":"requested","intent":"order","for":{"reference":"Patient/{{patient}}"},"owner":{"reference":"{{owner}}"} }
            """;
    }
}
