using System.Text;
using CptsFhirHub.Server.Flows;
using CptsFhirHub.Storage;
using CptsFhirHub.Tests.Intake;
using Microsoft.Extensions.DependencyInjection;

namespace CptsFhirHub.Tests.Flows;

/// <summary>
/// A message may be walked by two at once: by its sender's request and by a repetition that found it received, or by two hubs on one database.
/// It has its effect once, and each of them answers the same.
/// </summary>
public sealed class Walks_of_one_message(HubHost host)
{
    private const string Tenant = "demo-cpts";

    [Fact]
    public async Task A_second_walk_answers_as_the_first_and_changes_nothing()
    {
        var who = Somebody.New();
        var (message, source) = await ReceivedAsync("doctolib", Messages.SignUp(who));

        var first = await WalkAsync(message, source);
        var second = await WalkAsync(message, source);

        Assert.Equal(ReceptionKind.Created, first.Kind);
        Assert.Equal(Text(first), Text(second));
        await IsThereOnceAsync(message, who, first);
    }

    [Fact]
    public async Task Walks_at_the_same_time_answer_the_same()
    {
        var who = Somebody.New();
        var (message, source) = await ReceivedAsync("doctolib", Messages.SignUp(who));

        var answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Task.Run(() => WalkAsync(message, source))));

        Assert.All(answers, answer => Assert.Equal(ReceptionKind.Created, answer.Kind));
        Assert.Single(answers.Select(Text).Distinct());
        await IsThereOnceAsync(message, who, answers[0]);
    }

    [Fact]
    public async Task A_walk_that_comes_to_refuse_leaves_alone_what_has_had_its_effect()
    {
        var (message, source) = await ReceivedAsync("doctolib", Messages.SignUp(Somebody.New()));
        var first = await WalkAsync(message, source);

        var late = await host.Services.GetRequiredService<MessageWalk>().HandleAsync(message, source, new(null, null, []), []);

        Assert.Equal(Text(first), Text(late));
        Assert.Equal(MessageState.Processed, (await ReadAsync(message)).State);
    }

    [Fact]
    public async Task What_was_refused_and_is_walked_anew_has_its_effect()
    {
        var (message, source) = await ReceivedAsync("doctolib", Messages.SignUp(Somebody.New()));
        var refused = await host.Services.GetRequiredService<MessageWalk>().HandleAsync(message, source, new(null, null, []), []);

        var walked = await WalkAsync(message, source);

        Assert.Equal(ReceptionKind.Rejected, refused.Kind);
        Assert.Equal(ReceptionKind.Created, walked.Kind);
        Assert.Equal(2, (await ReadAsync(message)).Attempts);
    }

    /// <summary>In the journal and not interpreted yet, as each who walks it knows it.</summary>
    private async Task<(JournalMessage Message, Source Source)> ReceivedAsync(string source, string text)
    {
        var receipt = await host.Services.GetRequiredService<Journal>().ReceiveAsync(
            new Arrival(Tenant, source, "http", "demo-booking", Messages.Json, Guid.NewGuid().ToString(), Encoding.UTF8.GetBytes(text)),
            TestContext.Current.CancellationToken);
        return (receipt.Message, host.Services.GetRequiredService<Sources>().Find(source)!);
    }

    private async Task<Reception> WalkAsync(JournalMessage message, Source source)
    {
        var (reading, issues) = await host.Services.GetRequiredService<ReceiveSignalement>()
            .ReadAsync(message, source, TestContext.Current.CancellationToken);
        return await host.Services.GetRequiredService<MessageWalk>().HandleAsync(message, source, reading!, issues);
    }

    private async Task IsThereOnceAsync(JournalMessage message, Somebody who, Reception answer)
    {
        using var team = await host.ClientAsync(Tenant);
        Assert.Single((await team.GetJsonAsync($"/fhir/Patient?family={who.Family}")).Matches());
        Assert.Single((await team.GetJsonAsync($"/fhir/ServiceRequest?patient={answer.Patient}")).Matches());
        Assert.Equal("1", (await team.GetJsonAsync($"/fhir/{answer.Signalement}")).GetProperty("meta").Text("versionId"));
        var settled = await ReadAsync(message);
        Assert.Equal(MessageState.Processed, settled.State);
        Assert.Equal(1, settled.Attempts);
    }

    private async Task<JournalMessage> ReadAsync(JournalMessage message) =>
        (await host.Services.GetRequiredService<Journal>().ReadAsync(Tenant, message.Id, TestContext.Current.CancellationToken))!;

    private static string Text(Reception reception) => Encoding.UTF8.GetString(reception.ToJson());
}
