using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Validation;

namespace CptsFhirHub.Server;

/// <summary>R4 with the hub's own profiles, value sets and code systems laid over it; loaded when first asked for.</summary>
internal sealed class Profiles(TimeProvider time)
{
    private readonly Lazy<Validator> _validator = new(() => new(Load(), new ValidatorOptions { Now = time.GetLocalNow }));

    public Validator Validator => _validator.Value;

    /// <summary>Everything wrong with a resource by R4 and the profiles it claims.</summary>
    public IReadOnlyList<Issue> Check(Resource resource) => Validator.Check(resource);

    private static DefinitionSet Load()
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "fhir-profiles");
        if (!Directory.Exists(folder))
            return R4.Definitions;
        var resources = new List<Resource>();
        foreach (var file in Directory.EnumerateFiles(folder, "*.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            if (FhirJson.Parse(File.ReadAllBytes(file)).Resource is { } resource)
                resources.Add(resource);
        return R4.Definitions.With(resources);
    }
}
