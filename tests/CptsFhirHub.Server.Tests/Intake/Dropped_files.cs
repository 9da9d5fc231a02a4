using System.Security.Cryptography;
using System.Text;

namespace CptsFhirHub.Tests.Intake;

/// <summary>Files laid down in the drop folder end in done/ or rejected/, each with a report by line.</summary>
public sealed class Dropped_files(HubHost host)
{
    private const string Header = "Horodatage;Commune;Nom;Prénom;Date de naissance;Téléphone;Consentement\n";

    [Fact]
    public async Task A_census_ends_in_done_with_a_line_each()
    {
        using var team = await host.ClientAsync("demo-cpts");
        var (one, two) = (Somebody.New(), Somebody.New());
        var name = $"recensement-{one.Ipp}.csv";
        Drop("recensement", name, $"{Header}{Line(one)}12/04/2026;MONTBRON;;SANS NOM;;;O\n{Line(two)}");

        var report = await ReportAsync("recensement", "done", name);

        Assert.Equal(["fichier", "2", "3", "4"], Lines(report).Select(line => line[0]).Distinct());
        Assert.Contains(Lines(report), line => line is ["3", "Rejeté", .., "\"ligne 3, colonne \"\"Nom\"\"\"", _]);
        Assert.DoesNotContain(one.Family, report, StringComparison.Ordinal);
        Assert.Single((await team.GetJsonAsync($"/fhir/Patient?family={two.Family}")).Matches());
        Assert.True(File.Exists(Path.Combine(Folder("recensement"), "done", name)));
        var message = (await team.GetJsonAsync("/intake/messages?source=recensement&_count=500")).GetProperty("messages").EnumerateArray()
            .First(message => report.Contains(message.Text("id"), StringComparison.Ordinal));
        Assert.Equal("file", message.Text("channel"));
    }

    [Fact]
    public async Task A_bad_file_is_rejected_and_does_not_block_the_next()
    {
        var who = Somebody.New();
        Drop("recensement", $"a-{who.Ipp}.csv", "rien;du;tout\n1;2;3\n");
        Drop("recensement", $"b-{who.Ipp}.csv", Header + Line(who) + Line(Somebody.New()));
        File.CreateSymbolicLink(Path.Combine(Folder("recensement"), $"0-{who.Ipp}.csv"), "/etc/hostname");

        Assert.Contains("Aucun nom de colonne n'est connu", await ReportAsync("recensement", "rejected", $"a-{who.Ipp}.csv"), StringComparison.Ordinal);
        await ReportAsync("recensement", "done", $"b-{who.Ipp}.csv");
        Assert.True(File.Exists(Path.Combine(Folder("recensement"), $"0-{who.Ipp}.csv")));
        File.Delete(Path.Combine(Folder("recensement"), $"0-{who.Ipp}.csv"));
    }

