using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Validation;

/// <summary>
/// A QuestionnaireResponse against the Questionnaire it names, where that is at hand: which items there may be, how often, and whether
/// they are answered as they ask. https://hl7.org/fhir/R4/questionnaireresponse.html#notes
/// </summary>
internal static class QuestionnaireCheck
{
    private const int DepthMax = 30;
    private const string Core = "http://hl7.org/fhir/StructureDefinition/";

    public static void Check(Run run, Element response, ChildDefinition definition)
    {
        if (response.Text("questionnaire") is not { } canonical || definition.Child("item") is not { } itemDefinition)
            return;
        var questionnaire = canonical.StartsWith('#')
            ? run.Resolve(canonical)
            : run.Validator.Definitions.Find("Questionnaire", canonical)?.Content ?? run.Validator.Options.Resolve?.Invoke(canonical);
        if (questionnaire is not { ResourceType: "Questionnaire" })
            return;
        // What is still being filled in may lack answers.
        var isComplete = response.Text("status") is not ("in-progress" or "stopped" or "entered-in-error");
        Items(run, response, questionnaire, itemDefinition, new(isComplete, new()), 0);
    }

    private static void Items(Run run, Element given, Element asked, ChildDefinition definition, Filling filling, int depth)
    {
        if (depth > DepthMax)
            return;
        var items = given.All("item");
        for (var i = 0; i < items.Length; i++)
        {
            if (Question(asked, items[i].Text("linkId")) is not null)
                continue;
            run.Location.Push(items[i], definition, i);
            run.Error("structure", Phrases.ItemUnknown, "questionnaire-link");
            run.Location.Pop();
        }

        foreach (var question in asked.All("item"))
            Answered(run, given, question, definition, filling, depth);
    }

    private static Element? Question(Element asked, string? linkId)
    {
        foreach (var question in asked.All("item"))
            if (question.Text("linkId") == linkId)
                return question;
        return null;
    }

    private static void Answered(Run run, Element given, Element question, ChildDefinition definition, Filling filling, int depth)
    {
        var items = given.All("item");
        var isAsked = filling.Conditions.IsAsked(run, question);
        if (isAsked == false)
        {
            NotAsked(run, items, question, definition);
            return;
        }

        int count = 0, answers = 0;
        for (var i = 0; i < items.Length; i++)
        {
            if (items[i].Text("linkId") != question.Text("linkId"))
                continue;
            count++;
            answers += items[i].All("answer").Length;
            run.Location.Push(items[i], definition, i);
            One(run, items[i], question, definition, filling, depth);
            run.Location.Pop();
        }

        if (question.Text("type") == "display")
            return;
        var isGroup = question.Text("type") == "group";
        var occurrences = isGroup ? count : answers;
        // An item that is asked only under a condition may be absent when that does not hold.
        if (filling.IsComplete && question.Text("required") == "true" && occurrences == 0 && isAsked == true)
            run.Error("required", Phrases.ItemRequired, "questionnaire-required");
        if (question.Text("repeats") != "true" && Math.Max(occurrences, count) > 1)
            run.Error("structure", Phrases.ItemRepeats, "questionnaire-repeats");
        if (count == 0)
            return;
        if (filling.IsComplete && Whole(question, Core + "questionnaire-minOccurs") is { } least && occurrences < least)
            run.Error("structure", Phrases.ItemFew, "questionnaire-occurs", occurrences, least);
        if (Whole(question, Core + "questionnaire-maxOccurs") is { } most && occurrences > most)
            run.Error("structure", Phrases.ItemMany, "questionnaire-occurs", occurrences, most);
    }

    private static void NotAsked(Run run, ReadOnlySpan<Element> items, Element question, ChildDefinition definition)
    {
        for (var i = 0; i < items.Length; i++)
        {
            if (items[i].Text("linkId") != question.Text("linkId") || (items[i].Child("answer") is null && items[i].Child("item") is null))
                continue;
            run.Location.Push(items[i], definition, i);
            run.Error("invalid", Phrases.ItemNotAsked, "questionnaire-enable");
            run.Location.Pop();
        }
    }

    private static void One(Run run, Element item, Element question, ChildDefinition definition, Filling filling, int depth)
    {
        var answers = item.All("answer");
        if (question.Text("type") is "group" or "display" or "question")
        {
            if (answers.Length > 0)
                run.Error("structure", Phrases.ItemNoAnswer, "questionnaire-type");
            if (filling.IsComplete && question.Text("type") == "group" && question.Text("required") == "true" && item.Child("item") is null)
                run.Error("required", Phrases.GroupRequired, "questionnaire-required");
            Items(run, item, question, definition, filling, depth + 1);
            return;
        }

        // Items below a question stand below its answer.
        if (item.Child("item") is not null)
            run.Error("structure", Phrases.ItemBelow, "questionnaire-link");
        var answerDefinition = definition.Child("answer")!;
        for (var i = 0; i < answers.Length; i++)
        {
            run.Location.Push(answers[i], answerDefinition, i);
            foreach (var child in answers[i].Children)
            {
                if (!child.Name.StartsWith("value", StringComparison.Ordinal))
                    continue;
                run.Location.Push(child, answerDefinition.Child(child.Name), -1);
                AnswerCheck.Check(run, child, question);
                run.Location.Pop();
            }

            Items(run, answers[i], question, definition, filling, depth + 1);
            run.Location.Pop();
        }
    }

    /// <summary>The value of an extension of a question; null when it has none.</summary>
    internal static Element? Extension(Element question, string url)
    {
        foreach (var extension in question.All("extension"))
            if (extension.Text("url") == url)
                foreach (var child in extension.Children)
                    if (child.Name.StartsWith("value", StringComparison.Ordinal))
                        return child;
        return null;
    }

    internal static long? Whole(Element question, string url) =>
        long.TryParse(Extension(question, url)?.Value, System.Globalization.CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>One response being checked: whether it is complete, and which items its answers enable.</summary>
    private sealed record Filling(bool IsComplete, EnableWhen Conditions);
}
