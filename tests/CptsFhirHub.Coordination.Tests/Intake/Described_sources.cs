using System.Text;
using System.Text.Json;
using CptsFhirHub.Coordination.Intake;
using CptsFhirHub.Coordination.Intake.Described;

namespace CptsFhirHub.Coordination.Tests.Intake;

/// <summary>A source that its source.json describes: no program knows it.</summary>
public sealed class Described_sources
{
    private const string Description = """
        {
          "logicalModel": "https://example.org/StructureDefinition/Fiche",
          "key": ["numero"],
          "senders": { "mairie-a": { "signaller": "mairie", "columns": { "Qui": "nom" }, "delimiter": "!" } },
          "fields": [
            { "path": "numero", "names": ["id"] },
            { "path": "nom", "need": "required", "names": ["personne.nom"] },
            { "path": "ne_le", "kind": "date", "names": ["naissance"] },
            { "path": "nir", "kind": "nir" },
            { "path": "rpps", "kind": "rpps" },
            { "path": "vu_le", "kind": "moment" },
            { "path": "motif", "kind": "code", "codes": ["parti", "autre"], "words": { "médecin parti": "parti" } },
            { "path": "coches[]", "kind": "code", "codes": ["ald", "isole"] },
            { "path": "risques[].type" },
            { "path": "risques[].niveau" },
            { "path": "tel", "kind": "phone" },
            { "path": "code_postal", "digits": 5 },
            { "path": "courriel", "kind": "email" }
          ],
          "rules": [ { "holds": "tel.exists() or motif = 'autre'", "severity": "warning", "code": "required", "where": "tel", "text": "No phone." } ]
        }
        """;

    private static readonly DescribedSource Source = Of(Description);

    [Theory]
    [InlineData("numero;nom;tel\n7;LEGER;0251000001", "7")]
    [InlineData("""{"id":"7","Nom":"LEGER","tel":"0251000001"}""", "7")]
    [InlineData("""{"ID":7,"personne":{"nom":"LEGER"},"tel":251000001}""", "7")]
    public void A_csv_line_and_an_object_give_the_same_tree(string text, string key)
    {
        var reading = Assert.Single(Read(text).Lines).Reading;
        Assert.Equal("", reading.Issues.Text());
        Assert.Equal("LEGER", reading.Tree!.Value("nom"));
        Assert.Equal("+33251000001", reading.Tree!.Value("tel"));
        Assert.Equal(key, reading.BusinessKey);
        Assert.Equal("Fiche", reading.Tree!.ResourceType);
    }

    [Fact]
    public void A_form_is_one_line()
    {
        var reading = Assert.Single(Source.Read(
            Trees.Utf8("nom=L%C3%A9ger+d%27Or&tel=0251000001&couleur=bleu"), "application/x-www-form-urlencoded", sender: null).Lines).Reading;
        Assert.Equal("Léger d'Or", reading.Tree!.Value("nom"));
        Assert.Equal("information informational field \"autres.couleur\"", reading.Issues.Text());
    }

    [Theory]
    [InlineData("2,47038E+14", "its last digits are lost")]
    [InlineData("247038000000000", "its last digits are lost")]
    [InlineData("2,47038519104254E+14", "All its digits stand there")]
    public void A_nir_that_a_spreadsheet_broke_is_refused_with_a_repair(string nir, string said)
    {
        var reading = Read($"nom;tel;nir\nLEGER;0251000001;{nir}").Lines[0].Reading;
        Assert.True(reading.IsSound);
        Assert.Null(reading.Tree!.Value("nir"));
        var issue = Assert.Single(reading.Issues);
        Assert.Contains(said, issue.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(nir, issue.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("N", true)]
    [InlineData("", true)]
    [InlineData("O", true)]
    [InlineData("peut-être", false)]
    public void Who_may_have_objected_is_not_taken_to_agree(string opposition, bool isSound)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(CptsFhirHub.Tests.Repository.File("mappings", "cpam-cohort", "source.json")));
        var text = $"id_cohorte;rpps_medecin_sortant;date_cessation;nom;prenom;date_naissance;opposition\nC;10099000019;2026-12-31;LEGER;Odette;1947-03-09;{opposition}";
        var reading = Assert.Single(DescribedSource.Of(document.RootElement).Source!.Read(Trees.Utf8(text), "text/csv", sender: null).Lines).Reading;
        Assert.Equal(isSound, reading.IsSound);
    }

