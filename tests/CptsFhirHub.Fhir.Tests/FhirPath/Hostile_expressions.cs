using System.Diagnostics;
using System.Text;
using CptsFhirHub.Fhir.FhirPath;

namespace CptsFhirHub.Tests.FhirPath;

/// <summary>Expressions meant to hang, crash or fill the memory: each ends soon, with an answer or a refusal.</summary>
public class Hostile_expressions
{
    // Far above what any of them takes, far below a hang: other tests share the machine.
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData("(%long | 1).select(%many.select(%long.indexOf('z')))")]
    [InlineData("%many.select(%many.select(%long = %long2))")]
    [InlineData("%many.select(%many.select(%long ~ %long2))")]
    [InlineData("%many.select(%many.select(%long < %long2))")]
    [InlineData("%many.select(%long & 'x').count()")]
    [InlineData("%many.select(%long.upper()).count()")]
    [InlineData("%many.select(%many.select(%long.toInteger())).count()")]
    [InlineData("%many.select(%long.toChars()).count()")]
    [InlineData("%many.select(%many.combine(%many).count()).count()")]
    [InlineData("%many.repeat($this + 1)")]
    [InlineData("%many.repeatAll($this)")]
    [InlineData("1.repeat($this.combine($this + 1))")]
    [InlineData("%many.aggregate($total.combine($total), 1)")]
    [InlineData("%many.aggregate($total & $total, 'x')")]
    [InlineData("%many.select(%many.select($this.toString()).join(%long)).count()")]
    [InlineData("%many.select(%many.distinct().count()).count()")]
    [InlineData("%many.select(%many.intersect(%many).count()).count()")]
    [InlineData("%many.select(%many.sort(-$this).count()).count()")]
    [InlineData("%many.select(%many.select(%resource.descendants().count()))")]
    [InlineData("%many.select(%many.select(%long.matches('a+b')))")]
    public void What_would_take_for_ever_is_stopped(string expression)
    {
        var clock = Stopwatch.StartNew();
        Assert.Equal(FhirPathFault.Limit, Assert.Throws<FhirPathException>(() => Evaluation.Of(expression, Context)).Fault);
        Assert.True(clock.Elapsed < Soon, $"{expression} took {clock.Elapsed}");
    }

    [Theory]
    [InlineData("^(a+)+$")]
    [InlineData("(a|a)*b")]
    [InlineData("(.*a){20}")]
    [InlineData("(a{1,100}){1,100}b")]
    [InlineData("((a{1,1000}){1,1000}){1,1000}")]
    [InlineData("(x+x+)+y")]
    [InlineData("([a-zA-Z]+)*!")]
    public void A_regular_expression_bomb_does_not_go_off(string pattern)
    {
        var clock = Stopwatch.StartNew();
        try
        {
            Evaluation.Of($"%long.matches('{pattern}') or %long.matchesFull('{pattern}') or %long.replaceMatches('{pattern}', 'x').exists()", Context);
        }
        catch (FhirPathException failure)
        {
            Assert.True(failure.Fault is FhirPathFault.Limit or FhirPathFault.Evaluation);
        }

        Assert.True(clock.Elapsed < Soon, $"{pattern} took {clock.Elapsed}");
    }

    [Theory]
    [InlineData("%many.take(2147483647).count()", "1000")]
    [InlineData("%many.skip(-2147483648).count()", null)]
    [InlineData("%many.skip(2147483647).count()", "0")]
    [InlineData("%many[2147483647]", "")]
    [InlineData("'abc'.substring(1, 2147483647)", "bc")]
    [InlineData("'abc'.substring(2147483647)", "")]
    [InlineData("1.5.round(2147483647)", "1.5")]
    [InlineData("-(-2147483647 - 1)", "")]
    [InlineData("(-2147483647 - 1).abs()", "")]
    [InlineData("(-2147483647 - 1) div -1", "")]
    [InlineData("(-9223372036854775807L - 1L) div -1L", "")]
    [InlineData("(-9223372036854775807L - 1L) mod -1L", "")]
    [InlineData("-(-9223372036854775807L - 1L)", "")]
    [InlineData("79228162514264337593543950335.0 + 1", "")]
    [InlineData("79228162514264337593543950335.0 * 10 '[degF]'", "")]
    [InlineData("79228162514264337593543950335.0 'g' div 0.0000001 'g'", "")]
    [InlineData("79228162514264337593543950335.0 'kg' + 1 'pg'", "")]
    [InlineData("79228162514264337593543950335.0 'km' = 1 'nm'", "")]
    [InlineData("10.power(1000)", "")]
    [InlineData("10.power(100000)", "")]
    [InlineData("0.power(-1)", "")]
    [InlineData("1000.exp()", "")]
    [InlineData("@2024-01-01 + 999999999999 years", "")]
    [InlineData("@2024-01-01T00 + 900000000000000 hours", "")]
    [InlineData("@2024-01-01T00:00:00 - 79228162514264337593543950335.0 seconds", "")]
    [InlineData("@T12 + 79228162514264337593543950335.0 'ms'", "")]
    [InlineData("@0001-01-01 - 1 day", "")]
    [InlineData("1.lowBoundary(2147483647)", "")]
    [InlineData("@2024.highBoundary(-5)", "")]
    [InlineData("79228162514264337593543950335.0.highBoundary(28)", "")]
    public void A_number_out_of_range_gives_nothing(string expression, string? expected)
    {
        try
        {
            var given = Evaluation.Of(expression, Context);
            if (expected is not null)
                Assert.Equal(expected, given);
        }
        catch (FhirPathException) when (expected is null)
        {
            // The least Integer cannot be written: a minus is an operator, and the number before it is too large.
        }
    }

    [Fact]
    public void Whatever_is_nested_is_refused_not_crashed_on()
    {
        string[] openings = ["(", "name.where(", "iif(", "-", "a[", "name.select($this.", "{}|(", "not("];
        foreach (var opening in openings)
            foreach (var times in (int[])[50, 99, 101, 1_000, 4_000])
                Assert.False(FhirPathExpression.TryParse(new StringBuilder().Insert(0, opening, Math.Min(times, 9_000 / opening.Length)).ToString(), out _, out _));
        foreach (var link in (string[])[".a", "[0]", " + 1", " | 1", ".not()", " is Any", " as Patient", " and true"])
        {
            var isRead = FhirPathExpression.TryParse("a" + new StringBuilder().Insert(0, link, 9_000 / link.Length), out var expression, out _);
            if (isRead)
                Assert.NotNull(StaticCheck.Of(expression!, "Patient"));
        }
    }

    [Fact]
    public void An_evaluation_is_stopped_from_outside()
    {
        using var stop = new CancellationTokenSource();
        var context = Context with { Cancellation = stop.Token };
        Assert.Equal("1000", Evaluation.Of("%many.count()", context));
        stop.Cancel();
        Assert.Equal(FhirPathFault.Limit, Assert.Throws<FhirPathException>(() => Evaluation.Of("%many.select(%many.count())", context)).Fault);
    }

    [Fact]
    public void Any_arrangement_of_words_ends_in_an_answer_or_a_refusal()
    {
        // The seed is fixed, so that a failure comes again.
        var random = new Random(20261122);
        string[] words =
        [
            "name", "given", "$this", "$index", "$total", "%resource", "%many", "1", "-1", "0", "2147483647", "1.5", "79228162514264337593543950335.0",
            "'a'", "''", "true", "{}", "@2024", "@2024-02-29", "@T10:00", "@2024-01-01T10:00:00+01:00", "4 'mg'", "1 year", "3 days", "37 'Cel'",
            "birthDate", "deceased", "extension", "Patient", "9223372036854775807L",
        ];
        string[] operators = ["+", "-", "*", "/", "div", "mod", "&", "|", "=", "!=", "~", "!~", "<", ">", "<=", ">=", "and", "or", "xor", "implies", "in", "contains"];
        string[] types = ["Patient", "HumanName", "System.Integer", "System.Quantity", "date", "string"];
        string[] functions = [.. Functions.Table.Keys.Order(StringComparer.Ordinal)];
        var answered = 0;
        for (var i = 0; i < 20_000; i++)
        {
            var text = Make(0);
            try
            {
                _ = Evaluation.Of(text, Context with { StepsMax = 20_000 });
                answered++;
            }
            catch (FhirPathException)
            {
                // Refused: that is an answer too.
            }
            catch (Exception exception)
            {
                Assert.Fail($"{text}: {exception}");
            }
        }

        Assert.True(answered > 4_000, $"only {answered} were answered");

        string Make(int depth) => (depth > 3 ? 0 : random.Next(10)) switch
        {
            < 4 => words[random.Next(words.Length)],
            4 or 5 => $"({Make(depth + 1)} {operators[random.Next(operators.Length)]} {Make(depth + 1)})",
            6 => $"{Make(depth + 1)}.{(random.Next(2) == 0 ? "is" : "ofType")}({types[random.Next(types.Length)]})",
            7 => $"{Make(depth + 1)}.{words[random.Next(2)]}",
            _ => Call(functions[random.Next(functions.Length)], depth),
        };

        string Call(string name, int depth)
        {
            var function = Functions.Table[name];
            var count = function.ArgumentsMin + (function.ArgumentsMax > function.ArgumentsMin ? random.Next(2) : 0);
            return $"{Make(depth + 1)}.{name}({string.Join(", ", Enumerable.Range(0, count).Select(_ => Make(depth + 1)))})";
        }
    }

    private static EvaluationContext Context { get; } = Evaluation.Context with
    {
        Variables = new Dictionary<string, Items>
        {
            ["many"] = Items.Of(Enumerable.Range(0, 1000).Select(Item.Of)),
            ["long"] = Items.Of(Item.Of(new string('a', FhirPathLimits.RegexTextMax - 1) + "!")),
            ["long2"] = Items.Of(Item.Of(new string('a', FhirPathLimits.RegexTextMax - 1) + "?")),
        },
    };
}
