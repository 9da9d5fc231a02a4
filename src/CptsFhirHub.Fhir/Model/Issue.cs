namespace CptsFhirHub.Fhir.Model;

/// <summary>How bad an <see cref="Issue"/> is. https://hl7.org/fhir/R4/valueset-issue-severity.html</summary>
public enum Severity
{
    /// <summary>Said for information.</summary>
    Information,

    /// <summary>Worth a look; nothing is refused for it.</summary>
    Warning,

    /// <summary>The value is wrong and what carries it is refused.</summary>
    Error,

    /// <summary>Reading could not go on.</summary>
    Fatal,
}

/// <summary>
/// One fault found in data, never thrown: parsers, maps and checks collect issues and go on.
/// The text names the rule and the element, never the value: it may reach a log.
/// </summary>
/// <param name="Severity">How bad it is.</param>
/// <param name="Code">A code of https://hl7.org/fhir/R4/valueset-issue-type.html, such as <c>structure</c> or <c>required</c>.</param>
/// <param name="Path">Where: a FHIRPath such as <c>Patient.name[0].given[1]</c>, or a place in another source format (<c>PID-7</c>, <c>line 12, column "nir"</c>).</param>
/// <param name="Text">What is wrong, in a sentence.</param>
public sealed record Issue(Severity Severity, string Code, string Path, string Text)
{
    /// <summary>The invariant, profile rule or limit that was broken, when it has a name.</summary>
    public string? Rule { get; init; }

    /// <summary>The line of the source, from 1, where the reader knows it: XML.</summary>
    public int? Line { get; init; }

    /// <summary>True for <see cref="Severity.Error"/> and <see cref="Severity.Fatal"/>.</summary>
    public bool IsError => Severity >= Severity.Error;

    /// <summary>A fault that refuses what carries it.</summary>
    public static Issue Error(string code, string path, string text) => new(Severity.Error, code, path, text);

    /// <summary>A fault that refuses nothing.</summary>
    public static Issue Warning(string code, string path, string text) => new(Severity.Warning, code, path, text);
}
