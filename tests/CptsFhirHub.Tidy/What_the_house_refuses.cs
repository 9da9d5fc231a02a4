using System.Text.RegularExpressions;
using CptsFhirHub.Tests;

namespace CptsFhirHub.Tidy;

/// <summary>The rules of shape that a reader would have to watch otherwise.</summary>
public sealed partial class What_the_house_refuses
{
    private const int LinesMax = 500;

    private static readonly string[] EmptyWords =
        ["Manager", "Helper", "Helpers", "Util", "Utils", "Utility", "Processor", "Wrapper", "Base", "Impl", "Data", "Info", "Common", "Service"];

    /// <summary>FHIR's own words that contain one of them; the base URL is [base] in its addresses.</summary>
    private static readonly string[] FhirWords = ["ServiceRequest", "HealthcareService", "ServiceType", "BaseUrl"];

    private static readonly string[] TextFiles =
    [
        "*.cs", "*.csproj", "*.props", "*.targets", "*.sln", "*.json", "*.md", "*.yml", "*.yaml", "*.config", "*.txt", "*.fsh", "*.map", "*.sh", "*.js", "*.css",
        "*.html", "*.editorconfig", "*.gitattributes", "*.gitignore", "*.toml", "run",
    ];

    private static IEnumerable<SourceFile> Product => SourceFile.All.Where(file => file.Project is not null && !file.IsGenerated);

    [Fact]
    public void No_type_has_an_empty_word_in_its_name() =>
        Walls_between_rooms.None(
            from file in Product
            from type in file.Types
            let meaning = FhirWords.Aggregate(type, (name, word) => name.Replace(word, "", StringComparison.Ordinal))
            from word in Word().Matches(meaning).Select(match => match.Value)
            where EmptyWords.Contains(word)
            select $"{file.Path}: {type} says nothing with '{word}'.");

    [Fact]
    public void A_file_is_short_or_says_why_not() =>
        Walls_between_rooms.None(
            from file in SourceFile.All
            let lines = file.Text.Count(c => c == '\n')
            where lines > LinesMax && !file.IsGenerated && !Head(file.Text).Contains("long", StringComparison.OrdinalIgnoreCase)
            select $"{file.Path} has {lines} lines; past {LinesMax} its head says why it is long.");

    /// <summary>As <c>dotnet format</c> orders them: System's first, then by name; static ones after them, aliases last.</summary>
    [Fact]
    public void Usings_stand_in_their_order() =>
        Walls_between_rooms.None(
            from file in SourceFile.All
            where !file.IsGenerated
            let usings = Using().Matches(file.Code).Select(match => match.Groups["name"].Value).ToList()
            where !usings.SequenceEqual(usings.OrderBy(Kind).ThenBy(name => IsSystem(name) ? 0 : 1).ThenBy(name => name, StringComparer.OrdinalIgnoreCase))
            select $"{file.Path}: {string.Join("; ", usings)}");

    [Fact]
    public void Fhir_and_Coordination_write_to_no_console() =>
        Walls_between_rooms.None(
            from file in Product
            where file.Project is "Fhir" or "Coordination" && ConsoleUse().IsMatch(file.Code)
            select $"{file.Path} writes to the console.");

    [Fact]
    public void Coordination_never_awaits() =>
        Walls_between_rooms.None(
            from file in Product
            where file.Project == "Coordination" && Waiting().IsMatch(file.Code)
            select $"{file.Path} awaits: Coordination decides and does no I/O.");

    [Fact]
    public void Fhir_knows_neither_web_nor_database() =>
        Walls_between_rooms.None(
            from file in Product
            where file.Project is "Fhir" or "Coordination" && Outside().IsMatch(file.Code)
            select $"{file.Path} reaches for the web or a database.");

    /// <summary>
    /// A limit on the wall refuses a sound text when the thread waits for its turn. Without backtracking the time grows with the text alone.
    /// </summary>
    [Fact]
    public void A_pattern_of_our_own_never_looks_at_the_clock() =>
        Walls_between_rooms.None(
            from file in Product
            where OwnPattern().Count(file.Text) > 0 && !file.Text.Contains("RegexOptions.NonBacktracking", StringComparison.Ordinal)
                || TimedPattern().IsMatch(file.Text)
            select $"{file.Path} has a pattern that backtracks, or one with a limit on the wall.");

    [Fact]
    public void A_todo_carries_an_issue_number() =>
        Walls_between_rooms.None(
            from file in SourceFile.All
            from line in file.Text.Split('\n')
            where OpenTodo().IsMatch(line)
            select $"{file.Path}: {line.Trim()}");

    [Fact]
    public void Nothing_names_a_machine() =>
        Walls_between_rooms.None(
            from path in TextFiles.SelectMany(SourceFile.Files).Distinct(StringComparer.Ordinal)
            where !path.StartsWith("tests/CptsFhirHub.Tidy/", StringComparison.Ordinal)
            from line in File.ReadLines(Repository.File(path))
            where MachinePath().IsMatch(line) || PrivateRegistry().IsMatch(line)
            select $"{path}: {(line.Length > 160 ? line[..160] : line).Trim()}");

    [Theory]
    [InlineData("cd /home/somebody/hub", true)]
    [InlineData("\"/root/.nuget/packages\"", true)]
    [InlineData("C:\\Users\\somebody\\hub", true)]
    [InlineData("GET /root", true)]
    [InlineData("GET /fhir/home/list", false)]
    [InlineData("src/root/main.cs", false)]
    public void A_machine_path_is_told_from_an_address(string line, bool isPath) => Assert.Equal(isPath, MachinePath().IsMatch(line));

    private static string Head(string text) => string.Join('\n', text.Split('\n').Take(20).Where(line => line.TrimStart().StartsWith("//", StringComparison.Ordinal)));

    private static int Kind(string name) =>
        name.StartsWith("static ", StringComparison.Ordinal) ? 1 : name.Contains('=', StringComparison.Ordinal) ? 2 : 0;

    private static bool IsSystem(string name) => name == "System" || name.StartsWith("System.", StringComparison.Ordinal);

    [GeneratedRegex(@"\[GeneratedRegex\(", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex OwnPattern();

    [GeneratedRegex(@"(?:matchTimeoutMilliseconds: *|, *)[0-9_]+\)\]\s+private static partial Regex", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex TimedPattern();

    [GeneratedRegex(@"^using (?!var )(?<name>[^;()]+);", RegexOptions.CultureInvariant | RegexOptions.Multiline, 1000)]
    private static partial Regex Using();

    [GeneratedRegex(@"[A-Z][a-z0-9]+|[A-Z]+(?![a-z])", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Word();

    [GeneratedRegex(@"(?<![\w.])(?:System\.)?Console\.", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex ConsoleUse();

    [GeneratedRegex(@"\b(?:await|async)\b", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Waiting();

    [GeneratedRegex(@"\b(?:Microsoft\.AspNetCore|Microsoft\.EntityFrameworkCore|Microsoft\.Data|System\.Net\.Http|System\.Net\.Sockets|Quartz)\b", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Outside();

    [GeneratedRegex(@"\bTODO\b(?!\s*\(?#\d+)", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex OpenTodo();

    [GeneratedRegex(@"(?<![\w./-])/(?:root|home/\w+)\b|[A-Z]:\\Users\\", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex MachinePath();

    // Packages come from where the reader's own configuration says; lock files with addresses would name ours.
    [GeneratedRegex(@"https?://(?:[\w-]+\.)*(?:artifactory|nexus|registry|mirror|proxy)[\w.-]*[:/]", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex PrivateRegistry();
}
