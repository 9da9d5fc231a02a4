using System.Globalization;

namespace CptsFhirHub.Generator;

/// <summary>National numbers in invented blocks, with the right last digit; no register knows them.</summary>
internal static class Numbers
{
    /// <summary>An RPPS of the block 10099.</summary>
    public static string Rpps(int number) => WithKey("10099" + number.ToString("00000", CultureInfo.InvariantCulture));

    /// <summary>The institution of a département: 859900011 in Vendée.</summary>
    public static string Finess(string department) => department switch
    {
        "85" or "91" or "45" or "16" => department switch { "85" => "859900011", "91" => "919900019", "45" => "459900015", _ => "169900016" },
        _ => WithKey(department + "990001"),
    };

    /// <summary>Luhn: each second digit from the right is doubled.</summary>
    private static string WithKey(string digits)
    {
        var sum = 0;
        for (var i = 0; i < digits.Length; i++)
        {
            var digit = digits[^(i + 1)] - '0';
            var counted = i % 2 == 0 ? digit * 2 : digit;
            sum += counted > 9 ? counted - 9 : counted;
        }

        return digits + ((10 - sum % 10) % 10).ToString(CultureInfo.InvariantCulture);
    }
}
