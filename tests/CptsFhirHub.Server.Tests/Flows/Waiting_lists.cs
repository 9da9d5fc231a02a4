using System.Globalization;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Server;
using CptsFhirHub.Server.Flows;
using CptsFhirHub.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace CptsFhirHub.Tests.Flows;

/// <summary>The list that a GP is shown, portion after portion of the store, against the whole of it put in order.</summary>
public sealed class Waiting_lists(HubHost host)
{
    private const string Communes = """
        insee;nom;code_postal;latitude;longitude
        99001;Le Bourg-d'Été;99100;46.0;-1.0
        99002;La Lande;99200;46.1;-1.0
        99003;Le Port;99300;46.9;-1.0
        99004;Les Îles;99300;46.4;-1.0
        99005;Hautes Terres;99400;46.2;-1.0
        99006;Basses Terres;99400;46.8;-1.0
        """;

    private static readonly string[] Addresses =
    [
        """{"city":"LE BOURG D'ETE","postalCode":"99100"}""", """{"city":"La Lande","postalCode":"99200"}""", """{"city":"Le Port","postalCode":"99300"}""",
        """{"city":"Les Îles","postalCode":"99300"}""", """{"city":"Hautes Terres","postalCode":"99400"}""", """{"city":"Basses Terres","postalCode":"99400"}""",
        """{"city":"La Lande CEDEX 2","postalCode":"99209","extension":[{"url":"https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-address-insee-code","valueCoding":{"code":"99002"}}]}""",
        """{"city":"Ailleurs","postalCode":"01000"}""",
    ];

    private static readonly Stored Role = new("", "PractitionerRole", "gp", 1, DateTimeOffset.UnixEpoch, IsDeleted: false,
        """{"resourceType":"PractitionerRole","id":"gp","location":[{"reference":"Location/cabinet"}]}"""u8.ToArray());

    [Theory]
    [InlineData(false, null)]
    [InlineData(true, null)]
    [InlineData(false, "ald")]
    [InlineData(true, "ald")]
    public async Task Shows_the_first_of_all_who_wait_in_their_order(bool isByDistance, string? criterion)
    {
        var store = host.Services.GetRequiredService<HubStore>().Resources;
        var tenant = $"liste-{Guid.NewGuid():N}";
        var people = Enumerable.Range(0, 230).Select(Person).ToList();
        List<Write> writes = [Put("Location", """{"resourceType":"Location","id":"cabinet","position":{"latitude":46.0,"longitude":-1.0}}""")];
        foreach (var (person, resources) in people)
            writes.AddRange(resources);
        Assert.True((await store.CommitAsync(tenant, writes, TestContext.Current.CancellationToken)).Committed);
        var list = new WaitingListOfGp(store, new(Communes.Split('\n')), host.Services.GetRequiredService<Profiles>());

        var waiting = people.Select(one => one.Person).Where(person => person.IsWaiting && (criterion is null || person.HasAld));
        var expected = (isByDistance ? waiting.OrderBy(person => person.Place) : waiting.OrderByDescending(person => person.Rank))
            .ThenBy(person => person.Born ?? "9", StringComparer.Ordinal).ThenBy(person => person.Id, StringComparer.Ordinal).Select(person => person.Id).ToList();
        foreach (var count in (int[])[1, 20, 200])
        {
            var shown = await list.RunAsync(Role, tenant, new(criterion, isByDistance, count), TestContext.Current.CancellationToken);
            var persons = shown.Root.All("entry").ToArray().Where(entry => entry.Child("search")?.Text("mode") == "include")
                .Select(entry => entry.Child("resource")!.Text("id"));
            Assert.Equal(expected.Take(count), persons);
        }
    }

    /// <summary>Many have one rank and one commune; some wait no more, and some have no day of birth.</summary>
    private static (Waiting Person, List<Write> Writes) Person(int n)
    {
        string[] states = ["a-qualifier", "en-attente-medecin", "qualifie", "accepte"];
        // The distance of an address is that of its commune: the two of one post code lie apart, and one is told by its code alone.
        int[] places = [0, 1, 5, 3, 2, 4, 1, 9];
        var rank = 10 + (n * 7 % 40 / 4) + (n % 3 == 0 ? 0.4m : 0m);
        var person = new Waiting(
            $"p{n:000}", rank, n % 11 == 0 ? null : $"{1930 + (n % 50)}-0{1 + (n % 9)}-11", places[n % places.Length], n % 5 == 0, states[n % states.Length] != "accepte");
        var born = person.Born is { } day ? $",\"birthDate\":\"{day}\"" : "";
        List<Write> writes =
        [
            Put("Patient", $$"""{"resourceType":"Patient","id":"{{person.Id}}"{{born}},"address":[{{Addresses[n % Addresses.Length]}}]}"""),
            Put("ServiceRequest", string.Create(CultureInfo.InvariantCulture, $$"""
                {"resourceType":"ServiceRequest","id":"r{{person.Id}}","status":"active","intent":"order","subject":{"reference":"Patient/{{person.Id}}"},
                 "extension":[{"url":"{{Vocabulary.RankExtension}}","valueDecimal":{{rank}} }]}
                """)),
            Put("Task", $$"""
                {"resourceType":"Task","id":"t{{person.Id}}","status":"requested","intent":"order","focus":{"reference":"ServiceRequest/r{{person.Id}}"},"for":{"reference":"Patient/{{person.Id}}"},
                 "code":{"coding":[{"system":"{{Vocabulary.TaskKind}}","code":"{{Vocabulary.ParcoursTask}}"}]},
                 "businessStatus":{"coding":[{"system":"{{Vocabulary.ParcoursState}}","code":"{{states[n % states.Length]}}"}]} }
                """),
        ];
        if (person.HasAld)
            writes.Add(Put("Flag", $$"""
                {"resourceType":"Flag","id":"f{{person.Id}}","status":"active","subject":{"reference":"Patient/{{person.Id}}"},
                 "code":{"coding":[{"system":"{{Vocabulary.Criterion}}","code":"ald"}],"text":"ALD"} }
                """));
        return (person, writes);
    }

    private static Write.Update Put(string type, string json)
    {
        var resource = FhirJson.Parse(json).Resource!;
        return new Write.Update(resource, resource.Id!, IfMatch: null, MayCreate: true);
    }

    private sealed record Waiting(string Id, decimal Rank, string? Born, int Place, bool HasAld, bool IsWaiting);
}
