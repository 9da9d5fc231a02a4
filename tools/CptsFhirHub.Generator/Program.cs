using System.Globalization;
using CptsFhirHub.Generator;

const string Usage =
    """
    Makes a synthetic territory: persons, messages of every source with their dirt, and a manifest of every expected count.

      dotnet run --project tools/CptsFhirHub.Generator -- --seed 7 --profile vendee --out DIR [--size N] [--today yyyy-MM-dd] [--names DIR]

      --profile  vendee, charente, loiret, val, essonne, sarthe
      --size     lines of the territory's main source; its own figure unless said
      --today    the day on which ages are counted, 2026-06-15 unless said
      --names    a folder with given_names.csv and surnames.csv of INSEE, instead of the short tables
    """;

var options = new Dictionary<string, string>(StringComparer.Ordinal);
for (var i = 0; i + 1 < args.Length; i += 2)
    options[args[i]] = args[i + 1];
if (args.Length % 2 != 0 || !long.TryParse(options.GetValueOrDefault("--seed"), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seed)
    || TerritoryProfile.Find(options.GetValueOrDefault("--profile") ?? "") is not { } profile || options.GetValueOrDefault("--out") is not { } folder)
{
    Console.Error.WriteLine(Usage);
    return 2;
}

var wish = new GeneratorWish(seed, profile);
if (options.TryGetValue("--size", out var size))
{
    if (!int.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out var lines) || lines is < 1 or > GeneratorWish.SizeMax)
    {
        Console.Error.WriteLine($"--size is a number from 1 to {GeneratorWish.SizeMax}.");
        return 2;
    }

    wish = wish with { Size = lines };
}

if (options.TryGetValue("--today", out var today))
{
    if (!DateOnly.TryParseExact(today, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day))
    {
        Console.Error.WriteLine("--today is a date such as 2026-06-15.");
        return 2;
    }

    wish = wish with { Today = day };
}

if (options.TryGetValue("--names", out var names))
    wish = wish with { Names = FrenchNames.Read(names) };

var territory = GeneratedTerritory.Of(wish);
foreach (var (path, bytes) in territory.Files())
{
    var file = Path.Combine(folder, path);
    Directory.CreateDirectory(Path.GetDirectoryName(file)!);
    await File.WriteAllBytesAsync(file, bytes);
}

var expected = territory.Expected;
Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
    $"{profile.Name}, seed {seed}: {expected.Persons} persons, {territory.Deliveries.Sum(delivery => delivery.Messages.Count)} messages in {territory.Deliveries.Count} deliveries, {expected.Patients} patients and {expected.OpenRequests} open requests expected."));
return 0;
