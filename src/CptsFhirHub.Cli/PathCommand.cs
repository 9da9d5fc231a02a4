using System.CommandLine;
using System.Text;
using System.Text.Json.Nodes;
using CptsFhirHub.Fhir.FhirPath;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Cli;

/// <summary><c>hub path EXPRESSION FILE</c>: what a FHIRPath expression gives for a resource, one item a line.</summary>
internal static class PathCommand
{
    public static Command Make(Func<ParseResult, Desk> open)
    {
        var expression = new Argument<string>("EXPRESSION") { Description = "A FHIRPath expression." };
        var file = new Argument<string>("FILE") { Description = "A resource as FHIR JSON or XML." };
        var command = new Command("path", "Evaluates a FHIRPath expression on a resource.") { expression, file };
        command.SetAction(parsed =>
        {
            var desk = open(parsed);
            return desk.Close(Run(parsed.GetRequiredValue(expression), parsed.GetRequiredValue(file), desk));
        });
        return command;
    }

    private static int Run(string expression, string file, Desk desk)
    {
        if (!FhirPathExpression.TryParse(expression, out var path, out var failure))
            return desk.Refuse("invalid", "EXPRESSION", failure.Message);
        if (desk.Read(file) is not { } bytes)
            return HubCommand.Refused;
        var read = Desk.Parse(bytes);
        var isUnsound = desk.Say(read.Issues);
        if (read.Resource is not { } resource)
            return HubCommand.Unsound;

        var items = new JsonArray();
        desk.Set("items", items);
        try
        {
            foreach (var item in path.Evaluate(resource, new() { Now = TimeProvider.System.GetLocalNow() }))
            {
                desk.Line(item.Text ?? (item.Element is { } element ? Encoding.UTF8.GetString(FhirJson.Write(element)) : ""));
                if (desk.IsJson)
                    items.Add(Json(item));
            }
        }
        catch (FhirPathException exception)
        {
            desk.Say([Issue.Error("processing", "EXPRESSION", exception.Message)]);
            return HubCommand.Unsound;
        }

        return isUnsound ? HubCommand.Unsound : HubCommand.Sound;
    }

    private static JsonObject Json(Item item)
    {
        var isNumber = item.Element?.Kind == ElementKind.Number || item.TypeName is "System.Integer" or "System.Decimal" or "System.Long";
        var isBoolean = item.Element?.Kind == ElementKind.Boolean || item.TypeName == "System.Boolean";
        JsonNode? value = item.Text is not { } text ? item.Element is { } element ? Desk.Json(element) : null
            : isNumber || isBoolean ? JsonNode.Parse(text)
            : text;
        return new() { ["type"] = item.TypeName, ["value"] = value };
    }
}
