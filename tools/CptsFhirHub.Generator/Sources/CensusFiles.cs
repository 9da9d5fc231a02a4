using System.Globalization;

namespace CptsFhirHub.Generator.Sources;

/// <summary>
/// The census of town halls and the waiting list: one file with a line a person, or several town halls, each with its own header,
/// separator and charset.
/// </summary>
internal sealed class CensusFiles(Workshop shop)
{
    private const string Source = "recensement";

    /// <summary>What a field is called by each sender; all names are known to the source.</summary>
    private static readonly (string Field, string Plain, string Office, string Sheet)[] Columns =
    [
        ("stamp", "horodatage", "Date réponse", "timestamp"), ("city", "commune", "Ville", "Commune"), ("name", "nom", "Nom de naissance", "Nom"),
        ("used", "", "Nom d'usage", ""), ("first", "prenom", "Prénom", "Prénoms"), ("born", "date_naissance", "Né le", "Date de naissance"),
        ("sex", "civilite", "Civilité", ""), ("nir", "n_secu", "", "N secu"), ("phone", "telephone", "Tél", "Portable"), ("email", "email", "Courriel", "E-mail"),
        ("street", "adresse", "Adresse", "Rue"), ("postCode", "code_postal", "CP", "Code postal"), ("insee", "code_insee", "", "INSEE"),
        ("household", "nb_personnes_foyer_sans_mt", "Foyer sans MT", "nb personnes sans MT"), ("ald", "ald", "ALD", "ALD"),
        ("poor", "situation_precarite", "Précarité", "Situation précarité"), ("handicap", "handicap", "Handicap", "Handicap"),
        ("lastGp", "dernier_medecin", "Ancien médecin", "Dernier médecin"), ("since", "depuis_quand", "Sans médecin depuis", "Depuis"),
        ("by", "signale_par", "Signalant", "Signalé par"), ("byName", "nom_signalant", "Nom signalant", "nom_signalant"),
        ("mobility", "mobilite", "Peut se déplacer", "Mobilité"), ("remark", "commentaire", "Remarque", "Observation"), ("consent", "consentement", "Accord", "Consentement"),
    ];

    private static readonly CsvHabit[] Habits =
    [
        new(), new(Separator: ',', IsWindows1252: true, Break: "\r\n", BlankLinesAtEnd: 3), new(Separator: '\t', HasMark: true, Break: "\r\n", BlankLinesAtEnd: 1),
    ];

    private readonly Chance _chance = new(shop.Wish.Seed, Source);
    private readonly List<(string Text, ExpectedMessage Message)> _sent = [];

    public void Make()
    {
        var count = shop.CountOf(Source);

        // Charente: some town halls with more than three hundred lines, some with few. Elsewhere one list.
        int[] shares = shop.Wish.Profile.Name == "charente" ? [40, 38, 14, 8] : [100];
        var left = count;
        for (var i = 0; i < shares.Length; i++)
        {
            var lines = i == shares.Length - 1 ? left : count * shares[i] / 100;
            left -= lines;
            if (lines > 0)
                File(i, lines);
        }
    }

    private void File(int number, int lines)
    {
        var habit = Habits[number % Habits.Length];
        var columns = Columns.Select(column => (column.Field, Name: (number % Habits.Length) switch { 0 => column.Plain, 1 => column.Office, _ => column.Sheet }))
            .Where(column => column.Name.Length > 0).ToList();
        var csv = new CsvText(habit);
        csv.Add(columns.Select(column => column.Name));
        _sent.Clear();
        var messages = new List<ExpectedMessage>();
        for (var i = 0; i < lines; i++)
            messages.Add(Line(csv, habit, [.. columns.Select(column => column.Field)]));
        shop.Deliver(new($"messages/recensement-{number + 1}.csv", Source, "team", "text/csv", csv.ToBytes()) { IsFile = true, Messages = messages });
    }

    private ExpectedMessage Line(CsvText csv, CsvHabit habit, IReadOnlyList<string> fields)
    {
        // The same line twice in one file, as when two sheets are glued together.
        if (_sent.Count > 3 && _chance.Holds(15))
        {
            var (text, first) = _chance.Pick(_sent);
            return first with { Line = csv.AddRaw(text), State = "duplicate", Dirt = ["line-twice"] };
        }

        var person = shop.Somebody(_chance, knownPerMille: 60);
        var isKnown = shop.Ledger.Knows(person);
        var values = Values(person);
        var dirt = new List<string>();
        var said = Spoil(person, values, fields, isKnown, dirt);
        if (_chance.Holds(12))
            return Refused(csv, habit, fields, values, person);

        var line = csv.Join(fields.Select(field => values[field]));
        var message = shop.Signal(csv.AddRaw(line), said, dirt);
        if (message.State == "processed")
            _sent.Add((line, message));
        return message;
    }

