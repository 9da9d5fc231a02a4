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

    private readonly Dictionary<string, Commune> _known = new(StringComparer.Ordinal);
    private readonly List<(string PostCode, Commune Commune)> _all = [];

    public Communes(IEnumerable<string> lines)
    {
        var shared = new HashSet<string>(StringComparer.Ordinal);
        foreach (var line in lines.Skip(1))
        {
            if (line.Split(';') is not [var insee, var name, var postCode, var latitude, var longitude, ..]
                || !double.TryParse(latitude, NumberStyles.Float, CultureInfo.InvariantCulture, out var north)
                || !double.TryParse(longitude, NumberStyles.Float, CultureInfo.InvariantCulture, out var east))
                continue;
            var commune = new Commune(insee, name, new(north, east));
            _all.Add((postCode, commune));
            _known[insee] = commune;
            _known[$"{postCode}|{PlainText.Words(name)}"] = commune;
            foreach (var vague in (ReadOnlySpan<string>)[$"{postCode}|", $"|{PlainText.Words(name)}"])
                if (!_known.TryAdd(vague, commune))
                    shared.Add(vague);
        }

        foreach (var vague in shared)
            _known.Remove(vague);
    }

    /// <summary>The communes of the table, the nearest first.</summary>
    public IReadOnlyList<(string PostCode, string Name, double Kilometres)> From(GeoPoint place) =>
        [.. _all.Select(one => (one.PostCode, one.Commune.Name, Kilometres: place.KmTo(one.Commune.Position!.Value))).OrderBy(one => one.Kilometres)];

    /// <summary>The position of a Location: its own, else the middle of its commune.</summary>
    public GeoPoint? PlaceOf(Element location) => location.Child("position") is { } position
        && double.TryParse(position.Text("latitude"), NumberStyles.Float, CultureInfo.InvariantCulture, out var latitude)
        && double.TryParse(position.Text("longitude"), NumberStyles.Float, CultureInfo.InvariantCulture, out var longitude)
            ? new(latitude, longitude)
            : location.Child("address") is { } address ? Of(address) : null;

    public static Communes Load(string mappings) => new(LinesOf(mappings));

    /// <summary>The same table as what people call the communes.</summary>
    public static CommuneNames Names(string mappings) => new(LinesOf(mappings));

    private static IEnumerable<string> LinesOf(string mappings)
    {
        var file = Path.Combine(mappings, "communs", "communes.csv");
        return File.Exists(file) ? File.ReadLines(file) : [];
    }

    /// <summary>The middle of the commune of an address; null when it is not known here.</summary>
    public GeoPoint? Of(Element address) => Known(address)?.Position;

    /// <summary>
    /// The commune of an address: one of the table, else one that bears the address's own code, or name and post code; null when it tells none.
    /// </summary>
    public Commune? Find(Element address)
    {
        var insee = CodeOf(address);
        if (Known(address) is { } known && (insee is null || known.Insee == insee))
            return known;
        var city = address.Text("city");
        if (insee is not null)
            return new(insee, city ?? insee, null);
        return string.IsNullOrWhiteSpace(city) ? null : new(null, $"{PlainText.Words(city)} {address.Text("postalCode")}".TrimEnd(), null);
    }

    private Commune? Known(Element address)
    {
        if (CodeOf(address) is { } insee && _known.TryGetValue(insee, out var coded))
            return coded;
        var (postCode, city) = (address.Text("postalCode") ?? "", PlainText.Words(address.Text("city") ?? ""));
        return _known.TryGetValue($"{postCode}|{city}", out var named) ? named
            : postCode.Length > 0 && _known.TryGetValue($"{postCode}|", out var only) ? only
            : null;
    }

    private static string? CodeOf(Element address) => address.ExtensionOf(InseeExtension)?.At("valueCoding")?.Text("code");
}

/// <summary>A commune as far as it is known.</summary>
/// <param name="Insee">Its INSEE code; null when only its name was told.</param>
/// <param name="Position">Its middle; null when it is not in the table.</param>
internal sealed record Commune(string? Insee, string Name, GeoPoint? Position)
{
    /// <summary>One of two communes of a name is told by its code.</summary>
    public string Key => Insee ?? "|" + Name;
}
