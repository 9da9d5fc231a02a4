using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Validation;
using CptsFhirHub.Server.Access;

namespace CptsFhirHub.Server.Rest.Operations;

/// <summary>
/// <c>$validate</c>: says what is wrong with a resource without keeping it. https://hl7.org/fhir/R4/resource-operation-validate.html
/// </summary>
internal static class Validate
{
    private const int ProfilesMax = 20;

    public static async Task<Answer> Run(OperationCall call, Collaborators hub, CancellationToken cancellationToken)
    {
        var request = call.Request;
        var mode = call.Text("mode");
        if (mode is not (null or "create" or "update" or "delete" or "profile"))
            return Answer.Refused(400, "value", "mode is create, update, delete or profile.", "mode");
        var stored = request.Id.Length > 0
            ? await hub.Sight.ReadAsync(request.Caller, request.Type, request.Id, cancellationToken)
            : null;
        if (request.Id.Length > 0 && stored is null or { IsDeleted: true } && mode != "create" && call.Resource("resource") is null)
            return Answer.Missing(request.Type, request.Id);
        if (stored is { IsDeleted: true })
            stored = null;
        if (mode == "delete")
            return Told(Deletion(request, stored));

        var resource = call.Resource("resource") ?? stored?.Resource;
        if (resource is null)
            return Answer.Refused(400, "required", "Send the resource, or Parameters with a part named resource.");
        if (request.Type.Length > 0 && resource.Type != request.Type)
            return Answer.Refused(400, "invalid", $"{request.Type}/$validate received a {resource.Type}.");

        var profiles = call.Texts("profile");
        var issues = new List<Issue>();
        if (mode == "profile" && profiles.Count == 0)
            issues.Add(Issue.Error("required", "profile", "In mode profile a profile is named."));
        var validator = await ValidatorAsync(resource, profiles, request, hub, cancellationToken);
        foreach (var profile in profiles)
            if (validator.Definitions.Find("StructureDefinition", profile) is null)
                issues.Add(Issue.Error("not-found", "profile", "This profile is not known here."));
        issues.AddRange(validator.Check(resource, profiles, Languages.Choose(request.Language)));
        if (mode is "create" or "update")
            await JudgeAsync(mode, resource, stored, request, hub, issues, cancellationToken);

        // A resource with faults is a successful validation: the outcome is the answer.
        return Told(issues);
    }

    private static Answer Told(IReadOnlyList<Issue> issues) => Answer.Ok(Outcome.Write(issues));

    /// <summary>The hub's own validator, or one that also knows the profiles that clients have put here.</summary>
    private static async Task<Validator> ValidatorAsync(
        Resource resource, IReadOnlyList<string> named, FhirRequest request, Collaborators hub, CancellationToken cancellationToken)
    {
        var unknown = new List<string>();
        foreach (var claim in resource.Root.Child("meta") is { } meta ? meta.All("profile").ToArray().Select(profile => profile.Value ?? "") : [])
            unknown.Add(claim);
        unknown.AddRange(named);
        unknown.RemoveAll(profile => hub.Definitions.Find("StructureDefinition", profile) is not null);

        var found = new List<Element>();
        foreach (var profile in unknown.Distinct(StringComparer.Ordinal).Take(ProfilesMax))
            if (await Canonicals.FindAsync("StructureDefinition", profile, request.Caller, hub, cancellationToken) is { } definition)
                found.Add(definition);
        return found.Count == 0
            ? hub.Validator
            : new(hub.Definitions.With(found), new ValidatorOptions { Now = hub.Time.GetLocalNow, Language = Languages.French });
    }

    /// <summary>Right and rules, as the write itself would meet them.</summary>
    private static async Task JudgeAsync(
        string mode, Resource resource, Storage.Stored? stored, FhirRequest request, Collaborators hub, List<Issue> issues,
        CancellationToken cancellationToken)
    {
        var deed = mode == "create" ? Deeds.Create : Deeds.Update;
        if (!request.Caller.Policy.Allows(resource.Type, deed))
        {
            issues.Add(Issue.Error("forbidden", resource.Type, $"This client may not {mode} a {resource.Type}."));
            return;
        }

        if (mode == "update" && resource.Id is null)
            issues.Add(Issue.Error("required", $"{resource.Type}.id", "An update carries the id."));
        if (mode == "update" && stored is null && resource.Id is { } id)
            stored = await hub.Sight.ReadAsync(request.Caller, resource.Type, id, cancellationToken);
        if (mode == "update" && request.Id.Length > 0 && resource.Id is { } given && given != request.Id)
            issues.Add(Issue.Error("invalid", $"{resource.Type}.id", "The id in the body is not the id in the URL."));
        var verdict = await hub.JudgeAsync(mode == "create" || stored is { IsDeleted: true } ? null : stored, resource, request.Caller, cancellationToken);
        issues.AddRange(verdict.Issues);
    }

    private static List<Issue> Deletion(FhirRequest request, Storage.Stored? stored)
    {
        if (stored is null)
            return [Issue.Error("not-found", "", "mode=delete names a resource that is there: [base]/Type/id/$validate.")];
        return request.Caller.Policy.Allows(request.Type, Deeds.Delete)
            ? []
            : [Issue.Error("forbidden", request.Type, $"This client may not delete a {request.Type}.")];
    }
}
