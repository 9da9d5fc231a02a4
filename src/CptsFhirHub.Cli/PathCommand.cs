using System.CommandLine;
using System.Text;
using CptsFhirHub.Fhir.FhirPath;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Cli;

/// <summary><c>hub path EXPRESSION FILE</c>: what a FHIRPath expression gives for a resource, one item a line.</summary>
internal static class PathCommand
{
    public static Command Make(TextWriter output, TextWriter error)
    {
        var expression = new Argument<string>("EXPRESSION") { Description = "A FHIRPath expression." };
        var file = new Argument<string>("FILE") { Description = "A resource as FHIR JSON or XML." };
        var command = new Command("path", "Evaluates a FHIRPath expression on a resource.") { expression, file };
        command.SetAction(parsed => Run(parsed.GetRequiredValue(expression), parsed.GetRequiredValue(file), output, error));
        return command;
    }

    private static int Run(string expression, string file, TextWriter output, TextWriter error)
    {
        if (!FhirPathExpression.TryParse(expression, out var path, out var failure))
        {
            error.WriteLine($"fatal invalid EXPRESSION: {failure.Message}");
            return HubCommand.Refused;
        }

        if (HubCommand.Read(file, error) is not { } bytes)
            return HubCommand.Refused;
        var read = HubCommand.Parse(bytes);
        var isUnsound = HubCommand.Say(read.Issues, error);
        if (read.Resource is not { } resource)
            return HubCommand.Unsound;

        try
        {
            foreach (var item in path.Evaluate(resource, new() { Now = TimeProvider.System.GetLocalNow() }))
                output.WriteLine(item.Text ?? (item.Element is { } element ? Encoding.UTF8.GetString(FhirJson.Write(element)) : ""));
        }
        catch (FhirPathException exception)
        {
            error.WriteLine($"error processing EXPRESSION: {exception.Message}");
            return HubCommand.Unsound;
        }

        return isUnsound ? HubCommand.Unsound : HubCommand.Sound;
    }
}
