using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CptsFhirHub.Storage;
using CptsFhirHub.Tests.Mappings;

namespace CptsFhirHub.Tests.Intake;

/// <summary>A source is a folder: its fields, its map and its key are data, and a copy of it is another source.</summary>
public sealed class Sources_as_folders(HubHost host)
{
    [Fact]
    public async Task A_copied_folder_is_a_source()
    {
        var mappings = Directory.CreateTempSubdirectory("hub-mappings-").FullName;
        try
        {
            Copy(MappingFolder.Root, mappings);
            await CopyUnderAsync(mappings, ("guichet", "kine"), ("GuichetFiche", "KineFiche"), ("\"nom\", ", "\"nom\", \"Patient suivi\", "));
            await CopyUnderAsync(mappings, ("doctolib", "rdv"), ("DoctolibSignup", "RdvSignup"));
            await CopyUnderAsync(mappings, ("prado", "retour"), ("PradoLine", "RetourLigne"));
            await CopyUnderAsync(mappings, ("cpam-cohort", "msa-cohorte"), ("CpamCohorteLigne", "MsaCohorteLigne"));

            await using var hub = await HubHost.StartAsync(("Hub:MappingsDirectory", mappings), ("Hub:DemoTerritory", "false"));
            using var team = await hub.ClientAsync("demo-cpts");
            var who = Somebody.New();
            var (status, answer) = await team.PostMessageAsync(
                "kine", $"Patient suivi;Prénom;Né le;Tel\n{who.Family};{who.Given};09/03/1947;{who.Phone}\n", Messages.Csv);

            Assert.True(status == 201, $"{status} {answer}");
            var request = await team.GetJsonAsync($"/fhir/{answer.Text("signalement")}");
            Assert.Contains("kine", request.ToString(), StringComparison.Ordinal);
            var sources = (await team.GetJsonAsync("/intake/sources")).GetProperty("sources").EnumerateArray().Select(source => source.Text("name"));
            Assert.Contains("kine", sources);
            Assert.Equal("KineFiche", (await ModelAsync(team, "KineFiche")).Text("type"));

            // A copy of the booking platform's folder takes signed calls, cancellations and the export; an unsigned one it refuses.
            using var platform = hub.Anonymous();
            var (event1, booked) = (Guid.NewGuid().ToString(), Somebody.New());
            var created = await Sign_ups.SignedAsync(platform, source: "rdv", body: Messages.SignUp(booked, event1));
            Assert.True(created.Status == 201, $"{created.Status} {created.Body}");
            Assert.Equal(401, (await platform.PostMessageAsync("rdv", Messages.SignUp(Somebody.New()), Messages.Json)).Status);
            Assert.Equal(401, (await Sign_ups.SignedAsync(platform, source: "guichet", body: Messages.SignUp(Somebody.New()))).Status);
            var withdrawn = await Sign_ups.SignedAsync(platform, source: "rdv", body: Messages.SignUp(booked).Replace("signup.created", "signup.cancelled", StringComparison.Ordinal));
            Assert.True(withdrawn.Status is 200 or 201, $"{withdrawn.Status} {withdrawn.Body}");
            Assert.Equal("revoked", (await team.GetJsonAsync($"/fhir/{created.Body.Text("signalement")}")).Text("status"));
            using var booking = await hub.ClientAsync("demo-booking");
            var exported = await booking.PostMessageAsync("rdv",
                $"identifiant;date;nom_naissance;prenoms;date_naissance;telephone\n{Guid.NewGuid()};18/06/2025;{who.Family};{who.Given};09/03/1947;{who.Phone}\n", Messages.Csv);
            Assert.True(exported.Status == 200, $"{exported.Status} {exported.Body}");
            Assert.Equal(answer.Text("patient"), exported.Body.Text("patient"));

            var home = Somebody.New();
            var line = await team.PostMessageAsync("retour", $$"""
                {"dossier_retour":"{{Guid.NewGuid()}}","volet":"bpco","nom_naissance":"{{home.Family}}","prenoms":"{{home.Given}}","date_naissance":"{{home.Born}}","date_sortie_reelle":"2026-06-01","evenement":"sortie"}
                """, Messages.Json);
            Assert.True(line.Status == 201, $"{line.Status} {line.Body}");
            Assert.Contains("retour", (await team.GetJsonAsync($"/fhir/{line.Body.Text("signalement")}")).ToString(), StringComparison.Ordinal);

            // Another fund's lists: a corrected one takes out whom it no longer names.
            var cohort = Enumerable.Range(0, 6).Select(_ => Somebody.New()).ToList();
            foreach (var people in new[] { cohort, cohort[1..] })
            {
                var list = await team.PostMessageAsync("msa-cohorte",
                    "id_cohorte;rpps_medecin_sortant;date_cessation;nom_naissance;prenoms;date_naissance;telephone;opposition\n"
                    + string.Concat(people.Select(one => $"MSA-1;10099000019;2026-12-31;{one.Family};{one.Given};{one.Born};{one.Phone};N\n")), Messages.Csv);
                Assert.True(list.Status is 200 or 201, $"{list.Status} {list.Body}");
            }

            var group = Assert.Single((await team.GetJsonAsync("/fhir/Group?identifier=MSA-1")).Matches());
            Assert.Single(group.GetProperty("member").EnumerateArray(), member => member.TryGetProperty("inactive", out var inactive) && inactive.GetBoolean());
        }
        finally
        {
            Directory.Delete(mappings, recursive: true);
        }
    }

