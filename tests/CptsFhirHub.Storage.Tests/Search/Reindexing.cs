using System.Globalization;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Search;

namespace CptsFhirHub.Storage.Tests.Search;

/// <summary>A search parameter that comes after the resources: what is stored is found by it once it has been gone over.</summary>
public sealed class Reindexing
{
    private static readonly DefinitionSet WithNickname = R4.Definitions.With([TempStore.Read("""
        {"resourceType":"SearchParameter","url":"urn:sp:nickname","name":"nickname","status":"active","description":"x","code":"nickname","base":["Patient"],
         "type":"string","expression":"Patient.name.where(use = 'nickname').given"}
        """)]);

    private static readonly SearchParameter Nickname = WithNickname.SearchParameter("Patient", "nickname")!;

    private static SearchQuery Called(string name) =>
        new SearchQueryParser(WithNickname).Parse("Patient", [new("nickname", name), new("_count", "1000")]).Query;

    [Fact]
    public async Task Stored_resources_become_findable_step_by_step()
    {
        await using var store = await FilledAsync(450);
        Assert.Empty(await store.FindAsync(Called("titi")));
        store.Resources.UseParameters(WithNickname);
        var (row, steps) = (0L, 0);
        for (var isDone = false; !isDone; steps++)
        {
            var progress = await store.Resources.ReindexAsync([Nickname], row, CancellationToken.None);
            Assert.True(progress.Row > row);
            (row, isDone) = (progress.Row, progress.IsDone);
            Assert.Equal(Math.Min(row, 450), (await store.FindAsync(Called("titi"))).Count);
        }

        Assert.Equal(3, steps);
    }

    [Fact]
    public async Task What_is_written_after_the_parameter_needs_no_second_look()
    {
        await using var store = await FilledAsync(1);
        store.Resources.UseParameters(WithNickname);
        await store.AddAsync(Patient("late", "Toto"));
        Assert.Equal(["late"], await store.FindAsync(Called("toto")));
    }

    [Fact]
    public async Task It_ends_where_the_first_step_saw_the_end_however_much_is_written_meanwhile()
    {
        await using var store = await FilledAsync(300);
        store.Resources.UseParameters(WithNickname);
        var first = await store.Resources.ReindexAsync([Nickname], 0, CancellationToken.None);
        Assert.False(first.IsDone);
        for (var i = 0; i < 250; i++)
            await store.AddAsync(Patient($"late{i}", "Toto"));
        var second = await store.Resources.ReindexAsync([Nickname], first.Row, CancellationToken.None, first.LastRow);
        Assert.True(second.IsDone);
        Assert.Equal(first.LastRow, second.Row);
        Assert.Equal(300, (await store.FindAsync(Called("titi"))).Count);
        Assert.Equal(250, (await store.FindAsync(Called("toto"))).Count);
    }

    [Fact]
    public async Task A_step_that_is_done_again_and_a_change_of_the_parameter_leave_no_old_values()
    {
        await using var store = await FilledAsync(3);
        store.Resources.UseParameters(WithNickname);
        await store.Resources.ReindexAsync([Nickname], 0, CancellationToken.None);
        await store.Resources.ReindexAsync([Nickname], 0, CancellationToken.None);
        Assert.Equal(3, (await store.FindAsync(Called("titi"))).Count);

        var other = Nickname with { Expression = "Patient.name.where(use = 'official').family" };
        await store.Resources.ReindexAsync([other], 0, CancellationToken.None);
        Assert.Empty(await store.FindAsync(Called("titi")));
        Assert.Equal(3, (await store.FindAsync(Called("durand"))).Count);
    }

    [Fact]
    public async Task It_goes_on_where_it_ended_and_passes_over_what_is_deleted_or_of_other_types()
    {
        await using var store = await FilledAsync(250);
        await store.AddAsync("""{"resourceType":"Organization","id":"o","name":"x"}""");
        await store.CommitAsync(new Write.Delete("Patient", "n240"));
        store.Resources.UseParameters(WithNickname);
        var first = await store.Resources.ReindexAsync([Nickname], 0, CancellationToken.None);
        Assert.False(first.IsDone);
        var second = await store.Resources.ReindexAsync([Nickname], first.Row, CancellationToken.None);
        Assert.True(second.IsDone);
        Assert.Equal(249, (await store.FindAsync(Called("titi"))).Count);
        Assert.True((await store.Resources.ReindexAsync([Nickname], second.Row, CancellationToken.None)).IsDone);
    }

    private static async Task<TempStore> FilledAsync(int count)
    {
        var store = await TempStore.OpenAsync();
        await store.CommitAsync([.. Enumerable.Range(0, count).Select(Write (n) =>
        {
            var id = string.Create(CultureInfo.InvariantCulture, $"n{n}");
            return new Write.Create(TempStore.Read(Patient(id, "Titi")), Id: id);
        })]);
        return store;
    }

    private static string Patient(string id, string nickname) => $$"""
        {"resourceType":"Patient","id":"{{id}}","name":[{"use":"official","family":"Durand"},{"use":"nickname","given":["{{nickname}}"]}]}
        """;
}