    [Theory]
    [InlineData("247038519104254.0", "247038519104254")]
    [InlineData("247038519104254,00", "247038519104254")]
    [InlineData("2.47.03.85.191.042.54", "247038519104254")]
    [InlineData("247038519104254.5", null)]
    public void A_nir_with_the_decimals_of_a_number_has_all_its_digits(string nir, string? value) =>
        Assert.Equal(value, Read($"nom;tel;nir\nLEGER;0251000001;\"{nir}\"").Lines[0].Reading.Tree!.Value("nir"));

    [Theory]
    [InlineData("Né(e) le", "ne_le")]
    [InlineData("N.O.M.", "nom")]
    [InlineData(" N I R ", "nir")]
    [InlineData("Code_Postal*", "code_postal")]
    public void A_header_counts_by_its_letters(string header, string path)
    {
        var description = Description.Replace("\"naissance\"", "\"naissance\", \"nee_le\"", StringComparison.Ordinal);
        Assert.Contains(new(header.Trim(), path), Of(description).Read(Trees.Utf8($"{header};tel\nx;0251000001"), "", sender: null).Columns);
    }

    [Theory]
    [InlineData("vu_le", "18/06/2025 9h05", "2025-06-18T09:05:00+02:00")]
    [InlineData("vu_le", "18/01/2025 14:02:07", "2025-01-18T14:02:07+01:00")]
    [InlineData("vu_le", "2025-06-18", "2025-06-18")]
    [InlineData("motif", "Médecin parti", "parti")]
    [InlineData("rpps", "8 10099000019", "10099000019")]
    [InlineData("rpps", "1009900001", null)]
    [InlineData("ne_le", "03/1947", "1947-03")]
    public void Values_get_their_agreed_form(string field, string written, string? value) =>
        Assert.Equal(value, Read($"nom;tel;{field}\nLEGER;0251000001;{written}").Lines[0].Reading.Tree!.Value(field));

    [Fact]
    public void A_list_may_stand_in_one_text()
    {
        var tree = Read("""{"nom":"LEGER","tel":"0251000001","coches":"ALD, isolé","risques":[{"type":"droits","niveau":"2"},{"type":"seul"}]}""")
            .Lines[0].Reading.Tree!;
        Assert.Equal(["ald", "isole"], tree.Children.ToArray().Where(child => child.Name == "coches").Select(child => child.Value!));
        Assert.Equal(2, tree.Children.ToArray().Count(child => child.Name == "risques"));
    }

    [Fact]
    public void A_sender_has_its_own_columns_and_separator()
    {
        var reading = Source.Read(Trees.Utf8("Qui!tel\nLEGER!0251000001"), "text/csv", "mairie-a").Lines[0].Reading;
        Assert.Equal("LEGER", reading.Tree!.Value("nom"));
        Assert.Equal("mairie", reading.Tree!.Value("emetteur.signalant"));
        Assert.Equal("error required line 2, column \"nom\"",
            Source.Read(Trees.Utf8("Qui;tel\nLEGER;0251000001"), "text/csv", "mairie-b").Lines[0].Reading.Issues.Where(issue => issue.IsError).ToList().Text());
    }

