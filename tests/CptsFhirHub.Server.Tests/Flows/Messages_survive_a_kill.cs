using System.Diagnostics;
using CptsFhirHub.Tests.Intake;

namespace CptsFhirHub.Tests.Flows;

/// <summary>What was acknowledged is there after kill -9 and a restart, once.</summary>
public sealed class Messages_survive_a_kill
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_sign_up_answered_before_the_kill_is_there_after_it()
    {
        var folder = Directory.CreateTempSubdirectory("hub-kill-").FullName;
        try
        {
            var acknowledged = new List<string>();
            var key = Guid.NewGuid().ToString();
            var body = Messages.SignUp(Somebody.New(), key);
            using (var first = await ChildHub.StartAsync(folder))
            {
                using var booking = await first.ClientAsync("demo-booking");
                var (status, answer) = await booking.PostMessageAsync("doctolib", body, Messages.Json);
                Assert.True(status == 201, $"{status} {answer}");
                acknowledged.Add(answer.Text("messageId"));

                // The kill falls into a stream of messages: some are under way, some are acknowledged.
                using var cut = new CancellationTokenSource();
                var stream = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
                {
                    while (!cut.IsCancellationRequested)
                    {
                        try
                        {
                            var (code, told) = await booking.PostMessageAsync("doctolib", Messages.SignUp(Somebody.New()), Messages.Json);
                            if (code == 201)
                                lock (acknowledged)
                                    acknowledged.Add(told.Text("messageId"));
                        }
                        catch (Exception fault) when (fault is HttpRequestException or IOException)
                        {
                            return;
                        }
                    }
                })).ToList();
                await Task.Delay(500);
                await first.KillAsync();
                await cut.CancelAsync();
                await Task.WhenAll(stream);
            }

            using var second = await ChildHub.StartAsync(folder);
            using var team = await second.ClientAsync("demo-cpts");
            foreach (var id in acknowledged)
            {
                var line = await team.GetJsonAsync($"/intake/messages/{id}");
                Assert.Equal("processed", line.Text("state"));
                await team.GetJsonAsync($"/fhir/{line.Text("signalement")}");
            }

            using var again = await second.ClientAsync("demo-booking");
            Assert.Equal(200, (await again.PostMessageAsync("doctolib", body, Messages.Json)).Status);
            var deadline = Stopwatch.StartNew();
            while ((await team.GetJsonAsync("/intake/messages?state=received")).GetProperty("messages").GetArrayLength() > 0)
            {
                Assert.True(deadline.Elapsed < Patience, "Unfinished messages are not resumed.");
                await Task.Delay(100);
            }

            await second.KillAsync();
        }
        finally
        {
            StorePlace.Forget(folder);
            Directory.Delete(folder, recursive: true);
        }
    }
}
