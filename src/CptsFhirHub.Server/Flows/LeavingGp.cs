using System.Text.Json;
using CptsFhirHub.Coordination.Intake;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <summary>
/// A GP whose patients are a cohort is leaving: a hospital's message that names that GP as the declared one tells of a person who has none,
/// or soon will. The reader cannot know it; the Groups of the hub do.
/// </summary>
internal sealed class LeavingGp(ResourceStore store)
{
    private const string Leaving = "en-cessation";

    /// <summary>The reading, with that fact put right; the same one when the message names no leaving GP.</summary>
    public async Task<SourceReading> AdjustAsync(string tenant, SourceReading reading, CancellationToken cancellationToken)
    {
        if (reading.Tree is not { ResourceType: "Hl7v2Message" } tree || tree.Child("facts") is not { } facts
            || facts.Text("gpStatus") != "declare" || facts.Child("declaredGp")?.Text("rpps") is not { } rpps)
            return reading;
        var doctors = await store.FindAllAsync(
            tenant, Queries.By("Practitioner", Queries.Token("Practitioner", "identifier", Vocabulary.Rpps, "8" + rpps)), cancellationToken);
        if (doctors.Count == 0)
            return reading;
        var cohorts = await store.FindAllAsync(
            tenant, Queries.By("Group", Queries.RefersToAny("Group", "managing-entity", doctors.Select(doctor => doctor.Reference))), cancellationToken);
        if (!cohorts.Any(cohort => IsActive(cohort.Json.Span)))
            return reading;
        facts.Put("gpStatus", Leaving);
        facts.With("noDeclaredGp", true);
        return reading;
    }

    // A cohort has as many members as a GP has patients, and this is asked with each message: it is read no further than it says so.
    private static bool IsActive(ReadOnlySpan<byte> group)
    {
        var reader = new Utf8JsonReader(group);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isSaid = reader.ValueTextEquals("active"u8);
            reader.Read();
            if (isSaid)
                return reader.TokenType != JsonTokenType.False;
            reader.Skip();
        }

        return true;
    }
}