    [Fact]
    public async Task A_file_with_a_second_name_is_rejected_unread()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Elsewhere the hub cannot tell the names of a file.");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        var (name, other) = ($"lien-{who.Ipp}.csv", Path.Combine(host.Folder, $"autre-{who.Ipp}.csv"));
        Directory.CreateDirectory(Folder("recensement"));
        await File.WriteAllTextAsync(other, Header + Line(who) + Line(Somebody.New()), TestContext.Current.CancellationToken);
        using var link = System.Diagnostics.Process.Start("ln", [other, Path.Combine(Folder("recensement"), name)])!;
        await link.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Contains("sous un autre nom", await ReportAsync("recensement", "rejected", name), StringComparison.Ordinal);
        Assert.Empty((await team.GetJsonAsync($"/fhir/Patient?family={who.Family}")).Matches());
        Assert.True(File.Exists(other));
    }

    [Fact]
    public async Task A_cohort_waits_for_its_control_file()
    {
        using var team = await host.ClientAsync("demo-cpts");
        var (one, two) = (Somebody.New(), Somebody.New());
        var number = "COH-" + one.Ipp;
        var name = $"cohorte-{one.Ipp}.csv";
        var file = "id_cohorte;rpps_medecin_sortant;date_cessation;nom_naissance;prenoms;date_naissance;telephone;opposition\n" + string.Concat(
            new[] { one, two }.Select(who => $"{number};10099000043;2026-12-31;{who.Family};{who.Given};{who.Born};{who.Phone};N\n"));
        Drop("cpam-cohort", name, file);
        await Task.Delay(TimeSpan.FromSeconds(3));
        Assert.True(File.Exists(Path.Combine(Folder("cpam-cohort"), name)));

        Drop("cpam-cohort", name + ".ctl", $$"""{"count":2,"sha256":"{{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(file)))}}","rpps":"10099000043","endDate":"2026-12-31","sentAt":"2026-06-01T08:00:00Z"}""");

        await ReportAsync("cpam-cohort", "done", name);
        Assert.True(File.Exists(Path.Combine(Folder("cpam-cohort"), "done", name + ".ctl")));
        Assert.Equal(2, Assert.Single((await team.GetJsonAsync($"/fhir/Group?identifier={number}")).Matches()).GetProperty("member").GetArrayLength());

        Drop("cpam-cohort", "x" + name + ".ctl", """{"count":3,"sha256":"00"}""");
        Drop("cpam-cohort", "x" + name, file);
        Assert.Contains("contrôle count", await ReportAsync("cpam-cohort", "rejected", "x" + name), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_cannot_be_read_yet_delays_nobody_else()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "A file that is open elsewhere cannot be moved.");
        await using var own = await HubHost.StartAsync(("Hub:DemoTerritory", "false"), ("Hub:Drop:Every", "00:00:00.100"));
        var folder = Path.Combine(own.Folder, "data", "drop", "recensement");
        Directory.CreateDirectory(folder);
        var (one, two) = (Somebody.New(), Somebody.New());
        var locked = new FileStream(Path.Combine(folder, "a.csv"), FileMode.CreateNew, FileAccess.Write, FileShare.None);
        await using (locked)
        {
            locked.Write(Encoding.UTF8.GetBytes(Header + Line(one) + Line(Somebody.New())));
            await locked.FlushAsync(TestContext.Current.CancellationToken);
            await UntilAsync(() => !File.Exists(Path.Combine(folder, "a.csv")));
            await File.WriteAllTextAsync(Path.Combine(folder, "b.csv"), Header + Line(two) + Line(Somebody.New()), TestContext.Current.CancellationToken);
            await UntilAsync(() => File.Exists(Path.Combine(folder, "done", "b.csv")));
        }

        // Whoever wrote it has let go of it.
        await UntilAsync(() => File.Exists(Path.Combine(folder, "done", "a.csv")));
        using var team = await own.ClientAsync("demo-cpts");
        foreach (var who in new[] { one, two })
            Assert.Single((await team.GetJsonAsync($"/fhir/Patient?family={who.Family}")).Matches());
    }

    [Fact]
    public async Task Files_that_are_not_to_be_taken_hide_none_that_are()
    {
        await using var own = await HubHost.StartAsync(("Hub:DemoTerritory", "false"), ("Hub:Drop:Every", "00:00:00.100"));
        var folder = Path.Combine(own.Folder, "data", "drop", "recensement");
        Directory.CreateDirectory(folder);
        for (var i = 0; i < 501; i++)
            await File.WriteAllBytesAsync(Path.Combine(folder, $"a{i}.tmp"), [1], TestContext.Current.CancellationToken);

        await File.WriteAllTextAsync(Path.Combine(folder, "b.csv"), Header + Line(Somebody.New()) + Line(Somebody.New()), TestContext.Current.CancellationToken);

        await UntilAsync(() => File.Exists(Path.Combine(folder, "done", "b.csv")));
    }

    [Fact]
    public async Task A_file_named_as_a_report_takes_no_reports_place()
    {
        var who = Somebody.New();
        Drop("recensement", $"{who.Ipp}.csv.report.csv", Header + Line(who) + Line(Somebody.New()));
        var done = Path.Combine(Folder("recensement"), "done");
        await UntilAsync(() => Directory.Exists(done) && !File.Exists(Path.Combine(Folder("recensement"), $"{who.Ipp}.csv.report.csv"))
            && Directory.EnumerateFiles(done, "*.csv").Any(file => !file.EndsWith(".report.csv", StringComparison.Ordinal) && File.ReadAllText(file).Contains(who.Family, StringComparison.Ordinal)));

        Drop("recensement", $"{who.Ipp}.csv", Header + Line(Somebody.New()) + Line(Somebody.New()));

        Assert.StartsWith("ligne;", await ReportAsync("recensement", "done", $"{who.Ipp}.csv"), StringComparison.Ordinal);
    }

    private static async Task UntilAsync(Func<bool> isSo)
    {
        var deadline = DateTime.UtcNow.AddMinutes(2);
        while (!isSo() && DateTime.UtcNow < deadline)
            await Task.Delay(50, TestContext.Current.CancellationToken);
        Assert.True(isSo(), "It did not come about within two minutes.");
    }

    private string Folder(string source) => Path.Combine(host.Folder, "data", "drop", source);

    private void Drop(string source, string name, string text)
    {
        Directory.CreateDirectory(Folder(source));
        File.WriteAllText(Path.Combine(Folder(source), name), text);
    }

    private static string Line(Somebody who) => $"12/04/2026 14:02;MONTBRON;{who.Family};{who.Given};09/03/1947;{who.Phone};O\n";

    private static List<string[]> Lines(string report) =>
        [.. report.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(line => line.Split(';'))];

    private async Task<string> ReportAsync(string source, string end, string name)
    {
        // The file itself comes last: who sees it finds the report.
        var (path, file) = (Path.Combine(Folder(source), end, name + ".report.csv"), Path.Combine(Folder(source), end, name));
        for (var attempt = 0; attempt < 1_200 && !File.Exists(file); attempt++)
            await Task.Delay(100);
        Assert.True(File.Exists(file) && File.Exists(path), $"There is no {end}/{name}.report.csv; there are: {string.Join(", ", Directory.GetFiles(Folder(source), "*", SearchOption.AllDirectories).Select(Path.GetFileName))}.");
        return await File.ReadAllTextAsync(path);
    }
}
