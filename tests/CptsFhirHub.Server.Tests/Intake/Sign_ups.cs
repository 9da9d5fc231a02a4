using System.Globalization;
using System.Text;
using CptsFhirHub.Server.Intake;

namespace CptsFhirHub.Tests.Intake;

/// <summary>A signalement from its door to its resources.</summary>
public sealed class Sign_ups(HubHost host)
{
    [Fact]
    public async Task A_sign_up_becomes_a_patient_a_request_and_a_file()
    {
        using var booking = await host.ClientAsync("demo-booking");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();

        var (status, answer) = await booking.PostMessageAsync("doctolib", Messages.SignUp(who), Messages.Json);

        Assert.True(status == 201, $"{status} {answer}");
        Assert.Equal("processed", answer.Text("state"));
        Assert.Matches("^[0-9A-Z]{5}-[0-9A-Z]{5}$", answer.Text("tracking"));
        var patient = await team.GetJsonAsync($"/fhir/{answer.Text("patient")}");
        Assert.Equal(who.Born, patient.Text("birthDate"));
        var request = await team.GetJsonAsync($"/fhir/{answer.Text("signalement")}");
        Assert.Equal("active", request.Text("status"));
        Assert.Equal("urgent", request.Text("priority"));
        var files = (await team.GetJsonAsync($"/fhir/Task?focus={answer.Text("signalement")}&code=parcours-medecin-traitant")).Matches();
        Assert.Single(files);
        Assert.Equal("a-qualifier", files[0].GetProperty("businessStatus").GetProperty("coding")[0].Text("code"));
        var risk = (await team.GetJsonAsync($"/fhir/RiskAssessment?patient={answer.Text("patient")}")).Matches();
        Assert.Contains("plus de 70 ans", Assert.Single(risk).ToString(), StringComparison.Ordinal);
        var provenance = (await team.GetJsonAsync($"/fhir/Provenance?target={answer.Text("patient")}")).Matches();
        Assert.Contains(answer.Text("messageId"), Assert.Single(provenance).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_sign_up_five_times_at_once_happens_once()
    {
        using var team = await host.ClientAsync("demo-cpts");
        using var anonymous = host.Anonymous();
        var who = Somebody.New();
        var key = Guid.NewGuid().ToString();
        var body = Messages.SignUp(who, key);

        var answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => SignedAsync(anonymous, body)));

        Assert.Equal([200, 200, 200, 200, 201], answers.Select(answer => answer.Status).Order());
        Assert.Equal("created", Assert.Single(answers.Select(answer => answer.Body.Text("outcome")).Distinct()));
        Assert.Single(answers.Select(answer => answer.Body.Text("signalement")).Distinct());
        Assert.Single((await team.GetJsonAsync($"/fhir/Patient?family={who.Family}")).Matches());
        var patient = answers[0].Body.Text("patient");
        Assert.Single((await team.GetJsonAsync($"/fhir/ServiceRequest?patient={patient}")).Matches());
        Assert.Single((await team.GetJsonAsync($"/fhir/Task?patient={patient}&code=parcours-medecin-traitant")).Matches());
        var lines = (await team.GetJsonAsync($"/intake/messages?key={key}")).GetProperty("messages").EnumerateArray().ToList();
        Assert.Equal(5, lines.Count);
        Assert.Equal(4, lines.Count(line => line.Text("state") == "duplicate"));
        Assert.Equal(1, lines.Count(line => line.Text("state") == "processed"));
    }

    [Fact]
    public async Task A_wrong_signature_is_refused_and_creates_nothing()
    {
        using var team = await host.ClientAsync("demo-cpts");
        using var anonymous = host.Anonymous();
        var who = Somebody.New();
        var key = Guid.NewGuid().ToString();

        var answer = await SignedAsync(anonymous, Messages.SignUp(who, key), "whsec_d3Jvbmc=");

        Assert.Equal(401, answer.Status);
        Assert.Empty((await team.GetJsonAsync($"/fhir/Patient?family={who.Family}")).Matches());
        Assert.Empty((await team.GetJsonAsync($"/intake/messages?key={key}")).GetProperty("messages").EnumerateArray());
    }

