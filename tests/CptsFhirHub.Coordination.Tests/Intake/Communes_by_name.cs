using System.Text.Json;
using CptsFhirHub.Coordination.Intake.Described;
using CptsFhirHub.Tests;

namespace CptsFhirHub.Coordination.Tests.Intake;

/// <summary>Communes that a GP tells by their names, in the questionnaire as it ships.</summary>
public sealed class Communes_by_name
{
    private static readonly string[] Table =
    [
        "insee;nom;code_postal;latitude;longitude",
        "85003;Aizenay;85190;46.7;-1.6",
        "85191;La Roche-sur-Yon;85000;46.6;-1.4",
        "85250;Saint-Martin-des-Noyers;85140;46.7;-1.2",
        "85162;Le Perrier;85300;46.8;-2.0",
        "85047;Challans;85300;46.8;-1.9",
        "16124;Écuras;16220;45.6;0.5",
        "17001;Saint-Denis;17650;46.0;-1.3",
        "85999;Saint-Denis;85170;46.7;-1.3",
        "85998;Saint-Denis;85180;46.5;-1.7",
    ];

    [Theory]
    [InlineData("85003, 85130", "85003 85130")]
    [InlineData("85003 85047", "85003 85047")]
    [InlineData("Aizenay", "85003")]
    [InlineData("AIZENAY et la roche sur yon", "85003 85191")]
    [InlineData("Aizenay / Roche-sur-Yon (La) / ST MARTIN DES NOYERS", "85003 85191 85250")]
    [InlineData("ecuras", "16124")]
    [InlineData("85190 AIZENAY", "85003")]
    [InlineData("Aizenay (85)", "85003")]
    [InlineData("85190", "85003")]
    [InlineData("Aizenay, 85003", "85003")]
    [InlineData("Saint-Denis (17)", "17001")]
    [InlineData("St Denis 85180", "85998")]
    [InlineData("LA ROCHE SUR YON CEDEX 9", "85191")]
    public void A_commune_that_is_told_without_doubt_becomes_its_code(string written, string codes)
    {
        var reading = Read(written, "85190");
        Assert.Equal(codes, string.Join(' ', All(reading.Tree!)));
        Assert.DoesNotContain(reading.Issues, issue => issue.Path.Contains("communes", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Saint-Denis", "85190", "Saint-Denis (85998), Saint-Denis (85999)")]
    [InlineData("Saint-Denis", "", "Saint-Denis (17001), Saint-Denis (85998), Saint-Denis (85999)")]
    [InlineData("85300", "85190", "Challans (85047), Le Perrier (85162)")]
    [InlineData("Trifouillis-les-Oies", "85190", "is not in the table")]
    [InlineData("Aizenay (17)", "85190", "is not in the table")]
    public void One_that_may_be_several_or_is_not_known_is_left_out_and_told(string written, string postCode, string said)
    {
        var reading = Read(written, postCode);
        Assert.Empty(All(reading.Tree!));
        var issue = Assert.Single(reading.Issues, issue => issue.Path.Contains("communes", StringComparison.Ordinal));
        Assert.Equal("line 2, column \"communes_visite_domicile\"", issue.Path);
        Assert.Contains(said, issue.Text, StringComparison.Ordinal);
        Assert.False(issue.IsError);
    }

    [Fact]
    public void The_neighbourhood_decides_where_one_name_is_borne_twice() =>
        Assert.Equal(["17001"], All(Read("Saint-Denis", "17300").Tree!));

    [Theory]
    [InlineData("commune;code_postal", "Saint-Denis;85170", "85999")]
    [InlineData("commune;code_postal", "AIZENAY;", "85003")]
    [InlineData("commune;commune_insee", "Aizenay;85003", "85003")]
    [InlineData("commune;code_postal", "Saint-Denis;", null)]
    public void The_commune_of_the_practice_gets_its_code_from_its_name(string columns, string values, string? code)
    {
        var reading = Assert.Single(Source.Read(Trees.Utf8($"rpps;nom;{columns}\n10099000019;DUPRE;{values}"), "text/csv", sender: null).Lines).Reading;
        Assert.Equal(code, reading.Tree!.Value("commune_insee"));
        Assert.True(reading.IsSound);
    }

    private static DescribedSource Source { get; } = Made();

    private static DescribedSource Made()
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Repository.File("mappings", "medecins", "source.json")));
        return DescribedSource.Of(document.RootElement, communes: new(Table)).Source!;
    }

    private static Coordination.Intake.SourceReading Read(string written, string postCode) => Assert.Single(Source.Read(
        Trees.Utf8($"rpps;nom;prenom;code_postal;communes_visite_domicile;accepte_nouveaux_patients\n10099000019;DUPRE;Claire;{postCode};\"{written}\";O"),
        "text/csv", sender: null).Lines).Reading;

    private static List<string> All(Fhir.Model.Element tree) =>
        [.. tree.Children.ToArray().Where(child => child.Name == "communes_visite_domicile").Select(child => child.Value!)];
}
