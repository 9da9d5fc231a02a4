using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Server.Rest.Operations;

/// <summary><c>$versions</c>: the FHIR versions spoken here. https://hl7.org/fhir/R4/capabilitystatement-operation-versions.html</summary>
internal static class Versions
{
    /// <summary>Major and minor, as the operation wants them: R4.</summary>
    private const string R4 = "4.0";

    public static Task<Answer> Run(OperationCall call, Collaborators hub, CancellationToken cancellationToken)
    {
        var parameters = Element.OfResource("Parameters");
        parameters.AddItem("parameter").With("name", "version").With("valueString", R4);
        parameters.AddItem("parameter").With("name", "default").With("valueString", R4);
        return Task.FromResult(Answer.Ok(FhirJson.Write(parameters)));
    }
}
