using System.Globalization;
using CptsFhirHub.Fhir.FhirPath;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Terminology;

namespace CptsFhirHub.Fhir.Validation;

/// <summary>One answer against its question: type, choices, bounds. The location stands on the value.</summary>
internal static class AnswerCheck
{
    private const string Core = "http://hl7.org/fhir/StructureDefinition/";
    private const string Sdc = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-";

    public static void Check(Run run, Element value, Element question)
    {
        var type = question.Text("type");
        if (!IsOfType(value.Name, type))
        {
            run.Error("structure", Phrases.AnswerType, "questionnaire-type");
            return;
        }

        Choices(run, value, question, type);
        Bounds(run, value, question);
        if (value.Name is "valueString" or "valueUri")
            Text(run, value.Value ?? "", question);
        else if (value.Name == "valueDecimal")
            Places(run, value.Value ?? "", question);
        else if (value.Name == "valueAttachment")
            Attachment(run, value, question);
        else if (value.Name == "valueQuantity")
            Units(run, value, question);
    }

    private static bool IsOfType(string name, string? type) => type switch
    {
        "boolean" => name == "valueBoolean",
        "decimal" => name is "valueDecimal" or "valueInteger",
        "integer" => name == "valueInteger",
        "date" => name == "valueDate",
        "dateTime" => name is "valueDateTime" or "valueDate",
        "time" => name == "valueTime",
        "string" or "text" => name == "valueString",
        "url" => name == "valueUri",
        "choice" => name is "valueCoding" or "valueString" or "valueDate" or "valueTime" or "valueInteger",
        "open-choice" => name is "valueCoding" or "valueString",
        "attachment" => name == "valueAttachment",
        "reference" => name == "valueReference",
        "quantity" => name == "valueQuantity",
        _ => true,
    };

    private static void Choices(Run run, Element value, Element question, string? type)
    {
        // An open choice takes a text of one's own besides the options.
        if (type == "open-choice" && value.Name == "valueString")
            return;
        var options = question.All("answerOption");
        if (options.Length > 0 && !IsAmong(value, options))
            run.Error("code-invalid", Phrases.AnswerOption, "questionnaire-option");
        if (question.Text("answerValueSet") is not { } valueSet)
            return;
        var typeName = value.Name == "valueCoding" ? "Coding" : "code";
        var (membership, hasCode) = BindingCheck.Of(run.Validator.Vocabulary, value, typeName, valueSet);
        if (hasCode && membership == Membership.No)
            run.Error("code-invalid", Phrases.AnswerValueSet, "questionnaire-option");
    }

    private static bool IsAmong(Element value, ReadOnlySpan<Element> options)
    {
        foreach (var option in options)
        {
            if (option.Child(value.Name) is not { } offered)
                continue;
            var isSame = value.Name == "valueCoding"
                ? offered.Text("code") == value.Text("code") && offered.Text("system") == value.Text("system")
                : ValueCheck.IsEqual(value, offered, 0);
            if (isSame)
                return true;
        }

        return false;
    }

    private static void Bounds(Run run, Element value, Element question)
    {
        if (QuestionnaireCheck.Extension(question, Core + "minValue") is { } least && ValueCheck.Compare(value, least) < 0)
            run.Error("value", Phrases.AnswerBelow, "questionnaire-bounds");
        if (QuestionnaireCheck.Extension(question, Core + "maxValue") is { } most && ValueCheck.Compare(value, most) > 0)
            run.Error("value", Phrases.AnswerAbove, "questionnaire-bounds");
        Quantity(run, value, QuestionnaireCheck.Extension(question, Sdc + "minQuantity"), sign: -1);
        Quantity(run, value, QuestionnaireCheck.Extension(question, Sdc + "maxQuantity"), sign: 1);
    }

    private static void Quantity(Run run, Element value, Element? bound, int sign)
    {
        if (bound is null)
            return;
        // Only coded units compare: two texts may mean the same or not.
        if (value.Text("code") is null || bound.Text("code") is null
            || FhirQuantity.Read(value) is not { } mine || FhirQuantity.Read(bound) is not { } limit
            || mine.CompareTo(limit) is not { } order)
            run.Error("value", Phrases.AnswerUnits, "questionnaire-bounds");
        else if (Math.Sign(order) == sign)
            run.Error("value", Phrases.AnswerBeyond, "questionnaire-bounds");
    }

    private static void Text(Run run, string text, Element question)
    {
        if (int.TryParse(question.Text("maxLength"), CultureInfo.InvariantCulture, out var most) && text.Length > most)
            run.Error("value", Phrases.AnswerLong, "questionnaire-length", most);
        if (QuestionnaireCheck.Whole(question, Core + "minLength") is { } least && text.Length < least)
            run.Error("value", Phrases.AnswerShort, "questionnaire-length", least);
        if (QuestionnaireCheck.Extension(question, Core + "regex")?.Value is { } pattern && run.Matches(text, pattern) != true)
            run.Error("value", Phrases.AnswerForm, "questionnaire-regex");
    }

    private static void Places(Run run, string text, Element question)
    {
        var point = text.IndexOf('.', StringComparison.Ordinal);
        if (QuestionnaireCheck.Whole(question, Core + "maxDecimalPlaces") is { } places && point >= 0 && text.Length - point - 1 > places)
            run.Error("value", Phrases.AnswerPlaces, "questionnaire-places", places);
    }

    private static void Attachment(Run run, Element value, Element question)
    {
        long? actual = value.Text("data") is { } data ? Bytes(data) : null;
        long? stated = long.TryParse(value.Text("size"), CultureInfo.InvariantCulture, out var size) ? size : null;
        if (actual is not null && stated is not null && actual != stated)
            run.Error("value", Phrases.AttachmentSize, "attachment-size");
        if (QuestionnaireCheck.Extension(question, Core + "maxSize")?.Value is { } text
            && decimal.TryParse(text, CultureInfo.InvariantCulture, out var most) && (actual ?? stated) > most)
            run.Error("value", Phrases.AttachmentLarge, "attachment-size");

        var allowed = new List<string>();
        foreach (var extension in question.All("extension"))
            if (extension.Text("url") == Core + "mimeType" && extension.Text("valueCode") is { } type)
                allowed.Add(type);
        if (allowed.Count > 0 && !allowed.Contains(value.Text("contentType") ?? "", StringComparer.Ordinal))
            run.Error("value", Phrases.AttachmentType, "attachment-type");
    }

    private static long Bytes(string base64)
    {
        var digits = 0L;
        foreach (var c in base64)
            if (!char.IsWhiteSpace(c) && c != '=')
                digits++;
        return digits * 3 / 4;
    }

    private static void Units(Run run, Element value, Element question)
    {
        var options = 0;
        var isAmong = false;
        foreach (var extension in question.All("extension"))
        {
            if (extension.Text("url") != Core + "questionnaire-unitOption" || extension.Child("valueCoding") is not { } coding)
                continue;
            options++;
            isAmong |= coding.Text("code") == value.Text("code") && coding.Text("system") == value.Text("system");
        }

        if (options > 0 && !isAmong)
            run.Error("code-invalid", Phrases.AnswerUnit, "questionnaire-unit");
        if (QuestionnaireCheck.Extension(question, Core + "questionnaire-unitValueSet")?.Value is { } valueSet
            && BindingCheck.Of(run.Validator.Vocabulary, value, "Quantity", valueSet).Membership == Membership.No)
            run.Error("code-invalid", Phrases.AnswerUnit, "questionnaire-unit");
    }
}
