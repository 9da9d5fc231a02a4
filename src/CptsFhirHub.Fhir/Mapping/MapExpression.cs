using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using CptsFhirHub.Fhir.FhirPath;

namespace CptsFhirHub.Fhir.Mapping;

/// <summary>
/// A FHIRPath expression of a map. The map's variables stand in it under their bare names (<c>src.birthDate</c>) or as <c>%src</c>;
/// inside the criteria of <c>where()</c>, <c>select()</c> and their like a bare name is a child of the item looked at.
/// </summary>
internal sealed class MapExpression
{
    private static readonly string[] Criteria =
        ["where", "select", "all", "exists", "repeat", "repeatAll", "aggregate", "iif", "trace", "sort", "defineVariable", "coalesce"];

    /// <summary>Functions that go to children without naming them.</summary>
    private static readonly string[] Walkers = ["children", "descendants"];

    private static readonly string[] TypeFunctions = ["is", "as", "ofType"];

    /// <summary>Maps write <c>linkId.value</c> for the value of a primitive, where FHIRPath sees no child; elsewhere it is the child.</summary>
    private const string ValueStep = "select(iif(hasValue(), $this, value))";

    private readonly FhirPathExpression _expression;
    private readonly (string Name, int Slot)[] _variables;
    private HashSet<string>? _names;

    private MapExpression(string text, FhirPathExpression expression, (string Name, int Slot)[] variables)
    {
        Text = text;
        _expression = expression;
        _variables = variables;
    }

    /// <summary>As the map writes it.</summary>
    public string Text { get; }

    /// <summary>The slots of the variables and constants that it uses.</summary>
    public IEnumerable<int> Slots => _variables.Select(variable => variable.Slot);

    /// <summary>True when the expression can go to a child of that name; a choice may be named without its type.</summary>
    public bool MayName(string child)
    {
        _names ??= [.. MapLexer.Read(Text).Tokens.Where(token => token.IsName).Select(token => token.Text)];
        if (_names.Contains(child) || Walkers.Any(_names.Contains))
            return true;
        for (var at = 1; at < child.Length; at++)
            if (char.IsAsciiLetterUpper(child[at]) && _names.Contains(child[..at]))
                return true;
        return false;
    }

    /// <summary>Compiles an expression; null with the reason when it is none.</summary>
    /// <param name="text">As the map writes it.</param>
    /// <param name="slotOf">The slot of a variable that may be used here, or <see cref="MapScope.None"/>.</param>
    /// <param name="fault">What is wrong with it.</param>
    public static MapExpression? Compile(string text, Func<string, int> slotOf, out string? fault)
    {
        var used = new Dictionary<string, int>();
        try
        {
            var expression = FhirPathExpression.Parse(Prepare(text, slotOf, used));
            fault = null;
            return new(text, expression, [.. used.Select(pair => (pair.Key, pair.Value))]);
        }
        catch (FhirPathException exception)
        {
            fault = exception.Reason;
            return null;
        }
    }

    /// <summary>Evaluates on <paramref name="input"/> with the variables of a frame, which <paramref name="context"/> looks up in <paramref name="variables"/>.</summary>
    public Items Evaluate(Items input, Item[] frame, FrameVariables variables, EvaluationContext context)
    {
        variables.Stand(_variables, frame);
        return _expression.Evaluate(input, context);
    }

    /// <summary>The expression as FHIRPath has it, with each bare variable written as <c>%variable</c>.</summary>
    private static string Prepare(string text, Func<string, int> slotOf, Dictionary<string, int> used)
    {
        var (tokens, _) = MapLexer.Read(text);
        var result = new StringBuilder(text.Length + 16);
        var brackets = new Stack<bool>();
        var inCriteria = false;
        var copied = 0;
        for (var at = 0; at < tokens.Count; at++)
        {
            var token = tokens[at];
            var before = at > 0 ? tokens[at - 1] : default;
            if (token.IsSymbol("("))
            {
                brackets.Push(inCriteria);
                inCriteria |= before.IsName && at > 1 && tokens[at - 2].IsSymbol(".") && Criteria.Contains(before.Text);
                inCriteria |= before.IsName && TypeFunctions.Contains(before.Text);
            }
            else if (token.IsSymbol(")") && brackets.Count > 0)
            {
                inCriteria = brackets.Pop();
            }

            if (!token.IsName)
                continue;
            if (token.IsWord("value") && before.IsSymbol(".") && !tokens[at + 1].IsSymbol("("))
            {
                result.Append(text, copied, token.Start - copied).Append(ValueStep);
                copied = token.End;
                continue;
            }

            var named = before.IsSymbol("%");
            var bare = !named && !inCriteria && !before.IsSymbol(".") && !before.IsSymbol("$") && !before.IsWord("is") && !before.IsWord("as")
                && !tokens[at + 1].IsSymbol("(");
            if (!(named || bare) || slotOf(token.Text) is var slot && slot == MapScope.None)
                continue;
            used[token.Text] = slot;
            if (bare)
            {
                result.Append(text, copied, token.Start - copied).Append('%');
                copied = token.Start;
            }
        }

        return result.Append(text, copied, text.Length - copied).ToString();
    }
}

/// <summary>
/// The variables of a frame that one expression uses: a few, so a scan finds them soonest. A run has one, which stands on the frame of
/// the expression being evaluated: expressions do not call rules, so there is never more than one.
/// </summary>
/// <param name="constantAt">Gives the constant of a slot below <see cref="MapScope.None"/>.</param>
internal sealed class FrameVariables(Func<int, Items> constantAt) : IReadOnlyDictionary<string, Items>
{
    private (string Name, int Slot)[] _variables = [];
    private Item[] _frame = [];

    public int Count => _variables.Length;

    public IEnumerable<string> Keys => _variables.Select(variable => variable.Name);

    public IEnumerable<Items> Values => _variables.Select(variable => At(variable.Slot));

    public Items this[string key] => TryGetValue(key, out var value) ? value : throw new KeyNotFoundException(key);

    public void Stand((string Name, int Slot)[] variables, Item[] frame) => (_variables, _frame) = (variables, frame);

    public bool ContainsKey(string key) => TryGetValue(key, out _);

    public bool TryGetValue(string key, [MaybeNullWhen(false)] out Items value)
    {
        foreach (var (name, slot) in _variables)
        {
            if (!string.Equals(name, key, StringComparison.Ordinal))
                continue;
            value = At(slot);
            return true;
        }

        value = default;
        return false;
    }

    public IEnumerator<KeyValuePair<string, Items>> GetEnumerator() =>
        _variables.Select(variable => KeyValuePair.Create(variable.Name, At(variable.Slot))).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private Items At(int slot) => slot < 0 ? constantAt(slot) : _frame[slot].Content is null ? Items.Empty : Items.Of(_frame[slot]);
}
