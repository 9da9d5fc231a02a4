using System.Globalization;
using System.Security.Cryptography;

namespace CptsFhirHub.Generator.Sources;

/// <summary>The patients of each leaving GP, as the insurance lists them, with the control file beside.</summary>
internal sealed class CohortFiles(Workshop shop)
{
    private const string Source = "cpam-cohort";
    private readonly Chance _chance = new(shop.Wish.Seed, Source);

    public void Make()
    {
        var (left, gps) = (shop.CountOf(Source), Math.Min(shop.Wish.Profile.LeavingGps, Math.Max(1, shop.CountOf(Source) / 8)));
        for (var i = 0; i < gps; i++)
        {
            var lines = i == gps - 1 ? left : shop.CountOf(Source) / gps;
            left -= lines;
            Make(i + 1, lines);
        }
    }

    private void Make(int number, int lines)
    {
        var id = string.Create(CultureInfo.InvariantCulture, $"COH-{shop.Wish.Profile.Department}-{number:00}");
        var rpps = Numbers.Rpps(90_000 + number);
        var end = shop.Day(-90);
        var csv = new CsvText(new(BlankLinesAtEnd: 1));
        csv.AddRaw(
            "id_cohorte;rpps_medecin_sortant;date_cessation;nir;nom_naissance;nom_utilise;prenoms;date_naissance;sexe;adresse1;code_postal;commune;insee_commune;"
            + "telephone;email;ald;c2s;ame;derniere_consultation;nb_consultations_12m;medecin_consulte_3x_rpps;ehpad;fragile_cpam;opposition;date_courrier");
        var messages = new List<ExpectedMessage>();
        var members = new List<Known>();
        var last = "";
        for (var i = 0; i < lines; i++)
        {
            if (last.Length > 0 && _chance.Holds(8))
            {
                messages.Add(messages[^1] with { Line = csv.AddRaw(last), State = "duplicate", Dirt = ["line-twice"] });
                last = "";
                continue;
            }

            var person = shop.Population.Next();
            var (isRefused, isRounded, isUnreachable, isOpposed) = (_chance.Holds(8), _chance.Holds(60), _chance.Holds(15), _chance.Holds(20));
            var line = csv.Join(Row(id, rpps, end, person, isRefused, isRounded, isUnreachable, isOpposed));
            var at = csv.AddRaw(line);
            last = "";
            if (isRefused)
            {
                messages.Add(new(at, "rejected", "value", [person.Id], ["two-digit-year"]));
                continue;
            }

            var records = shop.Ledger.All.Count;
            members.Add(shop.Ledger.Enrol(new(person, Source)
            {
                HasSex = true,
                Phones = isUnreachable ? [] : [person.Phone],
                HasContact = !isUnreachable,
                HasAddress = !isUnreachable,
                HasNir = !isRounded,
                IsOpposed = isOpposed,
                IsAldTold = person.HasAld,
                Fragilities = [.. new[] { ("ald", person.HasAld), ("c2s", person.HasC2s), ("ame", person.HasAme) }.Where(pair => pair.Item2).Select(pair => pair.Item1)],
            }));
            if (!isOpposed)
                shop.Offer(person);
            messages.Add(new(at, "processed", null, [person.Id], [.. isRounded ? ["nir-rounded"] : Array.Empty<string>(), .. isUnreachable ? ["no-contact"] : Array.Empty<string>()])
            {
                IsNewRecord = shop.Ledger.All.Count > records,
            });
            last = line;
        }

        var bytes = csv.ToBytes();
        var control = JsonText.Of(json =>
        {
            json.WriteNumber("count", lines);
            json.Texts(("sha256", Convert.ToHexStringLower(SHA256.HashData(bytes))), ("rpps", rpps), ("endDate", end), ("sentAt", shop.Day(1) + "T06:00:00Z"));
        });
        shop.Cohorts.Add(new(id, rpps, lines, members));
        shop.Deliver(new(string.Create(CultureInfo.InvariantCulture, $"messages/cohorte-{number:00}.csv"), Source, "team", "text/csv", bytes)
        {
            IsFile = true,
            Control = control,
            Messages = messages,
        });
    }

    private string[] Row(string id, string rpps, string end, Person person, bool isRefused, bool isRounded, bool isUnreachable, bool isOpposed)
    {
        string Tick(bool holds) => holds ? "O" : "N";
        string Unless(bool isAbsent, string? text) => isAbsent ? "" : text ?? "";
        return
        [
            id, rpps, end, isRounded ? Dirt.RoundedNir(person.Nir) : person.Nir, person.BirthName, person.UsedName ?? "", person.FirstName,
            isRefused ? Dirt.TwoDigitYear(person.Born) : person.BornIso, person.Sex, Unless(isUnreachable, person.Street), Unless(isUnreachable, person.Home.PostCode),
            Unless(isUnreachable, person.Home.Name.ToUpperInvariant()), Unless(isUnreachable, person.Home.Insee), Unless(isUnreachable, person.Phone),
            Unless(isUnreachable, person.Email), Tick(person.HasAld), Tick(person.HasC2s), Tick(person.HasAme), shop.Day(_chance.Between(30, 300)),
            _chance.Below(9).ToString(CultureInfo.InvariantCulture), "", "N", _chance.Holds(300) ? "O" : "?", Tick(isOpposed), shop.Day(20),
        ];
    }
}
