using CptsFhirHub.Coordination.Identity.Matching;
using CptsFhirHub.Server;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Hosting;

namespace CptsFhirHub.Tests.Hosting;

/// <summary>Settings with which the hub refuses to start.</summary>
public sealed class Unsafe_settings
{
    [Theory]
    [InlineData("Development", "Hub:Demo=true", "http://127.0.0.1:8080", true)]
    [InlineData("Development", "Hub:Access:Open=true", "http://localhost:8080", true)]
    [InlineData("Development", "Hub:Access:Open=true", "http://0.0.0.0:8080", false)]
    [InlineData("Development", "Hub:Access:Open=true", "http://*:8080", false)]
    [InlineData("Production", "Hub:Demo=true", "http://127.0.0.1:8080", false)]
    [InlineData("Production", "Hub:Access:Open=true", "http://127.0.0.1:8080", false)]
    [InlineData("Production", "", "http://127.0.0.1:8080", true)]
    [InlineData("Production", "", "http://[::1]:8080", true)]
    [InlineData("Production", "", "http://10.0.0.1:8080", false)]
    [InlineData("Production", "", "https://10.0.0.1:8443", true)]
    [InlineData("Production", "Hub:BehindTrustedProxy=true", "http://10.0.0.1:8080", true)]
    public void Only_safe_settings_start(string environment, string setting, string url, bool starts)
    {
        var pairs = setting.Length == 0 ? [] : new[] { KeyValuePair.Create(setting.Split('=')[0], (string?)setting.Split('=')[1]) };
        var settings = HubSettings.Read(new ConfigurationBuilder().AddInMemoryCollection(pairs).Build(), new Named(environment));
        Assert.Equal(starts, settings.Refusal([url]) is null);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("many")]
    [InlineData("99999999999")]
    public void A_limit_that_is_no_positive_number_is_refused(string text)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([KeyValuePair.Create("Hub:Limits:BodyBytes", (string?)text)]).Build();
        Assert.Throws<InvalidDataException>(() => HubSettings.Read(configuration, new Named("Production")));
    }

    [Fact]
    public void Parameters_of_comparison_that_cannot_be_read_are_refused()
    {
        var file = Path.GetTempFileName();
        File.WriteAllText(file, """{"version":"1"}""");
        Assert.Throws<InvalidDataException>(() => HubSettings.Read(Model(file), new Named("Production")));
        Assert.Throws<FileNotFoundException>(() => HubSettings.Read(Model(file + ".none"), new Named("Production")));
        File.Delete(file);

        static IConfiguration Model(string path) => new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create("Hub:Matching:Model", (string?)path)]).Build();
    }

    [Theory]
    [InlineData("doubtful", "false")]
    [InlineData("otherIns", "false")]
    [InlineData("fictive", "false")]
    [InlineData("saidNo", "false")]
    [InlineData("doubtful", "true")]
    [InlineData("first-name", "false")]
    [InlineData("sex", "off")]
    public void A_guard_that_is_absolute_or_unknown_is_not_switched(string name, string value) =>
        Assert.Throws<InvalidDataException>(() => HubSettings.Read(Guards((name, value)), new Named("Production")));

    [Fact]
    public void Guards_are_switched_by_their_names()
    {
        Assert.Equal(Guard.None, HubSettings.Read(Guards(("sex", "true")), new Named("Production")).GuardsOff);
        Assert.Equal(Guard.Sex | Guard.BirthPlace, HubSettings.Read(Guards(("sex", "false"), ("BirthPlace", "False")), new Named("Production")).GuardsOff);
    }

    private static IConfiguration Guards(params (string Name, string Value)[] guards) => new ConfigurationBuilder()
        .AddInMemoryCollection(guards.Select(guard => KeyValuePair.Create($"Hub:Matching:Guards:{guard.Name}", (string?)guard.Value))).Build();

    private sealed class Named(string environment) : IHostEnvironment
    {
        public string EnvironmentName { get; set; } = environment;

        public string ApplicationName { get; set; } = "hub";

        public string ContentRootPath { get; set; } = "";

        public IFileProvider ContentRootFileProvider { get; set; } = new NullFileProvider();
    }
}
