using System.Globalization;
using System.Text;
using System.Text.Json;

namespace CptsFhirHub.Coordination.Identity.Matching;

/// <summary>How often the levels of a field occur: among records of one person, and among those of two persons.</summary>
/// <param name="M">By level, the share among pairs of one person.</param>
/// <param name="U">By level, the share among pairs of two persons.</param>
public sealed record FieldShares(IReadOnlyList<double> M, IReadOnlyList<double> U);

/// <summary>
/// The parameters of the comparison: what each agreement weighs. A version names them, and every decision names the version.
/// </summary>
public sealed class MatchModel
{
    /// <summary>The levels of every field, lowest first, as the file names them.</summary>
    internal static readonly IReadOnlyDictionary<Field, string[]> LevelNames = new Dictionary<Field, string[]>
    {
        [Field.Surname] = ["different", "distant", "near", "crossed", "equal"],
        [Field.FirstName] = ["different", "short", "near", "other", "equal"],
        [Field.BirthDate] = ["different", "partial", "near", "equal-default", "equal"],
        [Field.Sex] = ["different", "equal"],
        [Field.BirthPlace] = ["different", "equal"],
        [Field.Commune] = ["different", "near", "equal"],
        [Field.Street] = ["different", "near", "equal"],
        [Field.Phone] = ["different", "equal"],
        [Field.Email] = ["different", "equal"],
        [Field.Number] = ["different", "near", "equal"],
    };

    private static readonly Lazy<MatchModel> OfProgram = new(ReadShipped);

    private readonly double[][] _weights;

    /// <summary>A model of these shares.</summary>
    public MatchModel(string version, double population, IReadOnlyDictionary<Field, FieldShares> fields)
    {
        (Version, Population, Fields) = (version, population, fields);
        _weights = [.. Enum.GetValues<Field>().Select(field => fields[field].M.Zip(fields[field].U, (m, u) => Math.Log2(m / u)).ToArray())];
    }

    /// <summary>The parameters that come with the program: set from what is known of French records, and held against synthetic persons.</summary>
    public static MatchModel Shipped => OfProgram.Value;

    public string Version { get; }

    /// <summary>Persons among whom somebody is looked for: the more there are, the less an agreement proves.</summary>
    public double Population { get; }

    public IReadOnlyDictionary<Field, FieldShares> Fields { get; }

    /// <summary>Weight from which a pair is certain when every guard holds too: 1 error in 10,000.</summary>
    public double CertainFrom { get; init; } = 13.3;

    /// <summary>Weight from which a person compares: 9 in 10 are one person.</summary>
    public double ProbableFrom { get; init; } = 3.3;

    /// <summary>Weight from which a pair is shown on demand.</summary>
    public double PossibleFrom { get; init; } = -3;

    /// <summary>Reads a model; null when it is not one.</summary>
    public static MatchModel? Read(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            Dictionary<Field, FieldShares> fields = [];
            foreach (var (field, levels) in LevelNames)
            {
                var shares = root.GetProperty("fields").GetProperty(NameOf(field));
                var m = levels.Select(level => shares.GetProperty("m").GetProperty(level).GetDouble()).ToArray();
                var u = levels.Select(level => shares.GetProperty("u").GetProperty(level).GetDouble()).ToArray();
                if (m.Concat(u).Any(share => share is not (> 0 and < 1)))
                    return null;
                fields[field] = new(m, u);
            }

            var thresholds = root.GetProperty("thresholds");
            return new(root.GetProperty("version").GetString()!, root.GetProperty("population").GetDouble(), fields)
            {
                CertainFrom = thresholds.GetProperty("certain").GetDouble(),
                ProbableFrom = thresholds.GetProperty("probable").GetDouble(),
                PossibleFrom = thresholds.GetProperty("possible").GetDouble(),
            };
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    /// <summary>The model as a file.</summary>
    public string Write()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{{\n  \"version\": {JsonSerializer.Serialize(Version)},\n  \"population\": {Population},\n");
        text.Append(CultureInfo.InvariantCulture, $"  \"thresholds\": {{ \"certain\": {CertainFrom}, \"probable\": {ProbableFrom}, \"possible\": {PossibleFrom} }},\n  \"fields\": {{\n");
        var last = LevelNames.Keys.Last();
        foreach (var (field, levels) in LevelNames)
        {
            text.Append(CultureInfo.InvariantCulture, $"    \"{NameOf(field)}\": {{\n      \"m\": {Shares(levels, Fields[field].M)},\n      \"u\": {Shares(levels, Fields[field].U)}\n");
            text.Append(field == last ? "    }\n" : "    },\n");
        }

        return text.Append("  }\n}\n").ToString();

        static string Shares(string[] levels, IReadOnlyList<double> shares) =>
            $"{{ {string.Join(", ", levels.Select((level, i) => string.Create(CultureInfo.InvariantCulture, $"\"{level}\": {shares[i]:G6}")))} }}";
    }

    /// <summary>What a level weighs, in bits.</summary>
    public double Weight(Field field, int level) => _weights[(int)field][level];

    /// <summary>The weight, before any field is compared, of two records out of so many persons being one.</summary>
    public static double PriorOf(double persons) => -Math.Log2(Math.Max(1, persons));

    internal static string NameOf(Field field) => $"{char.ToLowerInvariant(field.ToString()[0])}{field.ToString()[1..]}";

    private static MatchModel ReadShipped()
    {
        using var stream = typeof(MatchModel).Assembly.GetManifestResourceStream("match-model.json")!;
        using var reader = new StreamReader(stream);
        return Read(reader.ReadToEnd()) ?? throw new InvalidOperationException("The shipped model is not readable.");
    }
}
