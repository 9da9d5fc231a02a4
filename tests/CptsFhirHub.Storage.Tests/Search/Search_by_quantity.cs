using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Search;

namespace CptsFhirHub.Storage.Tests.Search;

/// <summary>Amounts are found whatever UCUM unit they were written in; composites of a code and two numbers.</summary>
public sealed class Search_by_quantity
{
    private const string Ucum = "http://unitsofmeasure.org";

    private static string Weight(string id, string value, string unit, string system = Ucum) => $$"""
        {"resourceType":"Observation","id":"{{id}}","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"29463-7"}]},
         "valueQuantity":{"value":{{value}},"unit":"{{unit}}","system":"{{system}}","code":"{{unit}}"} }
        """;

    private static async Task<string> FindAsync(TempStore store, string type, string name, string value)
    {
        var parsed = new SearchQueryParser(R4.Definitions).Parse(type, [new(name, value)]);
        Assert.True(parsed.IsSound, string.Join('\n', parsed.Issues.Select(issue => issue.Text)));
        return string.Join(' ', (await store.FindAsync(parsed.Query)).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("2500|http://unitsofmeasure.org|g", "g kg mg")]
    [InlineData("2.5|http://unitsofmeasure.org|kg", "g kg mg")]
    [InlineData("2500000.0|http://unitsofmeasure.org|mg", "g kg mg")]
    [InlineData("gt2.4|http://unitsofmeasure.org|kg", "g kg light mg")]
    [InlineData("ge2501|http://unitsofmeasure.org|g", "light")]
    [InlineData("lt2500|http://unitsofmeasure.org|g", "")]
    [InlineData("le2500|http://unitsofmeasure.org|g", "g kg mg")]
    [InlineData("ne2500|http://unitsofmeasure.org|g", "light")]
    [InlineData("ap2600|http://unitsofmeasure.org|g", "g kg light mg")]
    [InlineData("2500||g", "g")]
    [InlineData("2500", "g")]
    [InlineData("2.5", "kg")]
    [InlineData("2500|http://unitsofmeasure.org|mm", "")]
    [InlineData("2500|urn:own|g", "")]
    [InlineData("7|urn:own|pinch", "own")]
    [InlineData("2500|http://unitsofmeasure.org|g,7|urn:own|pinch", "g kg mg own")]
    public async Task An_amount_is_found_in_every_unit_of_its_dimension(string value, string found)
    {
        await using var store = await TempStore.OpenAsync();
        await store.AddAsync(Weight("g", "2500", "g"));
        await store.AddAsync(Weight("kg", "2.5", "kg"));
        await store.AddAsync(Weight("mg", "2500000", "mg"));
        await store.AddAsync(Weight("light", "2.81", "kg"));
        await store.AddAsync(Weight("own", "7", "pinch", "urn:own"));
        Assert.Equal(found, await FindAsync(store, "Observation", "value-quantity", value));
        var code = string.Join(',', value.Split(',').Select(one => "http://loinc.org|29463-7$" + one));
        Assert.Equal(found, await FindAsync(store, "Observation", "code-value-quantity", code));
    }

    [Theory]
    [InlineData("100000000000000000000")]
    [InlineData("123456789012345678.9")]
    [InlineData("0.10000000000000000000000001")]
    public async Task An_amount_of_more_digits_than_the_index_holds_is_found(string value)
    {
        await using var store = await TempStore.OpenAsync();
        await store.AddAsync(Weight("same", value, "g"));
        await store.AddAsync(Weight("other", "7", "g"));
        Assert.Equal("same", await FindAsync(store, "Observation", "value-quantity", value));
        Assert.Equal("same", await FindAsync(store, "Observation", "value-quantity", $"{value}|{Ucum}|g"));
        Assert.Equal("other", await FindAsync(store, "Observation", "value-quantity", $"ne{value}"));
    }

    [Fact]
    public async Task Degrees_have_another_zero_and_rates_another_count()
    {
        await using var store = await TempStore.OpenAsync();
        await store.AddAsync(Weight("c", "37.0", "Cel"));
        await store.AddAsync(Weight("f", "98.6", "[degF]"));
        await store.AddAsync(Weight("r", "72", "/min"));
        Assert.Equal("c f", await FindAsync(store, "Observation", "value-quantity", $"37.0|{Ucum}|Cel"));
        Assert.Equal("r", await FindAsync(store, "Observation", "value-quantity", $"1.2|{Ucum}|/s"));
    }

    [Fact]
    public async Task A_changed_amount_is_no_longer_found_as_it_was()
    {
        await using var store = await TempStore.OpenAsync();
        await store.AddAsync(Weight("a", "1", "kg"));
        await store.CommitAsync(new Write.Update(TempStore.Read(Weight("a", "3", "kg")), "a"));
        Assert.Equal("", await FindAsync(store, "Observation", "value-quantity", $"1000|{Ucum}|g"));
        Assert.Equal("a", await FindAsync(store, "Observation", "value-quantity", $"3000|{Ucum}|g"));
        Assert.Empty((await store.Store.VerifyAsync(10, CancellationToken.None)).Faults);
    }

    [Theory]
    [InlineData("X$100$200", "a")]
    [InlineData("X$ge50$lt201", "a")]
    [InlineData("X$ge50$lt200", "")]
    [InlineData("Y$100$200", "")]
    [InlineData("X$200$100", "")]
    [InlineData("X$300$400", "a")]
    [InlineData("X$100$400", "")]
    public async Task A_composite_of_three_speaks_of_one_element(string value, string found)
    {
        await using var store = await TempStore.OpenAsync();
        await store.AddAsync("""
            {"resourceType":"MolecularSequence","id":"a","coordinateSystem":0,"referenceSeq":{"chromosome":{"coding":[{"code":"X"}]},
             "windowStart":1,"windowEnd":1000},"variant":[{"start":100,"end":200},{"start":300,"end":400}]}
            """);
        Assert.Equal(found, await FindAsync(store, "MolecularSequence", "chromosome-variant-coordinate", value));
    }
}
