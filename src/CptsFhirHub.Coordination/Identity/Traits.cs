using System.Numerics;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Coordination.Identity;

/// <summary>An INS number with its authority. The number is its 13 characters: the key adds nothing to an identity.</summary>
/// <param name="System">One of the four national OIDs; the test authority never equals the real one.</param>
/// <param name="Number">The 13 characters.</param>
/// <param name="IsOld">True when the source says that it was replaced.</param>
public readonly record struct InsNumber(string System, string Number, bool IsOld)
{
    /// <summary>True when its key is wrong, or when it contradicts the record's own sex or birth date: it joins nothing.</summary>
    public bool IsUnsound { get; init; }

    /// <summary>True for the numbers of tests and demonstrations.</summary>
    public bool IsFictive => System is Canon.InsTest or Canon.InsDemo;
}

/// <summary>A number that one institution gave, such as a hospital's IPP.</summary>
public readonly record struct LocalId(string System, string Value);

/// <summary>
/// By what a person is recognised, read from a Patient and put into plain forms: names without accents and joined, phones with their
/// country code. Null or empty is unknown, and unknown never contradicts.
/// </summary>
public sealed record Traits
{
    private const string Reliability = "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-identity-reliability";
    private const string NewStatus = "fr-core-cs-identity-status";
    private const string FormerStatus = "fr-core-cs-v2-0445";
    private const string BirthPlaceUrl = "http://hl7.org/fhir/StructureDefinition/patient-birthPlace";
    private const string InseeUrl = "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-address-insee-code";

    private const string GivenListUrl = "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-patient-birth-list-given-name";

    public string? BirthName { get; init; }

    public string? UsedName { get; init; }

    /// <summary>The first birth first name; a compound one is joined.</summary>
    public string? FirstName { get; init; }

    /// <summary>The birth name as it was written, with its blanks and hyphens; the joined form counts when it is not given.</summary>
    public string? BirthNameAsWritten { get; init; }

    /// <summary>The name in use as it was written.</summary>
    public string? UsedNameAsWritten { get; init; }

    /// <summary>The first birth first name as it was written.</summary>
    public string? FirstNameAsWritten { get; init; }

    /// <summary>All birth first names as they were written.</summary>
    public IReadOnlyList<string> FirstNames { get; init; } = [];

    /// <summary>ISO, perhaps partial.</summary>
    public string? BirthDate { get; init; }

    /// <summary><c>male</c> or <c>female</c>.</summary>
    public string? Sex { get; init; }

    /// <summary>INSEE code of the place of birth.</summary>
    public string? BirthPlace { get; init; }

    public IReadOnlyList<InsNumber> Ins { get; init; } = [];

    /// <summary>NIR given by a form or by an insurer: perhaps a relative's, so a hint and no more.</summary>
    public IReadOnlyList<string> Nirs { get; init; } = [];

    /// <summary>NIR that contradict the record's own sex or date: of a relative, or the date is wrong.</summary>
    public IReadOnlyList<string> ForeignNirs { get; init; } = [];

    public IReadOnlyList<LocalId> LocalIds { get; init; } = [];

    /// <summary>Those of <see cref="LocalIds"/> that their institution has replaced, as a merge in its own files does.</summary>
    public IReadOnlyList<LocalId> OldLocalIds { get; init; } = [];

    public IReadOnlyList<string> Phones { get; init; } = [];

    /// <summary>In lower case.</summary>
    public IReadOnlyList<string> Emails { get; init; } = [];

    /// <summary>The first line of where the person lives, as it was written.</summary>
    public string? Street { get; init; }

    /// <summary>INSEE code of where the person lives.</summary>
    public string? Commune { get; init; }

    /// <summary>Postal code of where the person lives; it covers several communes.</summary>
    public string? PostalCode { get; init; }

    /// <summary>Town of where the person lives.</summary>
    public string? City { get; init; }

    /// <summary>True when traits and number were fetched from the national service and checked against a document.</summary>
    public bool IsQualified { get; init; }

    /// <summary>True for a doubtful, fictive or known homonymous identity: no machine joins it.</summary>
    public bool IsReserved { get; init; }

    /// <summary>True for an invented person: one of tests, or one who is cared for without a name.</summary>
    public bool IsFictive { get; init; }

    /// <summary>True for what a source says that is not trusted: a person confirms who it is.</summary>
    public bool IsUntrusted { get; init; }

