namespace CptsFhirHub.Coordination.Identity.Matching;

/// <summary>
/// Learns the shares of a model from records without anybody saying who is who. Among different persons they are counted on random pairs;
/// among records of one person they are estimated by expectation and maximisation on pairs that share a key, in two rounds, since a field
/// that was used to find the pairs cannot be learned from them.
/// </summary>
public static class Training
{
    private const int RandomPairs = 1_000_000;
    private const int RoundsMax = 60;
    private const double Least = 1e-5;

    /// <summary>A model of these records, and the prior weight of a pair.</summary>
    /// <param name="records">The records.</param>
    /// <param name="mayPair">Which pairs count; null for all.</param>
    /// <param name="start">Where to begin, and what stays where nothing can be learned.</param>
    public static (MatchModel Model, double Prior) Learn(
        IReadOnlyList<MatchRecord> records, Func<int, int, bool>? mayPair, MatchModel start, string version)
    {
        var unequal = CountRandom(records, start);
        var byDate = PatternsOf(records, mayPair, "date-first", "date-surname", "date-home", "number");
        var byName = PatternsOf(records, mayPair, "names-year", "names-day", "names-home", "year-home", "phone-first");
        var first = Maximise(byDate, unequal, start);
        var second = Maximise(byName, unequal, start);
        Dictionary<Field, FieldShares> fields = [];
        foreach (var field in Enum.GetValues<Field>())
        {
            // Each round knows best about what did not find its pairs.
            var m = field switch
            {
                Field.BirthDate or Field.Number => second[field],
                Field.Surname or Field.FirstName or Field.Commune => first[field],
                _ => Mean(first[field], second[field]),
            };
            fields[field] = new(m, unequal[field]);
        }

        var model = new MatchModel(version, start.Population, fields)
        {
            CertainFrom = start.CertainFrom,
            ProbableFrom = start.ProbableFrom,
            PossibleFrom = start.PossibleFrom,
        };
        return (model, Prior(records, mayPair));
    }

    /// <summary>The prior weight of a pair: how many pairs agree on all that is strict, of all pairs, and how many such a rule finds.</summary>
    public static double Prior(IReadOnlyList<MatchRecord> records, Func<int, int, bool>? mayPair)
    {
        const double found = 0.7;
        var strict = 0;
        foreach (var (a, b) in Blocking.Pairs(records.Count, i => Keys(records[i], ["date-first", "number"]), 50, out _))
        {
            if (mayPair?.Invoke(a, b) == false)
                continue;
            var pattern = FieldComparison.Compare(records[a], records[b]);
            if (pattern[Field.FirstName] is (int)FirstNameLevel.Equal && pattern[Field.BirthDate] >= (int)DateLevel.EqualDefault
                && pattern[Field.Surname] >= (int)SurnameLevel.Crossed)
                strict++;
        }

        double all = mayPair is null ? 0.5 * records.Count * (records.Count - 1) : 0.25 * records.Count * records.Count;
        return Math.Log2(Math.Max(1, strict) / found / all);
    }

    private static IEnumerable<(string Kind, string Value)> Keys(MatchRecord record, string[] kinds) =>
        Blocking.Of(record).Where(key => kinds.Contains(key.Kind));

    private static Dictionary<Pattern, double> PatternsOf(IReadOnlyList<MatchRecord> records, Func<int, int, bool>? mayPair, params string[] kinds)
    {
        Dictionary<Pattern, double> patterns = [];
        foreach (var (a, b) in Blocking.Pairs(records.Count, i => Keys(records[i], kinds), 50, out _))
        {
            if (mayPair?.Invoke(a, b) == false)
                continue;
            var pattern = FieldComparison.Compare(records[a], records[b]);
            patterns[pattern] = patterns.GetValueOrDefault(pattern) + 1;
        }

        return patterns;
    }

    private static Dictionary<Field, double[]> CountRandom(IReadOnlyList<MatchRecord> records, MatchModel start)
    {
        var counts = Enum.GetValues<Field>().ToDictionary(field => field, field => new double[start.Fields[field].U.Count]);
        ulong state = 0x9E3779B97F4A7C15;
        var wanted = (int)Math.Min(RandomPairs, 0.5 * records.Count * (records.Count - 1));
        for (var i = 0; i < wanted; i++)
        {
            var (a, b) = (Next(), Next());
            if (a == b)
                continue;
            var pattern = FieldComparison.Compare(records[a], records[b]);
            foreach (var (field, levels) in counts)
                if (pattern[field] is { } level)
                    levels[level]++;
        }

        foreach (var (field, levels) in counts)
            counts[field] = Shares(levels, start.Fields[field].U, 100);
        return counts;

        // A fixed sequence: the same records teach the same model.
        int Next()
        {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            return (int)(state % (ulong)records.Count);
        }
    }

    private static Dictionary<Field, double[]> Maximise(Dictionary<Pattern, double> patterns, Dictionary<Field, double[]> u, MatchModel start)
    {
        var m = start.Fields.ToDictionary(field => field.Key, field => field.Value.M.ToArray());
        var share = 0.3;
        var total = patterns.Values.Sum();
        for (var round = 0; round < RoundsMax && total > 0; round++)
        {
            var expected = m.ToDictionary(field => field.Key, field => new double[field.Value.Length]);
            double matches = 0;
            foreach (var (pattern, count) in patterns)
            {
                var ratio = Math.Log2(share / (1 - share));
                foreach (var (field, levels) in m)
                    if (pattern[field] is { } level)
                        ratio += Math.Log2(levels[level] / u[field][level]);
                var chance = count / (1 + Math.Pow(2, -ratio));
                matches += chance;
                foreach (var (field, levels) in expected)
                    if (pattern[field] is { } level)
                        levels[level] += chance;
            }

            share = Math.Clamp(matches / total, 0.001, 0.999);
            foreach (var (field, levels) in expected)
                m[field] = Shares(levels, start.Fields[field].M, 5);
        }

        return m;
    }

    /// <summary>Counts to shares. What was known before counts as so many observations: nothing is ever impossible.</summary>
    private static double[] Shares(double[] counts, IReadOnlyList<double> known, double weight)
    {
        var sum = counts.Sum() + weight;
        return [.. counts.Select((count, level) => Math.Clamp((count + (weight * known[level])) / sum, Least / 100, 1 - Least))];
    }

    private static double[] Mean(double[] a, double[] b) => [.. a.Zip(b, (x, y) => (x + y) / 2)];
}
