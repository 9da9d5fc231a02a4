using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using CptsFhirHub.Coordination.Identity;
using CptsFhirHub.Coordination.Identity.Matching;

namespace CptsFhirHub.Cli;

/// <summary>
/// <c>hub match-eval SET...</c>: links the records of a labelled set as the hub would, and says how well: how many it found, how many it
/// joined falsely and of which kind, how many are left to a person.
/// </summary>
internal static class MatchEvalCommand
{
    public static Command Make(Func<ParseResult, Desk> open)
    {
        var set = new Argument<string[]>("SET") { Description = "A folder with records.csv, or one or two FEBRL files.", Arity = ArgumentArity.OneOrMore };
        var links = new Option<string?>("--links") { Description = "Writes record_a,record_b,grade into this file." };
        var states = new Option<string?>("--states") { Description = "Writes record_id,state,needs_review of the folder's cohort.csv into this file." };
        var day = new Option<DateOnly?>("--day") { Description = "The day of the run, for ages (default today)." };
        var model = new Option<string?>("--model") { Description = "Takes the parameters of this file instead of those that come with the program." };
        var names = new Option<string?>("--names") { Description = "A folder with surnames.csv and given_names.csv of INSEE, instead of the commonest names." };
        var command = new Command("match-eval", "Links the records of a labelled set and says how well.") { set, links, states, day, model, names };
        command.SetAction(parsed =>
        {
            var desk = open(parsed);
            if (LabelledSet.Read(parsed.GetRequiredValue(set), desk) is not { } labelled
                || MatchFiles.Model(parsed.GetValue(model), desk) is not { } parameters
                || MatchFiles.Names(parsed.GetValue(names), desk) is not { } frequencies)
                return desk.Close(HubCommand.Refused);
            var clock = Stopwatch.StartNew();
            var matcher = MatcherOf(labelled, parameters, frequencies);
            var learned = clock.Elapsed;
            clock.Restart();
            var linked = Linking.Run(labelled.Records, matcher, MayPair(labelled));
            clock.Stop();
            var report = new MatchReport(labelled, linked, matcher, desk);
            report.Tell(learned, clock.Elapsed);
            var done = (parsed.GetValue(links) is not { } to || MatchFiles.Write(to, report.Lines(), desk))
                && (parsed.GetValue(states) is not { } stateFile
                    || MatchFiles.Write(stateFile, CohortStates.Lines(parsed.GetRequiredValue(set)[0], labelled, linked, parsed.GetValue(day) ?? Today()), desk));
            return desk.Close(done ? HubCommand.Sound : HubCommand.Refused);
        });
        return command;
    }

    /// <summary>The parameters that come with the program are for French records; foreign test files teach their own.</summary>
    private static Matcher MatcherOf(LabelledSet set, MatchModel model, NameFrequencies frequencies)
    {
        if (set.IsFebrl)
        {
            var (learned, prior) = Training.Learn(set.Records, MayPair(set), model, "learned");
            return Matcher.WithPrior(learned, NameFrequencies.Count(set.Records), prior);
        }

        return Matcher.WithPrior(model, frequencies, Training.Prior(set.Records, MayPair(set)));
    }

    private static Func<int, int, bool>? MayPair(LabelledSet set) => set.IsBetweenFiles ? (a, b) => set.Files[a] != set.Files[b] : null;

    private static DateOnly Today() => DateOnly.FromDateTime(TimeProvider.System.GetLocalNow().DateTime);
}

/// <summary>Files of models, names and results.</summary>
internal static class MatchFiles
{
    public static MatchModel? Model(string? path, Desk desk)
    {
        if (path is null)
            return MatchModel.Shipped;
        if (desk.Read(path) is not { } bytes)
            return null;
        if (MatchModel.Read(System.Text.Encoding.UTF8.GetString(bytes)) is { } model)
            return model;
        desk.Refuse("invalid", path, "this is no model: every field needs the shares of all its levels.");
        return null;
    }

    public static NameFrequencies? Names(string? folder, Desk desk)
    {
        if (folder is null)
            return NameFrequencies.Shipped;
        return desk.Read(Path.Combine(folder, "surnames.csv")) is { } surnames && desk.Read(Path.Combine(folder, "given_names.csv")) is { } firsts
            ? NameFrequencies.Read(System.Text.Encoding.UTF8.GetString(surnames), System.Text.Encoding.UTF8.GetString(firsts))
            : null;
    }

