using System.Text;
using CptsFhirHub.Coordination.Intake;
using CptsFhirHub.Coordination.Intake.Hl7v2;
using CptsFhirHub.Tests;

namespace CptsFhirHub.Coordination.Tests.Intake;

public sealed class Hl7v2_messages
{
    internal const string Discharge = """
        MSH|^~\&|GAM-DEMO|CH-DEMO|HUB|CPTS-DEMO|20250619101500||ADT^A03^ADT_A03|DEMO-000042|D|2.5^FRA^2.11|||||FRA|UNICODE UTF-8|FR||2.11^IHE_FRANCE-2.11-PAM
        EVN||20250619101500||||20250619100000
        PID|1||778812^^^CH-DEMO&859900011&N^PI~247038519104254^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.10&ISO^INS||MARTINEAU^ODETTE^ODETTE^^^^L~GUERIN^ODETTE^^^^^D||19470309|F|||4 RUE DU FOUR^^AIZENAY^^85190^FRA^H~^^^^^^BDL^^85191||^PRN^PH^^^^^^^^^0251000001|||||25000123^^^CH-DEMO&859900011&M^AN||||||||||||N||VALI
        PV1|1|I|MED2^12^1^CH-DEMO&859900011&M||||||||||||||||25000123^^^CH-DEMO&859900011&M^VN|||||||||||||||||6||||||||20250612083000|20250619100000
        ZBE|9001^CH-DEMO^859900011|20250619100000||INSERT|N||MED2^^^^^^UF^^^2110||HMS
        """;

    private static SourceReading Read(string text) => Hl7v2Reader.Read(Trees.Utf8(text.ReplaceLineEndings("\r")));

    private static string? Fact(string text, string path) => Read(text).Tree?.Value("facts." + path);

    [Fact]
    public void A_discharge_becomes_segments_fields_and_components()
    {
        var reading = Read(Discharge);

        Assert.Equal("", reading.Issues.Text());
        Assert.Equal("GAM-DEMO|CH-DEMO|DEMO-000042", reading.BusinessKey);
        var tree = reading.Tree!;
        Assert.Equal("Hl7v2Message", tree.ResourceType);
        Assert.Equal("|", tree.Value("MSH.f1.c1"));
        Assert.Equal("^~\\&", tree.Value("MSH.f2.c1"));
        Assert.Equal("A03", tree.Value("MSH.f9.c2"));
        Assert.Equal("19470309", tree.Value("PID.f7.c1"));
        Assert.Equal("GUERIN", tree.Value("PID.f5[1].c1"));
        Assert.Equal("859900011", tree.Value("PID.f3[0].c4.s2"));
        Assert.Null(tree.Value("PID.f3[0].c4"));
        Assert.Equal("INSERT", tree.Value("ZBE.f4.c1"));
    }

    [Theory]
    [InlineData("8859/1", 1252, "HÉLOÏSE CŒUR", false)]
    [InlineData("ISO8859-1", 28591, "HÉLOÏSE", false)]
    [InlineData("WINDOWS-1252", 1252, "CŒUR", false)]
    [InlineData("8859/15", 28605, "CŒUR", false)]
    [InlineData("8859/1", 65001, "HÉLOÏSE CŒUR", true)]
    [InlineData("", 65001, "HÉLOÏSE", true)]
    public void Letters_are_read_in_the_charset_they_were_written_in(string declared, int codePage, string given, bool isTold)
    {
        var text = Discharge.ReplaceLineEndings("\r").Replace("UNICODE UTF-8", declared, StringComparison.Ordinal)
            .Replace("MARTINEAU^ODETTE^ODETTE", $"MARTINEAU^{given}^{given}", StringComparison.Ordinal);
        var encoding = codePage == 65001 ? new UTF8Encoding(false) : CodePagesEncodingProvider.Instance.GetEncoding(codePage) ?? Encoding.GetEncoding(codePage);
        var reading = Hl7v2Reader.Read(encoding.GetBytes(text));
        Assert.Equal(given, reading.Tree!.Value("facts.firstName"));
        Assert.Equal(isTold ? "warning value MSH-18" : "", reading.Issues.Text());
    }

    [Theory]
    [InlineData("19470000", "1947")]
    [InlineData("19470300", "1947-03")]
    [InlineData("194703", "1947-03")]
    [InlineData("19470309101500", "1947-03-09")]
    public void What_is_not_known_of_a_birth_date_is_left_open(string written, string expected) =>
        Assert.Equal(expected, Fact(Discharge.Replace("||19470309|", $"||{written}|", StringComparison.Ordinal), "birthDate"));

