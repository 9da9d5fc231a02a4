using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Coordination.Intake.Prado;

/// <summary>
/// Discharges announced by PRADO, the health insurance's return-home programme: CSV or JSON, one tree <c>PradoLine</c> a patient with one
/// child a column. Dates are ISO, phones <c>+33…</c>, ticks <c>oui</c>, <c>non</c> or <c>ne-sait-pas</c>.
/// </summary>
public static class PradoReader
{
    public const string RootName = "PradoLine";

    private static readonly Member[] Members =
    [
        new("dossier_prado", ValueKind.Text, Need.Required) { LengthMax = 100 },
        new("volet", ValueKind.Code, Need.Required)
        {
            Codes = ["maternite", "chirurgie", "insuffisance-cardiaque", "bpco", "avc-ait", "personnes-agees"],
        },
        new("nir", ValueKind.Nir),
        new("nom_naissance", ValueKind.Text, Need.Required),
        new("nom_utilise", ValueKind.Text),
        new("prenoms", ValueKind.Text, Need.Required),
        new("date_naissance", ValueKind.Date, Need.Required),
        new("sexe", ValueKind.Sex),
        new("adresse", ValueKind.Text),
        new("code_postal", ValueKind.Text) { LengthMax = 10 },
        new("commune", ValueKind.Text),
        new("commune_insee", ValueKind.Text, Need.Expected) { LengthMax = 5 },
        new("telephone", ValueKind.Phone, Need.Expected),
        new("aidant_nom", ValueKind.Text),
        new("aidant_tel", ValueKind.Phone),
        new("etablissement_finess", ValueKind.Text, Need.Expected) { LengthMax = 9 },
        new("service", ValueKind.Text),
        new("date_entree", ValueKind.Date),
        new("date_sortie_prevue", ValueKind.Date),
        new("date_sortie_reelle", ValueKind.Date),
        new("diagnostic_libelle", ValueKind.Text),
        new("diagnostic_cim10", ValueKind.Text) { LengthMax = 10 },
        new("adhesion", ValueKind.Tick),
        new("date_adhesion", ValueKind.Date),
        new("medecin_traitant_rpps", ValueKind.Text) { LengthMax = 12 },
        new("medecin_traitant_statut", ValueKind.Code, Need.Expected) { Codes = ["declare", "absent", "parti", "inconnu"] },
        new("premier_rdv_mg_avant_le", ValueKind.Date),
        new("premier_rdv_mg_pris", ValueKind.Tick),
        new("premier_rdv_mg_date", ValueKind.Date),
        new("idel_rpps", ValueKind.Text) { LengthMax = 12 },
        new("kine_rpps", ValueKind.Text) { LengthMax = 12 },
        new("aide_domicile", ValueKind.Tick),
        new("conseiller_id", ValueKind.Text),
        new("conseiller_tel", ValueKind.Phone),
        new("evenement", ValueKind.Code, Need.Required) { Codes = ["creation", "maj", "sortie", "annulation"] },
    ];

    private static readonly SourceShape Shape = new(Members, isTyped: true);

    private static readonly LineModel Line = new(
        RootName,
        Members.Select(member => new Column(member.Path, member.Path) { Aliases = AliasesOf(member.Path) }).ToList(),
        Shape,
        KeyOf)
    {
        Prepare = Prepare,
    };

    /// <summary>Reads a CSV file, or a JSON object or array of objects with the same names.</summary>
    public static SourceLines Read(ReadOnlyMemory<byte> bytes) =>
        LooksLikeJson(bytes.Span) ? ReadJson(bytes) : CsvLines.Read(bytes, Line);

    private static SourceLines ReadJson(ReadOnlyMemory<byte> bytes)
    {
        List<Issue> fileIssues = [];
        var roots = JsonTree.ReadMany(bytes, RootName, fileIssues);
        List<SourceLine> lines = [];
        foreach (var (root, text) in roots)
        {
            List<Issue> issues = [];
            var at = roots.Count == 1 ? "$." : $"$[{lines.Count}].";
            Prepare(root);
            Shape.Check(root, path => at + path, issues);
            lines.Add(new(lines.Count + 1, text, new(root, KeyOf(root), issues)));
        }

        return new(lines, fileIssues);
    }

    // The dossier lives through several events; each of them is a message of its own.
    private static string? KeyOf(Element root) =>
        root.Text("dossier_prado") is { } dossier ? $"{dossier}/{root.Text("evenement")}" : null;

    private static void Prepare(Element root)
    {
        // "O;2025-06-20" in one field: the tick, then the day.
        if (root.Text("premier_rdv_mg_pris") is { } taken && taken.IndexOfAny([';', ' ', ',']) is > 0 and var cut)
        {
            root.Put("premier_rdv_mg_pris", taken[..cut]);
            if (root.Child("premier_rdv_mg_date") is null)
                root.With("premier_rdv_mg_date", taken[(cut + 1)..].Trim());
        }
    }

    private static bool LooksLikeJson(ReadOnlySpan<byte> bytes)
    {
        if (bytes.StartsWith(System.Text.Encoding.UTF8.Preamble))
            bytes = bytes[3..];
        var start = bytes.IndexOfAnyExcept(" \t\r\n"u8);
        return start >= 0 && bytes[start] is (byte)'{' or (byte)'[';
    }

    private static string[] AliasesOf(string path) => path switch
    {
        "dossier_prado" => ["dossier", "numero_dossier", "n_dossier"],
        "nom_naissance" => ["nom_de_naissance", "nom"],
        "nom_utilise" => ["nom_usage", "nom_d_usage", "nom_usuel", "nom"],
        "prenoms" => ["prenom"],
        "date_naissance" => ["date_de_naissance", "ne_le"],
        "telephone" => ["tel", "portable"],
        "code_postal" => ["cp"],
        "commune" => ["ville"],
        "commune_insee" => ["code_insee", "insee", "insee_commune"],
        "etablissement_finess" => ["finess", "finess_etablissement"],
        "premier_rdv_mg_date" => ["date_premier_rdv_mg", "premier_rdv_mg_pris_date", "premier_rdv_mg_pris_le"],
        "evenement" => ["type_evenement"],
        _ => [],
    };
}
