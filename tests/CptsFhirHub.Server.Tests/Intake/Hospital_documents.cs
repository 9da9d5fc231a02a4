using System.Net;
using System.Text;

namespace CptsFhirHub.Tests.Intake;

/// <summary>Letters, referrals and the rarer movements of a hospital.</summary>
public sealed class Hospital_documents(HubHost host)
{
    [Fact]
    public async Task A_letter_hangs_on_the_open_request_byte_for_byte()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        using var dac = await host.ClientAsync("demo-dac");
        var who = Somebody.New();
        var admitted = await hospital.PostMessageAsync("hospital", Messages.Adt(who, "A03"), Messages.Hl7);
        var bytes = Encoding.UTF8.GetBytes("<ClinicalDocument xmlns=\"urn:hl7-org:v3\"><title>Lettre à 37°</title></ClinicalDocument>");

        var (status, answer) = await hospital.PostMessageAsync("hospital", Letter(who, "T02", "LDL-" + who.Ipp, bytes, hidden: true), Messages.Hl7);

        Assert.True(status == 200, $"{status} {answer}");
        Assert.Equal(admitted.Body.Text("signalement"), answer.Text("signalement"));
        var letter = Assert.Single((await team.GetJsonAsync($"/fhir/DocumentReference?patient={answer.Text("patient")}")).Matches());
        Assert.Contains("INVISIBLE_PATIENT", letter.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("MASQUE_PS", letter.ToString(), StringComparison.Ordinal);
        Assert.Contains($"DocumentReference/{letter.Text("id")}", (await team.GetJsonAsync($"/fhir/{answer.Text("signalement")}")).ToString(), StringComparison.Ordinal);
        var url = letter.GetProperty("content")[0].GetProperty("attachment").Text("url");
        using var read = await team.GetAsync(new Uri($"/fhir/{url}", UriKind.Relative));
        Assert.Equal(bytes, await read.Content.ReadAsByteArrayAsync());
        using var refused = await dac.GetAsync(new Uri($"/fhir/{url}", UriKind.Relative));
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
    }

    [Fact]
    public async Task A_letter_is_replaced_and_withdrawn()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        await hospital.PostMessageAsync("hospital", Messages.Adt(who, "A03"), Messages.Hl7);
        var first = await hospital.PostMessageAsync("hospital", Letter(who, "T02", "A-" + who.Ipp, "<a/>"u8.ToArray()), Messages.Hl7);
        await hospital.PostMessageAsync("hospital", Letter(who, "T10", "B-" + who.Ipp, "<b/>"u8.ToArray(), replaces: "A-" + who.Ipp), Messages.Hl7);

        Assert.Equal(["A superseded", "B current"], await LettersAsync());

        await hospital.PostMessageAsync("hospital", Letter(who, "T04", "B-" + who.Ipp, "<b/>"u8.ToArray()), Messages.Hl7);
        Assert.Equal(["A superseded", "B entered-in-error"], await LettersAsync());