    [Theory]
    [InlineData("19470309", "09/03/1947", "birthDate", "1947-03-09")]
    [InlineData("19470309", "1947-03-09", "birthDate", "1947-03-09")]
    [InlineData("|F|", "|f|", "gender", "female")]
    [InlineData("^PRN^PH^^^^^^^^^0251000001", "06 12 34 56 78 / 02 51 00 00 01", "phone[1]", "+33251000001")]
    [InlineData("^PRN^PH^^^^^^^^^0251000001", "^NET^Internet^a@exemple.fr;c@exemple.fr", "email[1]", "c@exemple.fr")]
    [InlineData("^PRN^PH^^^^^^^^^0251000001", "^NET^Internet^aucune", "email", null)]
    public void What_offices_write_in_their_own_way_is_understood(string standard, string written, string fact, string? expected) =>
        Assert.Equal(expected, Fact(Discharge.Replace(standard, written, StringComparison.Ordinal), fact));

    [Theory]
    [InlineData("ADT^A03^ADT_A03", "error structure PID")]
    [InlineData("ADT^A40^ADT_A39", "error structure PID")]
    [InlineData("ORU^R01^ORU_R01", "error structure PID")]
    [InlineData("ADT^A24^ADT_A24", "")]
    public void A_message_is_about_one_person(string type, string issues)
    {
        var two = Discharge.Replace("PV1|", "PID|2||99^^^CH-DEMO&859900011&N^PI||AUTRE^Paul^^^^^L||19500101|M\nMRG|98^^^CH-DEMO&859900011&N^PI\nPV1|", StringComparison.Ordinal);
        Assert.Equal(issues, string.Join('\n', Read(two.Replace("ADT^A03^ADT_A03", type, StringComparison.Ordinal)).Issues
            .Where(issue => issue is { IsError: true, Path: "PID" }).ToList().Text()));
    }

    [Fact]
    public void A_role_that_names_nobody_declares_nobody() =>
        Assert.Equal("presume-absent", Fact(Discharge.Replace("\nPV1|", "\nROL||UC|ODRP|\nPV1|", StringComparison.Ordinal), "gpStatus"));

    [Theory]
    [InlineData("PID|1||7||A^B|||F||RACE|ADR|||||S|RELIG|N||||ETHN|X", "PID|1||7||A^B|||F|||ADR|||||S||N|||||X")]
    [InlineData("PID|1||7||A^B|||F||RACE", "PID|1||7||A^B|||F||")]
    [InlineData("PID|1||7||A^B|||F", "PID|1||7||A^B|||F")]
    [InlineData("NK1|1||||||||||||||||||||||||RELIG|||ETHN|X", "NK1|1||||||||||||||||||||||||||||X")]
    [InlineData("OBX|1||||||||||RACE", "OBX|1||||||||||RACE")]
    public void Race_and_religion_are_taken_out_of_the_bytes(string segment, string kept)
    {
        const string Header = "\u000bMSH|^~\\&|A|B\r";
        var message = Trees.Utf8($"{Header}{segment}\rPV1|1|I\u001c\r");
        var clean = ForbiddenFields.Without(message);
        Assert.Equal($"{Header}{kept}\rPV1|1|I\u001c\r", Encoding.UTF8.GetString(clean.Span));
        Assert.Equal(segment == kept, clean.Equals(message));
    }

    [Theory]
    [InlineData("event", "A03")]
    [InlineData("action", "signale")]
    [InlineData("processing", "D")]
    [InlineData("sentAt", "2025-06-19T10:15:00+02:00")]
    [InlineData("birthName", "MARTINEAU")]
    [InlineData("firstName", "ODETTE")]
    [InlineData("usedName", "GUERIN")]
    [InlineData("birthDate", "1947-03-09")]
    [InlineData("gender", "female")]
    [InlineData("birthPlaceInsee", "85191")]
    [InlineData("identityStatus", "QUAL")]
    [InlineData("ins.value", "247038519104254")]
    [InlineData("ins.system", "urn:oid:1.2.250.1.213.1.4.10")]
    [InlineData("ins.type", "INS-NIR-TEST")]
    [InlineData("localId[0].value", "778812")]
    [InlineData("localId[0].system", "urn:oid:1.2.250.1.71.4.2.2.1859900011")]
    [InlineData("phone[0]", "+33251000001")]
    [InlineData("address.postalCode", "85190")]
    [InlineData("gpStatus", "presume-absent")]
    [InlineData("noDeclaredGp", "true")]
    [InlineData("movement.id", "9001")]
    [InlineData("visitNumber", "25000123")]
    [InlineData("dischargeAt", "2025-06-19T10:00:00+02:00")]
    [InlineData("ald", null)]
    [InlineData("livesAlone", null)]
    [InlineData("deceased", null)]
    public void Facts_of_a_discharge(string path, string? expected) => Assert.Equal(expected, Fact(Discharge, path));

