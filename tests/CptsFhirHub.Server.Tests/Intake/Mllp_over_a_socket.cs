using System.Text;
using CptsFhirHub.Server.Intake.Mllp;
using Microsoft.Extensions.DependencyInjection;

namespace CptsFhirHub.Tests.Intake;

/// <summary>HL7 v2 over MLLP, as a hospital's engine speaks it.</summary>
public sealed class Mllp_over_a_socket : IAsyncLifetime
{
    private HubHost _host = null!;

    public async ValueTask InitializeAsync() =>
        _host = await HubHost.StartAsync(("Hub:Mllp:Port", "-1"), ("Hub:DemoTerritory", "false"), ("Hub:Limits:MllpMessageBytes", "65536"));

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task A_discharge_is_accepted_once_it_is_kept()
    {
        using var connection = await ConnectAsync();
        var who = Somebody.New();

        var answer = await connection.SendAsync(Messages.Adt(who, "A03", "CTRL-1"));

        Assert.Contains("MSA|AA|CTRL-1", answer, StringComparison.Ordinal);
        using var team = await _host.ClientAsync("demo-cpts");
        Assert.Single((await team.GetJsonAsync($"/fhir/Patient?family={who.Family}")).Matches());
    }

    [Fact]
    public async Task The_same_discharge_twice_is_accepted_twice_and_happens_once()
    {
        using var connection = await ConnectAsync();
        var who = Somebody.New();
        var message = Messages.Adt(who, "A03");

        Assert.Contains("MSA|AA", await connection.SendAsync(message), StringComparison.Ordinal);
        Assert.Contains("MSA|AA", await connection.SendAsync(message), StringComparison.Ordinal);

        using var team = await _host.ClientAsync("demo-cpts");
        Assert.Single((await team.GetJsonAsync($"/fhir/ServiceRequest?patient.family={who.Family}")).Matches());
    }

    [Fact]
    public async Task A_bad_message_is_refused_with_its_place_and_the_connection_stays_usable()
    {
        using var connection = await ConnectAsync();

        var refused = await connection.SendAsync(Messages.Adt(Somebody.New(), "A03", "CTRL-2").Replace("PID|", "PIX|", StringComparison.Ordinal));
        var accepted = await connection.SendAsync(Messages.Adt(Somebody.New(), "A03", "CTRL-3"));

        Assert.Contains("MSA|AE|CTRL-2", refused, StringComparison.Ordinal);
        Assert.Contains("ERR|", refused, StringComparison.Ordinal);
        Assert.Contains("MSA|AA|CTRL-3", accepted, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_message_past_the_limit_is_refused_and_the_connection_stays_usable()
    {
        using var connection = await ConnectAsync();

        var refused = await connection.SendAsync(Messages.Adt(Somebody.New(), "A03", "CTRL-4") + "NTE|1||" + new string('x', 70_000) + "\r");
        var accepted = await connection.SendAsync(Messages.Adt(Somebody.New(), "A03", "CTRL-5"));

        Assert.Contains("MSA|AR|CTRL-4", refused, StringComparison.Ordinal);
        Assert.Contains("MSA|AA|CTRL-5", accepted, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stray_line_ends_before_a_frame_are_skipped_and_a_stream_without_frames_is_closed()
    {
        using var polite = await ConnectAsync();
        await polite.WriteAsync("\r\n"u8.ToArray());
        Assert.Contains("MSA|AA", await polite.SendAsync(Messages.Adt(Somebody.New(), "A03")), StringComparison.Ordinal);

        using var rude = await ConnectAsync();
        await rude.WriteAsync(Encoding.ASCII.GetBytes(new string('x', 2_000)));
        Assert.Equal("", await rude.ReadAsync());
    }

    [Fact]
    public async Task A_frame_in_pieces_is_one_message()
    {
        using var connection = await ConnectAsync();
        var bytes = MllpPeer.Framed(Messages.Adt(Somebody.New(), "A03", "CTRL-6"));
        foreach (var piece in bytes.Chunk(97))
            await connection.WriteAsync(piece);

        Assert.Contains("MSA|AA|CTRL-6", await connection.ReadAsync(), StringComparison.Ordinal);
    }

    private Task<MllpPeer> ConnectAsync() => MllpPeer.ConnectAsync(_host.Services.GetRequiredService<MllpListener>().Endpoint!);
}
