using System.Globalization;

namespace CptsFhirHub.Generator;

/// <summary>Makes persons, household by household: a couple shares its phone, its e-mail and often its name.</summary>
internal sealed class Population(GeneratorWish wish)
{
    private const int OldestYears = 97;

    /// <summary>
    /// Ranges that the French regulator keeps for fiction; the first is the one of the territory's part of France.
    /// </summary>
    private static readonly string[] Landlines = ["019900", "026191", "035301", "046571", "053649"];
    private const string Mobiles = "063998";
    private const int NumbersOfARange = 10_000;

    /// <summary>0199000009 is what fills a field that must not be empty; a number of a person has more digits than that.</summary>
    private const int DistinctDigitsMin = 5;

    private static readonly string[] Streets =
        ["rue de la Gare", "rue du Four", "place de la Halle", "chemin des Noyers", "rue de l'Église", "impasse des Lilas", "allée des Pins", "route de Nantes"];

    private static readonly string[] AldLabels = ["diabète", "insuffisance cardiaque", "polyarthrite", "maladie de Parkinson", "BPCO sévère"];

    private readonly Chance _chance = new(wish.Seed, "persons");
    private readonly IReadOnlyList<Place> _places = Place.Of(wish.Profile.Name);
    private readonly HashSet<DateOnly> _taken = [];
    private readonly List<Person> _persons = [];
    private readonly Queue<Person> _ready = new();
    private int _households;
    private int _phones;

    public IReadOnlyList<Person> All => _persons;

    /// <summary>The GPs whom people have lost, by the names they give them.</summary>
    public IReadOnlyList<string> LastGps { get; } = ["Dr DUPRÉ", "Dr LÉGER", "Dr AUBERT", "Dr NGUYEN"];

    public IReadOnlyList<Place> Places => _places;

    /// <summary>The next person, of whom no message has spoken yet.</summary>
    public Person Next()
    {
        while (_ready.Count == 0)
            AddHousehold();
        var person = _ready.Dequeue();
        _persons.Add(person);
        return person;
    }

    private void AddHousehold()
    {
        var home = HomePlace();
        var number = _households++;
        var phone = NextPhone();
        var mobile = Mobiles + (number % NumbersOfARange).ToString("0000", CultureInfo.InvariantCulture);
        var street = string.Create(CultureInfo.InvariantCulture, $"{_chance.Between(1, 98)} {_chance.Pick(Streets)}");
        var surname = wish.Names.Surname(_chance);
        var isCouple = _chance.Holds(280);
        var email = _chance.Holds(550)
            ? $"{PlainWords.Joined(surname).ToLowerInvariant()}.{(number + 1).ToString(CultureInfo.InvariantCulture)}@exemple.fr" : null;
        var ageYears = AgeYears();
        for (var i = 0; i < (isCouple ? 2 : 1); i++)
        {
            var isWoman = isCouple ? i == 1 : _chance.Holds(560);
            var born = BirthDate(Math.Max(18, ageYears + (i == 0 ? 0 : _chance.Between(-4, 3))));
            var isMarried = isWoman && (isCouple || _chance.Holds(450)) && ageYears > 25;
            var birthName = isMarried ? wish.Names.Surname(_chance) : surname;
            var hasAld = _chance.Holds(ageYears > 65 ? 450 : 140);
            var isPoor = _chance.Holds(130);
            _ready.Enqueue(new(
                "P" + (_persons.Count + _ready.Count + 1).ToString("00000", CultureInfo.InvariantCulture), isWoman, birthName,
                isMarried && birthName != surname ? surname : null, wish.Names.Given(_chance, isWoman, born.Year), born, home, NirOf(isWoman, born))
            {
                Phone = phone,
                Mobile = i == 0 && _chance.Holds(600) && number < NumbersOfARange ? mobile : null,
                Email = email,
                Street = street,
                BirthPlace = _chance.Holds(700) ? _chance.Pick(_places).Insee : "99351",
                Ipp = (700_000 + _persons.Count + _ready.Count).ToString(CultureInfo.InvariantCulture),
                HasAld = hasAld,
                AldLabel = hasAld && _chance.Holds(600) ? _chance.Pick(AldLabels) : null,
                HasC2s = isPoor && _chance.Holds(700),
                HasAme = isPoor && _chance.Holds(80),
                IsPrecarious = isPoor,
                HasHandicap = _chance.Holds(70),
                LivesAlone = !isCouple && _chance.Holds(ageYears > 65 ? 500 : 250),
                HasLostGp = _chance.Holds(500),
                LastGp = _chance.Pick(LastGps),
                Mobility = ageYears > 75 ? _chance.Pick<string>(["oui", "difficile", "non"]) : "oui",
                HouseholdWithoutGp = isCouple ? 2 : 1,
            });
        }
    }

    private Place HomePlace()
    {
        var at = _chance.Below(_places.Sum(place => place.Inhabitants));
        foreach (var place in _places)
            if ((at -= place.Inhabitants) < 0)
                return place;
        return _places[^1];
    }

    private string NextPhone()
    {
        var own = wish.Profile.Name switch { "essonne" => 0, "charente" => 4, _ => 1 };
        while (true)
        {
            var number = _phones++;
            var range = Landlines[(own + number / NumbersOfARange) % Landlines.Length];
            var phone = range + (number % NumbersOfARange).ToString("0000", CultureInfo.InvariantCulture);
            if (phone.Distinct().Count() >= DistinctDigitsMin)
                return phone;
        }
    }

    private int AgeYears() => _chance.Below(100) switch
    {
        < 25 => _chance.Between(19, 39),
        < 55 => _chance.Between(40, 64),
        < 65 => _chance.Between(65, 70),
        < 90 => _chance.Between(71, 85),
        _ => _chance.Between(86, OldestYears - 1),
    };

    /// <summary>A day of that year of age that nobody has; never one that offices write for "unknown".</summary>
    private DateOnly BirthDate(int ageYears)
    {
        var day = wish.Today.AddYears(-ageYears).AddDays(-_chance.Below(365));
        var step = _chance.Holds(500) ? -1 : 1;
        while (day is { Month: 1, Day: 1 } or { Month: 12, Day: 31 } or { Month: 2, Day: 29 } || day > wish.Today.AddYears(-18)
            || day < wish.Today.AddYears(-OldestYears) || !_taken.Add(day))
        {
            day = day.AddDays(step);
            if (day > wish.Today.AddYears(-18) || day < wish.Today.AddYears(-OldestYears))
                (day, step) = (wish.Today.AddYears(-40), _chance.Holds(500) ? -1 : 1);
        }

        return day;
    }

    // The order number tells the day and the century, so that no two are alike.
    private static string NirOf(bool isWoman, DateOnly born)
    {
        var number = string.Create(CultureInfo.InvariantCulture,
            $"{(isWoman ? 2 : 1)}{born.Year % 100:00}{born.Month:00}99999{born.Day + (born.Year < 2000 ? 0 : 500):000}");
        return number + (97 - long.Parse(number, CultureInfo.InvariantCulture) % 97).ToString("00", CultureInfo.InvariantCulture);
    }
}
