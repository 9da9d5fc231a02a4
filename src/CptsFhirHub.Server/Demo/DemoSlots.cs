using System.Globalization;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Search;

namespace CptsFhirHub.Server.Demo;

/// <summary>Free slots of the coming days in the agendas of the demo, so that a search finds some whenever the hub is tried.</summary>
internal static class DemoSlots
{
    private const int Days = 7;
    private const int SlotMinutes = 20;
    private const string SlotKind = "https://mos.esante.gouv.fr/NOS/TRE_R314-TypeCreneau/FHIR/TRE-R314-TypeCreneau";
    private static readonly TimeOnly[] Starts = [new(9, 0), new(9, 20), new(11, 0), new(14, 0), new(16, 40)];

    public static IEnumerable<Element> Of(IReadOnlyList<Element> resources, DateOnly today)
    {
        foreach (var schedule in resources.Where(resource => resource.ResourceType == "Schedule"))
        {
            for (var day = 1; day <= Days; day++)
            {
                var date = today.AddDays(day);
                if (date.DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday)
                    continue;
                for (var i = 0; i < Starts.Length; i++)
                    yield return Slot(schedule, date, Starts[i], i);
            }
        }
    }

    private static Element Slot(Element schedule, DateOnly date, TimeOnly start, int index)
    {
        var slot = Element.OfResource("Slot");
        slot.With("id", $"{schedule.Text("id")}-{date:yyyyMMdd}-{index}");
        var meta = slot.Add("meta");
        meta.WithItem("profile", Flows.Vocabulary.Root + "/StructureDefinition/hub-slot");
        meta.AddItem("security").With("system", SlotKind).With("code", index % 2 == 0 ? "PUBLIC" : "SNP");
        slot.AddItem("serviceType").AddItem("coding").With("system", "http://terminology.hl7.org/CodeSystem/v3-ActCode").With("code", "AMB");
        slot.Add("schedule").With("reference", $"Schedule/{schedule.Text("id")}");
        slot.With("status", "free");
        slot.With("start", At(date, start)).With("end", At(date, start.AddMinutes(SlotMinutes)));
        return slot;
    }

    private static string At(DateOnly date, TimeOnly time)
    {
        var wall = date.ToDateTime(time);
        return new DateTimeOffset(wall, SearchZone.Paris.GetUtcOffset(wall)).ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture);
    }
}
