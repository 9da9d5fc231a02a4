using CptsFhirHub.Coordination;
using CptsFhirHub.Coordination.Identity;
using CptsFhirHub.Coordination.Identity.Matching;

namespace CptsFhirHub.Cli;

/// <summary>
/// Records to link, with what is known about who is who: the files of FEBRL, whose ids tell the person, or a folder with
/// <c>records.csv</c> and perhaps <c>truth.csv</c>, <c>traps.csv</c> and <c>review.csv</c>.
/// </summary>
internal sealed class LabelledSet
{
    private const string Qualified = "QUALIFIEE";

    private LabelledSet(IReadOnlyList<string> ids, IReadOnlyList<MatchRecord> records) => (Ids, Records) = (ids, records);

    public IReadOnlyList<string> Ids { get; }

    public IReadOnlyList<MatchRecord> Records { get; }

    /// <summary>By record the person; null when nobody has said.</summary>
    public IReadOnlyList<string>? Truth { get; private init; }

    /// <summary>By record the file that it came from.</summary>
    public IReadOnlyList<int> Files { get; private init; } = [];

    public IReadOnlyList<string> Sources { get; private init; } = [];

    /// <summary>True for the Australian test files: they have no French sources, and the model is learned from them.</summary>
    public bool IsFebrl { get; private init; }

    /// <summary>Pairs of two persons that resemble one, with the kind of trap.</summary>
    public IReadOnlyDictionary<(string, string), string> Traps { get; private init; } = new Dictionary<(string, string), string>();

    /// <summary>Pairs that no machine may join.</summary>
    public IReadOnlySet<(string, string)> ForPeople { get; private init; } = new HashSet<(string, string)>();

    /// <summary>True when two files are linked with each other and neither within itself.</summary>
    public bool IsBetweenFiles => Files.Count > 0 && Files.Max() > 0;

    /// <summary>Reads what the paths name; null, with the reason said, when it cannot be.</summary>
    public static LabelledSet? Read(IReadOnlyList<string> paths, Desk desk)
    {
        if (paths is [var folder] && Directory.Exists(folder))
            return ReadFolder(folder, desk);
        List<CsvTable> tables = [];
        foreach (var path in paths)
        {
            if (desk.Read(path) is not { } bytes)
                return null;
            if (CsvTable.Read(bytes) is not { } table || !(table.Has("rec_id") || table.Has("record_id")))
            {
                desk.Refuse("invalid", path, "the file has neither a column rec_id nor record_id.");
                return null;
            }

            tables.Add(table);
        }

        var isFebrl = tables.TrueForAll(table => table.Has("rec_id"));
        List<string> ids = [];
        List<MatchRecord> records = [];
        List<int> files = [];
        for (var file = 0; file < tables.Count; file++)
            for (var row = 0; row < tables[file].Count; row++)
            {
                ids.Add(tables[file][row, isFebrl ? "rec_id" : "record_id"]);
                records.Add(MatchRecord.Of(isFebrl ? OfFebrl(tables[file], row) : OfFrench(tables[file], row)));
                files.Add(file);
            }

        return new(ids, records)
        {
            Files = files,
            IsFebrl = isFebrl,
            Truth = isFebrl ? [.. ids.Select(id => id.Split('-') is [_, var person, ..] ? person : id)] : null,
        };
    }

    private static LabelledSet? ReadFolder(string folder, Desk desk)
    {
        if (Table(folder, "records.csv") is not { } table)
        {
            desk.Refuse("not-found", folder, "the folder has no records.csv.");
            return null;
        }

        var rows = Enumerable.Range(0, table.Count).ToList();
        List<string> ids = [.. rows.Select(row => table[row, "record_id"])];
        return new(ids, [.. rows.Select(row => MatchRecord.Of(OfFrench(table, row)))])
        {
            Sources = [.. rows.Select(row => table[row, "source"])],
            Truth = TruthOf(folder, ids),
            Traps = PairsOf(folder, "traps.csv", "kind"),
            ForPeople = PairsOf(folder, "review.csv", "reason").Keys.ToHashSet(),
        };
    }