    /// <summary>True when all that is reserved about this identity is a homonym known beside it: a number of its own settles who it is.</summary>
    public bool IsHomonym { get; init; }

    /// <summary>True when no day, or a day that offices write for "unknown" (1 January, 31 December), is known.</summary>
    public bool IsBirthDateVague =>
        BirthDate is not { Length: 10 }
        || BirthDate.EndsWith("-01-01", StringComparison.Ordinal)
        || BirthDate.EndsWith("-12-31", StringComparison.Ordinal);

    /// <summary>Birth name and name in use, each once.</summary>
    public IEnumerable<string> Names => (BirthName, UsedName) switch
    {
        (null, null) => [],
        (var one, null) => [one],
        (null, var other) => [other],
        var (one, other) => one == other ? [one] : [one, other],
    };

    /// <summary>Reads a Patient, tolerant of what other systems leave out.</summary>
    public static Traits Of(Element patient)
    {
        var official = NameOf(patient, "official") ?? NameOf(patient, null);
        var usual = NameOf(patient, "usual");
        var home = HomeOf(patient);
        var (status, marks) = TrustOf(patient);
        var (ins, nirs, foreign, local, old) = IdentifiersOf(patient);
        return new()
        {
            BirthName = Plain(official?.Text("family")),
            UsedName = Plain(usual?.Text("family")),
            FirstName = Plain(official?.Child("given")?.Value ?? usual?.Child("given")?.Value),
            BirthNameAsWritten = official?.Text("family"),
            UsedNameAsWritten = usual?.Text("family"),
            FirstNameAsWritten = official?.Child("given")?.Value ?? usual?.Child("given")?.Value,
            FirstNames = GivenOf(official),
            BirthDate = patient.Text("birthDate"),
            Sex = patient.Text("gender") is "male" or "female" ? patient.Text("gender") : null,
            BirthPlace = InseeOf(Extension(patient, BirthPlaceUrl)?.Child("valueAddress")),
            Ins = ins,
            Nirs = nirs,
            ForeignNirs = foreign,
            LocalIds = local,
            OldLocalIds = old,
            Phones = PhonesOf(patient),
            Emails = EmailsOf(patient),
            Street = home?.Child("line")?.Value,
            Commune = InseeOf(home),
            PostalCode = home?.Text("postalCode"),
            City = Plain(home?.Text("city")),
            IsQualified = status && ins.Any(number => !number.IsOld),
            IsReserved = marks.Count > 0,
            IsFictive = marks.Contains("FICT"),
            IsUntrusted = MatchMarks.IsUntrusted(patient),
            IsHomonym = marks.Count > 0 && marks.All(mark => mark is "HOMA" or "HOMD"),
        };
    }

    /// <summary>True when a Patient is said to be qualified, in either generation of codes, and nothing is reserved about it.</summary>
    public static bool IsSaidQualified(Element patient) => TrustOf(patient).IsQualified;

    /// <summary>A phone in its agreed form; null when it is none, or one of those that fill an empty field.</summary>
    public static string? PhoneOf(string text) =>
        FrenchValues.Phone(text).Value is { } phone && Differing(phone) > PlaceholderDigitsMax ? phone : null;

    /// <summary>Different digits in a number that fills an empty field: 0600000000, 0101010101.</summary>
    private const int PlaceholderDigitsMax = 2;

    // In France a leading zero stands for the code of the country.
    private static int Differing(string phone)
    {
        var isFrench = phone.StartsWith("+33", StringComparison.Ordinal);
        var digits = isFrench ? 1 : 0;
        foreach (var digit in phone.AsSpan(isFrench ? 3 : 1))
            digits |= 1 << (digit - '0');
        return BitOperations.PopCount((uint)digits);
    }

