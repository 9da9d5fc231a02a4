using System.Text.Json;
using BenchmarkDotNet.Attributes;
using CptsFhirHub.Fhir.Definitions;
using Ignixa.Abstractions;
using Ignixa.FhirPath.Evaluation;
using Ignixa.FhirPath.Parser;
using Ignixa.Serialization;
using Ignixa.Serialization.SourceNodes;

namespace CptsFhirHub.Bench.Kernel.Peers;

/// <summary>Ignixa on the same Patient: read into its tree, which it does not check, its compiled expressions over it.</summary>
[MemoryDiagnoser]
public class IgnixaPatient
{
    private readonly byte[] _bytes = Inputs.Patient;
    private readonly IElement _patient;
    private readonly EvaluationContext _context;
    private readonly Func<IEnumerable<IElement>> _family;
    private readonly Func<IEnumerable<IElement>> _email;
    private readonly Func<IEnumerable<IElement>> _rule;

    public IgnixaPatient()
    {
        _patient = JsonSourceNodeFactory.Parse<ResourceJsonNode>(_bytes.AsMemory()).ToElement(new CoreSchema());
        _context = new EvaluationContext() with { Resource = _patient, RootResource = _patient };
        _family = Compile("Patient.name.family");
        _email = Compile("telecom.where(system = 'email')");
        _rule = Compile(Inputs.DescendantsRule);
        if (PathFamily() != 1 || PathWhere() != 1 || !DescendantsRule())
            throw new InvalidOperationException("Ignixa answers otherwise.");
    }

    [Benchmark(Baseline = true)]
    public JsonDocument JsonDocumentParse()
    {
        var document = JsonDocument.Parse(_bytes);
        document.Dispose();
        return document;
    }

    [Benchmark]
    public ResourceJsonNode Parse() => JsonSourceNodeFactory.Parse<ResourceJsonNode>(_bytes.AsMemory());

    [Benchmark]
    public int PathFamily() => _family().Count();

    [Benchmark]
    public int PathWhere() => _email().Count();

    [Benchmark]
    public bool DescendantsRule() => _rule().Single().Value is true;

    // Compiled where it compiles, else its evaluator over the parsed expression.
    private Func<IEnumerable<IElement>> Compile(string expression)
    {
        var tree = new FhirPathParser().Parse(expression);
        var evaluator = new FhirPathEvaluator();
        return new FhirPathDelegateCompiler(evaluator).TryCompile(tree) is { } compiled
            ? () => compiled(_patient, _context)
            : () => evaluator.Evaluate(_patient, tree, _context);
    }
}

/// <summary>Ignixa on the same Bundle.</summary>
[MemoryDiagnoser]
public class IgnixaBundle
{
    private readonly byte[] _bytes = Inputs.Bundle;

    public IgnixaBundle()
    {
        if (RoundTrip().Length < _bytes.Length)
            throw new InvalidOperationException("Ignixa loses something.");
    }

    [Benchmark(Baseline = true)]
    public JsonDocument JsonDocumentParse()
    {
        var document = JsonDocument.Parse(_bytes);
        document.Dispose();
        return document;
    }

    [Benchmark]
    public ResourceJsonNode Parse() => JsonSourceNodeFactory.Parse<ResourceJsonNode>(_bytes.AsMemory());

    [Benchmark]
    public ReadOnlyMemory<byte> RoundTrip() => JsonSourceNodeFactory.Parse<ResourceJsonNode>(_bytes.AsMemory()).SerializeToBytes();
}

/// <summary>The types that Ignixa asks for, from our own definitions: its generated ones need not be at hand.</summary>
internal sealed class CoreSchema : ISchema
{
    private readonly Dictionary<string, IType?> _known = new(StringComparer.Ordinal);

    public FhirVersion Version => FhirVersion.R4;

    public bool IsKnownType(string typeName) => GetTypeDefinition(typeName) is not null;

    public IType? GetTypeDefinition(string typeName)
    {
        if (_known.TryGetValue(typeName, out var known))
            return known;
        return _known[typeName] = Find(typeName);
    }

    private static SchemaNode? Find(string typeName)
    {
        var steps = typeName.Split('.');
        if (R4.Definitions.Type(steps[0]) is not { } type)
            return null;
        var at = type.Root;
        foreach (var step in steps[1..])
        {
            if (at.Children.FirstOrDefault(child => child.Name == step) is not { Children.Count: > 0 } next)
                return null;
            at = next;
        }

        return new(typeName, at, type.IsResource && steps.Length == 1, [.. at.Children.Select(child => new SchemaNode(child.Name, child, false, []))]);
    }

    private sealed class SchemaNode(string name, ElementDefinition element, bool isResource, IReadOnlyList<IType> children) : ITypeExtended
    {
        public TypeInfo Info { get; } = new(
            name,
            Enum.TryParse<FhirPrimitive>(name, ignoreCase: true, out var primitive) && char.IsAsciiLetterLower(name[0]) ? primitive : FhirPrimitive.None,
            isResource,
            isChoiceElement: element.IsChoice);

        public bool IsCollection => element.IsList;

        public bool IsRequired => element.Min > 0;

        public bool InSummary => element.IsSummary;

        public int Order => 0;

        public IReadOnlyList<IType> Children => children;

        public int Min => element.Min;

        public string Max => element.Max?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "*";

        public IReadOnlyList<IConstraint> Constraints => [];

        public IBinding? Binding => null;

        public IReadOnlyList<ITypeReference> Types { get; } = [.. element.Types.Select(type => new TypeReferenceDefinition(type.Code))];

        public string? DefaultTypeName => null;

        public object? FixedValue => null;

        public object? PatternValue => null;

        public IReadOnlyList<string> ReferenceTargets => [];

        public string? ContentReference => element.ContentReference;
    }
}
