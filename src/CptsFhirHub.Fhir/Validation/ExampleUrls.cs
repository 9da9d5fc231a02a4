namespace CptsFhirHub.Fhir.Validation;

/// <summary>Addresses that stand for any address: right in examples, wrong in real data.</summary>
internal static class ExampleUrls
{
    /// <summary>True for an address at a host of example.org or acme.com.</summary>
    public static bool Is(string url) =>
        url.Contains("example.org", StringComparison.OrdinalIgnoreCase) || url.Contains("acme.com", StringComparison.OrdinalIgnoreCase);
}
