namespace CptsFhirHub.Coordination.Intake;

/// <summary>What a cell of a CSV file says, without what a spreadsheet or a database writes for its own sake.</summary>
internal static class SpreadsheetCell
{
    /// <summary>Words of programs for a cell with nothing in it.</summary>
    private static readonly HashSet<string> Nothing = new(StringComparer.OrdinalIgnoreCase)
    {
        "NULL", "#N/A", "N/A", "#REF!", "#VALEUR!", "#VALUE!", "#NOM?", "-", "--", "\u2014",
    };

    /// <summary>
    /// The cell's text; empty for a word that says there is none. <c>="0251000001"</c> and a leading apostrophe keep a number a text: they are no
    /// part of it.
    /// </summary>
    public static string Read(string field)
    {
        var text = field.Trim();
        if (text is ['=', '"', .. var formula, '"'])
            text = formula.Trim();
        else if (text is ['\'', .. var marked] && marked.Length > 0 && char.IsAsciiDigit(marked[0]))
            text = marked;
        return Nothing.Contains(text) ? "" : text;
    }
}
