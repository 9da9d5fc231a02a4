using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Search;

namespace CptsFhirHub.Fhir.Tests.Search;

/// <summary>The rows that may be touched, laid over every type of a query.</summary>
public sealed class Narrowing_a_search
{
    private static readonly SearchQueryParser Parser = new(R4.Definitions);

    private static readonly Criterion Owned = Parser.Parse("Task", [new("owner", "Organization/dac")]).Query.Criteria[0];
    private static readonly Criterion Sent = Parser.Parse("Task", [new("_tag", "urn:senders|dac")]).Query.Criteria[0];

    [Fact]
    public void The_right_is_added_to_the_type_searched()
    {
        var query = Narrow("Task", [("status", "requested")], new Criterion.Any([[Owned], [Sent]]));
        Assert.Equal(2, query.Criteria.Count);
        Assert.IsType<Criterion.Any>(query.Criteria[1]);
    }

    [Fact]
    public void A_right_that_the_query_implies_is_not_asked_again()
    {
        Assert.Single(Narrow("Task", [("owner", "Organization/dac")], new Criterion.Any([[Owned], [Sent]])).Criteria);
        Assert.Single(Narrow("Task", [("owner", "Organization/dac")], new Criterion.Any([[Owned]])).Criteria);
    }

    [Theory]
    [InlineData("owner", "Organization/other")]
    [InlineData("owner", "Organization/dac,Organization/other")]
    [InlineData("owner:not", "Organization/dac")]
    [InlineData("requester", "Organization/dac")]
    [InlineData("_filter", "owner eq Organization/dac or status eq requested")]
    public void What_says_less_than_the_right_leaves_it_in_place(string name, string value) =>
        Assert.Equal(2, Narrow("Task", [(name, value)], new Criterion.Any([[Owned], [Sent]])).Criteria.Count);

    [Fact]
    public void Of_a_right_with_one_alternative_only_what_is_missing_is_added()
    {
        var free = Parser.Parse("Slot", [new("status", "free")]).Query.Criteria[0];
        var open = Parser.Parse("Slot", [new("_security", "PUBLIC")]).Query.Criteria[0];
        var query = Narrow("Slot", [("status", "free")], new Criterion.Any([[free, open]]));
        Assert.Equal(["status", "_security"], query.Criteria.Cast<Criterion.Match>().Select(match => match.Parameter.Code));
    }

    [Theory]
    [InlineData("Task", "patient.name", "x")]
    [InlineData("Task", "_filter", "not (patient.name sw x)")]
    [InlineData("Task", "_filter", "status eq a or patient.name sw x")]
    [InlineData("Practitioner", "_has:Patient:general-practitioner:name", "x")]
    public void A_type_behind_a_reference_is_narrowed_too_wherever_it_stands(string type, string name, string value)
    {
        var seen = 0;
        var rows = new SearchableRows(named => named == "Patient" ? Count() : null, _ => true);
        QueryNarrowing.Narrow(Parser.Parse(type, [new(name, value)]).Query, rows, out var forbidden);
        Assert.Equal((1, null), (seen, forbidden));
        QueryNarrowing.Narrow(Parser.Parse(type, [new(name, value)]).Query, rows with { IsSearchable = named => named != "Patient" }, out forbidden);
        Assert.Equal("Patient", forbidden);

        Criterion Count()
        {
            seen++;
            return new Criterion.Never();
        }
    }

    private static SearchQuery Narrow(string type, (string Name, string Value)[] parameters, Criterion right) => QueryNarrowing.Narrow(
        Parser.Parse(type, parameters.Select(pair => new KeyValuePair<string, string>(pair.Name, pair.Value))).Query,
        new(named => named == type ? right : null, _ => true), out _);
}