    [Fact]
    public void The_columns_of_one_sender_are_no_other_senders()
    {
        // The same file: whoever has no columns of its own is told that "Qui" is not known, whoever has them no longer gives the name under "nom".
        var file = Trees.Utf8("Qui!nom!tel\nLEGER!AUTRE!0251000001");
        var own = Source.Read(file, "text/csv", "mairie-a");
        Assert.Equal([new("Qui", "nom"), new("nom", null), new("tel", "tel")], own.Columns);
        Assert.Equal("LEGER", own.Lines[0].Reading.Tree!.Value("nom"));

        foreach (var sender in (string?[])["mairie-b", null])
        {
            var others = Source.Read(Trees.Utf8("Qui;nom;tel\nLEGER;AUTRE;0251000001"), "text/csv", sender);
            Assert.Equal([new("Qui", null), new("nom", "nom"), new("tel", "tel")], others.Columns);
            Assert.Equal("AUTRE", others.Lines[0].Reading.Tree!.Value("nom"));
            Assert.Null(others.Lines[0].Reading.Tree!.Value("emetteur.signalant"));
            Assert.Equal("information informational line 1, column \"Qui\"", others.Issues.Text());
        }

        // An object under the sender's own names is read alike.
        Assert.Equal("LEGER", Source.Read(Trees.Utf8("""{"Qui":"LEGER","tel":"0251000001"}"""), "", "mairie-a").Lines[0].Reading.Tree!.Value("nom"));
        Assert.Null(Source.Read(Trees.Utf8("""{"Qui":"LEGER","tel":"0251000001"}"""), "", "mairie-b").Lines[0].Reading.Tree!.Value("nom"));
    }

    [Theory]
    [InlineData("nir", "=\"247038519104254\"", "247038519104254")]
    [InlineData("nir", "'247038519104254", "247038519104254")]
    [InlineData("nom", "'t Hooft", "'t Hooft")]
    [InlineData("tel", "=\"0251000001\"", "+33251000001")]
    [InlineData("motif", "NULL", null)]
    [InlineData("motif", "-", null)]
    [InlineData("ne_le", "#N/A", null)]
    [InlineData("courriel", "néant", null)]
    [InlineData("code_postal", "1000", "01000")]
    public void A_cell_says_no_more_than_its_text(string column, string cell, string? read)
    {
        var reading = Read($"nom;{column};numero\nLEGER;{cell};1".Replace("nom;nom", "ne_le;nom", StringComparison.Ordinal).Replace("LEGER;'t", ";'t", StringComparison.Ordinal)).Lines[0].Reading;
        Assert.Equal(read, reading.Tree!.Value(column));
    }

    [Fact]
    public void What_stands_in_brackets_behind_a_header_is_advice()
    {
        var lines = Read("nom;tel (10 chiffres);Motif(parti|autre);né le (jj/mm/aaaa);nom (de jeune fille)\nLEGER;0251000001;parti;09/03/1947;X");
        Assert.Equal(["nom", "tel", "motif", "ne_le", null], lines.Columns.Select(column => column.Path));
        Assert.Equal("parti", lines.Lines[0].Reading.Tree!.Value("motif"));
    }

    [Fact]
    public void No_message_says_who_sent_it()
    {
        var tree = Source.Read(Trees.Utf8("""{"nom":"LEGER","tel":"0251000001","emetteur":{"signalant":"elu"}}"""), "", "mairie-a").Lines[0].Reading.Tree!;
        Assert.Equal("mairie", tree.Value("emetteur.signalant"));
    }

    [Theory]
    [InlineData("nom;tel\nLEGER;0251000001", "")]
    [InlineData("nom;motif\nLEGER;autre", "")]
    [InlineData("nom;motif\nLEGER;parti", "warning required line 2, column \"tel\"")]
    public void Several_fields_together_keep_a_rule(string text, string issues) => Assert.Equal(issues, Read(text).Lines[0].Reading.Issues.Text());

    [Fact]
    public void A_line_without_key_is_recognised_by_all_it_says()
    {
        var (one, same, other) = (Key("LEGER"), Key("LEGER "), Key("LEGERE"));
        Assert.Equal(one, same);
        Assert.NotEqual(one, other);

        static string? Key(string name) => Read($"nom;tel\n{name};0251000001").Lines[0].Reading.BusinessKey;
    }

