using System.Globalization;

namespace CptsFhirHub.Generator;

/// <summary>How people and spreadsheets spoil what is true. Each case has been seen in services of this kind.</summary>
internal static class Dirt
{
    /// <summary>A phone as people type it: the number stays the same.</summary>
    public static string Phone(Chance chance, string phone) => chance.Below(6) switch
    {
        0 => phone,
        1 => Pairs(phone, " "),
        2 => Pairs(phone, "."),
        3 => "0033" + phone[1..],
        4 => "+33 " + phone[1..2] + " " + Pairs(phone[2..], " "),
        _ => Pairs(phone, "-"),
    };

    /// <summary>Numbers that reach nobody.</summary>
    public static string FalsePhone(Chance chance) => chance.Pick<string>(["0000000000", "06", "02 61 91", "0612345"]);

    /// <summary>What a spreadsheet makes of a number of fifteen digits.</summary>
    public static string RoundedNir(string nir) => string.Create(CultureInfo.InvariantCulture, $"{nir[0]},{nir[1..6]}E+14");

    /// <summary>Capitals, no accents, a blank for the hyphen: the same name.</summary>
    public static string Flattened(string name) => PlainWords.WithoutAccents(name).ToUpperInvariant().Replace('-', ' ');

    public static string TwoDigitYear(DateOnly day) => day.ToString("dd/MM/yy", CultureInfo.InvariantCulture);

    private static string Pairs(string digits, string between) => string.Join(between, digits.Chunk(2).Select(pair => new string(pair)));
}
