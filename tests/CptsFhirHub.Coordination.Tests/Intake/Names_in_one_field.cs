using CptsFhirHub.Coordination.Intake.Hl7v2;

namespace CptsFhirHub.Coordination.Tests.Intake;

/// <summary>The name of birth and the name in use, written as one: each is put in its place, and the sender is told.</summary>
public sealed class Names_in_one_field
{
    [Theory]
    [InlineData("MARTIN épouse DUBOIS", "MARTIN", "DUBOIS")]
    [InlineData("MARTIN EPOUSE DUBOIS", "MARTIN", "DUBOIS")]
    [InlineData("Martin ép. Dubois", "Martin", "Dubois")]
    [InlineData("MARTIN EP DUBOIS", "MARTIN", "DUBOIS")]
    [InlineData("DE LA TOUR (épouse LE GOFF)", "DE LA TOUR", "LE GOFF")]
    [InlineData("MARTIN veuve DUBOIS", "MARTIN", "DUBOIS")]
    [InlineData("DUBOIS née MARTIN", "MARTIN", "DUBOIS")]
    [InlineData("Mme DUBOIS née MARTIN", "MARTIN", "DUBOIS")]
    [InlineData("Madame Dubois, née Martin", "Martin", "Dubois")]
    [InlineData("DUBOIS NEE MARTIN-ROUX", "MARTIN-ROUX", "DUBOIS")]
    [InlineData("DUBOIS né(e) MARTIN", "MARTIN", "DUBOIS")]
    [InlineData("Mme née MARTIN", "MARTIN", null)]
    public void Each_is_put_in_its_place(string written, string birth, string? used)
    {
        var line = Assert.Single(Shipped.Prado.ReadFile(Trees.Utf8($"dossier_prado;volet;nom;prenoms;date_naissance;evenement\n1;bpco;\"{written}\";Odette;1947-03-09;creation\n")).Lines);
        Assert.Equal((birth, used), (line.Reading.Tree!.Value("nom_naissance"), line.Reading.Tree!.Value("nom_utilise")));
        Assert.Contains("warning value line 2, column \"nom\"", line.Reading.Issues.Text(), StringComparison.Ordinal);

        var message = Hl7v2Reader.Read(Trees.Utf8(Hl7v2_messages.Discharge.Replace("MARTINEAU^ODETTE^ODETTE^^^^L~GUERIN^ODETTE^^^^^D", $"{written}^ODETTE^ODETTE^^^^L", StringComparison.Ordinal).ReplaceLineEndings("\r")));
        Assert.Equal((birth, used), (message.Tree!.Value("facts.birthName"), message.Tree!.Value("facts.usedName")));
        Assert.Equal("warning value PID-5", message.Issues.Text());
    }

    [Theory]
    [InlineData("MARTIN")]
    [InlineData("LE NEE-BRIAND")]
    [InlineData("EPAUD")]
    [InlineData("DUBOIS NE MARTIN")]
    [InlineData("VEUVE")]
    public void One_name_stays_one(string written)
    {
        var line = Assert.Single(Shipped.Prado.ReadFile(Trees.Utf8($"dossier_prado;volet;nom_naissance;prenoms;date_naissance;evenement\n1;bpco;\"{written}\";Odette;1947-03-09;creation\n")).Lines);
        Assert.Equal((written, null), (line.Reading.Tree!.Value("nom_naissance"), line.Reading.Tree!.Value("nom_utilise")));
    }

    [Fact]
    public void What_the_other_field_says_by_itself_stays()
    {
        Assert.Equal(("MARTIN", "LEROY"), Read("MARTIN épouse DUBOIS", "LEROY"));
        Assert.Equal(("MARTIN", "DUBOIS"), Read("MARTIN", "épouse DUBOIS"));
        Assert.Equal(("MARTIN", "DUBOIS"), Read("", "DUBOIS née MARTIN"));

        static (string?, string?) Read(string birth, string used)
        {
            var line = Assert.Single(Shipped.Prado.ReadFile(Trees.Utf8($"dossier_prado;volet;nom_naissance;nom_utilise;prenoms;date_naissance;evenement\n1;bpco;{birth};{used};Odette;1947-03-09;creation\n")).Lines);
            return (line.Reading.Tree!.Value("nom_naissance"), line.Reading.Tree!.Value("nom_utilise"));
        }
    }
}
