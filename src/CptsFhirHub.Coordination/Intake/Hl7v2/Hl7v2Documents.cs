using System.Globalization;
using System.Security.Cryptography;
using CptsFhirHub.Coordination.Intake.Cda;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Coordination.Intake.Hl7v2;

/// <summary>
/// The documents that a message carries (MDM, ORU), each under <c>facts.document</c>: the bytes of OBX-5, what it is, whom it must stay
/// hidden from, and whether it is new, takes the place of another or is withdrawn. Of a CDA its header and the words of its narrative stand
/// beside it. The texts of mails that go with it are no documents.
/// </summary>
internal static class Hl7v2Documents
{
    private const int DocumentsMax = 20;

    /// <summary>Flags that keep a document from somebody, as OBX-3 writes them in both versions of the French profile.</summary>
    private static readonly Dictionary<string, string> Flags = new(StringComparer.Ordinal)
    {
        ["MASQUE_PS"] = "MASQUE_PS",
        ["INVISIBLE_PATIENT"] = "INVISIBLE_PATIENT",
        ["INVISIBLE_REPRESENTANTS_LEGAUX"] = "INVISIBLE_REPRESENTANTS_LEGAUX",
        ["INVISIBLE_REP_LEGAUX"] = "INVISIBLE_REPRESENTANTS_LEGAUX",
        ["CONNEXION_SECRETE"] = "CONNEXION_SECRETE",
    };

    public static void AddTo(Element root, Element facts, List<Issue> issues)
    {
        if (facts.Text("messageType") is not ("MDM" or "ORU"))
            return;
        var header = root.Child("TXA");
        var order = root.Child("OBR");
        var number = Hl7v2Reader.Part(header, 12) ?? Hl7v2Reader.Part(order, 3) ?? Hl7v2Reader.Part(order, 2) ?? facts.Text("controlId");
        var hidden = FlagsOf(root);
        var trigger = facts.Text("messageType") is "MDM" ? facts.Text("event") : null;
        var parent = Hl7v2Reader.Part(header, 13);
        var isAddendum = trigger is "T06";
        var count = 0;
        HashSet<string> seen = [];
        foreach (var row in root.All("OBX"))
        {
            if (Hl7v2Reader.Part(row, 2) != "ED" || Hl7v2Reader.Part(row, 3) is not { } code || IsMail(code))
                continue;
            var place = $"OBX-5 ({Hl7v2Reader.Part(row, 1) ?? "?"})";
            if (BytesOf(row, place, issues) is not { } bytes || !seen.Add(Convert.ToBase64String(SHA256.HashData(bytes))))
                continue;
            if (++count > DocumentsMax)
            {
                issues.Add(Issue.Error("too-long", "OBX", $"More than {DocumentsMax} documents."));
                return;
            }

            var document = facts.AddItem("document");
            document.With("position", (decimal)count).With("number", count == 1 ? number : $"{number}-{count.ToString(CultureInfo.InvariantCulture)}")
                .With("replaces", count == 1 && !isAddendum && parent != number ? parent : null)
                .With("appends", isAddendum && parent != number ? parent : null)
                .With("isWithdrawn", IsWithdrawn(trigger, header, row) ? true : null)
                .With("code", code).With("display", Hl7v2Reader.Part(row, 3, 2))
                .With("isValidated", Hl7v2Reader.Part(row, 11) == "F" ? true : null)
                .With("contentType", TypeOf(row))
                .With("size", (decimal)bytes.Length)
                .With("data", Convert.ToBase64String(bytes));
            foreach (var flag in hidden)
                document.WithItem("hiddenFrom", flag);
            if (document.Text("contentType") == "text/xml" && CdaDocument.Read(bytes) is { } cda)
                AddHeader(cda, document, facts, place, issues);
        }

        if (trigger is "T10" && parent is null && facts.Child("document")?.Child("replacesId") is null)
            issues.Add(Issue.Warning("required", "TXA-13", "A replacement names the document whose place it takes: this one stands beside it."));
        if (count == 0 && IsWithdrawnByName(trigger, header))
            AddWithdrawn(header!, facts, issues);
    }

    /// <summary>What is withdrawn by a message that carries no document: the notice of a cancellation (T11), or of a status that says so (T03, T04).</summary>
    private static bool IsWithdrawnByName(string? trigger, Element? header) =>
        header is not null && (trigger is "T04" or "T11" || (trigger is "T03" && Hl7v2Reader.Part(header, 19) is "CA" or "OB"));

