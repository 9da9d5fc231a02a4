using CptsFhirHub.Coordination.Intake.Hl7v2;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <summary>What a key of a report leads to.</summary>
internal enum KeyKind
{
    /// <summary>This very report.</summary>
    Number,

    /// <summary>All reports of a person by a platform that numbers its messages alone.</summary>
    Person,

    /// <summary>The admissions and discharges of a stay: those before a discharge that is withdrawn go with it.</summary>
    Stay,

    /// <summary>What else is said of a stay: what was said before a cancellation goes with it.</summary>
    StayNews,

    /// <summary>What a hospital says of a person's GP.</summary>
    Need,
}

/// <summary>A key under which reports and what takes them back meet.</summary>
internal sealed record ReportKey(LookupKey Key, KeyKind Kind)
{
    /// <summary>True for a key under which such a message looks for what is remembered.</summary>
    public bool IsSought(SignalementCase message) => message.Intent.Wish switch
    {
        Wish.Withdraw => Kind is KeyKind.Number or KeyKind.Person,
        Wish.Signal => Kind switch
        {
            KeyKind.Stay => message.Intent.Movement is { Step: not StayStep.Update },
            KeyKind.StayNews => message.Intent.Movement is { Step: StayStep.Update },
            _ => true,
        },
        _ => Kind is KeyKind.Need && message.DeniesNeed,
    };
}

