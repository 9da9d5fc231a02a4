using System.Globalization;
using System.Text;
using System.Text.Json;
using CptsFhirHub.Coordination.Intake.Described;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Mapping;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Bench.Kernel;

/// <summary>What is measured on: invented people of a usual size, made here, and one of our own examples.</summary>
internal static class Inputs
{
    /// <summary>Every primitive of every descendant has a value or children: the rule ele-1, asked of a whole resource.</summary>
    public const string DescendantsRule = "descendants().all(hasValue() or (children().count() > id.count()))";

    /// <summary>The URL of <see cref="SmallProfile"/>.</summary>
    public const string SmallProfileUrl = "http://example.org/fhir/StructureDefinition/bench-patient";

    private static readonly string[] Families = ["Exemple", "Dupont-Fictif", "Modèle", "Échantillon", "Témoin"];
    private static readonly string[] Givens = ["Jeanne", "Paul", "Amélie", "Ousmane", "Inès"];

    /// <summary>A profile with a required element, a fixed system, a bound length and a rule, as small profiles are.</summary>
    public const string SmallProfile = $$$"""
        {"resourceType":"StructureDefinition","url":"{{{SmallProfileUrl}}}","name":"BenchPatient","status":"draft","fhirVersion":"4.0.1",
         "kind":"resource","abstract":false,"type":"Patient","baseDefinition":"http://hl7.org/fhir/StructureDefinition/Patient",
         "derivation":"constraint","differential":{"element":[
          {"id":"Patient","path":"Patient","constraint":[{"key":"bench-1","severity":"error","human":"A person has a phone or a mail address.",
            "expression":"telecom.where(system = 'phone' or system = 'email').exists()"}]},
          {"id":"Patient.identifier","path":"Patient.identifier","min":1},
          {"id":"Patient.identifier.system","path":"Patient.identifier.system","min":1},
          {"id":"Patient.name","path":"Patient.name","min":1},
          {"id":"Patient.name.family","path":"Patient.name.family","min":1,"maxLength":80},
          {"id":"Patient.birthDate","path":"Patient.birthDate","min":1}]}}
        """;

    /// <summary>One Patient of 0.84 kB.</summary>
    public static byte[] Patient { get; } = Encoding.UTF8.GetBytes(PatientJson(0));

    /// <summary>A Bundle of a hundred Patients.</summary>
    public static byte[] Bundle { get; } = Encoding.UTF8.GetBytes(BundleJson(100));

    /// <summary>A sign-up as the booking platform sends it.</summary>
    public static byte[] SignUp { get; } = File.ReadAllBytes(Near("mappings", "doctolib", "examples", "odette-martineau.in.json"));

    /// <summary>The reader of the sign-up, as its folder describes it.</summary>
    public static DescribedSource SignUpSource()
    {
        using var description = JsonDocument.Parse(File.ReadAllBytes(Near("mappings", "doctolib", "source.json")));
        return DescribedSource.Of(description.RootElement).Source ?? throw new InvalidDataException("The description of the sign-up is faulty.");
    }

    /// <summary>The compiled map of the sign-up.</summary>
    public static CompiledMap SignUpMap()
    {
        var mappings = Near("mappings");
        var texts = Directory.GetFiles(mappings, "*.map", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(file => (Path.GetFileName(file), File.ReadAllText(file)));
        var resources = Directory.GetFiles(mappings, "*.json", SearchOption.AllDirectories)
            .Where(file => !file.EndsWith(".in.json", StringComparison.Ordinal) && Path.GetFileName(file) != "source.json")
            .Concat(Directory.GetFiles(Near("profiles"), "*.json"))
            .Order(StringComparer.Ordinal)
            .Select(file => (Path.GetFileName(file), FhirJson.Parse(File.ReadAllBytes(file)).Resource!.Root))
            .Where(read => read.Root.ResourceType == "ConceptMap" || read.Root.Text("kind") == "logical")
            .Append((nameof(SignUpSource), SignUpSource().LogicalModel));
        var library = MappingLibrary.Load(R4.Definitions, texts, resources).Library;
        return library.Compile("https://cpts-fhir-hub.example/fhir/StructureMap/doctolib").Map
            ?? throw new InvalidDataException("The map of the sign-up does not compile.");
    }

    private static string Near(params string[] parts) => Path.Combine([AppContext.BaseDirectory, .. parts]);

    private static string PatientJson(int number)
    {
        var family = Families[number % Families.Length];
        var given = Givens[number / Families.Length % Givens.Length];
        return FormattableString.Invariant($$"""
            {"resourceType":"Patient","id":"bench-{{number:0000}}","identifier":[{"use":"official","system":"urn:oid:1.2.250.1.213.1.4.10",
            "value":"299990000{{number:000000}}"},{"system":"https://example.org/dossiers","value":"D-{{number:000000}}"}],"active":true,
            "name":[{"use":"official","family":"{{family}}","given":["{{given}}","Marie"]},{"use":"usual","text":"{{given}} {{family}}"}],
            "telecom":[{"system":"phone","value":"0199000000","use":"mobile"},{"system":"email","value":"p{{number:0000}}@example.org"}],
            "gender":"female","birthDate":"19{{20 + (number % 79):00}}-03-09",
            "address":[{"use":"home","line":["{{number + 1}} rue de l'Exemple"],"city":"Aizenay","postalCode":"85190","country":"FRA"}],
            "maritalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-MaritalStatus","code":"M"}]},
            "communication":[{"language":{"text":"français"},"preferred":true}],
            "generalPractitioner":[{"reference":"Practitioner/1","display":"Dr Modèle"}]}
            """).Replace("\n", "", StringComparison.Ordinal);
    }

    private static string BundleJson(int entries)
    {
        var json = new StringBuilder("""{"resourceType":"Bundle","type":"searchset","entry":[""");
        for (var i = 0; i < entries; i++)
            json.Append(CultureInfo.InvariantCulture, $$"""{{(i == 0 ? "" : ",")}}{"fullUrl":"https://example.org/fhir/Patient/bench-{{i:0000}}","resource":""")
                .Append(PatientJson(i)).Append("""
,"search":{"mode":"match","score":1}}
""".Trim());
        return json.Append("]}").ToString();
    }
}
