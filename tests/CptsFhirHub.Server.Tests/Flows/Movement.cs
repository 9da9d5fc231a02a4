using System.Globalization;
using CptsFhirHub.Tests.Intake;

namespace CptsFhirHub.Tests.Flows;

/// <summary>One message of a hospital about a stay of somebody.</summary>
/// <param name="Trigger">A01, A03, A08, A11, A13.</param>
/// <param name="Hour">When it was recorded, on one day: 1015.</param>
/// <param name="Number">ZBE-1; null for none.</param>
/// <param name="Stay">Which stay of the person; null for one without number.</param>
internal sealed record Movement(string Trigger, string Hour, string? Number, string? Stay = "1")
{
    /// <summary>The RPPS of the GP that it names; without it says that there is none.</summary>
    public string? Gp { get; init; }

    public string? Phone { get; init; }

    public string? Street { get; init; }

    public override string ToString() => $"{Trigger} {Hour} {Number}/{Stay}{(Gp is null ? "" : " GP " + Gp)}{(Phone is null ? "" : " " + Phone)}{(Street is null ? "" : " " + Street)}";

    public string For(Somebody who)
    {
        var text = Messages.Adt(Phone is null ? who : who with { Phone = Phone }, Trigger, pv2: Gp is null ? "SM" : "")
            .Replace("|20260619101500|", $"|20260619{Hour}00|", StringComparison.Ordinal)
            .Replace($"ZBE|Z{who.Ipp}", Number is null ? "ZBE|" : $"ZBE|{Number}Z{who.Ipp}", StringComparison.Ordinal)
            .Replace($"V{who.Ipp}^^^CH-TEST", Stay is null ? "^^^CH-TEST" : $"V{Stay}{who.Ipp}^^^CH-TEST", StringComparison.Ordinal);
        if (Trigger is "A08")
            text = text.Replace("||INSERT|", "||UPDATE|", StringComparison.Ordinal);
        if (Street is not null)
            text = text.Replace("4 RUE DU FOUR", Street, StringComparison.Ordinal);
        return Gp is null ? text : text.Replace("PV1|", $"ROL||UC|ODRP|{Gp}^VERNET^Luc\rPV1|", StringComparison.Ordinal);
    }

    /// <summary>All orders of them.</summary>
    public static IEnumerable<IReadOnlyList<T>> Orders<T>(IReadOnlyList<T> all)
    {
        if (all.Count < 2)
        {
            yield return all;
            yield break;
        }

        for (var i = 0; i < all.Count; i++)
            foreach (var rest in Orders<T>([.. all.Take(i), .. all.Skip(i + 1)]))
                yield return [all[i], .. rest];
    }

    /// <summary>Movements as tests write them: <c>A03 1015 M1, A13 1030 M1/2</c>, the stay behind a slash.</summary>
    public static IReadOnlyList<Movement> Read(string text) =>
    [
        .. text.Split(',', StringSplitOptions.TrimEntries).Select(one => one.Split(' ')).Select(parts =>
        {
            var place = parts[2].Split('/');
            return new Movement(parts[0], parts[1], place[0] is "-" ? null : place[0], place is [_, var stay] ? stay is "-" ? null : stay : "1")
            {
                Gp = parts is [_, _, _, var gp, ..] ? string.Create(CultureInfo.InvariantCulture, $"8100990000{gp}") : null,
            };
        }),
    ];
}
