namespace CptsFhirHub.Fhir.FhirPath;

/// <summary>
/// The instant of the evaluation, and the parts of dates and times. https://hl7.org/fhirpath/N1/#current-date-and-time-functions
/// </summary>
internal static class MomentFunctions
{
    public static Dictionary<string, Function> All { get; } = new(StringComparer.Ordinal)
    {
        ["now"] = new(0, 0, call => new(Item.Of(Moment.DateTimeOf(Now(call))))),
        ["today"] = new(0, 0, call => new(Item.Of(Moment.DateOf(Now(call))))),
        ["timeOfDay"] = new(0, 0, call => new(Item.Of(Moment.TimeOf(Now(call))))),
        ["yearOf"] = Part(moment => moment.Kind == MomentKind.Time ? null : moment.Year),
        ["monthOf"] = Part(moment => moment.Kind == MomentKind.Time || moment.Precision < MomentPrecision.Month ? null : moment.Month),
        ["dayOf"] = Part(moment => moment.Kind == MomentKind.Time || moment.Precision < MomentPrecision.Day ? null : moment.Day),
        ["hourOf"] = Part(moment => moment.Precision < MomentPrecision.Hour ? null : moment.Hour),
        ["minuteOf"] = Part(moment => moment.Precision < MomentPrecision.Minute ? null : moment.Minute),
        ["secondOf"] = Part(moment => moment.Precision < MomentPrecision.Second ? null : moment.Second),
        ["millisecondOf"] = Part(moment => moment.FractionDigits == 0 ? null : moment.Fraction / (int)TimeSpan.TicksPerMillisecond),
        ["timezoneOffsetOf"] = Of(moment => moment.OffsetMinutes is { } minutes ? Items.Of(minutes / 60m) : default),
        ["dateOf"] = Of(moment => moment.Kind == MomentKind.Time ? default : new(Item.Of(moment.DatePart()))),
        ["timeOf"] = Of(moment => moment.Kind == MomentKind.DateTime && moment.TimePart() is { } time ? new(Item.Of(time)) : default),
    };

    private static DateTimeOffset Now(Call call) =>
        call.Run.Context.Now ?? throw FhirPathException.Evaluation("The evaluation was given no instant.");

    private static Function Part(Func<Moment, int?> part) => Of(moment => part(moment) is { } number ? Items.Of(number) : default);

    private static Function Of(Func<Moment, Items> apply) => new(0, 0, call => call.Value() switch
    {
        Moment moment => apply(moment),
        string text when (Moment.TryDateTime(text) ?? Moment.TryTime(text)) is { } moment => apply(moment),
        _ => default,
    });
}
