using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Server.Rest;

/// <summary>
/// <c>$validate</c>: says what is wrong with a resource without keeping it. https://hl7.org/fhir/R4/resource-operation-validate.html
/// </summary>
internal static class Validate
{
    public static async Task<Answer> Handle(FhirRequest request, Collaborators hub, CancellationToken cancellationToken)
    {
        var resource = request.Body;
        if (resource is { Type: "Parameters" } parameters && request.Type != "Parameters")
        {
            (resource, var profile) = Unwrap(parameters);
            if (resource is not null && profile is not null)
                resource = Claiming(resource, profile);
        }

        if (resource is null && request.Id.Length > 0)
        {
            var stored = await hub.Sight.ReadAsync(request.Caller, request.Type, request.Id, cancellationToken);
            if (stored is null or { IsDeleted: true })
                return Answer.Missing(request.Type, request.Id);
            resource = stored.Resource;
        }

        if (resource is null)
            return Answer.Refused(400, "required", "Send the resource, or Parameters with a part named resource.");
        if (request.Type.Length > 0 && resource.Type != request.Type)
            return Answer.Refused(400, "invalid", $"{request.Type}/$validate received a {resource.Type}.");

        // A resource with faults is a successful validation: the outcome is the answer.
        return Answer.Ok(Outcome.Write(hub.Profiles(resource)));
    }

    private static (Resource? Resource, string? Profile) Unwrap(Resource parameters)
    {
        Resource? resource = null;
        string? profile = null;
        foreach (var parameter in parameters.Root.All("parameter"))
        {
            if (parameter.Text("name") == "resource" && parameter.Child("resource") is { } inner)
                resource = new(inner.Copy(inner.ResourceType, isListItem: false));
            else if (parameter.Text("name") == "profile")
                profile = parameter.Text("valueUri") ?? parameter.Text("valueCanonical") ?? parameter.Text("valueString");
        }

        return (resource, profile);
    }

    private static Resource Claiming(Resource resource, string profile)
    {
        var root = resource.Root.Copy();
        (root.Child("meta") ?? root.Add("meta")).WithItem("profile", profile);
        return new(root);
    }
}