    private static (List<InsNumber> Ins, List<string> Nirs, List<string> Foreign, List<LocalId> Local, List<LocalId> Old) IdentifiersOf(Element patient)
    {
        List<InsNumber> ins = [];
        List<string> nirs = [];
        List<string> foreign = [];
        List<LocalId> local = [];
        List<LocalId> old = [];
        foreach (var identifier in patient.All("identifier"))
        {
            if (identifier.Text("system") is not { } system || identifier.Text("value") is not { } value)
                continue;
            if (!Canon.IsInsSystem(system))
            {
                local.Add(new(system, value));
                if (identifier.Text("use") is "old")
                    old.Add(new(system, value));
                continue;
            }

            var number = Nir.Read(value);
            var type = identifier.At("type", "coding")?.Text("code");
            var isForeign = number.ContradictsOwner(patient.Text("gender"), patient.Text("birthDate"));
            // The OID of the INS is also that of the insured person's number, often a parent's: without the type it is a hint. What bears the
            // OID of tests, or their type, is a test's number whatever else is said of it.
            var authority = Canon.IsTestSystem(system) ? system : type switch
            {
                "INS-NIR-TEST" => Canon.InsTest,
                "INS-NIR-DEMO" => Canon.InsDemo,
                "INS-NIR" or "INS-NIA" => system,
                _ => null,
            };
            if (authority is not null && number.Value is not null)
                ins.Add(new(authority, number.Value[..13], identifier.Text("use") is "old") { IsUnsound = isForeign || number.Form == NirForm.WrongKey });
            else if (number.Number is { } hint)
                (isForeign ? foreign : nirs).Add(hint);
        }

        return (ins, nirs, foreign, local, old);
    }

    private static (bool IsQualified, HashSet<string> Marks) TrustOf(Element patient)
    {
        var isQualified = false;
        HashSet<string> marks = new(StringComparer.Ordinal);
        foreach (var reliability in patient.All("extension"))
        {
            if (reliability.Text("url") != Reliability)
                continue;
            foreach (var part in reliability.All("extension"))
            {
                var coding = part.Child("valueCoding") ?? part.Child("valueCodeableConcept")?.Child("coding");
                var code = coding?.Text("code");
                var system = coding?.Text("system") ?? "";
                // VALI means "qualified" in the former table and "checked, not fetched" in the new one.
                if (part.Text("url") is "identityStatus")
                    isQualified |= code is "QUAL" && system.EndsWith(NewStatus, StringComparison.Ordinal)
                        || code is "VALI" && system.EndsWith(FormerStatus, StringComparison.Ordinal);
                if (code is "DOUT" or "FICT" or "HOMA" or "HOMD" or "USUR" or "COLP" or "COLV" or "ANOM")
                    marks.Add(code);
            }
        }

        return (isQualified && marks.Count == 0, marks);
    }

    private static List<string> PhonesOf(Element patient)
    {
        List<string> phones = [];
        foreach (var contact in patient.All("telecom"))
        {
            if (contact.Text("system") is "phone" or "sms" && contact.Text("value") is { } text
                && PhoneOf(text) is { } phone && !phones.Contains(phone))
                phones.Add(phone);
        }

        return phones;
    }

    private static List<string> EmailsOf(Element patient)
    {
        List<string> emails = [];
        foreach (var contact in patient.All("telecom"))
            if (contact.Text("system") is "email" && contact.Text("value")?.Trim().ToLowerInvariant() is { Length: > 2 } email && email.Contains('@', StringComparison.Ordinal))
                emails.Add(email);
        return emails;
    }

    /// <summary>The birth first names: the list that FR Core keeps in one extension, and those that stand one by one.</summary>
    private static List<string> GivenOf(Element? name)
    {
        List<string> given = [];
        if (name is null)
            return given;
        foreach (var first in name.All("given"))
            if (first.Value is { } text)
                given.Add(text);
        if (Extension(name, GivenListUrl)?.Text("valueString") is { } list)
            given.AddRange(list.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries));
        return given;
    }

    private static Element? HomeOf(Element patient)
    {
        foreach (var address in patient.All("address"))
            if (address.Text("use") is not ("old" or "temp"))
                return address;
        return null;
    }

    /// <summary>The INSEE code of an address's commune; null when it bears none.</summary>
    public static string? CommuneOf(Element address) => InseeOf(address);

    private static string? InseeOf(Element? address) =>
        address is null ? null : Extension(address, InseeUrl) is { } extension
            ? extension.Child("valueCoding")?.Text("code") ?? extension.Text("valueCode") ?? extension.Text("valueString")
            : null;

    private static Element? Extension(Element element, string url)
    {
        foreach (var extension in element.All("extension"))
            if (extension.Text("url") == url)
                return extension;
        return null;
    }

    private static Element? NameOf(Element patient, string? use)
    {
        foreach (var name in patient.All("name"))
            if (name.Text("use") == use)
                return name;
        return null;
    }

    private static string? Plain(string? text) => text is null ? null : PlainText.Joined(text) is { Length: > 0 } plain ? plain : null;
}
