using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Validation;

namespace CptsFhirHub.Server;

/// <summary>R4 with the hub's own profiles, value sets, code systems and search parameters laid over it.</summary>
internal sealed class Profiles(DefinitionSet definitions, TimeProvider time)
{
    // The answers of every door and the journal speak as the readers and the refusals do; $validate speaks as its caller asks.
    private readonly Lazy<Validator> _validator =
        new(() => new(definitions, new ValidatorOptions { Now = time.GetLocalNow, Language = "en" }));

    public Validator Validator => _validator.Value;

    /// <summary>Everything wrong with a resource by R4 and the profiles it claims.</summary>
    public IReadOnlyList<Issue> Check(Resource resource) => Validator.Check(resource);

    /// <summary>The folder of our compiled conformance resources: setting <c>Hub:ProfilesDirectory</c>.</summary>
    public static string Folder(IConfiguration configuration) =>
        configuration["Hub:ProfilesDirectory"] ?? Path.Combine(AppContext.BaseDirectory, "fhir-profiles");

    /// <summary>
    /// The one set that is checked by, indexed by, searched by and told in the CapabilityStatement. Examples, which stand in a folder
    /// below, are no part of it.
    /// </summary>
    public static DefinitionSet Load(string folder, string mappings)
    {
        if (!Directory.Exists(folder))
            return R4.Definitions;
        var resources = new List<Resource>();
        foreach (var file in Directory.EnumerateFiles(folder, "*.json").Order(StringComparer.Ordinal))
            if (FhirJson.Parse(File.ReadAllBytes(file)).Resource is { } resource)
                resources.Add(SourceCodes.Completed(resource, mappings));
        return R4.Definitions.With(resources);
    }
}
