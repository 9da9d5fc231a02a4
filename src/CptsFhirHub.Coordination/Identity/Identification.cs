using CptsFhirHub.Coordination.Identity.Matching;

namespace CptsFhirHub.Coordination.Identity;

/// <summary>Why a decision was taken: a code for programs, a French sentence for the team. Neither quotes a trait.</summary>
public readonly record struct Reason(string Code, string Text);

/// <summary>
/// How far two records are one person; the codes of <c>match-grade</c>. http://hl7.org/fhir/R4/patient-operation-match.html
/// </summary>
public enum MatchGrade
{
    /// <summary>Nobody should see them side by side: two qualified numbers, or a fictive person beside a real one.</summary>
    CertainlyNot,

    /// <summary>Something agrees, too little to trouble a person.</summary>
    Possible,

    /// <summary>A person must compare them.</summary>
    Probable,

    /// <summary>The machine may join them.</summary>
    Certain,
}

/// <summary>A patient known already.</summary>
public sealed record Candidate(string Reference, Traits Traits)
{
    /// <summary>What each of several senders says of the patient: one's number finds what this one says, whatever the others say.</summary>
    public IReadOnlyList<Traits> Records { get; init; } = [];

    /// <summary>True when the sender of the incoming person has spoken of this one before: its own number leads to its own record, trusted or not.</summary>
    public bool IsOfSender { get; init; }
}

/// <summary>A patient known already, and how an incoming person compares with it.</summary>
public readonly record struct Compared(string Reference, Comparison Comparison);

/// <summary>The outcome of a comparison of two records.</summary>
public sealed record Comparison(MatchGrade Grade, IReadOnlyList<Reason> Reasons)
{
    /// <summary>The chance that they are one person, 0 to 1.</summary>
    public double Probability { get; init; }

    /// <summary>The evidence in bits, the prior with it.</summary>
    public double Weight { get; init; }

    /// <summary>How each field agrees and what that weighs.</summary>
    public IReadOnlyList<FieldReason> Fields { get; init; } = [];
}

/// <summary>Who an incoming person is.</summary>
public abstract record Identified
{
    private Identified()
    {
    }

    /// <summary>The patients with which the person was compared, but for those that resemble it in nothing; the likeliest first.</summary>
    public IReadOnlyList<Compared> Compared { get; init; } = [];

    /// <summary>That patient, for certain.</summary>
    public sealed record Same(string Reference, IReadOnlyList<Reason> Why) : Identified;

    /// <summary>Nobody known resembles this person.</summary>
    public sealed record New : Identified;

    /// <summary>Perhaps one of those: a person decides, and until then the records stay apart.</summary>
    public sealed record Doubtful(IReadOnlyList<string> References, IReadOnlyList<Reason> Why) : Identified;
}

/// <summary>
/// Same person, new, or doubtful. A wrong merge shows one person's illness as another's and is hard to undo; a missed one costs a phone
/// call. So the machine joins what is certain, and everything else waits for a person.
/// </summary>
public static class Identification
{
    /// <summary>What is certain is as sure as this at least: one error in ten thousand.</summary>
    private const double Sure = 0.9999;

    /// <summary>Bits by which one of two persons known to be two must fit better than the other: a thousand to one.</summary>
    private const double Clearly = 10;

    /// <summary>Letters of a name that is compared without memory of its own.</summary>
    private const int ShortMax = 64;

