using System.CommandLine;
using System.Text;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Xml;

namespace CptsFhirHub.Cli;

/// <summary><c>hub convert FILE --to xml|json</c>: the same resource in the other form.</summary>
internal static class ConvertCommand
{
    public static Command Make(Func<ParseResult, Desk> open)
    {
        var file = new Argument<string>("FILE") { Description = "A resource as FHIR JSON or XML." };
        var to = new Option<string>("--to") { Description = "The form to write: xml or json.", Required = true };
        to.AcceptOnlyFromAmong("xml", "json");
        var command = new Command("convert", "Writes a resource as XML or as JSON.") { file, to };
        command.SetAction(parsed =>
        {
            var desk = open(parsed);
            return desk.Close(Run(parsed.GetRequiredValue(file), parsed.GetRequiredValue(to) == "xml", desk));
        });
        return command;
    }

    private static int Run(string file, bool toXml, Desk desk)
    {
        if (desk.Read(file) is not { } bytes)
            return HubCommand.Refused;
        var read = Desk.Parse(bytes);
        // What was not understood would be missing from the result without a word in it.
        if (desk.Say(read.Issues) || read.Resource is not { } resource)
            return HubCommand.Unsound;
        var text = Encoding.UTF8.GetString(toXml ? FhirXml.Write(resource.Root, pretty: true) : FhirJson.Write(resource.Root, pretty: true));
        desk.Set("result", text);
        desk.Line(text);
        return HubCommand.Sound;
    }
}
