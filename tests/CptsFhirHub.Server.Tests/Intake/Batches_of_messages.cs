using System.Text;
using CptsFhirHub.Server.Intake.Mllp;
using Microsoft.Extensions.DependencyInjection;

namespace CptsFhirHub.Tests.Intake;

/// <summary>HL7 v2 messages that come together (FHS, BHS … BTS, FTS): each is taken in by itself, and has an acknowledgement of its own.</summary>
public sealed class Batches_of_messages(HubHost host)
{
    [Fact]
    public async Task Each_message_of_a_batch_is_acknowledged_by_itself()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        var (one, two) = (Somebody.New(), Somebody.New());
        var batch = Batch(2, Messages.Adt(one, "A03", "B-1"), Messages.Adt(Somebody.New(), "A03", "B-2").Replace("PID|", "PIX|", StringComparison.Ordinal), Messages.Adt(two, "A03", "B-3"));

        var (status, answer) = await SendAsync(hospital, batch);

        Assert.Equal(201, status);
        var segments = answer.Split('\r', StringSplitOptions.RemoveEmptyEntries);
        Assert.StartsWith(@"BHS|^~\&|HUB|CPTS|GAM|CH|", segments[0], StringComparison.Ordinal);
        Assert.EndsWith("|LOT-7", segments[0], StringComparison.Ordinal);
        Assert.Equal(["AA|B-1", "AE|B-2", "AA|B-3"], segments.Where(segment => segment.StartsWith("MSA|", StringComparison.Ordinal)).Select(segment => segment[4..]));
        Assert.StartsWith("BTS|3|", segments[^1], StringComparison.Ordinal);
        Assert.Contains("counts otherwise", segments[^1], StringComparison.Ordinal);
        foreach (var who in new[] { one, two })
            Assert.Single((await team.GetJsonAsync($"/fhir/ServiceRequest?patient.family={who.Family}")).Matches());