/// <summary>
/// What is remembered under the keys of one message, what must still be so when it is committed, and which reports that hold a request the message
/// takes away.
/// </summary>
/// <param name="Sender">Hash of the source and the client.</param>
/// <param name="Keys">All keys of the message.</param>
/// <param name="Sought">Those under which was looked.</param>
internal sealed record RememberedWithdrawals(
    SignalementCase? Of, string Sender, IReadOnlyList<ReportKey> Keys, IReadOnlyList<LookupKey> Sought, IReadOnlyList<KeyBearer> Bearers)
{
    public const string Code = "retrait";

    /// <summary>The code of one that found nothing to withdraw when it came.</summary>
    public const string CodeOfNothing = "retrait-sans-objet";

    /// <summary>The code of news that the person needs no GP.</summary>
    public const string CodeOfDenial = "besoin-dementi";

    /// <summary>Numbers kept of one person who withdraws again and again.</summary>
    private const int HashesMax = 8;

    public static readonly RememberedWithdrawals None = new(null, "", [], [], []);

    /// <summary>A report and a withdrawal at once: whichever is second sees the first, or is decided anew.</summary>
    public IEnumerable<Write.Guard> Guards =>
        Sought.Count == 0 ? [] : [new([.. Sought], [.. Bearers.Select(bearer => bearer.Resource.Reference).Distinct()])];

    /// <summary>When the message was made by its sender, as FHIR writes it; null when it does not say, or its clock is far ahead.</summary>
    private string? Time => SaidAt.Parse(Of?.Time) is null || Said is not null ? Of?.Time : null;

    private DateTimeOffset? Said => Of?.SaidAt;

    /// <summary>The report as one that holds its request; null for one that bears no key.</summary>
    public HoldingReport? Report
    {
        get
        {
            if (Of is not { } report)
                return null;
            var number = HashOf(KeyKind.Number);
            if (report.Intent.Movement is not { } movement)
                return number is null && HashOf(KeyKind.Person) is null ? null
                    : new(Sender, number, HashOf(KeyKind.Person), HoldingKind.Request, Said);
            var stay = HashOf(KeyKind.Stay);
            var kind = KindOf(movement.Step);
            return new(Sender, kind == HoldingKind.Update && stay is not null ? null : number, stay, kind, Said);
        }
    }

    /// <summary>What takes this report back although it came first, and by which key; null when nothing does.</summary>
    public (Stored Note, KeyKind Kind)? TakingBack()
    {
        foreach (var (key, kind) in Keys)
            foreach (var bearer in Bearers)
                if (bearer.Key == key && TakesBack(bearer.Resource, key, kind))
                    return (bearer.Resource, kind);
        return null;
    }

    /// <summary>
    /// True when what such a withdrawal takes back may be an open request of which nobody knows who holds it, and which stood here before this report:
    /// it was not there when the withdrawal came, and is older. Any other was opened by a newer report, or again by a person.
    /// </summary>
    public static bool Covers(Stored withdrawal, Stored request) => FoundNothing(withdrawal.Resource.Root)
        && SaidAt.Parse(request.Resource.Root.Text("authoredOn")) is { } asked && SaidAt.Parse(LatestOf(withdrawal.Resource.Root)) is { } withdrawn && asked <= withdrawn;

    /// <summary>True when one of these is the same sender's, and newer.</summary>
    public bool IsOlder(IReadOnlyList<HoldingReport> held) => LastSaid(held) > Said;

    /// <summary>When the sender of this message last told of the need that these hold; null when it has not, or does not say.</summary>
    public DateTimeOffset? LastSaid(IReadOnlyList<HoldingReport> held) => held.Where(IsMine).Max(report => report.Said);

    /// <summary>Which of the reports that hold a request stay, when the sender takes one back.</summary>
    /// <param name="covers">The time of the newest admission or discharge that it takes back: those before it in the stay go with it.</param>
    public IReadOnlyList<HoldingReport> LeftBy(IReadOnlyList<HoldingReport> held, out DateTimeOffset? covers)
    {
        var (number, person, stay) = (HashOf(KeyKind.Number), HashOf(KeyKind.Person), HashOf(KeyKind.Stay));

        // A movement that bears a number is told once: the number says more than two clocks of one hospital.
        var isUnique = Of?.Intent.Movement is { IsNumbered: true };
        var isOwn = held.Where(report => IsMine(report) && number is not null && report.Number == number && (isUnique || MayBe(report))).ToHashSet();
        covers = isOwn.Where(IsStep).Max(report => report.Said);
        var (until, step) = (covers, Of?.Intent.Movement?.Step);
        return [.. held.Where(report => !isOwn.Contains(report) && !(IsMine(report) && IsTaken(report)))];

        bool IsTaken(HoldingReport report) => report.Kind switch
        {
            HoldingKind.Others => false,

            // No number and no stay on one side: which it is time alone can tell.
            _ when Of?.Intent.Movement is not null && ((number is null && stay is null) || (report.Number is null && report.Group is null)) => MayBe(report),
            HoldingKind.Request => person is not null && report.Group == person && MayBe(report),
            HoldingKind.Update => stay is not null && report.Group == stay && MayBe(report),

            // The number of a movement that nobody has told here: in its stay it can only be one before the cancellation, of the kind that is cancelled or earlier.
            _ => stay is not null && report.Group == stay && (isOwn.Count > 0 ? report.Said <= until
                : report.Said <= Said && (step == StayStep.Departure || (step == StayStep.Arrival && report.Kind == HoldingKind.Arrival))),
        };
    }

    /// <summary>Which of them stay, when this report turns out to be withdrawn: those before it in its stay go with it.</summary>
    public IReadOnlyList<HoldingReport> LeftWithout(IReadOnlyList<HoldingReport> held, KeyKind kind) =>
        kind != KeyKind.Number || Report is not { Kind: HoldingKind.Arrival or HoldingKind.Departure, Group: { } stay, Said: { } said } ? held
            : [.. held.Where(report => !(IsMine(report) && IsStep(report) && report.Group == stay && report.Said <= said))];

    /// <summary>Which of them stay, when the sender says that the person needs no GP: those that it said later, and those of others.</summary>
    public IReadOnlyList<HoldingReport> LeftByDenial(IReadOnlyList<HoldingReport> held) => [.. held.Where(report => !(IsMine(report) && MayBe(report)))];

    /// <summary>The withdrawal that the message is, as it is remembered; null when it bears no key, or could take nothing back.</summary>
    /// <param name="hasFoundNothing">False for one that has closed a file, or could have.</param>
    /// <param name="covers">The time of the newest admission or discharge that it has taken back.</param>
    /// <param name="person">The person, when known.</param>
    public Draft? Remembered(bool hasFoundNothing, DateTimeOffset? covers, string? person, Func<Element, Draft> create)
    {
        var own = Keys.Where(key => key.Kind is KeyKind.Number or KeyKind.Person).ToList();
        if (own.Count == 0 || (!hasFoundNothing && SaidAt.Parse(Time) is null))
            return null;
        List<(string Hash, string? Time)> said = [.. own.Select(key => (key.Key.Value, Time))];
        if (Said is not null && HashOf(KeyKind.StayNews) is { } news)
            said.Add((news, Time));
        if (covers is { } until && HashOf(KeyKind.Stay) is { } stay)
            said.Add((stay, until.Instant()));
        var before = Bearers.Select(bearer => bearer.Resource).FirstOrDefault();
        var isEmpty = hasFoundNothing && (before is null || FoundNothing(before.Resource.Root));
        return Note(before, said, isEmpty ? CodeOfNothing : Code, isEmpty ? "Retrait arrivé avant son signalement" : "Retrait d'un signalement", person, create);
    }

    /// <summary>News that the person needs no GP, as it is remembered; null when it bears no number or no time, or a newer one is remembered.</summary>
    public Draft? RememberedDenial(string? person, Func<Element, Draft> create)
    {
        List<(string Hash, string? Time)> said = [.. Keys.Where(key => key.Kind == KeyKind.Need).Select(key => (key.Key.Value, Time))];
        var before = Bearers.Select(bearer => bearer.Resource).FirstOrDefault();
        return said.Count == 0 || Said is null ? null : Note(before, said, CodeOfDenial, "Besoin démenti par sa source", person, create);
    }

    /// <summary>What was remembered, with the person whom a message has told since: who erases the person finds it.</summary>
    public static Draft Told(Stored note, string person)
    {
        var draft = new Draft(note);
        if (draft.Root.Child("subject") is null)
        {
            draft.Root = draft.Root.Copy();
            draft.Root.Refer("subject", person);
        }

        return draft;
    }

    /// <summary>The same; and where it took back this admission or discharge by its number, those before it in the stay that still come are taken back too.</summary>
    public Draft Met(Stored note, KeyKind kind, string person)
    {
        var draft = Told(note, person);
        if (kind != KeyKind.Number || Report is not { Kind: HoldingKind.Arrival or HoldingKind.Departure, Group: { } stay, Said: { } said })
            return draft;
        var root = draft.Root.Copy();
        Element[] known = [.. root.All("identifier")];
        root.Remove("identifier");
        foreach (var (hash, time) in Latest([.. known.Select(Read), (stay, said.Instant())]))
            Write(root, hash, time);
        draft.Root = SameAs(draft.Root, root) ? draft.Root : root;
        return draft;
    }

    private Draft Note(Stored? before, List<(string Hash, string? Time)> said, string code, string display, string? person, Func<Element, Draft> create)
    {
        var known = before?.Resource.Root;
        var root = Element.OfResource("Basic");
        Access.SentBy.Mark(root, Of!.Message.ClientId);
        foreach (var identifier in known is null ? [] : known.All("identifier").ToArray())
            said.Add(Read(identifier));
        foreach (var (hash, time) in Latest(said).Take(HashesMax))
            Write(root, hash, time);
        root.Concept("code", Vocabulary.RecordKind, code, display);
        if ((person ?? known?.Child("subject")?.Text("reference")) is { } subject)
            root.Refer("subject", subject);
        root.With("created", new[] { known?.Text("created"), Days.Text(Of.Message.ReceivedAt) }.Max(StringComparer.Ordinal));
        return before is null ? create(root) : new(before) { Root = SameAs(known!, root) ? known! : root };
    }

    private bool TakesBack(Stored withdrawal, LookupKey key, KeyKind kind)
    {
        var root = withdrawal.Resource.Root;
        var said = TimeOf(root, key.Value);
        if (Said is { } reported && SaidAt.Parse(said) is { } withdrawn)
            return reported < withdrawn || (reported == withdrawn && kind is KeyKind.Number or KeyKind.Stay or KeyKind.StayNews);
        if (kind is not (KeyKind.Number or KeyKind.Person) || !FoundNothing(root))
            return false;

        // Without hours a second report after the withdrawal cannot be told from a late first one, unless nothing had come before, or it tells of a later day.
        return kind == KeyKind.Number
            ? !(root.Text("created") is { } came && LatestDay is { } day && string.CompareOrdinal(day, came) > 0)
            : Time is { Length: >= 10 } && said is { Length: >= 10 } && string.CompareOrdinal(Time[..10], said[..10]) <= 0;
    }

    /// <summary>The latest day of which the report tells as past: when it was made, or when the stay began or ended.</summary>
    private string? LatestDay
    {
        get
        {
            if (Of is not { } report)
                return null;
            List<string?> days = [Of.Time];
            foreach (var (_, fact) in report.Draft.Facts)
                if (fact.ResourceType == "Encounter" && fact.Child("period") is { } stay)
                    days.AddRange([stay.Text("start"), stay.Text("end")]);
            var today = Days.Text(report.Message.ReceivedAt);
            return days.Where(day => day is { Length: >= 10 }).Select(day => day![..10]).Where(day => string.CompareOrdinal(day, today) <= 0).Max(StringComparer.Ordinal);
        }
    }

    private string? HashOf(KeyKind kind) => Keys.FirstOrDefault(key => key.Kind == kind)?.Key.Value;

    private bool IsMine(HoldingReport report) => report.Sender == Sender;

    /// <summary>True when the report is not newer than this message, as far as both say when they were made.</summary>
    private bool MayBe(HoldingReport report) => report.Said is null || Said is null || report.Said <= Said;

    private static bool IsStep(HoldingReport report) => report.Kind is HoldingKind.Arrival or HoldingKind.Departure;

    private static HoldingKind KindOf(StayStep step) => step switch
    {
        StayStep.Arrival => HoldingKind.Arrival,
        StayStep.Departure => HoldingKind.Departure,
        _ => HoldingKind.Update,
    };

    private static bool FoundNothing(Element basic) => basic.Child("code").CodeOf(Vocabulary.RecordKind) is CodeOfNothing;

    private static (string Hash, string? Time) Read(Element identifier) => (identifier.Text("value") ?? "", identifier.Child("period")?.Text("end"));

    private static void Write(Element root, string hash, string? time)
    {
        var identifier = root.AddItem("identifier").With("system", Coordination.Canon.Withdrawal).With("value", hash);
        if (time is not null)
            identifier.Add("period").With("end", time);
    }

    private static string? TimeOf(Element basic, string hash)
    {
        foreach (var identifier in basic.All("identifier"))
            if (identifier.Text("value") == hash)
                return identifier.Child("period")?.Text("end");
        return null;
    }

    private static string? LatestOf(Element basic)
    {
        string? latest = null;
        foreach (var identifier in basic.All("identifier"))
            latest = Latest(latest, identifier.Child("period")?.Text("end"));
        return latest;
    }

    private static IEnumerable<(string Hash, string? Time)> Latest(List<(string Hash, string? Time)> said) =>
        said.GroupBy(one => one.Hash, StringComparer.Ordinal).Select(same => (same.Key, same.Select(one => one.Time).Aggregate(Latest)));

    private static string? Latest(string? one, string? other) => (SaidAt.Parse(one), SaidAt.Parse(other)) switch
    {
        ({ } first, { } second) => first >= second ? one : other,
        (null, { }) => other,
        ({ }, null) => one,
        _ => string.CompareOrdinal(one, other) >= 0 ? one : other,
    };

    // The store has set the id and the version of the one that stands.
    private static bool SameAs(Element known, Element root)
    {
        var plain = known.Copy();
        foreach (var own in (ReadOnlySpan<string>)["id", "meta"])
            plain.Remove(own);
        var said = root.Copy();
        foreach (var own in (ReadOnlySpan<string>)["id", "meta"])
            said.Remove(own);
        return plain.SameAs(said);
    }
}
