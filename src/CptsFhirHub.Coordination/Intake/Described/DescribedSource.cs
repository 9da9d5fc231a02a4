using System.Security.Cryptography;
using System.Text.Json;
using CptsFhirHub.Fhir.FhirPath;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Coordination.Intake.Described;

/// <summary>
/// A source that is described and not programmed: the <c>fields</c> of its <c>source.json</c> say what a line of CSV, a JSON object or a
/// form may hold. The description is the reader, the check and the logical model of the source at once.
/// </summary>
public sealed class DescribedSource
{
    /// <summary>Where the reader puts what it knows of the sender; no message can fill it.</summary>
    public const string Sender = "emetteur";

    private readonly SourceFields _fields;
    private readonly CommuneFields _communes;
    private readonly IReadOnlyList<string> _key;
    private readonly IReadOnlyList<SourceRule> _rules;
    private readonly IReadOnlyDictionary<string, SourceSender> _senders;
    private readonly bool _isTyped;
    private readonly bool _isExact;

    private DescribedSource(
        string rootName, SourceFields fields, CommuneFields communes, IReadOnlyList<string> key, IReadOnlyList<SourceRule> rules,
        IReadOnlyDictionary<string, SourceSender> senders, bool isTyped, bool isExact, Element logicalModel)
    {
        (RootName, _fields, _communes, _key, _rules, _senders, _isTyped, _isExact) = (rootName, fields, communes, key, rules, senders, isTyped, isExact);
        LogicalModel = logicalModel;
    }

    /// <summary>The type of the source tree: the last part of the logical model's URL.</summary>
    public string RootName { get; }

    /// <summary>The fields as a StructureDefinition, which the map is checked against.</summary>
    public Element LogicalModel { get; }

    /// <summary>The folder whose fields, rules and key this one shares (<c>fieldsOf</c>): its own description says no more than the rest. Null for its own.</summary>
    public static string? SharedWith(JsonElement root) => new DescriptionText(root).Optional("fieldsOf");

    /// <summary>Reads a description; without a source the issues say what is wrong with it, by member of <c>source.json</c>.</summary>
    /// <param name="root">The <c>source.json</c>.</param>
    /// <param name="shared">That of the folder which <see cref="SharedWith"/> names.</param>
    /// <param name="communes">By which communes that are told by their names are known; null for none.</param>
    public static (DescribedSource? Source, IReadOnlyList<Issue> Issues) Of(JsonElement root, JsonElement? shared = null, CommuneNames? communes = null)
    {
        var text = new DescriptionText(shared ?? root);
        var url = text.Required("logicalModel");
        var rootName = url[(url.LastIndexOf('/') + 1)..];
        var fields = text.Fields();
        var rules = text.Rules();
        var key = text.Key();
        foreach (var path in key.Where(path => fields.All(field => field.Member.Path != path)))
            text.Fault("key", $"There is no field \"{path}\".");
        var senders = new DescriptionText(root).Senders(fields);
        foreach (var path in senders.Values.SelectMany(sender => sender.Columns.Values).Where(path => fields.All(field => field.Member.Path != path)))
            text.Fault("senders", $"There is no field \"{path}\".");
        if (text.Issues.Count > 0)
            return (null, text.Issues);

        var model = LogicalModels.Of(url, rootName, text.Optional("title") ?? rootName, fields);
        return (new(rootName, new(fields), new(fields, communes ?? CommuneNames.None), key, rules, senders, text.IsTyped, text.IsExact, model), []);
    }

