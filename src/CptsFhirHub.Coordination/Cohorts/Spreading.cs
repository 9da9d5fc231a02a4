namespace CptsFhirHub.Coordination.Cohorts;

/// <summary>A person to place with one of several GPs.</summary>
public sealed record ToPlace(string Patient)
{
    /// <summary>Fragile persons are placed before all others.</summary>
    public bool IsFragile { get; init; }

    /// <summary>Greater comes first among persons who are equally fragile or not.</summary>
    public decimal Rank { get; init; }

    /// <summary>The person does not come to the practice: only a GP who visits the commune will do.</summary>
    public bool NeedsHomeVisit { get; init; }

    /// <summary>Where the person lives, by INSEE code; null when unknown.</summary>
    public string? Commune { get; init; }

    /// <summary>The doctor seen three times in the year: asked first.</summary>
    public string? KnownGp { get; init; }
}

/// <summary>What a volunteer GP offers.</summary>
/// <param name="Gp">Who, by reference.</param>
/// <param name="Places">How many persons the GP takes; a free decision that is never exceeded.</param>
public sealed record Offer(string Gp, int Places)
{
    /// <summary>Communes that the GP visits at home; empty for none.</summary>
    public IReadOnlySet<string> Visits { get; init; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>Communes near the practice, by INSEE code; the smaller the number the nearer, one that is not listed is farther than all that are.</summary>
    public IReadOnlyDictionary<string, double> Nearness { get; init; } = new Dictionary<string, double>(StringComparer.Ordinal);
}

/// <summary>A person in a GP's pile, with the reason that can be read aloud.</summary>
public sealed record Placed(string Patient, string Gp, string French);

/// <summary>A person for whom there is no place, with the reason.</summary>
public sealed record Unplaced(string Patient, bool IsFragile, string French);

/// <summary>A cohort spread: every person stands once, in a pile or among the unplaced.</summary>
public sealed record Spread(IReadOnlyList<Placed> Placed, IReadOnlyList<Unplaced> Unplaced);

/// <summary>
/// Spreads the patients of a leaving GP over the GPs who volunteer (flow M43). Fragile first: whoever can be placed beside all who go
/// before is placed, even when somebody already placed must go to another GP for it. No GP gets more than what was offered. The same
/// input in another order gives the same piles.
/// </summary>
public static class Spreading
{
    /// <summary>Places as many as there is room for.</summary>
    /// <exception cref="ArgumentException">A person or a GP stands twice, or a number of places is negative.</exception>
    public static Spread Of(IEnumerable<ToPlace> people, IEnumerable<Offer> offers)
    {
        var gps = offers.OrderBy(offer => offer.Gp, StringComparer.Ordinal).ToArray();
        var queue = people.OrderByDescending(person => person.IsFragile).ThenByDescending(person => person.Rank)
            .ThenBy(person => person.Patient, StringComparer.Ordinal).ToArray();
        if (gps.Select(offer => offer.Gp).Distinct(StringComparer.Ordinal).Count() < gps.Length)
            throw new ArgumentException("A GP stands twice.", nameof(offers));
        if (Array.Exists(gps, offer => offer.Places < 0))
            throw new ArgumentException("A number of places is negative.", nameof(offers));
        if (queue.Select(person => person.Patient).Distinct(StringComparer.Ordinal).Count() < queue.Length)
            throw new ArgumentException("A person stands twice.", nameof(people));

        var board = new Board(queue, gps);
        var unplaced = new List<Unplaced>();
        for (var person = 0; person < queue.Length; person++)
            if (!board.TryPlace(person))
                unplaced.Add(new(queue[person].Patient, queue[person].IsFragile, board.WhyNot(person)));
        return new(board.Placed(), unplaced);
    }

    private sealed class Board(ToPlace[] people, Offer[] gps)
    {
        private const int Nobody = -1;
        private readonly int[] _gpOf = [.. Enumerable.Repeat(Nobody, people.Length)];
        private readonly List<int>[] _piles = [.. gps.Select(_ => new List<int>())];

        /// <summary>A place that is free, or one that gets free when others move on; the nearest way first.</summary>
        public bool TryPlace(int person)
        {
            var from = new Dictionary<int, (int Person, int Gp)>();
            var waiting = new Queue<(int Person, int Gp)>();
            var seen = new bool[gps.Length];
            Look(person, Nobody);
            while (waiting.TryDequeue(out var step))
            {
                if (_piles[step.Gp].Count < gps[step.Gp].Places)
                {
                    Move(step, from);
                    return true;
                }

                foreach (var other in _piles[step.Gp])
                    Look(other, step.Gp);
            }

            return false;

            void Look(int who, int now)
            {
                foreach (var gp in Choices(who))
                {
                    if (seen[gp])
                        continue;
                    seen[gp] = true;
                    from[gp] = (who, now);
                    waiting.Enqueue((who, gp));
                }
            }
        }

        public string WhyNot(int person)
        {
            var who = people[person];
            return !who.NeedsHomeVisit || Array.Exists(gps, gp => MayTake(who, gp))
                ? "Toutes les places offertes sont prises."
                : who.Commune is null
                    ? "Visites à domicile nécessaires, commune inconnue."
                    : "Aucun médecin volontaire ne visite à domicile dans cette commune.";
        }

        public List<Placed> Placed()
        {
            var placed = new List<Placed>();
            for (var person = 0; person < people.Length; person++)
                if (_gpOf[person] is not Nobody and var gp)
                    placed.Add(new(people[person].Patient, gps[gp].Gp, Why(people[person], gps[gp])));
            return placed;
        }

        private static string Why(ToPlace person, Offer gp) =>
            person.KnownGp == gp.Gp ? "Médecin consulté trois fois dans l'année."
            : person.NeedsHomeVisit ? "Visite à domicile dans cette commune."
            : person.Commune is { } commune && gp.Nearness.ContainsKey(commune) ? "Cabinet proche de la commune."
            : "Place disponible.";

        private static bool MayTake(ToPlace person, Offer gp) =>
            gp.Places > 0 && (!person.NeedsHomeVisit || person.Commune is { } commune && gp.Visits.Contains(commune));

        // The doctor the person knows, then the nearest, then the one with the most room.
        private IEnumerable<int> Choices(int person)
        {
            var who = people[person];
            return Enumerable.Range(0, gps.Length).Where(gp => MayTake(who, gps[gp]))
                .OrderByDescending(gp => who.KnownGp == gps[gp].Gp)
                .ThenBy(gp => who.Commune is { } commune && gps[gp].Nearness.TryGetValue(commune, out var far) ? far : double.MaxValue)
                .ThenByDescending(gp => gps[gp].Places - _piles[gp].Count)
                .ThenBy(gp => gp);
        }

        private void Move((int Person, int Gp) step, Dictionary<int, (int Person, int Gp)> from)
        {
            while (true)
            {
                var (who, left) = from[step.Gp];
                if (left != Nobody)
                    _piles[left].Remove(who);
                _piles[step.Gp].Add(who);
                _gpOf[who] = step.Gp;
                if (left == Nobody)
                    return;
                step = (who, left);
            }
        }
    }
}
