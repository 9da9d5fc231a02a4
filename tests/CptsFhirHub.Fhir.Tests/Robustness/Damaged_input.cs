using System.Text;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.FhirPath;
using CptsFhirHub.Fhir.Mapping;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Patch;
using CptsFhirHub.Fhir.Search;
using CptsFhirHub.Fhir.Xml;
using CptsFhirHub.Tests;
using FsCheck;
using FsCheck.Fluent;

namespace CptsFhirHub.Fhir.Tests.Robustness;

/// <summary>
/// Whatever comes in: an issue at most, never another exception, never more memory than its size allows. What was read soundly is
/// written and read again without change. A failure names its seed: <see cref="Mutation"/> does the same damage again.
/// </summary>
public sealed class Damaged_input
{
    private const string Patient = """
        { "resourceType": "Patient", "id": "a1", "meta": { "profile": ["http://example.org/p"] }, "text": { "status": "generated", "div": "<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>é &amp; è</p></div>" },
          "contained": [{ "resourceType": "Organization", "id": "o", "name": "O", "partOf": { "reference": "#o" } }],
          "extension": [{ "url": "urn:e", "valueDecimal": 1.50 }], "active": true,
          "name": [{ "family": "Petit", "_family": { "extension": [{ "url": "urn:n", "valueString": "x" }] }, "given": ["Anne", "Lou"], "_given": [null, { "id": "g" }] }],
          "_birthDate": { "id": "b" }, "birthDate": "1970-03-30", "multipleBirthInteger": 2 }
        """;

    private const string Observation = """
        { "resourceType": "Observation", "status": "final", "code": { "coding": [{ "system": "urn:s", "code": "c" }] }, "effectiveDateTime": "2026-11-22T10:00:00+01:00",
          "valueQuantity": { "value": 1E-22, "unit": "mg", "comparator": "<" }, "component": [{ "code": { "text": "a" }, "valueBoolean": false }] }
        """;

    private const string Map = """
        /// status = active
        map "http://x/M" = "M"
        conceptmap "c" { prefix s = "urn:s" prefix t = "urn:t" s:a == t:b }
        uses "http://hl7.org/fhir/StructureDefinition/Patient" alias Patient as target
        let greeting = 'x' & 'y';
        group Main(source src, target tgt : Patient) <<types>> {
          src.a : string 0..* default ('z') first as a where (a != 'y') check (a.length() < 9) log (a) -> tgt.id = truncate(a, 5), tgt.language = (greeting) "one"; // said
          src.b as b -> tgt.name as n share names, n.given = append(b, '-') then Called(b, 'old', n) { b -> n.text = b; } "two";
          src -> tgt.telecom = cp('phone', '0102'), tgt.identifier = id('urn:x', 'y'), tgt.maritalStatus = cc('urn:m', 'M'), tgt.deceased = true;
          src.c -> tgt.gender;
        }
        group Called(source a, source use, target n : HumanName) extends Base { a -> n.use = use; }
        group Base(source a, source use, target n : HumanName) { a -> n.family = translate(a, '#c', 'code'); }
        """;

    private static readonly string[] Paths =
    [
        "Patient.name.where(use = 'official' or given.exists()).select(family & ' ' & given.join(', ')).first()",
        "Observation.value.ofType(Quantity).value > 1.5 'mg' and component.all(code.text.matches('^a.*$')) implies now() > @2020-01-01T00:00:00Z",
        "iif(contained.count() > 0, contained.repeat(partOf), {}).aggregate($total + $this.id.length(), 0) mod 7 div 2",
        "name.given.trace('t').combine(descendants().id) | ('a' + 'b').replace('a', 'c').split(',').skip(1).tail()",
        "(birthDate + 3 months).toString().substring(0, 4).toInteger() in (1970 | 1971) xor text.div.htmlChecks()",
    ];

