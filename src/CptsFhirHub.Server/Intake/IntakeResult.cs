using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Server.Flows;

namespace CptsFhirHub.Server.Intake;

/// <summary>The one way the intake answers over HTTP: its JSON body, or an OperationOutcome for those who ask for FHIR.</summary>
internal static class IntakeResult
{
    private const string FhirJsonType = "application/fhir+json";

    /// <summary>The answer to a message that was kept.</summary>
    public static IResult Of(HttpContext context, Reception reception)
    {
        var response = context.Response;
        var id = reception.OwnMessageId ?? reception.MessageId;
        response.Headers["X-Message-Id"] = id;
        if (reception is { Kind: ReceptionKind.Created, OwnMessageId: null })
            response.Headers.Location = $"/intake/messages/{id}";
        if (reception.OwnMessageId is not null)
            response.Headers["Idempotency-Replayed"] = "true";

        reception = reception with { Issues = Told(context.Request, reception.Issues) };
        var status = StatusOf(reception);
        return WantsFhir(context.Request)
            ? Outcome(status, reception.Issues, reception)
            : new BytesAnswer(reception.ToJson(), "application/json", status);
    }

    /// <summary>A refusal at the door: nothing was kept, or nothing of the content.</summary>
    public static IResult Refused(HttpContext context, int status, string code, string text, string? messageId = null)
    {
        text = Told(context.Request, [Issue.Error(code, "", text)])[0].Text;
        if (WantsFhir(context.Request))
            return Outcome(status, [Issue.Error(code, "", text)], reception: null);

        var refusal = new Reception(ReceptionKind.Rejected, messageId ?? "", "rejected") { Issues = [Issue.Error(code, "", text)] };
        return new BytesAnswer(refusal.ToJson(), "application/json", status);
    }

    /// <summary>The issues in French for who asks for it; programs, which ask for nothing, are answered in English.</summary>
    public static IReadOnlyList<Issue> Told(HttpRequest request, IReadOnlyList<Issue> issues) =>
        request.Headers.AcceptLanguage.ToString() is { Length: > 0 } wanted && Languages.Choose(wanted) == Languages.French && wanted.Contains(Languages.French, StringComparison.OrdinalIgnoreCase)
            ? [.. issues.Select(FrenchTexts.Of)] : issues;

    public static int StatusOf(Reception reception) => reception.Kind switch
    {
        ReceptionKind.Rejected => StatusCodes.Status422UnprocessableEntity,
        _ when reception.OwnMessageId is not null => StatusCodes.Status200OK,
        ReceptionKind.Created => StatusCodes.Status201Created,
        ReceptionKind.Waiting => StatusCodes.Status202Accepted,
        _ => StatusCodes.Status200OK,
    };

    public static bool WantsFhir(HttpRequest request) =>
        request.Headers.Accept.ToString().Contains(FhirJsonType, StringComparison.OrdinalIgnoreCase);

    private static BytesAnswer Outcome(int status, IReadOnlyList<Issue> issues, Reception? reception)
    {
        var told = issues.ToList();
        if (reception is not null)
            told.Add(new(Severity.Information, "informational", "", $"message {reception.MessageId}, state {reception.State}"
                + (reception.Signalement is { } request ? $", signalement {request}" : "")
                + (reception.Patient is { } patient ? $", patient {patient}" : "")
                + (reception.Tracking is { } tracking ? $", tracking {tracking}" : "")));
        return new BytesAnswer(Server.Outcome.Write(told), Server.Outcome.ContentType, status);
    }
}