    private Dictionary<string, string> Values(Person person)
    {
        var daysAgo = _chance.Between(3, 60);
        string Tick(bool holds) => _chance.Holds(120) ? "?" : holds ? "O" : "N";
        var by = _chance.Below(20) switch { 0 => "élu", 1 => "famille", 2 => "professionnel", _ => "patient" };
        return new(StringComparer.Ordinal)
        {
            ["stamp"] = _chance.Holds(500)
                ? string.Create(CultureInfo.InvariantCulture, $"{shop.FrenchDay(daysAgo)} {_chance.Between(8, 19):00}:{_chance.Below(60):00}")
                : string.Create(CultureInfo.InvariantCulture, $"{shop.Day(daysAgo)}T{_chance.Between(8, 19):00}:{_chance.Below(60):00}:{_chance.Below(60):00}+02:00"),
            ["city"] = person.Home.Name.ToUpperInvariant(),
            ["name"] = person.BirthName,
            ["used"] = person.UsedName ?? "",
            ["first"] = person.FirstName,
            ["born"] = _chance.Holds(700) ? person.BornFrench : person.BornIso,
            ["sex"] = person.IsWoman ? "Mme" : "M",
            ["nir"] = _chance.Holds(150) ? person.Nir : "",
            ["phone"] = Dirt.Phone(_chance, person.Phone),
            ["email"] = _chance.Holds(600) ? person.Email ?? "" : "",
            ["street"] = person.Street,
            ["postCode"] = person.Home.PostCode,
            ["insee"] = person.Home.Insee,
            ["household"] = person.HouseholdWithoutGp.ToString(CultureInfo.InvariantCulture),
            ["ald"] = Tick(person.HasAld),
            ["poor"] = Tick(person.IsPrecarious),
            ["handicap"] = Tick(person.HasHandicap),
            ["lastGp"] = person.HasLostGp ? person.LastGp : "",
            ["since"] = person.HasLostGp ? shop.FrenchDay(_chance.Between(90, 900)) : "",
            ["by"] = by,
            ["byName"] = by == "élu" ? "M. le maire" : "",
            ["mobility"] = person.Mobility,
            ["remark"] = "",
            ["consent"] = _chance.Holds(950) ? "O" : "N",
        };
    }

    private Said Spoil(Person person, Dictionary<string, string> values, IReadOnlyList<string> fields, bool isKnown, List<string> dirt)
    {
        var said = new Said(person, Source)
        {
            UsedName = fields.Contains("used") ? person.UsedName : null,
            HasSex = fields.Contains("sex"),
            Phones = [person.Phone],
            HasContact = true,
            HasNir = fields.Contains("nir") && values["nir"].Length > 0,
            IsAldTold = values["ald"] == "O",
            Fragilities = [.. new[] { ("ald", "ald"), ("poor", "precarite"), ("handicap", "handicap") }.Where(pair => values[pair.Item1] == "O").Select(pair => pair.Item2)],
        };
        if (values["nir"].Length > 0 && fields.Contains("nir") && _chance.Holds(400))
        {
            values["nir"] = Dirt.RoundedNir(person.Nir);
            dirt.Add("nir-rounded");
            said = said with { HasNir = false };
        }

        switch (_chance.Below(25))
        {
            case 0 or 1:
                (values["name"], values["first"]) = (Dirt.Flattened(person.BirthName), Dirt.Flattened(person.FirstName));
                dirt.Add("accents-lost");
                break;
            case 2:
                values["remark"] = "Vient au marché le mardi\nsinon chez sa fille";
                dirt.Add("line-break");
                break;
            case 3:
                values["born"] = Dirt.TwoDigitYear(person.Born);
                dirt.Add("two-digit-year");
                said = said with { Born = null };
                break;
            case 4:
                values["phone"] = Dirt.FalsePhone(_chance);
                dirt.Add("false-phone");
                said = said with { Phones = [] };
                break;
            case 5 when values["email"].Length == 0:
                values["phone"] = "";
                dirt.Add("no-contact");
                said = said with { Phones = [], HasContact = false };
                break;
            case 6 when person.Mobile is { } mobile:
                values["phone"] = Dirt.Phone(_chance, mobile);
                dirt.Add("other-phone");
                said = said with { Phones = [mobile] };
                break;
            case 7 when isKnown && person.UsedName is { } used:
                values["name"] = used;
                values["used"] = "";
                dirt.Add("used-name-as-birth-name");
                said = said with { BirthName = used, UsedName = null };
                break;
            case 8:
                values["born"] = person.Born.Year.ToString(CultureInfo.InvariantCulture);
                dirt.Add("year-alone");
                said = said with { Born = null, BornYear = person.Born.Year };
                break;
        }

        return said;
    }

    private ExpectedMessage Refused(CsvText csv, CsvHabit habit, IReadOnlyList<string> fields, Dictionary<string, string> values, Person person)
    {
        var kind = _chance.Below(4);
        if (kind < 2)
        {
            values[kind == 0 ? "name" : "first"] = "";
            return new(csv.Add(fields.Select(field => values[field])), "rejected", "required", [person.Id], [kind == 0 ? "no-name" : "no-first-name"]);
        }

        values["remark"] = "";
        var line = csv.Join(fields.Select(field => values[field]));
        return kind == 2
            ? new(csv.AddRaw(line + habit.Separator + "à rappeler"), "rejected", "structure", [person.Id], ["separator-without-quotes"])
            : new(csv.AddRaw("\"" + line), "rejected", "structure", [person.Id], ["quote-not-closed"]);
    }
}
