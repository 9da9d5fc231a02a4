using CptsFhirHub.Server.Access;

namespace CptsFhirHub.Tests.Access;

public sealed class People_and_passwords
{
    [Fact]
    public void A_password_hash_survives_being_written_and_read()
    {
        var hash = PasswordHash.Of("un mot de passe long");
        Assert.True(PasswordHash.Read(hash.ToString()).Fits("un mot de passe long"));
        Assert.False(PasswordHash.Read(hash.ToString()).Fits("un mot de passe court"));
        Assert.StartsWith("pbkdf2-sha512$210000$", hash.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("plain")]
    [InlineData("pbkdf2-sha512$0$AA==$AA==")]
    [InlineData("pbkdf2-sha512$999999999$AA==$AA==")]
    [InlineData("pbkdf2-sha1$1000$AA==$AA==")]
    public void What_is_no_hash_is_refused(string text) => Assert.Throws<InvalidDataException>(() => PasswordHash.Read(text));

    [Fact]
    public void The_right_password_opens_the_right_account_alone()
    {
        var people = new People(DemoAccounts.People);
        Assert.Equal("Organization/demo-dac", people.Check("dac@demo", "dac")?.Organization);
        Assert.Null(people.Check("dac@demo", "guichet"));
        Assert.Null(people.Check("nobody@demo", "dac"));
        Assert.Null(people.Check("dac@demo", ""));
    }

    [Theory]
    [InlineData("system/Patient.rs", (int)(Deeds.Read | Deeds.Search))]
    [InlineData("system/*.cruds", (int)Deeds.All)]
    [InlineData("system/Task.read", (int)(Deeds.Read | Deeds.Search))]
    [InlineData("system/Task.write", (int)(Deeds.Create | Deeds.Update | Deeds.Delete))]
    [InlineData("system/Task.*", (int)Deeds.All)]
    public void A_scope_is_read(string text, int deeds) => Assert.Equal((Deeds)deeds, Scope.Read(text)?.Deeds);

    [Theory]
    [InlineData("user/Patient.rs")]
    [InlineData("patient/Patient.rs")]
    [InlineData("system/Patient.sr")]
    [InlineData("system/Patient.")]
    [InlineData("system/Patient")]
    [InlineData("system/.rs")]
    [InlineData("system/Nothing.rs")]
    [InlineData("system/DomainResource.rs")]
    [InlineData("openid")]
    public void What_is_no_scope_is_refused(string text) => Assert.Null(Scope.Read(text));
}