    /// <summary>A table of the folder; null when it is not there.</summary>
    public static CsvTable? Table(string folder, string file) =>
        Path.Combine(folder, file) is var path && File.Exists(path) ? CsvTable.Read(File.ReadAllBytes(path)) : null;

    private static List<string>? TruthOf(string folder, List<string> ids)
    {
        if (Table(folder, "truth.csv") is not { } truth)
            return null;
        var persons = Enumerable.Range(0, truth.Count).ToDictionary(row => truth[row, "record_id"], row => truth[row, "person_id"], StringComparer.Ordinal);
        return [.. ids.Select(id => persons.GetValueOrDefault(id, id))];
    }

    private static Dictionary<(string, string), string> PairsOf(string folder, string file, string column)
    {
        Dictionary<(string, string), string> pairs = [];
        if (Table(folder, file) is { } table)
            for (var row = 0; row < table.Count; row++)
                pairs[Ordered(table[row, "record_a"], table[row, "record_b"])] = table[row, column];
        return pairs;
    }

    public static (string, string) Ordered(string a, string b) => string.CompareOrdinal(a, b) < 0 ? (a, b) : (b, a);

    private static Traits OfFrench(CsvTable table, int row)
    {
        var sex = table[row, "sexe"] switch { "F" => "female", "M" => "male", _ => null };
        var born = Given("date_naissance");
        var (status, mark) = (table[row, "statut_identite"], table[row, "attribut"]);
        List<InsNumber> ins = [];
        List<string> nirs = [];
        List<string> foreign = [];
        if (Given("matricule") is { } matricule && Nir.Read(matricule) is { Number: { } number } nir)
        {
            if (Given("matricule_oid") is { } oid)
                ins.Add(new($"urn:oid:{oid}", number, IsOld: false) { IsUnsound = nir.ContradictsOwner(sex, born) });
            else
                (nir.ContradictsOwner(sex, born) ? foreign : nirs).Add(number);
        }

        return new()
        {
            BirthName = Joined("nom_naissance"),
            UsedName = Joined("nom_usage"),
            FirstName = Joined("prenom"),
            BirthNameAsWritten = Given("nom_naissance"),
            UsedNameAsWritten = Given("nom_usage"),
            FirstNameAsWritten = Given("prenom"),
            FirstNames = table[row, "prenoms"].Split(' ', StringSplitOptions.RemoveEmptyEntries),
            BirthDate = born,
            Sex = sex,
            BirthPlace = Given("cog_naissance"),
            Street = Given("adresse"),
            PostalCode = Given("code_postal"),
            Commune = Given("commune"),
            Phones = Given("telephone") is { } text && Traits.PhoneOf(text) is { } phone ? [phone] : [],
            Emails = Given("email") is { } email ? [email.ToLowerInvariant()] : [],
            Ins = ins,
            Nirs = nirs,
            ForeignNirs = foreign,
            IsQualified = status == Qualified && ins.Count > 0,
            IsReserved = mark.Length > 0,
            IsFictive = mark == "FICTIVE",
            IsHomonym = mark == "HOMONYME",
        };

        string? Given(string column) => table[row, column] is { Length: > 0 } text ? text : null;

        string? Joined(string column) => Given(column) is { } text && PlainText.Joined(text) is { Length: > 0 } joined ? joined : null;
    }

    private static Traits OfFebrl(CsvTable table, int row)
    {
        var street = $"{table[row, "street_number"]} {table[row, "address_1"]}".Trim();
        return new()
        {
            BirthName = Given("surname"),
            FirstName = Given("given_name"),
            BirthNameAsWritten = Given("surname"),
            FirstNameAsWritten = Given("given_name"),
            BirthDate = Given("date_of_birth"),
            Street = street.Length > 0 ? street : null,
            PostalCode = Given("postcode"),
            City = Given("suburb")?.ToUpperInvariant(),
            Nirs = Given("soc_sec_id") is { } number ? [number] : [],
        };

        string? Given(string column) => table[row, column] is { Length: > 0 } text ? text : null;
    }
}
