using System.Globalization;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Coordination.Intake.Hl7v2;

/// <summary>
/// What a message of a French hospital means for us, derived once and put under <c>facts</c>, so that maps and flows need not know
/// which of five fields says it. A fact that the message does not tell is absent: unknown is never "no".
/// </summary>
/// <remarks>
/// <list type="table">
/// <item><term>event, messageType, controlId, processing</term><description>A03, ADT, MSH-10, P|D|T</description></item>
/// <item><term>action</term><description>signale, retire, met-a-jour, fusionne or note: what the event asks of the hub</description></item>
/// <item>
/// <term>sentAt, occurredAt, admittedAt, dischargeAt, expectedDischarge, deceasedAt</term>
/// <description>FHIR dateTime</description>
/// </item>
/// <item>
/// <term>birthName, firstName, firstNames, usedName, usedFirstName, birthDate, sex, gender, birthPlaceInsee</term>
/// <description>traits</description>
/// </item>
/// <item><term>identityStatus, identityAttribute*</term><description>PROV, RECUP, VALI or QUAL; DOUT, FICT, HOMA…</description></item>
/// <item>
/// <term>ins (value, system, type), localId* (value, system, assigner), merged* (the same)</term>
/// <description>identifiers</description>
/// </item>
/// <item><term>phone*, email*, address (line, city, postalCode, country)</term><description>contacts</description></item>
/// <item>
/// <term>gpStatus</term>
/// <description>declare, aucun (PV2-7 SM), retire (ROL deleted), presume-absent (nothing said)</description>
/// </item>
/// <item>
/// <term>noDeclaredGp, ald, c2s, ame, livesAlone, homeless, deceased, dischargedHome, smsConsent</term>
/// <description>true, or absent</description>
/// </item>
/// <item>
/// <term>declaredGp (rpps, family, given), movement (id, action, originalEvent), visitNumber, patientClass, ward, dischargeMode</term>
/// <description>the stay</description>
/// </item>
/// </list>
/// </remarks>
public static class Hl7v2Facts
{
    /// <summary>Derives the facts and puts them under the root.</summary>
    internal static void AddTo(Element root, List<Issue> issues)
    {
        var facts = Element.Named("facts");
        AddHeader(root, facts, issues);
        AddOther(root, facts, issues);
        if (root.Child("PID") is { } pid)
        {
            AddTraits(pid, facts, issues);
            AddIdentifiers(pid.All("f3"), "PID-3", facts, issues);
            AddContacts(pid, facts, issues);
        }

        AddGp(root, facts);
        AddSocial(root, facts);
        AddStay(root, facts, issues);
        AddReferral(root, facts, issues);
        Hl7v2Documents.AddTo(root, facts, issues);
        foreach (var repetition in root.Child("MRG") is { } merge ? merge.All("f1") : [])
            AddIdentifier(repetition, "merged", facts);
        if (facts.Text("action") is "fusionne" && facts.Text("event") is not "A24" && facts.Child("merged") is null)
            issues.Add(Issue.Error("required", "MRG-1", "A merge names the number that disappears."));
        root.Append(facts);
    }

    /// <summary>
    /// A link (A24) and its undoing (A37) name two persons, one PID each. The first is whom the message is about; of the second the numbers
    /// count, as those of a merge.
    /// </summary>
    private static void AddOther(Element root, Element facts, List<Issue> issues)
    {
        if (facts.Text("event") is not ("A24" or "A37") || facts.Text("messageType") is not "ADT")
            return;
        Element[] persons = [.. root.All("PID")];
        if (persons is not [_, var other, ..] || other.Child("f3") is null)
        {
            issues.Add(Issue.Error("required", "PID", "A link and its undoing name two persons: two segments PID, each with a number in PID-3."));
            return;
        }

        root.Remove(other);
        foreach (var repetition in other.All("f3"))
            AddIdentifier(repetition, "merged", facts);
    }

    private static void AddHeader(Element root, Element facts, List<Issue> issues)
    {
        var msh = root.Child("MSH");
        var trigger = Hl7v2Reader.Part(msh, 9, 2) ?? Hl7v2Reader.Part(root.Child("EVN"), 1);
        facts.With("messageType", Hl7v2Reader.Part(msh, 9))
            .With("event", trigger)
            .With("action", ActionOf(Hl7v2Reader.Part(msh, 9), trigger, root.Child("ZBE")))
            .With("controlId", Hl7v2Reader.Part(msh, 10))
            .With("processing", Hl7v2Reader.Part(msh, 11))
            .With("sendingApplication", Hl7v2Reader.Part(msh, 3))
            .With("sendingFacility", Hl7v2Reader.Part(msh, 4));
        AddTime(msh, 7, "MSH-7", "sentAt", facts, issues);
        AddTime(root.Child("EVN"), Hl7v2Reader.Part(root.Child("EVN"), 6) is null ? 2 : 6, "EVN-6", "occurredAt", facts, issues);
    }

