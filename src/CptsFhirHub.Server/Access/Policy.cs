using System.Collections.Frozen;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Search;

namespace CptsFhirHub.Server.Access;

/// <summary>What can be done with a type, as in SMART scopes: <c>cruds</c>. https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html</summary>
[Flags]
internal enum Deeds
{
    None = 0,
    Create = 1,
    Read = 2,
    Update = 4,
    Delete = 8,
    Search = 16,
    All = Create | Read | Update | Delete | Search,
}

/// <summary>The right to one type. <paramref name="Rows"/> null: every row of the tenant; else a row must meet it.</summary>
internal sealed record Right(Deeds Deeds, Criterion? Rows)
{
    public bool Allows(Deeds deed) => (Deeds & deed) == deed;
}

/// <summary>What a caller may do, type by type. What is not named is not allowed.</summary>
internal sealed class Policy(IReadOnlyDictionary<string, Right> rights, string? sender)
{
    public static readonly Policy Nothing = new(FrozenDictionary<string, Right>.Empty, sender: null);

    /// <summary>The types it may touch at all.</summary>
    public IEnumerable<string> Types => rights.Keys;

    /// <summary>
    /// For a partner, the client id that marks what it writes (see <see cref="SentBy"/>); null for those who see the whole tenant.
    /// </summary>
    public string? Sender => sender;

    public Right? Of(string type) => rights.GetValueOrDefault(type);

    public bool Allows(string type, Deeds deed) => rights.TryGetValue(type, out var right) && right.Allows(deed);

    /// <summary>The row criterion of a type; null when every row is allowed. A type without right covers no row.</summary>
    public Criterion? RowsOf(string type) => rights.TryGetValue(type, out var right) ? right.Rows : new Criterion.Never();

    /// <summary>
    /// The same rights within one patient's compartment: of types that stand in no compartment, only what is everybody's is left, to read.
    /// </summary>
    public Policy ConfinedTo(string patient)
    {
        var narrowed = new Dictionary<string, Right>(StringComparer.Ordinal);
        foreach (var (type, right) in rights)
        {
            if (Compartments.Of(R4.Definitions, "Patient", patient, type) is { } compartment)
            {
                // What its author keeps from the patient, or from those who may look over the shoulder, stays out of the patient's own view.
                List<Criterion> all = [compartment];
                if (right.Rows is { } rows)
                    all.Add(rows);
                if (type == "DocumentReference")
                    all.Add(Policies.Unlabelled("INVISIBLE_PATIENT", "INVISIBLE_REPRESENTANTS_LEGAUX", "CONNEXION_SECRETE"));
                narrowed[type] = right with { Rows = all.Count == 1 ? compartment : new Criterion.Any([all]) };
            }
            else if (ServedTypes.Conformance.Contains(type) || ServedTypes.Directory.Contains(type))
                narrowed[type] = right with { Deeds = right.Deeds & (Deeds.Read | Deeds.Search) };
        }

        return new(narrowed.ToFrozenDictionary(StringComparer.Ordinal), sender);
    }

    /// <summary>The same rights, reduced to what the scopes name.</summary>
    public Policy Within(IReadOnlyList<Scope> scopes)
    {
        var narrowed = new Dictionary<string, Right>(StringComparer.Ordinal);
        foreach (var (type, right) in rights)
        {
            var asked = scopes.Where(scope => scope.Type is null || scope.Type == type).Aggregate(Deeds.None, (sum, scope) => sum | scope.Deeds);
            if ((right.Deeds & asked) is var left and not Deeds.None)
                narrowed[type] = right with { Deeds = left };
        }

        return new(narrowed.ToFrozenDictionary(StringComparer.Ordinal), sender);
    }
}
