namespace CptsFhirHub.Fhir.Mapping;

/// <summary>
/// The groups that are taken by type when a rule names none (<c>&lt;&lt;types&gt;&gt;</c>, <c>&lt;&lt;type+&gt;&gt;</c>).
/// https://hl7.org/fhir/R4/mapping-language.html#default
/// </summary>
internal sealed class GroupTable
{
    private readonly Dictionary<(string Source, string Target), GroupCode> _byTypes = [];
    private readonly Dictionary<string, GroupCode> _bySource = new(StringComparer.Ordinal);

    public GroupTable(IEnumerable<GroupCode> groups)
    {
        // The map's own groups come first and keep their place: an import cannot change what the map says itself.
        foreach (var group in groups)
        {
            if (group.Group.TypeMode == MapTypeMode.None
                || group.Parameters is not [{ IsTarget: false, TypeName: { } source }, { IsTarget: true, TypeName: { } target }])
                continue;
            _byTypes.TryAdd((source, target), group);
            if (group.Group.TypeMode == MapTypeMode.TypeAndTypes)
                _bySource.TryAdd(source, group);
        }
    }

    /// <summary>The group for both types, else the one for the source type alone; null when there is none.</summary>
    public GroupCode? Find(string? source, string? target) =>
        source is null ? null
        : target is not null && _byTypes.TryGetValue((source, target), out var group) ? group
        : target is null or "Resource" or "Element" ? _bySource.GetValueOrDefault(source)
        : null;
}