    [Fact]
    public void Charset_and_separator_are_said()
    {
        Assert.Equal("Read as UTF-8, fields separated by semicolons.", Read("nom;tel\nLEGER;1").Layout);
        var latin = CodePagesEncodingProvider.Instance.GetEncoding(1252)!.GetBytes("nom,tel\nLÉGER,1");
        Assert.Equal("Read as Windows-1252, fields separated by commas.", Source.Read(latin, "", null).Layout);
        byte[] wide = [.. Encoding.Unicode.Preamble, .. Encoding.Unicode.GetBytes("nom\ttel\nLÉGER\t1")];
        Assert.Equal("Read as UTF-16, fields separated by tabs.", Source.Read(wide, "", null).Layout);
        Assert.Equal("LÉGER", Source.Read(wide, "", null).Lines[0].Reading.Tree!.Value("nom"));
        foreach (var unmarked in (byte[][])[wide[2..], Encoding.BigEndianUnicode.GetBytes("nom\ttel\nLÉGER\t1")])
            Assert.Equal(("UTF-16", "LÉGER"), (Source.Read(unmarked, "", null).Layout![8..14], Source.Read(unmarked, "", null).Lines[0].Reading.Tree!.Value("nom")));
    }

    [Theory]
    [InlineData(850, "CP850 (DOS)", "nom;tel\nHélène à Noël, ça gêne;1")]
    [InlineData(850, "CP850 (DOS)", "nom;tel\nLÉGER;1\nFRANÇOIS;2")]
    [InlineData(850, "CP850 (DOS)", "nom;tel\nÉlodie;1")]
    [InlineData(10000, "Mac Roman", "nom;tel\nHélène à Noël, ça gêne;1")]
    [InlineData(10000, "Mac Roman", "nom;tel\nLÉGER;1\nFRANÇOIS;2")]
    [InlineData(10000, "Mac Roman", "nom;tel\nÉlodie;1")]
    [InlineData(1252, "Windows-1252", "nom;tel\nHélène à Noël, ça gêne;1")]
    [InlineData(1252, "Windows-1252", "nom;tel\nLÉGER;1\nFRANÇOIS;2")]
    [InlineData(1252, "Windows-1252", "nom;tel\nL’Île-d’Élle – n° 12 « sœur »;1")]
    [InlineData(1252, "Windows-1252", "nom;tel\nBUÑUEL;1")]
    public void The_charset_is_told_by_the_accents(int codePage, string charset, string text)
    {
        var lines = Source.Read(CodePagesEncodingProvider.Instance.GetEncoding(codePage)!.GetBytes(text), "", null);
        Assert.StartsWith($"Read as {charset},", lines.Layout, StringComparison.Ordinal);
        Assert.Equal(text.Split('\n', ';')[2], lines.Lines[0].Reading.Tree!.Value("nom"));
    }

