
namespace CptsFhirHub.Coordination.Tests.Intake;

public sealed class French_values
{
    [Theory]
    [InlineData("1947-03-09", "1947-03-09")]
    [InlineData("09/03/1947", "1947-03-09")]
    [InlineData("9/3/1947", "1947-03-09")]
    [InlineData("09-03-1947", "1947-03-09")]
    [InlineData("19470309", "1947-03-09")]
    [InlineData("1947-03-09T00:00:00", "1947-03-09")]
    [InlineData("1947", "1947")]
    [InlineData("03/1947", "1947-03")]
    [InlineData("29/02/2024", "2024-02-29")]
    [InlineData("29/02/2023", null)]
    [InlineData("31/04/1950", null)]
    [InlineData("09/03/47", null)]
    [InlineData("17235", null)]
    [InlineData("hier", null)]
    [InlineData("00/00/1947", null)]
    [InlineData("9 mars 1947", "1947-03-09")]
    [InlineData("1er août 1947", "1947-08-01")]
    [InlineData("09-MARS-1947", "1947-03-09")]
    [InlineData("mars 2025", "2025-03")]
    [InlineData("31 juin 1947", null)]
    [InlineData("9 mars 47", null)]
    [InlineData("mardi 1947", null)]
    public void A_date_is_read_or_refused_never_guessed(string text, string? expected) =>
        Assert.Equal(expected, FrenchValues.Date(text).Value);

    [Theory]
    [InlineData("02 51 00 00 01", "+33251000001")]
    [InlineData("02.51.00.00.01", "+33251000001")]
    [InlineData("0033251000001", "+33251000001")]
    [InlineData("+33 (0)2 51 00 00 01", "+33251000001")]
    [InlineData("251000001", "+33251000001")]
    [InlineData("0692 12 34 56", "+262692123456")]
    [InlineData("+33694925852", "+594694925852")]
    [InlineData("0033 (0)694 92 58 52", "+594694925852")]
    [InlineData("+32 470 12 34 56", "+32470123456")]
    [InlineData("02 51 00 00", null)]
    [InlineData("02 51 00 00 011", null)]
    [InlineData("0000000000", null)]
    [InlineData("0999999999", null)]
    [InlineData("pas de téléphone", null)]
    public void A_phone_gets_its_country_code(string text, string? expected) =>
        Assert.Equal(expected, FrenchValues.Phone(text).Value);

    [Theory]
    [InlineData("O", "oui")]
    [InlineData("Oui", "oui")]
    [InlineData("N", "non")]
    [InlineData("?", "ne-sait-pas")]
    [InlineData("", "ne-sait-pas")]
    [InlineData("ne-sait-pas", "ne-sait-pas")]
    [InlineData("on", "oui")]
    [InlineData("Coché", "oui")]
    [InlineData("☑", "oui")]
    [InlineData("Non renseigné", "ne-sait-pas")]
    [InlineData("Je ne sais pas", "ne-sait-pas")]
    [InlineData("peut-être", null)]
    public void A_tick_has_three_values(string text, string? expected) =>
        Assert.Equal(expected, FrenchValues.Tick(text).Value);

    [Theory]
    [InlineData("Mlle", "F")]
    [InlineData("Mme", "F")]
    [InlineData("M.", "M")]
    [InlineData("Mr", "M")]
    [InlineData("Dr", null)]
    public void A_title_tells_the_sex(string text, string? expected) => Assert.Equal(expected, FrenchValues.Sex(text).Value);

    [Theory]
    [InlineData("2", "2")]
    [InlineData("2,0", "2")]
    [InlineData("34 ans", "34")]
    [InlineData("2,5", null)]
    [InlineData("deux", null)]
    [InlineData("-1", null)]
    public void A_count_is_a_whole_number(string text, string? expected) => Assert.Equal(expected, FrenchValues.Count(text).Value);

    [Theory]
    [InlineData("odette@exemple.fr", "odette@exemple.fr")]
    [InlineData("aucun", null)]
    [InlineData("@exemple.fr", null)]
    [InlineData("a@b@c", null)]
    [InlineData("pas d'adresse @", null)]
    public void A_text_that_reaches_nobody_is_no_address(string text, string? expected) => Assert.Equal(expected, FrenchValues.Email(text).Value);

    [Theory]
    [InlineData("1000", "01000", true)]
    [InlineData("85190", "85190", false)]
    [InlineData("2A004", "2A004", false)]
    [InlineData("100", "100", false)]
    [InlineData("L-1234", "L-1234", false)]
    public void A_zero_that_a_spreadsheet_dropped_is_put_back_and_said(string text, string expected, bool isSaid)
    {
        var read = FrenchValues.Digits(text, 5);
        Assert.Equal((expected, isSaid), (read.Value, read.Fault is not null));
    }

    [Theory]
    [InlineData("247038519104254", NirForm.Sound)]
    [InlineData("2 47 03 85 191 042 54", NirForm.Sound)]
    [InlineData("247038519104255", NirForm.WrongKey)]
    [InlineData("2470385191042", NirForm.WithoutKey)]
    [InlineData("185062A00411283", NirForm.Sound)]
    [InlineData("285112B03305704", NirForm.Sound)]
    [InlineData("185062C00411283", NirForm.Malformed)]
    [InlineData("2,47038E+14", NirForm.Rounded)]
    [InlineData("2.47038E+14", NirForm.Rounded)]
    [InlineData("24703851910425", NirForm.Malformed)]
    [InlineData("inconnu", NirForm.Malformed)]
    public void A_nir_is_judged_by_its_key(string text, NirForm form) =>
        Assert.Equal(form, Nir.Read(text).Form);

    [Theory]
    [InlineData("2061275111005", 64)]
    [InlineData("1690599353065", 5)]
    [InlineData("185062A004112", 83)]
    [InlineData("285112B033057", 4)]
    [InlineData("1550920004015", 22)]
    public void The_key_is_97_minus_the_rest(string number, int key) => Assert.Equal(key, Nir.KeyOf(number));

    [Theory]
    [InlineData("F", "1947-03-09", false)]
    [InlineData("F", "1947", false)]
    [InlineData("M", "1947-03-09", true)]
    [InlineData("F", "1974-03-09", true)]
    [InlineData("F", "1947-04-09", true)]
    [InlineData(null, null, false)]
    public void A_number_that_contradicts_its_owner_is_a_relatives(string? sex, string? born, bool contradicts) =>
        Assert.Equal(contradicts, Nir.Read("247038519104254").ContradictsOwner(sex, born));
}