    /// <summary>
    /// Reads what a sender gave: CSV, a form, a JSON object or an array of them.
    /// </summary>
    /// <param name="bytes">The message.</param>
    /// <param name="contentType">Its media type; JSON is recognised without it.</param>
    /// <param name="sender">The client who sent it: its columns may bear names of their own.</param>
    public SourceLines Read(ReadOnlyMemory<byte> bytes, string contentType, string? sender)
    {
        var own = sender is null ? null : _senders.GetValueOrDefault(sender);
        if (contentType.StartsWith("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase))
            return ReadForm(bytes, sender, own);
        return LooksLikeJson(bytes.Span) ? ReadJson(bytes, sender, own) : CsvLines.Read(bytes, Line(sender, own));
    }

    private SourceLines ReadForm(ReadOnlyMemory<byte> bytes, string? sender, SourceSender? own)
    {
        List<Issue> fileIssues = [];
        if (FormFields.Read(bytes.Span, fileIssues) is not { } pairs)
            return new([], fileIssues);
        List<Issue> issues = [];
        var root = Element.OfResource(RootName);
        _fields.FillNamed(root, pairs, own, issues);
        return new([new(1, SourceText.Decode(bytes.Span), Checked(root, _fields.Typed, path => $"field \"{path}\"", sender, own, issues))], []);
    }

    private SourceLines ReadJson(ReadOnlyMemory<byte> bytes, string? sender, SourceSender? own)
    {
        List<Issue> fileIssues = [];
        var roots = _isExact ? ReadOne(bytes, fileIssues) : JsonTree.ReadMany(bytes, RootName, fileIssues);
        List<SourceLine> lines = [];
        foreach (var (said, text) in roots)
        {
            List<Issue> issues = [];
            var at = roots.Count == 1 ? "$." : $"$[{lines.Count}].";
            var root = _isExact ? said : _fields.Renamed(said, own);
            var shape = _isTyped ? _fields.Typed : _fields.Strict;
            lines.Add(new(lines.Count + 1, text, Checked(root, shape, path => at + path, sender, own, issues)));
        }

        return new(lines, fileIssues);
    }

    private (Element Root, string Text)[] ReadOne(ReadOnlyMemory<byte> bytes, List<Issue> issues) =>
        JsonTree.Read(bytes, RootName, issues) is { } root ? [(root, SourceText.Decode(bytes.Span))] : [];

    private LineModel Line(string? sender, SourceSender? own) => new(RootName, _fields.Columns(own), _fields.Typed, KeyOf)
    {
        Delimiter = own?.Delimiter,
        Check = (root, place, issues) =>
        {
            _communes.Resolve(root, place, issues);
            CheckRules(root, place, issues);
            TellSender(root, sender, own);
        },
    };

    private SourceReading Checked(
        Element root, SourceShape shape, Func<string, string> place, string? sender, SourceSender? own, List<Issue> issues)
    {
        shape.Check(root, place, issues);
        _communes.Resolve(root, place, issues);
        CheckRules(root, place, issues);
        var key = KeyOf(root);
        TellSender(root, sender, own);
        return new(root, key, issues);
    }

    private void CheckRules(Element root, Func<string, string> place, List<Issue> issues)
    {
        foreach (var rule in _rules)
        {
            if (rule.Owner is { } owner)
            {
                if (owner.IsContradicted(root))
                    issues.Add(new(rule.Severity, rule.Code, place(rule.Where), rule.Text));
                continue;
            }

            try
            {
                if (rule.Holds!.Test(Item.Of(root, (string?)null)) != false)
                    continue;
            }
            catch (FhirPathException)
            {
                // Data that a rule cannot look at were told of by the check of the fields.
                continue;
            }

            issues.Add(new(rule.Severity, rule.Code, place(rule.Where), rule.Text));
        }
    }

    private static void TellSender(Element root, string? client, SourceSender? own)
    {
        while (root.Remove(Sender))
        {
            // What a message says about its own sender counts for nothing.
        }

        if (client is null)
            return;
        root.Add(Sender).With("client", client).With("signalant", own?.Signaller);
    }

    /// <summary>The values of the key's fields; a line that lacks one of them is recognised by all it says.</summary>
    private string? KeyOf(Element root)
    {
        var values = _key.Select(path => SourceFields.TextAt(root, path)).ToList();
        if (values.Count > 0 && values.TrueForAll(value => value is not null))
            return string.Join('/', values);

        // The sender is not part of what was said: the same line through another client is the same line.
        var said = root.Copy();
        said.Remove(Sender);
        return said.Count == 0 ? null : "sha256:" + Convert.ToHexStringLower(SHA256.HashData(FhirJson.Write(said)));
    }

    private static bool LooksLikeJson(ReadOnlySpan<byte> bytes)
    {
        if (bytes.StartsWith(System.Text.Encoding.UTF8.Preamble))
            bytes = bytes[3..];
        var start = bytes.IndexOfAnyExcept(" \t\r\n"u8);
        return start >= 0 && bytes[start] is (byte)'{' or (byte)'[';
    }
}

/// <summary>What several fields say together: a condition that must hold.</summary>
/// <param name="Holds">The condition; null where an <see cref="Owner"/> stands in its place.</param>
internal sealed record SourceRule(FhirPathExpression? Holds, Severity Severity, string Code, string Where, string Text)
{
    /// <summary>A NIR that must agree with its owner; null for none.</summary>
    public NirOwner? Owner { get; init; }
}

/// <summary>Where a NIR stands, and what it must not contradict.</summary>
internal sealed record NirOwner(string Nir, string? Sex, string? BirthDate)
{
    public bool IsContradicted(Element root) => TextOf(root, Nir) is { } number
        && Coordination.Nir.Read(number).ContradictsOwner(TextOf(root, Sex), TextOf(root, BirthDate));

    private static string? TextOf(Element root, string? path) => path is null ? null : SourceFields.TextAt(root, path);
}

/// <summary>What is particular to one sender: its own column names, its separator, and what kind of person signals through it.</summary>
internal sealed record SourceSender(IReadOnlyDictionary<string, string> Columns, char? Delimiter, string? Signaller);
