using System.Globalization;
using System.Text;

namespace CptsFhirHub.Generator.Sources;

/// <summary>Movements of a hospital in HL7 v2, French profile: admissions and discharges of people without declared GP, and what undoes them.</summary>
internal sealed class HospitalMessages(Workshop shop)
{
    private const string Source = "hospital";
    private readonly Chance _chance = new(shop.Wish.Seed, Source);
    private readonly string _finess = Numbers.Finess(shop.Wish.Profile.Department);
    private int _control;

    public void Make()
    {
        for (var i = 0; i < shop.CountOf(Source); i++)
        {
            var name = $"messages/hospital/{(i + 1).ToString("00000", CultureInfo.InvariantCulture)}";
            switch (_chance.Below(16))
            {
                case 0 or 1:
                    Stay(name, shop.Somebody(_chance));
                    break;
                case 2:
                    Repeated(name, shop.Somebody(_chance));
                    break;
                case 3:
                    Cancelled(name);
                    break;
                case 4:
                    Renumbered(name);
                    break;
                case 5:
                    WithDeclaredGp(name, shop.Population.Next());
                    break;
                case 6:
                    Send(name, Encoding.UTF8.GetBytes(string.Join('\r', Lines("A03", shop.Population.Next()).Where(line => !line.StartsWith("PID", StringComparison.Ordinal)))),
                        new(1, "rejected", "required", [], ["no-pid"]));
                    break;
                default:
                    Discharge(name, shop.Somebody(_chance));
                    break;
            }
        }
    }

    private void Discharge(string name, Person person)
    {
        var isLatin = _chance.Holds(120);
        var isLoose = _chance.Holds(120);
        var text = string.Join(isLoose ? '\n' : '\r', Lines("A03", person, isLatin: isLatin)) + (isLoose ? "" : "\r");
        Send(name, (isLatin ? Encoding.Latin1 : Encoding.UTF8).GetBytes(text),
            shop.Signal(1, Told(person), [.. isLatin ? ["latin-1"] : Array.Empty<string>(), .. isLoose ? ["line-feeds"] : Array.Empty<string>()]));
    }

    private void Stay(string name, Person person)
    {
        Send(name + "-1", Text(Lines("A01", person)), shop.Signal(1, Told(person), "admission"));
        if (shop.Ledger.Single(person) is not null)
            Send(name + "-2", Text(Lines("A03", person)), shop.Signal(1, Told(person), "discharge"));
    }

    private void Repeated(string name, Person person)
    {
        var bytes = Text(Lines("A03", person));
        var first = shop.Signal(1, Told(person), "sent-twice");
        Send(name + "-1", bytes, first);
        Send(name + "-2", bytes, first with { State = "duplicate", Dirt = ["repetition"] });
    }

    private void Cancelled(string name)
    {
        var person = shop.Population.Next();
        Send(name + "-1", Text(Lines("A03", person)), shop.Signal(1, Told(person), "cancelled-later"));
        shop.Ledger.Withdraw(Told(person));
        Send(name + "-2", Text(Lines("A13", person, action: "CANCEL")), new(1, "processed", null, [person.Id], ["cancelled"]));
    }

    /// <summary>Somebody came in under another number first: A40 says that both are one.</summary>
    private void Renumbered(string name)
    {
        var person = shop.Population.Next();
        var old = "9" + person.Ipp;
        Send(name + "-1", Text(Lines("A03", person, ipp: old)), shop.Signal(1, Told(person) with { LocalIds = [old] }, "renumbered-later"));
        var lines = Lines("A40", person).Where(line => line.StartsWith("MSH", StringComparison.Ordinal) || line.StartsWith("EVN", StringComparison.Ordinal)
            || line.StartsWith("PID", StringComparison.Ordinal)).Append($"MRG|{old}^^^CH-DEMO&{_finess}&N^PI");
        shop.Ledger.Renumber(Told(person));
        Send(name + "-2", Text(lines), new(1, "processed", null, [person.Id], ["merge"]));
    }

