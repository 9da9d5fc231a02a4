using System.Globalization;

namespace CptsFhirHub.Bench;

/// <summary>Invented persons, told by a number: they differ as people do. Were all of them one phone's, each would be compared with all before.</summary>
internal static class People
{
    private static readonly string[] FirstNames =
        ["Odette", "Marcel", "Jeanne", "Louis", "Yvonne", "André", "Simone", "Roger", "Paulette", "Henri", "Denise", "Lucien", "Germaine"];

    public static string FirstName(int n) => FirstNames[n % FirstNames.Length];

    /// <summary>A family name of its own: the number in letters.</summary>
    public static string FamilyName(int n)
    {
        Span<char> letters = stackalloc char[7];
        for (var i = letters.Length - 1; i >= 0; i--, n /= 26)
            letters[i] = (char)('A' + (n % 26));
        return string.Concat("BANC", letters);
    }

    public static string Phone(int n) => string.Create(CultureInfo.InvariantCulture, $"02519{n % 100_000:00000}");

    public static DateOnly Born(int n) => new DateOnly(1930, 1, 1).AddDays(n % 25_000);

    /// <summary>A Patient of some 500 bytes; with an id when it shall replace the one stored under it.</summary>
    public static string Patient(int n, string? id = null, string? phone = null) => $$"""
        {"resourceType":"Patient",{{(id is null ? "" : $"\"id\":\"{id}\",")}}"identifier":[{"system":"{{Filling.IdentifierSystem}}","value":"{{n}}"}],"active":true,
         "name":[{"use":"official","family":"{{FamilyName(n)}}","given":["{{FirstName(n)}}","Marie"]},{"use":"usual","family":"DUBANC"}],
         "telecom":[{"system":"phone","value":"{{phone ?? Phone(n)}}"}],"gender":"female","birthDate":"{{Born(n):yyyy-MM-dd}}",
         "address":[{"use":"home","line":["4 rue du Four"],"city":"AIZENAY","postalCode":"85190","country":"FRA"}]}
        """;

    /// <summary>Parameters that ask who this person is, without the number, the phone and the second first name.</summary>
    public static string Wanted(int n) => $$"""
        {"resourceType":"Parameters","parameter":[{"name":"resource","resource":{"resourceType":"Patient",
         "name":[{"use":"official","family":"{{FamilyName(n).ToLowerInvariant()}}","given":["{{FirstName(n)}}"]}],"gender":"female","birthDate":"{{Born(n):yyyy-MM-dd}}",
         "address":[{"use":"home","city":"AIZENAY","postalCode":"85190"}]} }]}
        """;
}
