namespace CptsFhirHub.Server.Pages;

/// <summary>
/// Fields of a public form: each with its label, its hint and its fault, tied together for those who listen to the page. What was typed
/// stands there again.
/// </summary>
internal sealed class FormFields(Dictionary<string, string> values, IReadOnlyList<(string Field, string Text)> faults)
{
    /// <summary>What is to be corrected, with a link to each field; nothing when all is well.</summary>
    public Html Summary() => Html.When(faults.Count > 0, () => Html.Of($"""
        <div class="error" role="alert" id="erreurs"><h2>Votre demande n’est pas encore envoyée</h2><ul>
        {faults.Select(fault => Html.Of($"""<li><a href="#{fault.Field}">{fault.Text}</a></li>"""))}
        </ul></div>
        """));

    public Html Text(string name, string label, string autocomplete, string? hint = null) => Html.Of($"""
        <p><label for="{name}">{label}</label>{Hint(name, hint)}{Fault(name)}
        <input id="{name}" name="{name}" value="{Value(name)}" autocomplete="{autocomplete}"{Described(name, hint)}></p>
        """);

    public Html Area(string name, string label, int lengthMax) => Html.Of($"""
        <p><label for="{name}">{label}</label>{Fault(name)}
        <textarea id="{name}" name="{name}" rows="4" maxlength="{lengthMax}"{Described(name, hint: null)}>{Value(name)}</textarea></p>
        """);

    /// <summary>One answer of several. The group itself bears the name that the summary links to.</summary>
    public Html Choice(string name, string label, IReadOnlyList<(string Value, string Label)> answers) => Html.Of($"""
        <fieldset id="{name}" class="choice"{Described(name, hint: null)}><legend>{label}</legend>{Fault(name)}
        {answers.Select(answer => Radio(name, answer.Value, answer.Label))}
        </fieldset>
        """);

    public Html Box(string name, string label) => Html.Of($"""
        <p class="choice">{Fault(name)}<input type="checkbox" id="{name}" name="{name}" value="oui"{Checked(Value(name) == "oui")}{Described(name, hint: null)}><label for="{name}">{label}</label></p>
        """);

    private Html Radio(string name, string value, string label) => Html.Of($"""
        <p><input type="radio" id="{name}-{value}" name="{name}" value="{value}"{Checked(Value(name) == value)}><label for="{name}-{value}">{label}</label></p>
        """);

    private string Value(string name) => values.GetValueOrDefault(name) ?? "";

    private string? FaultOf(string name)
    {
        foreach (var (field, text) in faults)
            if (field == name)
                return text;
        return null;
    }

    private Html Fault(string name) => FaultOf(name) is { } text ? Html.Of($"""<span class="error" id="{name}-erreur">{text}</span>""") : Html.Nothing;

    private static Html Hint(string name, string? hint) => hint is null ? Html.Nothing : Html.Of($"""<span class="quiet" id="{name}-aide">{hint}</span>""");

    private Html Described(string name, string? hint)
    {
        var ids = string.Join(' ', new[] { hint is null ? null : $"{name}-aide", FaultOf(name) is null ? null : $"{name}-erreur" }.OfType<string>());
        var described = ids.Length == 0 ? Html.Nothing : Html.Of($""" aria-describedby="{ids}" """);
        return FaultOf(name) is null ? described : Html.Of($""" aria-invalid="true"{described}""");
    }

    private static Html Checked(bool isChecked) => isChecked ? Html.Of($""" checked""") : Html.Nothing;
}
