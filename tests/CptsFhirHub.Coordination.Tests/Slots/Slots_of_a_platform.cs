using CptsFhirHub.Coordination.Slots;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Coordination.Tests.Slots;

public sealed class Slots_of_a_platform
{
    private static readonly DateTimeOffset Nine = new(2026, 11, 23, 9, 0, 0, TimeSpan.FromHours(1));

    private static FeedSlot Slot(string key, int startMinutes = 0, int minutes = 15, string status = "free", string schedule = "A") =>
        new(key, schedule, Nine.AddMinutes(startMinutes), Nine.AddMinutes(startMinutes + minutes), status);

    private static string Text(IEnumerable<FeedSlot> slots) => string.Join(' ', slots.Select(slot => slot.Key));

    [Fact]
    public void What_differs_is_added_changed_or_gone()
    {
        var difference = SlotFeed.Compare(
            [Slot("same"), Slot("new", 15), Slot("taken", 30, status: "busy")],
            [Slot("same"), Slot("taken", 30), Slot("dropped", 45), Slot("past", -60)], Nine);
        Assert.Equal(("new", "taken", "dropped"), (Text(difference.Added), Text(difference.Changed), Text(difference.Gone)));
        Assert.Empty(difference.Issues);
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(-5, false)]
    [InlineData(1, true)]
    [InlineData(1440, true)]
    [InlineData(1441, false)]
    public void A_slot_ends_after_it_begins_and_within_a_day(int minutes, bool isSound) =>
        Assert.Equal(isSound, SlotFeed.Compare([Slot("a", minutes: minutes)], [], Nine).Added.Count == 1);

    [Theory]
    [InlineData(14, "A", "free", 1)]
    [InlineData(15, "A", "free", 0)]
    [InlineData(14, "B", "free", 0)]
    [InlineData(14, "A", "busy", 0)]
    public void Free_slots_of_one_agenda_should_not_overlap(int start, string schedule, string status, int warnings) =>
        Assert.Equal(warnings, SlotFeed.Compare([Slot("a"), Slot("b", start, schedule: schedule, status: status)], [], Nine).Issues.Count);

    [Fact]
    public void The_same_slot_twice_counts_once()
    {
        var difference = SlotFeed.Compare([Slot("a"), Slot("a", 15)], [], Nine);
        Assert.Single(difference.Added);
        Assert.Equal("duplicate", Assert.Single(difference.Issues).Code);
    }

    [Theory]
    [InlineData("PUBLIC", false, false, false, true)]
    [InlineData("PRO", false, false, false, false)]
    [InlineData("PRO", true, false, false, true)]
    [InlineData("SNP", true, false, false, false)]
    [InlineData("SNP", false, true, false, true)]
    [InlineData("CPTS", true, true, false, false)]
    [InlineData("CPTS", false, false, true, true)]
    [InlineData("SNP PUBLIC", false, false, false, true)]
    [InlineData("", true, true, true, false)]
    public void A_slot_is_shown_by_its_type(string codes, bool isProfessional, bool isSas, bool isMember, bool isVisible) =>
        Assert.Equal(isVisible, SlotDisclosure.IsVisible(
            codes.Split(' ', StringSplitOptions.RemoveEmptyEntries), isProfessional, isSas, isMember));

    [Fact]
    public void Types_are_read_from_the_security_labels()
    {
        var slot = FhirJson.Parse("""
            {"resourceType":"Slot","meta":{"security":[
              {"system":"https://mos.esante.gouv.fr/NOS/TRE_R314-TypeCreneau/FHIR/TRE-R314-TypeCreneau","code":"SNP"},
              {"system":"https://mos.esante.gouv.fr/NOS/TRE_R314-TypeCreneau","code":"PRO"},{"system":"x","code":"CPTS"}]}}
            """).Resource!;
        Assert.Equal(["SNP", "PRO"], SlotDisclosure.CodesOf(slot.Root));
    }
}
