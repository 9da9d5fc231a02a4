using System.Collections.Frozen;
using System.Globalization;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Coordination.Intake;

/// <summary>What a value of a source means; each has one agreed form in the tree.</summary>
internal enum ValueKind
{
    Text,
    Code,
    Date,
    Instant,

    /// <summary>A day, or a day with its hour, as offices and programs write them.</summary>
    Moment,
    Count,
    Flag,
    Tick,
    Sex,
    Phone,
    Email,
    Nir,

    /// <summary>The eleven digits of a professional, with or without the national prefix 8.</summary>
    Rpps,

    /// <summary>The INSEE code of a commune, which people may tell by its name.</summary>
    Commune,
}

/// <summary>What it costs when a value is absent.</summary>
internal enum Need
{
    /// <summary>Nothing.</summary>
    Optional,

    /// <summary>A warning: the file will be incomplete and the team asks for the rest.</summary>
    Expected,

    /// <summary>The message: without it nobody can be helped or recognised.</summary>
    Required,
}

/// <summary>One value of a source. <c>[]</c> in the path marks a list: <c>patient.phones[]</c>.</summary>
internal sealed record Member(string Path, ValueKind Kind, Need Need = Need.Optional)
{
    public string[] Codes { get; init; } = [];

    /// <summary>Words of the sender that mean a code, in their plain form.</summary>
    public IReadOnlyDictionary<string, string> Words { get; init; } = FrozenDictionary<string, string>.Empty;

    public int LengthMax { get; init; } = 400;

    /// <summary>How many digits the number has, zeros at its beginning among them; 0 for a value that is no such number.</summary>
    public int Digits { get; init; }

    /// <summary>What an absent value means; null when it means nothing.</summary>
    public string? Otherwise { get; init; }

    /// <summary>The path of the value that takes what stands after a separator in this one: <c>O;20/06/2025</c>. Null for none.</summary>
    public string? Rest { get; init; }

    /// <summary>The path, in the same group, of the name in use when this is the name of birth and people may write both as one. Null for none.</summary>
    public string? Used { get; init; }

    /// <summary>True when a value that is not understood costs the message, whoever typed it: nobody may be taken to have said the contrary.</summary>
    public bool IsStrict { get; init; }

    /// <summary>What ends this value when another one takes the rest.</summary>
    public string Separators { get; init; } = "";
}

/// <summary>
/// What a source may say, as a table. Checking a tree against it reports what is missing, misplaced or unknown, and puts each value
/// into its agreed form: dates ISO, phones +33, ticks oui/non/ne-sait-pas, sex F/M/U.
/// </summary>
/// <param name="members">The table.</param>
/// <param name="isTyped">
/// True when people typed the values: a wrong optional value then costs that value only. A program's fault is refused, so that it is
/// mended.
/// </param>
internal sealed class SourceShape(IReadOnlyList<Member> members, bool isTyped = false)
{
    /// <summary>Where values stand that the header of a file has reported as unknown already.</summary>
    public const string Others = "autres";

    private readonly FrozenDictionary<string, Member> _leaves = members.ToFrozenDictionary(member => member.Path);

    private readonly FrozenSet<string> _branches = members
        .SelectMany(member => Prefixes(member.Path))
        .ToFrozenSet();

    public IReadOnlyList<Member> Members => members;

    /// <summary>
    /// Checks and normalises <paramref name="root"/> in place. <paramref name="place"/> turns a path into words for the sender.
    /// </summary>
    public void Check(Element root, Func<string, string> place, List<Issue> issues)
    {
        foreach (var member in members)
        {
            Complete(root, member);
            if (member.Used is not null && Divide(root, member))
                issues.Add(Issue.Warning("value", place(member.Path), NamesInOne.Remark));
        }

        Walk(root, "", "", place, issues);
        foreach (var member in members)
        {
            if (member.Need == Need.Optional || Holds(root, member.Path))
                continue;
            var where = place(member.Path.Replace("[]", "", StringComparison.Ordinal));
            issues.Add(member.Need == Need.Required
                ? Issue.Error("required", where, "This value is required.")
                : Issue.Warning("required", where, "This value is expected; the file is incomplete without it."));
        }
    }

    /// <summary>Gives a value that holds two to both, and one that is absent its meaning.</summary>
    private static void Complete(Element root, Member member)
    {
        if (member.Rest is { } rest && root.Text(member.Path) is { } text && text.AsSpan().IndexOfAny(member.Separators) is > 0 and var cut)
        {
            root.Put(member.Path, text[..cut]);
            if (root.Child(rest) is null)
                root.With(rest, text[(cut + 1)..].Trim());
        }

        if (member.Otherwise is { } meaning && root.Child(member.Path) is null)
            root.With(member.Path, meaning);
    }

