using System.Globalization;

namespace CptsFhirHub.Generator.Sources;

/// <summary>The eight fields of a pharmacist's or a nurse's desk. The form asks for no sex: a known person is recognised by the phone as well.</summary>
internal sealed class DeskForms(Workshop shop)
{
    private const string Source = "guichet";
    private readonly Chance _chance = new(shop.Wish.Seed, Source);

    public void Make()
    {
        for (var i = 0; i < shop.CountOf(Source); i++)
        {
            var person = shop.Somebody(_chance, knownPerMille: 300);
            var name = $"messages/guichet/{(i + 1).ToString("00000", CultureInfo.InvariantCulture)}.json";
            var (isRefused, isSilent) = (_chance.Holds(50), _chance.Holds(60));
            var phone = isSilent ? null : _chance.Holds(200) && person.Mobile is { } mobile ? mobile : person.Phone;
            var ticks = new[] { ("ald", person.HasAld, "ald"), ("isole", person.LivesAlone, "isolement"), ("precaire", person.IsPrecarious, "precarite"), ("handicap", person.HasHandicap, "handicap") }
                .Where(tick => tick.Item2).ToList();
            var bytes = JsonText.Of(json =>
            {
                json.WriteString("reference", "PH-" + (i + 1).ToString("00000", CultureInfo.InvariantCulture));
                json.WriteString("date", shop.Day(_chance.Between(1, 20)) + "T10:05:00+02:00");
                json.Texts(("nom", person.BirthName), ("nom_utilise", person.UsedName), ("prenom", isRefused ? null : person.FirstName),
                    ("date_naissance", person.BornFrench), ("telephone", phone is null ? null : Dirt.Phone(_chance, phone)),
                    ("commune", person.Home.Name), ("commune_insee", person.Home.Insee), ("sans_mt_depuis", person.HasLostGp ? shop.Day(150) : null));
                json.List("fragilite", ticks.Select(tick => tick.Item1));
                json.WriteString("besoin", _chance.Pick<string>(["renouvellement", "symptome", "aucun", "soin"]));
                json.WriteBoolean("consentement", true);
            });
            var message = isRefused
                ? new ExpectedMessage(1, "rejected", "required", [person.Id], ["no-first-name"])
                : shop.Signal(1, new(person, Source)
                {
                    Phones = phone is null ? [] : [phone],
                    HasContact = phone is not null,
                    SourceKey = "PH-" + (i + 1).ToString("00000", CultureInfo.InvariantCulture),
                    IsAldTold = person.HasAld,
                    Fragilities = [.. ticks.Select(tick => tick.Item3)],
                }, isSilent ? ["no-phone"] : []);
            shop.Deliver(new(name, Source, "guichet", "application/json", bytes) { Messages = [message] });
        }
    }
}
