using System.Text.Json;
using CptsFhirHub.Fhir.FhirPath;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Coordination.Intake.Described;

/// <summary>One field of a description: what it may hold and how senders call it.</summary>
internal sealed record SourceField(Member Member, string Title, string[] Names, string Separators)
{
    /// <summary>The header of a file under which it stands, before all other names.</summary>
    public required string Column { get; init; }

    /// <summary>For a commune: fields whose post code or INSEE code says where about it is.</summary>
    public string[] Near { get; init; } = [];

    /// <summary>For a commune: the field that tells its name when this one is empty; null for none.</summary>
    public string? From { get; init; }

    /// <summary>The value as people type it in a file or a form, where that differs from what a program sends.</summary>
    public required Member Typed { get; init; }
}

/// <summary>Reads the members of a <c>source.json</c>; every fault is collected, so that one start tells all of them.</summary>
internal sealed class DescriptionText(JsonElement root)
{
    private readonly List<Issue> _issues = [];

    public IReadOnlyList<Issue> Issues => _issues;

    /// <summary>True when people type the JSON too, so that a wrong optional value costs that value alone.</summary>
    public bool IsTyped => root.TryGetProperty("typed", out var typed) && typed.ValueKind == JsonValueKind.True;

    /// <summary>True when the JSON is one object that a program writes, under the fields' own names and in their shape.</summary>
    public bool IsExact => root.TryGetProperty("exact", out var exact) && exact.ValueKind == JsonValueKind.True;

    public void Fault(string where, string text) => _issues.Add(Issue.Error("invalid", where, text));

    public string? Optional(string name) => Text(root, name);

    public string Required(string name)
    {
        if (Text(root, name) is { Length: > 0 } text)
            return text;
        Fault(name, "This member is required.");
        return "";
    }