    private static void AddWithdrawn(Element header, Element facts, List<Issue> issues)
    {
        if (Hl7v2Reader.Part(header, 12) is not { } number)
        {
            issues.Add(Issue.Error("required", "TXA-12", "A withdrawal names the document that it withdraws."));
            return;
        }

        var kind = Hl7v2Reader.Part(header, 2);
        facts.AddItem("document").With("position", 1m).With("number", number).With("isWithdrawn", true)
            .With("code", kind is not null && kind.Contains('-', StringComparison.Ordinal) ? kind : null).With("display", "Document retiré");
    }

    private static void AddHeader(CdaDocument cda, Element document, Element facts, string place, List<Issue> issues)
    {
        document.With("title", cda.Title).With("authoredAt", cda.EffectiveTime is { } time ? Hl7v2Facts.Time(time) : null);
        AddId(document, "originId", cda.Id);
        AddId(document, "replacesId", cda.Replaces);
        foreach (var signed in cda.Authors)
            document.AddItem("author").With("family", signed.Family).With("given", signed.Given)
                .With("rpps", signed.Rpps).With("organization", signed.Organization);
        if (cda.Custodian is not null || cda.CustodianFiness is not null)
            document.Add("custodian").With("name", cda.Custodian).With("finess", cda.CustodianFiness);
        if (cda.Narrative is { } words)
            document.With("narrative", Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(words)));

        // A letter in the wrong file is worse than a letter that comes late.
        var (name, born) = (facts.Text("birthName"), facts.Text("birthDate")?.Replace("-", "", StringComparison.Ordinal));
        var isOtherName = cda.PatientFamily is { } family && name is not null && PlainText.Words(family) != PlainText.Words(name);
        var isOtherDay = cda.PatientBorn is { Length: >= 8 } day && born is { Length: 8 } && day[..8] != born;
        if (isOtherName && isOtherDay)
            issues.Add(Issue.Error("conflict", place, "The document names another person than the segment PID."));
        else if (isOtherName || isOtherDay)
            issues.Add(Issue.Warning("conflict", place, $"The document and the segment PID differ in the {(isOtherName ? "birth name" : "birth date")}."));
    }

    private static void AddId(Element document, string name, (string Root, string? Extension)? id)
    {
        if (id is var (root, extension) && root.All(letter => char.IsAsciiDigit(letter) || letter == '.'))
            document.Add(name).With("system", extension is null ? "urn:ietf:rfc3986" : "urn:oid:" + root)
                .With("value", extension ?? "urn:oid:" + root);
    }

    /// <summary>In the French profile T04 withdraws, and T11 cancels; OBX-11 D and TXA-19 CA say the same of one document.</summary>
    private static bool IsWithdrawn(string? trigger, Element? header, Element row) =>
        trigger is "T04" or "T11" || Hl7v2Reader.Part(row, 11) is "D" or "W" || Hl7v2Reader.Part(header, 19) is "CA" or "OB";

    private static List<string> FlagsOf(Element root)
    {
        var flags = new List<string>();
        foreach (var row in root.All("OBX"))
            if (Hl7v2Reader.Part(row, 3) is { } code && Flags.TryGetValue(code, out var flag) && Hl7v2Reader.Part(row, 5) == "Y" && !flags.Contains(flag))
                flags.Add(flag);
        return flags;
    }

    private static bool IsMail(string code) => code.StartsWith("CORPSMAIL", StringComparison.Ordinal) || !code.Contains('-', StringComparison.Ordinal);

    // ED: source, type of data, subtype, encoding, data. Padding that a sender left out is put back; nothing else is mended.
    private static byte[]? BytesOf(Element row, string place, List<Issue> issues)
    {
        if (Hl7v2Reader.Part(row, 5, 5) is not { } data)
        {
            issues.Add(Issue.Warning("required", place, "The document is empty."));
            return null;
        }

        if (Hl7v2Reader.Part(row, 5, 4) is not "Base64")
        {
            issues.Add(Issue.Error("not-supported", place, "A document is sent as Base64."));
            return null;
        }

        var text = string.Concat(data.Where(c => !char.IsWhiteSpace(c)));
        var padded = text.Length % 4 == 0 ? text : text + new string('=', 4 - text.Length % 4);
        var bytes = new byte[padded.Length];
        if (!Convert.TryFromBase64String(padded, bytes, out var length))
        {
            issues.Add(Issue.Error("value", place, "The document is not Base64."));
            return null;
        }

        return bytes[..length];
    }

    private static string TypeOf(Element row) => (Hl7v2Reader.Part(row, 5, 2)?.ToUpperInvariant(), Hl7v2Reader.Part(row, 5, 3)?.ToUpperInvariant()) switch
    {
        (_, "XML") => "text/xml",
        (_, "PDF") => "application/pdf",
        (_, "HTML") => "text/html",
        ("TEXT", _) => "text/plain",
        _ => "application/octet-stream",
    };
}