    public static bool Write(string path, IEnumerable<string> lines, Desk desk)
    {
        try
        {
            File.WriteAllLines(path, lines);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            desk.Refuse("exception", path, "the file cannot be written.");
            return false;
        }
    }
}

/// <summary>What a run on a labelled set came to.</summary>
internal sealed class MatchReport(LabelledSet set, Linked linked, Matcher matcher, Desk desk)
{
    private const double Even = 0;
    private static readonly double AlmostSure = Math.Log2(0.99 / 0.01);

    public IEnumerable<string> Lines() => linked.Links.Select(link =>
        $"{set.Ids[link.A]},{set.Ids[link.B]},{link.Grade.ToString().ToLowerInvariant()}");

    public void Tell(TimeSpan learned, TimeSpan ran)
    {
        Say("records", $"{set.Records.Count}", set.Records.Count);
        Say("model", $"{matcher.Model.Version}, names {matcher.Frequencies.Source}", matcher.Model.Version);
        Say("candidate pairs per record", F((double)linked.Candidates / set.Records.Count), Math.Round((double)linked.Candidates / set.Records.Count, 3));
        Say("keys passed over", $"{linked.DroppedKeys}", linked.DroppedKeys);
        Say("seconds", $"{F(ran.TotalSeconds)} (and {F(learned.TotalSeconds)} to learn)", Math.Round(ran.TotalSeconds, 3));
        if (set.Truth is not { } truth)
            return;

        var all = truth.CountBy(person => person).Sum(person => (long)person.Value * (person.Value - 1) / 2);
        if (set.IsBetweenFiles)
            all -= truth.Zip(set.Files).CountBy(pair => pair).Sum(person => (long)person.Value * (person.Value - 1) / 2);
        if (set.IsFebrl)
        {
            Tell("p >= 0.5", link => link.Weight >= Even, truth, all);
            Tell("p >= 0.99", link => link.Weight >= AlmostSure, truth, all);
        }

        Tell("certain", link => link.Grade == MatchGrade.Certain, truth, all);
        Tell("certain+probable", link => link.Grade >= MatchGrade.Probable, truth, all);
        Tell("all", link => true, truth, all);
        Say("review queue (probable pairs)", $"{linked.Links.Count(link => link.Grade == MatchGrade.Probable)}", linked.Links.Count(link => link.Grade == MatchGrade.Probable));
        TellTraps(truth);
        TellPersons(truth, all);
        TellAbroad(truth);
    }

    private void Tell(string name, Func<Link, bool> counts, IReadOnlyList<string> truth, long all)
    {
        var chosen = linked.Links.Where(counts).ToList();
        var right = chosen.Count(link => truth[link.A] == truth[link.B]);
        var (precision, recall) = (right / (double)Math.Max(1, chosen.Count), right / (double)Math.Max(1, all));
        var f1 = 2 * precision * recall / Math.Max(1e-9, precision + recall);
        desk.Line($"{name,-18} right {right}  false {chosen.Count - right}  precision {F(precision)}  recall {F(recall)}  F1 {F(f1)}  false in 10 000: {F(1e4 * (chosen.Count - right) / Math.Max(1, chosen.Count))}");
        desk.Set(name, new JsonObject
        {
            ["right"] = right,
            ["false"] = chosen.Count - right,
            ["precision"] = Math.Round(precision, 6),
            ["recall"] = Math.Round(recall, 6),
            ["f1"] = Math.Round(f1, 6),
        });
    }