    private static readonly string[] JsonSigns = ["{", "}", "[", "]", "\"", ":", ",", "{\"a\":", "[{", "\"resourceType\":\"Patient\",", "\"_name\":", "\"contained\":[", "true"];
    private static readonly string[] XmlSigns = ["<", ">", "/>", "</", "<!--", "-->", "<![CDATA[", "]]>", "<!DOCTYPE a [<!ENTITY b \"c\">]>", "&b;", "<name>", "</name>", "xmlns=\"urn:x\"", "value=\"\"", "<?pi?>", "<div xmlns=\"http://www.w3.org/1999/xhtml\">"];
    private static readonly string[] MapSigns = ["{", "}", "(", ")", ";", "->", "'", "\"", "`", "///", "/*", "group ", " then ", " as x", " where ", "let x = ", "conceptmap ", "uses ", "<<types>>", "share a", ".", ","];
    private static readonly string[] PathSigns = ["(", ")", "[", "]", "{", "}", "'", "`", ".", "|", "&", "%a", "$this", " and ", " is ", "@2020", "descendants()", "repeat(children())", "matches('(a+)+$')", "-", "//", "/*"];

    [Fact]
    public void Json_is_read_or_refused() => Damage(2_000, seed =>
    {
        var bytes = Mutation.Of(Encoding.UTF8.GetBytes(seed % 2 == 0 ? Patient : Observation), seed, JsonSigns);
        var read = Within(bytes.Length, () => FhirJson.Parse(bytes));
        if (!read.IsSound)
        {
            Assert.NotEmpty(read.Issues);
            return;
        }

        var written = FhirJson.Write(read.Resource!.Root);
        Assert.Equal(written, FhirJson.Write(FhirJson.Parse(written).Resource!.Root));
        FhirXml.Write(read.Resource.Root);
    });

    [Fact]
    public void A_source_s_own_json_is_read_or_refused() => Damage(500, seed =>
    {
        var bytes = Mutation.Of(Encoding.UTF8.GetBytes(Patient), seed, JsonSigns);
        Within(bytes.Length, () => FhirJson.ParseModel(bytes, "Letter"));
    });

    [Fact]
    public void Xml_is_read_or_refused()
    {
        var originals = new[] { Patient, Observation }.Select(text => FhirXml.Write(FhirJson.Parse(text).Resource!.Root)).ToArray();
        Damage(2_000, seed =>
        {
            var bytes = Mutation.Of(originals[seed % 2], seed, XmlSigns);
            var read = Within(bytes.Length, () => FhirXml.Parse(bytes));
            if (!read.IsSound)
            {
                Assert.NotEmpty(read.Issues);
                return;
            }

            // What XML says soundly, JSON says too, and back.
            var written = FhirXml.Write(read.Resource!.Root);
            var json = FhirJson.Parse(FhirJson.Write(read.Resource.Root));
            Assert.Equal(written, FhirXml.Write(json.Resource!.Root));
            Assert.Equal(written, FhirXml.Write(FhirXml.Parse(written).Resource!.Root));
        });
    }

    [Fact]
    public void Paths_are_evaluated_or_refused()
    {
        var patient = FhirJson.Parse(Patient).Resource!;
        Damage(2_000, seed =>
        {
            var text = Mutation.Of(Paths[seed % Paths.Length], seed, PathSigns);
            if (!FhirPathExpression.TryParse(text, out var path, out var failure))
            {
                Assert.NotEmpty(failure.Message);
                return;
            }

            try
            {
                Within(4_000_000, () => path.Evaluate(patient, new() { Now = DateTimeOffset.UnixEpoch, StepsMax = 100_000 }));
            }
            catch (FhirPathException)
            {
                // The one exception an evaluation has.
            }
        });
    }

    [Fact]
    public void Maps_are_read_compiled_and_run_or_refused()
    {
        var letter = FhirJson.ParseModel(Encoding.UTF8.GetBytes("{\"a\":[\"x\",\"y\"],\"b\":\"z\",\"c\":\"female\"}"), "Letter").Resource!.Root;
        Damage(1_000, seed =>
        {
            var text = Mutation.Of(Map, seed, MapSigns);
            var parsed = Within(text.Length, () => MapParser.Parse(text));
            if (!parsed.IsSound)
            {
                Assert.NotEmpty(parsed.Issues);
                return;
            }

            var resource = StructureMapResource.Write(parsed.Map!);
            var again = MapParser.Parse(MapText.Write(parsed.Map!));
            Assert.True(again.IsSound, string.Join('\n', again.Issues));
            Assert.Equal(Encoding.UTF8.GetString(FhirJson.Write(resource)), Encoding.UTF8.GetString(FhirJson.Write(StructureMapResource.Write(again.Map!))));
            var compiled = new MappingLibrary(R4.Definitions, [parsed.Map!], []).CompileWhatIsSound(parsed.Map!.Url);
            compiled.Map?.Run(letter, new() { Now = DateTimeOffset.UnixEpoch, NewId = () => "id", Trace = new(), Coverage = new() });
        });
    }