    /// <summary>Compares an incoming person with those found under the same keys. The order of the candidates does not matter.</summary>
    /// <param name="areApart">True when a person has said of two candidates that they are two persons; null when nobody was asked.</param>
    /// <param name="matcher">The parameters of the comparison; null for those that come with the program.</param>
    public static Identified Decide(
        Traits incoming, IReadOnlyList<Candidate> candidates, Func<string, string, bool>? areApart = null, Matcher? matcher = null)
    {
        var prepared = MatchRecord.Of(incoming);
        matcher ??= Matcher.Shipped;
        var all = candidates
            .DistinctBy(candidate => candidate.Reference)
            .OrderBy(candidate => candidate.Reference, StringComparer.Ordinal)
            .Select(candidate => (Candidate: candidate, Comparison: Compare(prepared, candidate, matcher)))
            .ToList();
        var compared = all.FindAll(pair => pair.Comparison.Grade >= MatchGrade.Probable);
        HashSet<string> refused = new(StringComparer.Ordinal);
        RemoveRefused();
        return Settle(prepared, compared, matcher) with
        {
            Compared =
            [
                .. all.Where(pair => pair.Comparison.Grade >= MatchGrade.Possible)
                    .OrderByDescending(pair => pair.Comparison.Grade).ThenByDescending(pair => pair.Comparison.Weight)
                    .Select(pair => new Compared(pair.Candidate.Reference, refused.Contains(pair.Candidate.Reference)
                        ? pair.Comparison with { Grade = MatchGrade.CertainlyNot, Reasons = [.. Texts.Of(Guard.SaidNo)] }
                        : pair.Comparison)),
            ],
        };

        // Who is one of two persons, of whom somebody has said that they are two, is not the other.
        void RemoveRefused()
        {
            if (areApart is null)
                return;
            foreach (var known in compared.Where(pair => pair.Comparison.Grade == MatchGrade.Certain).ToList())
                foreach (var other in compared.FindAll(other => other.Candidate != known.Candidate && IsBehind(known.Comparison, other.Comparison)
                    && areApart(known.Candidate.Reference, other.Candidate.Reference)))
                {
                    compared.Remove(other);
                    refused.Add(other.Candidate.Reference);
                }
        }
    }

    /// <summary>The comparison with a patient: with the patient as it stands, or with what one sender says of it, where its number decides.</summary>
    private static Comparison Compare(MatchRecord incoming, Candidate candidate, Matcher matcher)
    {
        var compared = Compare(incoming, MatchRecord.Of(candidate.Traits), matcher);
        if (compared.Grade == MatchGrade.Certain)
            return compared;
        foreach (var record in candidate.Records)
            if (Compare(incoming, MatchRecord.Of(record), matcher) is { Grade: MatchGrade.Certain } own && IsByNumber(own))
                return own;
        return candidate.IsOfSender && incoming.Traits.IsUntrusted
            && Compare(
                MatchRecord.Of(incoming.Traits with { IsUntrusted = false }),
                candidate with { Traits = candidate.Traits with { IsUntrusted = false }, IsOfSender = false }, matcher) is { Grade: MatchGrade.Certain } known
            && HasCode(known, Codes.Local) ? known : compared;
    }

    private static Identified Settle(MatchRecord prepared, List<(Candidate Candidate, Comparison Comparison)> compared, Matcher matcher)
    {
        var incoming = prepared.Traits;

        // Known under its hospital's present number, this person was somebody else's record under the number that disappears.
        if (compared.Exists(pair => HasPresentNumber(pair.Candidate)))
            compared.RemoveAll(pair => !HasPresentNumber(pair.Candidate) && pair.Candidate.Traits.LocalIds.Any(incoming.OldLocalIds.Contains));

        // Two patients are certain: either they are a duplicate of each other or one is not this person. The same when a homonym born the
        // same day stands beside the one that is certain, and nothing but the traits tells them apart; or somebody whose first name may have
        // been cut to this one, as a twin's.
        var certain = compared.Where(pair => pair.Comparison.Grade == MatchGrade.Certain).ToList();
        var hasRival = certain.Count > 1 || !matcher.Off.HasFlag(Guard.Rival) && certain is [var (found, comparison)]
            && !HasCode(comparison, Codes.Ins) && !HasCode(comparison, Codes.Local)
            && compared.Exists(pair => pair.Candidate != found
                && ((HasCode(pair.Comparison, Codes.StrictTraits)
                        && (!SharesEvidence(incoming, found.Traits) || SharesEvidence(incoming, pair.Candidate.Traits)))
                    || (pair.Candidate.Traits.BirthDate == incoming.BirthDate
                        && Guards.IsCut(prepared.FirstName, MatchRecord.Of(pair.Candidate.Traits).FirstName, matcher.Frequencies))));
        if (certain is [var only] && !hasRival)
            return new Identified.Same(only.Candidate.Reference, only.Comparison.Reasons);
        if (compared.Count == 0)
            return new Identified.New();

        var why = compared.SelectMany(pair => pair.Comparison.Reasons).Distinct().ToList();
        if (hasRival)
            why.Insert(0, new(Codes.Rival, "Plusieurs dossiers correspondent aussi bien."));
        return new Identified.Doubtful(compared.Select(pair => pair.Candidate.Reference).ToList(), why);

        bool HasPresentNumber(Candidate candidate) =>
            candidate.Traits.LocalIds.Any(id => incoming.LocalIds.Contains(id) && !incoming.OldLocalIds.Contains(id));
    }