    /// <summary>What an event asks of the hub: the table of the French movements.</summary>
    private static string ActionOf(string? type, string? trigger, Element? movement) => (type, trigger) switch
    {
        ("REF", "I12" or "I13") => "signale",
        ("REF", "I14") => "retire",
        (not "ADT", _) => "note",
        (_, "A11" or "A13" or "A25" or "A27" or "A38") => "retire",

        // A merge, and a number that is replaced: in both MRG-1 disappears and PID-3 stays.
        (_, "A40" or "A47") => "fusionne",

        // Two numbers that stay in use are one person's: here one record bears both, as after a merge.
        (_, "A24") => "fusionne",

        // A whole account, or a stay, that goes to another person, or a link that is undone: where no merge of ours can be taken back, a person decides.
        (_, "A34" or "A35" or "A36" or "A37" or "A44" or "A45") => "a-examiner",
        (_, "A06" or "A07" or "A08" or "A28" or "A31") => Hl7v2Reader.Part(movement, 4) == "CANCEL" ? "retire" : "met-a-jour",

        // Z99 mends any movement: only one that withdraws an arrival or a discharge withdraws what we concluded from it.
        (_, "Z99") => Hl7v2Reader.Part(movement, 4) != "CANCEL" ? "met-a-jour"
            : Hl7v2Reader.Part(movement, 6) is null or "A01" or "A03" or "A04" or "A05" or "A14" or "A16" ? "retire" : "note",
        (_, "A01" or "A03" or "A04" or "A05" or "A14" or "A16") => Hl7v2Reader.Part(movement, 4) == "CANCEL" ? "retire" : "signale",
        _ => "note",
    };

    /// <summary>REF: who refers, why, how urgently. A referral to a CPTS asks for a GP, whatever it says of one.</summary>
    private static void AddReferral(Element root, Element facts, List<Issue> issues)
    {
        if (facts.Text("messageType") is not "REF")
            return;
        var header = root.Child("RF1");
        if (header is null)
            issues.Add(Issue.Error("required", "RF1", "A referral has the segment RF1."));
        else if (Hl7v2Reader.Part(header, 6) is null)
            issues.Add(Issue.Error("required", "RF1-6", "This field is required."));
        Element? referring = null;
        foreach (var provider in root.All("PRD"))
            if (Hl7v2Reader.Part(provider, 1) is "RP")
                referring ??= provider;
        if (referring is null)
            issues.Add(Issue.Error("required", "PRD", "A referral names who refers: PRD-1 RP."));

        var referral = facts.Add("referral");
        referral.With("number", Hl7v2Reader.Part(header, 6)).With("status", Hl7v2Reader.Part(header, 1))
            .With("priority", Hl7v2Reader.Part(header, 2))
            .With("reason", Hl7v2Reader.Part(header, 10, 2) ?? Hl7v2Reader.Part(header, 10))
            .With("family", Hl7v2Reader.Part(referring, 2)).With("given", Hl7v2Reader.Part(referring, 2, 2));
        AddTime(header, 7, "RF1-7", "effectiveAt", referral, issues);
        AddTime(header, 8, "RF1-8", "expiresAt", referral, issues);
        if (referring is not null)
            foreach (var id in referring.All("f7"))
                if (Rpps(Hl7v2Reader.Component(id, 1)) is { Length: 11 } rpps && rpps.All(char.IsAsciiDigit) && referral.Child("rpps") is null)
                    referral.With("rpps", rpps);
        foreach (var note in root.All("NTE"))
            foreach (var text in note.All("f3"))
                referral.WithItem("note", Hl7v2Reader.Component(text, 1));
    }

