using System.Text;
using CptsFhirHub.Coordination.Identity;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Coordination.Tests.Identity;

public sealed class Merging_persons
{
    private const string Source = "Patient/s";
    private const string Target = "Patient/t";

    private static Element Read(string json) => FhirJson.Parse(Encoding.UTF8.GetBytes(json)).Resource!.Root;

    private static string Json(Element root) => Encoding.UTF8.GetString(FhirJson.Write(root));

    [Fact]
    public void The_one_that_goes_leads_to_the_one_that_stays()
    {
        var (target, source) = PersonMerge.Join(
            Read("""{"resourceType":"Patient","id":"t","name":[{"family":"MARTINEAU"}]}"""), Target,
            Read("""{"resourceType":"Patient","id":"s","active":true,"telecom":[{"system":"phone","value":"0251000001"}]}"""), Source);
        Assert.Equal("""{"resourceType":"Patient","id":"t","name":[{"family":"MARTINEAU"}],"telecom":[{"system":"phone","value":"0251000001"}],"link":[{"other":{"reference":"Patient/s"},"type":"replaces"}]}""", Json(target));
        Assert.Equal("""{"resourceType":"Patient","id":"s","active":false,"telecom":[{"system":"phone","value":"0251000001"}],"link":[{"other":{"reference":"Patient/t"},"type":"replaced-by"}]}""", Json(source));
        Assert.True(PersonMerge.IsReplacedBy(source, Target));
    }

    [Fact]
    public void To_merge_and_to_undo_it_changes_nothing_whatever_the_resources()
    {
        for (var seed = 0; seed < 2_000; seed++)
        {
            var random = new Random(seed);
            var (target, source) = (Patient(random, "t"), Patient(random, "s"));
            var (kept, gone) = PersonMerge.Join(target, Target, source, Source);
            CheckUndone(target, kept, kept);
            CheckUndone(source, gone, gone);
            var referrer = Referrer(random);
            if (PersonMerge.Moved(referrer, Source, Target) is { } moved)
            {
                Assert.False(PersonMerge.Refers(moved, Source));
                CheckUndone(referrer, moved, moved);
            }
            else
            {
                Assert.False(PersonMerge.Refers(referrer, Source));
            }
        }
    }

    [Fact]
    public void What_came_later_stays_when_a_merge_is_undone()
    {
        var target = Read("""{"resourceType":"Patient","id":"t","name":[{"family":"MARTINEAU"}],"telecom":[{"value":"1"}]}""");
        var source = Read("""{"resourceType":"Patient","id":"s","telecom":[{"value":"2"}],"address":[{"city":"AIZENAY"}]}""");
        var (kept, _) = PersonMerge.Join(target, Target, source, Source);
        var later = kept.Copy();
        later.AddItem("telecom").With("value", "3");
        later.With("birthDate", "1947-03-09");
        CheckUndone(Read("""{"resourceType":"Patient","id":"t","name":[{"family":"MARTINEAU"}],"telecom":[{"value":"1"},{"value":"3"}],"birthDate":"1947-03-09"}"""),
            kept, later, target);
    }

    [Fact]
    public void A_task_that_went_on_goes_back_to_its_person()
    {
        var task = Read("""{"resourceType":"Task","id":"k","status":"requested","for":{"reference":"Patient/s"}}""");
        var moved = PersonMerge.Moved(task, Source, Target)!;
        var later = moved.Copy();
        later.Put("status", "completed");
        CheckUndone(Read("""{"resourceType":"Task","id":"k","status":"completed","for":{"reference":"Patient/s"}}"""), moved, later, task);
    }