    [Theory]
    [InlineData("PV2|||||||SM", "aucun", "true")]
    [InlineData("PV2|||||||ME", "declare", null)]
    [InlineData("PV2|||||||CS", "presume-absent", "true")]
    [InlineData("ROL||UC|ODRP|801234567897^AGNES^Isabelle", "declare", null)]
    [InlineData("ROL||DE|ODRP|801234567897^AGNES^Isabelle", "retire", "true")]
    [InlineData("ROL||UC|FHCP|801234567897^AGNES^Isabelle", "presume-absent", "true")]
    public void The_declared_gp_is_a_claim_of_the_hospital_or_a_presumption(string segment, string status, string? isMissing)
    {
        Assert.Equal(status, Fact($"{Discharge}\n{segment}", "gpStatus"));
        Assert.Equal(isMissing, Fact($"{Discharge}\n{segment}", "noDeclaredGp"));
    }

    [Theory]
    [InlineData("PV2|||||||AL", "ald")]
    [InlineData("PV2|||||||AM", "ame")]
    [InlineData("IN1|1|CMUC", "c2s")]
    [InlineData("IN1|1|AME", "ame")]
    [InlineData("PD1||A", "livesAlone")]
    [InlineData("PD1||H", "homeless")]
    [InlineData("ZFM||9", "deceased")]
    [InlineData("ZFM||8", "dischargedHome")]
    [InlineData("ZFD|||Y", "smsConsent")]
    [InlineData("ZFA|ACTIF|20240306111154|||||||INO|20240306111154|IC|20240306111154", "dmpFeeding")]
    [InlineData("ZFA|ACTIF|20240306111154|||||||INO|20240306111154|IC|20240306111154", "dmpConsultation")]
    public void A_social_fact_is_told_by_its_own_field(string segment, string fact)
    {
        Assert.Null(Fact(Discharge, fact));
        Assert.Equal("true", Fact($"{Discharge}\n{segment}", fact));
    }

    [Theory]
    [InlineData("VALI", "QUAL")]
    [InlineData("PROV", "PROV")]
    [InlineData("VALI~DOUT", "PROV")]
    [InlineData("HOMA~VALI", "QUAL")]
    [InlineData("", "PROV")]
    public void Trust_is_qualified_only_with_an_ins_and_without_doubt(string reliability, string expected) =>
        Assert.Equal(expected, Fact(Discharge.Replace("||VALI", "||" + reliability, StringComparison.Ordinal), "identityStatus"));

    [Theory]
    [InlineData("\r")]
    [InlineData("\n")]
    [InlineData("\r\n")]
    public void Any_line_end_is_read(string lineEnd)
    {
        var reading = Hl7v2Reader.Read(Trees.Utf8(Discharge.ReplaceLineEndings(lineEnd)));
        Assert.Equal("", reading.Issues.Text());
        Assert.Equal("9001", reading.Tree!.Value("ZBE.f1.c1"));
    }

    [Theory]
    [InlineData("1947", "1947")]
    [InlineData("194703", "1947-03")]
    [InlineData("19470309", "1947-03-09")]
    [InlineData("194703090000", "1947-03-09")]
    [InlineData("194713", null)]
    public void A_birth_date_may_be_partial(string born, string? expected) =>
        Assert.Equal(expected, Fact(Discharge.Replace("19470309", born, StringComparison.Ordinal), "birthDate"));

    [Fact]
    public void The_frame_may_still_be_there()
    {
        byte[] framed = [0x0B, .. Encoding.UTF8.GetBytes(Discharge.ReplaceLineEndings("\r")), 0x0D, 0x1C, 0x0D];
        Assert.Equal("", Hl7v2Reader.Read(framed).Issues.Text());
    }