    /// <summary>True when one number of an authority, or of one institution, stands on both and nothing speaks against it.</summary>
    public static bool IsSameByNumber(Comparison compared) => compared.Grade == MatchGrade.Certain && IsByNumber(compared);

    // A number that only one of the two has decides; without one, the other must fit far less.
    private static bool IsBehind(Comparison known, Comparison other)
    {
        var (one, two) = (IsByNumber(known), IsByNumber(other));
        return one != two ? one : other.Grade < MatchGrade.Certain && known.Weight >= other.Weight + Clearly;
    }

    private static bool IsByNumber(Comparison comparison) => HasCode(comparison, Codes.Ins) || HasCode(comparison, Codes.Local);

    /// <summary>
    /// Compares two records; symmetric. A number settles who somebody is, or that it is somebody else; what is left is weighed.
    /// </summary>
    /// <param name="said">What a person has said of them, which is final.</param>
    /// <param name="matcher">The parameters of the comparison; null for those that come with the program.</param>
    public static Comparison Compare(Traits a, Traits b, Verdict said = Verdict.None, Matcher? matcher = null) =>
        Compare(MatchRecord.Of(a), MatchRecord.Of(b), matcher ?? Matcher.Shipped, said);

    /// <summary>The same for records that are prepared once and compared with many.</summary>
    /// <param name="isExplained">False when nobody asks for <see cref="Comparison.Fields"/>.</param>
    public static Comparison Compare(MatchRecord one, MatchRecord other, Matcher matcher, Verdict said = Verdict.None, bool isExplained = true)
    {
        var match = matcher.Compare(one, other, said == Verdict.Apart ? Guard.SaidNo : Guard.None);
        var compared = said == Verdict.Apart
            ? new(MatchGrade.CertainlyNot, [.. Texts.Of(Guard.SaidNo)])
            : Graded(one.Traits, other.Traits, match, matcher);
        return compared with
        {
            Weight = match.Weight,
            Probability = said == Verdict.Apart ? 0 : compared.Grade == MatchGrade.Certain ? Math.Max(match.Probability, Sure) : match.Probability,
            Fields = isExplained ? matcher.Explain(one, other, match) : [],
        };
    }