    [Fact]
    public void A_member_that_was_changed_since_goes_back_and_one_that_cannot_be_told_is_left_to_a_person()
    {
        var one = Read("""{"resourceType":"Group","id":"g","member":[{"entity":{"reference":"Patient/s"}}]}""");
        var moved = PersonMerge.Moved(one, Source, Target)!;
        var later = Read("""{"resourceType":"Group","id":"g","member":[{"entity":{"reference":"Patient/t"},"inactive":true}]}""");
        CheckUndone(Read("""{"resourceType":"Group","id":"g","member":[{"entity":{"reference":"Patient/s"},"inactive":true}]}"""), moved, later, one);

        var both = Read("""{"resourceType":"Group","id":"g","member":[{"entity":{"reference":"Patient/s"}},{"entity":{"reference":"Patient/t"}}]}""");
        var joined = PersonMerge.Moved(both, Source, Target)!;
        var changed = Read("""{"resourceType":"Group","id":"g","member":[{"entity":{"reference":"Patient/t"},"inactive":true}]}""");
        Assert.False(PersonMerge.Undo(both, joined, changed, Source, Target).IsSettled);
    }

    [Fact]
    public void Of_two_merges_that_touch_one_list_either_is_undone_first_and_every_item_stays_in_its_place()
    {
        var group = Read("""{"resourceType":"Group","id":"g","member":[{"entity":{"reference":"Patient/s"}},{"entity":{"reference":"Patient/t"}},{"entity":{"reference":"Patient/u"}},{"entity":{"reference":"Patient/v"}}]}""");
        foreach (var target in (string[])[Target, "Patient/v"])
        {
            var first = PersonMerge.Moved(group, Source, Target)!;
            var second = PersonMerge.Moved(first, "Patient/u", target)!;
            var one = PersonMerge.Undo(group, first, second, Source, Target);
            Assert.Equal(Json(PersonMerge.Moved(group, "Patient/u", target)!), Json(one.Root));
            var both = PersonMerge.Undo(first, second, one.Root, "Patient/u", target);
            Assert.Equal(Json(group), Json(both.Root));
            Assert.True(one.IsSettled && both.IsSettled);
        }
    }

    private static void CheckUndone(Element expected, Element after, Element current, Element? before = null)
    {
        var undone = PersonMerge.Undo(before ?? expected, after, current, Source, Target);
        Assert.True(undone.IsSettled);
        Assert.Equal(Json(expected), Json(undone.Root));
    }

    private static Element Patient(Random random, string id)
    {
        var root = Element.OfResource("Patient");
        root.With("id", id);
        if (random.Next(2) == 0)
            root.Add("meta").AddItem("tag").With("code", $"c{random.Next(3)}");
        if (random.Next(2) == 0)
            root.With("active", true);
        for (var i = random.Next(3); i > 0; i--)
            root.AddItem("identifier").With("system", "urn:x").With("value", $"{random.Next(4)}");
        for (var i = random.Next(3); i > 0; i--)
            root.AddItem("name").With("family", $"N{random.Next(3)}");
        for (var i = random.Next(3); i > 0; i--)
            root.AddItem("telecom").With("system", "phone").With("value", $"025100000{random.Next(4)}");
        if (random.Next(2) == 0)
            root.With("gender", "female");
        if (random.Next(2) == 0)
            root.With("birthDate", $"194{random.Next(3)}-03-09");
        for (var i = random.Next(3); i > 0; i--)
            root.AddItem("address").With("city", $"C{random.Next(3)}");
        if (random.Next(3) == 0)
            root.AddItem("generalPractitioner").With("reference", $"Practitioner/{random.Next(3)}");
        if (random.Next(4) == 0)
            root.With("deceasedBoolean", true);
        return root;
    }

    private static Element Referrer(Random random)
    {
        var root = Element.OfResource("Group");
        root.With("id", "g");
        for (var i = random.Next(5); i > 0; i--)
            root.AddItem("member").Add("entity").With("reference", $"Patient/{(char)('r' + random.Next(4))}");
        if (random.Next(2) == 0)
            root.Add("managingEntity").With("reference", $"Patient/{(char)('r' + random.Next(4))}");
        return root;
    }
}
