using System.Globalization;

namespace CptsFhirHub.Generator.Sources;

/// <summary>What the health insurance sends: discharges of PRADO in its six volets, and studied files of the MAS.</summary>
internal sealed class InsuranceFiles(Workshop shop)
{
    private static readonly string[] Volets = ["maternite", "chirurgie", "insuffisance-cardiaque", "bpco", "avc-ait", "personnes-agees"];
    private readonly Chance _chance = new(shop.Wish.Seed, "prado");
    private readonly Chance _masChance = new(shop.Wish.Seed, "mas");

    public void MakePrado()
    {
        var csv = new CsvText(new(BlankLinesAtEnd: 1));
        csv.AddRaw(
            "dossier_prado;volet;nir;nom_naissance;nom_utilise;prenoms;date_naissance;sexe;adresse;code_postal;commune;commune_insee;telephone;"
            + "etablissement_finess;service;date_entree;date_sortie_prevue;date_sortie_reelle;adhesion;date_adhesion;medecin_traitant_statut;aide_domicile;"
            + "conseiller_id;evenement");
        var messages = new List<ExpectedMessage>();
        var last = "";
        ExpectedMessage? lastMessage = null;
        for (var i = 0; i < shop.CountOf("prado"); i++)
        {
            var key = $"PR-{shop.Wish.Profile.Department}-{(i + 1).ToString("0000", CultureInfo.InvariantCulture)}";
            var person = shop.Somebody(_chance);
            switch (_chance.Below(14))
            {
                case 0 when lastMessage is { State: "processed" }:
                    messages.Add(lastMessage with { Line = csv.AddRaw(last), State = "duplicate", Dirt = ["line-twice"] });
                    break;
                case 1:
                    messages.Add(new(csv.Add(Row(key, "volet-inconnu", person, "sortie", hasLeft: true)), "rejected", "code-invalid", [person.Id], ["unknown-volet"]));
                    break;
                case 2:
                    Withdrawn(csv, key, messages);
                    break;
                case 3:
                    var fresh = shop.Population.Next();
                    messages.Add(shop.Signal(csv.Add(Row(key, Volets[i % 6], fresh, "creation", hasLeft: false)), Told(fresh, key), "announced"));
                    messages.Add(shop.Signal(csv.Add(Row(key, Volets[i % 6], fresh, "sortie", hasLeft: true)), Told(fresh, key), "left"));
                    break;
                default:
                    last = csv.Join(Row(key, Volets[i % 6], person, "sortie", hasLeft: true));
                    lastMessage = shop.Signal(csv.AddRaw(last), Told(person, key));
                    messages.Add(lastMessage);
                    break;
            }
        }

        shop.Deliver(new("messages/prado.csv", "prado", "prado", "text/csv", csv.ToBytes()) { IsFile = true, Messages = messages });
    }

    /// <summary>Studies of files that are open already, mostly; some people the hub hears of for the first time.</summary>
    public void MakeMas()
    {
        for (var i = 0; i < shop.CountOf("mas"); i++)
        {
            var person = shop.Somebody(_masChance, knownPerMille: 750);
            var name = $"messages/mas/{(i + 1).ToString("00000", CultureInfo.InvariantCulture)}";
            var key = $"MAS-{(i + 1).ToString("0000", CultureInfo.InvariantCulture)}";
            var bytes = Study(person, key);
            var message = shop.Signal(1, new(person, "mas")
            {
                HasSex = true,
                Phones = [person.Phone],
                HasContact = true,
                HasNir = true,
                SourceKey = key,
                IsAldTold = person.HasAld,
                Fragilities = [.. new[] { ("ald", person.HasAld), ("c2s", person.HasC2s), ("ame", person.HasAme) }.Where(pair => pair.Item2).Select(pair => pair.Item1)],
            });
            shop.Deliver(new(name + ".json", "mas", "team", "application/json", bytes) { Messages = [message] });
            if (_masChance.Holds(120))
                shop.Deliver(new(name + "-again.json", "mas", "team", "application/json", bytes) { Messages = [message with { State = "duplicate", Dirt = ["repetition"] }] });
        }
    }

    private void Withdrawn(CsvText csv, string key, List<ExpectedMessage> messages)
    {
        var person = shop.Population.Next();
        messages.Add(shop.Signal(csv.Add(Row(key, "chirurgie", person, "creation", hasLeft: false)), Told(person, key), "withdrawn-later"));
        shop.Ledger.Withdraw(Told(person, key));
        messages.Add(new(csv.Add(Row(key, "chirurgie", person, "annulation", hasLeft: false)), "processed", null, [person.Id], ["cancelled"]));
    }

    private string[] Row(string key, string volet, Person person, string happened, bool hasLeft)
    {
        var leftDaysAgo = _chance.Between(1, 15);
        return
        [
            key, volet, HasNir(person) ? person.Nir : "", person.BirthName, person.UsedName ?? "", person.FirstName.ToUpperInvariant(), person.BornFrench, person.Sex,
            person.Street, person.Home.PostCode, person.Home.Name.ToUpperInvariant(), person.Home.Insee, Dirt.Phone(_chance, person.Phone),
            Numbers.Finess(shop.Wish.Profile.Department), "Médecine", shop.FrenchDay(leftDaysAgo + 6), hasLeft ? "" : shop.FrenchDay(-2),
            hasLeft ? shop.FrenchDay(leftDaysAgo) : "", "O", shop.FrenchDay(leftDaysAgo + 1), person.HasLostGp ? "parti" : "absent", _chance.Holds(300) ? "O" : "N",
            "CAM-07", happened,
        ];
    }

    private static bool HasNir(Person person) => person.Born.Day % 5 < 3;

    private static Said Told(Person person, string key) => new(person, "prado")
    {
        HasSex = true,
        Phones = [person.Phone],
        HasContact = true,
        HasNir = HasNir(person),
        SourceKey = key,
    };

    private byte[] Study(Person person, string key) => JsonText.Of(json =>
    {
        string Tick(bool holds) => holds ? "oui" : "non";
        json.WriteString("dossier_mas", key);
        json.WriteString("date_etude", shop.Day(1));
        json.Group("patient", () => json.Texts(
            ("nir", person.Nir), ("nom_naissance", person.BirthName), ("nom_utilise", person.UsedName)));
        json.List("prenoms", [person.FirstName]);
        json.Texts(("date_naissance", person.BornIso), ("sexe", person.Sex), ("telephone", person.Phone), ("code_postal", person.Home.PostCode),
            ("commune", person.Home.Name), ("commune_insee", person.Home.Insee));
        json.Group("droits", () => json.Texts(("regime", "général"), ("c2s", Tick(person.HasC2s)), ("ame", Tick(person.HasAme))));
        json.Group("ald", () => json.Texts(("present", Tick(person.HasAld))));
        json.Group("historique_suivi", () => json.Texts(("fin_suivi", person.HasLostGp ? shop.Day(200) : null), ("derniere_consultation", shop.Day(240))));
        json.Group("avis", () => json.Texts(("avis", "favorable")));
        json.Group("referent_mas", () => json.Texts(("id", "MAS-01")));
    });
}
