using System.Globalization;
using System.Text.Json;
using CptsFhirHub.Server.Intake.Mllp;
using CptsFhirHub.Tests.Intake;
using Microsoft.Extensions.DependencyInjection;

namespace CptsFhirHub.Tests.Flows;

/// <summary>What a hospital says of one person ends in the same state, in whatever order its messages come.</summary>
public sealed class Orders_of_messages(HubHost host)
{
    /// <summary>As many in a run; another <c>HUB_TEST_SEED</c> gives others.</summary>
    private const int Sequences = 8;

    /// <summary>Orders of one sequence that are tried, beside the right one.</summary>
    private const int OrdersMax = 7;

    [Fact]
    public async Task Random_messages_end_alike()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("HUB_TEST_SEED"), CultureInfo.InvariantCulture, out var given) ? given : 20_000;
        using var hospital = await host.ClientAsync("demo-hospital");
        using var team = await host.ClientAsync("demo-cpts");
        for (var i = 0; i < Sequences; i++)
        {
            var chance = new Random(seed + i);
            var messages = Sequence(chance);
            var expected = await StateAsync(messages);
            foreach (var order in Orders(chance, messages))
            {
                var state = await StateAsync(order);
                Assert.True(expected == state, $"""
                    HUB_TEST_SEED={seed + i}, sent as {string.Join(", ", order)}:
                    {state}
                    and in the right order, {string.Join(", ", messages)}:
                    {expected}
                    """);
            }
        }

        async Task<string> StateAsync(IReadOnlyList<Told> messages)
        {
            var who = Somebody.New();
            foreach (var told in messages)
            {
                var (status, answer) = await hospital.PostMessageAsync("hospital", told.For(who), Messages.Hl7);
                // 202: the second number may be somebody else until the hospital joins the two.
                Assert.True(status is 200 or 201 or 202, $"HUB_TEST_SEED={seed}, {told}: {status} {answer}");
            }

            // A join of numbers is the hospital's last word on the person as a whole, though it tells no home.
            return await FinalAsync(team, who, hasHome: messages.All(told => told.Movement is not null));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_discharge_and_its_cancellation_on_two_connections_leave_one_closed_file(bool isCancelledFirst)
    {
        await using var own = await HubHost.StartAsync(("Hub:Mllp:Port", "-1"), ("Hub:DemoTerritory", "false"), ("Hub:Limits:MllpConnectionsPerAddress", "64"));
        var endpoint = own.Services.GetRequiredService<MllpListener>().Endpoint!;
        using var team = await own.ClientAsync("demo-cpts");
        foreach (var portion in Enumerable.Range(0, 48).Select(_ => Somebody.New()).Chunk(12))
        {
            var answers = await Task.WhenAll(portion.SelectMany(who =>
            {
                string[] pair = [new Movement("A03", "1015", "M1").For(who), new Movement("A13", "1030", "M1").For(who)];
                return isCancelledFirst ? pair.Reverse() : pair;
            }).Select(async message =>
            {
                using var peer = await MllpPeer.ConnectAsync(endpoint);
                return await peer.SendAsync(message);
            }));
            Assert.All(answers, answer => Assert.Contains("\rMSA|AA|", answer, StringComparison.Ordinal));
            foreach (var who in portion)
            {
                var requests = (await team.GetJsonAsync($"/fhir/ServiceRequest?patient.family={who.Family}")).Matches();
                if (requests is not [var one] || one.Text("status") != "revoked")
                    Assert.Fail($"{requests.Count} requests of {who}: {string.Join('\n', requests)}\n{await team.GetJsonAsync("/intake/messages?source=hospital&_count=200")}");
            }
        }

        Assert.DoesNotContain("\"state\":\"received\"", (await team.GetJsonAsync("/intake/messages?source=hospital&_count=200")).GetRawText().Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    /// <summary>A message of a hospital, or that it joins the second number of the person to the first.</summary>
    private sealed record Told(Movement? Movement, bool IsSecondNumber, string Hour)
    {
        public string For(Somebody who)
        {
            var second = who with { Ipp = "2" + who.Ipp };
            return Movement is { } movement ? movement.For(IsSecondNumber ? second : who)
                : Messages.Adt(who, "A40", mrg: second.Ipp).Replace("|20260619101500|", $"|20260619{Hour}00|", StringComparison.Ordinal)
                    .Replace("4 RUE DU FOUR^^AIZENAY^^85190^FRA^H", "", StringComparison.Ordinal);
        }

        public override string ToString() => Movement is { } movement ? $"{movement}{(IsSecondNumber ? " under the second number" : "")}" : $"A40 {Hour}";
    }

    /// <summary>Two to five messages in the right order, each at an hour of its own: stays that begin and end, what takes them back, and what is told anew.</summary>
    private static List<Told> Sequence(Random chance)
    {
        List<Told> told = [];
        var count = chance.Next(2, 6);
        var hasMerge = false;
        for (var i = 0; i < count; i++)
        {
            var hour = string.Create(CultureInfo.InvariantCulture, $"{8 + i:00}{chance.Next(60):00}");
            var isSecond = !hasMerge && chance.Next(6) == 0;
            var open = told.Where(one => one.Movement is { Trigger: "A01" or "A03", Gp: null }
                && !told.Exists(other => other.Movement is { Trigger: "A11" or "A13" } taken && taken.Number == one.Movement.Number)).ToList();
            if (open.Count > 0 && chance.Next(3) == 0)
            {
                // The latest of a stay is what can be taken back.
                var of = open[^1];
                told.Add(new(new Movement(of.Movement!.Trigger is "A01" ? "A11" : "A13", hour, of.Movement.Number, of.Movement.Stay), of.IsSecondNumber, hour));
            }
            else if (!hasMerge && told.Count > 0 && chance.Next(6) == 0)
            {
                hasMerge = true;
                told.Add(new(null, false, hour));
            }
            else
            {
                var trigger = chance.Next(4) switch { 0 => "A08", 1 => "A01", _ => "A03" };
                told.Add(new(new Movement(trigger, hour, $"M{i}", chance.Next(3) == 0 ? "2" : "1")
                {
                    Gp = chance.Next(4) == 0 ? $"8100990000{chance.Next(20, 30)}" : null,
                    Phone = chance.Next(3) == 0 ? string.Create(CultureInfo.InvariantCulture, $"07000{chance.Next(10_000, 99_999)}") : null,
                    Street = chance.Next(3) == 0 ? $"{chance.Next(2, 90)} QUAI NEUF" : null,
                }, isSecond, hour));
            }
        }

        if (!told.Exists(one => one.IsSecondNumber))
            return told;
        if (!hasMerge)
            told.Add(new(null, false, "1800"));

        // Whether somebody with another number, another phone and another home is the same is for a person to say; and a GP that was named under one number
        // says nothing of the other until the two are joined.
        return [.. told.Select(one => one with { Movement = one.Movement is { } movement ? movement with { Phone = null, Street = null, Gp = null } : null })];
    }

    private static List<IReadOnlyList<Told>> Orders(Random chance, List<Told> messages) =>
        [.. Movement.Orders(messages).Skip(1).OrderBy(_ => chance.Next()).Take(OrdersMax)];

    /// <summary>The files that are open, and of their person the name and the home; of one whose file is closed nothing is asked.</summary>
    private static async Task<string> FinalAsync(HttpClient team, Somebody who, bool hasHome)
    {
        var found = await team.GetJsonAsync($"/fhir/ServiceRequest?patient.family={who.Family}&status=active&_include=ServiceRequest:patient");
        var open = found.TryGetProperty("entry", out var entries) ? entries.EnumerateArray().Select(entry => entry.GetProperty("resource")).ToList() : [];
        var persons = open.Where(resource => resource.Text("resourceType") == "Patient").Select(patient => string.Join('\n',
            Of(patient, "name", name => name.Text("family")), Of(patient, "address", address => hasHome && address.Text("use") == "home" ? address.GetProperty("line")[0].GetString()! : "")));
        return $"{open.Count(resource => resource.Text("resourceType") == "ServiceRequest")} open\n{string.Join('\n', persons)}".Replace(who.Family, "NAME", StringComparison.Ordinal);

        static string Of(JsonElement patient, string member, Func<JsonElement, string> say) =>
            patient.TryGetProperty(member, out var items) ? $"{member}: {string.Join(", ", items.EnumerateArray().Select(say).Where(text => text.Length > 0).Distinct().Order(StringComparer.Ordinal))}" : "";
    }
}
