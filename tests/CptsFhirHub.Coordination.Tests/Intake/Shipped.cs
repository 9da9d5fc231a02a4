using System.Text.Json;
using CptsFhirHub.Coordination.Intake;
using CptsFhirHub.Coordination.Intake.Described;
using CptsFhirHub.Tests;

namespace CptsFhirHub.Coordination.Tests.Intake;

/// <summary>Sources as their folders describe them.</summary>
internal static class Shipped
{
    public static DescribedSource Doctolib { get; } = Of("doctolib");

    public static DescribedSource Prado { get; } = Of("prado");

    public static SourceLines ReadFile(this DescribedSource source, ReadOnlyMemory<byte> bytes) => source.Read(bytes, "text/csv", sender: null);

    /// <summary>One call of a webhook; what is no object has issues and no tree.</summary>
    public static SourceReading ReadOne(this DescribedSource source, ReadOnlyMemory<byte> bytes)
    {
        var read = source.Read(bytes, "application/json", sender: null);
        return read.Lines is [var only] ? only.Reading : new SourceReading(null, null, read.Issues);
    }

    private static DescribedSource Of(string folder)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Repository.File("mappings", folder, "source.json")));
        var (source, issues) = DescribedSource.Of(document.RootElement);
        Assert.Empty(issues);
        return source!;
    }
}
