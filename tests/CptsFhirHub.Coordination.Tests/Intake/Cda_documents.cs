using System.Globalization;
using System.Text;
using CptsFhirHub.Coordination.Intake.Cda;

namespace CptsFhirHub.Coordination.Tests.Intake;

/// <summary>The header of a clinical document and its words; never its markup, and nothing it names.</summary>
public sealed class Cda_documents
{
    private const string Head = "<ClinicalDocument xmlns=\"urn:hl7-org:v3\">";

    private static CdaDocument? Read(string text) => CdaDocument.Read(Encoding.UTF8.GetBytes(text));

    private static string Body(string sections) =>
        $"{Head}<component><structuredBody>{sections}</structuredBody></component></ClinicalDocument>";

    [Fact]
    public void The_header_says_who_when_and_about_whom()
    {
        var cda = Read($"""
            {Head}<id root="1.2.3" extension="L-7"/><title>Lettre de <sub>liaison</sub></title><effectiveTime value="20260620083000+0200"/>
            <recordTarget><patientRole><patient><name><given>ODETTE</given><family qualifier="SP">GUERIN</family><family qualifier="BR">MARTINEAU</family></name>
              <birthTime value="19470309"/></patient></patientRole></recordTarget>
            <author><assignedAuthor><id root="1.2.250.1.71.4.2.1" extension="810099000027"/>
              <assignedPerson><name><given>Hélène</given><family>MERCIER</family></name></assignedPerson></assignedAuthor></author>
            <author><assignedAuthor><representedOrganization><name>Médecine 2</name></representedOrganization></assignedAuthor></author>
            <custodian><assignedCustodian><representedCustodianOrganization><id root="1.2.250.1.71.4.2.2" extension="1859900011"/><name>CH DEMO</name>
              </representedCustodianOrganization></assignedCustodian></custodian>
            <relatedDocument typeCode="APND"><parentDocument><id root="9"/></parentDocument></relatedDocument>
            <relatedDocument typeCode="RPLC"><parentDocument><id root="1.2.3" extension="L-6"/></parentDocument></relatedDocument>
            </ClinicalDocument>
            """)!;

        Assert.Equal(("1.2.3", "L-7"), cda.Id);
        Assert.Equal(("1.2.3", "L-6"), cda.Replaces);
        Assert.Equal("Lettre de liaison", cda.Title);
        Assert.Equal("20260620083000+0200", cda.EffectiveTime);
        Assert.Equal(("MARTINEAU", "19470309"), (cda.PatientFamily, cda.PatientBorn));
        Assert.Equal([new CdaAuthor("MERCIER", "Hélène", "10099000027", null), new CdaAuthor(null, null, null, "Médecine 2")], cda.Authors);
        Assert.Equal(("CH DEMO", "1859900011"), (cda.Custodian, cda.CustodianFiness));
        Assert.Null(cda.Narrative);
    }

    [Fact]
    public void The_narrative_is_lines_of_text()
    {
        var cda = Read(Body("""
            <component><section><title>Motif</title><text>Chute. <paragraph>Sans <content styleCode="Bold">médecin traitant</content>.</paragraph></text>
              <component><section><title>Suite</title><text><list><item>Un</item><item>&lt;Deux&gt;</item></list>
                <table><tbody><tr><th>Nom</th><td>Dose</td></tr><tr><td>A</td><td>1</td></tr></tbody></table></text></section></component></section></component>
            """))!;

        Assert.Equal("MOTIF\nChute.\nSans médecin traitant.\n\nSUITE\nUn\n<Deux>\nNom | Dose\nA | 1\n", cda.Narrative);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Document médical au format CDA")]
    [InlineData("<ClinicalDocument/>")]
    [InlineData("<a xmlns=\"urn:hl7-org:v3\"/>")]
    [InlineData("<ClinicalDocument xmlns=\"urn:hl7-org:v3\"><title>")]
    [InlineData("<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><ClinicalDocument xmlns=\"urn:hl7-org:v3\"><title>&e;</title></ClinicalDocument>")]
    [InlineData("<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;\">]><ClinicalDocument xmlns=\"urn:hl7-org:v3\"><title>&b;</title></ClinicalDocument>")]
    [InlineData("<?xml version=\"1.0\" encoding=\"klingon\"?><ClinicalDocument xmlns=\"urn:hl7-org:v3\"/>")]
    public void What_is_no_clinical_document_is_not_read(string text) => Assert.Null(Read(text));

    [Theory]
    [InlineData(CdaDocument.DepthMax - 6, true)]
    [InlineData(CdaDocument.DepthMax, false)]
    [InlineData(100_000, false)]
    public void Depth_is_bounded(int depth, bool isRead)
    {
        var deep = $"<component><section><text>{string.Concat(Enumerable.Repeat("<content>", depth))}x{string.Concat(Enumerable.Repeat("</content>", depth))}</text></section></component>";
        Assert.Equal(isRead, Read(Body(deep)) is not null);
    }

    [Fact]
    public void Elements_and_text_are_bounded()
    {
        Assert.Null(Read(Body(string.Concat(Enumerable.Repeat("<component/>", CdaDocument.NodesMax)))));
        var words = Read(Body($"<component><section><text>{new string('x', 2 * CdaDocument.NarrativeCharsMax)}</text></section></component>"))!.Narrative!;
        Assert.InRange(words.Length, CdaDocument.NarrativeCharsMax, CdaDocument.NarrativeCharsMax + 1);
    }

    [Fact]
    public void No_bytes_make_the_reader_throw()
    {
        var sound = Encoding.UTF8.GetBytes(Body("<component><section><title>A</title><text><paragraph>é</paragraph></text></section></component>"));
        var random = new Random(20_260_620);
        for (var round = 0; round < 2_000; round++)
        {
            var bytes = sound.ToArray();
            for (var change = 0; change < 3; change++)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            _ = CdaDocument.Read(bytes.AsMemory(0, random.Next(bytes.Length)));
        }

        Assert.Equal("A\né\n", CdaDocument.Read(sound)!.Narrative!.ToString(CultureInfo.InvariantCulture));
    }
}
