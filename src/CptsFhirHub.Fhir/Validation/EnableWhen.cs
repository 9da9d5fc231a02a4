using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Validation;

/// <summary>
/// Which items of a questionnaire are asked at all, given the answers of one response.
/// https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.enableWhen
/// </summary>
internal sealed class EnableWhen
{
    private const int DepthMax = 30;

    // Each condition looks through the response: a large one with many conditions would take time by the square.
    private const int StepsMax = 2_000_000;

    private int _steps;

    /// <summary>
    /// True when the item is asked, false when it is not, null when that cannot be told. The location stands on the node that holds the
    /// item, or would.
    /// </summary>
    public bool? IsAsked(Run run, Element question)
    {
        var conditions = question.All("enableWhen");
        var isAny = question.Text("enableBehavior") == "any";
        bool? result = conditions.Length == 0 || !isAny;
        foreach (var condition in conditions)
        {
            var holds = Holds(run, condition);
            if (holds == isAny)
                return isAny;
            if (holds is null)
                result = null;
        }

        return result;
    }

    /// <summary>The conditions of a Questionnaire: each names an item that is there and does not lie within the one it enables.</summary>
    public static void Check(Run run, Element questionnaire)
    {
        var known = new HashSet<string>(StringComparer.Ordinal);
        LinkIds(questionnaire, known, 0);
        Items(run, questionnaire, known, 0);
    }

    private static void LinkIds(Element holder, HashSet<string> linkIds, int depth)
    {
        if (depth > DepthMax)
            return;
        foreach (var item in holder.All("item"))
        {
            if (item.Text("linkId") is { } linkId)
                linkIds.Add(linkId);
            LinkIds(item, linkIds, depth + 1);
        }
    }

    private static void Items(Run run, Element holder, HashSet<string> known, int depth)
    {
        var items = holder.All("item");
        for (var i = 0; i < items.Length && depth <= DepthMax; i++)
        {
            run.Location.Push(items[i], null, i);
            if (items[i].Child("enableWhen") is not null)
                Targets(run, items[i], known);
            Items(run, items[i], known, depth + 1);
            run.Location.Pop();
        }
    }

    private static void Targets(Run run, Element item, HashSet<string> known)
    {
        var within = new HashSet<string>(StringComparer.Ordinal);
        if (item.Text("linkId") is { } own)
            within.Add(own);
        LinkIds(item, within, 0);
        foreach (var condition in item.All("enableWhen"))
        {
            if (condition.Text("question") is not { } question)
                continue;
            if (within.Contains(question))
                run.Error("invalid", Phrases.EnableSelf, "questionnaire-enable");
            else if (!known.Contains(question))
                run.Error("not-found", Phrases.EnableUnknown, "questionnaire-enable");
        }
    }

    private bool? Holds(Run run, Element condition)
    {
        if (condition.Text("question") is not { } linkId)
            return null;
        var answers = Answers(run, linkId);
        if (answers is null || Wanted(condition) is not { } wanted)
            return null;
        if (condition.Text("operator") == "exists")
            return (answers.Count > 0) == (wanted.Value == "true");
        // Versions of FHIR differ on "not equal" to an answer that is not there.
        if (answers.Count == 0)
            return condition.Text("operator") == "!=" ? null : false;
        return condition.Text("operator") switch
        {
            "=" => answers.Exists(answer => IsSame(answer, wanted)),
            "!=" => !answers.Exists(answer => IsSame(answer, wanted)),
            ">" => Any(answers, wanted, order => order > 0),
            "<" => Any(answers, wanted, order => order < 0),
            ">=" => Any(answers, wanted, order => order >= 0),
            "<=" => Any(answers, wanted, order => order <= 0),
            _ => null,
        };
    }

    private static Element? Wanted(Element condition)
    {
        foreach (var child in condition.Children)
            if (child.Name.StartsWith("answer", StringComparison.Ordinal))
                return child;
        return null;
    }

    private static bool IsSame(Element answer, Element wanted) =>
        answer.Name.AsSpan("value".Length).SequenceEqual(wanted.Name.AsSpan("answer".Length))
        && (answer.Name != "valueCoding"
            ? ValueCheck.IsEqual(answer, wanted, 0) || (answer.Name == "valueQuantity" && ValueCheck.Compare(answer, wanted) == 0)
            : answer.Text("code") == wanted.Text("code") && (wanted.Text("system") is null || answer.Text("system") == wanted.Text("system")));

    private static bool? Any(List<Element> answers, Element wanted, Func<int, bool> holds)
    {
        bool? result = false;
        foreach (var answer in answers)
        {
            var order = ValueCheck.Compare(answer, wanted);
            if (order is { } known && holds(known))
                return true;
            if (order is null)
                result = null;
        }

        return result;
    }

    /// <summary>The answers to a question, those nearest: in a group that repeats, those of the same repetition. Null when it costs too much.</summary>
    private List<Element>? Answers(Run run, string linkId)
    {
        var answers = new List<Element>();
        for (var level = 0; run.Location.Up(level) is { } at; level++)
        {
            var isThere = false;
            Collect(at.Node, linkId, answers, ref isThere, 0);
            if (_steps > StepsMax)
                return null;
            if (isThere || at.Node.ResourceType is not null)
                break;
        }

        return answers;
    }

    private void Collect(Element holder, string linkId, List<Element> answers, ref bool isThere, int depth)
    {
        if (depth > DepthMax)
            return;
        foreach (var child in holder.Children)
        {
            if (++_steps > StepsMax)
                return;
            if (child.Name == "item" && child.Text("linkId") == linkId)
            {
                isThere = true;
                foreach (var answer in child.All("answer"))
                    foreach (var value in answer.Children)
                        if (value.Name.StartsWith("value", StringComparison.Ordinal))
                            answers.Add(value);
            }

            if (child.Name is "item" or "answer")
                Collect(child, linkId, answers, ref isThere, depth + 1);
        }
    }
}
