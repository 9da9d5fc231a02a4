using System.Globalization;
using System.Text;
using System.Text.Json;

namespace CptsFhirHub.Server.Flows;

/// <summary>How many people without a GP live in a commune.</summary>
/// <param name="Home">Null for those of whom no commune is known.</param>
/// <param name="Files">Open files, those in doubt among them.</param>
/// <param name="Fragile">Open files of fragile people.</param>
/// <param name="InDoubt">Open files of people who may be known already: they may be counted twice.</param>
internal sealed record CommuneCount(Commune? Home, int Files, int Fragile, int InDoubt);

/// <summary>Open files by the commune in which the person lives (flow M03): one look at what is kept of them, whatever the number of communes.</summary>
internal sealed class CommuneMap(OpenFiles files)
{
    /// <summary>By name; those without a commune at the end. The sum of the files is their number.</summary>
    public async Task<IReadOnlyList<CommuneCount>> CountAsync(string tenant, string? source, CancellationToken cancellationToken)
    {
        var counts = new Dictionary<string, CommuneCount>(StringComparer.Ordinal);
        foreach (var file in await files.AllAsync(tenant, source, cancellationToken))
        {
            var home = file.Home;
            var before = counts.GetValueOrDefault(home?.Key ?? "") ?? new(home, 0, 0, 0);
            counts[home?.Key ?? ""] = new(
                before.Home, before.Files + 1, before.Fragile + (file.IsFragile ? 1 : 0), before.InDoubt + (file.IsInDoubt ? 1 : 0));
        }

        return [.. counts.Values.OrderBy(count => count.Home is null).ThenBy(count => count.Home?.Name, StringComparer.Ordinal)
            .ThenBy(count => count.Home?.Key, StringComparer.Ordinal)];
    }

    /// <summary>One line a commune, as French spreadsheets open it.</summary>
    public static string Csv(IReadOnlyList<CommuneCount> counts)
    {
        var csv = new StringBuilder("\uFEFFinsee;commune;latitude;longitude;dossiers;fragiles;doublons_a_verifier\r\n");
        foreach (var count in counts)
        {
            string?[] cells =
            [
                count.Home?.Insee, count.Home?.Name ?? "Commune inconnue", Plain(count.Home?.Position?.Latitude), Plain(count.Home?.Position?.Longitude),
                Plain(count.Files), Plain(count.Fragile), Plain(count.InDoubt),
            ];
            csv.AppendJoin(';', cells.Select(CohortReport.Cell)).Append("\r\n");
        }

        return csv.ToString();
    }

    /// <summary>The same as GeoJSON (RFC 7946): a point a commune, without geometry where the position is not known.</summary>
    public static byte[] ToGeoJson(IReadOnlyList<CommuneCount> counts)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new() { Encoder = JsonText.Readable }))
            Write(json, counts);
        return buffer.WrittenSpan.ToArray();
    }

    private static void Write(Utf8JsonWriter json, IReadOnlyList<CommuneCount> counts)
    {
        json.WriteStartObject();
        json.WriteString("type", "FeatureCollection");
        json.WriteStartArray("features");
        foreach (var count in counts)
        {
            json.WriteStartObject();
            json.WriteString("type", "Feature");
            if (count.Home?.Position is { } position)
            {
                json.WriteStartObject("geometry");
                json.WriteString("type", "Point");
                json.WriteStartArray("coordinates");
                json.WriteNumberValue(position.Longitude);
                json.WriteNumberValue(position.Latitude);
                json.WriteEndArray();
                json.WriteEndObject();
            }
            else
                json.WriteNull("geometry");
            json.WriteStartObject("properties");
            json.WriteString("insee", count.Home?.Insee);
            json.WriteString("commune", count.Home?.Name ?? "Commune inconnue");
            json.WriteNumber("dossiers", count.Files);
            json.WriteNumber("fragiles", count.Fragile);
            json.WriteNumber("doublons_a_verifier", count.InDoubt);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static string? Plain(double? number) => number?.ToString(CultureInfo.InvariantCulture);
}