    private static Comparison Graded(Traits a, Traits b, Match match, Matcher matcher)
    {
        if (a.Ins.Count > 0 && b.Ins.Count > 0 && (a.Ins.Any(ins => !ins.IsFictive) && b.Ins.Any(ins => ins.IsFictive) && !b.Ins.Any(ins => !ins.IsFictive)
            || b.Ins.Any(ins => !ins.IsFictive) && a.Ins.Any(ins => ins.IsFictive) && !a.Ins.Any(ins => !ins.IsFictive)))
            return new(MatchGrade.CertainlyNot, [new(Codes.Fictive, "L'un des deux porte un INS de test, l'autre un INS réel.")]);

        List<Reason> agree = [];
        var against = Contradictions(a, b);
        var sameIns = a.IsQualified && b.IsQualified
            && a.Ins.Any(ins => !ins.IsUnsound && b.Ins.Any(other => !other.IsUnsound && other.System == ins.System && other.Number == ins.Number));
        var sameLocal = a.LocalIds.Any(b.LocalIds.Contains);
        var strict = SameStrictTraits(a, b);
        if (sameIns)
            agree.Add(new(Codes.Ins, "Même INS qualifié."));
        if (sameLocal)
            agree.Add(new(Codes.Local, "Même numéro de patient dans le même établissement."));
        if (strict)
            agree.Add(new(Codes.StrictTraits, a.Sex is not null && b.Sex is not null
                ? "Nom de naissance, prénom, date de naissance et sexe identiques."
                : "Nom de naissance, prénom et date de naissance identiques."));

        var isUntrusted = match.Guards.HasFlag(Guard.Untrusted) && match.Pattern[Field.Number] is not (int)PlaceLevel.Equal;
        if (isUntrusted)
            agree.AddRange(Texts.Of(Guard.Untrusted));

        var names = NamesOf(a, b);
        if (names.Contradict)
            against.Add(new(Codes.Names, "Les noms et prénoms diffèrent."));
        var hasConflict = against.Any(reason => reason.Code is Codes.OtherIns);
        List<Reason> all = [.. agree, .. against];

        var isOtherPerson = names.Contradict || IsAgainst(Codes.BirthDate) || IsAgainst(Codes.Sex);
        if (sameIns && !hasConflict)
            return new(isOtherPerson ? MatchGrade.Probable : MatchGrade.Certain, all);
        if (sameLocal)
            return new(hasConflict || isOtherPerson || isUntrusted || AreReserved(a, b) ? MatchGrade.Probable : MatchGrade.Certain, all);
        // Numbers have decided; what is left is for the guards, but for those that are switched off.
        against.RemoveAll(reason => matcher.Off.HasFlag(GuardOf(reason.Code)));
        var areReserved = AreReserved(a, b) && !(matcher.Off.HasFlag(Guard.Homonym) && !match.Guards.HasFlag(Guard.Doubtful));
        if (strict)
        {
            // A vague birth date, or a sex that one side leaves out, asks for one more thing in common.
            // So do names that many bear, an address that differs, and a first name that may be two children's.
            var isTooLittle = (((a.IsBirthDateVague && !matcher.Off.HasFlag(Guard.DefaultDate)) || ((a.Sex is null || b.Sex is null) && !matcher.Off.HasFlag(Guard.NoEvidence)))
                    && !SharesEvidence(a, b))
                || (match.Guards.HasFlag(Guard.NoEvidence) && (match.Weight < matcher.Model.CertainFrom || IsElsewhere(match)))
                || (match.Guards.HasFlag(Guard.FirstName) && match.Grade != MatchGrade.Certain);
            if (isTooLittle)
                all.Add(new(Codes.TooLittle, "Rien d'autre ne confirme qu'il s'agit de la même personne."));
            return new(against.Count > 0 || areReserved || isTooLittle || isUntrusted ? MatchGrade.Probable : MatchGrade.Certain, all);
        }

        if (hasConflict)
            return new(MatchGrade.CertainlyNot, all);
        // What the rest of the two records shows to be a slip speaks against nobody.
        against.RemoveAll(reason => reason.Code == Codes.BirthDate && match.Excused.HasFlag(Guard.BirthDate) || reason.Code == Codes.Sex && match.Excused.HasFlag(Guard.Sex));
        // Without the same birth name on both sides, a commune is too little.
        var isEvident = match.Strength >= Strength.Personal || matcher.Off.HasFlag(Guard.NoEvidence);
        if (match.Grade == MatchGrade.Certain && isEvident && against.Count == 0 && !areReserved)
            return new(MatchGrade.Certain, [new(Codes.Weighed, "Nom, prénom, date de naissance et d'autres traits concordent."), .. all]);
        if (Resembling(a, b, names, against) is { } reason)
            return new(MatchGrade.Probable, [reason, .. all]);
        return match is { Grade: >= MatchGrade.Probable } && match.Pattern[Field.BirthDate] >= (int)DateLevel.Near
            && match.Pattern[Field.Surname] is null or >= (int)SurnameLevel.Near
            ? new(MatchGrade.Probable, [new(Codes.NearTraits, "Les traits se ressemblent."), .. all, .. Texts.Of(match.Guards & ~Guard.Untrusted)])
            : new(MatchGrade.Possible, all);

        static bool IsElsewhere(Match match) =>
            match.Pattern[Field.Commune] is (int)PlaceLevel.Different || match.Pattern[Field.Street] is (int)PlaceLevel.Different;

        bool IsAgainst(string code) => against.Any(reason => reason.Code == code);
    }

    // The absolute ones are never off.
    private static Guard GuardOf(string code) => code switch
    {
        Codes.OtherNumber => Guard.Number,
        Codes.BirthDate => Guard.BirthDate,
        Codes.Sex => Guard.Sex,
        Codes.BirthPlace => Guard.BirthPlace,
        Codes.Contact => Guard.NoEvidence,
        Codes.Names => Guard.Surname | Guard.FirstName,
        _ => Guard.OtherIns,
    };

