using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using CptsFhirHub.Generator;

namespace CptsFhirHub.Tests.Territories;

/// <summary>A generated territory depends on its wish and on nothing else: a manifest is worth something only when it can be made again.</summary>
public sealed class Same_seed_same_bytes
{
    public static TheoryData<string> Profiles => [.. TerritoryProfile.All.Select(profile => profile.Name)];

    [Theory]
    [MemberData(nameof(Profiles))]
    public void Two_runs_give_the_same_bytes_and_another_seed_others(string profile)
    {
        Assert.Equal(Fingerprint(Wish(profile, 7)), Fingerprint(Wish(profile, 7)));
        Assert.NotEqual(Fingerprint(Wish(profile, 7)), Fingerprint(Wish(profile, 8)));
    }

    [Fact]
    public void The_culture_of_the_thread_changes_nothing()
    {
        var wish = Wish("vendee", 7);
        var expected = Fingerprint(wish);
        var (before, strange) = (CultureInfo.CurrentCulture, (CultureInfo)CultureInfo.InvariantCulture.Clone());
        (strange.NumberFormat.NegativeSign, strange.NumberFormat.NumberDecimalSeparator) = ("~", ",");
        (strange.DateTimeFormat.DateSeparator, strange.DateTimeFormat.TimeSeparator) = ("_", "h");
        try
        {
            CultureInfo.CurrentCulture = strange;
            Assert.Equal(expected, Fingerprint(wish));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public async Task The_program_writes_the_same_in_another_time_zone()
    {
        var folder = Directory.CreateTempSubdirectory("hub-territory-").FullName;
        var start = new ProcessStartInfo("dotnet")
        {
            ArgumentList =
            {
                Path.Combine(AppContext.BaseDirectory, "CptsFhirHub.Generator.dll"), "--seed", "7", "--profile", "loiret", "--size", "30", "--out", folder,
            },
            Environment = { ["TZ"] = "Pacific/Kiritimati", ["LANG"] = "fr_FR.UTF-8" },
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        using var process = Process.Start(start)!;
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(0, process.ExitCode);
        foreach (var (path, bytes) in GeneratedTerritory.Of(Wish("loiret", 7)).Files())
        {
            var written = await File.ReadAllBytesAsync(Path.Combine(folder, path), TestContext.Current.CancellationToken);
            Assert.True(bytes.Span.SequenceEqual(written), path);
        }

        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public void Every_source_speaks_and_no_number_belongs_to_anybody(string profile)
    {
        var territory = GeneratedTerritory.Of(Wish(profile, 3));

        Assert.Equal(TerritoryProfile.Sources.Order(StringComparer.Ordinal), territory.Expected.Messages.Keys);
        Assert.All(territory.Persons, person =>
        {
            Assert.Equal("99999", person.Nir[5..10]);
            Assert.Equal(97 - long.Parse(person.Nir[..13], CultureInfo.InvariantCulture) % 97, long.Parse(person.Nir[13..], CultureInfo.InvariantCulture));
            Assert.Matches("^(019900|026191|035301|046571|053649)[0-9]{4}$", person.Phone);
            Assert.Matches("^063998[0-9]{4}$", person.Mobile ?? "0639980000");
        });
        Assert.Equal(territory.Persons.Count, territory.Persons.Select(person => person.Born).Distinct().Count());
        Assert.DoesNotContain(territory.Deliveries, delivery => Encoding.Latin1.GetString(delivery.Bytes.Span).Contains("1.2.250.1.213.1.4.8", StringComparison.Ordinal));
    }

    [Fact]
    public void The_waiting_list_of_the_Vendee_has_its_3800_lines()
    {
        var territory = GeneratedTerritory.Of(new(7, TerritoryProfile.Find("vendee")!));
        var census = territory.Deliveries.Single(delivery => delivery.Source == "recensement");

        Assert.Equal(territory.Wish.Profile.Size, census.Messages.Count);
        Assert.Equal(territory.Expected.CensusByCommune.Values.Sum(),
            census.Messages.Where(message => message.State is "processed" or "waiting").SelectMany(message => message.Persons).Distinct().Count());
        Assert.All(territory.Expected.NearestAld.Values, nearest => Assert.Equal(nearest.OrderBy(one => one.Metres), nearest));
    }

    [Fact]
    public void The_rates_of_the_val_have_their_denominators()
    {
        var territory = GeneratedTerritory.Of(Wish("val", 7));
        var rates = territory.Expected.Indicators;

        Assert.Equal(["medecins-prenant-des-patients", "medecins-prenant-et-affiches", "patients-par-medecin", "sans-mt", "sans-mt-ald", "sans-mt-plus-70", "sans-mt-precaire"], rates.Keys);
        Assert.Equal((territory.Persons.Count, territory.Gps.Count), rates["patients-par-medecin"]);
        Assert.Equal(territory.Expected.GpsTakingPatients, rates["medecins-prenant-et-affiches"].Denominator);
        Assert.All(rates.Where(rate => rate.Key.StartsWith("sans-mt", StringComparison.Ordinal)), rate =>
        {
            Assert.Equal(territory.Persons.Count, rate.Value.Denominator);
            Assert.InRange(rate.Value.Numerator, 1, rates["sans-mt"].Numerator);
        });
    }

    [Fact]
    public void Two_of_one_name_whose_dates_differ_by_a_digit_wait_for_a_person()
    {
        var territory = GeneratedTerritory.Of(new(7, TerritoryProfile.Find("vendee")!) { Today = new(2026, 11, 22) });
        var asked = territory.Deliveries.SelectMany(delivery => delivery.Messages)
            .Where(message => message.State == "waiting" && !message.Dirt.Contains("known")).SelectMany(message => message.Persons).Distinct().ToList();

        var persons = territory.Persons.ToDictionary(person => person.Id, StringComparer.Ordinal);
        Assert.NotEmpty(asked);
        Assert.All(asked, id => Assert.Contains(territory.Persons, other => other.Id != id && other.FirstName == persons[id].FirstName
            && other.BornCompact.Zip(persons[id].BornCompact).Count(digits => digits.First != digits.Second) == 1));
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public void Each_record_expected_is_made_by_one_message(string profile)
    {
        var territory = GeneratedTerritory.Of(new(7, TerritoryProfile.Find(profile)!) { Size = 300 });
        Assert.Equal(territory.Expected.Patients, territory.Deliveries.Sum(delivery => delivery.Messages.Count(message => message.IsNewRecord)));
    }

    private static GeneratorWish Wish(string profile, long seed) => new(seed, TerritoryProfile.Find(profile)!) { Size = 30 };

    private static string Fingerprint(GeneratorWish wish)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (path, bytes) in GeneratedTerritory.Of(wish).Files())
        {
            hash.AppendData(Encoding.UTF8.GetBytes(path));
            hash.AppendData(bytes.Span);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
