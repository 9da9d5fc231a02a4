using System.Globalization;
using CptsFhirHub.Coordination;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Server.Flows;

/// <summary>
/// Where communes are: <c>mappings/communs/communes.csv</c> (<c>insee;nom;code_postal;latitude;longitude</c>), which an installation
/// completes with its own. An address is found by its INSEE code, else by name and post code, else by the one or the other where that is of
/// one commune alone.
/// </summary>
internal sealed class Communes
{
    private const string InseeExtension = "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-address-insee-code";

    private readonly Dictionary<string, GeoPoint> _positions = new(StringComparer.Ordinal);

    public Communes(IEnumerable<string> lines)
    {
        var shared = new HashSet<string>(StringComparer.Ordinal);
        foreach (var line in lines.Skip(1))
        {
            if (line.Split(';') is not [var insee, var name, var postCode, var latitude, var longitude, ..]
                || !double.TryParse(latitude, NumberStyles.Float, CultureInfo.InvariantCulture, out var north)
                || !double.TryParse(longitude, NumberStyles.Float, CultureInfo.InvariantCulture, out var east))
                continue;
            var position = new GeoPoint(north, east);
            _positions[insee] = position;
            _positions[$"{postCode}|{PlainText.Words(name)}"] = position;
            foreach (var vague in (ReadOnlySpan<string>)[$"{postCode}|", $"|{PlainText.Words(name)}"])
                if (!_positions.TryAdd(vague, position))
                    shared.Add(vague);
        }

        foreach (var vague in shared)
            _positions.Remove(vague);
    }

    /// <summary>The position of a Location: its own, else the middle of its commune.</summary>
    public GeoPoint? PlaceOf(Element location) => location.Child("position") is { } position
        && double.TryParse(position.Text("latitude"), NumberStyles.Float, CultureInfo.InvariantCulture, out var latitude)
        && double.TryParse(position.Text("longitude"), NumberStyles.Float, CultureInfo.InvariantCulture, out var longitude)
            ? new(latitude, longitude)
            : location.Child("address") is { } address ? Of(address) : null;

    public static Communes Load(string mappings)
    {
        var file = Path.Combine(mappings, "communs", "communes.csv");
        return new(File.Exists(file) ? File.ReadLines(file) : []);
    }

    /// <summary>The middle of the commune of an address; null when it is not known here.</summary>
    public GeoPoint? Of(Element address)
    {
        if (address.ExtensionOf(InseeExtension)?.At("valueCoding")?.Text("code") is { } insee && _positions.TryGetValue(insee, out var coded))
            return coded;
        var (postCode, city) = (address.Text("postalCode") ?? "", PlainText.Words(address.Text("city") ?? ""));
        return _positions.TryGetValue($"{postCode}|{city}", out var named) ? named
            : postCode.Length > 0 && _positions.TryGetValue($"{postCode}|", out var only) ? only
            : null;
    }
}