    [Fact]
    public async Task One_person_from_three_sources_is_one_patient_with_one_open_request()
    {
        using var booking = await host.ClientAsync("demo-booking");
        using var hospital = await host.ClientAsync("demo-hospital");
        using var prado = await host.ClientAsync("demo-prado");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();

        var (first, one) = await hospital.PostMessageAsync("hospital", Messages.Adt(who, "A03"), Messages.Hl7);
        var (second, two) = await booking.PostMessageAsync("doctolib", Messages.SignUp(who), Messages.Json);
        var (third, three) = await prado.PostMessageAsync("prado", Messages.Prado(who), Messages.Csv);

        Assert.True((first, second, third) == (201, 200, 200), $"{first} {one}\n{second} {two}\n{third} {three}");
        Assert.Single(new[] { one, two, three }.Select(answer => answer.Text("patient")).Distinct());
        Assert.Single(new[] { one, two, three }.Select(answer => answer.Text("signalement")).Distinct());
        Assert.Single(new[] { one, two, three }.Select(answer => answer.Text("tracking")).Distinct());
        var request = await team.GetJsonAsync($"/fhir/{one.Text("signalement")}");
        foreach (var source in new[] { "doctolib", "hospital", "prado" })
            Assert.Contains($"cle-source/{source}", request.ToString(), StringComparison.Ordinal);
        var file = Assert.Single((await team.GetJsonAsync($"/fhir/Task?focus={one.Text("signalement")}&code=parcours-medecin-traitant")).Matches());
        Assert.Equal("a-qualifier", file.GetProperty("businessStatus").GetProperty("coding")[0].Text("code"));
        Assert.Equal(3, (await team.GetJsonAsync($"/fhir/Provenance?target={one.Text("patient")}")).Matches().Count);
    }

    [Fact]
    public async Task A_call_typed_by_the_team_and_a_sign_up_are_one_open_request_with_two_sources()
    {
        using var booking = await host.ClientAsync("demo-booking");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        var call = Messages.SignUp(who).Replace("{\"event\"", "{\"operator\":\"coordination@demo\",\"event\"", StringComparison.Ordinal);

        var (first, one) = await team.PostMessageAsync("telephone", call, Messages.Json);
        var (second, two) = await booking.PostMessageAsync("doctolib", Messages.SignUp(who), Messages.Json);

        Assert.True((first, second) == (201, 200), $"{first} {one}\n{second} {two}");
        Assert.Equal(one.Text("signalement"), two.Text("signalement"));
        Assert.Single((await team.GetJsonAsync($"/fhir/ServiceRequest?patient={one.Text("patient")}&source=telephone&status=active")).Matches());
        Assert.Single((await team.GetJsonAsync($"/fhir/ServiceRequest?patient={one.Text("patient")}&source=doctolib")).Matches());
        Assert.Equal(2, (await team.GetJsonAsync($"/fhir/Provenance?target={one.Text("patient")}")).Matches().Count);

        var (status, refused) = await team.PostMessageAsync("telephone", Messages.SignUp(Somebody.New()), Messages.Json);
        Assert.Equal(422, status);
        Assert.Contains("$.operator", refused.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(8, 202)]
    [InlineData(9, 201)]
    public async Task A_phone_points_to_a_person_until_too_many_share_it(int persons, int expected)
    {
        using var booking = await host.ClientAsync("demo-booking");
        // Of the numbers that other tests draw some meet: these are apart.
        var phone = $"06980{Random.Shared.Next(10000, 99999)}";
        var all = Enumerable.Range(0, persons).Select(n => Somebody.New($"19{40 + n}-03-09") with { Phone = phone }).ToList();
        foreach (var who in all)
            Assert.Equal(201, (await booking.PostMessageAsync("doctolib", Messages.SignUp(who), Messages.Json)).Status);

        // Another birth date under the same names and phone: a typing error, or two people of one house.
        var (status, _) = await booking.PostMessageAsync("doctolib", Messages.SignUp(all[0] with { Born = "1962-11-30" }), Messages.Json);
        Assert.Equal(expected, status);
    }

    [Fact]
    public async Task Ten_messages_about_one_person_at_once_make_one_file()
    {
        using var booking = await host.ClientAsync("demo-booking");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();

        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => booking.PostMessageAsync("doctolib", Messages.SignUp(who), Messages.Json)));

