using System.Globalization;

namespace CptsFhirHub.Generator.Sources;

/// <summary>Days of a telephone platform for unscheduled care: seventeen calls a day, seventy-two slots.</summary>
internal sealed class CallLog(Workshop shop)
{
    private const string Source = "appels-snp";
    private const int CallsADay = 17;
    private static readonly string[] Directions = ["conseil", "snp-24h", "snp-48h", "urgences", "15", "dentaire"];
    private readonly Chance _chance = new(shop.Wish.Seed, Source);

    public void Make()
    {
        var csv = new CsvText(new(Separator: ',', HasMark: true, Break: "\r\n"));
        csv.AddRaw("appel_id,debut,fin,operateur,appelant,motif,tri,commune,age,sans_mt,creneau_id,issue");
        var messages = new List<ExpectedMessage>();
        var count = shop.CountOf(Source);
        for (var i = 0; i < count; i++)
        {
            var direction = _chance.Pick(Directions);
            var begins = string.Create(CultureInfo.InvariantCulture, $"{shop.FrenchDay(2 + (count - 1 - i) / CallsADay)} {8 + i % CallsADay / 2:00}:{i % 2 * 30:00}");
            var isBooked = direction is "snp-24h" or "snp-48h" or "dentaire";
            var isRefused = _chance.Holds(30);
            var line = csv.Add(
                isRefused ? "" : "A-" + (i + 1).ToString("00000", CultureInfo.InvariantCulture), begins, "", _chance.Pick<string>(["OP1", "OP2"]),
                _chance.Pick<string>(["patient", "pro", "15", "famille"]), i % 7 == 0 ? "Fièvre, toux" : "Douleur", direction,
                _chance.Pick(shop.Population.Places).Name.ToUpperInvariant(), _chance.Between(1, 95).ToString(CultureInfo.InvariantCulture),
                _chance.Pick<string>(["O", "N", "?"]), isBooked ? "CR-" + (i + 1).ToString(CultureInfo.InvariantCulture) : "", isBooked ? "réservé" : "rappel");
            if (!isRefused)
                shop.CallsByDirection[direction] = shop.CallsByDirection.GetValueOrDefault(direction) + 1;
            messages.Add(isRefused ? new(line, "rejected", "required", [], ["no-number"]) : new(line, "processed", null, [], []));
        }

        shop.Deliver(new("messages/appels-snp.csv", Source, "team", "text/csv", csv.ToBytes()) { IsFile = true, Messages = messages });
    }
}