    [Fact]
    public void Structure_maps_are_read_or_refused()
    {
        var original = FhirJson.Write(StructureMapResource.Write(MapParser.Parse(Map).Map!));
        Damage(500, seed =>
        {
            if (FhirJson.Parse(Mutation.Of(original, seed, JsonSigns)).Resource is not { } resource)
                return;
            if (StructureMapResource.Read(resource.Root) is { IsSound: true, Map: { } map })
                new MappingLibrary(R4.Definitions, [map], []).CompileWhatIsSound(map.Url);
        });
    }

    [Fact]
    public void Patches_are_applied_or_refused()
    {
        const string JsonPatchText = """
            [{ "op": "test", "path": "/active", "value": true }, { "op": "replace", "path": "/name/0/family", "value": "B" }, { "op": "add", "path": "/name/-", "value": { "family": "C" } },
             { "op": "move", "from": "/birthDate", "path": "/language" }, { "op": "copy", "from": "/name/0", "path": "/name/1" }, { "op": "remove", "path": "/multipleBirthInteger" }]
            """;
        const string PathPatchText = """
            { "resourceType": "Parameters", "parameter": [
              { "name": "operation", "part": [{ "name": "type", "valueCode": "replace" }, { "name": "path", "valueString": "Patient.name[0].family" }, { "name": "value", "valueString": "B" }] },
              { "name": "operation", "part": [{ "name": "type", "valueCode": "add" }, { "name": "path", "valueString": "Patient" }, { "name": "name", "valueString": "gender" }, { "name": "value", "valueCode": "male" }] },
              { "name": "operation", "part": [{ "name": "type", "valueCode": "move" }, { "name": "path", "valueString": "Patient.name[0].given" }, { "name": "source", "valueInteger": 0 }, { "name": "destination", "valueInteger": 1 }] }] }
            """;
        var target = FhirJson.Parse(Patient).Resource!;
        Damage(1_000, seed =>
        {
            JsonPatch.Apply(target, Mutation.Of(Encoding.UTF8.GetBytes(JsonPatchText), seed, [.. JsonSigns, "/", "~", "-"]));
            if (FhirJson.Parse(Mutation.Of(Encoding.UTF8.GetBytes(PathPatchText), seed, JsonSigns)).Resource is { } patch)
                FhirPathPatch.Apply(target, patch, DateTimeOffset.UnixEpoch);
        });
        Assert.Equal("Petit", target.Root.At("name", "family")!.Value);
    }

    [Fact]
    public void Searches_are_read_or_refused()
    {
        const string Query = "name:exact=Petit,Durand&birthdate=ge1970-01-01&_has:Observation:patient:code=urn:s|c&general-practitioner:Practitioner.name=a&_include=Patient:organization&_sort=-birthdate&value-quantity=lt5.4|urn:u|mg&code-value-quantity=a$gt1&_count=5";
        var parser = new SearchQueryParser(R4.Definitions, "https://example.org/fhir");
        Damage(2_000, seed =>
        {
            var parameters = Mutation.Of(Query, seed, ":", ".", ",", "|", "$", "\\", "_has:", "_include=", "-", "ge", "=", "&", "*").Split('&')
                .Select(pair => pair.Split('=', 2)).Select(pair => KeyValuePair.Create(pair[0], pair.Length == 2 ? pair[1] : ""));
            parser.Parse(seed % 2 == 0 ? "Patient" : "Observation", parameters, isLenient: seed % 3 == 0);
        });
    }

    /// <summary>Runs a check on that many seeds; FsCheck names the one that fails.</summary>
    private static void Damage(int count, Action<int> check) =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(count), Prop.ForAll(Arb.From(Gen.Choose(0, int.MaxValue - 1)), seed =>
        {
            check(seed);
            return true;
        }));

    /// <summary>Reading may take a multiple of its input, and a room of its own, no more.</summary>
    private static T Within<T>(int length, Func<T> read)
    {
        const long Room = 4_000_000;
        var before = GC.GetAllocatedBytesForCurrentThread();
        var result = read();
        var spent = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(spent < Room + 500L * length, $"Reading {length} bytes took {spent} bytes.");
        return result;
    }
}
