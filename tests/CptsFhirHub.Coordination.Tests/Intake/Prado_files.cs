using System.Text;

namespace CptsFhirHub.Coordination.Tests.Intake;

public sealed class Prado_files
{
    private const string Header = "dossier_prado;volet;nir;nom_naissance;prenoms;date_naissance;sexe;commune_insee;telephone;etablissement_finess;" +
        "date_sortie_reelle;adhesion;medecin_traitant_statut;premier_rdv_mg_pris;evenement";

    private const string Line = "P-17;insuffisance-cardiaque;247038519104254;MARTINEAU;Odette;09/03/1947;F;85003;0251000001;859900011;" +
        "19/06/2025;O;absent;N;sortie";

    [Theory]
    [InlineData(';')]
    [InlineData(',')]
    [InlineData('\t')]
    public void The_separator_is_guessed_from_the_header(char separator)
    {
        var file = Shipped.Prado.ReadFile(Trees.Utf8($"{Header}\n{Line}".Replace(';', separator)));
        var reading = Assert.Single(file.Lines).Reading;
        Assert.Equal("", reading.Issues.Text());
        Assert.Equal("P-17/sortie", reading.BusinessKey);
        Assert.Equal("PradoLine", reading.Tree!.ResourceType);
        Assert.Equal("2025-06-19", reading.Tree.Value("date_sortie_reelle"));
        Assert.Equal("+33251000001", reading.Tree.Value("telephone"));
        Assert.Equal("oui", reading.Tree.Value("adhesion"));
        Assert.Equal("non", reading.Tree.Value("premier_rdv_mg_pris"));
    }

    [Fact]
    public void Windows_1252_and_utf8_give_the_same_names()
    {
        var text = $"{Header}\r\n{Line.Replace("MARTINEAU", "GUÉRIN-ŒUF", StringComparison.Ordinal)}\r\n";
        byte[][] files =
        [
            Encoding.UTF8.GetBytes(text),
            [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(text)],
            CodePagesEncodingProvider.Instance.GetEncoding(1252)!.GetBytes(text),
        ];
        Assert.All(files, file => Assert.Equal("GUÉRIN-ŒUF", Shipped.Prado.ReadFile(file).Lines[0].Reading.Tree!.Value("nom_naissance")));
    }

    [Fact]
    public void Header_names_count_without_case_accents_or_blanks()
    {
        var header = Header.Replace("nom_naissance", "Nom de Naissance", StringComparison.Ordinal)
            .Replace("prenoms", "Prénom", StringComparison.Ordinal).Replace("evenement", "ÉVÉNEMENT", StringComparison.Ordinal);
        var reading = Shipped.Prado.ReadFile(Trees.Utf8($"{header}\n{Line}")).Lines[0].Reading;
        Assert.True(reading.IsSound);
        Assert.Equal("Odette", reading.Tree!.Value("prenoms"));
    }

    [Theory]
    [InlineData("247038519104254", "2,47038E+14", "warning value line 2, column \"nir\"", true)]
    [InlineData("insuffisance-cardiaque", "cardiaque", "error code-invalid line 2, column \"volet\"", false)]
    [InlineData("insuffisance-cardiaque", "Insuffisance cardiaque", "", true)]
    [InlineData("09/03/1947", "", "error required line 2, column \"date_naissance\"", false)]
    [InlineData("19/06/2025", "19/06/25", "warning value line 2, column \"date_sortie_reelle\"", true)]
    [InlineData(";sortie", "", "warning structure line 2\nerror required line 2, column \"evenement\"", false)]
    [InlineData(";sortie", ";sortie;;", "", true)]
    [InlineData(";sortie", ";sortie;encore", "error structure line 2", false)]
    [InlineData("0251000001", "02510", "warning value line 2, column \"telephone\"", true)]
    public void A_fault_names_line_and_column(string what, string by, string expected, bool isSound)
    {
        Assert.Contains(what, Line, StringComparison.Ordinal);
        var reading = Shipped.Prado.ReadFile(Trees.Utf8($"{Header}\n{Line.Replace(what, by, StringComparison.Ordinal)}")).Lines[0].Reading;
        Assert.StartsWith(expected, reading.Issues.Text(), StringComparison.Ordinal);
        Assert.Equal(isSound, reading.IsSound);
        Assert.Equal(expected.Length == 0, reading.Issues.Count == 0);
    }

    [Fact]
    public void An_unknown_column_is_told_once_and_kept_apart()
    {
        var file = Shipped.Prado.ReadFile(Trees.Utf8($"{Header};Source;Source\n{Line};a;b\n{Line};;"));
        Assert.Equal("information informational line 1, column \"Source\"", file.Issues.Text());
        Assert.All(file.Lines, line => Assert.Empty(line.Reading.Issues));
        Assert.Equal("a", file.Lines[0].Reading.Tree!.Value("autres.source"));
    }

    [Fact]
    public void Nom_is_the_name_in_use_beside_a_birth_name_and_the_birth_name_alone()
    {
        var both = Shipped.Prado.ReadFile(Trees.Utf8($"Nom;{Header}\nGUERIN;{Line}")).Lines[0].Reading.Tree!;
        Assert.Equal(("MARTINEAU", "GUERIN"), (both.Value("nom_naissance"), both.Value("nom_utilise")));
        var alone = Shipped.Prado.ReadFile(Trees.Utf8($"{Header.Replace("nom_naissance", "nom", StringComparison.Ordinal)}\n{Line}")).Lines[0].Reading.Tree!;
        Assert.Equal("MARTINEAU", alone.Value("nom_naissance"));
    }

    [Fact]
    public void A_known_column_twice_is_refused() =>
        Assert.Equal("error structure line 1, column \"Sexe\"", Shipped.Prado.ReadFile(Trees.Utf8($"Sexe;{Header}\nF;{Line}")).Issues.Text());

    [Fact]
    public void The_same_names_are_read_from_json()
    {
        var file = Shipped.Prado.ReadFile(Trees.Utf8("""
            [{"dossier_prado":"P-1","volet":"bpco","nom_naissance":"MARTIN","prenoms":"Paul","date_naissance":"1950-01-02","evenement":"creation"},
             {"dossier_prado":"P-2","volet":"bpco","nom_naissance":"MARTIN","prenoms":"Paul","evenement":"creation"}]
            """));
        Assert.Equal(["P-1/creation", "P-2/creation"], file.Lines.Select(line => line.Reading.BusinessKey));
        Assert.True(file.Lines[0].Reading.IsSound);
        Assert.StartsWith("{\"dossier_prado\":\"P-2\"", file.Lines[1].Text, StringComparison.Ordinal);
        Assert.Contains("error required $[1].date_naissance", file.Lines[1].Reading.Issues.Text(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_tick_and_a_day_may_share_a_field()
    {
        var text = $"{Header}\n{Line.Replace(";N;sortie", ";\"O;20/06/2025\";sortie", StringComparison.Ordinal)}";
        var tree = Shipped.Prado.ReadFile(Trees.Utf8(text)).Lines[0].Reading.Tree!;
        Assert.Equal("oui", tree.Value("premier_rdv_mg_pris"));
        Assert.Equal("2025-06-20", tree.Value("premier_rdv_mg_date"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n\n")]
    public void An_empty_file_is_refused(string text) =>
        Assert.Equal("fatal required file", Shipped.Prado.ReadFile(Trees.Utf8(text)).Issues.Text());
}
