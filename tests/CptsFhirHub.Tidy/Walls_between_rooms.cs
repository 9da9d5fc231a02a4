using System.Text.RegularExpressions;
using System.Xml.Linq;
using CptsFhirHub.Tests;

namespace CptsFhirHub.Tidy;

/// <summary>ARCHITECTURE.md, enforced: who may see whom.</summary>
public sealed class Walls_between_rooms
{
    [Fact]
    public void A_project_references_only_what_it_may()
    {
        var faults = new List<string>();
        foreach (var path in SourceFile.Files("*.csproj"))
        {
            var folder = path[..path.LastIndexOf('/')];
            if (!Rooms.References.TryGetValue(folder, out var may))
                continue;
            var project = XDocument.Load(Repository.File(path));
            foreach (var reference in project.Descendants("ProjectReference").Select(node => (string)node.Attribute("Include")!))
            {
                var name = Path.GetFileNameWithoutExtension(reference.Replace('\\', '/'))["CptsFhirHub.".Length..];
                if (!may.Contains(name))
                    faults.Add($"{path} references {name}.");
            }
        }

        None(faults);
    }

    [Fact]
    public void Every_project_of_src_has_its_rule()
    {
        var projects = SourceFile.Files("*.csproj").Where(path => path.StartsWith("src/", StringComparison.Ordinal)).Select(path => path[..path.LastIndexOf('/')]);
        None(projects.Where(folder => !Rooms.References.ContainsKey(folder)).Select(folder => $"{folder} is not in the table of Rooms.cs."));
    }

    [Fact]
    public void The_kernel_needs_no_package_to_run()
    {
        var project = XDocument.Load(Repository.File("src", "CptsFhirHub.Fhir", "CptsFhirHub.Fhir.csproj"));
        None(project.Descendants("PackageReference")
            .Where(node => (string?)node.Attribute("PrivateAssets") != "all")
            .Select(node => $"Fhir needs the package {(string?)node.Attribute("Include")}."));
    }

    [Fact]
    public void A_room_imports_only_what_it_may()
    {
        var faults = new List<string>();
        foreach (var (project, rooms) in Rooms.May)
        {
            var files = SourceFile.All.Where(file => file.Project == project).ToList();
            var typesOf = files.Where(file => file.Room is not null)
                .ToLookup(file => file.Room!, file => file)
                .ToDictionary(room => room.Key, room => room.SelectMany(file => file.Types).ToHashSet(StringComparer.Ordinal));
            foreach (var file in files.Where(file => file.Room is not null && !file.IsGenerated))
            {
                if (!rooms.TryGetValue(file.Room!, out var may))
                {
                    faults.Add($"{file.Path}: the room {file.Room} is not in the table of Rooms.cs.");
                    continue;
                }

                faults.AddRange(typesOf.Keys
                    .Where(other => other != file.Room && !may.Contains(other) && Sees(file.Code, project, other, typesOf[other]))
                    .Select(other => $"{file.Path}: {file.Room} imports {other}."));
            }
        }

        None(faults);
    }

    [Theory]
    [InlineData("using CptsFhirHub.Fhir.Search;")]
    [InlineData("var query = new Search.SearchQuery();")]
    [InlineData("var query = CptsFhirHub.Fhir.Search.SearchQuery.Empty;")]
    [InlineData("Say($\"{Search.SearchQuery.Empty}\");")]
    public void An_import_is_seen_with_and_without_using(string code) =>
        Assert.True(Sees(SourceText.CodeOf(code), "Fhir", "Search", ["SearchQuery"]));

    [Theory]
    [InlineData("// Search.SearchQuery reads it")]
    [InlineData("Say(\"Search.SearchQuery\");")]
    [InlineData("Say(\"\"\"using CptsFhirHub.Fhir.Search;\"\"\");")]
    [InlineData("var count = query.Search.SearchQuery;")]
    [InlineData("var regex = Research.SearchQuery;")]
    public void A_mention_is_no_import(string code) =>
        Assert.False(Sees(SourceText.CodeOf(code), "Fhir", "Search", ["SearchQuery"]));

    /// <summary>A sibling room is reachable by <c>Room.Type</c> without any using, so both are looked for.</summary>
    private static bool Sees(string code, string project, string room, HashSet<string> types) =>
        Regex.IsMatch(code, $@"\bCptsFhirHub\.{project}\.{room}\b", RegexOptions.CultureInvariant, TimeSpan.FromSeconds(5))
        || Regex.Matches(code, $@"(?<![\w.])(?:{project}\.)?{room}\.(?<type>[A-Z]\w*)", RegexOptions.CultureInvariant, TimeSpan.FromSeconds(5))
            .Any(match => types.Contains(match.Groups["type"].Value));

    internal static void None(IEnumerable<string> faults)
    {
        var list = faults.ToList();
        Assert.True(list.Count == 0, string.Join('\n', list));
    }
}