    [Fact]
    public async Task A_pharmacist_signals_with_eight_fields_and_follows_a_number()
    {
        using var desk = await host.ClientAsync("demo-guichet");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();

        var (status, answer) = await desk.PostMessageAsync("guichet", Form(who), Messages.Json);

        Assert.True(status == 201, $"{status} {answer}");
        var tracking = await desk.GetJsonAsync($"/intake/tracking/{answer.Text("tracking")}");
        Assert.Equal("a-qualifier", tracking.Text("state"));
        Assert.DoesNotContain("ald", tracking.ToString(), StringComparison.Ordinal);

        // The login says who signals; the DAC hears of a fragile person as from anybody else.
        var request = (await team.GetJsonAsync($"/fhir/{answer.Text("signalement")}")).ToString();
        Assert.Contains("pharmacien", request, StringComparison.Ordinal);
        Assert.DoesNotContain("elu", request, StringComparison.Ordinal);
        var care = (await team.GetJsonAsync($"/fhir/ServiceRequest?patient={answer.Text("patient")}")).Matches();
        Assert.Equal(2, care.Count);

        // The need of today is offered the next free slots of unscheduled care.
        var way = answer.GetProperty("orientation");
        Assert.Equal("creneau-snp", way.Text("kind"));
        var slots = way.GetProperty("slots").EnumerateArray().ToList();
        Assert.Equal(3, slots.Count);
        foreach (var slot in slots)
            Assert.Equal("free", (await desk.GetJsonAsync($"/fhir/{slot.Text("slot")}")).Text("status"));
        Assert.Equal(slots.Select(slot => slot.Text("start")).Order(StringComparer.Ordinal), slots.Select(slot => slot.Text("start")));

        // The same form again is the first answer, under the same number.
        var again = await desk.PostMessageAsync("guichet", Form(who), Messages.Json);
        Assert.Equal(200, again.Status);
        Assert.Equal(answer.Text("tracking"), again.Body.Text("tracking"));
        Assert.Equal(way.ToString(), again.Body.GetProperty("orientation").ToString());
    }

