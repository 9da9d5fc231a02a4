using System.Globalization;

namespace CptsFhirHub.Generator.Sources;

/// <summary>Sign-ups on a booking platform as webhooks and as an export, and calls that the team types in the same form.</summary>
internal sealed class SignUps(Workshop shop)
{
    private const string Booking = "doctolib";
    private readonly Chance _chance = new(shop.Wish.Seed, Booking);

    public void MakeWebhooks()
    {
        for (var i = 0; i < shop.CountOf(Booking); i++)
        {
            var name = $"messages/doctolib/{(i + 1).ToString("00000", CultureInfo.InvariantCulture)}";
            var known = shop.Somebody(_chance);
            switch (_chance.Below(24))
            {
                case 0:
                    Withdrawn(name);
                    break;
                case 1:
                    Repeated(name, known);
                    break;
                case 2:
                    Send(name, Booking, "booking", WithoutFirstName(known), new(1, "rejected", "required", [known.Id], ["no-first-name"]));
                    break;
                case 3:
                    Send(name, Booking, "booking", Write(known, "signup.created", born: Dirt.TwoDigitYear(known.Born)),
                        new(1, "rejected", "value", [known.Id], ["two-digit-year"]));
                    break;
                default:
                    Signal(name, Booking, "booking", known, op: null);
                    break;
            }
        }
    }

    public void MakeCalls()
    {
        for (var i = 0; i < shop.CountOf("telephone"); i++)
            Signal($"messages/telephone/{(i + 1).ToString("00000", CultureInfo.InvariantCulture)}", "telephone", "team", shop.Somebody(_chance, 350), "Équipe");
    }

    /// <summary>The export of the same platform, as somebody has opened it in a spreadsheet.</summary>
    public void MakeExport()
    {
        var csv = new CsvText(new(Break: "\r\n", IsWindows1252: true, BlankLinesAtEnd: 2));
        csv.AddRaw(
            "identifiant;date;statut;nom_naissance;nom_utilise;prenoms;date_naissance;sexe;nir;telephone;email;adresse;code_postal;ville;code_insee;motif;"
            + "dernier_medecin;date_cessation;ald;ald_libelle;mobilite;c2s;ame;handicap;vit_seul;foyer_sans_mt;consentement_medecins;consentement_dac;"
            + "consentement_sms;commentaire");
        var messages = new List<ExpectedMessage>();
        for (var i = 0; i < Math.Max(6, shop.CountOf(Booking) / 4); i++)
        {
            var person = shop.Somebody(_chance);
            var isRefused = _chance.Holds(80);
            string Tick(bool holds) => holds ? "O" : "N";
            var line = csv.Add(
                "RDV-" + (i + 1).ToString(CultureInfo.InvariantCulture), shop.FrenchDay(_chance.Between(2, 30)), "Nouveau", person.BirthName,
                person.UsedName ?? "", person.FirstName, isRefused ? Dirt.TwoDigitYear(person.Born) : person.BornFrench, person.Sex, "",
                Dirt.Phone(_chance, person.Phone), person.Email ?? "", person.Street, person.Home.PostCode, person.Home.Name.ToUpperInvariant(),
                person.Home.Insee, person.HasLostGp ? "Médecin parti" : "Nouvel arrivant", person.HasLostGp ? person.LastGp : "", "", Tick(person.HasAld),
                person.AldLabel ?? "", person.Mobility, Tick(person.HasC2s), Tick(person.HasAme), Tick(person.HasHandicap), Tick(person.LivesAlone),
                person.HouseholdWithoutGp.ToString(CultureInfo.InvariantCulture), "O", "O", "N", i % 5 == 0 ? "Veuf; visite souhaitée" : "");
            messages.Add(isRefused
                ? new(line, "rejected", "value", [person.Id], ["two-digit-year"])
                : shop.Signal(line, Told(person, Booking, hasNir: false, key: null), "export"));
        }

        shop.Deliver(new("messages/doctolib-export.csv", Booking, "booking", "text/csv", csv.ToBytes()) { IsFile = true, Messages = messages });
    }

    private void Signal(string name, string source, string sender, Person person, string? op)
    {
        var hasNir = _chance.Holds(300);
        var isRounded = hasNir && _chance.Holds(150);
        var nir = !hasNir ? null : isRounded ? Dirt.RoundedNir(person.Nir) : person.Nir;
        var message = shop.Signal(1, Told(person, source, hasNir && !isRounded, key: null), isRounded ? ["nir-rounded"] : []);
        Send(name, source, sender, Write(person, "signup.created", nir: nir, op: op), message);
    }

