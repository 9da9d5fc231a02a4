namespace CptsFhirHub.Coordination.Tests;

public sealed class Plain_texts
{
    [Theory]
    [InlineData("Jean-François d’Été", "JEAN FRANCOIS D ETE")]
    [InlineData("NGUYỄN Thị Hồng", "NGUYEN THI HONG")]
    [InlineData("ȘERBĂNESCU Ḥasan", "SERBANESCU HASAN")]
    [InlineData("nguyê\u0303n", "NGUYEN")]
    [InlineData("İpek Œuvre ß", "IPEK OEUVRE SS")]
    public void A_name_is_the_same_with_and_without_the_marks_of_its_language(string text, string plain) => Assert.Equal(plain, PlainText.Words(text));
}