    private static void AddTraits(Element pid, Element facts, List<Issue> issues)
    {
        // What one repetition says of the other's name counts where that one is absent.
        string? usedBeside = null, bornBeside = null;
        foreach (var name in pid.All("f5"))
        {
            var family = Hl7v2Reader.Component(name, 1);
            var given = Hl7v2Reader.Component(name, 2);
            var both = NamesInOne.Of(family);
            if (both is not null)
                issues.Add(Issue.Warning("value", "PID-5", NamesInOne.Remark));
            switch (Hl7v2Reader.Component(name, 7))
            {
                case "L" or null when facts.Child("birthName") is null:
                    usedBeside = both?.Used;
                    if (both is not null)
                        family = both.Birth;
                    facts.With("birthName", family).With("firstName", given).With("firstNames", Hl7v2Reader.Component(name, 3) ?? given);
                    break;
                case "D" or "U" when facts.Child("usedName") is null:
                    bornBeside = both?.Birth;
                    if (both is not null)
                        family = both.Used;
                    facts.With("usedName", family).With("usedFirstName", given);
                    break;
            }
        }

        if (facts.Child("usedName") is null)
            facts.With("usedName", usedBeside);
        if (facts.Child("birthName") is null)
            facts.With("birthName", bornBeside);

        if (Hl7v2Reader.Part(pid, 7) is { } born)
        {
            // Offices that write dd/mm/yyyy or yyyy-mm-dd here are understood; the standard has no separators.
            var isWritten = born.AsSpan().ContainsAny('/', '-');
            var digits = born.Length > 8 && !isWritten ? born[..8] : born;

            // Zeros stand for what is not known of the day or of the month.
            while (digits is { Length: 6 or 8 } && digits.EndsWith("00", StringComparison.Ordinal))
                digits = digits[..^2];
            var day = FrenchValues.Date(digits.Length == 6 ? $"{digits[..4]}-{digits[4..]}" : digits);
            facts.With("birthDate", day.Value);
            if (day.Fault is { } fault)
                issues.Add(Issue.Error("value", "PID-7", fault));
        }

        var (sex, gender) = Hl7v2Reader.Part(pid, 8)?.ToUpperInvariant() switch
        {
            "F" => ("F", "female"),
            "M" => ("M", "male"),
            "O" or "U" or "A" or "N" => ("U", "unknown"),
            _ => (null, null),
        };
        facts.With("sex", sex).With("gender", gender);
        if (sex is null && Hl7v2Reader.Part(pid, 8) is not null)
            issues.Add(Issue.Warning("code-invalid", "PID-8", "F, M, O or U is expected."));

        // PID-32 repeats: one trust status, and attributes beside it.
        string? status = null;
        foreach (var item in pid.All("f32"))
        {
            var code = Hl7v2Reader.Component(item, 1);
            if (code is "PROV" or "VALI" or "QUAL" or "RECUP")
                status ??= code;
            else if (code is not null)
                facts.WithItem("identityAttribute", code);
        }

        var hasIns = false;
        foreach (var id in pid.All("f3"))
            hasIns |= Hl7v2Reader.Component(id, 5) == "INS";
        var isDoubtful = false;
        foreach (var attribute in facts.All("identityAttribute"))
            isDoubtful |= attribute.Value is "DOUT" or "FICT";
        // In HL7 v2 VALI together with an INS is what France now calls qualified; a doubtful identity is provisional whatever it claims.
        facts.With("identityStatus", isDoubtful ? "PROV" : (status, hasIns) switch
        {
            ("VALI" or "QUAL", true) => "QUAL",
            ("VALI", false) => "VALI",
            ("RECUP", _) => "RECUP",
            _ => "PROV",
        });
    }

    private static void AddIdentifiers(ReadOnlySpan<Element> repetitions, string path, Element facts, List<Issue> issues)
    {
        foreach (var repetition in repetitions)
        {
            if (Hl7v2Reader.Component(repetition, 5) != "INS")
            {
                if (Hl7v2Reader.Component(repetition, 5) is "PI" or null)
                    AddIdentifier(repetition, "localId", facts);
                continue;
            }

            var system = OidSystem(Hl7v2Reader.Component(repetition, 4, 2));
            if (!Canon.IsInsSystem(system) || Hl7v2Reader.Component(repetition, 1) is not { } number)
            {
                issues.Add(Issue.Warning("code-invalid", path,
                    "The authority of the INS is not one of the national OIDs: the number is not used."));
                continue;
            }

            if (facts.Child("ins") is not null)
                continue;
            facts.Add("ins").With("value", number).With("system", system).With("type", system switch
            {
                Canon.InsNia => "INS-NIA",
                Canon.InsTest => "INS-NIR-TEST",
                Canon.InsDemo => "INS-NIR-DEMO",
                _ => "INS-NIR",
            });
            var read = Nir.Read(number);
            if (read.Form != NirForm.Sound)
                issues.Add(Issue.Warning("value", path, read.Form == NirForm.WrongKey ? Nir.WrongKeyText : "The INS is not a NIR with its key."));
            if (read.ContradictsOwner(facts.Text("sex"), facts.Text("birthDate")))
                issues.Add(Issue.Warning("business-rule", path, Nir.ForeignText));
        }
    }

