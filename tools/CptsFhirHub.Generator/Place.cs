using System.Collections.Frozen;
using System.Globalization;

namespace CptsFhirHub.Generator;

/// <summary>A commune: codes, centre and how many live there. Source: INSEE (code officiel géographique), La Poste, Etalab; Licence Ouverte 2.0.</summary>
public sealed record Place(string Insee, string Name, string PostCode, double Latitude, double Longitude, int Inhabitants)
{
    private const double EarthMetres = 6_371_008.8;

    private static readonly FrozenDictionary<string, string[]> Tables = new Dictionary<string, string[]>
    {
        ["vendee"] =
        [
            "85003|Aizenay|85190|46.7385|-1.6270|10365", "85006|Apremont|85220|46.7573|-1.7484|2108", "85008|Aubigny-Les Clouzeaux|85430|46.6028|-1.4674|7191",
            "85019|Bellevigny|85170|46.7756|-1.4331|6240", "85046|La Chaize-le-Vicomte|85310|46.6730|-1.2919|3948", "85047|Challans|85300|46.8354|-1.8404|22943",
            "85070|Coëx|85220|46.7079|-1.7579|3428", "85071|Commequiers|85220|46.7675|-1.8253|3735", "85129|Les Lucs-sur-Boulogne|85170|46.8527|-1.4840|3701",
            "85130|Maché|85190|46.7714|-1.6953|1831", "85169|Palluau|85670|46.8063|-1.6023|1128", "85178|Le Poiré-sur-Vie|85170|46.7699|-1.5049|8649",
            "85191|La Roche-sur-Yon|85000|46.6675|-1.4078|54849", "85222|Saint-Gilles-Croix-de-Vie|85800|46.6905|-1.9195|8333",
            "85234|Saint-Jean-de-Monts|85160|46.8022|-2.0484|8868",
        ],
        ["charente"] =
        [
            "16085|Chasseneuil-sur-Bonnieure|16260|45.8243|0.4410|3111", "16124|Écuras|16220|45.6822|0.5699|579", "16135|Eymouthiers|16220|45.6469|0.5500|315",
            "16211|Marthon|16380|45.6172|0.4455|554", "16223|Montbron|16220|45.6677|0.5043|2000",
            "16281|La Rochefoucauld-en-Angoumois|16110|45.7334|0.3937|4025", "16353|Saint-Sornin|16220|45.6951|0.4430|844",
            "16379|Taponnat-Fleurignac|16110|45.7740|0.4177|1593", "16421|Vouthon|16220|45.6605|0.4474|405",
        ],
        ["loiret"] =
        [
            "45010|Ascoux|45300|48.1271|2.2491|1062", "45030|Beaune-la-Rolande|45340|48.0746|2.4298|1992", "45031|Bellegarde|45270|47.9802|2.4162|1440",
            "45035|Boiscommun|45340|48.0389|2.3570|1151", "45119|Dadonville|45300|48.1526|2.2694|2354", "45191|Le Malesherbois|45330|48.2894|2.3980|8016",
            "45240|Outarville|45480|48.2143|2.0217|1343", "45252|Pithiviers|45300|48.1805|2.2499|8856", "45258|Puiseaux|45390|48.2094|2.4666|3299",
            "45310|Sermaises|45300|48.2977|2.2032|1709",
        ],
        ["val"] =
        [
            "45024|Baule|45130|47.8107|1.6682|1985", "45028|Beaugency|45190|47.7781|1.6395|8024", "45098|Cléry-Saint-André|45370|47.8147|1.7683|3596",
            "45144|Férolles|45150|47.8253|2.1168|1127", "45173|Jargeau|45150|47.8539|2.1206|4610", "45179|Lailly-en-Val|45740|47.7471|1.7149|3101",
            "45203|Meung-sur-Loire|45130|47.8397|1.6981|6670", "45269|Saint-Ay|45130|47.8652|1.7468|3766", "45274|Saint-Denis-en-Val|45560|47.8811|1.9726|7766",
            "45300|Sandillon|45640|47.8363|2.0301|4300", "45324|Tigy|45510|47.7792|2.1851|2484", "45335|Vienne-en-Val|45510|47.7826|2.1241|2004",
        ],
        ["essonne"] =
        [
            "91021|Arpajon|91290|48.5909|2.2435|11698", "91103|Brétigny-sur-Orge|91220|48.6025|2.3022|26658", "91105|Breuillet|91650|48.5718|2.1660|9157",
            "91156|Cheptainville|91630|48.5466|2.2742|2204", "91200|Dourdan|91410|48.5359|1.9943|11415", "91207|Égly|91520|48.5778|2.2214|7166",
            "91223|Étampes|91150|48.4211|2.1384|26857", "91376|Marolles-en-Hurepoix|91630|48.5650|2.2992|5708", "91457|La Norville|91290|48.5814|2.2657|4268",
            "91461|Ollainville|91340|48.6063|2.2189|5455", "91552|Saint-Germain-lès-Arpajon|91180|48.5982|2.2646|11623",
        ],
        ["sarthe"] =
        [
            "72003|Allonnes|72700|47.9590|0.1438|10739", "72039|Bonnétable|72110|48.1847|0.4524|3703", "72089|Conlie|72240|48.1223|-0.0127|1833",
            "72095|Coulaines|72190|48.0332|0.2113|8121", "72124|Écommoy|72220|47.8250|0.2849|4868", "72132|La Ferté-Bernard|72400|48.1843|0.6347|8740",
            "72154|La Flèche|72200|47.6894|-0.0647|14947", "72180|Mamers|72600|48.3545|0.3708|4996", "72181|Le Mans|72000|47.9885|0.2000|146249",
            "72264|Sablé-sur-Sarthe|72300|47.8378|-0.3547|12326", "72269|Saint-Calais|72120|47.9251|0.7477|2948",
        ],
    }.ToFrozenDictionary();

    internal static IReadOnlyList<Place> Of(string profile) => [.. Tables[profile].Select(row =>
    {
        var parts = row.Split('|');
        return new Place(parts[0], parts[1], parts[2], double.Parse(parts[3], CultureInfo.InvariantCulture),
            double.Parse(parts[4], CultureInfo.InvariantCulture), int.Parse(parts[5], CultureInfo.InvariantCulture));
    })];

    /// <summary>Whole metres between two centres, as the crow flies.</summary>
    public long MetresTo(Place other)
    {
        static double Radians(double degrees) => degrees * Math.PI / 180;
        var north = Math.Sin(Radians(other.Latitude - Latitude) / 2);
        var east = Math.Sin(Radians(other.Longitude - Longitude) / 2);
        var a = north * north + Math.Cos(Radians(Latitude)) * Math.Cos(Radians(other.Latitude)) * east * east;
        return (long)Math.Round(2 * EarthMetres * Math.Asin(Math.Sqrt(a)));
    }
}