    /// <summary>The platform tries again: the same event, byte for byte, five times in all.</summary>
    private void Repeated(string name, Person person)
    {
        var bytes = Write(person, "signup.created");
        var first = shop.Signal(1, Told(person, Booking, hasNir: false, key: null), "sent-five-times");
        Send(name + "-1", Booking, "booking", bytes, first);
        for (var i = 2; i <= 5; i++)
            Send($"{name}-{i.ToString(CultureInfo.InvariantCulture)}", Booking, "booking", bytes, first with { State = "duplicate", Dirt = ["repetition"] });
    }

    private void Withdrawn(string name)
    {
        var person = shop.Population.Next();
        var said = Told(person, Booking, hasNir: false, key: null);
        Send(name + "-1", Booking, "booking", Write(person, "signup.created"), shop.Signal(1, said, "withdrawn-later"));
        shop.Ledger.Withdraw(said);
        Send(name + "-2", Booking, "booking", Write(person, "signup.cancelled"), new(1, "processed", null, [person.Id], ["cancelled"]));
    }

    private void Send(string name, string source, string sender, byte[] bytes, ExpectedMessage message) =>
        shop.Deliver(new(name + ".json", source, sender, "application/json", bytes) { Messages = [message] });

    private static Said Told(Person person, string source, bool hasNir, string? key) => new(person, source)
    {
        HasSex = true,
        Phones = person.Mobile is { } mobile && source != "doctolib" ? [person.Phone, mobile] : [person.Phone],
        HasContact = true,
        HasNir = hasNir,
        SourceKey = key,
        IsAldTold = person.HasAld,
        Fragilities = Fragilities(person),
    };

    private static IReadOnlyList<string> Fragilities(Person person) =>
    [
        .. new[] { ("ald", person.HasAld), ("c2s", person.HasC2s), ("ame", person.HasAme), ("handicap", person.HasHandicap), ("isolement", person.LivesAlone) }
            .Where(pair => pair.Item2).Select(pair => pair.Item1),
    ];

    private byte[] WithoutFirstName(Person person) => Write(person, "signup.created", hasFirstName: false);

    private byte[] Write(
        Person person, string happened, string? nir = null, string? born = null, string? op = null, bool hasFirstName = true) => JsonText.Of(json =>
    {
        string Tick(bool holds) => holds ? "oui" : "non";
        json.WriteString("event", happened);
        json.WriteString("eventId", _chance.Uuid());

        // What is taken back was said before.
        var days = _chance.Between(1, 2);
        json.WriteString("occurredAt", string.Create(
            CultureInfo.InvariantCulture, $"{shop.Day(happened == "signup.cancelled" ? 0 : days)}T{_chance.Between(7, 22):00}:{_chance.Below(60):00}:{_chance.Below(60):00}+02:00"));
        json.Texts(("operator", op));
        json.Group("source", () => json.Texts(("platform", "rdv-demo"), ("form", "recherche-medecin-traitant"), ("formVersion", "3")));
        json.Group("patient", () =>
        {
            json.Texts(("birthName", person.BirthName), ("usedName", person.UsedName));
            if (hasFirstName)
                json.List("firstNames", [person.FirstName]);
            json.Texts(("birthDate", born ?? person.BornIso), ("sex", person.Sex), ("nir", nir));
            json.List("phones", op is not null && person.Mobile is { } mobile
                ? [Dirt.Phone(_chance, person.Phone), Dirt.Phone(_chance, mobile)] : [Dirt.Phone(_chance, person.Phone)]);
            json.Texts(("email", person.Email));
            json.Group("address", () => json.Texts(
                ("line1", person.Street), ("postCode", person.Home.PostCode), ("city", person.Home.Name), ("inseeCode", person.Home.Insee)));
        });
        json.Group("household", () => json.WriteNumber("peopleWithoutGp", person.HouseholdWithoutGp));
        json.Group("need", () =>
        {
            json.WriteString("reason", person.HasLostGp ? "medecin-parti" : "nouvel-arrivant");
            if (person.HasLostGp)
                json.Group("lastGp", () => json.Texts(("name", person.LastGp), ("endDate", shop.Day(200))));
        });
        json.Group("health", () => json.Texts(("ald", Tick(person.HasAld)), ("aldLabel", person.AldLabel), ("canTravel", person.Mobility)));
        json.Group("social", () => json.Texts(
            ("c2s", Tick(person.HasC2s)), ("ame", Tick(person.HasAme)), ("handicap", Tick(person.HasHandicap)), ("livesAlone", Tick(person.LivesAlone))));
        json.Group("consents", () =>
        {
            json.WriteString("privacyNoticeVersion", "2026-02");
            json.WriteBoolean("shareWithGps", true);
            json.WriteBoolean("shareWithDac", true);
            json.WriteBoolean("sms", false);
        });
    });
}
