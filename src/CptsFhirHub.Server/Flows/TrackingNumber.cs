using System.Security.Cryptography;

namespace CptsFhirHub.Server.Flows;

/// <summary>
/// The number a sender gets and asks about later, such as <c>7K4F9-2QXMB</c>. Ten of thirty-two letters: nobody guesses one, and
/// it can be read on the phone (no I, L, O or U).
/// </summary>
internal static class TrackingNumber
{
    private const string Letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    public static string New() => $"{RandomNumberGenerator.GetString(Letters, 5)}-{RandomNumberGenerator.GetString(Letters, 5)}";
}
