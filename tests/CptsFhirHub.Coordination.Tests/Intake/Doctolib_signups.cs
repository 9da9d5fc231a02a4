using System.Text;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Coordination.Tests.Intake;

public sealed class Doctolib_signups
{
    private const string Signup = """
        {"event":"signup.created","eventId":"5b0d2f0e-6c0e-4f5e-9a3a-2d6d6f1c1a01","occurredAt":"2025-06-18T09:12:44+02:00",
         "source":{"platform":"rdv-demo","form":"recherche-medecin-traitant","formVersion":"3"},
         "patient":{"birthName":"MARTINEAU","usedName":"GUÉRIN","firstNames":["Odette"],"birthDate":"1947-03-09","sex":"F",
          "nir":"247038519104254","phones":["02 51 00 00 01"],
          "address":{"line1":"4 rue du Four","postCode":"85190","city":"AIZENAY","inseeCode":"85003"}},
         "household":{"peopleWithoutGp":2},
         "need":{"reason":"medecin-parti","lastGp":{"name":"Dr DUPRÉ","city":"AIZENAY","endDate":"2025-03-31"}},
         "health":{"ald":"oui","aldLabel":"diabète","canTravel":"difficile","nextTreatmentRenewal":"2025-07-01"},
         "social":{"c2s":"ne-sait-pas","livesAlone":"oui"},
         "consents":{"privacyNoticeVersion":"2025-02","shareWithGps":true,"shareWithDac":true,"sms":false}}
        """;

    [Fact]
    public void A_sound_signup_becomes_a_tree_of_its_members()
    {
        var reading = Shipped.Doctolib.ReadOne(Trees.Utf8(Signup));

        Assert.Equal("", reading.Issues.Text());
        Assert.True(reading.IsSound);
        Assert.Equal("5b0d2f0e-6c0e-4f5e-9a3a-2d6d6f1c1a01", reading.BusinessKey);
        var tree = reading.Tree!;
        Assert.Equal("DoctolibSignup", tree.ResourceType);
        Assert.Equal("GUÉRIN", tree.Value("patient.usedName"));
        Assert.Equal("Odette", tree.Value("patient.firstNames[0]"));
        Assert.True(tree.At("patient", "firstNames")!.IsListItem);
        Assert.Equal("+33251000001", tree.Value("patient.phones[0]"));
        Assert.Equal("ne-sait-pas", tree.Value("social.c2s"));
        Assert.Equal(ElementKind.Boolean, tree.At("consents", "sms")!.Kind);
        Assert.Equal("2", tree.Value("household.peopleWithoutGp"));
    }

    [Theory]
    [InlineData("\"birthDate\":\"1947-03-09\",", "", "error required $.patient.birthDate")]
    [InlineData("1947-03-09", "1947-02-30", "error value $.patient.birthDate")]
    [InlineData("1947-03-09", "09/03/1947", "")]
    [InlineData("1947-03-09", "2025-06-19", "error business-rule $.patient.birthDate")]
    [InlineData("\"eventId\":\"5b0d2f0e-6c0e-4f5e-9a3a-2d6d6f1c1a01\",", "", "error required $.eventId")]
    [InlineData("signup.created", "signup.lost", "error code-invalid $.event")]
    [InlineData("\"birthName\":\"MARTINEAU\",\"usedName\":\"GUÉRIN\",", "", "error required $.patient.birthName")]
    [InlineData("\"birthName\":\"MARTINEAU\",", "", "warning required $.patient.birthName")]
    [InlineData("[\"Odette\"]", "\"Odette\"", "error structure $.patient.firstNames")]
    [InlineData("\"need\":{", "\"need\":{\"colour\":\"blue\",", "information informational $.need.colour")]
    [InlineData("\"sms\":false", "\"sms\":3", "error structure $.consents.sms")]
    [InlineData("\"Odette\"", "12", "error structure $.patient.firstNames[0]")]
    [InlineData("247038519104254", "2,47038E+14", "warning value $.patient.nir")]
    [InlineData("247038519104254", "247038519104255", "warning value $.patient.nir")]
    [InlineData("\"sex\":\"F\"", "\"sex\":\"M\"", "warning business-rule $.patient.nir")]
    [InlineData("02 51 00 00 01", "02 51", "warning value $.patient.phones[0]")]
    [InlineData("\"household\":{\"peopleWithoutGp\":2}", "\"household\":4", "error structure $.household")]
    [InlineData("\"ald\":\"oui\"", "\"ald\":null", "warning required $.health.ald")]
    public void A_fault_is_told_with_its_place(string what, string by, string expected)
    {
        Assert.Contains(what, Signup, StringComparison.Ordinal);
        var reading = Shipped.Doctolib.ReadOne(Trees.Utf8(Signup.Replace(what, by, StringComparison.Ordinal)));
        Assert.StartsWith(expected, reading.Issues.Text(), StringComparison.Ordinal);
        Assert.Equal(expected.Length == 0, reading.Issues.Count == 0);
        Assert.NotNull(reading.Tree);
    }