    /// <summary>Puts two names that stand as one each in its place; true when there were two.</summary>
    private static bool Divide(Element root, Member member)
    {
        var group = member.Path.LastIndexOf('.') is > 0 and var dot ? root.At(member.Path[..dot].Split('.')) : root;
        var (birth, used) = (member.Path[(member.Path.LastIndexOf('.') + 1)..], member.Used![(member.Used!.LastIndexOf('.') + 1)..]);
        if (group is null)
            return false;
        var (written, inUse) = (group.Text(birth), group.Text(used));
        var names = NamesInOne.Of(written);
        var other = NamesInOne.Of(inUse);
        if ((names ?? other) is null)
            return false;

        // One column may fill both fields. What the other field says by itself stays.
        group.Remove(birth);
        group.Remove(used);
        group.With(birth, names is null ? written ?? other?.Birth : names.Birth ?? (other?.Birth));
        group.With(used, other is not null ? other.Used ?? names?.Used : inUse is null || inUse == written ? names?.Used : inUse);
        return true;
    }

    private void Walk(Element node, string shapePath, string path, Func<string, string> place, List<Issue> issues)
    {
        var index = 0;
        string? before = null;
        foreach (var child in node.Children.ToArray())
        {
            index = child.Name == before ? index + 1 : 0;
            before = child.Name;
            if (shapePath.Length == 0 && child.Name == Others)
                continue;
            var dot = shapePath.Length == 0 ? "" : ".";
            var shape = $"{shapePath}{dot}{child.Name}{(child.IsListItem ? "[]" : "")}";
            var at = $"{path}{dot}{child.Name}{(child.IsListItem ? $"[{index.ToString(CultureInfo.InvariantCulture)}]" : "")}";

            if (_leaves.TryGetValue(shape, out var member))
                CheckValue(node, child, member, at, place, issues);
            else if (_branches.Contains(shape) && child.Value is null)
                Walk(child, shape, at, place, issues);
            else if (_branches.Contains(shape))
                issues.Add(Issue.Error("structure", place(at), "A group of values is expected here, not a single one."));
            else if (IsKnownOtherwise(shape))
                issues.Add(Issue.Error("structure", place(at), child.IsListItem
                    ? "One value is expected here, not a list." : "A list is expected here."));
            else
                issues.Add(new(Severity.Information, "informational", place(at), "This value is not known here; it is kept and not used."));
        }
    }

    private void CheckValue(Element parent, Element child, Member member, string at, Func<string, string> place, List<Issue> issues)
    {
        if (child.Value is not { } text)
        {
            issues.Add(Issue.Error("structure", place(at), "A single value is expected here, not a group of values."));
            return;
        }

        if (!HasJsonType(child.Kind, member.Kind))
        {
            issues.Add(Issue.Error("structure", place(at), $"{JsonTypeOf(member.Kind)} is expected here."));
            return;
        }

        if (text.Length > member.LengthMax)
            issues.Add(Issue.Warning("too-long", place(at), $"More than {member.LengthMax} characters."));

        if (ContactList.Of(text, member.Kind, one => Normalise(one, member), out var hasRest) is { Count: > 0 } contacts)
        {
            Spread(parent, child, contacts, hasRest, place(at), issues);
            return;
        }

        var reading = Normalise(text, member);
        if (isTyped && reading.Value is null && member.Kind == ValueKind.Code && FrenchValues.Tick(text).Value is { } tick)
        {
            // People tick "O" where a program writes "oui"; "?" means that nobody asked.
            if (tick == "ne-sait-pas" && !member.Codes.Contains(tick) && member.Codes.Contains("oui"))
            {
                parent.Remove(child);
                return;
            }

            if (member.Codes.Contains(tick))
                reading = Reading.Of(tick);
        }

        if (reading.Value is { } value)
        {
            if (!ReferenceEquals(value, text) || child.Kind == ElementKind.Boolean && member.Kind == ValueKind.Tick)
                child.SetValue(member.Kind switch
                {
                    ValueKind.Flag => ElementKind.Boolean,
                    ValueKind.Count => ElementKind.Number,
                    _ => ElementKind.String,
                }, value);
            if (reading.Fault is { } remark)
                issues.Add(Issue.Warning("value", place(at), remark));
            return;
        }

        // A rounded NIR or "none" for a phone is everyday dirt and never stops a patient's request.
        var isDirt = member.Kind is ValueKind.Nir or ValueKind.Email or ValueKind.Phone || isTyped && member.Need != Need.Required && !member.IsStrict;
        var code = member.Kind == ValueKind.Code ? "code-invalid" : "value";
        if (!isDirt)
        {
            issues.Add(Issue.Error(code, place(at), reading.Fault!));
            return;
        }

        issues.Add(Issue.Warning(code, place(at), reading.Fault + " The value is left out."));
        parent.Remove(child);
    }

    /// <summary>Several contacts in one field: all of them where there may be several, else the first.</summary>
    private static void Spread(Element parent, Element child, IReadOnlyList<string> contacts, bool hasRest, string where, List<Issue> issues)
    {
        child.SetValue(ElementKind.String, contacts[0]);
        if (contacts.Count > 1 && !child.IsListItem)
            issues.Add(Issue.Warning("value", where, "Several stand here and one is expected: the first is taken, the others are left out."));
        foreach (var other in child.IsListItem ? contacts.Skip(1) : [])
            parent.Append(Element.Primitive(child.Name, ElementKind.String, other, isListItem: true));
        if (hasRest)
            issues.Add(Issue.Warning("value", where, "Part of this is no phone number and no e-mail address: that part is left out."));
    }