        async Task<List<string>> LettersAsync() => [.. (await team.GetJsonAsync($"/fhir/DocumentReference?patient={first.Body.Text("patient")}")).Matches()
            .Select(letter => $"{letter.GetProperty("identifier")[0].Text("value").Split('|')[1][0]} {letter.Text("status")}").Order(StringComparer.Ordinal)];
    }

    [Fact]
    public async Task A_referral_opens_a_request_and_is_answered_with_RRI()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        using var content = Messages.Body(Referral(who), Messages.Hl7);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/intake/hospital") { Content = content };
        request.Headers.Add("Accept", Messages.Hl7);
        using var response = await hospital.SendAsync(request);
        var lines = (await response.Content.ReadAsStringAsync()).Split('\r');

        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        Assert.Contains("|RRI^I12^RRI_I12|", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("MSA|AA|", lines[1], StringComparison.Ordinal);
        Assert.Equal(["RF1", "PRD", "PRD", "PID"], lines[2..^1].Select(line => line[..3]));
        var file = Assert.Single((await team.GetJsonAsync($"/fhir/Task?patient.family={who.Family}&code=parcours-medecin-traitant")).Matches());
        Assert.Contains("a-qualifier", file.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_referral_without_its_header_is_refused_with_the_segment_named()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        var text = string.Join('\r', Referral(Somebody.New()).Split('\r').Where(line => !line.StartsWith("RF1", StringComparison.Ordinal)));
        var (status, answer) = await hospital.PostMessageAsync("hospital", text, Messages.Hl7);
        Assert.Equal(422, status);
        Assert.Contains("\"where\":\"RF1\"", answer.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("A02")]
    [InlineData("A12")]
    [InlineData("A14")]
    [InlineData("A21")]
    [InlineData("A22")]
    [InlineData("A54")]
    [InlineData("A06")]
    [InlineData("A07")]
    [InlineData("Z99")]
    [InlineData("A05")]
    [InlineData("A28")]
    [InlineData("A31")]
    public async Task A_movement_of_a_known_stay_completes_it(string trigger)
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        var who = Somebody.New();
        var first = await hospital.PostMessageAsync("hospital", Messages.Adt(who, "A01"), Messages.Hl7);
        var (status, answer) = await hospital.PostMessageAsync("hospital", Messages.Adt(who, trigger), Messages.Hl7);
        Assert.True(status == 200, $"{status} {answer}");
        Assert.Equal(first.Body.Text("patient"), answer.Text("patient"));
    }

    [Theory]
    [InlineData("A05", "A38")]
    [InlineData("A16", "A25")]
    [InlineData("A04", "A11")]
    public async Task A_cancellation_takes_back_what_nobody_confirmed(string trigger, string cancellation)
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        var first = await hospital.PostMessageAsync("hospital", Messages.Adt(who, trigger), Messages.Hl7);
        await hospital.PostMessageAsync("hospital", Messages.Adt(who, cancellation), Messages.Hl7);
        var request = await team.GetJsonAsync($"/fhir/{first.Body.Text("signalement")}");
        Assert.Equal("revoked", request.Text("status"));
    }

    [Fact]
    public async Task A_changed_number_stays_one_person()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        var who = Somebody.New();
        var first = await hospital.PostMessageAsync("hospital", Messages.Adt(who, "A01"), Messages.Hl7);
        var renamed = who with { Ipp = "N" + who.Ipp };
        await hospital.PostMessageAsync("hospital", Messages.Adt(renamed, "A40", mrg: who.Ipp).Replace("A40^ADT_A39", "A47^ADT_A30", StringComparison.Ordinal), Messages.Hl7);
        var (_, later) = await hospital.PostMessageAsync("hospital", Messages.Adt(renamed, "A03"), Messages.Hl7);
        Assert.Equal(first.Body.Text("patient"), later.Text("patient"));
    }

    [Theory]
    [InlineData("A44")]
    [InlineData("A45")]
    [InlineData("A34")]
    public async Task An_account_that_moves_waits_for_a_coordinator(string trigger)
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        var who = Somebody.New();
        await hospital.PostMessageAsync("hospital", Messages.Adt(who, "A01"), Messages.Hl7);
        var text = Messages.Adt(who, "A40", mrg: "X" + who.Ipp).Replace("A40^ADT_A39", $"{trigger}^ADT_A43", StringComparison.Ordinal);
        var (status, answer) = await hospital.PostMessageAsync("hospital", text, Messages.Hl7);
        Assert.True(status == 202, $"{status} {answer}");
        Assert.Equal("waiting", answer.Text("state"));
        Assert.Contains(trigger, answer.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_public_example_goes_through()
    {
        var folder = Repository.RequireCorpus(Path.Combine("..", "ans", "hl7v2-exemples"));
        using var hospital = await host.ClientAsync("demo-hospital");
        var files = Directory.GetFiles(folder).Where(file => Path.GetExtension(file) is ".hl7" or ".er7" && !file.Contains("-ack", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(files);
        foreach (var file in files)
        {
            using var content = Messages.Body(await File.ReadAllBytesAsync(file), Messages.Hl7);
            using var request = new HttpRequestMessage(HttpMethod.Post, "/intake/hospital") { Content = content };
            request.Headers.Add("Accept", Messages.Hl7);
            using var response = await hospital.SendAsync(request);
            var text = await response.Content.ReadAsStringAsync();
            Assert.True(text.Contains("\rMSA|AA|", StringComparison.Ordinal), $"{Path.GetFileName(file)}: {(int)response.StatusCode} {text}");
        }
    }

    private static string Letter(Somebody who, string trigger, string number, byte[] bytes, bool hidden = false, string? replaces = null) => string.Join('\r',
        $@"MSH|^~\&|DPI-TEST|CH-TEST|HUB|CPTS|20260620091500||MDM^{trigger}^MDM_T02|{Guid.NewGuid().ToString("N")[..16]}|D|2.5|||||FRA|UNICODE UTF-8|||2.1^CISIS_CDA_HL7_V2",
        "EVN||20260620091500",
        $"PID|1||{who.Ipp}^^^CH-TEST&859900011&N^PI||{who.Family}^{who.Given}^{who.Given}^^^^L||{who.Born.Replace("-", "", StringComparison.Ordinal)}|{who.Sex}",
        "PV1|1|I",
        $"TXA|1|34105-7|TEXT|20260620||||||||{number}|{replaces}|||||LA",
        $"OBX|1|ED|34105-7^Lettre de liaison^LN||^TEXT^XML^Base64^{Convert.ToBase64String(bytes)}||||||F",
        "OBX|2|CE|MASQUE_PS^Masqué^MetaDMPMSS||N||||||F",
        $"OBX|3|CE|INVISIBLE_PATIENT^Invisible^MetaDMPMSS||{(hidden ? "Y" : "N")}||||||F") + "\r";

    private static string Referral(Somebody who) => string.Join('\r',
        $@"MSH|^~\&|DPI-TEST|CH-TEST|HUB|CPTS|20260619101500||REF^I12^REF_I12|{Guid.NewGuid().ToString("N")[..16]}|D|2.5|||||FRA|UNICODE UTF-8",
        $"RF1|P^Pending|U^Urgent|GRF|AM||ORI-{who.Ipp}^CH-TEST|20260619|20260703||SMT^Sans médecin traitant",
        "PRD|RP|AGNES^Isabelle|||||10099000043^RPPS",
        "PRD|RT|CPTS",
        $"PID|1||{who.Ipp}^^^CH-TEST&859900011&N^PI||{who.Family}^{who.Given}^{who.Given}^^^^L||{who.Born.Replace("-", "", StringComparison.Ordinal)}|{who.Sex}|||4 RUE DU FOUR^^AIZENAY^^85190^FRA^H||^PRN^PH^^^^^^^^^{who.Phone}") + "\r";
}
