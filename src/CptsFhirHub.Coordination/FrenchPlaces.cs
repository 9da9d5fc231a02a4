using System.Collections.Frozen;

namespace CptsFhirHub.Coordination;

/// <summary>A place on the globe, in degrees (WGS 84).</summary>
public readonly record struct GeoPoint(double Latitude, double Longitude)
{
    private const double EarthKm = 6371;

    /// <summary>As the crow flies, in kilometres.</summary>
    public double KmTo(GeoPoint other)
    {
        var (here, there) = (double.DegreesToRadians(Latitude), double.DegreesToRadians(other.Latitude));
        var (north, east) = (there - here, double.DegreesToRadians(other.Longitude - Longitude));
        var half = Math.Pow(Math.Sin(north / 2), 2) + Math.Cos(here) * Math.Cos(there) * Math.Pow(Math.Sin(east / 2), 2);
        return 2 * EarthKm * Math.Asin(Math.Min(1, Math.Sqrt(half)));
    }
}

/// <summary>
/// Where the départements are, by their chefs-lieux: enough to say that two communes are far apart without knowing where each is.
/// Coordinates to a hundredth of a degree, as any map gives them.
/// </summary>
public static class FrenchPlaces
{
    /// <summary>No commune lies further from its chef-lieu, in kilometres; but for Guyane.</summary>
    private const double ReachKm = 145;

    private const double GuyaneReachKm = 280;

    private static readonly FrozenDictionary<string, GeoPoint> Seats = new Dictionary<string, GeoPoint>
    {
        ["01"] = new(46.21, 5.23),
        ["02"] = new(49.56, 3.62),
        ["03"] = new(46.57, 3.33),
        ["04"] = new(44.09, 6.24),
        ["05"] = new(44.56, 6.08),
        ["06"] = new(43.70, 7.27),
        ["07"] = new(44.74, 4.60),
        ["08"] = new(49.77, 4.72),
        ["09"] = new(42.97, 1.61),
        ["10"] = new(48.30, 4.08),
        ["11"] = new(43.21, 2.35),
        ["12"] = new(44.35, 2.57),
        ["13"] = new(43.30, 5.37),
        ["14"] = new(49.18, -0.37),
        ["15"] = new(44.93, 2.44),
        ["16"] = new(45.65, 0.16),
        ["17"] = new(46.16, -1.15),
        ["18"] = new(47.08, 2.40),
        ["19"] = new(45.27, 1.77),
        ["2A"] = new(41.93, 8.74),
        ["2B"] = new(42.70, 9.45),
        ["21"] = new(47.32, 5.04),
        ["22"] = new(48.51, -2.76),
        ["23"] = new(46.17, 1.87),
        ["24"] = new(45.18, 0.72),
        ["25"] = new(47.24, 6.02),
        ["26"] = new(44.93, 4.89),
        ["27"] = new(49.02, 1.15),
        ["28"] = new(48.45, 1.49),
        ["29"] = new(48.00, -4.10),
        ["30"] = new(43.84, 4.36),
        ["31"] = new(43.60, 1.44),
        ["32"] = new(43.65, 0.59),
        ["33"] = new(44.84, -0.58),
        ["34"] = new(43.61, 3.88),
        ["35"] = new(48.11, -1.68),
        ["36"] = new(46.81, 1.69),
        ["37"] = new(47.39, 0.69),
        ["38"] = new(45.19, 5.73),
        ["39"] = new(46.67, 5.55),
        ["40"] = new(43.89, -0.50),
        ["41"] = new(47.59, 1.33),
        ["42"] = new(45.44, 4.39),
        ["43"] = new(45.04, 3.89),
        ["44"] = new(47.22, -1.55),
        ["45"] = new(47.90, 1.91),
        ["46"] = new(44.45, 1.44),
        ["47"] = new(44.20, 0.62),
        ["48"] = new(44.52, 3.50),
        ["49"] = new(47.47, -0.56),
        ["50"] = new(49.12, -1.09),
        ["51"] = new(48.96, 4.37),
        ["52"] = new(48.11, 5.14),
        ["53"] = new(48.07, -0.77),
        ["54"] = new(48.69, 6.18),
        ["55"] = new(48.77, 5.16),
        ["56"] = new(47.66, -2.76),
        ["57"] = new(49.12, 6.18),
        ["58"] = new(46.99, 3.16),
        ["59"] = new(50.63, 3.06),
        ["60"] = new(49.43, 2.08),
        ["61"] = new(48.43, 0.09),
        ["62"] = new(50.29, 2.78),
        ["63"] = new(45.78, 3.08),
        ["64"] = new(43.30, -0.37),
        ["65"] = new(43.23, 0.07),
        ["66"] = new(42.69, 2.90),
        ["67"] = new(48.57, 7.75),
        ["68"] = new(48.08, 7.36),
        ["69"] = new(45.76, 4.84),
        ["70"] = new(47.62, 6.16),
        ["71"] = new(46.31, 4.83),
        ["72"] = new(48.01, 0.20),
        ["73"] = new(45.57, 5.92),
        ["74"] = new(45.90, 6.13),
        ["75"] = new(48.86, 2.35),
        ["76"] = new(49.44, 1.10),
        ["77"] = new(48.54, 2.66),
        ["78"] = new(48.80, 2.13),
        ["79"] = new(46.32, -0.46),
        ["80"] = new(49.89, 2.30),
        ["81"] = new(43.93, 2.15),
        ["82"] = new(44.02, 1.36),
        ["83"] = new(43.12, 5.93),
        ["84"] = new(43.95, 4.81),
        ["85"] = new(46.67, -1.43),
        ["86"] = new(46.58, 0.34),
        ["87"] = new(45.83, 1.26),
        ["88"] = new(48.17, 6.45),
        ["89"] = new(47.80, 3.57),
        ["90"] = new(47.64, 6.86),
        ["91"] = new(48.63, 2.44),
        ["92"] = new(48.89, 2.21),
        ["93"] = new(48.91, 2.44),
        ["94"] = new(48.79, 2.46),
        ["95"] = new(49.04, 2.08),
        ["971"] = new(16.00, -61.73),
        ["972"] = new(14.61, -61.07),
        ["973"] = new(4.93, -52.33),
        ["974"] = new(-20.88, 55.45),
        ["976"] = new(-12.78, 45.23),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The département of a commune, by its INSEE code; null when it is none of the known ones.</summary>
    public static string? DepartmentOf(string? commune) => commune is not { Length: 5 } ? null
        : Seats.ContainsKey(commune[..2]) ? commune[..2]
        : Seats.ContainsKey(commune[..3]) ? commune[..3] : null;

    /// <summary>The chef-lieu of a département.</summary>
    public static GeoPoint? SeatOf(string department) => Seats.TryGetValue(department, out var seat) ? seat : null;

    /// <summary>Two communes lie at least so many kilometres apart, whatever places they are in their départements; 0 when nothing can be said.</summary>
    public static double AtLeastKm(string? commune, string? other)
    {
        if (DepartmentOf(commune) is not { } here || DepartmentOf(other) is not { } there || here == there)
            return 0;
        return Math.Max(0, Seats[here].KmTo(Seats[there]) - Reach(here) - Reach(there));
    }

    private static double Reach(string department) => department == "973" ? GuyaneReachKm : ReachKm;
}
