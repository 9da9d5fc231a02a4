using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using CptsFhirHub.Generator;

namespace CptsFhirHub.Bench;

/// <summary>One message of a source as its sender posts it.</summary>
internal sealed record SourceMessage(string Address, string Account, string ContentType, ReadOnlyMemory<byte> Bytes);

/// <summary>
/// The messages of each source as the synthetic territories have them, dirt included; of a file each line is a file of its own, under the
/// file's header. Seeds are added until there are as many as wished: no message comes twice.
/// </summary>
internal static class SourceLoads
{
    /// <summary>Territories that are made for one source at most: a source that sends little in all of them is measured with what there is.</summary>
    private const int SeedsMax = 40;

    /// <summary>Lines of the main source in one territory.</summary>
    private const int Size = 1_000;

    /// <summary>The territory in which a source sends most.</summary>
    private static readonly Dictionary<string, string> Richest = new(StringComparer.Ordinal)
    {
        ["recensement"] = "vendee",
        ["telephone"] = "charente",
        ["appels-snp"] = "loiret",
        ["cpam-cohort"] = "val",
        ["medecins"] = "sarthe",
    };

    public static IReadOnlyList<SourceMessage> Of(string source, int count)
    {
        var profile = TerritoryProfile.Find(Richest.GetValueOrDefault(source, "essonne"))!;
        var messages = new List<SourceMessage>(count);
        for (var seed = 1; seed <= SeedsMax && messages.Count < count; seed++)
            foreach (var delivery in GeneratedTerritory.Of(new(seed, profile) { Size = Size, Today = DateOnly.FromDateTime(DateTime.UtcNow) }).Deliveries)
                if (delivery.Source == source)
                    messages.AddRange(Split(delivery));
        return messages.Count > count ? messages.GetRange(0, count) : messages;
    }

    private static IEnumerable<SourceMessage> Split(Delivery delivery)
    {
        var address = delivery.Source == "fhir" ? "/fhir/$process-message" : $"/intake/{delivery.Source}";
        var account = delivery.Sender == "team" ? "demo-cpts" : "demo-" + delivery.Sender;
        if (!delivery.IsFile || !delivery.ContentType.StartsWith("text/csv", StringComparison.Ordinal))
            return [new(address, account, delivery.ContentType, delivery.Bytes)];

        // Latin-1 keeps every byte, whatever the file's charset is: the lines are only cut, not read.
        var lines = Encoding.Latin1.GetString(delivery.Bytes.Span).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return lines.Skip(1).Select(line => new SourceMessage(address, account, delivery.ContentType, Encoding.Latin1.GetBytes($"{lines[0]}\n{line}\n")));
    }

    /// <summary>A workload that takes each message once; how many there are bounds how long it lasts.</summary>
    public static Workload Once(string source, IReadOnlyList<SourceMessage> messages)
    {
        var left = new ConcurrentQueue<SourceMessage>(messages);
        return new(string.Create(CultureInfo.InvariantCulture, $"{source}, {messages.Count:#,0} messages"), messages[0].Account, () =>
            left.TryDequeue(out var message)
                ? new(HttpMethod.Post, message.Address)
                {
                    Content = new ReadOnlyMemoryContent(message.Bytes) { Headers = { ContentType = System.Net.Http.Headers.MediaTypeHeaderValue.Parse(message.ContentType) } },
                }
                : null);
    }
}