    [Theory]
    [InlineData("2025-06-18T09:12:44", "2025-06-18T09:12:44+02:00")]
    [InlineData("2025-01-18T09:12:44", "2025-01-18T09:12:44+01:00")]
    [InlineData("2025-06-18T09:12", "2025-06-18T09:12:00+02:00")]
    [InlineData("2025-06-18T09:12Z", "2025-06-18T09:12:00+00:00")]
    [InlineData("2025-06-18T09:12:44.5-04:00", "2025-06-18T09:12:44.5-04:00")]
    public void An_instant_is_made_whole_and_of_the_wall_in_Paris_when_it_names_no_offset(string sent, string read)
    {
        var reading = Shipped.Doctolib.ReadOne(Trees.Utf8(Signup.Replace("2025-06-18T09:12:44+02:00", sent, StringComparison.Ordinal)));
        Assert.True(reading.IsSound);
        Assert.Equal(read, reading.Tree!.Value("occurredAt"));
    }

    [Fact]
    public void A_rounded_nir_is_left_out_and_never_guessed()
    {
        var reading = Shipped.Doctolib.ReadOne(Trees.Utf8(Signup.Replace("247038519104254", "2,47038E+14", StringComparison.Ordinal)));
        Assert.Null(reading.Tree!.Value("patient.nir"));
        Assert.True(reading.IsSound);
    }

