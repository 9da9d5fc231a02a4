using System.Text;
using System.Xml;
using System.Xml.Linq;

namespace CptsFhirHub.Coordination.Intake.Cda;

/// <summary>Who signed a document.</summary>
/// <param name="Rpps">Eleven digits, without the national prefix.</param>
public sealed record CdaAuthor(string? Family, string? Given, string? Rpps, string? Organization);

/// <summary>
/// The header of a clinical document (CDA R2) and the words of its narrative, as plain text. The document itself is kept byte for byte
/// elsewhere: this is what helps to find and to read it. https://www.hl7.org/implement/standards/product_brief.cfm?product_id=7
/// </summary>
/// <remarks>
/// The bytes are a stranger's: no document type is read, nothing is fetched, depth, elements and text are bounded, and what comes out is
/// text without markup. A document that is not CDA, or past a bound, gives null.
/// </remarks>
public sealed record CdaDocument
{
    public const int DepthMax = 100;
    public const int NodesMax = 200_000;
    public const int NarrativeCharsMax = 200_000;

    private const int AuthorsMax = 10;
    private const string Namespace = "urn:hl7-org:v3";
    private const string Professionals = "1.2.250.1.71.4.2.1";
    private const string Structures = "1.2.250.1.71.4.2.2";

    /// <summary>Elements of a narrative that begin a line of their own.</summary>
    private static readonly HashSet<string> Lines = new(StringComparer.Ordinal) { "paragraph", "item", "tr", "caption", "br", "list", "table", "title" };

    public string? Title { get; init; }

    /// <summary>The document's own id: an OID, or an OID and an extension.</summary>
    public (string Root, string? Extension)? Id { get; init; }

    /// <summary>The id of the document whose place it takes.</summary>
    public (string Root, string? Extension)? Replaces { get; init; }

    /// <summary>As the document writes it: <c>20260620091500+0200</c>.</summary>
    public string? EffectiveTime { get; init; }

    public IReadOnlyList<CdaAuthor> Authors { get; init; } = [];

    public string? Custodian { get; init; }

    /// <summary>FINESS of the custodian, with the national prefix 1.</summary>
    public string? CustodianFiness { get; init; }

    /// <summary>The person's birth name.</summary>
    public string? PatientFamily { get; init; }

    /// <summary>The person's birth date, <c>yyyyMMdd</c> at most.</summary>
    public string? PatientBorn { get; init; }

    /// <summary>Titles and texts of the sections; null when the document has none to read, as one that wraps a PDF.</summary>
    public string? Narrative { get; init; }

