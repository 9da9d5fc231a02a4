using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace CptsFhirHub.Server;

/// <summary>The address that links are built from: <c>Hub:PublicBaseUrl</c>, else where the hub listens. Never the Host header.</summary>
internal sealed class HubAddress(HubSettings settings, IServer server)
{
    private string? _value;
    private string? _fhir;

    /// <summary><c>http://127.0.0.1:8080</c>, without a slash at the end.</summary>
    public string Value => _value ??= settings.PublicBaseUrl ?? FirstAddress();

    /// <summary>The FHIR base: <c>http://127.0.0.1:8080/fhir</c>.</summary>
    public string Fhir => _fhir ??= Value + "/fhir";

    private string FirstAddress() =>
        server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault()?.TrimEnd('/') ?? "http://localhost";
}
