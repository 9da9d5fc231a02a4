using System.Text.Json.Nodes;
using CptsFhirHub.Cli;
using CptsFhirHub.Tests;

namespace CptsFhirHub.Server.Tests.Cli;

/// <summary><c>hub match-eval</c> and <c>hub train</c> on the labelled sets beside the corpora, and on a small one of their own.</summary>
public sealed class Matching_sets : IDisposable
{
    private const string Records = """
        record_id,source,nom_naissance,nom_usage,prenom,prenoms,sexe,date_naissance,cog_naissance,adresse,code_postal,commune,telephone,email,matricule,matricule_oid,statut_identite,attribut
        R1,CPAM,MARTINEAU,,ODETTE,ODETTE,F,1947-03-09,,12 RUE DES LILAS,85190,85003,,,,,PROVISOIRE,
        R2,DOCTOLIB,Martineau,,Odette,Odette,F,1947-03-09,,,85190,85003,+33251000001,,,,PROVISOIRE,
        R3,CPAM,PETIT,,MARCEL,MARCEL,M,1950-06-30,,,85190,85003,,,,,PROVISOIRE,
        """;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("hub-match-");

    [Fact]
    public void The_french_set_is_linked_without_a_false_certain_link()
    {
        var answer = Evaluate(Repository.RequireCorpus(Path.Combine("..", "matching", "fr_dev")));
        Assert.InRange((double)answer["certain"]!["false"]! / (int)answer["certain"]!["right"]!, 0, 5e-4);
        Assert.InRange((double)answer["certain"]!["recall"]!, 0.75, 1);
        Assert.InRange((double)answer["by person"]!["recall"]!, 0.80, 1);
        Assert.InRange((double)answer["certain+probable"]!["recall"]!, 0.985, 1);
        Assert.Equal(0, (int)answer["certain links that a person must make"]!);
        Assert.Equal(0, (int)answer["links on a fictive identity"]!);
        foreach (var links in (string[])["certain", "certain+probable", "certain, no person asked"])
            Assert.InRange((double)answer[$"born abroad, {links}"]!["others"]! - (double)answer[$"born abroad, {links}"]!["abroad"]!, -1, 0.03);
    }

    [Fact]
    public void The_two_files_of_febrl_4_are_linked_almost_without_error()
    {
        var a = Repository.RequireCorpus(Path.Combine("..", "matching", "febrl4a.csv"));
        var answer = Evaluate(a, a.Replace("febrl4a", "febrl4b", StringComparison.Ordinal));
        Assert.InRange((double)answer["p >= 0.5"]!["f1"]!, 0.999, 1);
        Assert.Equal(0, (int)answer["p >= 0.99"]!["false"]!);
    }

    [Fact]
    public void Links_and_states_are_written_as_files()
    {
        Given("records.csv", Records);
        Given("cohort.csv", "record_id,date_naissance,ald,c2s,ame,cpam_outcome\nR1,1947-03-09,0,0,0,\nR3,1950-06-30,0,0,0,\n");
        var (code, _, error) = Hub("match-eval", _folder.FullName, "--day", "2026-01-01",
            "--links", Place("links.csv"), "--states", Place("states.csv"));
        Assert.Equal((0, ""), (code, error));
        Assert.Equal("R1,R2,certain\n", File.ReadAllText(Place("links.csv")));
        Assert.Equal("R1,SIGNED_UP,0\nR3,SILENT_FRAGILE,0\n", File.ReadAllText(Place("states.csv")));
    }

    [Fact]
    public void A_folder_without_records_is_refused()
    {
        var (code, _, error) = Hub("match-eval", _folder.FullName);
        Assert.Equal(2, code);
        Assert.Contains("records.csv", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Parameters_are_learned_from_enough_records_and_taken_again()
    {
        Given("records.csv", Records);
        Assert.Equal(2, Hub("train", _folder.FullName, "--to", Place("model.json"), "--version", "mine").Code);

        var lines = Enumerable.Range(0, 1_000).Select(n =>
            $"R{n},CPAM,NOM{n % 500},,ODETTE,ODETTE,F,19{n % 50 + 40}-03-09,,,85190,85003,02510{n % 500:00000},,,,PROVISOIRE,");
        Given("records.csv", Records.Split('\n')[0] + "\n" + string.Join('\n', lines) + "\n");
        Assert.Equal(0, Hub("train", _folder.FullName, "--to", Place("model.json"), "--version", "mine").Code);
        var (code, output, _) = Hub("match-eval", _folder.FullName, "--model", Place("model.json"));
        Assert.Equal(0, code);
        Assert.Contains("model: mine", output, StringComparison.Ordinal);
    }

    private static JsonObject Evaluate(params string[] set)
    {
        var (code, output, error) = Hub(["match-eval", .. set, "--json"]);
        Assert.Equal((0, ""), (code, error));
        return JsonNode.Parse(output)!.AsObject();
    }

    private static (int Code, string Output, string Error) Hub(params string[] args)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        return (HubCommand.Run(args, output, error), output.ToString(), error.ToString());
    }

    private string Place(string name) => Path.Combine(_folder.FullName, name);

    private void Given(string name, string text) => File.WriteAllText(Place(name), text);

    public void Dispose() => _folder.Delete(recursive: true);
}