    [Fact]
    public async Task The_report_of_a_professional_ranks_above_the_persons_own()
    {
        using var desk = await host.ClientAsync("demo-guichet");
        using var booking = await host.ClientAsync("demo-booking");
        using var team = await host.ClientAsync("demo-cpts");
        var (one, two) = (Somebody.New("1990-05-04"), Somebody.New("1990-05-04"));
        var own = await booking.PostMessageAsync("doctolib", Messages.SignUp(one), Messages.Json);
        var same = await booking.PostMessageAsync("doctolib", Messages.SignUp(two), Messages.Json);

        await desk.PostMessageAsync("guichet",
            $$"""{"nom":"{{two.Family}}","prenom":"{{two.Given}}","date_naissance":"{{two.Born}}","telephone":"{{two.Phone}}","commune":"AIZENAY","consentement":true}""",
            Messages.Json);

        Assert.True(await RankAsync(team, same.Body) > await RankAsync(team, own.Body));
        var risks = (await team.GetJsonAsync($"/fhir/RiskAssessment?patient={same.Body.Text("patient")}")).ToString();
        Assert.Contains("signalé par un professionnel ou un élu", risks, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_census_sent_again_creates_nothing()
    {
        using var team = await host.ClientAsync("demo-cpts");
        var people = Enumerable.Range(0, 6).Select(_ => Somebody.New()).ToList();
        var file = "Horodatage;Commune;Nom;Prénom;Date de naissance;Téléphone;ALD;Signalé par;Consentement\n" + string.Concat(
            people.Select(who => $"12/04/2026 14:02;MONTBRON;{who.Family};{who.Given};09/03/1947;{who.Phone};O;élu;O\n")) + ";;;;;;;;\n";

        var (status, answer) = await team.PostMessageAsync("recensement", file, Messages.Csv);
        Assert.True(status == 201, $"{status} {answer}");
        Assert.Contains("Read as UTF-8, fields separated by semicolons.", answer.ToString(), StringComparison.Ordinal);
        var first = await team.GetJsonAsync(answer.Text("rows"));
        Assert.Equal("6", first.GetProperty("progress").Text("total"));
        Assert.All(first.GetProperty("rows").EnumerateArray(), row => Assert.Equal(2, row.GetProperty("resources").GetArrayLength()));

        var again = await team.PostMessageAsync("recensement", file + "\n", Messages.Csv);
        var rows = await team.GetJsonAsync(again.Body.Text("rows"));
        Assert.All(rows.GetProperty("rows").EnumerateArray(), row => Assert.Equal("duplicate", row.Text("state")));
        foreach (var who in people)
            Assert.Single((await team.GetJsonAsync($"/fhir/Patient?family={who.Family}")).Matches());
    }

    [Fact]
    public async Task A_web_form_is_a_line_of_the_census()
    {
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        var (status, answer) = await team.PostMessageAsync("recensement",
            $"commune=AIZENAY&nom={who.Family}&prenom=L%C3%A9a&date_naissance=09%2F03%2F1947&telephone={who.Phone}&consentement=O",
            "application/x-www-form-urlencoded");
        Assert.True(status == 201, $"{status} {answer}");
    }

    [Fact]
    public async Task A_second_study_of_the_insurance_is_a_new_version_and_leaves_the_notes()
    {
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        var (status, answer) = await team.PostMessageAsync("mas", Study(who, "2026-06-22", "a_completer"), Messages.Json);
        Assert.True(status == 201, $"{status} {answer}");
        var request = await team.GetJsonAsync($"/fhir/{answer.Text("signalement")}");
        var noted = request.ToString()[..^1] + ",\"note\":[{\"text\":\"Rappeler la fille.\"}]}";
        using (var put = await team.PutAsync(new Uri($"/fhir/{answer.Text("signalement")}", UriKind.Relative), Messages.Body(noted, "application/fhir+json")))
            Assert.True(put.IsSuccessStatusCode, await put.Content.ReadAsStringAsync());

        var second = await team.PostMessageAsync("mas", Study(who, "2026-07-02", "favorable"), Messages.Json);

        Assert.True(second.Status is 200 or 201, $"{second.Status} {second.Body}");
        Assert.Equal(answer.Text("signalement"), second.Body.Text("signalement"));
        var response = Assert.Single((await team.GetJsonAsync($"/fhir/QuestionnaireResponse?patient={answer.Text("patient")}")).Matches());
        Assert.Contains("favorable", response.ToString(), StringComparison.Ordinal);
        Assert.Equal(["droits", "ald", "risques_rupture", "historique_suivi", "avis"],
            response.GetProperty("item").EnumerateArray().Select(item => item.Text("linkId")));
        var before = await team.GetJsonAsync($"/fhir/QuestionnaireResponse/{response.Text("id")}/_history/1");
        Assert.Contains("a_completer", before.ToString(), StringComparison.Ordinal);
        var after = await team.GetJsonAsync($"/fhir/{answer.Text("signalement")}");
        Assert.Contains("Rappeler la fille.", after.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_gp_answers_is_one_role_that_a_second_answer_renews()
    {
        using var team = await host.ClientAsync("demo-cpts");
        var rpps = $"101{Random.Shared.Next(10_000_000, 99_999_999)}";
        const string Header = "rpps;nom;prenom;commune_insee;communes_visite_domicile;accepte_nouveaux_patients;capacite_restante;publics_acceptes;niveau_sas;date_reponse\n";
        var (status, answer) = await team.PostMessageAsync("medecins", $"{Header}{rpps};DUPRÉ;Claire;85003;85003,85130;O;40;ald,>70;1+2;2026-05-04\n", Messages.Csv);
        Assert.True(status == 201, $"{status} {answer}");

        var second = await team.PostMessageAsync("medecins", $"{Header}{rpps};DUPRÉ;Claire;85003;85003;N;0;ald;2;2026-06-04\n", Messages.Csv);
        Assert.True(second.Status == 200, $"{second.Status} {second.Body}");

        var doctor = Assert.Single((await team.GetJsonAsync($"/fhir/Practitioner?identifier=urn:oid:1.2.250.1.71.4.2.1|8{rpps}")).Matches());
        var role = Assert.Single((await team.GetJsonAsync($"/fhir/PractitionerRole?practitioner=Practitioner/{doctor.Text("id")}")).Matches());
        Assert.Contains("2026-06-04", role.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("2026-05-04", role.ToString(), StringComparison.Ordinal);
        Assert.Equal("1", doctor.GetProperty("meta").Text("versionId"));
    }

    [Fact]
    public async Task A_call_is_an_encounter_without_a_name()
    {
        using var team = await host.ClientAsync("demo-cpts");
        var number = Guid.NewGuid().ToString("N");
        var (status, answer) = await team.PostMessageAsync("appels-snp",
            $"appel_id,debut,fin,tri,age,sans_mt,issue\n{number},18/06/2026 08:02,18/06/2026 08:06,snp-24h,34,O,réservé\n{number}b,18/06/2026 08:09,18/06/2026 08:01,conseil,,,\n", Messages.Csv);
        Assert.True(status == 201, $"{status} {answer}");
        var rows = (await team.GetJsonAsync(answer.Text("rows"))).GetProperty("rows").EnumerateArray().Select(row => row.Text("state"));
        Assert.Equal(["processed", "rejected"], rows);
        var call = Assert.Single((await team.GetJsonAsync($"/fhir/Encounter?identifier={number}")).Matches());
        Assert.False(call.TryGetProperty("subject", out _));
    }

    [Fact]
    public async Task A_cohort_with_its_control_file_is_a_group_of_persons()
    {
        using var team = await host.ClientAsync("demo-cpts");
        var number = "COH-" + Guid.NewGuid().ToString("N")[..8];
        var rpps = $"101{Random.Shared.Next(10_000_000, 99_999_999)}";
        var people = Enumerable.Range(0, 5).Select(_ => Somebody.New()).ToList();
        var file = "id_cohorte;rpps_medecin_sortant;date_cessation;nom_naissance;prenoms;date_naissance;telephone;insee_commune;opposition\n"
            + string.Concat(people.Select((who, i) => $"{number};{rpps};2026-12-31;{who.Family};{who.Given};{who.Born};{who.Phone};85003;{(i == 0 ? "O" : "N")}\n"));

        var (status, answer) = await SendAsync(team, file, people.Count);

        Assert.True(status == 201, $"{status} {answer}");
        var group = Assert.Single((await team.GetJsonAsync($"/fhir/Group?identifier={number}")).Matches());
        Assert.Equal(5, group.GetProperty("member").GetArrayLength());
        Assert.Contains("\"oppose\"", group.ToString(), StringComparison.Ordinal);
        Assert.Contains("2026-12-31", group.ToString(), StringComparison.Ordinal);

        // Nobody asked for anything: a cohort opens no request.
        var person = group.GetProperty("member")[1].GetProperty("entity").Text("reference");
        Assert.Empty((await team.GetJsonAsync($"/fhir/ServiceRequest?patient={person}")).Matches());

        // Sent again it changes nothing; one line short of its control file it is refused as a whole.
        var again = await SendAsync(team, file, people.Count);
        Assert.True(again.Status is 200 or 201, $"{again.Status} {again.Body}");
        Assert.Equal(group.GetProperty("meta").Text("versionId"), Assert.Single((await team.GetJsonAsync($"/fhir/Group?identifier={number}")).Matches()).GetProperty("meta").Text("versionId"));
        var cut = await SendAsync(team, file[..file.LastIndexOf(number, StringComparison.Ordinal)], people.Count);
        Assert.Equal(422, cut.Status);
        Assert.Contains("control count", cut.Body.ToString(), StringComparison.Ordinal);

        // All five stand in exactly one state.
        using var reconciled = await team.PostAsync(new Uri($"/fhir/Group/{group.Text("id")}/$reconcile", UriKind.Relative), content: null);
        var counts = (await reconciled.JsonAsync()).GetProperty("group")[0].GetProperty("population").EnumerateArray().Sum(population => population.GetProperty("count").GetInt32());
        Assert.Equal(5, counts);
    }

    [Fact]
    public async Task The_national_directory_is_kept_for_the_territory_and_says_who_has_stopped()
    {
        await using var hub = await HubHost.StartAsync(("Hub:DemoTerritory", "false"), ("Hub:Sources:rpps:Communes", "85003,86"));
        using var team = await hub.ClientAsync("demo-cpts");
        var lines = Enumerable.Range(0, 12).Select(i => Activity($"1009900{i:0000}", "10", "SM54", $"S{i}", "85003")).ToList();
        lines[11] = Activity("10099000011", "21", "", "S11", "85003");
        string[] others = [Activity("10099000050", "60", "", "S50", "85003"), Activity("10099000051", "10", "SM54", "S51", "75056")];

        var first = await SendAsync([.. lines, .. others]);
        Assert.Contains("2 lines are not of this territory", first.ToString(), StringComparison.Ordinal);
        Assert.Equal("12", (await team.GetJsonAsync(first.Text("rows"))).GetProperty("progress").Text("total"));
        Assert.Equal(12, await CountAsync("PractitionerRole?active=true&_count=50"));
        Assert.Equal(12, await CountAsync("Practitioner?_count=50"));

        // The next file: one has moved, one is gone, one is new.
        lines[0] = Activity("10099000000", "10", "SM54", "S90", "85003");
        lines.RemoveAt(1);
        lines.Add(Activity("10099000091", "10", "SM26", "S91", "85003"));
        await SendAsync(lines);
        Assert.Equal(12, await CountAsync("PractitionerRole?active=true&_count=50"));
        Assert.Equal(2, await CountAsync("PractitionerRole?active=false&_count=50"));
        var watch = Assert.Single((await team.GetJsonAsync("/fhir/Task?code=veille-cessation")).Matches());
        var stopped = await team.GetJsonAsync($"/fhir/{watch.GetProperty("focus").Text("reference")}");
        Assert.Equal("810099000001", stopped.GetProperty("identifier")[0].Text("value"));

        // The same file again changes nothing; one that is cut short ends nobody; who comes back is there again.
        var before = await CountAsync("Provenance?_count=500");
        await SendAsync([.. lines, ""]);
        Assert.Equal(before, await CountAsync("Provenance?_count=500"));
        var cut = await SendAsync(lines[..4]);
        Assert.Contains("cut short", cut.ToString(), StringComparison.Ordinal);
        Assert.Equal(12, await CountAsync("PractitionerRole?active=true&_count=50"));
        await SendAsync([.. lines, Activity("10099000001", "10", "SM54", "S1", "85003")]);
        Assert.Equal(13, await CountAsync("PractitionerRole?active=true&_count=50"));

        async Task<int> CountAsync(string query) => (await team.GetJsonAsync("/fhir/" + query)).Matches().Count;

        async Task<JsonElement> SendAsync(IEnumerable<string> rows)
        {
            var (status, answer) = await team.PostMessageAsync("rpps", ActivityHeader + string.Join('\n', rows) + "\n", Messages.Csv);
            Assert.True(status is 200 or 201, $"{status} {answer}");
            return answer;
        }
    }

    [Fact]
    public async Task A_whole_cohort_is_loaded_and_its_letter_to_nobody_who_objects()
    {
        await using var hub = await HubHost.StartAsync(("Hub:DemoTerritory", "false"));
        using var team = await hub.ClientAsync("demo-cpts");

        // As many as one GP of the Val leaves; on PostgreSQL enough for several commits.
        var lines = StorePlace.Provider == StoreOptions.Sqlite ? 1_407 : 207;
        var file = "id_cohorte;rpps_medecin_sortant;date_cessation;nom_naissance;prenoms;date_naissance;sexe;telephone;opposition\n" + string.Concat(
            Enumerable.Range(0, lines).Select(i => $"COH-VAL;10099000035;2026-12-31;PATIENTE{Letters(i)};ODETTE;{1_930 + i % 60}-0{1 + i % 9}-1{i % 10};F;02510{10_000 + i};{(i % 50 == 0 ? "O" : "N")}\n"));
        var (status, answer) = await SendAsync(team, file, lines);
        Assert.True(status is 201 or 202, $"{status} {answer}");
        var deadline = DateTime.UtcNow.AddMinutes(3);
        JsonElement rows;
        do
        {
            await Task.Delay(200);
            rows = await team.GetJsonAsync(answer.Text("rows"));
        }
        while (rows.Text("state") == "received" && DateTime.UtcNow < deadline);

        var progress = rows.GetProperty("progress");
        Assert.True(
            progress.Text("processed") == lines.ToString(System.Globalization.CultureInfo.InvariantCulture),
            $"{progress} {rows.GetProperty("rows").EnumerateArray().FirstOrDefault(row => row.Text("state") != "processed")}");
        var group = Assert.Single((await team.GetJsonAsync("/fhir/Group?identifier=COH-VAL")).Matches());
        Assert.Equal(lines, group.GetProperty("member").GetArrayLength());
        Assert.Equal((lines + 49) / 50, group.GetProperty("member").EnumerateArray().Count(member => member.ToString().Contains("oppose", StringComparison.Ordinal)));

        // A hospital that still knows the GP who leaves speaks of somebody who will have none.
        using var hospital = await hub.ClientAsync("demo-hospital");
        var who = Somebody.New();
        string Stay(string gp) => Messages.Adt(who, "A01", pv2: "").Replace("PV1|", $"ROL||UC|ODRP|{gp}^VERNET^Luc\rPV1|", StringComparison.Ordinal);
        Assert.Equal("", (await hospital.PostMessageAsync("hospital", Stay("10099000043"), Messages.Hl7)).Body.Text("signalement"));
        var told = await hospital.PostMessageAsync("hospital", Stay("10099000035"), Messages.Hl7);
        Assert.True(told.Status == 201, $"{told.Status} {told.Body}");
        Assert.StartsWith("ServiceRequest/", told.Body.Text("signalement"), StringComparison.Ordinal);
    }

    private const string ActivityHeader =
        "Identification nationale PP|Nom d'exercice|Prénom d'exercice|Code profession|Code savoir-faire|Identifiant technique de la structure|Code commune (coord. structure)\n";

    private static string Activity(string rpps, string profession, string specialty, string structure, string commune) =>
        $"8{rpps}|NOM{rpps[^2..]}|LUCIE|{profession}|{specialty}|{structure}|{commune}";

    private static string Letters(int number) => string.Concat(
        number.ToString("0000", System.Globalization.CultureInfo.InvariantCulture).Select(digit => (char)('A' + digit - '0')));

    private static async Task<(int Status, JsonElement Body)> SendAsync(HttpClient client, string file, int count)
    {
        var bytes = Encoding.UTF8.GetBytes(file);
        using var form = new MultipartFormDataContent
        {
            { Messages.Body($$"""{"count":{{count}},"sha256":"{{Convert.ToHexStringLower(SHA256.HashData(bytes))}}"}""", Messages.Json), "control" },
            { Messages.Body(bytes, Messages.Csv), "file", "cohorte.csv" },
        };
        using var response = await client.PostAsync(new Uri("/intake/cpam-cohort", UriKind.Relative), form);
        return ((int)response.StatusCode, await response.JsonAsync());
    }

    private static string Form(Somebody who) => $$"""
        {"reference":"PH-{{who.Ipp}}","nom":"{{who.Family}}","prenom":"{{who.Given}}","date_naissance":"{{who.Born}}","telephone":"{{who.Phone}}",
         "commune":"AIZENAY","sans_mt_depuis":"2026-03-31","fragilite":["ald"],"besoin":"renouvellement","consentement":true,"signale_par":"elu"}
        """;

    private static string Study(Somebody who, string day, string opinion) => $$"""
        {"dossier_mas":"MAS-{{who.Ipp}}","date_etude":"{{day}}",
         "patient":{"nom_naissance":"{{who.Family}}","prenoms":["{{who.Given}}"],"date_naissance":"{{who.Born}}","telephone":"{{who.Phone}}"},
         "droits":{"regime":"général","c2s":"oui"},"ald":{"present":"oui","libelles":["diabète"]},
         "risques_rupture":[{"type":"isolement","niveau":"eleve"}],"historique_suivi":{"hospitalisations_12m":1},
         "avis":{"avis":"{{opinion}}","motif":"Vu par la conseillère."} }
        """;

    private static async Task<decimal> RankAsync(HttpClient team, JsonElement answer) =>
        (await team.GetJsonAsync($"/fhir/{answer.Text("signalement")}")).GetProperty("extension").EnumerateArray()
            .Single(extension => extension.Text("url").EndsWith("rang-priorite", StringComparison.Ordinal)).GetProperty("valueDecimal").GetDecimal();

    /// <summary>What the hub works by is published beside its start.</summary>
    private static async Task<JsonElement> ModelAsync(HttpClient client, string name)
    {
        for (var attempt = 0; ; attempt++)
        {
            using var response = await client.GetAsync(new Uri($"/fhir/StructureDefinition/{name}", UriKind.Relative));
            if (response.IsSuccessStatusCode || attempt == 100)
                return await response.JsonAsync();
            await Task.Delay(100);
        }
    }

    /// <summary>Copies the folder of a source under another name, with each word of it that is the source's own; and nothing else.</summary>
    private static async Task CopyUnderAsync(string mappings, params (string From, string To)[] words)
    {
        var (from, to) = words[0];
        var folder = Path.Combine(mappings, to);
        Copy(Path.Combine(mappings, from), folder);
        Directory.Delete(Path.Combine(folder, "examples"), recursive: true);
        foreach (var file in Directory.GetFiles(folder))
        {
            var text = await File.ReadAllTextAsync(file);
            File.Delete(file);
            await File.WriteAllTextAsync(
                Path.Combine(folder, Path.GetFileName(file).Replace(from, to, StringComparison.Ordinal)),
                words.Aggregate(text, (said, word) => said.Replace(word.From, word.To, StringComparison.Ordinal)));
        }
    }

    private static void Copy(string from, string to)
    {
        foreach (var file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}
