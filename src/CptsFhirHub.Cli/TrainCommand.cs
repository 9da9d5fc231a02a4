using System.CommandLine;
using CptsFhirHub.Coordination.Identity.Matching;

namespace CptsFhirHub.Cli;

/// <summary>
/// <c>hub train SET --to FILE</c>: learns what each agreement weighs from records, without being told who is who, and writes the parameters
/// as a file that the hub and <c>match-eval</c> take.
/// </summary>
internal static class TrainCommand
{
    private const int RecordsMin = 1_000;

    public static Command Make(Func<ParseResult, Desk> open)
    {
        var set = new Argument<string[]>("SET") { Description = "A folder with records.csv, or one or two FEBRL files.", Arity = ArgumentArity.OneOrMore };
        var to = new Option<string>("--to") { Description = "The file to write.", Required = true };
        var version = new Option<string>("--version") { Description = "The name of the new parameters; every decision keeps it.", Required = true };
        var model = new Option<string?>("--model") { Description = "Parameters to begin with, instead of those that come with the program." };
        var command = new Command("train", "Learns the parameters of the comparison of persons from records.") { set, to, version, model };
        command.SetAction(parsed =>
        {
            var desk = open(parsed);
            if (LabelledSet.Read(parsed.GetRequiredValue(set), desk) is not { } records || MatchFiles.Model(parsed.GetValue(model), desk) is not { } start)
                return desk.Close(HubCommand.Refused);
            if (records.Records.Count < RecordsMin)
                return desk.Close(desk.Refuse("too-costly", "SET", $"{RecordsMin} records at least are needed: fewer teach chance."));
            Func<int, int, bool>? between = records.IsBetweenFiles ? (a, b) => records.Files[a] != records.Files[b] : null;
            var (learned, prior) = Training.Learn(records.Records, between, start, parsed.GetRequiredValue(version));
            desk.Set("prior", Math.Round(prior, 3));
            desk.Line($"Learned from {records.Records.Count} records; prior weight of a pair {prior:0.0}.");
            return desk.Close(MatchFiles.Write(parsed.GetRequiredValue(to), [learned.Write()], desk) ? HubCommand.Sound : HubCommand.Refused);
        });
        return command;
    }
}
