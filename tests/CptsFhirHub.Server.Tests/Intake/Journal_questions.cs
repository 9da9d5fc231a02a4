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
