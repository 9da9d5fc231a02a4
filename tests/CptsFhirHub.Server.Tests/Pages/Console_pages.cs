using System.Net;
using AngleSharp;
using AngleSharp.Dom;
using CptsFhirHub.Tests.Intake;

namespace CptsFhirHub.Tests.Pages;

/// <summary>The console, read as a browser without scripts reads it.</summary>
public sealed class Console_pages(HubHost host)
{
    [Fact]
    public async Task Who_is_not_logged_in_is_sent_to_the_login_page()
    {
        using var browser = Browser();

        using var home = await browser.GetAsync(new Uri("/", UriKind.Relative));
        var login = await PageAsync(browser, "/connexion");

        Assert.Equal(302, (int)home.StatusCode);
        Assert.Equal("/connexion", home.Headers.Location?.ToString());
        Assert.NotNull(login.QuerySelector("label[for=motdepasse]"));
        Assert.Empty(login.QuerySelectorAll("script, style, [style], [onclick]"));
    }

    [Fact]
    public async Task A_wrong_password_says_no_more_than_an_unknown_account()
    {
        using var browser = Browser();

        var wrong = await LoginAsync(browser, "coordination@demo", "faux");
        var unknown = await LoginAsync(browser, "personne@demo", "faux");

        Assert.Equal((401, 401), (wrong.Status, unknown.Status));
        Assert.Equal(wrong.Text, unknown.Text);
    }

