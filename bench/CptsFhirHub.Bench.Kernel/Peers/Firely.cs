using System.Text.Json;
using BenchmarkDotNet.Attributes;
using Hl7.Fhir.ElementModel;
using Hl7.Fhir.FhirPath;
using Hl7.Fhir.Model;
using Hl7.Fhir.Serialization;
using Hl7.FhirPath;

namespace CptsFhirHub.Bench.Kernel.Peers;

/// <summary>The Firely .NET SDK on the same Patient: read into its classes, its compiled expressions over them.</summary>
[MemoryDiagnoser]
public class FirelyPatient
{
    private readonly JsonSerializerOptions _options = new JsonSerializerOptions().ForFhir(ModelInfo.ModelInspector);
    private readonly byte[] _bytes = Inputs.Patient;
    private readonly ITypedElement _patient;
    private readonly EvaluationContext _context = EvaluationContext.CreateDefault();
    private readonly CompiledExpression _family;
    private readonly CompiledExpression _email;
    private readonly CompiledExpression _rule;

    public FirelyPatient()
    {
        ElementNavFhirExtensions.PrepareFhirSymbolTableFunctions();
        _patient = Parse()!.ToTypedElement(ModelInfo.ModelInspector);
        var compiler = new FhirPathCompiler();
        _family = compiler.Compile("Patient.name.family");
        _email = compiler.Compile("telecom.where(system = 'email')");
        _rule = compiler.Compile(Inputs.DescendantsRule);
        if (PathFamily() != 1 || PathWhere() != 1 || !DescendantsRule())
            throw new InvalidOperationException("The Firely SDK answers otherwise.");
    }

    [Benchmark(Baseline = true)]
    public JsonDocument JsonDocumentParse()
    {
        var document = JsonDocument.Parse(_bytes);
        document.Dispose();
        return document;
    }

    [Benchmark]
    public Patient? Parse() => JsonSerializer.Deserialize<Patient>(_bytes, _options);

    [Benchmark]
    public int PathFamily() => _family(_patient, _context).Count();

    [Benchmark]
    public int PathWhere() => _email(_patient, _context).Count();

    [Benchmark]
    public bool DescendantsRule() => _rule.IsTrue(_patient, _context);
}

/// <summary>The Firely .NET SDK on the same Bundle.</summary>
[MemoryDiagnoser]
public class FirelyBundle
{
    private readonly JsonSerializerOptions _options = new JsonSerializerOptions().ForFhir(ModelInfo.ModelInspector);
    private readonly byte[] _bytes = Inputs.Bundle;

    public FirelyBundle()
    {
        if (RoundTrip().Length < _bytes.Length)
            throw new InvalidOperationException("The Firely SDK loses something.");
    }

    [Benchmark(Baseline = true)]
    public JsonDocument JsonDocumentParse()
    {
        var document = JsonDocument.Parse(_bytes);
        document.Dispose();
        return document;
    }

    [Benchmark]
    public Bundle? Parse() => JsonSerializer.Deserialize<Bundle>(_bytes, _options);

    [Benchmark]
    public byte[] RoundTrip() => JsonSerializer.SerializeToUtf8Bytes(JsonSerializer.Deserialize<Bundle>(_bytes, _options), _options);
}
