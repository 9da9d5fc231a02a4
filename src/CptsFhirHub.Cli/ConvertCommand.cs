using System.CommandLine;
using System.Text;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Xml;

namespace CptsFhirHub.Cli;

/// <summary><c>hub convert FILE --to xml|json</c>: the same resource in the other form.</summary>
internal static class ConvertCommand
{
    public static Command Make(TextWriter output, TextWriter error)
    {
        var file = new Argument<string>("FILE") { Description = "A resource as FHIR JSON or XML." };
        var to = new Option<string>("--to") { Description = "The form to write: xml or json.", Required = true };
        to.AcceptOnlyFromAmong("xml", "json");
        var command = new Command("convert", "Writes a resource as XML or as JSON.") { file, to };
        command.SetAction(parsed => Run(parsed.GetRequiredValue(file), parsed.GetRequiredValue(to) == "xml", output, error));
        return command;
    }

    private static int Run(string file, bool toXml, TextWriter output, TextWriter error)
    {
        if (HubCommand.Read(file, error) is not { } bytes)
            return HubCommand.Refused;
        var read = HubCommand.Parse(bytes);
        // What was not understood would be missing from the result without a word in it.
        if (HubCommand.Say(read.Issues, error) || read.Resource is not { } resource)
            return HubCommand.Unsound;
        output.WriteLine(Encoding.UTF8.GetString(toXml ? FhirXml.Write(resource.Root, pretty: true) : FhirJson.Write(resource.Root, pretty: true)));
        return HubCommand.Sound;
    }
}