    private static Reading Normalise(string text, Member member)
    {
        switch (member.Kind)
        {
            case ValueKind.Code:
                var plain = PlainText.Words(text);
                var code = Array.Find(member.Codes, code => code == text || PlainText.Words(code) == plain);
                if (code is null && member.Words.TryGetValue(plain, out var meant))
                    return Reading.Of(meant);
                return code is not null
                    ? Reading.Of(code)
                    : Reading.Wrong($"One of {string.Join(", ", member.Codes)} is expected.");
            case ValueKind.Date:
                return FrenchValues.Date(text);
            case ValueKind.Instant:
                return ParisTime.Instant(text) is { } instant
                    ? Reading.Of(instant)
                    : Reading.Wrong("An instant such as 2025-06-18T09:12:44+02:00 is expected.");
            case ValueKind.Moment:
                return ParisTime.Moment(text) is { } moment ? Reading.Of(moment) : FrenchValues.Date(text);
            case ValueKind.Count:
                return FrenchValues.Count(text);
            case ValueKind.Flag:
                return FrenchValues.Tick(text) switch
                {
                    { Value: "oui" } => Reading.Of("true"),
                    { Value: "non" } => Reading.Of("false"),
                    _ => Reading.Wrong("Yes or no is expected."),
                };
            case ValueKind.Tick:
                return FrenchValues.Tick(text);
            case ValueKind.Sex:
                return FrenchValues.Sex(text);
            case ValueKind.Phone:
                // The team may still make out a number that is wrong for a machine.
                var phone = FrenchValues.Phone(text);
                if (!text.Any(char.IsAsciiDigit))
                    return Reading.Wrong("This is not a phone number.");
                return phone.Value is null ? new(text.Trim(), phone.Fault + " It is kept as typed.") : phone;
            case ValueKind.Email:
                return FrenchValues.Email(text);
            case ValueKind.Nir:
                return OfNir(Nir.Read(text));
            case ValueKind.Rpps:
                return OfRpps(text);
            case ValueKind.Text when member.Digits > 0:
                return FrenchValues.Digits(text, member.Digits);
            default:
                return text.AsSpan().Trim().Length == text.Length ? Reading.Of(text) : Reading.Of(text.Trim());
        }
    }

    private static Reading OfNir(Nir nir) => nir.Form switch
    {
        NirForm.Sound => Reading.Of(nir.Value!),
        NirForm.WithoutKey => new(nir.Value, "The NIR has 13 characters: its key is not given."),
        NirForm.WrongKey => new(nir.Value, Nir.WrongKeyText),
        NirForm.Rounded => Reading.Wrong(
            "A spreadsheet has rounded the NIR and its last digits are lost: format the column as text and export again."),
        NirForm.Powered => Reading.Wrong(
            "A spreadsheet wrote the NIR as a power of ten. All its digits stand there and its key is right: "
            + "format the column as a number without decimals, or as text, and send the line again."),
        _ => Reading.Wrong("This is not the shape of a NIR: 13 characters and a key of two digits are expected."),
    };

    private static Reading OfRpps(string text)
    {
        var digits = string.Concat(text.Where(c => !char.IsWhiteSpace(c)));
        if (digits.Length == 12 && digits[0] == '8')
            digits = digits[1..];
        return digits.Length == 11 && digits.All(char.IsAsciiDigit)
            ? Reading.Of(digits)
            : Reading.Wrong("This is not an RPPS number: eleven digits are expected.");
    }

    private static bool HasJsonType(ElementKind given, ValueKind wanted) => wanted switch
    {
        ValueKind.Flag => given is ElementKind.Boolean or ElementKind.String,
        ValueKind.Count => given is ElementKind.Number or ElementKind.String,
        ValueKind.Tick => given is ElementKind.String or ElementKind.Boolean,
        _ => given == ElementKind.String,
    };

    private static string JsonTypeOf(ValueKind kind) => kind switch
    {
        ValueKind.Flag => "true or false",
        ValueKind.Count => "A number",
        _ => "A string",
    };

    private bool IsKnownOtherwise(string shape)
    {
        var other = shape.EndsWith("[]", StringComparison.Ordinal) ? shape[..^2] : shape + "[]";
        return _leaves.ContainsKey(other) || _branches.Contains(other);
    }

    private static bool Holds(Element root, string path)
    {
        var at = root;
        foreach (var name in path.Replace("[]", "", StringComparison.Ordinal).Split('.'))
        {
            if (at.Child(name) is not { } child)
                return false;
            at = child;
        }

        return true;
    }

    private static IEnumerable<string> Prefixes(string path)
    {
        for (var dot = path.IndexOf('.', StringComparison.Ordinal); dot > 0; dot = path.IndexOf('.', dot + 1))
            yield return path[..dot];
    }
}
