using System.Text.Json;
using BenchmarkDotNet.Attributes;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.FhirPath;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Search;
using CptsFhirHub.Fhir.Validation;

namespace CptsFhirHub.Bench.Kernel;

/// <summary>What is done with one Patient of 0.84 kB.</summary>
[MemoryDiagnoser]
public class PatientWork
{
    private readonly byte[] _bytes = Inputs.Patient;
    private readonly Resource _patient = FhirJson.Parse(Inputs.Patient).Resource!;
    private readonly Validator _validator = Validator.Core;
    private readonly Validator _withProfile = new(R4.Definitions.With([FhirJson.Parse(Inputs.SmallProfile).Resource!.Root]));
    private readonly SearchExtraction _extraction = new(R4.Definitions);
    private readonly FhirPathExpression _family = FhirPathExpression.Parse("Patient.name.family");
    private readonly FhirPathExpression _email = FhirPathExpression.Parse("telecom.where(system = 'email')");
    private readonly FhirPathExpression _rule = FhirPathExpression.Parse(Inputs.DescendantsRule);

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

    /// <summary>Bytes to tree, every name, cardinality, kind and format checked against R4.</summary>
    [Benchmark]
    public int ParseChecked() => _validator.Check(FhirJson.Parse(_bytes).Resource!).Count;

    /// <summary>Tree to bytes.</summary>
    [Benchmark]
    public byte[] Write() => FhirJson.Write(_patient.Root);

    /// <summary>A path of two steps.</summary>
    [Benchmark]
    public int PathFamily() => _family.Evaluate(_patient).Count;

    /// <summary>A filter.</summary>
    [Benchmark]
    public int PathWhere() => _email.Evaluate(_patient).Count;

    /// <summary>A rule over all that is below.</summary>
    [Benchmark]
    public bool DescendantsRule() => _rule.IsTrue(_patient);

    /// <summary>All that R4 itself asks of a Patient.</summary>
    [Benchmark]
    public int ValidateBase() => _validator.Check(_patient).Count;

    /// <summary>The same, and a small profile.</summary>
    [Benchmark]
    public int ValidateProfile() => _withProfile.Check(_patient, [Inputs.SmallProfileUrl]).Count;

    /// <summary>The values under which it is found.</summary>
    [Benchmark]
    public int SearchValues() => _extraction.Extract(_patient).Count;
}
