using System.Text.Json;
using BenchmarkDotNet.Attributes;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Validation;

namespace CptsFhirHub.Bench.Kernel;

/// <summary>What is done with a Bundle of a hundred Patients.</summary>
[MemoryDiagnoser]
public class BundleWork
{
    private readonly byte[] _bytes = Inputs.Bundle;
    private readonly Resource _bundle = FhirJson.Parse(Inputs.Bundle).Resource!;

    /// <summary>The floor: what the base library takes to read the same bytes.</summary>
    [Benchmark(Baseline = true)]
    public JsonDocument JsonDocumentParse()
    {
        var document = JsonDocument.Parse(_bytes);
        document.Dispose();
        return document;
    }

    /// <summary>Bytes to tree.</summary>
    [Benchmark]
    public Parsed Parse() => FhirJson.Parse(_bytes);

    /// <summary>Tree to bytes.</summary>
    [Benchmark]
    public byte[] Write() => FhirJson.Write(_bundle.Root);

    /// <summary>Bytes to tree and back: the tree is written, the bytes it came in are not handed on.</summary>
    [Benchmark]
    public byte[] RoundTrip() => FhirJson.Write(FhirJson.Parse(_bytes).Resource!.Root);

    /// <summary>All that R4 itself asks of the Bundle and each Patient in it.</summary>
    [Benchmark]
    public int Validate() => Validator.Core.Check(_bundle).Count;
}
