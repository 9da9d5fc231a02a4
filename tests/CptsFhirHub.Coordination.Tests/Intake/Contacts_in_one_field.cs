using System.Text.Json;
using CptsFhirHub.Coordination.Intake.Described;
using CptsFhirHub.Tests;

namespace CptsFhirHub.Coordination.Tests.Intake;

/// <summary>Two numbers or two addresses in one cell: both are kept, or the second is told, and never a value that is neither.</summary>
public sealed class Contacts_in_one_field
{
    [Theory]
    [InlineData("06 12 34 56 78 / 02 51 00 00 01", "+33612345678 +33251000001")]
    [InlineData("0612345678/0251000001", "+33612345678 +33251000001")]
    [InlineData("06.12.34.56.78-02.51.00.00.01", "+33612345678 +33251000001")]
    [InlineData("06 12 34 56 78 02 51 00 00 01", "+33612345678 +33251000001")]
    [InlineData("06 12 34 56 78 ou +33 2 51 00 00 01", "+33612345678 +33251000001")]
    [InlineData("06 12 34 56 78 ; 02 51 00 00 01 ; 0612345678", "+33612345678 +33251000001")]
    [InlineData("02/51/00/00/01", "+33251000001")]
    [InlineData("02/51/00/00/01 / 06/12/34/56/78", "+33251000001 +33612345678")]
    [InlineData("02-51-00-00-01", "+33251000001")]
    [InlineData("6,12345678E+08", "+33612345678")]
    [InlineData("3.3612345678E+10", "+33612345678")]
    [InlineData("+33 (0)2 51 00 00 01", "+33251000001")]
    public void Phones_are_all_kept(string written, string kept)
    {
        foreach (var text in new[] { Csv("telephones", written), Json("telephones", written) })
        {
            var reading = Assert.Single(Source.Read(Trees.Utf8(text), "", sender: null).Lines).Reading;
            Assert.Equal(kept, string.Join(' ', All(reading.Tree!, "telephones")));
            Assert.Equal("", reading.Issues.Text());
        }
    }

    [Theory]
    [InlineData("a@exemple.fr; c@exemple.fr", "a@exemple.fr c@exemple.fr")]
    [InlineData("a@exemple.fr,c@exemple.fr", "a@exemple.fr c@exemple.fr")]
    [InlineData("a@exemple.fr / c@exemple.fr", "a@exemple.fr c@exemple.fr")]
    [InlineData("a@exemple.fr\r\nc@exemple.fr", "a@exemple.fr c@exemple.fr")]
    [InlineData("<a@exemple.fr>", "a@exemple.fr")]
    [InlineData("mailto:a@exemple.fr", "a@exemple.fr")]
    public void Addresses_are_all_kept(string written, string kept)
    {
        var reading = Assert.Single(Source.Read(Trees.Utf8(Csv("courriels", written)), "", sender: null).Lines).Reading;
        Assert.Equal(kept, string.Join(' ', All(reading.Tree!, "courriels")));
        Assert.Equal("", reading.Issues.Text());
    }

    [Theory]
    [InlineData("telephone", "06 12 34 56 78 / 02 51 00 00 01", "+33612345678")]
    [InlineData("courriel", "a@exemple.fr; c@exemple.fr", "a@exemple.fr")]
    public void Where_one_is_expected_the_second_is_told(string field, string written, string kept)
    {
        var reading = Assert.Single(Source.Read(Trees.Utf8(Csv(field, written)), "", sender: null).Lines).Reading;
        Assert.Equal(kept, reading.Tree!.Value(field));
        Assert.Equal($"warning value line 2, column \"{field}\"", reading.Issues.Text());
    }

    [Theory]
    [InlineData("telephones", "06 12 34 56 78 / pas de fixe", "+33612345678")]
    [InlineData("courriels", "Odette a@exemple.fr", "a@exemple.fr")]
    public void What_stands_beside_and_is_none_is_told_and_left_out(string field, string written, string kept)
    {
        var reading = Assert.Single(Source.Read(Trees.Utf8(Csv(field, written)), "", sender: null).Lines).Reading;
        Assert.Equal([kept], All(reading.Tree!, field));
        Assert.Equal("warning", Assert.Single(reading.Issues).Severity.ToString().ToLowerInvariant());
    }

    [Theory]
    [InlineData("telephones", "06 12 34 56 78 (sa fille)", "06 12 34 56 78 (sa fille)")]
    [InlineData("telephones", "inconnu / inconnu", "")]
    [InlineData("telephones", "pas de fixe", "")]
    [InlineData("telephones", "6,1234E+08", "6,1234E+08")]
    [InlineData("courriels", "aucune", "")]
    public void What_cannot_be_made_out_is_as_before(string field, string written, string kept)
    {
        var reading = Assert.Single(Source.Read(Trees.Utf8(Csv(field, written)), "", sender: null).Lines).Reading;
        Assert.Equal(kept, string.Join(' ', All(reading.Tree!, field)));
        Assert.NotEmpty(reading.Issues);
    }

    [Theory]
    [InlineData("247038519104254 / 152028519101762")]
    [InlineData("247038519104254;152028519101762")]
    [InlineData("2470385191042 54 152028519101762")]
    public void Two_numbers_of_the_social_security_in_one_field_are_nobodys(string written)
    {
        var reading = Assert.Single(Source.Read(Trees.Utf8(Csv("nir", written)), "", sender: null).Lines).Reading;
        Assert.Null(reading.Tree!.Value("nir"));
        Assert.Equal("warning value line 2, column \"nir\"", reading.Issues.Text());
    }

    [Theory]
    [InlineData("recensement", "telephone", "email")]
    [InlineData("cpam-cohort", "telephone", "email")]
    [InlineData("guichet", "telephone", null)]
    [InlineData("prado", "telephone", null)]
    public void The_files_of_every_source_may_hold_several(string source, string phone, string? email)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Repository.File("mappings", source, "source.json")));
        var shipped = DescribedSource.Of(document.RootElement).Source!;
        var text = $"{phone}{(email is null ? "" : ";" + email)}\n06 12 34 56 78 / 02 51 00 00 01{(email is null ? "" : ";\"a@exemple.fr; c@exemple.fr\"")}";
        var tree = Assert.Single(shipped.Read(Trees.Utf8(text), "text/csv", sender: null).Lines).Reading.Tree!;
        Assert.Equal(["+33612345678", "+33251000001"], All(tree, phone));
        if (email is not null)
            Assert.Equal(["a@exemple.fr", "c@exemple.fr"], All(tree, email));
    }

    private static DescribedSource Source { get; } = Made();

    private static DescribedSource Made()
    {
        using var document = JsonDocument.Parse("""
            {
              "logicalModel": "https://example.org/StructureDefinition/Fiche",
              "typed": true,
              "fields": [
                { "path": "nom" },
                { "path": "telephones[]", "kind": "phone" },
                { "path": "courriels[]", "kind": "email" },
                { "path": "telephone", "kind": "phone" },
                { "path": "courriel", "kind": "email" },
                { "path": "nir", "kind": "nir" }
              ]
            }
            """);
        return DescribedSource.Of(document.RootElement).Source!;
    }

    private static string Csv(string field, string written) => $"nom;{field}\nLEGER;\"{written}\"";

    private static string Json(string field, string written) => $$"""{"nom":"LEGER","{{field}}":"{{written}}"}""";

    private static List<string> All(Fhir.Model.Element tree, string name) =>
        [.. tree.Children.ToArray().Where(child => child.Name == name).Select(child => child.Value!)];
}