    [Fact]
    public void A_truncated_payload_names_the_line_where_it_stops()
    {
        var reading = Shipped.Doctolib.ReadOne(Trees.Utf8(Signup[..(Signup.IndexOf("\"household\"", StringComparison.Ordinal) + 4)]));
        Assert.Null(reading.Tree);
        var issue = Assert.Single(reading.Issues);
        Assert.Equal(Severity.Fatal, issue.Severity);
        Assert.StartsWith("line 6,", issue.Path, StringComparison.Ordinal);
        Assert.Contains("truncated", issue.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("\"text\"")]
    [InlineData("[]")]
    [InlineData("[{},{}]")]
    [InlineData("{\"a\":1,}")]
    [InlineData("{\"a\":1} x")]
    [InlineData("{\"a\":1,\"a\":2}")]
    [InlineData("{\"a\":[[1]]}")]
    [InlineData("{\"a\":\"\\ud800\"}")]
    [InlineData("// comment\n{}")]
    public void What_is_not_one_strict_object_is_refused(string json)
    {
        var reading = Shipped.Doctolib.ReadOne(Trees.Utf8(json));
        Assert.Null(reading.Tree);
        Assert.Contains(reading.Issues, issue => issue.IsError);
    }

    [Theory]
    [InlineData(1_000, false)]
    [InlineData(1_001, true)]
    public void An_object_of_more_members_than_anybody_writes_is_refused(int members, bool isRefused)
    {
        var json = $"{{{string.Join(',', Enumerable.Range(1, members).Select(number => $"\"m{number}\":1"))}}}";
        var reading = Shipped.Doctolib.ReadOne(Trees.Utf8(json));
        Assert.Equal(isRefused ? ["$.m1001"] : (string[])[], reading.Issues.Where(issue => issue.Code == "too-long").Select(issue => issue.Path));
    }

    [Fact]
    public void A_byte_order_mark_is_no_fault()
    {
        byte[] bytes = [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(Signup)];
        Assert.True(Shipped.Doctolib.ReadOne(bytes).IsSound);
    }

    [Fact]
    public void Latin_bytes_are_refused_with_their_line()
    {
        var reading = Shipped.Doctolib.ReadOne(Encoding.Latin1.GetBytes(Signup));
        Assert.Null(reading.Tree);
        Assert.StartsWith("fatal structure line 3,", reading.Issues.Text(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(32, true)]
    [InlineData(33, false)]
    public void Depth_is_bounded(int depth, bool isRead)
    {
        var json = string.Concat(Enumerable.Repeat("{\"a\":", depth - 1)) + "{}" + new string('}', depth - 1);
        Assert.Equal(isRead, Shipped.Doctolib.ReadOne(Trees.Utf8(json)).Tree is not null);
    }

    [Theory]
    [InlineData(5 * 1024 * 1024, true)]
    [InlineData((5 * 1024 * 1024) + 1, false)]
    public void Size_is_bounded(int bytes, bool isRead) =>
        Assert.Equal(isRead, Shipped.Doctolib.ReadOne(Trees.Utf8("{}".PadRight(bytes))).Tree is not null);

    private const string Header =
        "identifiant;date;statut;nom_naissance;nom_utilise;prenoms;date_naissance;sexe;nir;telephone;email;adresse;code_postal;ville;code_insee;" +
        "motif;dernier_medecin;date_cessation;ald;ald_libelle;mobilite;c2s;ame;handicap;vit_seul;foyer_sans_mt;consentement_medecins;" +
        "consentement_dac;consentement_sms;commentaire";

    private const string Line =
        "A-1;2025-06-18;Nouveau;MARTINEAU;GUÉRIN;Odette,Marie;09/03/1947;F;247038519104254;02 51 00 00 01 / 06 51 00 00 01;;4 rue du Four;85190;" +
        "AIZENAY;85003;medecin-parti;Dr DUPRÉ;31/03/2025;O;diabète;difficile;?;;;O;2;O;O;N;\"deux\r\nlignes\"";

    [Fact]
    public void An_export_line_gives_the_same_tree_as_the_webhook()
    {
        var lines = Shipped.Doctolib.ReadFile(Trees.Utf8($"{Header}\r\n{Line}\r\n{Line.Replace("A-1", "A-2", StringComparison.Ordinal)}\r\n\r\n"));

        Assert.Equal("", lines.Issues.Text());
        Assert.Equal([2, 4], lines.Lines.Select(line => line.Number));
        var reading = lines.Lines[0].Reading;
        Assert.Equal("", reading.Issues.Text());
        Assert.Equal("A-1", reading.BusinessKey);
        var tree = reading.Tree!;
        Assert.Equal("DoctolibSignup", tree.ResourceType);
        Assert.Equal("signup.created", tree.Value("event"));
        Assert.Equal("1947-03-09", tree.Value("patient.birthDate"));
        Assert.Equal("Marie", tree.Value("patient.firstNames[1]"));
        Assert.Equal("+33651000001", tree.Value("patient.phones[1]"));
        Assert.Equal("oui", tree.Value("health.ald"));
        Assert.Equal("ne-sait-pas", tree.Value("social.c2s"));
        Assert.Equal("true", tree.Value("consents.shareWithDac"));
        Assert.Equal("2025-03-31", tree.Value("need.lastGp.endDate"));
        Assert.Equal("deux\r\nlignes", tree.Value("freeText"));
    }

    [Theory]
    [InlineData("Traité", "signup.updated")]
    [InlineData("Annulé", "signup.cancelled")]
    public void The_state_of_a_line_is_its_event(string state, string expected)
    {
        var lines = Shipped.Doctolib.ReadFile(Trees.Utf8($"{Header}\n{Line.Replace("Nouveau", state, StringComparison.Ordinal)}"));
        Assert.Equal(expected, lines.Lines[0].Reading.Tree!.Value("event"));
    }

    [Fact]
    public void A_bad_line_costs_nothing_to_its_neighbours()
    {
        var bad = Line.Replace("\"deux\r\nlignes\"", "\"jamais fermé", StringComparison.Ordinal);
        var lines = Shipped.Doctolib.ReadFile(Trees.Utf8($"{Header}\n{bad}\n{Line}"));
        Assert.False(lines.Lines[0].Reading.IsSound);
        Assert.Equal("error structure line 2", lines.Lines[0].Reading.Issues.Text());
        Assert.True(lines.Lines[1].Reading.IsSound);
    }

    [Fact]
    public void A_fault_in_a_line_names_line_and_column()
    {
        var lines = Shipped.Doctolib.ReadFile(Trees.Utf8($"{Header}\n{Line.Replace("09/03/1947", "09/03/47", StringComparison.Ordinal)}"));
        Assert.StartsWith("error value line 2, column \"date_naissance\"", lines.Lines[0].Reading.Issues.Text(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_relatives_nir_is_told_at_its_column()
    {
        var lines = Shipped.Doctolib.ReadFile(Trees.Utf8($"{Header}\n{Line.Replace(";F;", ";M;", StringComparison.Ordinal)}"));
        Assert.Equal("warning business-rule line 2, column \"nir\"", lines.Lines[0].Reading.Issues.Text());
    }

    [Fact]
    public void A_file_without_a_known_header_is_refused_whole()
    {
        var lines = Shipped.Doctolib.ReadFile(Trees.Utf8("a;b;c\n1;2;3"));
        Assert.Empty(lines.Lines);
        Assert.Equal("fatal structure line 1", lines.Issues.Text());
    }
}