    [Fact]
    public async Task The_team_sees_the_sources_and_what_each_says_that_nobody_reads()
    {
        using var booking = await host.ClientAsync("demo-booking");
        await booking.PostMessageAsync("doctolib", Messages.SignUp(Somebody.New()), Messages.Json);
        using var browser = Browser();
        await LoginAsync(browser, "coordination@demo", "coordination");

        var list = await PageAsync(browser, "/sources");
        var one = await PageAsync(browser, "/sources/doctolib");

        Assert.NotNull(list.QuerySelector("a[href='/sources/hospital']"));
        Assert.Contains("Active", list.Body!.TextContent, StringComparison.Ordinal);
        Assert.Contains("Champs que personne ne lit", one.Body!.TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_team_sees_todays_messages_and_the_ranked_work_list_and_opens_both()
    {
        using var booking = await host.ClientAsync("demo-booking");
        var who = Somebody.New();
        var (_, answer) = await booking.PostMessageAsync("doctolib", Messages.SignUp(who, comment: "<b>gras</b>"), Messages.Json);
        using var browser = Browser();
        Assert.Equal(302, (await LoginAsync(browser, "coordination@demo", "coordination")).Status);

        var home = await PageAsync(browser, "/");
        Assert.Contains("Messages du jour", home.Body!.TextContent, StringComparison.Ordinal);
        Assert.Contains("File de travail", home.Body.TextContent, StringComparison.Ordinal);
        Assert.NotNull(home.QuerySelector($"a[href='/messages/{answer.Text("messageId")}']"));

        var message = await PageAsync(browser, $"/messages/{answer.Text("messageId")}");
        Assert.Contains("<b>gras</b>", message.QuerySelector("pre")!.TextContent, StringComparison.Ordinal);
        Assert.Null(message.QuerySelector("pre b"));

        var file = await PageAsync(browser, $"/dossiers/{answer.Text("signalement").Split('/')[1]}");
        Assert.Contains(who.Family, file.QuerySelector("h1")!.TextContent, StringComparison.Ordinal);
        Assert.Contains("plus de 70 ans", file.Body!.TextContent, StringComparison.Ordinal);
        Assert.Contains("Appui du DAC", file.Body.TextContent, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mairie")]
    [InlineData("admin")]
    [InlineData("guichet")]
    [InlineData("medecin")]
    public async Task Others_see_no_name_and_open_no_file(string account)
    {
        using var booking = await host.ClientAsync("demo-booking");
        var who = Somebody.New();
        var (_, answer) = await booking.PostMessageAsync("doctolib", Messages.SignUp(who), Messages.Json);
        using var browser = Browser();
        await LoginAsync(browser, $"{account}@demo", account);

        var home = await PageAsync(browser, "/");
        using var file = await browser.GetAsync(new Uri($"/dossiers/{answer.Text("signalement").Split('/')[1]}", UriKind.Relative));

        Assert.DoesNotContain(who.Family, home.Body!.TextContent, StringComparison.Ordinal);
        Assert.Equal(404, (int)file.StatusCode);
    }

    [Fact]
    public async Task Leaving_ends_the_session_and_needs_the_forms_token()
    {
        using var browser = Browser();
        await LoginAsync(browser, "dac@demo", "dac");
        using (var forged = await browser.PostAsync(new Uri("/deconnexion", UriKind.Relative), new FormUrlEncodedContent([new("jeton", "x")])))
            Assert.Equal(302, (int)forged.StatusCode);
        var home = await PageAsync(browser, "/");
        var token = home.QuerySelector("input[name=jeton]")!.GetAttribute("value")!;

        using var left = await browser.PostAsync(new Uri("/deconnexion", UriKind.Relative), new FormUrlEncodedContent([new("jeton", token)]));
        using var after = await browser.GetAsync(new Uri("/", UriKind.Relative));

        Assert.Equal(302, (int)left.StatusCode);
        Assert.Equal(302, (int)after.StatusCode);
    }

    [Fact]
    public async Task The_team_sees_the_jobs_and_runs_one()
    {
        using var browser = Browser();
        await LoginAsync(browser, "coordination@demo", "coordination");

        var page = await PageAsync(browser, "/travaux");
        var form = page.QuerySelector("form[action='/travaux/reconcile-cohorts']")!;
        using var run = await browser.PostAsync(new Uri("/travaux/reconcile-cohorts", UriKind.Relative),
            new FormUrlEncodedContent([new("jeton", form.QuerySelector("input[name=jeton]")!.GetAttribute("value")!)]), TestContext.Current.CancellationToken);
        page = await PageAsync(browser, "/travaux");

        Assert.Equal(302, (int)run.StatusCode);
        var runs = page.QuerySelector("section[aria-labelledby='reconcile-cohorts'] tbody")!.TextContent;
        Assert.Contains("Réussi", runs, StringComparison.Ordinal);
        using var forged = await browser.PostAsync(
            new Uri("/travaux/reconcile-cohorts", UriKind.Relative), new FormUrlEncodedContent([new("jeton", "x")]), TestContext.Current.CancellationToken);
        Assert.Equal(403, (int)forged.StatusCode);
    }

    [Fact]
    public async Task Pages_allow_no_foreign_content()
    {
        using var browser = Browser();
        using var login = await browser.GetAsync(new Uri("/connexion", UriKind.Relative));
        using var style = await browser.GetAsync(new Uri("/assets/console.css", UriKind.Relative));

        Assert.Contains("default-src 'none'", login.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.Equal("text/css", style.Content.Headers.ContentType?.MediaType);
    }

    [Theory]
    [InlineData("coordination@demo", "coordination", 200)]
    [InlineData("admin@demo", "admin", 200)]
    [InlineData("medecin@demo", "medecin", 403)]
    public async Task What_could_not_be_sent_is_the_teams_to_see_and_to_send_again(string account, string password, int status)
    {
        using var browser = Browser();
        await LoginAsync(browser, account, password);
        using var page = await browser.GetAsync(new Uri("/envois", UriKind.Relative));
        Assert.Equal(status, (int)page.StatusCode);
        using var forged = await browser.PostAsync(new Uri("/envois/renvoi", UriKind.Relative), new FormUrlEncodedContent([new("jeton", "x")]));
        Assert.Equal(403, (int)forged.StatusCode);
        if (status != 200)
            return;
        var token = (await PageAsync(browser, "/envois")).QuerySelector("input[name=jeton]")!.GetAttribute("value")!;
        using var sent = await browser.PostAsync(new Uri("/envois/renvoi", UriKind.Relative), new FormUrlEncodedContent([new("jeton", token)]));
        Assert.Equal((302, "/envois"), ((int)sent.StatusCode, sent.Headers.Location!.ToString()));
    }

    [Theory]
    [InlineData("coordination@demo", "coordination", 200)]
    [InlineData("dac@demo", "dac", 403)]
    public async Task The_progress_of_the_index_is_for_the_team(string account, string password, int status)
    {
        using var browser = Browser();
        await LoginAsync(browser, account, password);
        using var page = await browser.GetAsync(new Uri("/index", UriKind.Relative));
        Assert.Equal(status, (int)page.StatusCode);
        if (status != 200)
            return;
        var document = await PageAsync(browser, "/index");
        Assert.Contains("Index de recherche", document.QuerySelector("h1")!.TextContent);
        Assert.Contains("Avancement", document.Body!.TextContent);
    }

    private HttpClient Browser() => new(new SocketsHttpHandler { AllowAutoRedirect = false, CookieContainer = new CookieContainer() })
    {
        BaseAddress = host.Address,
    };

    private static async Task<(int Status, string Text)> LoginAsync(HttpClient browser, string account, string password)
    {
        using var response = await browser.PostAsync(
            new Uri("/connexion", UriKind.Relative), new FormUrlEncodedContent([new("compte", account), new("motdepasse", password)]));
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    private static async Task<IDocument> PageAsync(HttpClient browser, string url)
    {
        using var response = await browser.GetAsync(new Uri(url, UriKind.Relative));
        var html = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{url}: {(int)response.StatusCode}");
        return await BrowsingContext.New().OpenAsync(request => request.Content(html));
    }
}