        Assert.All(answers, answer => Assert.True(answer.Status is 200 or 201, $"{answer.Status} {answer.Body}"));
        Assert.Single(answers, answer => answer.Status == 201);
        Assert.Single((await team.GetJsonAsync($"/fhir/Patient?family={who.Family}")).Matches());
        Assert.Single((await team.GetJsonAsync($"/fhir/ServiceRequest?patient={answers[0].Body.Text("patient")}")).Matches());
    }

    [Fact]
    public async Task A_call_and_a_form_of_one_person_are_one_open_request_with_two_sources()
    {
        using var booking = await host.ClientAsync("demo-booking");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();

        var (_, form) = await booking.PostMessageAsync("doctolib", Messages.SignUp(who), Messages.Json);
        var (status, call) = await team.PostMessageAsync(
            "telephone", Messages.SignUp(who).Replace("\"need\"", "\"operator\":\"Camille\",\"need\"", StringComparison.Ordinal), Messages.Json);

        Assert.True(status == 200, $"{status} {call}");
        Assert.Equal(form.Text("signalement"), call.Text("signalement"));
        Assert.Single((await team.GetJsonAsync($"/fhir/ServiceRequest?patient={form.Text("patient")}&status=active")).Matches());
        var request = (await team.GetJsonAsync($"/fhir/{form.Text("signalement")}")).ToString();
        Assert.Contains("\"doctolib\"", request, StringComparison.Ordinal);
        Assert.Contains("\"telephone\"", request, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_person_who_is_perhaps_known_waits_for_a_human()
    {
        using var booking = await host.ClientAsync("demo-booking");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        await booking.PostMessageAsync("doctolib", Messages.SignUp(who), Messages.Json);

        var twin = who with { Given = "Odetta" };
        var (status, answer) = await booking.PostMessageAsync("doctolib", Messages.SignUp(twin), Messages.Json);

        Assert.True(status == 202, $"{status} {answer}");
        Assert.Equal("waiting", answer.Text("state"));
        Assert.Equal(2, (await team.GetJsonAsync($"/fhir/Patient?family={who.Family}")).Matches().Count);
        var file = Assert.Single((await team.GetJsonAsync($"/fhir/Task?focus={answer.Text("signalement")}&code=parcours-medecin-traitant")).Matches());
        Assert.Equal("doublon-a-verifier", file.GetProperty("businessStatus").GetProperty("coding")[0].Text("code"));
        Assert.Single((await team.GetJsonAsync($"/fhir/Task?focus={answer.Text("signalement")}&code=verification-identite")).Matches());
    }

    [Fact]
    public async Task A_withdrawn_sign_up_closes_the_file_at_the_persons_request()
    {
        using var booking = await host.ClientAsync("demo-booking");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        var (_, opened) = await booking.PostMessageAsync("doctolib", Messages.SignUp(who), Messages.Json);

        var (status, closed) = await booking.PostMessageAsync("doctolib", Messages.SignUp(who, happened: "signup.cancelled"), Messages.Json);

        Assert.True(status == 200, $"{status} {closed}");
        var tracking = await team.GetJsonAsync($"/intake/tracking/{opened.Text("tracking")}");
        Assert.Equal("clos-a-la-demande", tracking.Text("state"));
        Assert.Equal(["display", "since", "state", "tracking"], tracking.EnumerateObject().Select(member => member.Name).Order());
        Assert.Equal("revoked", (await team.GetJsonAsync($"/fhir/{opened.Text("signalement")}")).Text("status"));
    }

    [Fact]
    public async Task A_discharge_without_declared_gp_asks_first_and_its_cancellation_closes_it()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        var (_, admitted) = await hospital.PostMessageAsync("hospital", Messages.Adt(who, "A01"), Messages.Hl7);
        var (_, left) = await hospital.PostMessageAsync("hospital", Messages.Adt(who, "A03"), Messages.Hl7);
        Assert.Equal(admitted.Text("signalement"), left.Text("signalement"));
        Assert.Equal("a-confirmer", (await team.GetJsonAsync($"/intake/tracking/{left.Text("tracking")}")).Text("state"));
        Assert.Single((await team.GetJsonAsync($"/fhir/Encounter?patient={left.Text("patient")}")).Matches());

        var (status, cancelled) = await hospital.PostMessageAsync("hospital", Messages.Adt(who, "A13"), Messages.Hl7);

        Assert.True(status == 200, $"{status} {cancelled}");
        Assert.Equal("clos-non-confirme", (await team.GetJsonAsync($"/intake/tracking/{left.Text("tracking")}")).Text("state"));
    }

    [Fact]
    public async Task A_cancelled_admission_takes_its_pre_signalement_back()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        var (_, admitted) = await hospital.PostMessageAsync("hospital", Messages.Adt(who, "A01"), Messages.Hl7);
        Assert.Equal("a-confirmer", (await team.GetJsonAsync($"/intake/tracking/{admitted.Text("tracking")}")).Text("state"));

        var (status, cancelled) = await hospital.PostMessageAsync("hospital", Messages.Adt(who, "A11"), Messages.Hl7);

        Assert.True(status == 200, $"{status} {cancelled}");
        Assert.Equal("clos-non-confirme", (await team.GetJsonAsync($"/intake/tracking/{admitted.Text("tracking")}")).Text("state"));
    }

    [Fact]
    public async Task A_stay_of_somebody_with_a_declared_gp_is_no_signalement()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();

        var (status, answer) = await hospital.PostMessageAsync("hospital", Messages.Adt(who, "A03", pv2: "ME"), Messages.Hl7);

        Assert.True(status == 200, $"{status} {answer}");
        Assert.Equal("", answer.Text("signalement"));
        Assert.Empty((await team.GetJsonAsync($"/fhir/Patient?family={who.Family}")).Matches());
    }

    [Fact]
    public async Task A_merge_leaves_one_patient_with_both_numbers()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        var (_, known) = await hospital.PostMessageAsync("hospital", Messages.Adt(who, "A03"), Messages.Hl7);
        var dead = Guid.NewGuid().ToString("N")[..10];

        var (status, answer) = await hospital.PostMessageAsync("hospital", Messages.Adt(who, "A40", mrg: dead), Messages.Hl7);

        Assert.True(status == 200, $"{status} {answer}");
        var patient = (await team.GetJsonAsync($"/fhir/{known.Text("patient")}")).ToString();
        Assert.Contains(dead, patient, StringComparison.Ordinal);
        Assert.Contains(who.Ipp!, patient, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1847-03-09", "plus de 120 ans")]
    [InlineData("1903-01-01", "plus de 120 ans")]
    [InlineData("2127-03-09", "dans le futur")]
    public async Task A_birth_date_that_nobody_alive_has_is_taken_and_told(string born, string told)
    {
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New(born);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/intake/hospital") { Content = Messages.Body(Messages.Adt(who, "A03"), Messages.Hl7) };
        request.Headers.Add("Accept-Language", "fr");
        using var response = await team.SendAsync(request, TestContext.Current.CancellationToken);

        var answer = await response.JsonAsync();
        Assert.True((int)response.StatusCode == 201, answer.ToString());
        Assert.Contains(told, answer.GetProperty("issues").ToString(), StringComparison.Ordinal);
    }

    internal static async Task<(int Status, System.Text.Json.JsonElement Body)> SignedAsync(HttpClient client, string body, string? secret = null, string source = "doctolib")
    {
        var id = "msg_" + Guid.NewGuid().ToString("N");
        var timestamp = DateTimeOffset.UtcNow.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/intake/{source}") { Content = Messages.Body(body, Messages.Json) };
        request.Headers.Add("webhook-id", id);
        request.Headers.Add("webhook-timestamp", timestamp);
        request.Headers.Add("webhook-signature", WebhookSignature.Sign(
            WebhookSignature.Secret(secret ?? WebhookSenders.DemoSecret), id, timestamp, Encoding.UTF8.GetBytes(body)));
        using var response = await client.SendAsync(request);
        return ((int)response.StatusCode, await response.JsonAsync());
    }
}
