using CptsFhirHub.Fhir.FhirPath;

namespace CptsFhirHub.Tests.FhirPath;

public class Limits_and_faults
{
    [Theory]
    [InlineData("name.", 5)]
    [InlineData("name given", 5)]
    [InlineData("'open", 0)]
    [InlineData("1 + /* open", 4)]
    [InlineData("(1", 2)]
    [InlineData("@2026-13", 0)]
    [InlineData("@2026-02-29", 0)]
    [InlineData("a # b", 2)]
    [InlineData("name.unheard()", 5)]
    [InlineData("name.where()", 5)]
    [InlineData("name.ofType(Unheard)", 5)]
    [InlineData("\"text\"", 0)]
    [InlineData("", 0)]
    [InlineData("99999999999", 0)]
    public void A_fault_of_the_expression_has_its_place(string text, int position)
    {
        Assert.False(FhirPathExpression.TryParse(text, out _, out var failure));
        Assert.Equal(position, failure.Position);
    }

    [Fact]
    public void A_failure_of_the_evaluation_has_its_place_and_tells_no_value()
    {
        var failure = Assert.Throws<FhirPathException>(() => Evaluation.Of("name.family + 1"));
        Assert.Equal(12, failure.Position);
        Assert.DoesNotContain("Durand", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("name.\n  unheard()", 2, 3)]
    [InlineData("name.given +\n\n  'open", 3, 3)]
    [InlineData("name.family\n + 1", 2, 2)]
    [InlineData("name.family + 1", 1, 13)]
    [InlineData("(1 | 2)\n  .single()", 2, 4)]
    public void A_fault_is_told_by_line_and_column(string text, int line, int column)
    {
        var failure = Assert.Throws<FhirPathException>(() => Evaluation.Of(text));
        Assert.Equal(new TextPlace(line, column), failure.Place);
        Assert.EndsWith($"(at line {line}, column {column})", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_fault_of_the_static_check_is_told_by_line_and_column()
    {
        var issue = Assert.Single(StaticCheck.Of(FhirPathExpression.Parse("name\n  .where(\n    given1 = 'x')"), "Patient"));
        Assert.Equal("line 3, column 5", issue.Path);
    }

    [Fact]
    public void An_expression_may_have_ten_thousand_characters_and_not_one_more()
    {
        var text = "1" + new string(' ', FhirPathLimits.LengthMax - 1);
        Assert.True(FhirPathExpression.TryParse(text, out _, out _));
        Assert.False(FhirPathExpression.TryParse(text + " ", out _, out var failure));
        Assert.Equal(FhirPathFault.Limit, failure.Fault);
    }

    [Fact]
    public void Brackets_nest_a_hundred_deep_and_no_deeper()
    {
        // The expression itself is the first level.
        var depth = FhirPathLimits.DepthMax - 1;
        Assert.True(FhirPathExpression.TryParse(new string('(', depth) + "1" + new string(')', depth), out _, out _));
        Assert.False(FhirPathExpression.TryParse(new string('(', depth + 1) + "1" + new string(')', depth + 1), out _, out var failure));
        Assert.Equal(FhirPathFault.Limit, failure.Fault);
    }

    [Fact]
    public void A_chain_is_as_long_as_the_limit_and_no_longer()
    {
        Assert.True(FhirPathExpression.TryParse(string.Join(" + ", Enumerable.Repeat("1", FhirPathLimits.HeightMax)), out var expression, out _));
        Assert.Equal(FhirPathLimits.HeightMax, expression.Evaluate(default(Items))[0].Value);
        Assert.False(FhirPathExpression.TryParse(string.Join(" + ", Enumerable.Repeat("1", FhirPathLimits.HeightMax + 1)), out _, out var failure));
        Assert.Equal(FhirPathFault.Limit, failure.Fault);
    }

    [Theory]
    [InlineData("(1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10).repeat($this + 1)")]
    [InlineData("%many.select(%many.select(%many.count()))")]
    [InlineData("%many.select(%many.combine(%many)).count()")]
    [InlineData("%many.aggregate($total + $total, 'xxxxxxxxxxxxxxxx')")]
    [InlineData("%many.aggregate($total.replace('x', 'xxxxxxxxxxxxxxxx'), 'x')")]
    [InlineData("%many.aggregate($total.replaceMatches('x+', '$0$0$0$0'), 'x')")]
    [InlineData("%many.aggregate($total.encode('hex'), 'x')")]
    [InlineData("%many.repeatAll($this)")]
    public void What_grows_without_end_is_stopped(string expression)
    {
        var many = Items.Of(Enumerable.Range(0, 1000).Select(Item.Of));
        var context = new EvaluationContext { Variables = new Dictionary<string, Items> { ["many"] = many } };
        Assert.Equal(FhirPathFault.Limit, Assert.Throws<FhirPathException>(() => Evaluation.Of(expression, context)).Fault);
    }

    [Fact]
    public void The_steps_of_one_evaluation_are_counted()
    {
        Assert.Equal("Anne, Marie, Annie", Evaluation.Of("name.given", new() { StepsMax = 10 }));
        Assert.Equal(FhirPathFault.Limit, Assert.Throws<FhirPathException>(() => Evaluation.Of("name.given", new() { StepsMax = 1 })).Fault);
    }

    [Fact]
    public void A_regular_expression_is_short_and_does_not_look_back()
    {
        var pattern = new string('a', FhirPathLimits.RegexLengthMax);
        Evaluation.Gives($"'a'.matches('{pattern}')", "false");
        Assert.Equal(FhirPathFault.Limit, Evaluation.Fails($"'a'.matches('{pattern}a')"));
        Assert.Equal(FhirPathFault.Evaluation, Evaluation.Fails("'a'.matches('(a)\\\\1')"));
        Assert.Equal(FhirPathFault.Evaluation, Evaluation.Fails("'a'.matches('(')"));
        Evaluation.Gives("'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!'.matches('^(a+)+$')", "false");
    }

    [Theory]
    [InlineData("name.given1", "Patient has no element given1.")]
    [InlineData("Encounter.status", "The input is never a Encounter.")]
    [InlineData("deceasedBoolean", "The choice element is written without its type: deceased.")]
    [InlineData("children().skip(1)", "The items have no order here.")]
    [InlineData("name.where(family.unheard = 'x')", "string has no element unheard.")]
    [InlineData("iif('text', 1, 2)", "iif() takes a condition.")]
    [InlineData("identifier.startsWith('1')", "startsWith() takes a String, not a Identifier.")]
    public void The_static_check_finds_what_can_never_work(string expression, string text)
    {
        var issue = Assert.Single(StaticCheck.Of(FhirPathExpression.Parse(expression), "Patient"));
        Assert.EndsWith(text.Replace("Patient has", "has", StringComparison.Ordinal), issue.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("name.given")]
    [InlineData("contact.name.family")]
    [InlineData("deceased.ofType(dateTime) > @2020")]
    [InlineData("extension('x').value.ofType(Coding).code")]
    [InlineData("contained.anything.at.all")]
    [InlineData("descendants().where($this is Quantity).value")]
    [InlineData("link.other.resolve().name.family")]
    [InlineData("name.select(given.first()).first()")]
    public void The_static_check_does_not_complain_of_what_may_work(string expression) =>
        Assert.Empty(StaticCheck.Of(FhirPathExpression.Parse(expression), "Patient"));
}
