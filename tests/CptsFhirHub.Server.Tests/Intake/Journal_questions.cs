namespace CptsFhirHub.Tests.Intake;

/// <summary>"What happened to that sign-up?" is answered by the journal, to those who may ask.</summary>
public sealed class Journal_questions(HubHost host)
{
    [Fact]
    public async Task A_message_is_found_by_the_name_and_birth_date_of_its_person()
    {
        using var booking = await host.ClientAsync("demo-booking");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        var (_, answer) = await booking.PostMessageAsync("doctolib", Messages.SignUp(who), Messages.Json);

        foreach (var question in new[] { $"name={who.Family}&birthdate={who.Born}", $"patient={answer.Text("patient")}" })
        {
            var found = (await team.GetJsonAsync($"/intake/messages?{question}")).GetProperty("messages").EnumerateArray().ToList();
            Assert.Equal(answer.Text("messageId"), Assert.Single(found).Text("id"));
        }
    }

    [Fact]
    public async Task What_happened_to_a_persons_sign_up_of_a_day_is_one_question()
    {
        using var booking = await host.ClientAsync("demo-booking");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        var (_, answer) = await booking.PostMessageAsync("doctolib", Messages.SignUp(who), Messages.Json);
        var (from, to) = (DateTime.UtcNow.AddDays(-1).ToString("yyyy-MM-dd"), DateTime.UtcNow.AddDays(2).ToString("yyyy-MM-dd"));

        var question = $"/intake/messages?name={who.Family}&birthdate={who.Born}&source=doctolib&from={from}&to={to}&story=true";
        var message = Assert.Single((await team.GetJsonAsync(question)).GetProperty("messages").EnumerateArray());

        Assert.Equal(answer.Text("messageId"), message.Text("id"));
        Assert.Contains(message.GetProperty("link").EnumerateArray(), link => link.Text("relation") == "raw");
        var written = message.GetProperty("resources").EnumerateArray().Select(item => item.GetString()!).ToList();
        Assert.Contains($"{answer.Text("patient")}/_history/1", written);
        Assert.Contains($"{answer.Text("signalement")}/_history/1", written);
        var queued = message.GetProperty("outgoing").EnumerateArray().Select(item => item.GetString()!).ToList();
        var delivered = message.GetProperty("deliveries").EnumerateArray().Select(item => item.Text("entry")).ToList();
        Assert.NotEmpty(queued);
        Assert.Superset(queued.ToHashSet(StringComparer.Ordinal), delivered.ToHashSet(StringComparer.Ordinal));
        Assert.NotEqual("", message.GetProperty("steps").EnumerateArray().Last().Text("state"));

        using var refused = await booking.GetAsync(new Uri(question.Replace($"name={who.Family}&birthdate={who.Born}&", "", StringComparison.Ordinal), UriKind.Relative));
        Assert.Equal(403, (int)refused.StatusCode);
    }

    [Fact]
    public async Task A_senders_own_key_is_found_again_and_shown_to_nobody()
    {
        using var booking = await host.ClientAsync("demo-booking");
        using var team = await host.ClientAsync("demo-cpts");
        var body = Messages.SignUp(Somebody.New());
        var (_, answer) = await booking.PostMessageAsync("doctolib", body, Messages.Json);
        var key = System.Text.Json.JsonDocument.Parse(body).RootElement.GetProperty("eventId").GetString()!;

        var found = Assert.Single((await team.GetJsonAsync($"/intake/messages?key={Uri.EscapeDataString(key)}")).GetProperty("messages").EnumerateArray());

        Assert.Equal(answer.Text("messageId"), found.Text("id"));
        Assert.StartsWith("hk1:", found.Text("key"), StringComparison.Ordinal);
        Assert.Single((await team.GetJsonAsync($"/intake/messages?key={found.Text("key")}")).GetProperty("messages").EnumerateArray());
    }

    [Fact]
    public async Task A_sender_sees_its_own_messages_and_no_others()
    {
        using var booking = await host.ClientAsync("demo-booking");
        using var hospital = await host.ClientAsync("demo-hospital");
        var (_, answer) = await booking.PostMessageAsync("doctolib", Messages.SignUp(Somebody.New()), Messages.Json);
        var url = new Uri($"/intake/messages/{answer.Text("messageId")}", UriKind.Relative);

        using var own = await booking.GetAsync(url);
        using var others = await hospital.GetAsync(url);

        Assert.Equal(200, (int)own.StatusCode);
        Assert.Equal(404, (int)others.StatusCode);
        var listed = (await hospital.GetJsonAsync("/intake/messages?_count=500")).GetProperty("messages").EnumerateArray();
        Assert.All(listed, message => Assert.Equal("demo-hospital", message.Text("client")));
    }

    [Fact]
    public async Task Pages_follow_each_other_newest_first()
    {
        using var booking = await host.ClientAsync("demo-booking");
        for (var i = 0; i < 3; i++)
            await booking.PostMessageAsync("doctolib", Messages.SignUp(Somebody.New()), Messages.Json);

        var first = await booking.GetJsonAsync("/intake/messages?_count=2");
        var next = first.GetProperty("link").EnumerateArray().First(link => link.Text("relation") == "next").Text("url");
        var second = await booking.GetJsonAsync(next);

        var times = first.GetProperty("messages").EnumerateArray().Concat(second.GetProperty("messages").EnumerateArray())
            .Select(message => message.Text("receivedAt")).ToList();
        Assert.True(times.Count >= 3);
        Assert.Equal(times.OrderDescending(StringComparer.Ordinal), times);
    }

    [Fact]
    public async Task Sources_tell_when_they_spoke_last()
    {
        using var booking = await host.ClientAsync("demo-booking");
        using var team = await host.ClientAsync("demo-cpts");
        await booking.PostMessageAsync("doctolib", Messages.SignUp(Somebody.New()), Messages.Json);

        var sources = (await team.GetJsonAsync("/intake/sources")).GetProperty("sources").EnumerateArray().ToList();

        Assert.Superset(new HashSet<string> { "doctolib", "hospital", "prado" }, sources.Select(source => source.Text("name")).ToHashSet(StringComparer.Ordinal));
        var doctolib = sources.First(source => source.Text("name") == "doctolib");
        Assert.NotEqual("", doctolib.Text("lastMessage"));
        Assert.Equal("False", doctolib.Text("silent"));
    }

    [Fact]
    public async Task Replaying_what_had_its_effect_changes_nothing()
    {
        using var booking = await host.ClientAsync("demo-booking");
        using var team = await host.ClientAsync("demo-cpts");
        var (_, answer) = await booking.PostMessageAsync("doctolib", Messages.SignUp(Somebody.New()), Messages.Json);

        using var replay = await team.PostAsync(new Uri($"/intake/messages/{answer.Text("messageId")}/replay", UriKind.Relative), null);

        Assert.True(replay.IsSuccessStatusCode);
        Assert.Equal(answer.Text("signalement"), (await replay.JsonAsync()).Text("signalement"));
        var patient = await team.GetJsonAsync($"/fhir/{answer.Text("patient")}");
        Assert.Equal("1", patient.GetProperty("meta").Text("versionId"));
    }
}
