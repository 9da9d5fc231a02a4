namespace CptsFhirHub.Coordination.Identity.Matching;

/// <summary>The names by which guards are switched off; the absolute ones have none.</summary>
public static class GuardSwitches
{
    private static readonly Guard[] All = [.. Enum.GetValues<Guard>().Where(guard => guard != Guard.None && (guard & Guards.Absolute) == Guard.None)];

    /// <summary>Every name that can be switched.</summary>
    public static IEnumerable<string> Names => All.Select(NameOf);

    /// <summary>The guard of a name; null when there is none, or when nothing switches it off.</summary>
    public static Guard? Find(string name)
    {
        foreach (var guard in All)
            if (string.Equals(NameOf(guard), name, StringComparison.OrdinalIgnoreCase))
                return guard;
        return null;
    }

    /// <summary>The names of those guards.</summary>
    public static IEnumerable<string> NamesOf(Guard guards) => All.Where(guard => guards.HasFlag(guard)).Select(NameOf);

    private static string NameOf(Guard guard) => $"{char.ToLowerInvariant(guard.ToString()[0])}{guard.ToString()[1..]}";
}