    private static List<Reason> Contradictions(Traits a, Traits b)
    {
        List<Reason> against = [];
        var areNumbered = a.Ins.Count + a.Nirs.Count > 0 && b.Ins.Count + b.Nirs.Count > 0;
        if (areNumbered && Differ(Current(a), Current(b)))
            against.Add(a.IsQualified && b.IsQualified
                ? new(Codes.OtherIns, "Deux INS qualifiés différents.")
                : new(Codes.OtherNumber, "Les numéros INS diffèrent."));
        else if (areNumbered && Differ(OwnNumbers(a), OwnNumbers(b)))
            against.Add(new(Codes.OtherNumber, "Les numéros de sécurité sociale diffèrent."));
        if (DatesContradict(a.BirthDate, b.BirthDate))
            against.Add(new(Codes.BirthDate, "Les dates de naissance diffèrent."));
        if (a.Sex is not null && b.Sex is not null && a.Sex != b.Sex)
            against.Add(new(Codes.Sex, "Le sexe diffère."));
        if (a.BirthPlace is not null && b.BirthPlace is not null && a.BirthPlace != b.BirthPlace)
            against.Add(new(Codes.BirthPlace, "Les lieux de naissance diffèrent."));
        if (a.Phones.Count > 0 && b.Phones.Count > 0 && !a.Phones.Any(b.Phones.Contains)
            && LiveElsewhere(a, b))
            against.Add(new(Codes.Contact, "Ni le téléphone ni la commune ne concordent."));
        return against;

        // A number that has been replaced contradicts nothing; a NIA and a NIR come from two authorities.
        static IEnumerable<string> Current(Traits traits) =>
            traits.Ins.Where(ins => !ins.IsOld && ins.System != Canon.InsNia).Select(ins => $"{ins.System}|{ins.Number}");

        static IEnumerable<string> OwnNumbers(Traits traits) =>
            traits.Ins.Where(ins => !ins.IsOld && !ins.IsFictive && ins.System != Canon.InsNia).Select(ins => ins.Number).Concat(traits.Nirs);
    }

    private static Reason? Resembling(Traits a, Traits b, NamesComparison names, List<Reason> against)
    {
        var sameDate = a.BirthDate is { Length: 10 } && a.BirthDate == b.BirthDate;
        var sameNumber = ShareNumber(a, b);
        if (against.Any(reason => reason.Code is Codes.Sex))
            return sameDate && names.SameFirst && names.SameName
                ? new(Codes.NearTraits, "Mêmes noms et même date de naissance, le sexe diffère.")
                : null;
        if (sameNumber && (sameDate || names.SameFirst))
            return new(Codes.NirHint, "Même numéro de sécurité sociale, sans preuve qu'il est le sien.");
        if (sameDate && names.SameFirst && names.NearName)
            return new(Codes.NearTraits, "Même prénom, même date de naissance, nom proche ou nom d'usage.");
        if (sameDate && names.NearFirst && names.SameName)
            return new(Codes.NearTraits, "Même nom, même date de naissance, prénom proche.");
        if (sameDate && names.Swapped)
            return new(Codes.NearTraits, "Nom et prénom semblent inversés.");
        if (names.SameFirst && names.SameName && a.Phones.Any(b.Phones.Contains))
            return new(Codes.NearTraits, "Mêmes noms et même téléphone, la date de naissance diffère.");
        return null;
    }

    /// <summary>The numbers that two records may have in common: those of tests are nobody's, and a wrong key makes another number.</summary>
    private static IEnumerable<string> NumbersOf(Traits traits) =>
        traits.Ins.Where(ins => !ins.IsFictive && !ins.IsUnsound).Select(ins => ins.Number).Concat(traits.Nirs);

    private readonly record struct NamesComparison(
        bool SameName, bool NearName, bool SameFirst, bool NearFirst, bool Swapped, bool Contradict);

