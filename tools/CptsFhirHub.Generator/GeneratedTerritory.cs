using System.Globalization;
using System.Text;
using CptsFhirHub.Generator.Sources;

namespace CptsFhirHub.Generator;

/// <summary>A synthetic territory: the persons, what was sent about them, and what a hub that has taken it all in should hold.</summary>
public sealed class GeneratedTerritory
{
    private readonly Workshop _shop;

    private GeneratedTerritory(Workshop shop)
    {
        _shop = shop;
        Expected = Manifest.Of(shop);
    }

    public GeneratorWish Wish => _shop.Wish;

    public IReadOnlyList<Person> Persons => _shop.Population.All;

    /// <summary>What to hand in, in this order.</summary>
    public IReadOnlyList<Delivery> Deliveries => _shop.Deliveries;

    public IReadOnlyList<GpAnswer> Gps => _shop.Gps;

    public Manifest Expected { get; }

    public static GeneratedTerritory Of(GeneratorWish wish)
    {
        var shop = new Workshop(wish);
        new GpAnswers(shop).Make();
        new CallLog(shop).Make();
        new CohortFiles(shop).Make();
        new CensusFiles(shop).Make();
        var signUps = new SignUps(shop);
        signUps.MakeWebhooks();
        signUps.MakeExport();
        new DeskForms(shop).Make();
        signUps.MakeCalls();
        new HospitalMessages(shop).Make();
        var insurance = new InsuranceFiles(shop);
        insurance.MakePrado();
        insurance.MakeMas();
        new FhirReferrals(shop).Make();
        return new(shop);
    }

    /// <summary>All files: persons.csv, truth.csv, manifest.json and the messages.</summary>
    public IEnumerable<(string Path, ReadOnlyMemory<byte> Bytes)> Files()
    {
        yield return ("manifest.json", Expected.ToJson());
        yield return ("persons.csv", PersonsText());
        yield return ("truth.csv", TruthText());
        foreach (var delivery in Deliveries)
        {
            yield return (delivery.Path, delivery.Bytes);
            if (delivery.Control is { } control)
                yield return (delivery.Path + ".ctl", control);
        }
    }

    private byte[] PersonsText()
    {
        var text = new StringBuilder("id;sex;birthName;usedName;firstName;born;insee;phone;mobile;email;nir;ipp;ald;c2s;ame;precarious;handicap;livesAlone;mobility\n");
        foreach (var person in Persons)
            text.AppendJoin(';', person.Id, person.Sex, person.BirthName, person.UsedName, person.FirstName, person.BornIso, person.Home.Insee, person.Phone,
                person.Mobile, person.Email, person.Nir, person.Ipp, Bit(person.HasAld), Bit(person.HasC2s), Bit(person.HasAme), Bit(person.IsPrecarious),
                Bit(person.HasHandicap), Bit(person.LivesAlone), person.Mobility).Append('\n');
        return Encoding.UTF8.GetBytes(text.ToString());

        static string Bit(bool holds) => holds ? "1" : "0";
    }

    /// <summary>Which person each message is about, so that matching is measured and not felt.</summary>
    private byte[] TruthText()
    {
        var text = new StringBuilder("file;line;source;sender;state;refusal;persons;dirt\n");
        foreach (var delivery in Deliveries)
            foreach (var message in delivery.Messages)
                text.AppendJoin(';', delivery.Path, message.Line.ToString(CultureInfo.InvariantCulture), delivery.Source, delivery.Sender, message.State,
                    message.Refusal, string.Join(' ', message.Persons), string.Join(' ', message.Dirt)).Append('\n');
        return Encoding.UTF8.GetBytes(text.ToString());
    }
}
