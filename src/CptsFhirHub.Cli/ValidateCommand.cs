using System.CommandLine;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Validation;

namespace CptsFhirHub.Cli;

/// <summary><c>hub validate FILE</c>: everything wrong with a resource, against R4, the profiles it claims and those asked for.</summary>
internal static class ValidateCommand
{
    public static Command Make(Func<ParseResult, Desk> open)
    {
        var file = new Argument<string>("FILE") { Description = "A resource as FHIR JSON or XML." };
        var profile = new Option<string[]>("--profile") { Description = "The URL of a profile it must meet; may be given again." };
        var definitions = new Option<string?>("--definitions") { Description = "A folder with further profiles, value sets and code systems, as JSON or XML." };
        var command = new Command("validate", "Checks a resource against R4 and profiles.") { file, profile, definitions };
        command.SetAction(parsed =>
        {
            var desk = open(parsed);
            return desk.Close(Run(parsed.GetRequiredValue(file), parsed.GetValue(profile) ?? [], parsed.GetValue(definitions), desk));
        });
        return command;
    }

    private static int Run(string file, string[] profiles, string? folder, Desk desk)
    {
        if (desk.Read(file) is not { } bytes)
            return HubCommand.Refused;
        if (folder is not null && !Directory.Exists(folder))
            return desk.Refuse("not-found", folder, "there is no such folder.");

        var read = Desk.Parse(bytes);
        var isUnsound = desk.Say(read.Issues);
        if (read.Resource is not { } resource)
            return HubCommand.Unsound;

        var validator = new Validator(R4.Definitions.With(Further(folder)), ValidatorOptions.Default with { Now = TimeProvider.System.GetLocalNow });
        isUnsound |= desk.Say(validator.Check(resource, profiles));
        desk.Set("resourceType", resource.Type);
        desk.Set("valid", !isUnsound);
        desk.Verdict(isUnsound ? $"{resource.Type}: not valid" : $"{resource.Type}: valid", !isUnsound);
        return isUnsound ? HubCommand.Unsound : HubCommand.Sound;
    }

    /// <summary>The hub's own definitions, and those of the folder.</summary>
    private static IEnumerable<Element> Further(string? folder) =>
        DefinitionFiles.Beside().Concat(folder is null ? [] : DefinitionFiles.All(folder)).SelectMany(DefinitionFiles.Read);
}