        // Sent again, in another envelope: everything happens once.
        var (_, again) = await SendAsync(hospital, Batch(1, Messages.Adt(one, "A03", "B-1")));
        Assert.Contains("MSA|AA|B-1", again, StringComparison.Ordinal);
        Assert.DoesNotContain("counts otherwise", again, StringComparison.Ordinal);
        Assert.Single((await team.GetJsonAsync($"/fhir/ServiceRequest?patient.family={one.Family}")).Matches());
    }

    [Fact]
    public async Task The_journal_knows_a_batch_by_its_rows()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        var (status, body) = await hospital.PostMessageAsync("hospital",
            Batch(2, Messages.Adt(Somebody.New(), "A03"), Messages.Adt(Somebody.New(), "A03").Replace("PID|", "PIX|", StringComparison.Ordinal)), Messages.Hl7);
        Assert.Equal(201, status);

        var rows = (await hospital.GetJsonAsync(body.Text("rows"))).GetProperty("rows").EnumerateArray().ToList();
        Assert.Equal([("1", "processed"), ("2", "rejected")], rows.Select(row => (row.Text("line"), row.Text("state"))));
    }

    [Fact]
    public async Task A_batch_that_is_cut_off_is_told_and_its_last_message_is_not_taken()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        var (one, two) = (Somebody.New(), Somebody.New());
        var whole = Batch(2, Messages.Adt(one, "A03", "C-1"), Messages.Adt(two, "A03", "C-2"));

        var (_, answer) = await SendAsync(hospital, whole[..(whole.IndexOf("PV1", whole.IndexOf("C-2", StringComparison.Ordinal), StringComparison.Ordinal) + 20)]);

        Assert.Contains("MSA|AA|C-1", answer, StringComparison.Ordinal);
        Assert.Contains("MSA|AE|C-2", answer, StringComparison.Ordinal);
        Assert.Contains("trailer is missing", answer, StringComparison.Ordinal);
        Assert.Empty((await team.GetJsonAsync($"/fhir/Patient?family={two.Family}")).Matches());
    }

    [Fact]
    public async Task Race_is_taken_out_of_every_message_whatever_its_separators()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        var second = string.Join('\r', Messages.Adt(Somebody.New(), "A03").Split('\r')
            .Select(segment => segment.StartsWith("PID|", StringComparison.Ordinal) ? WithRace(segment, "RACE-ECRITE") : segment)).Replace('|', '!');

        var (_, body) = await hospital.PostMessageAsync("hospital", Batch(2, Messages.Adt(Somebody.New(), "A03"), second), Messages.Hl7);

        var raw = await team.GetStringAsync(new Uri($"/intake/messages/{body.Text("messageId")}/raw", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Contains("PID!", raw, StringComparison.Ordinal);
        Assert.DoesNotContain("RACE-ECRITE", raw, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\r", "")]
    [InlineData("\n", "")]
    [InlineData("\r\n", "\r\n\r\n")]
    [InlineData("\r", "\u001c\r\u000b")]
    public async Task Messages_without_an_envelope_are_taken_one_by_one(string separator, string between)
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        var (one, two) = (Somebody.New(), Somebody.New());
        string[] messages = [Messages.Adt(one, "A03", "N-1" + one.Ipp), Messages.Adt(Somebody.New(), "A03", "N-2" + one.Ipp).Replace("PID|", "PIX|", StringComparison.Ordinal), Messages.Adt(two, "A03", "N-3" + one.Ipp)];

        var (status, answer) = await SendAsync(hospital, string.Join(between, messages).Replace("\r", separator, StringComparison.Ordinal));

        Assert.Equal(201, status);
        var segments = answer.Split('\r', StringSplitOptions.RemoveEmptyEntries);
        Assert.StartsWith("MSH|", segments[0], StringComparison.Ordinal);
        Assert.Equal([$"AA|N-1{one.Ipp}", $"AE|N-2{one.Ipp}", $"AA|N-3{one.Ipp}"], segments.Where(segment => segment.StartsWith("MSA|", StringComparison.Ordinal)).Select(segment => segment[4..]));
        Assert.DoesNotContain("BHS", answer, StringComparison.Ordinal);
        foreach (var who in new[] { one, two })
            Assert.Single((await team.GetJsonAsync($"/fhir/ServiceRequest?patient.family={who.Family}")).Matches());
    }

    [Fact]
    public async Task A_value_that_only_looks_like_a_header_divides_nothing()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        var who = Somebody.New();
        var (status, answer) = await SendAsync(hospital, Messages.Adt(who, "A03", "L-" + who.Ipp) + "NTE|1||Vu MSH|oui\rNTE|2||MSH de garde\r");
        Assert.Equal(201, status);
        Assert.Contains("MSA|AA|L-" + who.Ipp, answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(".hl7")]
    [InlineData(".HL7")]
    [InlineData(".txt")]
    public async Task A_dropped_batch_ends_beside_its_acknowledgements(string ending)
    {
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        var folder = Path.Combine(host.Folder, "data", "drop", "hospital");
        Directory.CreateDirectory(folder);
        var name = $"lot-{who.Ipp}{ending}";
        await File.WriteAllTextAsync(Path.Combine(folder, name), $"FHS|^~\\&|GAM|CH|HUB|CPTS|20260620||||F-1\r{Batch(1, Messages.Adt(who, "A03", "D-1"))}FTS|2\r", TestContext.Current.CancellationToken);

        var answer = Path.Combine(folder, "done", name);
        var deadline = DateTime.UtcNow.AddMinutes(2);
        while (!File.Exists(answer) && DateTime.UtcNow < deadline)
            await Task.Delay(50, TestContext.Current.CancellationToken);

        var told = await File.ReadAllTextAsync(answer + ".ack", TestContext.Current.CancellationToken);
        Assert.Single((await team.GetJsonAsync($"/fhir/Patient?family={who.Family}")).Matches());
        Assert.StartsWith("FHS|", told, StringComparison.Ordinal);
        Assert.Contains("MSA|AA|D-1", told, StringComparison.Ordinal);
        Assert.Contains("FTS|1|FTS-1: The trailer counts otherwise", told, StringComparison.Ordinal);
        Assert.Contains("La fin du fichier compte autrement : 1 lots", await File.ReadAllTextAsync(answer + ".report.csv", TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(".hl7")]
    [InlineData(".txt")]
    public async Task Messages_that_follow_each_other_in_a_dropped_file_are_taken_one_by_one(string ending)
    {
        using var team = await host.ClientAsync("demo-cpts");
        var (one, two) = (Somebody.New(), Somebody.New());
        var folder = Path.Combine(host.Folder, "data", "drop", "hospital");
        Directory.CreateDirectory(folder);
        var name = $"suite-{one.Ipp}{ending}";
        await File.WriteAllTextAsync(
            Path.Combine(folder, name), string.Concat(Messages.Adt(one, "A03", "E-1"), Broken("E-2"), Messages.Adt(two, "A03", "E-3")), TestContext.Current.CancellationToken);

        var answer = Path.Combine(folder, "done", name);
        var deadline = DateTime.UtcNow.AddMinutes(2);
        while (!File.Exists(answer) && DateTime.UtcNow < deadline)
            await Task.Delay(50, TestContext.Current.CancellationToken);

        Assert.Equal(["AA|E-1", "AE|E-2", "AA|E-3"], Acknowledged(await File.ReadAllTextAsync(answer + ".ack", TestContext.Current.CancellationToken)));
        foreach (var who in new[] { one, two })
            Assert.Single((await team.GetJsonAsync($"/fhir/ServiceRequest?patient.family={who.Family}")).Matches());
    }

    [Fact]
    public async Task Messages_that_follow_each_other_in_a_frame_are_taken_one_by_one()
    {
        await using var own = await HubHost.StartAsync(("Hub:Mllp:Port", "-1"), ("Hub:DemoTerritory", "false"));
        using var team = await own.ClientAsync("demo-cpts");
        using var peer = await MllpPeer.ConnectAsync(own.Services.GetRequiredService<MllpListener>().Endpoint!);
        var (one, two) = (Somebody.New(), Somebody.New());

        var answer = await peer.SendAsync(string.Concat(Messages.Adt(one, "A03", "M-1"), Broken("M-2"), Messages.Adt(two, "A03", "M-3")));

        Assert.StartsWith("MSH|", answer, StringComparison.Ordinal);
        Assert.Equal(["AA|M-1", "AE|M-2", "AA|M-3"], Acknowledged(answer));
        foreach (var who in new[] { one, two })
            Assert.Single((await team.GetJsonAsync($"/fhir/ServiceRequest?patient.family={who.Family}")).Matches());

        // The connection goes on, and what was taken with others is known when it comes alone.
        Assert.Equal(["AA|M-3"], Acknowledged(await peer.SendAsync(Messages.Adt(two, "A03", "M-3"))));
        Assert.Single((await team.GetJsonAsync($"/fhir/ServiceRequest?patient.family={two.Family}")).Matches());
    }

    private static string Broken(string controlId) => Messages.Adt(Somebody.New(), "A03", controlId).Replace("PID|", "PIX|", StringComparison.Ordinal);

    private static IEnumerable<string> Acknowledged(string answer) => answer.Split('\r', StringSplitOptions.RemoveEmptyEntries)
        .Where(segment => segment.StartsWith("MSA|", StringComparison.Ordinal)).Select(segment => segment[4..]);

    private static string WithRace(string segment, string race)
    {
        var fields = segment.Split('|').ToList();
        while (fields.Count < 11)
            fields.Add("");
        fields[10] = race;
        return string.Join('|', fields);
    }

    private static string Batch(int count, params string[] messages) =>
        $"BHS|^~\\&|GAM|CH|HUB|CPTS|20260620101500||||LOT-7\r{string.Concat(messages.Select(message => message.TrimEnd('\r', '\n') + "\r"))}BTS|{count}\r";

    private static async Task<(int Status, string Text)> SendAsync(HttpClient client, string batch)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/intake/hospital") { Content = Messages.Body(Encoding.UTF8.GetBytes(batch), Messages.Hl7) };
        request.Headers.Add("Accept", Messages.Hl7);
        using var answer = await client.SendAsync(request);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }
}
