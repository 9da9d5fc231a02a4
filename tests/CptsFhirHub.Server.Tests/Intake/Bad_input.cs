using System.IO.Compression;
using System.Text;

namespace CptsFhirHub.Tests.Intake;

/// <summary>What cannot be used is refused with a reason, kept where it was read, and never ends in a 500.</summary>
public sealed class Bad_input(HubHost host)
{
    [Theory]
    [InlineData("doctolib", "{\"event\":\"signup.cre", "application/json", 422)]
    [InlineData("doctolib", "", "application/json", 422)]
    [InlineData("doctolib", "[]", "application/json", 422)]
    [InlineData("doctolib", "null", "application/json", 422)]
    [InlineData("doctolib", "{}", "application/json", 422)]
    [InlineData("doctolib", "{\"event\":\"signup.created\",\"event\":\"signup.created\"}", "application/json", 422)]
    [InlineData("doctolib", "<a/>", "application/xml", 415)]
    [InlineData("doctolib", "{}", "application/json; charset=utf-16", 415)]
    [InlineData("doctolib", "identifiant;date\n", "text/csv", 422)]
    [InlineData("hospital", "hello", "application/hl7-v2", 422)]
    [InlineData("hospital", "MSH|", "application/hl7-v2", 422)]
    [InlineData("hospital", "{}", "application/json", 415)]
    [InlineData("prado", "a;b;c\n1;2;3\n", "text/csv", 422)]
    [InlineData("prado", "", "text/csv", 422)]
    [InlineData("prado", "PK\u0003\u0004", "application/vnd.ms-excel", 422)]
    [InlineData("prado", "a;b;c\n1;2;3\n", "application/octet-stream", 422)]
    [InlineData("prado", "a;b;c\n1;2;3\n", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", 415)]
    public async Task Each_is_answered_with_its_status(string source, string body, string type, int expected)
    {
        using var team = await host.ClientAsync("demo-cpts");

        var (status, answer) = await team.PostMessageAsync(source, body, type);

        Assert.True(status == expected, $"{status} {answer}");
        Assert.NotEmpty(answer.GetProperty("issues").EnumerateArray());
        if (status == 422)
        {
            var line = await team.GetJsonAsync($"/intake/messages/{answer.Text("messageId")}");
            Assert.Equal("rejected", line.Text("state"));
            using var raw = await team.GetAsync(new Uri($"/intake/messages/{answer.Text("messageId")}/raw", UriKind.Relative));
            Assert.Equal(body, await raw.Content.ReadAsStringAsync());
        }
    }

    [Fact]
    public async Task Bytes_that_are_no_utf8_are_refused_and_kept()
    {
        using var team = await host.ClientAsync("demo-cpts");
        var bytes = Encoding.Latin1.GetBytes(Messages.SignUp(Somebody.New()).Replace("Odette", "Hélène", StringComparison.Ordinal));

        using var response = await team.PostAsync(new Uri("/intake/doctolib", UriKind.Relative), Messages.Body(bytes, Messages.Json));

        Assert.Equal(422, (int)response.StatusCode);
        var id = (await response.JsonAsync()).Text("messageId");
        Assert.Equal(bytes, await team.GetByteArrayAsync(new Uri($"/intake/messages/{id}/raw", UriKind.Relative)));
    }

    [Theory]
    [InlineData("gzip", true, 0, 201)]
    [InlineData("GZIP", true, 0, 201)]
    [InlineData("identity", false, 0, 201)]
    [InlineData("gzip", false, 0, 400)]
    [InlineData("gzip", true, 4, 400)]
    [InlineData("gzip", true, 20, 400)]
    [InlineData("br", false, 0, 415)]
    [InlineData("gzip, gzip", true, 0, 415)]
    public async Task A_body_may_come_packed(string coding, bool isPacked, int cut, int expected)
    {
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        var bytes = Encoding.UTF8.GetBytes(Messages.SignUp(who));
        var sent = isPacked ? Packed(bytes) : bytes;
        using var body = Messages.Body(sent[..^cut], Messages.Json);
        body.Headers.TryAddWithoutValidation("Content-Encoding", coding);

        using var response = await team.PostAsync(new Uri("/intake/doctolib", UriKind.Relative), body);

        var answer = await response.JsonAsync();
        Assert.True(expected == (int)response.StatusCode, $"{(int)response.StatusCode} {answer}");
        if (expected == 201)
            Assert.Equal(bytes, await team.GetByteArrayAsync(new Uri($"/intake/messages/{answer.Text("messageId")}/raw", UriKind.Relative)));
        else
            Assert.NotEmpty(answer.GetProperty("issues").EnumerateArray());
    }

    [Fact]
    public async Task A_little_that_unpacks_to_much_is_too_large()
    {
        using var team = await host.ClientAsync("demo-cpts");
        using var body = Messages.Body(Packed(new byte[64 * 1024 * 1024]), Messages.Json);
        body.Headers.TryAddWithoutValidation("Content-Encoding", "gzip");

        using var response = await team.PostAsync(new Uri("/intake/doctolib", UriKind.Relative), body);

        Assert.Equal(413, (int)response.StatusCode);
    }

    private static byte[] Packed(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
            gzip.Write(bytes);
        return packed.ToArray();
    }

    [Fact]
    public async Task A_segment_nobody_knows_does_not_stop_a_message()
    {
        using var hospital = await host.ClientAsync("demo-hospital");

        var (status, answer) = await hospital.PostMessageAsync("hospital", Messages.Adt(Somebody.New(), "A03") + "ZZ9|quoi|que|ce|soit\r", Messages.Hl7);

        Assert.True(status == 201, $"{status} {answer}");
    }

    [Theory]
    [InlineData("NK1|1|DURAND^PAUL|K", "Patient", "Personne de confiance")]
    [InlineData("NK1|1|DURAND^PAUL|VOISIN^Voisin de palier", "Patient", "VOISIN")]
    [InlineData("NK1|1|DURAND^PAUL|SPO||||AMI", "Patient", "\"AMI\"")]
    [InlineData("ZFM||Z", "Encounter", "\"finished\"")]
    public async Task A_code_of_the_hospitals_own_costs_no_message(string segment, string type, string kept)
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        var message = Messages.Adt(Somebody.New(), "A03").Replace("PV1|1|I|", $"{segment}\rPV1|1|B|", StringComparison.Ordinal)
            .Replace("||||V", "|||Z|V", StringComparison.Ordinal);
        var (status, answer) = await hospital.PostMessageAsync("hospital", message, Messages.Hl7);
        Assert.True(status == 201, $"{status} {answer}");
        var found = (await team.GetJsonAsync($"/fhir/{(type == "Patient" ? "Patient?_id=" + answer.Text("patient")["Patient/".Length..] : "Encounter?patient=" + answer.Text("patient"))}")).Matches();
        Assert.Contains(kept, Assert.Single(found).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Race_and_religion_stand_nowhere()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        var message = Messages.Adt(Somebody.New(), "A03").Replace("|||4 RUE DU FOUR", "||INTERDIT|4 RUE DU FOUR", StringComparison.Ordinal);
        Assert.Contains("INTERDIT", message, StringComparison.Ordinal);
        var (status, answer) = await hospital.PostMessageAsync("hospital", message, Messages.Hl7);
        Assert.True(status == 201, $"{status} {answer}");

        // The account stands in PID-17 of this sender, where religion has its place: it goes with it.
        var account = message.Split('\r').Single(line => line.StartsWith("PID", StringComparison.Ordinal)).Split('|')[17];
        Assert.Equal(message.Replace("INTERDIT", "", StringComparison.Ordinal).Replace($"|{account}|", "||", StringComparison.Ordinal), await team.GetStringAsync($"/intake/messages/{answer.Text("messageId")}/raw"));

        // Sent again it is the same message.
        Assert.Equal(200, (await hospital.PostMessageAsync("hospital", message, Messages.Hl7)).Status);
    }

    [Fact]
    public async Task A_structure_nobody_knows_is_refused_by_name()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        var message = Messages.Adt(Somebody.New(), "A03").Replace("PID|", "PIX|", StringComparison.Ordinal);

        var (status, answer) = await hospital.PostMessageAsync("hospital", message, Messages.Hl7);

        Assert.True(status == 422, $"{status} {answer}");
        Assert.Contains(answer.GetProperty("issues").EnumerateArray(), issue => issue.Text("where").StartsWith("PID", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Fifty_megabytes_are_too_much()
    {
        using var team = await host.ClientAsync("demo-cpts");
        using var content = Messages.Body(new byte[50 * 1024 * 1024], Messages.Json);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/intake/doctolib") { Content = content };
        request.Headers.ExpectContinue = true;

        using var response = await team.SendAsync(request);

        Assert.Equal(413, (int)response.StatusCode);
    }

    [Fact]
    public async Task An_unknown_source_is_noted_without_its_content()
    {
        using var team = await host.ClientAsync("demo-cpts");

        var (status, answer) = await team.PostMessageAsync("inconnue-7", "{\"secret\":1}", Messages.Json);

        Assert.Equal(404, status);
        var line = await team.GetJsonAsync($"/intake/messages/{answer.Text("messageId")}");
        Assert.Equal("rejected", line.Text("state"));
        Assert.Equal("0", line.Text("size"));
    }

    [Fact]
    public async Task Who_may_not_post_is_told_so_before_the_body_is_read()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var anonymous = host.Anonymous();

        Assert.Equal(403, (await hospital.PostMessageAsync("doctolib", Messages.SignUp(Somebody.New()), Messages.Json)).Status);
        Assert.Equal(401, (await anonymous.PostMessageAsync("doctolib", Messages.SignUp(Somebody.New()), Messages.Json)).Status);
        Assert.Equal(401, (await anonymous.PostMessageAsync("inconnue", "{}", Messages.Json)).Status);
    }

    [Fact]
    public async Task Who_asks_for_FHIR_gets_an_OperationOutcome()
    {
        using var team = await host.ClientAsync("demo-cpts");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/intake/doctolib") { Content = Messages.Body("{", Messages.Json) };
        request.Headers.Accept.ParseAdd("application/fhir+json");

        using var response = await team.SendAsync(request);

        Assert.Equal(422, (int)response.StatusCode);
        Assert.Equal("OperationOutcome", (await response.JsonAsync()).Text("resourceType"));
    }

    [Fact]
    public async Task A_refused_message_may_be_sent_again_and_is_judged_anew()
    {
        using var team = await host.ClientAsync("demo-cpts");
        var broken = $"{{\"eventId\":\"{Guid.NewGuid()}\"";

        var (first, one) = await team.PostMessageAsync("doctolib", broken, Messages.Json);
        var (second, two) = await team.PostMessageAsync("doctolib", broken, Messages.Json);

        Assert.Equal((422, 422), (first, second));
        Assert.NotEqual(one.Text("messageId"), two.Text("messageId"));
    }
}
