using System.Text.Json;
using CptsFhirHub.Server.Flows;
using CptsFhirHub.Storage;
using CptsFhirHub.Tests.Intake;
using Microsoft.Extensions.DependencyInjection;

namespace CptsFhirHub.Tests.Flows;

/// <summary>A hospital that joins two numbers before either is known here is remembered: what still comes under the one that is gone is the other's.</summary>
public sealed class Merges_before_their_persons(HubHost host)
{
    [Fact]
    public async Task A_message_under_a_retired_number_and_one_under_the_number_that_stays_are_one_person()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        var (gone, stays) = Two();
        var (_, nothing) = await SendAsync(hospital, Messages.Adt(stays, "A40", mrg: gone.Ipp));
        Assert.Equal("", nothing.Text("patient"));

        var (_, late) = await SendAsync(hospital, Messages.Adt(gone, "A03"));
        var (_, next) = await SendAsync(hospital, Messages.Adt(stays, "A31"));

        Assert.Equal(late.Text("patient"), next.Text("patient"));
        Assert.Equal([(gone.Ipp, "old"), (stays.Ipp, "usual")], await NumbersAsync(team, late));
    }

    [Fact]
    public async Task A_person_known_under_the_number_that_stays_is_found_by_the_retired_one()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        var (gone, stays) = Two();
        await SendAsync(hospital, Messages.Adt(stays, "A40", mrg: gone.Ipp));
        var (_, known) = await SendAsync(hospital, Messages.Adt(stays, "A01"));

        var (_, late) = await SendAsync(hospital, Messages.Adt(gone, "A03"));

        Assert.Equal(known.Text("signalement"), late.Text("signalement"));
        Assert.Equal([(gone.Ipp, "old"), (stays.Ipp, "usual")], await NumbersAsync(team, late));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_chain_of_merges_leads_to_the_last_number_in_whatever_order_they_come(bool isBackwards)
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        var first = Somebody.New();
        var chain = Enumerable.Range(0, 5).Select(n => first with { Ipp = $"{n}{first.Ipp}" }).ToList();
        var merges = chain.Zip(chain.Skip(1)).Select(pair => Messages.Adt(pair.Second, "A40", mrg: pair.First.Ipp)).ToList();
        foreach (var merge in isBackwards ? Enumerable.Reverse(merges) : merges)
            await SendAsync(hospital, merge);

        var (_, late) = await SendAsync(hospital, Messages.Adt(chain[0], "A03"));

        Assert.Contains((chain[^1].Ipp, "usual"), await NumbersAsync(team, late));
        Assert.Single(await NumbersAsync(team, late), number => number.Use == "usual");
        var (_, next) = await SendAsync(hospital, Messages.Adt(chain[^1] with { Family = "AUTRE" + first.Family, Phone = Somebody.New().Phone }, "A31"));
        Assert.Equal(late.Text("patient"), next.Text("patient"));
    }

    [Fact]
    public async Task What_is_said_the_other_way_round_later_counts_and_a_ring_leads_nowhere()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        var (one, other) = Two();
        await SendAsync(hospital, Messages.Adt(other, "A40", mrg: one.Ipp));
        await SendAsync(hospital, Messages.Adt(one, "A40", mrg: other.Ipp));
        var (_, late) = await SendAsync(hospital, Messages.Adt(other, "A03"));
        Assert.Equal([(other.Ipp, "old"), (one.Ipp, "usual")], await NumbersAsync(team, late));

        var ring = Enumerable.Range(0, 3).Select(n => Somebody.New()).ToList();
        for (var n = 0; n < 3; n++)
            await SendAsync(hospital, Messages.Adt(ring[(n + 1) % 3], "A40", mrg: ring[n].Ipp));
        var (_, round) = await SendAsync(hospital, Messages.Adt(ring[0], "A03"));
        Assert.Contains((ring[0].Ipp, "usual"), await NumbersAsync(team, round));
    }

    [Fact]
    public async Task A_merge_and_the_first_message_of_its_person_at_once_leave_one_person_with_both_numbers()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        var pairs = Enumerable.Range(0, 12).Select(_ => Two()).ToList();
        foreach (var portion in pairs.Chunk(4))
            await Task.WhenAll(portion.SelectMany(pair => (Task<(int, JsonElement)>[])
            [
                SendAsync(hospital, Messages.Adt(pair.Stays, "A40", mrg: pair.Gone.Ipp)), SendAsync(hospital, Messages.Adt(pair.Gone, "A03")),
            ]));
        foreach (var (gone, stays) in pairs)
        {
            var person = Assert.Single((await team.GetJsonAsync($"/fhir/Patient?family={gone.Family}")).Matches());
            Assert.Equal([(gone.Ipp, "old"), (stays.Ipp, "usual")], Numbers(person));
        }
    }

    [Fact]
    public async Task What_is_remembered_goes_with_the_person_or_after_a_month()
    {
        await using var own = await HubHost.StartAsync();
        using var hospital = await own.ClientAsync("demo-hospital");
        using var team = await own.ClientAsync("demo-cpts");
        var (gone, stays) = Two();
        foreach (var _ in Enumerable.Range(0, 2))
            await SendAsync(hospital, Messages.Adt(stays, "A40", mrg: gone.Ipp));
        var note = Assert.Single((await team.GetJsonAsync("/fhir/Basic?code=numero-remplace")).Matches());
        Assert.DoesNotContain(gone.Ipp!, note.ToString(), StringComparison.Ordinal);
        Assert.Equal(404, (await hospital.GetFhirAsync($"Basic/{note.Text("id")}")).Status);

        var (_, late) = await SendAsync(hospital, Messages.Adt(gone, "A03"));
        var purge = await team.PostFhirAsync(
            $"{late.Text("patient")}/$purge", """{"resourceType":"Parameters","parameter":[{"name":"reason","valueString":"Demande de la personne"}]}""");
        Assert.True(purge.Status == 200, purge.Text);
        Assert.Equal(410, (await team.GetFhirAsync($"Basic/{note.Text("id")}")).Status);

        await SendAsync(hospital, Messages.Adt(stays, "A40", mrg: gone.Ipp));
        var withdrawals = own.Services.GetRequiredService<Withdrawals>();
        Assert.Equal(1, await withdrawals.ForgetAsync("demo-cpts", DateTimeOffset.UtcNow.AddDays(31), TestContext.Current.CancellationToken));
        Assert.Empty((await team.GetJsonAsync("/fhir/Basic?code=numero-remplace")).Matches());
        Assert.Empty((await own.Services.GetRequiredService<HubStore>().VerifyAsync(10, TestContext.Current.CancellationToken)).Faults);
    }

    /// <summary>One person under two numbers, whom nothing but these joins for certain: another name, another phone.</summary>
    private static (Somebody Gone, Somebody Stays) Two()
    {
        var gone = Somebody.New();
        return (gone, gone with { Family = "AUTRE" + gone.Family, Phone = Somebody.New().Phone, Ipp = Somebody.New().Ipp });
    }

    private static async Task<(int Status, JsonElement Body)> SendAsync(HttpClient hospital, string message)
    {
        var answer = await hospital.PostMessageAsync("hospital", message, Messages.Hl7);
        Assert.True(answer.Status is 200 or 201, $"{answer.Status} {answer.Body}");
        return answer;
    }

    private static async Task<List<(string? Value, string Use)>> NumbersAsync(HttpClient team, JsonElement answer) =>
        Numbers(await team.GetJsonAsync($"/fhir/{answer.Text("patient")}"));

    private static List<(string? Value, string Use)> Numbers(JsonElement person) =>
    [
        .. person.GetProperty("identifier").EnumerateArray().Select(number => ((string?)number.Text("value"), number.Text("use")))
            .OrderBy(number => number.Item2, StringComparer.Ordinal).ThenBy(number => number.Item1, StringComparer.Ordinal),
    ];
}