    public static CdaDocument? Read(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            return IsBounded(bytes) && Load(bytes).Root is { } root && root.Name == Name("ClinicalDocument") ? Of(root) : null;
        }
        catch (Exception fault) when (fault is XmlException or DecoderFallbackException or NotSupportedException)
        {
            return null;
        }
    }

    private static CdaDocument Of(XElement root)
    {
        var patient = At(root, "recordTarget", "patientRole", "patient");
        var custodian = At(root, "custodian", "assignedCustodian", "representedCustodianOrganization");
        var replaced = root.Elements(Name("relatedDocument")).FirstOrDefault(related => (string?)related.Attribute("typeCode") == "RPLC");
        var narrative = new StringBuilder();
        foreach (var section in root.Elements(Name("component")).Elements(Name("structuredBody")).Elements(Name("component")).Elements(Name("section")))
            Tell(section, narrative);
        return new()
        {
            Title = Text(At(root, "title")),
            Id = IdOf(At(root, "id")),
            Replaces = replaced is null ? null : IdOf(At(replaced, "parentDocument", "id")),
            EffectiveTime = (string?)At(root, "effectiveTime")?.Attribute("value"),
            Authors = [.. root.Elements(Name("author")).Take(AuthorsMax).Select(AuthorOf).Where(author => author != new CdaAuthor(null, null, null, null))],
            Custodian = Text(custodian is null ? null : At(custodian, "name")),
            CustodianFiness = custodian?.Elements(Name("id")).Select(IdOf).FirstOrDefault(id => id?.Root == Structures)?.Extension,
            PatientFamily = patient is null ? null : Text(FamilyOf(patient)),
            PatientBorn = patient is null ? null : (string?)At(patient, "birthTime")?.Attribute("value"),
            Narrative = narrative.Length == 0 ? null : narrative.ToString().Trim() + "\n",
        };
    }

    private static CdaAuthor AuthorOf(XElement author)
    {
        var assigned = At(author, "assignedAuthor");
        var person = assigned is null ? null : At(assigned, "assignedPerson", "name");
        var rpps = assigned?.Elements(Name("id")).Select(IdOf).FirstOrDefault(id => id?.Root == Professionals)?.Extension;
        var digits = rpps is { Length: 12 } && rpps[0] == '8' ? rpps[1..] : rpps;
        return new(
            Text(person is null ? null : At(person, "family")), Text(person is null ? null : At(person, "given")),
            digits is { Length: 11 } && digits.All(char.IsAsciiDigit) ? digits : null,
            Text(assigned is null ? null : At(assigned, "representedOrganization", "name")));
    }

    /// <summary>The birth name (<c>BR</c>) when the names are told apart, else the first.</summary>
    private static XElement? FamilyOf(XElement patient)
    {
        var names = patient.Elements(Name("name")).Elements(Name("family")).ToList();
        return names.Find(name => (string?)name.Attribute("qualifier") == "BR") ?? names.FirstOrDefault();
    }

    private static (string Root, string? Extension)? IdOf(XElement? id) =>
        (string?)id?.Attribute("root") is { Length: > 0 } root ? (root, (string?)id.Attribute("extension") is { Length: > 0 } extension ? extension : null) : null;

    // The depth was bounded before the tree was made.
    private static void Tell(XElement section, StringBuilder narrative)
    {
        if (Text(At(section, "title")) is { } title)
            narrative.Append('\n').Append(title.ToUpperInvariant()).Append('\n');
        if (At(section, "text") is { } text)
            Tell(text.Nodes(), narrative);
        EndLine(narrative);
        foreach (var inner in section.Elements(Name("component")).Elements(Name("section")))
            Tell(inner, narrative);
    }

    private static void Tell(IEnumerable<XNode> nodes, StringBuilder narrative)
    {
        foreach (var node in nodes)
        {
            if (narrative.Length >= NarrativeCharsMax)
                return;
            switch (node)
            {
                case XText text:
                    Append(text.Value, narrative);
                    break;
                case XElement { Name.LocalName: "td" or "th" } cell:
                    if (narrative.Length > 0 && narrative[^1] != '\n')
                        narrative.Append(" | ");
                    Tell(cell.Nodes(), narrative);
                    break;
                case XElement element when Lines.Contains(element.Name.LocalName):
                    EndLine(narrative);
                    Tell(element.Nodes(), narrative);
                    EndLine(narrative);
                    break;
                case XElement element:
                    Tell(element.Nodes(), narrative);
                    break;
            }
        }
    }

    /// <summary>White space is one blank, and control characters are none at all.</summary>
    private static void Append(string text, StringBuilder narrative)
    {
        foreach (var letter in text.AsSpan(0, Math.Min(text.Length, NarrativeCharsMax - narrative.Length)))
        {
            if (!char.IsWhiteSpace(letter) && !char.IsControl(letter))
                narrative.Append(letter);
            else if (narrative.Length > 0 && narrative[^1] is not (' ' or '\n'))
                narrative.Append(' ');
        }
    }

    private static void EndLine(StringBuilder narrative)
    {
        while (narrative.Length > 0 && narrative[^1] == ' ')
            narrative.Length--;
        if (narrative.Length > 0 && narrative[^1] != '\n')
            narrative.Append('\n');
    }

    /// <summary>The text of an element without markup, in one line; null when there is none.</summary>
    private static string? Text(XElement? element)
    {
        if (element is null)
            return null;
        var text = new StringBuilder();
        Tell(element.Nodes(), text);
        var line = text.Replace('\n', ' ').ToString().Trim();
        return line.Length > 0 ? line : null;
    }

    private static XElement? At(XElement element, params ReadOnlySpan<string> path)
    {
        var at = element;
        foreach (var name in path)
        {
            if (at.Element(Name(name)) is not { } child)
                return null;
            at = child;
        }

        return at;
    }

    private static XName Name(string local) => XName.Get(local, Namespace);

    /// <summary>A first pass holds nothing: it says whether a tree of the document would be of a reasonable size.</summary>
    private static bool IsBounded(ReadOnlyMemory<byte> bytes)
    {
        using var reader = Open(bytes);
        for (var nodes = 0; reader.Read(); nodes++)
            if (nodes > NodesMax || reader.Depth > DepthMax)
                return false;
        return true;
    }

    private static XDocument Load(ReadOnlyMemory<byte> bytes)
    {
        using var reader = Open(bytes);
        return XDocument.Load(reader, LoadOptions.PreserveWhitespace);
    }

    private static XmlReader Open(ReadOnlyMemory<byte> bytes) => XmlReader.Create(
        new MemoryStream(bytes.ToArray(), writable: false),
        new() { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, IgnoreComments = true, IgnoreProcessingInstructions = true });
}
