namespace CptsFhirHub.Server;

/// <summary>
/// What a refused FHIR message is told in <c>OperationOutcome.issue.details</c>: the codes by which booking and referral systems sort errors.
/// The receiver is the one who speaks, hence the prefix. https://fhir.nhs.uk/Codesystem/http-error-codes
/// </summary>
internal static class MessageErrors
{
    public const string System = "https://fhir.nhs.uk/Codesystem/http-error-codes";

    private const string Receiver = "REC_";

    /// <summary>The code for a refusal at that address; null elsewhere, and for what is no refusal.</summary>
    public static string? CodeAt(string path, int status) => status < 400 || !path.EndsWith("/$process-message", StringComparison.Ordinal)
        ? null
        : Receiver + (status switch
        {
            401 => "UNAUTHORIZED",
            403 => "FORBIDDEN",
            404 => "NOT_FOUND",
            405 => "METHOD_NOT_ALLOWED",
            406 => "NOT_ACCEPTABLE",
            408 or 504 => "TIMEOUT",
            409 => "CONFLICT",
            422 => "UNPROCESSABLE_ENTITY",
            429 => "TOO_MANY_REQUESTS",
            501 => "NOT_IMPLEMENTED",
            503 => "UNAVAILABLE",
            >= 500 => "SERVER_ERROR",
            _ => "BAD_REQUEST",
        });
}