    [Fact]
    public void What_is_no_text_is_refused_with_what_to_do()
    {
        byte[] picture = [0x89, (byte)'P', (byte)'N', (byte)'G', .. Enumerable.Range(0, 400).Select(n => (byte)(n * 37))];
        Assert.Contains("is not text", Assert.Single(Source.Read(picture, "", null).Issues).Text, StringComparison.Ordinal);
        Assert.Contains("save its sheet as CSV", Assert.Single(Source.Read("PK\u0003\u0004"u8.ToArray(), "", null).Issues).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sep=;\nnom;tel\nLEGER;0251000001", "")]
    [InlineData("SEP=,\r\nnom,tel\r\nLEGER,0251000001", "")]
    [InlineData("PK\u0003\u0004nom;tel\nLEGER;1", "fatal structure file")]
    public void A_spreadsheets_own_line_is_passed_over_and_its_workbook_is_not_read(string text, string issues)
    {
        var lines = Read(text);
        Assert.Equal(issues, lines.Issues.ToList().Text());
        Assert.Equal(issues.Length == 0 ? ["LEGER"] : [], lines.Lines.Select(line => line.Reading.Tree!.Value("nom")!));
    }

    [Theory]
    [InlineData("LE\0GER", "LEGER", true)]
    [InlineData("LEGER\u0007", "LEGER", true)]
    [InlineData("LEGER", "LEGER", false)]
    public void Control_characters_are_left_out_and_said(string name, string read, bool isSaid)
    {
        var reading = ControlCharacters.Without(Read($"nom;tel\n{name};0251000001").Lines[0].Reading);
        Assert.Equal(read, reading.Tree!.Value("nom"));
        Assert.Equal(isSaid, reading.Issues.Any(issue => issue is { Code: "value", Severity: Fhir.Model.Severity.Warning }));
    }

    [Theory]
    [InlineData("""{"logicalModel":"x/Y"}""", "error invalid fields")]
    [InlineData("""{"logicalModel":"x/Y","fields":[{"path":"a","kind":"colour"}]}""", "error invalid fields[0]")]
    [InlineData("""{"logicalModel":"x/Y","fields":[{"path":"a"},{"path":"a"}]}""", "error invalid fields[1]")]
    [InlineData("""{"logicalModel":"x/Y","key":["b"],"fields":[{"path":"a"}]}""", "error invalid key")]
    [InlineData("""{"logicalModel":"x/Y","fields":[{"path":"a"}],"rules":[{"holds":"a.("}]}""", "error invalid rules[0]")]
    [InlineData("""{"logicalModel":"x/Y","fields":[{"path":"a"}],"senders":{"s":{"columns":{"B":"b"}}}}""", "error invalid senders")]
    [InlineData("""{"logicalModel":"x/Y","fields":[{"path":"a","codes":["x"],"words":{"y":"z"}}]}""", "error invalid fields[0]")]
    public void A_faulty_description_is_told(string description, string issues)
    {
        using var document = JsonDocument.Parse(description);
        var (source, told) = DescribedSource.Of(document.RootElement);
        Assert.Null(source);
        Assert.Equal(issues, told.ToList().Text());
    }

    [Fact]
    public void A_control_file_is_held_against_its_file()
    {
        var file = Trees.Utf8("numero;nom;tel;rpps;vu_le\n1;LEGER;0251000001;10099000019;2026-12-31\n2;BON;0251000002;10099000019;2026-12-31\n");
        var digest = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(file.Span));
        Assert.Equal("", Check($$"""{"count":2,"sha256":"{{digest}}","rpps":"810099000019","endDate":"31/12/2026"}"""));
        Assert.Equal("fatal business-rule control count", Check($$"""{"count":3,"sha256":"{{digest}}"}"""));
        Assert.Equal("fatal business-rule control sha256", Check($$"""{"count":2,"sha256":"{{digest[1..]}}0"}"""));
        Assert.Equal("fatal business-rule control rpps", Check($$"""{"count":2,"sha256":"{{digest}}","rpps":"10099000027"}"""));
        Assert.Equal("fatal business-rule control endDate", Check($$"""{"count":2,"sha256":"{{digest}}","endDate":"2027-01-01"}"""));
        Assert.Equal("fatal required control count\nfatal required control sha256", Check("{}"));

        string Check(string control)
        {
            var (body, type) = ControlFile.Together(Encoding.UTF8.GetBytes(control), file.Span);
            var faults = new List<Fhir.Model.Issue>();
            var (part, said) = ControlFile.PartsOf(body, type, faults);
            Assert.Empty(faults);
            Assert.Equal(file.ToArray(), part.ToArray());
            return ControlFile.Check(said!.Value, part, Read(Encoding.UTF8.GetString(part.Span)), "rpps", "vu_le").ToList().Text();
        }
    }

    [Fact]
    public void A_form_without_a_file_is_refused()
    {
        var issues = new List<Fhir.Model.Issue>();
        ControlFile.PartsOf(Trees.Utf8("--x\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\n1\r\n--x--"), "multipart/form-data; boundary=x", issues);
        ControlFile.PartsOf(Trees.Utf8("--x"), "multipart/form-data", issues);
        Assert.Equal("fatal required form\nfatal structure form", issues.Text());
    }

    private static SourceLines Read(string text) => Source.Read(Trees.Utf8(text), "", sender: null);

    private static DescribedSource Of(string description)
    {
        using var document = JsonDocument.Parse(description);
        var (source, issues) = DescribedSource.Of(document.RootElement);
        Assert.Empty(issues);
        return source!;
    }
}