    private static NamesComparison NamesOf(Traits a, Traits b)
    {
        string[] ones = [.. a.Names], others = [.. b.Names];
        var sameName = Array.Exists(ones, name => Array.IndexOf(others, name) >= 0);
        var nearName = sameName || Array.Exists(ones, name => Array.Exists(others, other => AreNear(name, other)));
        var sameFirst = a.FirstName is not null && a.FirstName == b.FirstName;
        var nearFirst = sameFirst || a.FirstName is { } x && b.FirstName is { } y && AreNear(x, y);
        var swapped = a.FirstName is { } first && b.FirstName is { } otherFirst
            && Array.IndexOf(others, first) >= 0 && Array.IndexOf(ones, otherFirst) >= 0;

        // A woman known by her birth name here and by her husband's there has two names that say nothing about each other.
        var comparable = ones.Length > 0 && others.Length > 0 && (a.BirthName is null == b.BirthName is null);
        var firstDiffers = a.FirstName is not null && b.FirstName is not null && !nearFirst;
        var nameDiffers = comparable && !nearName;
        return new(sameName, nearName, sameFirst, nearFirst, swapped, !swapped && (firstDiffers || nameDiffers && !sameFirst));
    }

    private static bool SameStrictTraits(Traits a, Traits b) =>
        a.BirthName is not null && a.BirthName == b.BirthName
        && a.FirstName is not null && a.FirstName == b.FirstName
        && a.BirthDate is { Length: 10 } && a.BirthDate == b.BirthDate
        && (a.Sex is null || b.Sex is null || a.Sex == b.Sex);

    private static bool SharesEvidence(Traits a, Traits b) =>
        a.Phones.Any(b.Phones.Contains)
        || a.BirthPlace is not null && a.BirthPlace == b.BirthPlace
        || ShareNumber(a, b);

    private static bool ShareNumber(Traits a, Traits b) =>
        a.Ins.Count + a.Nirs.Count > 0 && b.Ins.Count + b.Nirs.Count > 0 && NumbersOf(a).Any(NumbersOf(b).Contains);

    // One side may give the INSEE code and the other a postal code: only like is compared with like.
    private static bool LiveElsewhere(Traits a, Traits b)
    {
        if (a.Commune is not null && b.Commune is not null)
            return a.Commune != b.Commune;
        return a.PostalCode is not null && b.PostalCode is not null && a.PostalCode != b.PostalCode
            && a.City is not null && b.City is not null && a.City != b.City;
    }

    private static bool AreReserved(Traits a, Traits b) => a.IsReserved || b.IsReserved;

    private static bool Differ(IEnumerable<string> a, IEnumerable<string> b)
    {
        var other = b.ToHashSet(StringComparer.Ordinal);
        var one = a.ToList();
        return one.Count > 0 && other.Count > 0 && !one.Any(other.Contains);
    }

    // 1947 does not contradict 1947-03-09: the shorter one is silent about the rest.
    private static bool DatesContradict(string? a, string? b) =>
        a is not null && b is not null && !a.StartsWith(b, StringComparison.Ordinal) && !b.StartsWith(a, StringComparison.Ordinal);

    /// <summary>True when one edit, or two in a long name, makes one of the other, or when one is a part of a double name.</summary>
    private static bool AreNear(string a, string b)
    {
        if (a.Length >= 4 && b.Length >= 4 && (a.Contains(b, StringComparison.Ordinal) || b.Contains(a, StringComparison.Ordinal)))
            return true;
        var allowed = Math.Min(a.Length, b.Length) switch { < 4 => 0, < 8 => 1, _ => 2 };
        return Math.Abs(a.Length - b.Length) <= allowed && Edits(a, b) <= allowed;
    }

    private static int Edits(string a, string b)
    {
        var row = b.Length < ShortMax ? stackalloc int[b.Length + 1] : new int[b.Length + 1];
        for (var j = 0; j < row.Length; j++)
            row[j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var above = row[j];
                row[j] = Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }

        return row[^1];
    }

    private static bool HasCode(Comparison comparison, string code) => comparison.Reasons.Any(reason => reason.Code == code);

    private static class Codes
    {
        public const string Ins = "ins";
        public const string Local = "numero-local";
        public const string StrictTraits = "traits-stricts";
        public const string Weighed = "traits-concordants";
        public const string NearTraits = "traits-proches";
        public const string NirHint = "nir-indice";
        public const string OtherIns = "ins-different";
        public const string OtherNumber = "numero-different";
        public const string BirthDate = "naissance-differente";
        public const string Sex = "sexe-different";
        public const string BirthPlace = "lieu-naissance-different";
        public const string Contact = "contact-different";
        public const string Names = "noms-differents";
        public const string Fictive = "ins-fictif";
        public const string Rival = "plusieurs-dossiers";
        public const string TooLittle = "preuve-insuffisante";
    }
}
