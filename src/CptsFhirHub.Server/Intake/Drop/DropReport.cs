using System.Globalization;
using System.Text;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Server.Flows;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Intake.Drop;

/// <summary>
/// What became of a file, line by line, as CSV that a spreadsheet opens: one record an issue, and one for a line without any. In French unless asked otherwise.
/// It names lines, columns and messages, never what stands in them.
/// </summary>
internal static class DropReport
{
    /// <summary>The report as bytes, with the mark by which spreadsheets know UTF-8.</summary>
    public static byte[] Bytes(Reception reception, IReadOnlyList<JournalMessage> rows, string language = Languages.French)
    {
        var isFrench = language == Languages.French;
        var text = new StringBuilder(isFrench ? "ligne;état;message;gravité;code;endroit;texte\r\n" : "line;state;message;severity;code;where;text\r\n");
        Add(text, line: null, reception.State, reception.MessageId, reception.Issues, isFrench);
        foreach (var row in rows)
            Add(text, row.Line, row.State, row.Id, Reception.OfJournal(row).Issues, isFrench);
        return [.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes(text.ToString())];
    }

    public static void Write(string path, Reception reception, IReadOnlyList<JournalMessage> rows)
    {
        // The report stands whole or not at all: written aside, made durable, then renamed.
        var temporary = path + ".tmp";
        using (var file = new FileStream(temporary, FileMode.Create, FileAccess.Write))
        {
            file.Write(Bytes(reception, rows));
            file.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
    }

    private static void Add(StringBuilder text, int? line, string state, string message, IReadOnlyList<Issue> issues, bool isFrench)
    {
        foreach (var said in issues.DefaultIfEmpty())
        {
            var issue = isFrench && said is not null ? FrenchTexts.Of(said) : said;
            var severity = issue?.Severity.ToString().ToLowerInvariant();
            text.AppendJoin(';', line?.ToString(CultureInfo.InvariantCulture) ?? (isFrench ? "fichier" : "file"), isFrench ? FrenchTexts.StateOf(state) : state, message,
                isFrench && severity is not null ? FrenchTexts.SeverityOf(severity) : severity, issue?.Code, Quoted(issue?.Path), Quoted(issue?.Text)).Append("\r\n");
        }
    }

    private static string Quoted(string? text) => text is null ? "" : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