    private static void AddIdentifier(Element repetition, string name, Element facts)
    {
        if (Hl7v2Reader.Component(repetition, 1) is not { } value)
            return;
        var assigner = Hl7v2Reader.Component(repetition, 4);
        var authority = Hl7v2Reader.Component(repetition, 4, 2);
        facts.AddItem(name).With("value", value).With("system", SystemOf(assigner, authority)).With("assigner", assigner);
    }

    // CX-4 is name & id & kind of id: an OID, or the hospital's FINESS under kind N or M, or a bare name.
    private static string? SystemOf(string? assigner, string? authority) =>
        OidSystem(authority) ?? (authority is not null ? $"urn:oid:1.2.250.1.71.4.2.2.{Finess(authority)}"
            : assigner is not null ? $"{Canon.Base}/NamingSystem/etablissement/{Uri.EscapeDataString(assigner)}"
            : null);

    private static string Finess(string authority) =>
        authority.Length == 9 && authority.All(char.IsAsciiDigit) ? "1" + authority : Uri.EscapeDataString(authority);

    private static string? OidSystem(string? oid) =>
        oid is not null && oid.StartsWith("1.", StringComparison.Ordinal) && oid.All(c => char.IsAsciiDigit(c) || c == '.')
            ? "urn:oid:" + oid : null;

    private static void AddContacts(Element pid, Element facts, List<Issue> issues)
    {
        foreach (var address in pid.All("f11"))
        {
            if (Hl7v2Reader.Component(address, 7) == "BDL")
                facts.With("birthPlaceInsee", Hl7v2Reader.Component(address, 9));
            else if (facts.Child("address") is null && Hl7v2Reader.Component(address, 7) is "H" or "L" or "C" or null)
                facts.Add("address")
                    .With("line", Hl7v2Reader.Component(address, 1))
                    .With("city", Hl7v2Reader.Component(address, 3))
                    .With("postalCode", Hl7v2Reader.Component(address, 5))
                    .With("country", Hl7v2Reader.Component(address, 6));
        }

        // XTN-12 is where France writes the number; XTN-1 is the habit of older senders; XTN-4 is an e-mail.
        foreach (var field in (ReadOnlySpan<string>)["f13", "f14"])
        {
            foreach (var contact in pid.All(field))
            {
                Add("email", ValueKind.Email, Hl7v2Reader.Component(contact, 4), FrenchValues.Email);
                Add("phone", ValueKind.Phone, Hl7v2Reader.Component(contact, 12) ?? Hl7v2Reader.Component(contact, 1), FrenchValues.Phone);

                // Two numbers may stand in one component.
                void Add(string fact, ValueKind kind, string? text, Func<string, Reading> read)
                {
                    if (text is null)
                        return;
                    foreach (var one in ContactList.Of(text, kind, read, out _) is { Count: > 0 } several ? several : [text])
                    {
                        var reading = read(one);
                        facts.WithItem(fact, reading.Value);
                        if (reading.Fault is { } fault)
                            issues.Add(Issue.Warning("value", $"PID-{field[1..]}", fault));
                    }
                }
            }
        }
    }

    private static void AddGp(Element root, Element facts)
    {
        var pathway = Hl7v2Reader.Part(root.Child("PV2"), 7);
        Element? declared = null;
        var isDeleted = false;
        foreach (var role in root.All("ROL"))
        {
            if (Hl7v2Reader.Part(role, 3) != "ODRP")
                continue;
            if (Hl7v2Reader.Part(role, 2) == "DE")
                isDeleted = true;
            else if (role.Child("f4") is not null)
                declared ??= role;
        }

        // PV2-7: SM says none is declared; ME, TO and TN presuppose one. Silence is a candidate, never a proof.
        var status = pathway == "SM" ? "aucun"
            : declared is not null || pathway is "ME" or "TO" or "TN" ? "declare"
            : isDeleted ? "retire"
            : "presume-absent";
        if (facts.Text("messageType") is "ADT")
            facts.With("gpStatus", status).With("noDeclaredGp", status != "declare" ? true : null);
        if (declared?.Child("f4") is { } gp)
            facts.Add("declaredGp")
                .With("rpps", Rpps(Hl7v2Reader.Component(gp, 1)))
                .With("family", Hl7v2Reader.Component(gp, 2))
                .With("given", Hl7v2Reader.Component(gp, 3));
    }

    // The national id is 8 + RPPS; the same person is sent with and without the prefix.
    private static string? Rpps(string? id) => id is { Length: 12 } && id[0] == '8' ? id[1..] : id;