    private void WithDeclaredGp(string name, Person person)
    {
        var lines = Lines("A03", person).ToList();
        lines.Insert(3, "ROL||UC|ODRP|10099000027^AUBERT^Jeanne^^^^^^ASIP-SANTE-PS&1.2.250.1.71.4.2.1&ISO^L^^^RPPS");
        Send(name, Text(lines), new(1, "processed", null, [person.Id], ["has-declared-gp"]));
    }

    private void Send(string name, byte[] bytes, ExpectedMessage message) =>
        shop.Deliver(new(name + ".hl7", Source, "hospital", "application/hl7-v2", bytes) { Messages = [message] });

    private static byte[] Text(IEnumerable<string> lines) => Encoding.UTF8.GetBytes(string.Join('\r', lines) + "\r");

    private static Said Told(Person person) => new(person, Source)
    {
        HasSex = true,
        Phones = [person.Phone],
        HasContact = true,
        HasNir = IsQualified(person),
        HasBirthPlace = true,
        LocalIds = [person.Ipp],
        IsInferred = true,
        Fragilities = [.. new[] { ("c2s", person.HasC2s), ("isolement", person.LivesAlone) }.Where(pair => pair.Item2).Select(pair => pair.Item1)],
    };

    // Half of the hospital's identities have been checked with the national service.
    private static bool IsQualified(Person person) => person.Born.Day % 2 == 0;

    private IEnumerable<string> Lines(string happened, Person person, string action = "INSERT", string? ipp = null, bool isLatin = false)
    {
        var control = "GEN-" + (++_control).ToString("000000", CultureInfo.InvariantCulture);

        // A cancellation is recorded after what it cancels.
        var days = _chance.Between(1, 25);
        var day = shop.Wish.Today.AddDays(action == "CANCEL" ? 0 : -days).ToString("yyyyMMdd", CultureInfo.InvariantCulture);
        var stamp = string.Create(CultureInfo.InvariantCulture, $"{day}{_chance.Between(8, 18):00}{_chance.Below(60):00}00");
        var visit = person.Ipp + "001";
        var structure = happened switch { "A13" => "ADT_A01", "A40" => "ADT_A39", _ => "ADT_" + happened };
        var ins = IsQualified(person) ? $"~{person.Nir}^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.10&ISO^INS" : "";
        var first = person.FirstName.ToUpperInvariant();
        var used = person.UsedName is { } name ? $"~{name}^{first}^^^^^D" : "";
        yield return $@"MSH|^~\&|GAM-GEN|CH-DEMO|HUB|CPTS-DEMO|{stamp}||ADT^{happened}^{structure}|{control}|D|2.5^FRA^2.11|||||FRA|{(isLatin ? "8859/1" : "UNICODE UTF-8")}|FR||2.11^IHE_FRANCE-2.11-PAM";
        yield return $"EVN||{stamp}||||{stamp}";
        yield return $"PID|1||{ipp ?? person.Ipp}^^^CH-DEMO&{_finess}&N^PI{ins}||{person.BirthName}^{first}^{first}^^^^L{used}||{person.BornCompact}|{person.Sex}|||"
            + $"{person.Street.ToUpperInvariant()}^^{person.Home.Name.ToUpperInvariant()}^^{person.Home.PostCode}^FRA^H~^^^^^^BDL^^{person.BirthPlace}||^PRN^PH^^^^^^^^^{person.Phone}|||||"
            + $"{visit}^^^CH-DEMO&{_finess}&M^AN||||||||||||N||{(IsQualified(person) ? "VALI" : "PROV")}";
        if (person.LivesAlone)
            yield return "PD1||A";
        yield return $"PV1|1|I|MED2^12^1^CH-DEMO&{_finess}&M||||||||||||||||{visit}^^^CH-DEMO&{_finess}&M^VN|||||||||||||||||8||||||||{day}080000|{(happened == "A03" ? stamp : "")}";
        yield return $"ZBE|{visit}1^CH-DEMO^{_finess}|{stamp}||{action}|N|{(action == "CANCEL" ? "A03" : "")}|MED2^^^^^^UF^^^2110||HMS";
        if (person.HasC2s)
            yield return $"IN1|1|CMUC|{shop.Wish.Profile.Department}|CPAM DE DEMONSTRATION";
    }
}