    private void TellTraps(IReadOnlyList<string> truth)
    {
        if (set.Sources.Count == 0)
            return;
        var falls = linked.Links.Where(link => link.Grade == MatchGrade.Certain && truth[link.A] != truth[link.B])
            .CountBy(link => set.Traps.GetValueOrDefault(LabelledSet.Ordered(set.Ids[link.A], set.Ids[link.B]), "other")).ToList();
        var text = falls.Count == 0 ? "none" : string.Join(", ", falls.Select(kind => $"{kind.Key} {kind.Value}"));
        Say("false certain by trap", text, text);
        var against = linked.Links.Count(link => link.Grade == MatchGrade.Certain && set.ForPeople.Contains(LabelledSet.Ordered(set.Ids[link.A], set.Ids[link.B])));
        Say("certain links that a person must make", $"{against}", against);
        var fictive = linked.Links.Count(link => link.Grade >= MatchGrade.Probable && (set.Records[link.A].Traits.IsFictive || set.Records[link.B].Traits.IsFictive));
        Say("links on a fictive identity", $"{fictive}", fictive);
    }

    private void TellPersons(IReadOnlyList<string> truth, long all)
    {
        if (set.IsBetweenFiles)
            return;
        long together = 0, right = 0;
        var mixed = 0;
        foreach (var person in linked.Persons.Select((person, record) => (person, record)).GroupBy(pair => pair.person, pair => truth[pair.record]))
        {
            long size = person.Count();
            var parts = person.CountBy(who => who).ToList();
            together += size * (size - 1) / 2;
            right += parts.Sum(part => (long)part.Value * (part.Value - 1) / 2);
            mixed += parts.Count > 1 ? 1 : 0;
        }

        desk.Line($"{"by person",-18} precision {F(right / (double)Math.Max(1, together))}  recall {F(right / (double)Math.Max(1, all))}  mixed persons {mixed}");
        desk.Set("by person", new JsonObject { ["recall"] = Math.Round(right / (double)Math.Max(1, all), 6), ["mixed"] = mixed });
    }

    private void TellAbroad(IReadOnlyList<string> truth)
    {
        var abroad = truth.Where((_, record) => set.Records[record].Traits.BirthPlace?.StartsWith("99", StringComparison.Ordinal) == true).ToHashSet(StringComparer.Ordinal);
        if (abroad.Count == 0)
            return;
        foreach (var (name, least) in (ReadOnlySpan<(string, MatchGrade)>)[("certain", MatchGrade.Certain), ("certain+probable", MatchGrade.Probable)])
        {
            var (theirs, others) = (Recall(truth, abroad.Contains, least), Recall(truth, who => !abroad.Contains(who), least));
            desk.Line($"{"born abroad",-18} {name} recall {F(theirs)}, others {F(others)}");
            desk.Set($"born abroad, {name}", new JsonObject { ["abroad"] = Math.Round(theirs, 6), ["others"] = Math.Round(others, 6) });
        }

        // A waiting number beside a definitive one is a person's to confirm, and mostly of somebody born abroad.
        var (open, rest) = (Recall(truth, abroad.Contains, MatchGrade.Certain, ForPeople(truth, abroad.Contains)),
            Recall(truth, who => !abroad.Contains(who), MatchGrade.Certain, ForPeople(truth, who => !abroad.Contains(who))));
        desk.Line($"{"born abroad",-18} certain recall {F(open)}, others {F(rest)}, of the pairs that no person must make");
        desk.Set("born abroad, certain, no person asked", new JsonObject { ["abroad"] = Math.Round(open, 6), ["others"] = Math.Round(rest, 6) });
    }

    private int ForPeople(IReadOnlyList<string> truth, Func<string, bool> isMeant)
    {
        var people = set.Ids.Select((id, at) => (id, at)).ToDictionary(record => record.id, record => truth[record.at], StringComparer.Ordinal);
        return set.ForPeople.Count(pair => people[pair.Item1] == people[pair.Item2] && isMeant(people[pair.Item1]));
    }

    private double Recall(IReadOnlyList<string> truth, Func<string, bool> isMeant, MatchGrade least, long without = 0)
    {
        var all = truth.Where(isMeant).CountBy(who => who).Sum(who => (long)who.Value * (who.Value - 1) / 2) - without;
        var right = linked.Links.Count(link => link.Grade >= least && truth[link.A] == truth[link.B] && isMeant(truth[link.A]));
        return right / (double)Math.Max(1, all);
    }

    private void Say(string name, string text, JsonNode? value)
    {
        desk.Line($"{name}: {text}");
        desk.Set(name, value);
    }

    private static string F(double value) => value.ToString("0.#####", CultureInfo.InvariantCulture);
}