    private static void AddSocial(Element root, Element facts)
    {
        var pathway = Hl7v2Reader.Part(root.Child("PV2"), 7);
        bool ald = pathway is "AL" or "PS", c2s = false, ame = pathway == "AM";
        foreach (var insurance in root.All("IN1"))
        {
            var plan = Hl7v2Reader.Part(insurance, 2);
            ald |= Hl7v2Reader.Part(insurance, 15) == "4";
            c2s |= plan is "CMU" or "CMUC" || Hl7v2Reader.Part(insurance, 31) == "89";
            ame |= plan is "AME" or "AMEC";
        }

        var living = Hl7v2Reader.Part(root.Child("PD1"), 2);
        facts.With("ald", True(ald)).With("c2s", True(c2s)).With("ame", True(ame))
            .With("livesAlone", True(living == "A")).With("homeless", True(living == "H"))
            .With("smsConsent", Hl7v2Reader.Part(root.Child("ZFD"), 3) switch { "Y" => true, "N" => false, _ => null })
            .With("dmpFeeding", Hl7v2Reader.Part(root.Child("ZFA"), 9) switch { "INO" => true, "IO" => false, _ => null })
            .With("dmpConsultation", Hl7v2Reader.Part(root.Child("ZFA"), 11) switch { "IC" => true, "INC" => false, _ => null })
            .With("birthDateCorrected", Hl7v2Reader.Part(root.Child("ZFD"), 4) == "Y" ? true : null);
    }

    private static void AddStay(Element root, Element facts, List<Issue> issues)
    {
        var visit = root.Child("PV1");
        var mode = Hl7v2Reader.Part(root.Child("ZFM"), 2) ?? Hl7v2Reader.Part(visit, 36);
        facts.With("patientClass", Hl7v2Reader.Part(visit, 2))
            .With("ward", Hl7v2Reader.Part(visit, 3))
            .With("visitNumber", Hl7v2Reader.Part(visit, 19) ?? Hl7v2Reader.Part(root.Child("PID"), 18))
            .With("dischargeMode", mode);
        AddTime(visit, 44, "PV1-44", "admittedAt", facts, issues);
        AddTime(visit, 45, "PV1-45", "dischargeAt", facts, issues);
        AddTime(root.Child("PV2"), 9, "PV2-9", "expectedDischarge", facts, issues);
        AddTime(root.Child("PID"), 29, "PID-29", "deceasedAt", facts, issues);

        var isDischarge = facts.Text("event") is "A03";
        facts.With("dischargedHome", True(isDischarge && mode == "8" && Hl7v2Reader.Part(root.Child("ZFM"), 4) is null))
            .With("deceased", True(isDischarge && mode == "9" || Hl7v2Reader.Part(root.Child("PID"), 30) == "Y"));

        if (root.Child("ZBE") is not { } movement)
            return;
        facts.Add("movement")
            .With("id", Hl7v2Reader.Part(movement, 1))
            .With("action", Hl7v2Reader.Part(movement, 4))
            .With("originalEvent", Hl7v2Reader.Part(movement, 6));
    }

    private static bool? True(bool holds) => holds ? true : null;

    private static void AddTime(Element? segment, int field, string path, string name, Element facts, List<Issue> issues)
    {
        if (Hl7v2Reader.Part(segment, field) is not { } text)
            return;
        if (Time(text) is { } time)
            facts.With(name, time);
        else
            issues.Add(Issue.Warning("value", path, "This is not a time: yyyyMMddHHmmss with an optional offset is expected."));
    }

    /// <summary>
    /// A time of HL7 v2 as a FHIR dateTime, of the same precision down to the day. FHIR asks for an offset beside the hours: without one
    /// the hours are those of the wall in Paris, whose offset at that instant is computed from the European rule.
    /// </summary>
    internal static string? Time(string text)
    {
        var sign = text.IndexOfAny(['+', '-']);
        var digits = (sign < 0 ? text : text[..sign]).Split('.')[0];
        if (!digits.All(char.IsAsciiDigit))
            return null;
        if (digits.Length is 4 or 6)
            return FrenchValues.Date(digits.Length == 4 ? digits : $"{digits[..4]}-{digits[4..]}").Value;
        string[] forms = ["yyyyMMdd", "yyyyMMddHH", "yyyyMMddHHmm", "yyyyMMddHHmmss"];
        if (!DateTime.TryParseExact(digits, forms, CultureInfo.InvariantCulture, DateTimeStyles.None, out var wall))
            return null;
        if (digits.Length == 8)
            return wall.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

        var offset = sign < 0 ? ParisTime.OffsetOf(wall) : text[sign..] is { Length: 5 } zone ? $"{zone[..3]}:{zone[3..]}" : null;
        return offset is null ? null : wall.ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture) + offset;
    }
}
