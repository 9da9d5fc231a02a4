using System.Text.Json;
using BenchmarkDotNet.Attributes;
using CptsFhirHub.Coordination.Intake.Described;
using CptsFhirHub.Fhir.Mapping;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Bench.Kernel;

/// <summary>What is done with one sign-up of the booking platform before anything is decided.</summary>
[MemoryDiagnoser]
public class SignUpWork
{
    private readonly byte[] _bytes = Inputs.SignUp;
    private readonly CompiledMap _map = Inputs.SignUpMap();
    private readonly DescribedSource _source = Inputs.SignUpSource();
    private readonly Element _tree = Inputs.SignUpSource().Read(Inputs.SignUp, "application/json", sender: null).Lines[0].Reading.Tree!;

    /// <summary>The floor: what the base library takes to read the same bytes.</summary>
    [Benchmark(Baseline = true)]
    public JsonDocument JsonDocumentParse()
    {
        var document = JsonDocument.Parse(_bytes);
        document.Dispose();
        return document;
    }

    /// <summary>Bytes to the tree the map reads.</summary>
    [Benchmark]
    public Element? Read() => _source.Read(_bytes, "application/json", sender: null).Lines[0].Reading.Tree;

    /// <summary>The map: the tree to the resources of a signalement.</summary>
    [Benchmark]
    public Element? Map()
    {
        var number = 0;
        return _map.Run(_tree, new()
        {
            Now = new(2026, 11, 22, 10, 0, 0, TimeSpan.Zero),
            NewId = () => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"bench-{number++}"),
        }).Target;
    }
}
