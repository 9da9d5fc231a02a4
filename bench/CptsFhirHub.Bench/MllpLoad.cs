using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace CptsFhirHub.Bench;

/// <summary>HL7 v2 over the hub's own MLLP port: each connection sends, waits for its acknowledgement, sends the next.</summary>
internal static class MllpLoad
{
    /// <summary>Movements of persons whose GP is declared: the mass of what a hospital sends. The hub keeps the message, and answers when it is durable.</summary>
    public static string Movement(int n) => Message(n, "A01", "ROL|1|AD|ODRP|801234567^LEMEDECIN^ANNE^^^DR^^^ASIP-SANTE-PS&1.2.250.1.71.4.2.1&ISO^L^^^RPPS|20260112083000");

    /// <summary>Discharges of persons without a declared GP: each is a signalement.</summary>
    public static string Discharge(int n) => Message(n, "A03", gp: null);

    public static async Task<Measurement> MeasureAsync(HubProcess hub, Func<int, string> message, int connections, TimeSpan warmUp, TimeSpan duration)
    {
        await RunAsync(hub, message, connections, warmUp);
        var before = hub.CpuTime;
        var clock = Stopwatch.StartNew();
        var (latencies, refused) = await RunAsync(hub, message, connections, duration);
        var (elapsed, cpu) = (clock.Elapsed, hub.CpuTime - before);
        latencies.Sort();
        return new(latencies.Count / elapsed.TotalSeconds, At(latencies, 0.5), At(latencies, 0.95), At(latencies, 0.99), cpu.TotalMicroseconds / latencies.Count, refused);
    }

    private static double At(List<double> sorted, double share) => sorted[Math.Min(sorted.Count - 1, (int)(sorted.Count * share))];

    private static async Task<(List<double> Latencies, int Refused)> RunAsync(HubProcess hub, Func<int, string> message, int connections, TimeSpan duration)
    {
        var until = Stopwatch.GetTimestamp() + (long)(duration.TotalSeconds * Stopwatch.Frequency);
        var lanes = await Task.WhenAll(Enumerable.Range(0, connections).Select(_ => LaneAsync(hub.MllpPort, message, until)));
        return (lanes.SelectMany(lane => lane.Latencies).ToList(), lanes.Sum(lane => lane.Refused));
    }

    private static async Task<(List<double> Latencies, int Refused)> LaneAsync(int port, Func<int, string> message, long until)
    {
        using var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync("127.0.0.1", port);
        var stream = client.GetStream();
        var (latencies, refused, buffer) = (new List<double>(10_000), 0, new byte[16 * 1024]);
        while (Stopwatch.GetTimestamp() < until)
        {
            var framed = Encoding.UTF8.GetBytes($"\u000b{message(Workload.NextSerial())}\u001c\r");
            var sent = Stopwatch.GetTimestamp();
            await stream.WriteAsync(framed);
            var read = 0;
            do
            {
                var count = await stream.ReadAsync(buffer.AsMemory(read));
                if (count == 0)
                    throw new IOException("The hub closed the connection.");
                read += count;
            }
            while (buffer[read - 1] != 0x0D || buffer[read - 2] != 0x1C);
            latencies.Add(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
            if (!Encoding.UTF8.GetString(buffer, 0, read).Contains("MSA|AA|", StringComparison.Ordinal))
                refused++;
        }

        return (latencies, refused);
    }

    private static string Message(int n, string trigger, string? gp)
    {
        var number = n.ToString(CultureInfo.InvariantCulture);
        string?[] segments =
        [
            $"MSH|^~\\&|GAM-DEMO|CH-DEMO|HUB|CPTS-DEMO|20260119101500||ADT^{trigger}^ADT_{trigger}|M{Guid.NewGuid():N}|D|2.5^FRA^2.11|||||FRA|UNICODE UTF-8|FR||2.11^IHE_FRANCE-2.11-PAM",
            "EVN||20260119101500||||20260119100000",
            $"PID|1||M{number}^^^CH-DEMO&859900011&N^PI||{People.FamilyName(n)}^{People.FirstName(n)}^{People.FirstName(n)}^^^^L||{People.Born(n):yyyyMMdd}|F|||4 RUE DU FOUR^^AIZENAY^^85190^FRA^H||^PRN^PH^^^^^^^^^{People.Phone(n)}|||||V{number}^^^CH-DEMO&859900011&M^AN||||||||||||N||PROV",
            gp,
            $"PV1|1|I|MED2^12^1^CH-DEMO&859900011&M||||||||||||||||V{number}^^^CH-DEMO&859900011&M^VN|||||||||||||||||6||||||||20260112083000|{(trigger == "A03" ? "20260119100000" : "")}",
            $"ZBE|{number}^CH-DEMO^859900011|20260119100000||INSERT|N||MED2^^^^^^UF^^^2110||HMS",
        ];
        return string.Join('\r', segments.OfType<string>()) + "\r";
    }
}
