using System.Diagnostics;
using System.Text.Json.Nodes;
using CptsFhirHub.Cli;
using CptsFhirHub.Fhir.Mapping;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Tests;

namespace CptsFhirHub.Server.Tests.Cli;

/// <summary>The program <c>hub</c>, run in this process on files of its own folder.</summary>
public sealed class Command_line : IDisposable
{
    private const string Patient = """{ "resourceType": "Patient", "gender": "female", "name": [{ "family": "Petit", "given": ["Anne", "Lou"] }] }""";

    private const string Essai = """
        map "http://example.org/essai" = "essai"
        uses "http://hl7.org/fhir/StructureDefinition/Patient" alias Patient as source
        uses "http://hl7.org/fhir/StructureDefinition/Patient" alias PatientTo as target

        group Essai(source src : Patient, target tgt : PatientTo) {
          src.name as n -> tgt.name as h then {
            n.family as f -> h.family = (f.upper()) "family";
          } "names";
        }
        """;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("hub-cli-");

    [Fact]
    public void Validate_says_that_a_resource_is_valid()
    {
        var (code, output, error) = Hub("validate", Given("patient.json", Patient));
        Assert.Equal((0, "Patient: valid\n", ""), (code, output, error));
    }

    [Fact]
    public void Validate_says_each_fault_with_its_path()
    {
        var (code, output, error) = Hub("validate", Given("patient.json", Patient.Replace("female", "femme", StringComparison.Ordinal)));
        Assert.Equal((1, "Patient: not valid\n"), (code, output));
        Assert.StartsWith("error code-invalid Patient.gender: ", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_asks_for_a_profile()
    {
        var (code, _, error) = Hub("validate", Given("patient.json", Patient), "--profile", "http://example.org/none");
        Assert.Equal(1, code);
        Assert.StartsWith("error not-found Patient: The profile is not known", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("name.given", "Anne\nLou\n")]
    [InlineData("name", "{\"family\":\"Petit\",\"given\":[\"Anne\",\"Lou\"]}\n")]
    [InlineData("name.given.count() = 2", "true\n")]
    [InlineData("birthDate", "")]
    public void Path_writes_an_item_a_line(string expression, string expected)
    {
        var (code, output, error) = Hub("path", expression, Given("patient.json", Patient));
        Assert.Equal((0, expected, ""), (code, output, error));
    }

    [Fact]
    public void Path_refuses_what_is_no_expression()
    {
        var (code, output, error) = Hub("path", "name..given", Given("patient.json", Patient));
        Assert.Equal((2, ""), (code, output));
        Assert.StartsWith("fatal invalid EXPRESSION: ", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Convert_writes_XML_and_back()
    {
        var (code, xml, error) = Hub("convert", Given("patient.json", Patient), "--to", "xml");
        Assert.Equal((0, ""), (code, error));
        Assert.Contains("<given value=\"Lou\" />", xml, StringComparison.Ordinal);

        var file = Given("patient.xml", xml);
        Assert.Equal((0, "Patient: valid\n", ""), Hub("validate", file));
        Assert.Equal((0, "Anne\nLou\n", ""), Hub("path", "name.given", file));
        var json = Hub("convert", file, "--to", "json").Output;
        Assert.Equal(xml, Hub("convert", Given("again.json", json), "--to", "xml").Output);
    }

    [Fact]
    public void Convert_writes_nothing_of_what_it_does_not_understand()
    {
        var file = Given("patient.xml", "<Patient xmlns=\"http://hl7.org/fhir\">\n<prenom value=\"Anne\"/>\n<active value=\"true\"/></Patient>");
        var (code, output, error) = Hub("convert", file, "--to", "json");
        Assert.Equal((1, ""), (code, output));
        Assert.Equal("error structure Patient.prenom (line 2): The element 'prenom' is unknown in Patient.\n", error);
    }

    [Theory]
    [InlineData("validate")]
    [InlineData("path", "id")]
    [InlineData("map", "doctolib")]
    public void A_file_that_is_not_there_is_refused(params string[] command)
    {
        var missing = Path.Combine(_folder.FullName, "none.json");
        var (code, output, error) = Hub([.. command, missing]);
        Assert.Equal((2, ""), (code, output));
        Assert.Contains($"fatal not-found {missing}: the file cannot be read.", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("validate")]
    [InlineData("path", "id")]
    public void A_file_that_is_no_resource_is_unsound(params string[] command)
    {
        var (code, _, error) = Hub([.. command, Given("broken.json", "{ \"resourceType\": \"Patient\", ")]);
        Assert.Equal(1, code);
        Assert.NotEmpty(error);
    }

    [Theory]
    [InlineData]
    [InlineData("mappe", "doctolib")]
    [InlineData("convert", "a.json", "--to", "yaml")]
    [InlineData("validate")]
    public void Wrong_usage_is_refused(params string[] arguments) => Assert.Equal(2, Hub(arguments).Code);

    [Fact]
    public void Map_gives_the_Bundle_of_a_sign_up()
    {
        var example = Repository.File("mappings", "doctolib", "examples", "odette-martineau.in.json");
        var to = Path.Combine(_folder.FullName, "out.json");
        var (code, output, error) = Hub("map", "doctolib", example, "--mappings", Repository.File("mappings"), "--to", to);
        Assert.Equal((0, "", ""), (code, output, error));
        Assert.Equal("MARTINEAU\n", Hub("path", "entry.resource.ofType(Patient).name.where(use = 'official').family", to).Output);

        // The clock and the ids are fixed: the same file gives the same result.
        Assert.Equal(File.ReadAllText(to), Hub("map", "doctolib", example, "--mappings", Repository.File("mappings")).Output);
    }

    [Fact]
    public void Map_gives_a_Bundle_a_line()
    {
        var example = Repository.File("mappings", "prado", "examples", "six-volets.in.csv");
        var (code, output, _) = Hub("map", "prado", example, "--mappings", Repository.File("mappings"));
        Assert.Equal((0, 6), (code, output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length));
    }

    [Fact]
    public void Map_shows_what_the_reader_made()
    {
        var example = Repository.File("mappings", "hospital", "examples", "a03-sortie-complete.in.hl7");
        var (code, output, _) = Hub("map", "hospital", example, "--mappings", Repository.File("mappings"), "--tree");
        Assert.Equal(0, code);
        Assert.StartsWith("{\n  \"resourceType\": \"Hl7v2Message\",", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Map_names_the_sources_when_there_is_none_of_that_name()
    {
        var (code, _, error) = Hub("map", "minitel", Given("a.json", "{}"), "--mappings", Repository.File("mappings"));
        Assert.Equal(2, code);
        Assert.Contains("there is no source minitel; there are: appels-snp, cpam-cohort, doctolib, guichet, hospital, inscription, mas, medecins, prado, recensement, rpps", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Map_tells_the_faults_of_a_map_with_their_place()
    {
        Directory.CreateDirectory(Path.Combine(_folder.FullName, "essai"));
        Given("essai/source.json", """{ "source": "essai", "reader": "hl7v2", "map": "http://example.org/essai" }""");
        Given("essai/essai.map", """
            map "http://example.org/essai" = "essai"
            uses "http://hl7.org/fhir/StructureDefinition/Patient" alias Patient as target
            group Essai(source src, target tgt : Patient) {
              src.patient as p -> tgt.prenom = p "first-name";
            }
            """);
        var (code, output, error) = Hub("map", "essai", Given("a.json", "{}"), "--mappings", _folder.FullName);
        Assert.Equal((2, ""), (code, output));
        Assert.Equal("error invalid essai, line 4, column 23: Rule 'first-name': Patient has no element 'prenom'.\n", error);
    }

    [Fact]
    public void Map_runs_a_map_of_a_file_on_a_resource()
    {
        var map = Given("essai.map", Essai);
        var (code, output, error) = Hub("map", map, Given("patient.json", Patient), "--trace", "--coverage");
        Assert.Equal(0, code);
        Assert.Contains("\"family\": \"PETIT\"", output, StringComparison.Ordinal);
        Assert.Equal(
            """
            trace Group : Essai (line 5, column 1)
            trace   rule : names (line 6, column 3)
            trace     rule : family (line 7, column 5)
            unread Patient.gender: 1 of 1
            unread Patient.name.given: 2 of 2

            """, error);
    }

    [Fact]
    public void Map_runs_a_StructureMap_and_finds_the_maps_beside_it()
    {
        Given("common.map", "map \"http://example.org/common\" = common\ngroup Named(source s, target t) { s.family as f -> t.text = f; }");
        var text = Essai.Replace("group Essai", "imports \"http://example.org/common\"\ngroup Essai", StringComparison.Ordinal)
            .Replace("then {", "then Named(n, h) {", StringComparison.Ordinal);
        var parsed = MapParser.Parse(text);
        var map = Given("essai.json", System.Text.Encoding.UTF8.GetString(FhirJson.Write(StructureMapResource.Write(parsed.Map!))));
        var (code, output, error) = Hub("map", map, Given("patient.json", Patient));
        Assert.Equal((0, ""), (code, error));
        Assert.Contains("\"text\": \"Petit\"", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Map_tells_the_faults_of_a_map_of_a_file()
    {
        var (code, _, error) = Hub("map", Given("essai.map", Essai.Replace("h.family", "h.famille", StringComparison.Ordinal)), Given("patient.json", Patient));
        Assert.Equal(2, code);
        Assert.StartsWith("error invalid essai, line 7", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Json_answers_are_one_object()
    {
        var patient = Given("patient.json", Patient);
        var wrong = Given("wrong.json", Patient.Replace("female", "femme", StringComparison.Ordinal));

        var valid = Json(0, "validate", patient, "--json");
        Assert.Equal(("validate", true, 0), ((string?)valid["command"], (bool)valid["valid"]!, valid["issues"]!.AsArray().Count));
        var invalid = Json(1, "validate", wrong, "--json");
        Assert.Equal((false, "error", "Patient.gender"), ((bool)invalid["valid"]!, (string?)invalid["issues"]![0]!["severity"], (string?)invalid["issues"]![0]!["path"]));

        var items = Json(0, "--json", "path", "name.given | name.given.count()", patient)["items"]!.AsArray();
        Assert.Equal(["string Anne", "string Lou", "System.Integer 2"], items.Select(item => $"{item!["type"]} {item["value"]}"));
        Assert.Equal("fatal", (string?)Json(2, "path", "name..given", patient, "--json")["issues"]![0]!["severity"]);

        Assert.Contains("<Patient", (string?)Json(0, "convert", patient, "--to", "xml", "--json")["result"], StringComparison.Ordinal);
        Assert.Equal("not-found", (string?)Json(2, "convert", patient + "x", "--to", "xml", "--json")["issues"]![0]!["code"]);

        var mapped = Json(0, "map", Given("essai.map", Essai), patient, "--json", "--trace", "--coverage");
        Assert.Equal("PETIT", (string?)mapped["results"]![0]!["name"]![0]!["family"]);
        Assert.Equal(["Patient.gender", "Patient.name.given"], mapped["unread"]!.AsArray().Select(one => (string?)one!["path"]));
        Assert.Equal("Parameters", (string?)mapped["traces"]![0]!["resourceType"]);
    }

    [Fact]
    public void Definitions_may_be_XML()
    {
        Directory.CreateDirectory(Path.Combine(_folder.FullName, "definitions"));
        Given("definitions/profile.json", """
            { "resourceType": "StructureDefinition", "url": "http://example.org/P", "name": "P", "status": "active", "kind": "resource", "abstract": false,
              "type": "Patient", "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Patient", "derivation": "constraint",
              "differential": { "element": [{ "id": "Patient", "path": "Patient" }, { "id": "Patient.birthDate", "path": "Patient.birthDate", "min": 1 }] } }
            """);
        var json = Path.Combine(_folder.FullName, "definitions", "profile.json");
        File.WriteAllText(Path.ChangeExtension(json, ".xml"), Hub("convert", json, "--to", "xml").Output);
        File.Delete(json);
        var (code, _, error) = Hub("validate", Given("patient.json", Patient), "--profile", "http://example.org/P", "--definitions", Path.GetDirectoryName(json)!);
        Assert.Equal(1, code);
        Assert.StartsWith("error required Patient: The element 'birthDate'", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Colours_are_for_a_terminal()
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var wrong = Given("wrong.json", Patient.Replace("female", "femme", StringComparison.Ordinal));
        Assert.Equal(1, HubCommand.Run(["validate", wrong], output, error, new(OnOutput: true, OnError: true)));
        Assert.Equal("\e[31mPatient: not valid\e[0m\n", output.ToString());
        Assert.StartsWith("\e[31merror\e[0m code-invalid Patient.gender: ", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_program_itself_says_the_same()
    {
        var start = new ProcessStartInfo(Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet")
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in (string[])[Path.Combine(AppContext.BaseDirectory, "hub.dll"), "path", "name.given", Given("patient.json", Patient)])
            start.ArgumentList.Add(argument);
        using var program = Process.Start(start)!;
        var output = await program.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = await program.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await program.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal((0, "Anne\nLou\n", ""), (program.ExitCode, output.ReplaceLineEndings("\n"), error));
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static JsonNode Json(int exitCode, params string[] arguments)
    {
        var (code, output, error) = Hub(arguments);
        Assert.Equal((exitCode, ""), (code, error));
        var answer = JsonNode.Parse(output)!;
        Assert.Equal(exitCode, (int)answer["exitCode"]!);
        return answer;
    }

    private static (int Code, string Output, string Error) Hub(params string[] arguments)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        return (HubCommand.Run(arguments, output, error), output.ToString(), error.ToString());
    }

    private string Given(string name, string text)
    {
        var file = Path.Combine(_folder.FullName, name);
        File.WriteAllText(file, text);
        return file;
    }
}