    [Theory]
    [InlineData("UNICODE UTF-8", 65001)]
    [InlineData("8859/1", 28591)]
    [InlineData("8859/15", 28605)]
    [InlineData("", 28591)]
    public void The_charset_of_msh_18_is_followed(string name, int codePage)
    {
        var encoding = CodePagesEncodingProvider.Instance.GetEncoding(codePage) ?? Encoding.GetEncoding(codePage);
        var text = Discharge.Replace("UNICODE UTF-8", name, StringComparison.Ordinal).Replace("GUERIN", "GUÉRIN", StringComparison.Ordinal);
        Assert.Equal("GUÉRIN", Hl7v2Reader.Read(encoding.GetBytes(text)).Tree!.Value("facts.usedName"));
    }

    [Fact]
    public void Bytes_outside_the_declared_charset_are_refused_with_their_segment()
    {
        var reading = Hl7v2Reader.Read(Encoding.Latin1.GetBytes(Discharge.Replace("GUERIN", "GUÉRIN", StringComparison.Ordinal)));
        Assert.Null(reading.Tree);
        Assert.Equal("fatal structure segment 3", reading.Issues.Text());
    }

    [Fact]
    public void An_unknown_charset_is_refused() =>
        Assert.Equal("fatal not-supported MSH-18", Read(Discharge.Replace("UNICODE UTF-8", "EBCDIC", StringComparison.Ordinal)).Issues.Text());

    [Fact]
    public void The_repetition_separator_may_be_any_character()
    {
        var reading = Read(Discharge.Replace('~', '\u02DC'));
        Assert.Equal("GUERIN", reading.Tree!.Value("facts.usedName"));
    }

