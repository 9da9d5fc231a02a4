using System.Globalization;
using System.Text;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Mapping;

/// <summary>
/// A run with its trace as the Parameters that FHIRPath Lab reads from <c>$transform?debug=true</c>: <c>parameters</c>, <c>result</c>,
/// <c>trace</c>, <c>outcome</c>. https://github.com/brianpos/fhirpath-lab/blob/master/server-api-fml-debugger.md
/// </summary>
public static class MapReport
{
    private const string Cursor = "http://fhirpath-lab.com/StructureDefinition/Cursor";
    private const string Variable = "http://fhirpath-lab.com/StructureDefinition/Variable";
    private const string JsonValue = "http://fhir.forms-lab.com/StructureDefinition/json-value";

    /// <summary>The Parameters of a run.</summary>
    /// <param name="map">The map that was run.</param>
    /// <param name="result">What it gave.</param>
    /// <param name="trace">What it did.</param>
    /// <param name="evaluator">The name and version of this program.</param>
    public static Element Write(StructureMap map, MapResult result, MapTrace trace, string evaluator)
    {
        var report = Element.OfResource("Parameters");
        var about = report.AddItem("parameter").With("name", "parameters");
        about.AddItem("part").With("name", "evaluator").With("valueString", evaluator);
        about.AddItem("part").With("name", "map").Append(StructureMapResource.Write(map).Copy("resource"));
        if (result.Target is { } target)
            report.AddItem("parameter").With("name", "result").With("valueString", Encoding.UTF8.GetString(FhirJson.Write(target)));

        var steps = report.AddItem("parameter").With("name", "trace").With("valueString", "execution");
        foreach (var step in trace.Events)
            Step(steps.AddItem("part"), step);
        if (trace.IsCut)
            steps.AddItem("part").With("name", "warning").With("valueString", "The trace was too long: the rest is left out.");
        if (result.Issues.Count > 0)
            report.AddItem("parameter").With("name", "outcome").Append(Outcome(result.Issues));
        return report;
    }

    private static void Step(Element part, MapEvent step)
    {
        if (step.Place.Line > 0)
            part.AddItem("extension").With("url", Cursor).With("valueString", string.Create(CultureInfo.InvariantCulture, $"{step.Place.Start} - {step.Place.End}"));
        foreach (var variable in step.Variables)
        {
            var extension = part.AddItem("extension");
            extension.AddItem("extension").With("url", variable.IsTarget ? "name-OUTPUT" : "name-INPUT").With("valueString", variable.Name);
            Inside(extension, "path", variable.Path);
            Inside(extension, "datatype", variable.Type is null ? null : variable.Type.Contains('.', StringComparison.Ordinal) ? variable.Type : "FHIR." + variable.Type);
            Inside(extension, JsonValue, variable.Json);
            extension.With("url", Variable);
        }

        if (step.State is { } state)
            part.AddItem("extension").With("url", JsonValue).With("valueString", state);
        part.With("name", step.Level).With("valueString", new string(' ', 2 * step.Depth) + step.Text);
    }

    private static void Inside(Element extension, string url, string? value)
    {
        if (!string.IsNullOrEmpty(value))
            extension.AddItem("extension").With("url", url).With("valueString", value);
    }

    private static Element Outcome(IReadOnlyList<Issue> issues)
    {
        var outcome = Element.OfResource("OperationOutcome", "resource");
        foreach (var issue in issues)
        {
            var item = outcome.AddItem("issue").With("severity", issue.Severity.ToString().ToLowerInvariant()).With("code", issue.Code);
            item.Add("details").With("text", issue.Text);
            item.WithItem("expression", issue.Path);
        }

        return outcome;
    }
}
