using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Validation;

namespace CptsFhirHub.Fhir.Tests.Validation;

/// <summary>Answers against their questionnaire.</summary>
public sealed class Questionnaire_checks
{
    private const string Questionnaire = """
        {"resourceType":"Questionnaire","url":"https://example.org/q","status":"active","item":[
          {"linkId":"nom","type":"string","text":"Nom","required":true,"maxLength":10},
          {"linkId":"sexe","type":"choice","text":"Sexe","answerOption":[{"valueCoding":{"system":"https://example.org/s","code":"F"}}]},
          {"linkId":"foyer","type":"group","text":"Foyer","item":[{"linkId":"age","type":"integer","text":"Age","repeats":true}]}]}
        """;

    [Theory]
    [InlineData("completed", """{"linkId":"nom","answer":[{"valueString":"TEST"}]}""", "")]
    [InlineData("completed", """{"linkId":"nom","answer":[{"valueString":"TESTTESTTEST"}]}""", "value QuestionnaireResponse.item[0].answer[0].value.ofType(string)")]
    [InlineData("completed", """{"linkId":"nom","answer":[{"valueBoolean":true}]}""", "structure QuestionnaireResponse.item[0].answer[0].value.ofType(boolean)")]
    [InlineData("completed", """{"linkId":"nom","answer":[{"valueString":"A"},{"valueString":"B"}]}""", "structure QuestionnaireResponse")]
    [InlineData("completed", """{"linkId":"sexe","answer":[{"valueCoding":{"system":"https://example.org/s","code":"F"}}]}""", "required QuestionnaireResponse")]
    [InlineData("in-progress", """{"linkId":"sexe","answer":[{"valueCoding":{"system":"https://example.org/s","code":"F"}}]}""", "")]
    [InlineData("in-progress", """{"linkId":"sexe","answer":[{"valueCoding":{"system":"https://example.org/s","code":"X"}}]}""", "code-invalid QuestionnaireResponse.item[0].answer[0].value.ofType(Coding)")]
    [InlineData("in-progress", """{"linkId":"foyer","item":[{"linkId":"age","answer":[{"valueInteger":3},{"valueInteger":5}]}]}""", "")]
    [InlineData("in-progress", """{"linkId":"age","answer":[{"valueInteger":3}]}""", "structure QuestionnaireResponse.item[0]")]
    [InlineData("in-progress", """{"linkId":"foyer","answer":[{"valueInteger":3}]}""", "structure QuestionnaireResponse.item[0]")]
    public void An_answer_is_what_its_question_asks_for(string status, string item, string expected)
    {
        var validator = new Validator(R4.Definitions.With([Structure_checks.Read(Questionnaire)]));
        var response = $$"""{"resourceType":"QuestionnaireResponse","questionnaire":"https://example.org/q","status":"{{status}}","item":[{{item}}]}""";

        var errors = validator.Check(Structure_checks.Read(response)).Where(issue => issue.IsError).ToList();

        Assert.Equal(expected, string.Join(' ', errors.Select(issue => $"{issue.Code} {issue.Path}")));
    }

    [Theory]
    [InlineData("all", "true", "5", """{"linkId":"c","answer":[{"valueString":"x"}]}""", "")]
    [InlineData("all", "false", "5", """{"linkId":"c","answer":[{"valueString":"x"}]}""", "invalid QuestionnaireResponse.item[2]")]
    [InlineData("any", "false", "5", """{"linkId":"c","answer":[{"valueString":"x"}]}""", "")]
    [InlineData("any", "false", "4", """{"linkId":"c","answer":[{"valueString":"x"}]}""", "invalid QuestionnaireResponse.item[2]")]
    [InlineData("all", "true", "5", """{"linkId":"d","answer":[{"valueString":"x"}]}""", "required QuestionnaireResponse")]
    [InlineData("all", "true", "4", """{"linkId":"d","answer":[{"valueString":"x"}]}""", "")]
    public void An_item_is_answered_when_its_conditions_hold(string behavior, string a, string b, string item, string expected)
    {
        const string Asked = """
            {"resourceType":"Questionnaire","url":"https://example.org/q","status":"active","item":[
              {"linkId":"a","type":"boolean"},{"linkId":"b","type":"integer"},{"linkId":"d","type":"string"},
              {"linkId":"c","type":"string","required":true,"enableBehavior":"BEHAVIOR","enableWhen":[
                {"question":"a","operator":"=","answerBoolean":true},{"question":"b","operator":">","answerInteger":4}]}]}
            """;
        var validator = new Validator(R4.Definitions.With([Structure_checks.Read(Asked.Replace("BEHAVIOR", behavior, StringComparison.Ordinal))]));
        var items = $$"""{"linkId":"a","answer":[{"valueBoolean":{{a}}}]},{"linkId":"b","answer":[{"valueInteger":{{b}}}]},{{item}}""";
        var response = $$"""{"resourceType":"QuestionnaireResponse","questionnaire":"https://example.org/q","status":"completed","item":[{{items}}]}""";

        var errors = validator.Check(Structure_checks.Read(response)).Where(issue => issue.IsError).ToList();

        Assert.Equal(expected, string.Join(' ', errors.Select(issue => $"{issue.Code} {issue.Path}")));
    }

    [Theory]
    [InlineData("b", "")]
    [InlineData("a", "invalid Questionnaire.item[0]")]
    [InlineData("a1", "invalid Questionnaire.item[0]")]
    [InlineData("z", "not-found Questionnaire.item[0]")]
    public void A_condition_names_another_item(string question, string expected)
    {
        var questionnaire = """
            {"resourceType":"Questionnaire","status":"active","item":[
              {"linkId":"a","type":"group","enableWhen":[{"question":"QUESTION","operator":"exists","answerBoolean":true}],"item":[{"linkId":"a1","type":"string"}]},
              {"linkId":"b","type":"string"}]}
            """.Replace("QUESTION", question, StringComparison.Ordinal);
        var errors = Validator.Core.Check(Structure_checks.Read(questionnaire)).Where(issue => issue.IsError);
        Assert.Equal(expected, string.Join(' ', errors.Select(issue => $"{issue.Code} {issue.Path}")));
    }

    [Fact]
    public void Without_its_questionnaire_a_response_is_checked_as_a_resource_alone()
    {
        const string Response = """{"resourceType":"QuestionnaireResponse","questionnaire":"https://example.org/q","status":"completed","item":[{"linkId":"x"}]}""";
        Assert.DoesNotContain(Validator.Core.Check(Structure_checks.Read(Response)), issue => issue.IsError);
    }
}