    [Theory]
    [InlineData(@"L\F\A", "L|A")]
    [InlineData(@"L\S\A", "L^A")]
    [InlineData(@"L\T\A", "L&A")]
    [InlineData(@"L\R\A", "L~A")]
    [InlineData(@"L\E\A", @"L\A")]
    [InlineData(@"L\XC389\A", "LÉA")]
    [InlineData(@"L\.br\A", "L\nA")]
    [InlineData(@"L\H\A\N\", "LA")]
    [InlineData(@"L\A", @"L\A")]
    [InlineData(@"L\foo\A", @"L\foo\A")]
    public void Escapes_are_undone(string value, string expected) =>
        Assert.Equal(expected, Read(Discharge.Replace("GUERIN", value, StringComparison.Ordinal)).Tree!.Value("PID.f5[1].c1"));

    [Fact]
    public void Race_and_religion_never_enter()
    {
        var reading = Read(Discharge.Replace("|F|||4 RUE", "|F||RACE|4 RUE", StringComparison.Ordinal)
            .Replace("^^^^0251000001||||", "^^^^0251000001||||RELIGION", StringComparison.Ordinal));
        Assert.NotNull(reading.Tree!.Child("PID")!.Child("f11"));
        Assert.Null(reading.Tree.Child("PID")!.Child("f10"));
        Assert.Null(reading.Tree.Child("PID")!.Child("f17"));
    }

    [Theory]
    [InlineData("PV1|1", "ligne perdue\nPV1|1", "error structure segment 4")]
    [InlineData("|DEMO-000042|", "||", "error required MSH-10")]
    [InlineData("2.5^FRA^2.11||", "||", "error required MSH-12")]
    [InlineData("19470309", "19471309", "error value PID-7")]
    [InlineData("19470309", "", "")]
    [InlineData("|F|||4", "|X|||4", "warning code-invalid PID-8")]
    [InlineData("ZBE|9001", "XYZ|1\nZBE|9001", "information informational XYZ")]
    [InlineData("ZBE|9001", "ZZZ|1\nZBE|9001", "")]
    [InlineData("247038519104254", "247038519104255", "warning value PID-3")]
    [InlineData("1.2.250.1.213.1.4.10", "1.2.250.9", "warning code-invalid PID-3")]
    [InlineData("ADT^A03^ADT_A03", "ADT^A40^ADT_A39", "error required MRG-1")]
    [InlineData("ADT^A03^ADT_A03", "ADT^A24^ADT_A24", "error required PID")]
    [InlineData("ADT^A03^ADT_A03", "ADT^A37^ADT_A37", "error required PID")]
    [InlineData("|D|2.5", "|X|2.5", "error value MSH-11")]
    [InlineData("ADT^A03^ADT_A03", "SIU^S12", "error not-supported MSH-9")]
    [InlineData("ADT^A03^ADT_A03", "QRY^A19", "error not-supported MSH-9")]
    [InlineData("ADT^A03^ADT_A03", "ADT^A63", "error not-supported MSH-9.2")]
    [InlineData("ADT^A03^ADT_A03", "ADT^Q01", "error not-supported MSH-9.2")]
    [InlineData("ADT^A03^ADT_A03", "ADT", "error required MSH-9")]
    [InlineData("ADT^A03^ADT_A03", "ADT^Z99", "")]
    [InlineData("PID|1", "PV2|||||||SM   \nPID|1", "")]
    public void A_fault_names_segment_and_field(string what, string by, string expected)
    {
        Assert.Contains(what, Discharge, StringComparison.Ordinal);
        Assert.Equal(expected, Read(Discharge.Replace(what, by, StringComparison.Ordinal)).Issues.Text());
    }

    [Theory]
    [InlineData("")]
    [InlineData("PID|1")]
    [InlineData("MSH")]
    [InlineData("MSH|")]
    [InlineData("MSH|^^^^|A")]
    [InlineData("hello")]
    public void What_has_no_header_is_no_message(string text) => Assert.Null(Read(text).Tree);

    [Fact]
    public void A_merge_names_the_dead_number()
    {
        var merge = Discharge.Replace("ADT^A03^ADT_A03", "ADT^A40^ADT_A39", StringComparison.Ordinal) + "\nMRG|778899^^^CH-DEMO&859900011&N^PI";
        Assert.Equal("778899", Fact(merge, "merged[0].value"));
        Assert.Equal(Fact(merge, "localId[0].system"), Fact(merge, "merged[0].system"));
        Assert.Equal("fusionne", Fact(merge, "action"));
    }

    [Theory]
    [InlineData("A13", "retire")]
    [InlineData("A11", "retire")]
    [InlineData("A25", "retire")]
    [InlineData("A16", "signale")]
    [InlineData("A08", "met-a-jour")]
    [InlineData("A02", "note")]
    public void An_event_asks_for_an_action(string trigger, string action) =>
        Assert.Equal(action, Fact(Discharge.Replace("ADT^A03^ADT_A03", $"ADT^{trigger}", StringComparison.Ordinal), "action"));

    [Theory]
    [InlineData("20250330015959", "2025-03-30T01:59:59+01:00")]
    [InlineData("20250330030000", "2025-03-30T03:00:00+02:00")]
    [InlineData("20251026025959", "2025-10-26T02:59:59+02:00")]
    [InlineData("20251026030000", "2025-10-26T03:00:00+01:00")]
    [InlineData("20250619", "2025-06-19")]
    [InlineData("202506", "2025-06")]
    [InlineData("202513", null)]
    [InlineData("2025", "2025")]
    [InlineData("20250619101500.123+0100", "2025-06-19T10:15:00+01:00")]
    [InlineData("20251319", null)]
    [InlineData("demain", null)]
    public void A_wall_time_is_that_of_Paris(string text, string? expected) =>
        Assert.Equal(expected, Fact(Discharge.Replace("20250619101500||ADT", text + "||ADT", StringComparison.Ordinal), "sentAt"));

    [Theory]
    [InlineData(10_000, true)]
    [InlineData(10_001, false)]
    public void Segments_are_bounded(int segments, bool isSound)
    {
        var text = Discharge + string.Concat(Enumerable.Repeat("\nNTE|1", segments - 5));
        Assert.Equal(isSound, Read(text).IsSound);
    }

    [Theory]
    [InlineData(1000, true)]
    [InlineData(1001, false)]
    public void Fields_are_bounded(int fields, bool isSound) =>
        Assert.Equal(isSound, Read($"{Discharge}\nZZZ{new string('|', fields)}").IsSound);

    [Theory]
    [InlineData("T02", "||LA||", "F", "N-1 null null null 4")]
    [InlineData("T02", "N-0|||LA||", "F", "N-1 N-0 null null 4")]
    [InlineData("T10", "N-0|||LA||", "F", "N-1 N-0 null null 4")]
    [InlineData("T06", "N-0|||LA||", "F", "N-1 null N-0 null 4")]
    [InlineData("T08", "N-1|||LA||", "F", "N-1 null null null 4")]
    [InlineData("T04", "||LA||", "D", "N-1 null null true 4")]
    [InlineData("T02", "||||||CA", "F", "N-1 null null true 4")]
    [InlineData("T11", "||||||CA", null, "N-1 null null true null")]
    [InlineData("T04", "||||||", null, "N-1 null null true null")]
    [InlineData("T03", "||||||OB", null, "N-1 null null true null")]
    [InlineData("T03", "||||||AV", null, "")]
    [InlineData("T01", "||||||", null, "")]
    [InlineData("T09", "N-0||||||", null, "")]
    public void A_document_message_says_what_becomes_of_the_document(string trigger, string rest, string? status, string expected)
    {
        var reading = Letter(trigger, "N-1", rest, status);
        Assert.Equal("", reading.Issues.Text());
        var document = reading.Tree!.Child("facts")!.Child("document");
        string?[] told = ["number", "replaces", "appends", "isWithdrawn", "size"];
        Assert.Equal(expected, document is null ? "" : string.Join(' ', told.Select(name => document.Text(name!) ?? "null")));
    }

    [Theory]
    [InlineData("T11", "", "error required TXA-12")]
    [InlineData("T10", "N-1", "warning required TXA-13")]
    public void A_document_message_that_names_no_document_is_told(string trigger, string number, string issue) =>
        Assert.Equal(issue, Letter(trigger, number, "||||||", trigger == "T10" ? "F" : null).Issues.Text());

    [Theory]
    [InlineData("I12", "signale")]
    [InlineData("I13", "signale")]
    [InlineData("I14", "retire")]
    [InlineData("I15", "note")]
    public void A_referral_asks_for_an_action_and_is_answered_by_its_own_event(string trigger, string action)
    {
        var text = string.Join('\r', [Discharge.ReplaceLineEndings("\r").Split('\r')[0].Replace("ADT^A03^ADT_A03", $"REF^{trigger}^REF_I12", StringComparison.Ordinal),
            "RF1|P|R|GRF|AM||ORI-1^CH-DEMO|20260619", "PRD|RP|AGNES^Isabelle|||||10099000043^RPPS", .. Discharge.ReplaceLineEndings("\r").Split('\r')[2..3]]);
        Assert.Equal(action, Fact(text, "action"));
        var answer = Encoding.UTF8.GetString(Acknowledgement.Write(Trees.Utf8(text).Span, AcknowledgementCode.Accepted, [], "1", DateTimeOffset.UnixEpoch)).Split('\r');
        Assert.Contains($"|RRI^{trigger}^RRI_I12|", answer[0], StringComparison.Ordinal);
        Assert.Equal(["MSA", "RF1", "PRD", "PID"], answer[1..^1].Select(line => line[..3]));
    }

    private static SourceReading Letter(string trigger, string number, string rest, string? status)
    {
        var lines = Discharge.ReplaceLineEndings("\r").Split('\r');
        List<string> letter =
        [
            lines[0].Replace("ADT^A03^ADT_A03", $"MDM^{trigger}^MDM_T02", StringComparison.Ordinal), "EVN||20250619101500", .. lines[2..4],
            $"TXA|1|34105-7|TEXT|20260620||||||||{number}|{rest}",
        ];
        if (status is not null)
            letter.Add($"OBX|1|ED|34105-7^Lettre de liaison^LN||^TEXT^XML^Base64^{Convert.ToBase64String("<a/>"u8)}||||||{status}");
        return Read(string.Join('\r', letter));
    }

    [Fact]
    public void Every_official_sample_is_read()
    {
        var folder = Path.Combine(Repository.Corpora, "..", "ans", "hl7v2-exemples");
        Assert.SkipUnless(Directory.Exists(folder), "The official HL7 v2 samples are absent: set HUB_CORPORA.");
        var files = Directory.GetFiles(folder).Where(file => file.EndsWith("er7", StringComparison.Ordinal) || file.EndsWith("hl7", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(files);
        Assert.All(files, file =>
        {
            var reading = Hl7v2Reader.Read(File.ReadAllBytes(file));
            Assert.Equal("", reading.Issues.Where(issue => issue.IsError).Text());
            Assert.True(reading.IsSound);
        });
    }

    [Fact]
    public void No_bytes_make_the_reader_throw()
    {
        var sound = Encoding.UTF8.GetBytes(Discharge.ReplaceLineEndings("\r"));
        for (var cut = 0; cut < sound.Length; cut++)
        {
            Hl7v2Reader.Read(sound.AsMemory(0, cut));
            var bent = (byte[])sound.Clone();
            bent[cut] = (byte)(bent[cut] ^ 0x5A);
            Hl7v2Reader.Read(bent);
            Acknowledgement.Write(bent, AcknowledgementCode.Error, [], "1", DateTimeOffset.UnixEpoch);
        }
    }
}
