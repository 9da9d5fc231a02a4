namespace CptsFhirHub.Fhir.Definitions;

/// <summary>FHIR R4 (4.0.1) as data. https://hl7.org/fhir/R4/</summary>
public static class R4
{
    /// <summary>The version of the specification.</summary>
    public const string Version = "4.0.1";

    private const string File = "CptsFhirHub.Fhir.Definitions.r4.br";

    private static readonly Lazy<DefinitionSet> Loaded = new(Load);

    /// <summary>
    /// The definitions of the core specification: types, profiles, search parameters, value sets, code systems, concept
    /// maps.
    /// </summary>
    public static DefinitionSet Definitions => Loaded.Value;

    private static DefinitionSet Load()
    {
        using var stream = typeof(R4).Assembly.GetManifestResourceStream(File)
            ?? throw new InvalidOperationException($"The assembly lacks its resource {File}.");
        return new DefinitionSet(DefinitionArchive.Read(stream), below: null);
    }
}