    public IReadOnlyList<string> Key()
    {
        if (!root.TryGetProperty("key", out var key))
            return [];
        return key.ValueKind == JsonValueKind.Array
            ? Strings(key, "key")
            : (key.GetString() ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
    }

    public IReadOnlyList<SourceField> Fields()
    {
        if (!root.TryGetProperty("fields", out var list) || list.ValueKind != JsonValueKind.Array || list.GetArrayLength() == 0)
        {
            Fault("fields", "A described source has fields.");
            return [];
        }

        var fields = new List<SourceField>();
        foreach (var field in list.EnumerateArray())
        {
            var where = $"fields[{fields.Count}]";
            var path = Text(field, "path") ?? "";
            if (path.Length == 0 || path.Split('.').Any(name => name.Length == 0 || !name.TrimEnd('[', ']').All(c => char.IsAsciiLetterOrDigit(c) || c == '_')))
                Fault(where, "A field has a path of letters, digits and underscores, such as patient.nom or telephones[].");
            if (fields.Exists(other => other.Member.Path == path))
                Fault(where, "This path stands twice.");
            var codes = field.TryGetProperty("codes", out var known) ? Strings(known, where) : [];
            var words = Texts(field, "words", where).ToDictionary(pair => PlainText.Words(pair.Key), pair => pair.Value, StringComparer.Ordinal);
            foreach (var code in words.Values.Where(code => !codes.Contains(code)))
                Fault(where, $"A word means \"{code}\", which is no code of the field.");
            var member = new Member(path, OneOf(field, "kind", ValueKind.Text, where), OneOf(field, "need", Need.Optional, where))
            {
                Codes = codes,
                Words = words,
                Digits = field.TryGetProperty("digits", out var digits) && digits.TryGetInt32(out var number) ? number : 0,
                LengthMax = field.TryGetProperty("lengthMax", out var length) && length.TryGetInt32(out var most) ? most : 400,
                Otherwise = Text(field, "otherwise"),
                Rest = Text(field, "rest"),
                Used = Text(field, "used"),
                Separators = Text(field, "separators") ?? ";, ",
                IsStrict = field.TryGetProperty("strict", out var strict) && strict.ValueKind == JsonValueKind.True,
            };
            fields.Add(new(
                member,
                Text(field, "title") ?? path,
                field.TryGetProperty("names", out var names) ? Strings(names, where) : [],
                Text(field, "separators") ?? SeparatorsOf(member.Kind))
            {
                Column = Text(field, "column") ?? path.Replace("[]", "", StringComparison.Ordinal).Replace('.', '_'),
                Near = field.TryGetProperty("near", out var near) ? Strings(near, where) : [],
                From = Text(field, "from"),
                Typed = field.TryGetProperty("typed", out var typed) ? AsTyped(member, typed, $"{where}.typed") : member,
            });
        }

        foreach (var field in fields.Where(field => field.Member.Rest is { } rest && !fields.Exists(other => other.Member.Path == rest)))
            Fault("fields", $"\"{field.Member.Path}\" leaves its rest to \"{field.Member.Rest}\", which is no field.");
        foreach (var field in fields.Where(field => field.Member.Used is { } used && !fields.Exists(other => other.Member.Path == used && GroupOf(used) == GroupOf(field.Member.Path))))
            Fault("fields", $"\"{field.Member.Path}\" leaves the name in use to \"{field.Member.Used}\", which is no field of its group.");
        foreach (var field in fields.Where(field => (field.Member.Rest ?? field.Member.Otherwise ?? field.Typed.Otherwise) is not null && field.Member.Path.Contains('.', StringComparison.Ordinal)))
            Fault("fields", $"\"{field.Member.Path}\" stands in a group: \"rest\" and \"otherwise\" are for values at the top.");
        return fields;
    }

    private static string GroupOf(string path) => path[..(path.LastIndexOf('.') + 1)];

    /// <summary>A slash or a comma may stand within a number or between two: only its reader tells.</summary>
    private static string SeparatorsOf(ValueKind kind) => kind is ValueKind.Phone or ValueKind.Email ? "" : ",/|";

    private Member AsTyped(Member member, JsonElement typed, string where) => member with
    {
        Kind = OneOf(typed, "kind", member.Kind, where),
        Need = OneOf(typed, "need", member.Need, where),
        Otherwise = Text(typed, "otherwise") ?? member.Otherwise,
    };

    public IReadOnlyList<SourceRule> Rules()
    {
        var rules = new List<SourceRule>();
        if (!root.TryGetProperty("rules", out var list) || list.ValueKind != JsonValueKind.Array)
            return rules;
        foreach (var rule in list.EnumerateArray())
        {
            var where = $"rules[{rules.Count}]";
            if (Text(rule, "nir") is { } nir)
            {
                rules.Add(new(null, Severity.Warning, "business-rule", nir, Coordination.Nir.ForeignText)
                {
                    Owner = new(nir, Text(rule, "sex"), Text(rule, "birthDate")),
                });
                continue;
            }

            if (!FhirPathExpression.TryParse(Text(rule, "holds") ?? "", out var holds, out var failure))
            {
                Fault(where, $"\"holds\" is no FHIRPath: {failure.Message}");
                continue;
            }

            var severity = OneOf(rule, "severity", Severity.Error, where);
            rules.Add(new(holds, severity, Text(rule, "code") ?? "business-rule", Text(rule, "where") ?? "", Text(rule, "text") ?? holds.Text));
        }

        return rules;
    }

    /// <summary>The senders with names of their own; the path of a list may be told without its brackets.</summary>
    public IReadOnlyDictionary<string, SourceSender> Senders(IReadOnlyList<SourceField> fields)
    {
        var senders = new Dictionary<string, SourceSender>(StringComparer.Ordinal);
        if (!root.TryGetProperty("senders", out var list) || list.ValueKind != JsonValueKind.Object)
            return senders;
        foreach (var sender in list.EnumerateObject())
        {
            var where = $"senders.{sender.Name}";
            var delimiter = Text(sender.Value, "delimiter");
            if (delimiter is not null && delimiter.Length != 1)
                Fault(where, "A delimiter is one character.");
            senders[sender.Name] = new(
                Texts(sender.Value, "columns", where).ToDictionary(pair => pair.Key, pair => PathOf(pair.Value), StringComparer.Ordinal),
                delimiter?[0], Text(sender.Value, "signaller"));
        }

        return senders;

        string PathOf(string path) => fields.Any(field => field.Member.Path == path + "[]") ? path + "[]" : path;
    }

    private T OneOf<T>(JsonElement parent, string name, T otherwise, string where)
        where T : struct, Enum
    {
        if (Text(parent, name) is not { } text)
            return otherwise;
        if (!int.TryParse(text, out _) && Enum.TryParse<T>(text, ignoreCase: true, out var value))
            return value;
        Fault(where, $"\"{name}\" is one of {string.Join(", ", Enum.GetNames<T>()).ToLowerInvariant()}.");
        return otherwise;
    }

    private string[] Strings(JsonElement list, string where)
    {
        if (list.ValueKind == JsonValueKind.Array && list.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String))
            return [.. list.EnumerateArray().Select(item => item.GetString()!)];
        Fault(where, "A list of texts is expected.");
        return [];
    }

    private IEnumerable<(string Key, string Value)> Texts(JsonElement parent, string name, string where)
    {
        if (!parent.TryGetProperty(name, out var map))
            return [];
        if (map.ValueKind == JsonValueKind.Object && map.EnumerateObject().All(pair => pair.Value.ValueKind == JsonValueKind.String))
            return [.. map.EnumerateObject().Select(pair => (pair.Name, pair.Value.GetString()!))];
        Fault(where, $"\"{name}\" holds texts by name.");
        return [];
    }

    private static string? Text(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString() : null;
}
