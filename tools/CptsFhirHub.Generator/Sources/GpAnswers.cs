using System.Globalization;

namespace CptsFhirHub.Generator.Sources;

/// <summary>The questionnaire to the GPs. About two thirds can take patients, fewer agree to be listed; nine in seventeen would answer by post.</summary>
internal sealed class GpAnswers(Workshop shop)
{
    private const string Source = "medecins";
    private readonly Chance _chance = new(shop.Wish.Seed, Source);

    public void Make()
    {
        var csv = new CsvText(new(BlankLinesAtEnd: 1));
        csv.AddRaw(
            "rpps;nom;prenom;adresse;code_postal;commune;commune_insee;communes_visite_domicile;accepte_nouveaux_patients;capacite_restante;"
            + "accepte_apparaitre_liste;publics_acceptes;msu;annee_naissance;niveau_sas;creneaux_snp_par_semaine;langues;date_reponse");
        var messages = new List<ExpectedMessage>();
        for (var i = 0; i < shop.CountOf(Source); i++)
        {
            var place = shop.Population.Places[i % shop.Population.Places.Count];
            if (_chance.Holds(50))
            {
                messages.Add(new(csv.Add(Row("12345", "SANSNUMERO", place, false, 0, false, [])), "rejected", "value", [], ["wrong-rpps"]));
                continue;
            }

            var (takes, isListed) = (_chance.Holds(667), _chance.Holds(308));
            var capacity = takes ? _chance.Between(1, 60) : 0;
            List<string> visits = [place.Insee, shop.Population.Places[(i + 1) % shop.Population.Places.Count].Insee];
            if (_chance.Holds(300))
                visits.Clear();
            var gp = new GpAnswer(Numbers.Rpps(100 + i), shop.Wish.Names.Surname(_chance), place, takes, capacity, isListed, visits);
            shop.Gps.Add(gp);
            messages.Add(new(csv.Add(Row(gp.Rpps, gp.Name, place, takes, capacity, isListed, visits)), "processed", null, [], []));
        }

        shop.Deliver(new("messages/medecins.csv", Source, "team", "text/csv", csv.ToBytes()) { IsFile = true, Messages = messages });
    }

    private string[] Row(string rpps, string name, Place place, bool takes, int capacity, bool isListed, List<string> visits) =>
    [
        rpps, name, FirstName(), string.Create(CultureInfo.InvariantCulture, $"{_chance.Between(1, 40)} rue de la Gare"), place.PostCode,
        place.Name.ToUpperInvariant(), place.Insee, string.Join(", ", visits), takes ? "O" : "N", capacity.ToString(CultureInfo.InvariantCulture),
        isListed ? "O" : "N", takes ? "ald,>70" : "", _chance.Holds(425) ? "O" : "N",
        (shop.Wish.Today.Year - _chance.Between(32, 69)).ToString(CultureInfo.InvariantCulture), _chance.Pick<string>(["1", "2", "1+2", "aucun"]),
        _chance.Below(8).ToString(CultureInfo.InvariantCulture), "français", shop.Day(_chance.Between(2, 40)),
    ];

    private string FirstName() => shop.Wish.Names.Given(_chance, _chance.Holds(500), shop.Wish.Today.Year - 45);
}
